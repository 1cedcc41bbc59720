// Changes of the tree by name: making, linking, removing and renaming, with the checks and the order of errors that
// Linux has (fs/namei.c: filename_create, may_create, may_delete, do_renameat2).

import {
  EBUSY,
  EEXIST,
  EINVAL,
  EISDIR,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EPERM,
  EROFS,
  EXDEV,
} from "../../kernel/abi/errno.ts";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../../kernel/abi/fcntl.ts";
import {
  isDirectory,
  isRegular,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFLNK,
  S_IFMT,
  S_ISVTX,
} from "../../kernel/abi/stat.ts";
import {
  type Dentry,
  exchangeDentries,
  isAncestor,
  lookupChild,
  moveDentry,
  remember,
  unhash,
} from "./dentry.ts";
import type { Inode } from "./inode.ts";
import {
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  losesLastName,
  notifyGone,
  notifyInode,
  notifyMove,
  notifyName,
} from "./notify.ts";
import type { Path, WalkContext } from "./path.ts";
import {
  CAP_FOWNER,
  CAP_MKNOD,
  capable,
  type FsCredentials,
  inherit,
  MAY_EXEC,
  MAY_READ,
  MAY_WRITE,
  permission,
  sticky,
} from "./permissions.ts";
import { Walk } from "./walk.ts";

const special = (name: string) => name === "" || name === "." || name === "..";

/** A free name to create something at: its negative dentry. */
function freeName(
  ctx: WalkContext,
  cred: FsCredentials,
  base: Path | undefined,
  path: string,
  directory: boolean,
): Path | number {
  const walk = new Walk(ctx, cred, base);
  const error = walk.parent(path);
  if (error < 0) return error;
  if (special(walk.last)) {
    // "." and ".." need no look-up to exist, but the directory they are in must be one.
    return -EEXIST;
  }
  const parent = walk.dentry;
  const child = lookupChild(parent, walk.last);
  if (typeof child === "number") return child;
  if (child.inode !== undefined) return -EEXIST;
  if (walk.trailing && !directory) return -ENOENT;
  if (walk.mount.readOnly || parent.inode!.fs.readOnly) return -EROFS;
  if (parent.deleted) return -ENOENT;
  const denied = permission(parent.inode!, cred, MAY_WRITE | MAY_EXEC);
  if (denied < 0) return denied;
  return { mount: walk.mount, dentry: child };
}

function enter(dentry: Dentry, made: Inode | number): number {
  if (typeof made === "number") return made;
  dentry.inode = made;
  dentry.deleted = false;
  remember(dentry);
  notifyName(dentry.parent.inode!, IN_CREATE, dentry.name, made);
  return 0;
}

export function mkdir(
  ctx: WalkContext,
  cred: FsCredentials,
  base: Path | undefined,
  path: string,
  mode: number,
): number {
  const place = freeName(ctx, cred, base, path, true);
  if (typeof place === "number") return place;
  const directory = place.dentry.parent.inode!;
  const bits = mode & (0o777 | S_ISVTX) & ~ctx.umask;
  return enter(place.dentry, directory.create(place.dentry.name, inherit(directory, cred, S_IFDIR | bits)));
}

/** `mode` has the type; devices need CAP_MKNOD. */
export function mknod(
  ctx: WalkContext,
  cred: FsCredentials,
  base: Path | undefined,
  path: string,
  mode: number,
  rdev: number,
): number {
  const type = mode & S_IFMT;
  const place = freeName(ctx, cred, base, path, false);
  if (typeof place === "number") return place;
  if ((type === S_IFCHR || type === S_IFBLK) && !capable(cred, CAP_MKNOD)) return -EPERM;
  const directory = place.dentry.parent.inode!;
  const owner = inherit(directory, cred, type | mode & 0o7777 & ~ctx.umask);
  return enter(place.dentry, directory.create(place.dentry.name, { ...owner, rdev }));
}

export function symlink(
  ctx: WalkContext,
  cred: FsCredentials,
  base: Path | undefined,
  path: string,
  target: string,
): number {
  if (target === "") return -ENOENT;
  const place = freeName(ctx, cred, base, path, false);
  if (typeof place === "number") return place;
  const directory = place.dentry.parent.inode!;
  const owner = inherit(directory, cred, S_IFLNK | 0o777);
  return enter(place.dentry, directory.create(place.dentry.name, { ...owner, target }));
}

/** Another name for the file at `old`. */
export function link(
  ctx: WalkContext,
  cred: FsCredentials,
  old: Path,
  base: Path | undefined,
  path: string,
): number {
  const place = freeName(ctx, cred, base, path, false);
  if (typeof place === "number") return place;
  const inode = old.dentry.inode!;
  if (old.mount !== place.mount) return -EXDEV;
  const a = inode.stat();
  // protected_hardlinks: nobody makes names for others' files that he could not write.
  if (a.uid !== cred.fsuid && !capable(cred, CAP_FOWNER)) {
    if (!isRegular(a.mode) || permission(inode, cred, MAY_READ | MAY_WRITE) < 0) return -EPERM;
  }
  const directory = place.dentry.parent.inode!;
  if (inode.fs !== directory.fs) return -EXDEV;
  if (isDirectory(a.mode)) return -EPERM;
  const error = directory.link(place.dentry.name, inode);
  if (error < 0) return error;
  notifyInode(inode, IN_ATTRIB);
  return enter(place.dentry, inode);
}

/** Whether `victim` may go away from `directory` (Linux: may_delete). */
function mayDelete(parent: Dentry, victim: Dentry, cred: FsCredentials, asDirectory: boolean): number {
  const directory = parent.inode!, inode = victim.inode!;
  const denied = permission(directory, cred, MAY_WRITE | MAY_EXEC);
  if (denied < 0) return denied;
  if (!sticky(directory, inode, cred)) return -EPERM;
  if (asDirectory) {
    if (!isDirectory(inode.mode)) return -ENOTDIR;
  } else if (isDirectory(inode.mode)) return -EISDIR;
  return parent.deleted ? -ENOENT : 0;
}

export function unlink(ctx: WalkContext, cred: FsCredentials, base: Path | undefined, path: string): number {
  const walk = new Walk(ctx, cred, base);
  let error = walk.parent(path);
  if (error < 0) return error;
  if (special(walk.last)) return -EISDIR;
  const parent = walk.dentry;
  const child = lookupChild(parent, walk.last);
  if (typeof child === "number") return child;
  const inode = child.inode;
  if (inode === undefined) return -ENOENT;
  if (walk.trailing) return isDirectory(inode.mode) ? -EISDIR : -ENOTDIR;
  if (walk.mount.readOnly || parent.inode!.fs.readOnly) return -EROFS;
  if ((error = mayDelete(parent, child, cred, false)) < 0) return error;
  if (child.mounts !== undefined) return -EBUSY;
  const last = losesLastName(inode);
  if ((error = parent.inode!.unlink(child.name)) < 0) return error;
  unhash(child);
  notifyInode(inode, IN_ATTRIB);
  if (last) notifyGone(inode);
  notifyName(parent.inode!, IN_DELETE, child.name, inode);
  return 0;
}

export function rmdir(ctx: WalkContext, cred: FsCredentials, base: Path | undefined, path: string): number {
  const walk = new Walk(ctx, cred, base);
  let error = walk.parent(path);
  if (error < 0) return error;
  if (walk.last === "..") return -ENOTEMPTY;
  if (walk.last === ".") return -EINVAL;
  if (walk.last === "") return -EBUSY;
  const parent = walk.dentry;
  const child = lookupChild(parent, walk.last);
  if (typeof child === "number") return child;
  if (child.inode === undefined) return -ENOENT;
  if (walk.mount.readOnly || parent.inode!.fs.readOnly) return -EROFS;
  if ((error = mayDelete(parent, child, cred, true)) < 0) return error;
  if (child.mounts !== undefined) return -EBUSY;
  if ((error = parent.inode!.rmdir(child.name)) < 0) return error;
  unhash(child);
  child.children = undefined;
  notifyGone(child.inode);
  notifyName(parent.inode!, IN_DELETE, child.name, child.inode);
  return 0;
}

export function rename(
  ctx: WalkContext,
  cred: FsCredentials,
  oldBase: Path | undefined,
  oldPath: string,
  newBase: Path | undefined,
  newPath: string,
  flags: number,
): number {
  const from = new Walk(ctx, cred, oldBase), to = new Walk(ctx, cred, newBase);
  let error = from.parent(oldPath);
  if (error < 0) return error;
  if ((error = to.parent(newPath)) < 0) return error;
  if (from.mount !== to.mount) return -EXDEV;
  if (special(from.last)) return -EBUSY;
  if (special(to.last)) return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
  const oldParent = from.dentry, newParent = to.dentry;
  if (from.mount.readOnly || oldParent.inode!.fs.readOnly) return -EROFS;
  const source = lookupChild(oldParent, from.last);
  if (typeof source === "number") return source;
  if (source.inode === undefined) return -ENOENT;
  const target = lookupChild(newParent, to.last);
  if (typeof target === "number") return target;
  const exchange = (flags & RENAME_EXCHANGE) !== 0;
  if (target.inode !== undefined && flags & RENAME_NOREPLACE) return -EEXIST;
  if (exchange) {
    if (target.inode === undefined) return -ENOENT;
    if (to.trailing && !isDirectory(target.inode.mode)) return -ENOTDIR;
  }
  const moved = source.inode, movesDirectory = isDirectory(moved.mode);
  if (!movesDirectory) {
    if (from.trailing) return -ENOTDIR;
    if (!exchange && to.trailing) return -ENOTDIR;
  }
  if (movesDirectory && isAncestor(source, newParent)) return -EINVAL;
  if (target.inode !== undefined && target !== source && isAncestor(target, oldParent)) {
    return exchange ? -EINVAL : -ENOTEMPTY;
  }
  error = checkRename(cred, source, target, oldParent, newParent, exchange);
  if (error <= 0) return error;
  const oldDirectory = oldParent.inode!, newDirectory = newParent.inode!;
  const name = source.name, replaced = target.inode;
  const last = replaced !== undefined && losesLastName(replaced);
  error = oldDirectory.rename(name, newDirectory, to.last, flags);
  if (error < 0) return error;
  if (exchange) exchangeDentries(source, target);
  else moveDentry(source, newParent, to.last);
  notifyMove(oldDirectory, name, newDirectory, to.last, moved, exchange ? undefined : replaced, last);
  if (exchange) notifyMove(newDirectory, to.last, oldDirectory, name, replaced!, undefined, false);
  return 0;
}

/** vfs_rename's checks: 1 to go on, 0 when there is nothing to do, or a negative errno. */
function checkRename(
  cred: FsCredentials,
  source: Dentry,
  target: Dentry,
  oldParent: Dentry,
  newParent: Dentry,
  exchange: boolean,
): number {
  const moved = source.inode!, movesDirectory = isDirectory(moved.mode), replaced = target.inode;
  if (moved === replaced) return 0;
  let error = mayDelete(oldParent, source, cred, movesDirectory);
  if (error < 0) return error;
  if (replaced === undefined) {
    if (newParent.deleted) return -ENOENT;
    error = permission(newParent.inode!, cred, MAY_WRITE | MAY_EXEC);
  } else {
    error = mayDelete(newParent, target, cred, exchange ? isDirectory(replaced.mode) : movesDirectory);
  }
  if (error < 0) return error;
  if (oldParent !== newParent) {
    // ".." of a directory changes with its parent.
    if (movesDirectory && (error = permission(moved, cred, MAY_WRITE)) < 0) return error;
    if (exchange && isDirectory(replaced!.mode) && (error = permission(replaced!, cred, MAY_WRITE)) < 0) {
      return error;
    }
  }
  if (source.mounts !== undefined || target.mounts !== undefined) return -EBUSY;
  if (oldParent.inode!.fs !== newParent.inode!.fs || moved.fs !== newParent.inode!.fs) return -EXDEV;
  if (replaced !== undefined && replaced.fs !== moved.fs) return -EXDEV;
  return 1;
}
