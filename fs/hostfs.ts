// A directory of the host as a file system: pass-through, read-only or writable.
//
// The root is never left. Links are resolved by the VFS, so the host is only ever asked about paths whose directories were
// seen to be directories; and where leaving would matter (a root other than "/", or writing) the directory is checked
// to be its own real path before each use, in case it was swapped for a link behind us. Opened files must be the inode that
// the look-up saw.

import { ENOENT } from "../kernel/abi/errno.ts";
import { isRegular } from "../kernel/abi/stat.ts";
import type { HostFiles } from "./host_files.ts";
import { HostInode } from "./hostfs_inode.ts";
import type { FileSystem, FileSystemInfo, Inode } from "./vfs/inode.ts";
import { type PageSource, reclaimers } from "./vfs/pages.ts";

/** What was seen on the host is believed this long (ms). A look costs 3 to 12 µs. */
export const TRUST_MS = 500;
/** Handles kept open for files that nobody has open, so that opening libraries again costs nothing. */
const IDLE_HANDLES = 64;

export interface HostFsOptions {
  files: HostFiles;
  source: PageSource;
  /** Absolute host path, its own real path. */
  directory: string;
  writable: boolean;
  /** All of the host is granted: there is nothing to be kept out of. */
  everything?: boolean;
  name?: string;
}

export class HostFs implements FileSystem {
  readonly name: string;
  readonly dev: number;
  readonly root: HostInode;
  readonly readOnly: boolean;
  readonly files: HostFiles;
  readonly source: PageSource;
  /** Host path of the root without a trailing slash: "" for "/". */
  readonly directory: string;
  /** Paths must be checked against swapped directories. */
  readonly confined: boolean;
  readonly #inodes = new Map<string, WeakRef<HostInode>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#inodes.get(key)?.deref() === undefined) this.#inodes.delete(key);
  });
  /** Inodes that hold pages: they must live as long as their frames are theirs to release. Oldest first. */
  readonly #cached = new Set<HostInode>();
  readonly #idle = new Set<HostInode>();

  constructor(options: HostFsOptions) {
    this.files = options.files;
    this.source = options.source;
    this.readOnly = !options.writable;
    this.name = options.name ?? "hostfs";
    this.directory = options.directory === "/" ? "" : options.directory;
    this.confined = options.writable && !options.everything || this.directory !== "";
    const root = new HostInode(this, undefined, "");
    const a = this.files.lstat(this.directory || "/");
    if (typeof a === "number") {
      throw new Error(`cannot read host directory ${options.directory}: errno ${-a}`);
    }
    root.adopt(a);
    this.dev = a.dev;
    this.root = root;
    this.#inodes.set(keyOf(a.dev, a.ino), new WeakRef(root));
    reclaimers.add((pages) => this.reclaim(pages));
  }

  /** The inode of `name` in `directory`, which was just verified if `verified`; or a negative errno. */
  find(directory: HostInode, name: string, verified = false): HostInode | number {
    if (this.confined && !verified && !directory.verify()) return -ENOENT;
    const path = directory.childPath(name);
    const a = this.files.lstat(path);
    if (typeof a === "number") return a;
    const key = keyOf(a.dev, a.ino);
    let inode = this.#inodes.get(key)?.deref();
    if (inode === undefined || inode.dead || inode.type !== (a.mode & 0o170000)) {
      inode = new HostInode(this, directory, name);
      this.#inodes.set(key, new WeakRef(inode));
      this.#gone.register(inode, key);
    } else {
      inode.placedAt(directory, name);
    }
    inode.adopt(a);
    return inode;
  }

  revalidate(directory: Inode, name: string, known: Inode | undefined): boolean {
    return (directory as HostInode).trusts(name, known);
  }

  info(): FileSystemInfo {
    const info = this.files.statfs(this.directory || "/");
    if (typeof info !== "number") return info;
    return { type: 0xef53, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0, namelen: 255 };
  }

  sync(): number {
    let result = 0;
    for (const inode of this.#cached) if (isRegular(inode.type)) result = inode.writeBack() || result;
    return result;
  }

  /** `inode` holds pages. */
  caching(inode: HostInode): void {
    this.#cached.delete(inode);
    this.#cached.add(inode);
  }

  /** Gives clean cached pages back until about `pages` are free; returns how many were given up. */
  reclaim(pages: number): number {
    let freed = 0;
    for (const inode of this.#cached) {
      if (freed >= pages) break;
      freed += inode.dropPages();
      if (!inode.holdsPages) this.#cached.delete(inode);
    }
    return freed;
  }

  /** The handle of `inode` is not needed now; it stays open for a while. */
  idle(inode: HostInode): void {
    this.#idle.delete(inode);
    this.#idle.add(inode);
    if (this.#idle.size > IDLE_HANDLES) {
      for (const oldest of this.#idle) {
        this.#idle.delete(oldest);
        oldest.closeHandle();
        break;
      }
    }
  }

  busy(inode: HostInode): void {
    this.#idle.delete(inode);
  }
}

function keyOf(dev: number, ino: number): string {
  return `${dev}:${ino}`;
}
