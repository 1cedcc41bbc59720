// FIFOs, sockets and device nodes in a writable host tree. The host makes none for us, and a guest's FIFO joins guest
// processes anyway: they are kept in memory, in the directory they were made in, as long as the instance lives.

import { S_IFMT } from "../kernel/abi/stat.ts";
import type { HostFs } from "./hostfs.ts";
import type { HostInode } from "./hostfs_inode.ts";
import { coarseTime } from "./vfs/coarse_time.ts";
import {
  type AttributeChanges,
  type Attributes,
  type FileSystem,
  Inode,
  type NewInode,
} from "./vfs/inode.ts";

let nextIno = 2 ** 41 + 2 ** 40;

export class HostNode extends Inode {
  readonly fs: FileSystem;
  readonly ino: number = nextIno++;
  readonly #a: Attributes;

  constructor(fs: HostFs, dev: number, what: NewInode) {
    super();
    this.fs = fs;
    const now = coarseTime();
    this.#a = {
      dev,
      ino: this.ino,
      mode: what.mode,
      nlink: 1,
      uid: what.uid,
      gid: what.gid,
      rdev: what.rdev ?? 0,
      size: 0,
      blksize: 4096,
      blocks: 0,
      atime: now,
      mtime: now,
      ctime: now,
      btime: now,
    };
  }

  override get mode(): number {
    return this.#a.mode;
  }
  override stat(): Attributes {
    return { ...this.#a };
  }
  override setattr(changes: AttributeChanges): number {
    const a = this.#a;
    if (changes.mode !== undefined) a.mode = a.mode & S_IFMT | changes.mode & 0o7777;
    if (changes.uid !== undefined) a.uid = changes.uid;
    if (changes.gid !== undefined) a.gid = changes.gid;
    if (changes.atime !== undefined) a.atime = changes.atime;
    if (changes.mtime !== undefined) a.mtime = changes.mtime;
    a.ctime = coarseTime();
    return 0;
  }
  /** A name came (1) or went (-1). */
  counted(change: number): void {
    this.#a.nlink += change;
    this.#a.ctime = coarseTime();
  }
}

/** The nodes of one directory. */
export class NodeTable {
  readonly #nodes = new Map<string, HostNode>();
  /** Directories with nodes must not be collected. */
  static readonly #held = new Map<NodeTable, HostInode>();

  constructor(readonly directory: HostInode) {}

  get(name: string): HostNode | undefined {
    return this.#nodes.get(name);
  }
  get size(): number {
    return this.#nodes.size;
  }
  entries(): IterableIterator<[string, HostNode]> {
    return this.#nodes.entries();
  }
  set(name: string, node: HostNode): void {
    this.#nodes.set(name, node);
    NodeTable.#held.set(this, this.directory);
  }
  delete(name: string): void {
    this.#nodes.delete(name);
    if (this.#nodes.size === 0) NodeTable.#held.delete(this);
  }
}
