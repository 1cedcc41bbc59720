// For tests of file systems: a small memory of frames, and short ways to use a tree.

import type { FileSystem } from "./inode.ts";
import * as names from "./namespace.ts";
import type { OpenFile } from "./open_file.ts";
import type { PageSource } from "./pages.ts";
import type { Path, WalkContext } from "./path.ts";
import type { FsCredentials } from "./permissions.ts";
import { KERNEL, Vfs } from "./vfs.ts";

/** Frames with reference counts, so that tests see leaks. */
export class TestFrames implements PageSource {
  readonly bytes: Uint8Array;
  readonly counts: number[];
  readonly #free: number[] = [];

  constructor(count = 1024) {
    this.bytes = new Uint8Array(count * 4096);
    this.counts = new Array(count).fill(0);
    for (let i = count - 1; i > 0; i--) this.#free.push(i);
  }
  get used(): number {
    return this.counts.length - 1 - this.#free.length;
  }
  allocate(): number {
    const frame = this.#free.pop() ?? 0;
    if (frame !== 0) {
      this.counts[frame] = 1;
      this.bytes.fill(0, frame * 4096, (frame + 1) * 4096);
    }
    return frame;
  }
  retain(frame: number): void {
    this.counts[frame]!++;
  }
  release(frame: number): void {
    if (--this.counts[frame]! === 0) this.#free.push(frame);
    if (this.counts[frame]! < 0) throw new Error(`frame ${frame} released too often`);
  }
  copy(to: number, from: number, count: number): void {
    this.bytes.copyWithin(to, from, from + count);
  }
  clear(at: number, count: number): void {
    this.bytes.fill(0, at, at + count);
  }
  touch(): void {}
}

export const USER: FsCredentials = { fsuid: 1000, fsgid: 1000, groups: [1000], capEffective: 0 };

/** A tree with a user in it. Results that are errors stay negative numbers. */
export class TestTree {
  readonly vfs: Vfs;
  readonly ctx: WalkContext;
  cred: FsCredentials = KERNEL;

  constructor(root: FileSystem) {
    this.vfs = new Vfs(root);
    this.ctx = this.vfs.context(0o022);
  }
  resolve(path: string, followLast = true): Path | number {
    return this.vfs.resolve(this.ctx, this.cred, undefined, path, { followLast });
  }
  open(path: string, flags = 0, mode = 0o666): OpenFile | number {
    return this.vfs.open(this.ctx, this.cred, undefined, path, { flags, mode });
  }
  must(path: string, flags = 0, mode = 0o666): OpenFile {
    const file = this.open(path, flags, mode);
    if (typeof file === "number") throw new Error(`open ${path}: ${file}`);
    return file;
  }
  write(path: string, text: string, flags = 0o1102): number {
    const file = this.open(path, flags);
    if (typeof file === "number") return file;
    const bytes = new TextEncoder().encode(text);
    const count = file.write(bytes, 0, bytes.length);
    file.release();
    return count;
  }
  read(path: string): string | number {
    const file = this.open(path);
    if (typeof file === "number") return file;
    const bytes = new Uint8Array(65536), count = file.read(bytes, 0, bytes.length);
    file.release();
    return count < 0 ? count : new TextDecoder().decode(bytes.subarray(0, count));
  }
  list(path: string): string[] | number {
    const file = this.open(path, 0o200000);
    if (typeof file === "number") return file;
    const found: string[] = [];
    const error = file.readDirectory!((name) => found.push(name) > 0);
    file.release();
    return error < 0 ? error : found.filter((name) => name !== "." && name !== "..").sort();
  }
  mode(path: string): number {
    const place = this.resolve(path, false);
    return typeof place === "number" ? place : place.dentry.inode!.mode;
  }
  mkdir(path: string, mode = 0o777): number {
    return names.mkdir(this.ctx, this.cred, undefined, path, mode);
  }
  symlink(target: string, path: string): number {
    return names.symlink(this.ctx, this.cred, undefined, path, target);
  }
  link(old: string, path: string): number {
    const place = this.resolve(old, false);
    return typeof place === "number" ? place : names.link(this.ctx, this.cred, place, undefined, path);
  }
  unlink(path: string): number {
    return names.unlink(this.ctx, this.cred, undefined, path);
  }
  rmdir(path: string): number {
    return names.rmdir(this.ctx, this.cred, undefined, path);
  }
  rename(from: string, to: string, flags = 0): number {
    return names.rename(this.ctx, this.cred, undefined, from, undefined, to, flags);
  }
}
