// A file or directory of the overlay: what the lower one says until something is changed, then our own.
//
// Attributes are copied up at the first change of any; data page by page as it is written. A changed inode is "pinned": its
// directory refers to it by name, and so on up to the root, so that it is found again whatever the caches drop. A
// directory keeps its lower one wherever it is moved to: renaming copies nothing.

import {
  EBUSY,
  EEXIST,
  EFBIG,
  EINVAL,
  EMLINK,
  ENOENT,
  ENOMEM,
  ENOSPC,
  ENOTDIR,
  ENOTEMPTY,
  EOPNOTSUPP,
  EXDEV,
} from "../kernel/abi/errno.ts";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../kernel/abi/fcntl.ts";
import { isDirectory, isRegular } from "../kernel/abi/stat.ts";
import type { HostInode } from "./hostfs_inode.ts";
import type { OverlayFs } from "./overlay.ts";
import { applyChanges, newAttributes } from "./vfs/memory_attributes.ts";
import { fallocateStore, MAX_SIZE } from "./vfs/fallocate.ts";
import {
  type AttributeChanges,
  type Attributes,
  type DirectoryEntry,
  Inode,
  type NewInode,
} from "./vfs/inode.ts";
import type { OpenFile } from "./vfs/open_file.ts";
import { PageStore } from "./vfs/page_store.ts";
import { DirectoryFile, RegularFile } from "./vfs/regular_file.ts";

/** A name that is gone although the lower directory has it. */
const WHITEOUT = null;

export class OverlayInode extends Inode {
  readonly fs: OverlayFs;
  readonly lower: Inode | undefined;
  override xattrs: Map<string, Uint8Array> = new Map();
  readonly #directory: boolean;
  /** Our own attributes; undefined while the lower ones hold. */
  #a: Attributes | undefined;
  #parent: OverlayInode | undefined;
  #name: string;
  #pinned: boolean;
  /** Of a directory: names that differ from the lower directory or are pinned. */
  readonly #entries: Map<string, OverlayInode | null> | undefined;
  #store: PageStore | undefined;
  readonly #target: string | undefined;
  #opens = 0;
  /** Keeps the lower file reachable while we are open. */
  #lowerFile: OpenFile | undefined;
  readonly #grants: Set<string> | undefined;

  constructor(
    fs: OverlayFs,
    lower: Inode | undefined,
    parent: OverlayInode | undefined,
    name: string,
    what?: NewInode,
  ) {
    super();
    this.fs = fs;
    this.lower = lower;
    this.#parent = parent;
    this.#name = name;
    this.#pinned = parent === undefined;
    const mode = what?.mode ?? lower!.mode;
    this.#directory = isDirectory(mode);
    if (this.#directory) {
      this.#entries = new Map();
      if (lower !== undefined) this.#grants = fs.grantedNames(lower);
    }
    if (what === undefined) return;
    this.#target = what.target;
    this.#pinned = true;
    const a = this.#a = newAttributes(parent!.stat().dev, fs.nextIno(), what, fs.now());
    // Directories as the file systems of disks have them.
    if (this.#directory) {
      a.size = 4096;
      a.blocks = 8;
    }
    if (isRegular(mode)) this.#store = new PageStore(fs.source);
  }

  get ino(): number {
    return this.#a?.ino ?? this.lower!.ino;
  }
  override get mode(): number {
    return this.#a?.mode ?? this.lower!.mode;
  }
  override get size(): number {
    return this.#a?.size ?? this.lower!.size;
  }
  override stat(): Attributes {
    const a = this.#a;
    if (a === undefined) return this.lower!.stat();
    if (this.#store !== undefined && this.lower === undefined) a.blocks = this.#store.pages * 8;
    return { ...a };
  }

  foundAt(parent: OverlayInode | undefined, name: string): void {
    if (this.#pinned) return;
    this.#parent = parent;
    this.#name = name;
  }

  /** What is known of `name` cannot change behind us. */
  settled(name: string): boolean {
    return this.lower === undefined || this.#entries!.has(name);
  }
  granted(name: string): boolean {
    return this.#grants !== undefined && this.#grants.has(name);
  }

  #pin(): void {
    if (this.#pinned) return;
    this.#pinned = true;
    const parent = this.#parent!;
    parent.#pin();
    if (!parent.#entries!.has(this.#name)) parent.#entries!.set(this.#name, this);
  }

  /** Copies the attributes up. */
  #own(): Attributes {
    if (this.#a === undefined) {
      this.#a = { ...this.lower!.stat() };
      this.#pin();
    }
    return this.#a;
  }

  /** From now on data is ours: pages are taken from below when they are first written or mapped for writing. */
  #ownData(): PageStore {
    if (this.#store !== undefined) return this.#store;
    const lower = this.lower as HostInode, a = this.#own();
    return this.#store = new PageStore(this.fs.source, {
      limit: a.size,
      readAt: (position, buffer, offset, length) => lower.readAt(position, buffer, offset, length),
      take: (index) => lower.detachPage(index),
    });
  }

  override setattr(changes: AttributeChanges): number {
    if (changes.size !== undefined) {
      if (!isRegular(this.mode)) return -EINVAL;
      if (changes.size > MAX_SIZE) return -EFBIG;
    }
    const a = this.#own(), now = this.fs.now();
    if (changes.size !== undefined) {
      const store = this.#ownData();
      if (changes.size < a.size) store.truncate(changes.size);
      a.size = changes.size;
      a.mtime = now;
      this.#blocks();
    }
    applyChanges(a, changes, now);
    return 0;
  }

  /** Our own entry of `name`, a lower one, or -ENOENT. */
  override lookup(name: string): Inode | number {
    if (this.#entries === undefined) return -ENOTDIR;
    const own = this.#entries.get(name);
    if (own !== undefined) return own ?? -ENOENT;
    const { lower, fs } = this;
    if (lower === undefined) return -ENOENT;
    if (this.granted(name)) {
      const host = fs.hostDirectory(lower);
      return typeof host === "number" ? host : host.lookup(name);
    }
    const found = lower.lookup(name);
    return typeof found === "number" ? found : fs.wrap(found, this, name);
  }

  override list(): DirectoryEntry[] | number {
    if (this.#entries === undefined) return -ENOTDIR;
    const entries: DirectoryEntry[] = [], seen = new Set<string>();
    const own = (name: string, inode: OverlayInode) =>
      entries.push({ name, ino: inode.ino, type: inode.mode >> 12 & 15 });
    if (this.lower !== undefined) {
      const below = this.lower.list();
      if (typeof below === "number") return below;
      if (this.#entries.size === 0) return below;
      for (const entry of below) {
        const upper = this.#entries.get(entry.name);
        if (upper === undefined) entries.push(entry);
        else if (upper !== WHITEOUT) own(entry.name, upper);
        seen.add(entry.name);
      }
    }
    for (const [name, inode] of this.#entries) if (inode !== WHITEOUT && !seen.has(name)) own(name, inode);
    return entries;
  }

  override create(name: string, what: NewInode): Inode | number {
    if (this.granted(name)) {
      const host = this.fs.hostDirectory(this.lower!);
      return typeof host === "number" ? host : host.create(name, what);
    }
    const inode = new OverlayInode(this.fs, undefined, this, name, what);
    this.#add(name, inode);
    return inode;
  }

  override createTemporary(what: NewInode): Inode {
    const inode = new OverlayInode(this.fs, undefined, this, "", what);
    inode.#a!.nlink = 0;
    return inode;
  }

  override link(name: string, target: Inode): number {
    if (this.granted(name)) return -EXDEV;
    const inode = target as OverlayInode, a = inode.#own();
    if (a.nlink >= 65000) return -EMLINK;
    a.nlink++;
    a.ctime = this.fs.now();
    this.#add(name, inode);
    return 0;
  }

  override unlink(name: string): number {
    if (this.granted(name)) {
      const host = this.fs.hostDirectory(this.lower!);
      return typeof host === "number" ? host : host.unlink(name);
    }
    const inode = this.lookup(name);
    if (typeof inode === "number") return inode;
    const victim = inode as OverlayInode, a = victim.#own();
    this.#remove(name, victim);
    a.nlink--;
    a.ctime = this.fs.now();
    victim.#freeIfGone();
    return 0;
  }

  override rmdir(name: string): number {
    if (this.granted(name)) return -EBUSY;
    const inode = this.lookup(name);
    if (typeof inode === "number") return inode;
    const victim = inode as OverlayInode, entries = victim.list();
    if (typeof entries === "number") return entries;
    if (entries.length > 0) return -ENOTEMPTY;
    const a = victim.#own();
    this.#remove(name, victim);
    a.nlink = 0;
    a.ctime = this.fs.now();
    return 0;
  }

  override rename(name: string, newDirectory: Inode, newName: string, flags: number): number {
    const to = newDirectory as OverlayInode;
    if (this.granted(name) || to.granted(newName)) return -EXDEV;
    const moved = this.lookup(name), old = to.lookup(newName);
    if (typeof moved === "number") return moved;
    const inode = moved as OverlayInode;
    if (typeof old === "number") {
      if (flags & RENAME_EXCHANGE) return old;
    } else if (flags & RENAME_NOREPLACE) return -EEXIST;
    else if (!(flags & RENAME_EXCHANGE)) {
      const error = isDirectory(old.mode) ? to.rmdir(newName) : to.unlink(newName);
      if (error < 0) return error;
    }
    inode.#own().ctime = this.fs.now();
    this.#remove(name, inode);
    if (flags & RENAME_EXCHANGE) {
      const other = old as OverlayInode;
      other.#own().ctime = this.fs.now();
      to.#remove(newName, other);
      this.#add(name, other);
    }
    to.#add(newName, inode);
    return 0;
  }

  #add(name: string, inode: OverlayInode): void {
    const a = this.#changed();
    this.#entries!.set(name, inode);
    inode.#parent = this;
    inode.#name = name;
    if (inode.#directory) a.nlink++;
  }

  #remove(name: string, inode: OverlayInode): void {
    const a = this.#changed();
    const below = this.lower !== undefined && typeof this.lower.lookup(name) !== "number";
    if (below) this.#entries!.set(name, WHITEOUT);
    else this.#entries!.delete(name);
    if (inode.#directory) a.nlink--;
  }

  /** The directory's content changes. */
  #changed(): Attributes {
    const a = this.#own();
    a.mtime = a.ctime = this.fs.now();
    return a;
  }

  override readlink(): string | number {
    return this.#target ?? this.lower?.readlink() ?? -EINVAL;
  }

  override open(flags: number): OpenFile | number {
    if (this.#directory) return new DirectoryFile(this, flags);
    if (!isRegular(this.mode)) return super.open(flags);
    if (this.lower !== undefined && this.#lowerFile === undefined) {
      const below = this.lower.open(0);
      if (typeof below === "number") return below;
      this.#lowerFile = below;
    }
    return new RegularFile(this, flags);
  }

  override opened(): void {
    this.#opens++;
  }
  override closed(): void {
    if (--this.#opens > 0) return;
    this.#lowerFile?.release();
    this.#lowerFile = undefined;
    this.#freeIfGone();
  }

  #freeIfGone(): void {
    if (this.#opens === 0 && this.#a !== undefined && this.#a.nlink === 0) this.#store?.clear();
  }

  override get inMemory(): boolean {
    return this.#store !== undefined && this.#store.whole;
  }

  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const store = this.#store;
    if (store === undefined) return this.lower!.readAt(position, buffer, offset, length);
    const count = Math.min(length, this.#a!.size - position);
    return count <= 0 ? 0 : store.read(position, buffer, offset, count);
  }

  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    if (position >= MAX_SIZE) return -EFBIG;
    const store = this.#ownData(), a = this.#own();
    const count = store.write(position, buffer, offset, Math.min(length, MAX_SIZE - position));
    if (count <= 0) return count === 0 ? -ENOSPC : count;
    if (position + count > a.size) {
      a.size = position + count;
      this.#blocks();
    }
    a.mtime = a.ctime = this.fs.now();
    return count;
  }

  /** st_blocks of a copied-up file: as if it were dense. */
  #blocks(): void {
    if (this.lower !== undefined) this.#a!.blocks = Math.ceil(this.#a!.size / 4096) * 8;
  }

  override mapPage(index: number, forWrite: boolean): number {
    if (!isRegular(this.mode)) return super.mapPage(index, forWrite);
    if (this.#store === undefined && !forWrite) return this.lower!.mapPage(index, false);
    const store = this.#ownData(), a = this.#own();
    if (index * 4096 >= a.size) return -EINVAL;
    const frame = store.frame(index);
    if (frame <= 0) return frame === 0 ? -ENOMEM : frame;
    if (forWrite) a.mtime = a.ctime = this.fs.now();
    this.fs.source.retain(frame);
    return frame;
  }

  override seekData(offset: number, hole: boolean): number {
    return this.#store === undefined
      ? super.seekData(offset, hole)
      : this.#store.seek(offset, this.#a!.size, hole);
  }

  override fallocate(mode: number, offset: number, length: number): number {
    if (!isRegular(this.mode)) return -EOPNOTSUPP;
    const store = this.#ownData(), a = this.#own();
    const size = fallocateStore(store, a.size, mode, offset, length);
    if (size < 0) return size;
    a.size = size;
    a.mtime = a.ctime = this.fs.now();
    this.#blocks();
    return 0;
  }
}
