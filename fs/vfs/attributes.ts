// Changes of a file's attributes with the caller's rights checked: mode, owner, times, size.

import { EACCES, EINVAL, EISDIR, EPERM, EROFS } from "../../kernel/abi/errno.ts";
import { isDirectory, isRegular } from "../../kernel/abi/stat.ts";
import type { AttributeChanges, Time } from "./inode.ts";
import { breakLeases } from "./leases.ts";
import { IN_ACCESS, IN_ATTRIB, IN_MODIFY, notifyDentry } from "./notify.ts";
import { truncateInode } from "./open.ts";
import type { Path } from "./path.ts";
import {
  chmodBits,
  type FsCredentials,
  MAY_WRITE,
  mayChown,
  ownerOrCapable,
  permission,
  withoutSetid,
} from "./permissions.ts";

export function readOnly(path: Path): boolean {
  return path.mount.readOnly || path.dentry.inode!.fs.readOnly === true;
}

function change(path: Path, changes: AttributeChanges, event: number): number {
  const result = path.dentry.inode!.setattr(changes);
  if (result === 0) notifyDentry(path.dentry, event);
  return result;
}

export function chmod(path: Path, cred: FsCredentials, mode: number): number {
  if (readOnly(path)) return -EROFS;
  const inode = path.dentry.inode!;
  const bits = chmodBits(inode.stat(), cred, mode & 0o7777);
  return bits < 0 ? bits : change(path, { mode: bits }, IN_ATTRIB);
}

/** -1 leaves the owner or the group. */
export function chown(path: Path, cred: FsCredentials, uid: number, gid: number): number {
  if (readOnly(path)) return -EROFS;
  const inode = path.dentry.inode!;
  const error = mayChown(inode.stat(), cred, uid, gid);
  if (error < 0) return error;
  const changes: AttributeChanges = {};
  if (uid !== -1) changes.uid = uid;
  if (gid !== -1) changes.gid = gid;
  const mode = withoutSetid(inode.mode);
  if (mode !== undefined) changes.mode = mode;
  return change(path, changes, uid !== -1 || gid !== -1 || mode !== undefined ? IN_ATTRIB : 0);
}

/** `undefined` leaves a time. `now`: both are the current time, which whoever may write the file may set. */
export function setTimes(
  path: Path,
  cred: FsCredentials,
  atime: Time | undefined,
  mtime: Time | undefined,
  now: boolean,
): number {
  if (readOnly(path)) return -EROFS;
  const inode = path.dentry.inode!;
  if (!ownerOrCapable(inode.stat(), cred)) {
    if (!now) return -EPERM;
    if (permission(inode, cred, MAY_WRITE) < 0) return -EACCES;
  }
  const changes: AttributeChanges = {};
  if (atime !== undefined) changes.atime = atime;
  if (mtime !== undefined) changes.mtime = mtime;
  // One time alone tells what a read or a write would.
  const event = mtime === undefined ? IN_ACCESS : atime === undefined ? IN_MODIFY : IN_ATTRIB;
  return change(path, changes, event);
}

/** truncate(2). */
export function truncate(path: Path, cred: FsCredentials, size: number): number {
  const inode = path.dentry.inode!;
  if (isDirectory(inode.mode)) return -EISDIR;
  if (!isRegular(inode.mode)) return -EINVAL;
  if (readOnly(path)) return -EROFS;
  const error = permission(inode, cred, MAY_WRITE) || breakLeases(inode, true);
  if (error < 0) return error;
  const result = truncateInode(inode, size, cred);
  if (result === 0) notifyDentry(path.dentry, IN_MODIFY);
  return result;
}
