// /dev/pts: one node per living pseudo-terminal. Names come and go with the terminals, so nothing is kept here but who
// owns a node and its permissions, and those in the terminal itself.

import { ENOENT, EPERM } from "../kernel/abi/errno.ts";
import { PTY_SLAVE_MAJOR, TTYAUX_MAJOR, TTYAUX_PTMX } from "../kernel/abi/device.ts";
import { DEVPTS_MAGIC, DT_CHR, makedev, S_IFCHR, S_IFDIR } from "../kernel/abi/stat.ts";
import {
  type AttributeChanges,
  type Attributes,
  type DirectoryEntry,
  type FileSystem,
  type FileSystemInfo,
  Inode,
  type Time,
} from "./vfs/inode.ts";
import type { OpenFile } from "./vfs/open_file.ts";
import { DirectoryFile } from "./vfs/regular_file.ts";

/** A terminal as devpts shows it; chmod and chown write the fields. */
export interface PtsNode {
  /** Permission bits. */
  mode: number;
  uid: number;
  gid: number;
  readonly createdMs: number;
}

/** The living terminals; given by the kernel. */
export interface PtsSource {
  indices(): Iterable<number>;
  get(index: number): PtsNode | undefined;
}

const ROOT_INO = 1, PTMX_INO = 2, FIRST_INO = 3;

function time(ms: number): Time {
  return { sec: Math.floor(ms / 1000), nsec: Math.floor((ms % 1000) * 1e6) };
}

export class DevPts implements FileSystem {
  readonly name = "devpts";
  readonly volatile = true;
  readonly dev: number;
  readonly root: Inode;

  constructor(source: PtsSource, dev: number) {
    this.dev = dev;
    this.root = new PtsRoot(this, source);
  }

  info(): FileSystemInfo {
    return {
      type: DEVPTS_MAGIC,
      bsize: 4096,
      blocks: 0,
      bfree: 0,
      bavail: 0,
      files: 0,
      ffree: 0,
      namelen: 255,
    };
  }
}

class PtsRoot extends Inode {
  readonly fs: DevPts;
  readonly ino = ROOT_INO;
  readonly #source: PtsSource;
  /** Nodes by index, as long as their terminal is the same. */
  readonly #nodes = new Map<number, PtsInode>();
  readonly #ptmx: PtsInode;
  readonly #created = Date.now();

  constructor(fs: DevPts, source: PtsSource) {
    super();
    this.fs = fs;
    this.#source = source;
    const ptmx: PtsNode = { mode: 0o666, uid: 0, gid: 0, createdMs: this.#created };
    this.#ptmx = new PtsInode(fs, PTMX_INO, makedev(TTYAUX_MAJOR, TTYAUX_PTMX), ptmx);
  }

  get mode(): number {
    return S_IFDIR | 0o755;
  }

  override stat(): Attributes {
    const at = time(this.#created);
    return attributes(this, { mode: 0, uid: 0, gid: 0, createdMs: 0 }, 0, 2, at);
  }

  override lookup(name: string): Inode | number {
    if (name === "ptmx") return this.#ptmx;
    if (!/^(0|[1-9][0-9]{0,6})$/.test(name)) return -ENOENT;
    const index = Number(name);
    const node = this.#source.get(index);
    if (node === undefined) {
      this.#nodes.delete(index);
      return -ENOENT;
    }
    let inode = this.#nodes.get(index);
    if (inode === undefined || inode.node !== node) {
      inode = new PtsInode(
        this.fs,
        FIRST_INO + index,
        makedev(PTY_SLAVE_MAJOR + (index >> 8), index & 0xff),
        node,
      );
      this.#nodes.set(index, inode);
    }
    return inode;
  }

  override list(): DirectoryEntry[] {
    const indices = [...this.#source.indices()].sort((a, b) => a - b);
    const entries = indices.map((index) => ({ name: String(index), ino: FIRST_INO + index, type: DT_CHR }));
    return [...entries, { name: "ptmx", ino: PTMX_INO, type: DT_CHR }];
  }

  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }
  override create(): number {
    return -EPERM;
  }
  override unlink(): number {
    return -EPERM;
  }
}

/** A node; it is opened through the device registry, by its number. */
class PtsInode extends Inode {
  readonly fs: DevPts;
  readonly ino: number;
  readonly rdev: number;
  readonly node: PtsNode;

  constructor(fs: DevPts, ino: number, rdev: number, node: PtsNode) {
    super();
    this.fs = fs;
    this.ino = ino;
    this.rdev = rdev;
    this.node = node;
  }
  get mode(): number {
    return S_IFCHR | (this.node.mode & 0o7777);
  }
  override stat(): Attributes {
    return attributes(this, this.node, this.rdev, 1, time(this.node.createdMs));
  }
  override setattr(changes: AttributeChanges): number {
    if (changes.mode !== undefined) this.node.mode = changes.mode & 0o7777;
    if (changes.uid !== undefined) this.node.uid = changes.uid;
    if (changes.gid !== undefined) this.node.gid = changes.gid;
    return 0;
  }
}

function attributes(inode: Inode, node: PtsNode, rdev: number, nlink: number, at: Time): Attributes {
  return {
    dev: inode.fs.dev,
    ino: inode.ino,
    mode: inode.mode,
    nlink,
    uid: node.uid,
    gid: node.gid,
    rdev,
    size: 0,
    blksize: 1024,
    blocks: 0,
    atime: at,
    mtime: at,
    ctime: at,
    btime: at,
  };
}
