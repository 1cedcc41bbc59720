// What does fstat say of things that no directory names: pipes, sockets, eventfds, epolls?

import { S_IFDIR, S_IFIFO } from "./modes.ts";
import {
  type Attributes,
  type FileSystem,
  type FileSystemInfo,
  Inode,
  type Time,
} from "../../fs/vfs/inode.ts";
import type { AttributeChanges } from "../../fs/vfs/inode.ts";
import { applyChanges, newAttributes } from "../../fs/vfs/memory_attributes.ts";
import { current } from "../task/current.ts";

/** A kernel-internal file system: it is mounted nowhere, its inodes only have numbers. */
export class AnonFs implements FileSystem {
  #nextIno = 1;
  readonly root: Inode;

  constructor(readonly name: string, readonly dev: number, readonly magic: number) {
    this.root = new AnonInode(this, S_IFDIR | 0o555);
  }

  allocateIno(): number {
    return this.#nextIno++;
  }

  info(): FileSystemInfo {
    return {
      type: this.magic,
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

function now(): Time {
  const ms = Date.now();
  return { sec: Math.floor(ms / 1000), nsec: (ms % 1000) * 1e6 };
}

export class AnonInode extends Inode {
  readonly fs: AnonFs;
  readonly ino: number;
  readonly #attributes: Attributes;

  constructor(fs: AnonFs, mode: number, rdev = 0) {
    super();
    this.fs = fs;
    this.ino = fs.allocateIno();
    const credentials = current.task?.credentials;
    const what = { mode, rdev, uid: credentials?.fsuid ?? 0, gid: credentials?.fsgid ?? 0 };
    this.#attributes = { ...newAttributes(fs.dev, this.ino, what, now()), nlink: 1 };
  }

  override get mode(): number {
    return this.#attributes.mode;
  }

  override stat(): Attributes {
    return { ...this.#attributes };
  }

  override setattr(changes: AttributeChanges): number {
    applyChanges(this.#attributes, changes, now());
    return 0;
  }
}

export const sockFs: AnonFs = new AnonFs("sockfs", 8, 0x534f434b);
export const pipeFs: AnonFs = new AnonFs("pipefs", 14, 0x50495045);
export const anonInodeFs: AnonFs = new AnonFs("anon_inodefs", 15, 0x09041934);
/** All eventfds, epolls, timerfds share this one inode, as in Linux. */
export const anonInode: AnonInode = new AnonInode(anonInodeFs, 0o600);

export function pipeInode(): AnonInode {
  return new AnonInode(pipeFs, S_IFIFO | 0o600);
}
