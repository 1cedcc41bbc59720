// A file system in memory with all of Linux's semantics: /tmp-like mounts, /dev/shm, memfd, and what tests stand on.

import {
  EEXIST,
  EFBIG,
  EINVAL,
  EMLINK,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOTEMPTY,
  ENOTSUP,
} from "../kernel/abi/errno.ts";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../kernel/abi/fcntl.ts";
import { isDirectory, isLink, isRegular, S_IFDIR, TMPFS_MAGIC } from "../kernel/abi/stat.ts";
import {
  type AttributeChanges,
  type Attributes,
  type DirectoryEntry,
  type FileSystem,
  type FileSystemInfo,
  Inode,
  type NewInode,
  type Time,
} from "./vfs/inode.ts";
import { applyChanges, newAttributes } from "./vfs/memory_attributes.ts";
import { fallocateStore, MAX_SIZE } from "./vfs/fallocate.ts";
import { coarseTime } from "./vfs/coarse_time.ts";
import type { OpenFile } from "./vfs/open_file.ts";
import { PageStore } from "./vfs/page_store.ts";
import type { PageSource } from "./vfs/pages.ts";
import { DirectoryFile, RegularFile } from "./vfs/regular_file.ts";

const LINK_MAX = 0x7fff_ffff;

export interface TmpfsOptions {
  /** st_dev. */
  dev: number;
  /** Root directory's permissions; default 1777. */
  mode?: number;
  uid?: number;
  gid?: number;
  /** Size limit in bytes; default: memory itself. */
  limit?: number;
  /** Shown in /proc/filesystems and mounts. */
  name?: string;
  /** The clock of the instance. */
  now?: () => Time;
}

export class Tmpfs implements FileSystem {
  readonly name: string;
  readonly dev: number;
  readonly root: TmpInode;
  readonly source: PageSource;
  readonly now: () => Time;
  readonly limitPages: number;
  /** Pages of all files. */
  usedPages = 0;
  inodes = 0;
  #nextIno = 1;

  constructor(source: PageSource, options: TmpfsOptions) {
    this.source = source;
    this.name = options.name ?? "tmpfs";
    this.dev = options.dev;
    this.now = options.now ?? coarseTime;
    this.limitPages = Math.ceil((options.limit ?? 2 ** 40) / 4096);
    this.root = new TmpInode(this, {
      mode: S_IFDIR | (options.mode ?? 0o1777),
      uid: options.uid ?? 0,
      gid: options.gid ?? 0,
    });
    this.root.parent = this.root;
  }

  nextIno(): number {
    return this.#nextIno++;
  }

  info(): FileSystemInfo {
    const free = Math.max(0, this.limitPages - this.usedPages);
    return {
      type: TMPFS_MAGIC,
      bsize: 4096,
      blocks: this.limitPages,
      bfree: free,
      bavail: free,
      files: 1 << 20,
      ffree: (1 << 20) - this.inodes,
      namelen: 255,
    };
  }

  sync(): number {
    return 0;
  }
}

export class TmpInode extends Inode {
  readonly fs: Tmpfs;
  readonly ino: number;
  override xattrs: Map<string, Uint8Array> = new Map();
  readonly #a: Attributes;
  readonly #entries: Map<string, TmpInode> | undefined;
  readonly #store: PageStore | undefined;
  readonly #target: string | undefined;
  #opens = 0;
  /** Of a directory. */
  parent: TmpInode | undefined;

  constructor(fs: Tmpfs, what: NewInode) {
    super();
    this.fs = fs;
    this.ino = fs.nextIno();
    fs.inodes++;
    const { mode } = what;
    if (isDirectory(mode)) this.#entries = new Map();
    else if (isRegular(mode)) this.#store = new PageStore(fs.source);
    else if (isLink(mode)) this.#target = what.target ?? "";
    this.#a = newAttributes(fs.dev, this.ino, what, fs.now());
  }

  override get mode(): number {
    return this.#a.mode;
  }

  override get size(): number {
    return this.#a.size;
  }

  override stat(): Attributes {
    const a = this.#a;
    if (this.#store !== undefined) a.blocks = this.#store.pages * 8;
    return { ...a };
  }

  override setattr(changes: AttributeChanges): number {
    const a = this.#a, now = this.fs.now();
    if (changes.size !== undefined) {
      if (this.#store === undefined) return -EINVAL;
      if (changes.size > MAX_SIZE) return -EFBIG;
      if (changes.size < a.size) this.#counted(() => (this.#store!.truncate(changes.size!), 0));
      a.size = changes.size;
      a.mtime = now;
    }
    applyChanges(a, changes, now);
    return 0;
  }

  override lookup(name: string): Inode | number {
    return this.#entries!.get(name) ?? -ENOENT;
  }

  override list(): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    for (const [name, inode] of this.#entries!) {
      entries.push({ name, ino: inode.ino, type: inode.mode >> 12 & 15 });
    }
    return entries;
  }

  override create(name: string, what: NewInode): Inode | number {
    if (this.#entries!.has(name)) return -EEXIST;
    if (this.#a.nlink === 0) return -ENOENT;
    const inode = new TmpInode(this.fs, what);
    this.#add(name, inode);
    return inode;
  }

  override createTemporary(what: NewInode): Inode {
    const inode = new TmpInode(this.fs, what);
    inode.#a.nlink = 0;
    return inode;
  }

  override link(name: string, target: Inode): number {
    const inode = target as TmpInode;
    if (inode.#a.nlink >= LINK_MAX) return -EMLINK;
    inode.#a.nlink++;
    inode.#a.ctime = this.fs.now();
    this.#add(name, inode);
    return 0;
  }

  override unlink(name: string): number {
    const inode = this.#entries!.get(name);
    if (inode === undefined) return -ENOENT;
    this.#remove(name, inode);
    inode.#dropName();
    return 0;
  }

  override rmdir(name: string): number {
    const inode = this.#entries!.get(name);
    if (inode === undefined) return -ENOENT;
    if (inode.#entries!.size > 0) return -ENOTEMPTY;
    this.#remove(name, inode);
    inode.#a.nlink = 0;
    inode.#a.ctime = this.fs.now();
    this.fs.inodes--;
    return 0;
  }

  override rename(name: string, newDirectory: Inode, newName: string, flags: number): number {
    const to = newDirectory as TmpInode;
    const inode = this.#entries!.get(name), old = to.#entries!.get(newName);
    if (inode === undefined) return -ENOENT;
    if (flags & RENAME_NOREPLACE && old !== undefined) return -EEXIST;
    if (flags & RENAME_EXCHANGE) {
      if (old === undefined) return -ENOENT;
      this.#remove(name, inode);
      to.#remove(newName, old);
      to.#add(newName, inode);
      this.#add(name, old);
      inode.#a.ctime = old.#a.ctime = this.fs.now();
      return 0;
    }
    if (old !== undefined) {
      const error = old.#entries !== undefined ? to.rmdir(newName) : to.unlink(newName);
      if (error < 0) return error;
    }
    this.#remove(name, inode);
    to.#add(newName, inode);
    inode.#a.ctime = this.fs.now();
    return 0;
  }

  override readlink(): string | number {
    return this.#target ?? -EINVAL;
  }

  override open(flags: number): OpenFile {
    return this.#entries !== undefined ? new DirectoryFile(this, flags) : new RegularFile(this, flags);
  }

  override opened(): void {
    this.#opens++;
  }

  override closed(): void {
    this.#opens--;
    this.#freeIfGone();
  }

  override get inMemory(): boolean {
    return this.#store !== undefined;
  }

  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const count = Math.min(length, this.#a.size - position);
    return count <= 0 ? 0 : this.#store!.read(position, buffer, offset, count);
  }

  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    if (position + length > MAX_SIZE) {
      if (position >= MAX_SIZE) return -EFBIG;
      length = MAX_SIZE - position;
    }
    if (this.fs.usedPages >= this.fs.limitPages) return -ENOSPC;
    const count = this.#counted(() => this.#store!.write(position, buffer, offset, length));
    if (count <= 0) return count;
    const a = this.#a;
    if (position + count > a.size) a.size = position + count;
    a.mtime = a.ctime = this.fs.now();
    return count;
  }

  override mapPage(index: number, forWrite: boolean): number {
    if (this.#store === undefined) return super.mapPage(index, forWrite);
    if (index * 4096 >= this.#a.size) return -EINVAL;
    const frame = this.#counted(() => this.#store!.frame(index));
    if (frame <= 0) return frame === 0 ? -ENOMEM : frame;
    this.fs.source.retain(frame);
    return frame;
  }

  override seekData(offset: number, hole: boolean): number {
    return this.#store!.seek(offset, this.#a.size, hole);
  }

  override fallocate(mode: number, offset: number, length: number): number {
    const a = this.#a, store = this.#store;
    if (store === undefined) return -ENOTSUP;
    const size = this.#counted(() => fallocateStore(store, a.size, mode, offset, length));
    if (size < 0) return size;
    a.size = size;
    a.mtime = a.ctime = this.fs.now();
    return 0;
  }

  #add(name: string, inode: TmpInode): void {
    this.#entries!.set(name, inode);
    if (inode.#entries !== undefined) {
      this.#a.nlink++;
      inode.parent = this;
    }
    this.#changed();
  }

  #remove(name: string, inode: TmpInode): void {
    this.#entries!.delete(name);
    if (inode.#entries !== undefined) this.#a.nlink--;
    this.#changed();
  }

  #changed(): void {
    const a = this.#a;
    a.size = this.#entries!.size * 20;
    a.mtime = a.ctime = this.fs.now();
  }

  #dropName(): void {
    this.#a.nlink--;
    this.#a.ctime = this.fs.now();
    this.#freeIfGone();
  }

  #freeIfGone(): void {
    if (this.#a.nlink > 0 || this.#opens > 0) return;
    this.fs.inodes--;
    if (this.#store !== undefined) this.#counted(() => (this.#store!.clear(), 0));
  }

  /** Keeps the file system's count of pages. */
  #counted(change: () => number): number {
    const before = this.#store!.pages;
    const result = change();
    this.fs.usedPages += this.#store!.pages - before;
    return result;
  }
}
