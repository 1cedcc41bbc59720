// What names a place in the tree (a dentry seen through a mount) and what a path walk starts from.

import type { Dentry } from "./dentry.ts";
import type { Mount } from "./mount.ts";

export type { Vfs } from "./vfs.ts";

/** A place in the tree. Two paths are the same place when both members are identical. */
export interface Path {
  readonly mount: Mount;
  readonly dentry: Dentry;
}

/** Linux's fs_struct: tasks cloned with CLONE_FS share one, others have a copy. */
export interface WalkContext {
  root: Path;
  cwd: Path;
  umask: number;
}

export function samePath(a: Path, b: Path): boolean {
  return a.dentry === b.dentry && a.mount === b.mount;
}

/** How a path is resolved. */
export interface WalkOptions {
  /** Follow a symbolic link that is the last component. Default true. */
  followLast?: boolean;
  /** The result must be a directory (ENOTDIR). */
  directory?: boolean;
  /** AT_EMPTY_PATH: "" names the base itself. */
  empty?: boolean;
  /** RESOLVE_* of openat2. */
  resolve?: number;
}
