// Attributes of files that live in memory: what a new one begins with, and what setattr does to them.

import { isDirectory, S_IFMT } from "../../kernel/abi/stat.ts";
import { encodedLength } from "../../kernel/abi/text.ts";
import type { AttributeChanges, Attributes, NewInode, Time } from "./inode.ts";

export function newAttributes(dev: number, ino: number, what: NewInode, time: Time): Attributes {
  return {
    dev,
    ino,
    mode: what.mode,
    nlink: isDirectory(what.mode) ? 2 : 1,
    uid: what.uid,
    gid: what.gid,
    rdev: what.rdev ?? 0,
    size: what.target !== undefined ? encodedLength(what.target) : 0,
    blksize: 4096,
    blocks: 0,
    atime: time,
    mtime: time,
    ctime: time,
    btime: time,
  };
}

/** All changes but of the size, which is a matter of the data. */
export function applyChanges(a: Attributes, changes: AttributeChanges, now: Time): void {
  if (changes.mode !== undefined) a.mode = a.mode & S_IFMT | changes.mode & 0o7777;
  if (changes.uid !== undefined) a.uid = changes.uid;
  if (changes.gid !== undefined) a.gid = changes.gid;
  if (changes.atime !== undefined) a.atime = changes.atime;
  if (changes.mtime !== undefined) a.mtime = changes.mtime;
  a.ctime = now;
}
