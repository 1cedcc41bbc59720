// The dentry cache: what names were found in directories, and which names are known to be missing (negative entries).

import { ENAMETOOLONG, ENOENT, ENOTDIR } from "../../kernel/abi/errno.ts";
import { NAME_MAX } from "../../kernel/abi/fcntl.ts";
import { encodedLength } from "../../kernel/abi/text.ts";
import type { Inode } from "./inode.ts";
import type { Mount } from "./mount.ts";

/** A name in a directory. Without `inode` it is negative: the name is known not to exist. */
export class Dentry {
  name: string;
  /** A root is its own parent. */
  parent: Dentry;
  inode: Inode | undefined;
  children: Map<string, Dentry> | undefined;
  /** Mounts on this dentry, seen through different parent mounts. */
  mounts: Mount[] | undefined;
  /** Unlinked, or replaced by a rename: only open files and working directories still refer to it. */
  deleted = false;
  /** Round of the cache in which it was last looked up, see {@link prune}. */
  round: number = round;

  constructor(name: string, parent: Dentry | undefined, inode: Inode | undefined) {
    this.name = name;
    this.parent = parent ?? this;
    this.inode = inode;
  }
}

let round = 0;
let cached = 0;
/** Entries kept before those not used lately are dropped. An entry costs about 200 bytes. */
const CACHE_LIMIT = 200_000;

/** The entry `name` of directory `dir`, negative where there is none; or a negative errno. */
export function lookupChild(dir: Dentry, name: string): Dentry | number {
  const directory = dir.inode;
  if (directory === undefined) return -ENOENT;
  const known = dir.children?.get(name);
  const fs = directory.fs;
  if (known !== undefined) {
    known.round = round;
    if (known.mounts !== undefined) return known;
    if (!fs.volatile) {
      if (fs.revalidate === undefined || fs.revalidate(directory, name, known.inode)) return known;
    }
  } else if (name.length > NAME_MAX || name.length > NAME_MAX / 3 && encodedLength(name) > NAME_MAX) {
    return -ENAMETOOLONG;
  }
  const found = directory.lookup(name);
  if (typeof found === "number" && found !== -ENOENT) return found;
  const inode = typeof found === "number" ? undefined : found;
  if (known !== undefined) {
    if (known.inode === inode) return known;
    if (inode === undefined && known.inode !== undefined) known.deleted = true;
    forget(known);
  }
  const child = new Dentry(name, dir, inode);
  // Missing names of volatile file systems and of removed directories are not worth remembering.
  if (dir.deleted || inode === undefined && fs.volatile) return child;
  remember(child);
  return child;
}

/** Enters the dentry in its parent. */
export function remember(child: Dentry): void {
  const parent = child.parent;
  (parent.children ??= new Map()).set(child.name, child);
  if (++cached > CACHE_LIMIT) prune(rootOf(parent));
}

/** Takes the dentry out of its parent; it stays usable for who holds it. */
export function forget(child: Dentry): void {
  const siblings = child.parent.children;
  if (siblings?.get(child.name) === child) {
    siblings.delete(child.name);
    cached--;
  }
}

/** The name is gone: what held the dentry sees it as deleted, the name may be used anew. */
export function unhash(child: Dentry): void {
  forget(child);
  child.deleted = true;
}

/** rename: `child` becomes `name` in `parent`; what was there is unhashed. */
export function moveDentry(child: Dentry, parent: Dentry, name: string): void {
  const old = parent.children?.get(name);
  if (old !== undefined && old !== child) {
    if (old.inode !== undefined) unhash(old);
    else forget(old);
  }
  forget(child);
  child.parent = parent;
  child.name = name;
  remember(child);
}

/** RENAME_EXCHANGE. */
export function exchangeDentries(a: Dentry, b: Dentry): void {
  const parent = a.parent, name = a.name;
  forget(a);
  forget(b);
  a.parent = b.parent;
  a.name = b.name;
  b.parent = parent;
  b.name = name;
  remember(a);
  remember(b);
}

/** Whether `ancestor` is `dentry` or above it in the same tree. */
export function isAncestor(ancestor: Dentry, dentry: Dentry): boolean {
  for (let d = dentry;; d = d.parent) {
    if (d === ancestor) return true;
    if (d.parent === d) return false;
  }
}

export function checkDirectory(dentry: Dentry): number {
  return dentry.inode === undefined ? -ENOENT : (dentry.inode.mode & 0o170000) === 0o040000 ? 0 : -ENOTDIR;
}

function rootOf(dentry: Dentry): Dentry {
  while (dentry.parent !== dentry) dentry = dentry.parent;
  return dentry;
}

/** Drops leaves that were not looked up since the last pruning. */
function prune(root: Dentry): void {
  const sweep = (dentry: Dentry): boolean => {
    if (dentry.children !== undefined) {
      for (const child of dentry.children.values()) {
        if (sweep(child)) {
          dentry.children.delete(child.name);
          cached--;
        }
      }
      if (dentry.children.size > 0) return false;
      dentry.children = undefined;
    }
    return dentry.round < round && dentry.mounts === undefined;
  };
  sweep(root);
  round++;
}
