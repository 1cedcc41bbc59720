// Where on the host are translations kept between runs, and how are they read and written safely?
//
// One file for each guest file that code came from. Files appear under a temporary name and are renamed, so that readers never see
// half of one; whoever comes last wins. The directory must belong to the user alone: what lies in it becomes code.

import type { CodeFiles } from "../../translator/cache/code_store.ts";
import { readPermission, writePermission } from "./permissions.ts";

/** All files together; when there is more, what was not used for longest goes. */
const MAX_BYTES = 256 * 1024 * 1024;
/** How exactly a file's last use is noted, and how long a temporary file can be somebody's work: ms. */
const USE_RESOLUTION = 24 * 3600_000, ABANDONED = 3600_000;
const SUFFIX = ".code", TEMPORARY = ".new";

/** Folders whose sources decide what a translation is. */
const SOURCES = [
  "",
  "decode/",
  "helpers/",
  "ir/",
  "js/",
  "lower/",
  "passes/",
  "sse/",
  "x87/",
  "cache/",
  "threaded/",
  "wasm/",
];

export class CodeDirectory implements CodeFiles {
  readonly #path: string;
  readonly #version: string;
  readonly #writable: boolean;
  readonly #maxBytes: number;

  constructor(path: string, version: string, writable: boolean, maxBytes: number = MAX_BYTES) {
    this.#path = path;
    this.#version = version;
    this.#writable = writable;
    this.#maxBytes = maxBytes;
  }

  /** Nothing was ever kept here. */
  get empty(): boolean {
    try {
      for (const { name } of Deno.readDirSync(this.#path)) if (name.endsWith(SUFFIX)) return false;
    } catch { /* not there yet */ }
    return true;
  }

  read(name: string): Uint8Array<ArrayBuffer> | undefined {
    const path = this.#place(name);
    try {
      const info = Deno.lstatSync(path);
      if (!info.isFile) return undefined;
      const content = wholeFile(path);
      const now = Date.now();
      if (this.#writable && now - (info.mtime?.getTime() ?? now) > USE_RESOLUTION) {
        Deno.utimeSync(path, now / 1000, now / 1000);
      }
      return content;
    } catch {
      return undefined;
    }
  }

  write(name: string, content: Uint8Array): void {
    if (!this.#writable) return;
    const path = this.#place(name);
    const temporary = `${path}.${Deno.pid}.${Date.now().toString(36)}${TEMPORARY}`;
    try {
      Deno.writeFileSync(temporary, content, { createNew: true, mode: 0o600 });
      Deno.renameSync(temporary, path);
    } catch {
      this.#forget(temporary);
    }
  }

  remove(name: string): void {
    this.#forget(this.#place(name));
  }

  /** Makes room, oldest first. */
  tidy(): void {
    if (!this.#writable) return;
    const files: { path: string; size: number; used: number }[] = [];
    let total = 0;
    try {
      for (const { name } of Deno.readDirSync(this.#path)) {
        const path = `${this.#path}/${name}`;
        const info = Deno.lstatSync(path);
        if (!info.isFile) continue;
        const used = info.mtime?.getTime() ?? 0;
        if (name.endsWith(TEMPORARY)) {
          if (Date.now() - used > ABANDONED) this.#forget(path);
        } else if (name.endsWith(SUFFIX)) {
          files.push({ path, size: info.size, used });
          total += info.size;
        }
      }
    } catch { /* somebody else is tidying, too */ }
    if (total <= this.#maxBytes) return;
    files.sort((a, b) => a.used - b.used);
    for (const { path, size } of files) {
      if (total <= this.#maxBytes * 3 / 4) break; // not again the next time
      this.#forget(path);
      total -= size;
    }
  }

  #place(name: string): string {
    return `${this.#path}/${digest(`${this.#version}\n${name}`)}${SUFFIX}`;
  }

  #forget(path: string): void {
    try {
      Deno.removeSync(path);
    } catch { /* not there, or not ours to remove */ }
  }
}

/** The directory at `path`, made if need be; undefined when Deno does not allow it or others than the user may write there. */
export function openCodeDirectory(path: string): CodeDirectory | undefined {
  if (readPermission(path) !== "granted") return undefined;
  const writable = writePermission(path) === "granted";
  try {
    if (writable) Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
    const { isDirectory, uid, mode } = Deno.lstatSync(path);
    if (!isDirectory || uid === null || mode === null || (mode & 0o022) !== 0) return undefined;
    if (uid !== Deno.uid()) return undefined;
    return new CodeDirectory(path, translatorVersion(), writable);
  } catch {
    return undefined; // without it everything works, too
  }
}

/** Differs whenever the translator does: sizes and times of its sources, or where it was loaded from. */
function translatorVersion(): string {
  const root = new URL("../../translator/", import.meta.url);
  if (root.protocol !== "file:") return root.href;
  const folder = decodeURIComponent(root.pathname);
  let a = 0, b = 0;
  for (const name of SOURCES) {
    for (const entry of Deno.readDirSync(folder + name)) {
      if (!entry.isFile) continue;
      const { size, mtime, ino } = Deno.lstatSync(folder + name + entry.name);
      // A sum: directories list their files in any order.
      const time = mtime?.getTime() ?? 0;
      a = (a + Math.imul(size ^ Math.imul(time | 0, 0x01000193), 0x85ebca6b ^ (ino ?? 0))) | 0;
      b = (b + Math.imul(time + size | 0, 0x9e3779b1)) | 0;
    }
  }
  return `${a} ${b}`;
}

/** 64 bits of hash as hexadecimal. Two names with the same one would only cost time: translations are checked against the code. */
function digest(text: string): string {
  let a = 0x811c9dc5 | 0, b = 0x1b873593 | 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b) ^ b >>> 13;
  }
  return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** Half the time of Deno.readFileSync() for some megabytes: that copies what it has read. */
function wholeFile(path: string): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  const content = new Uint8Array(file.statSync().size);
  let length = 0;
  for (let count; (count = file.readSync(content.subarray(length))) !== null && count > 0;) length += count;
  return content.subarray(0, length);
}
