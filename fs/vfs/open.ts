// open(2): from a path and O_* flags to an open file description, creating and truncating on the way.

import {
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  ENOENT,
  ENOTDIR,
  ENOTSUP,
  EPERM,
  EROFS,
  ETXTBSY,
} from "../../kernel/abi/errno.ts";
import {
  __O_TMPFILE,
  O_APPEND,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../../kernel/abi/fcntl.ts";
import { isDirectory, isRegular, S_IFBLK, S_IFCHR, S_IFLNK, S_IFMT, S_IFREG } from "../../kernel/abi/stat.ts";
import { Dentry, remember } from "./dentry.ts";
import type { Inode } from "./inode.ts";
import { breakLeases } from "./leases.ts";
import { MS_NODEV } from "./mount.ts";
import { IN_CREATE, IN_MODIFY, IN_OPEN, notifyFile, notifyName } from "./notify.ts";
import { OpenFile } from "./open_file.ts";
import { pageHooks } from "./pages.ts";
import type { Path, WalkContext } from "./path.ts";
import {
  CAP_FSETID,
  capable,
  type FsCredentials,
  inherit,
  MAY_EXEC,
  MAY_READ,
  MAY_WRITE,
  ownerOrCapable,
  permission,
  withoutSetid,
} from "./permissions.ts";
import type { Vfs } from "./vfs.ts";
import { Walk } from "./walk.ts";

export interface OpenRequest {
  /** O_* flags, already checked by the system-call layer. */
  flags: number;
  /** Permission bits of a new file, before the umask. */
  mode?: number;
  /** RESOLVE_* flags. */
  resolve?: number;
  /** AT_EMPTY_PATH: "" opens the base again. */
  empty?: boolean;
}

/** Flags that stay with the open file description (F_GETFL shows them). */
const OPENING_ONLY = O_CREAT | O_EXCL | O_TRUNC | 0o400 | 0o2000000;

/** An O_PATH description: a place, and nothing to do with the file. */
export class PathFile extends OpenFile {
  constructor(flags: number, readonly inode: Inode) {
    super(flags);
  }
}

export function openPath(
  vfs: Vfs,
  ctx: WalkContext,
  cred: FsCredentials,
  base: Path | undefined,
  path: string,
  request: OpenRequest,
): OpenFile | number {
  let flags = request.flags;
  if (flags & O_PATH) flags &= O_DIRECTORY | O_NOFOLLOW | O_PATH;
  if (flags & __O_TMPFILE) {
    if (!(flags & O_DIRECTORY) || !(flags & (O_WRONLY | O_RDWR))) return -EINVAL;
    return openTemporary(vfs, ctx, cred, base, path, flags, request);
  }
  if (path === "" && request.empty) return openPlace(vfs, cred, base ?? ctx.cwd, flags, false);
  const walk = new Walk(ctx, cred, base, request.resolve);
  const follow = !(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) !== (O_CREAT | O_EXCL);
  let error = walk.parent(path);
  if (error < 0) return error;
  if (!(flags & O_CREAT)) {
    if ((error = walk.lastStep(follow)) < 0) return error;
    if (walk.dentry.inode === undefined) return -ENOENT;
    return openPlace(vfs, cred, walk.path, flags, false);
  }
  return openOrCreate(vfs, ctx, cred, walk, follow, flags, request.mode ?? 0);
}

function openOrCreate(
  vfs: Vfs,
  ctx: WalkContext,
  cred: FsCredentials,
  walk: Walk,
  follow: boolean,
  flags: number,
  mode: number,
): OpenFile | number {
  // A dangling link at the end names where the file is made: each round takes one link, the walk counts them.
  for (;;) {
    if (walk.last === "" || walk.last === "." || walk.last === "..") {
      const error = walk.lastStep(follow);
      if (error < 0) return error;
      return flags & O_EXCL ? -EEXIST : -EISDIR;
    }
    if (walk.trailing) return -EISDIR;
    const linkDirectory = walk.dentry, name = walk.last;
    const error = walk.step(name, false);
    if (error < 0) return error;
    const inode = walk.dentry.inode;
    if (inode === undefined) break;
    if (flags & O_EXCL) return -EEXIST;
    if ((inode.mode & S_IFMT) === S_IFLNK && follow) {
      walk.dentry = linkDirectory;
      const followed = walk.followTo(inode);
      if (followed < 0) return followed;
      if (followed === 0) continue;
      // A magic link: the walk stands on the object.
      if (walk.dentry.inode === undefined) return -ENOENT;
    }
    if (isDirectory(walk.dentry.inode!.mode)) return -EISDIR;
    return openPlace(vfs, cred, walk.path, flags, false);
  }
  const negative = walk.dentry, directory = negative.parent.inode;
  if (directory === undefined || negative.parent.deleted) return -ENOENT;
  if (walk.mount.readOnly || directory.fs.readOnly) return -EROFS;
  const denied = permission(directory, cred, MAY_WRITE | MAY_EXEC);
  if (denied < 0) return denied;
  const made = directory.create(
    negative.name,
    inherit(directory, cred, S_IFREG | mode & 0o7777 & ~ctx.umask),
  );
  if (typeof made === "number") return made;
  negative.inode = made;
  remember(negative);
  notifyName(directory, IN_CREATE, negative.name, made);
  return openPlace(vfs, cred, walk.path, flags, true);
}

/** Opens what is at `path`. A file that this call created needs no rights. */
function openPlace(
  vfs: Vfs,
  cred: FsCredentials,
  path: Path,
  flags: number,
  created: boolean,
): OpenFile | number {
  const inode = path.dentry.inode!;
  const mode = inode.mode, type = mode & S_IFMT;
  if (flags & O_DIRECTORY && !isDirectory(mode)) return -ENOTDIR;
  if (flags & O_PATH) return new PathFile(flags, inode).openedAt(path);
  if (type === S_IFLNK) return -ELOOP;
  const write = (flags & 3) !== 0 || (flags & O_TRUNC) !== 0;
  if (isDirectory(mode) && write) return -EISDIR;
  if ((type === S_IFCHR || type === S_IFBLK) && path.mount.flags & MS_NODEV) return -EACCES;
  let truncate = (flags & O_TRUNC) !== 0 && isRegular(mode);
  if (created) {
    truncate = false;
  } else {
    const readOnly = path.mount.readOnly || inode.fs.readOnly === true;
    if (write && readOnly && (isRegular(mode) || isDirectory(mode))) return -EROFS;
    const access = flags & 3;
    const mask = (access === 1 ? 0 : MAY_READ) | (access !== 0 || flags & O_TRUNC ? MAY_WRITE : 0);
    const denied = permission(inode, cred, mask);
    if (denied < 0) return denied;
    if (flags & O_NOATIME && !ownerOrCapable(inode.stat(), cred)) return -EPERM;
    if (access !== 0 && isRegular(mode) && pageHooks.executing(inode)) return -ETXTBSY;
    const leased = breakLeases(inode, write);
    if (leased !== 0) return leased;
  }
  const kept = flags & ~OPENING_ONLY;
  const file = isRegular(mode) || isDirectory(mode) ? inode.open(kept) : vfs.openSpecial(inode, flags, path);
  if (typeof file === "number") return file;
  if (file.path === undefined) file.openedAt(path);
  notifyFile(file, IN_OPEN);
  if (truncate) {
    const error = truncateInode(inode, 0, cred);
    if (error < 0) {
      file.release();
      return error;
    }
    notifyFile(file, IN_MODIFY);
  }
  return file;
}

/** Sets the size, and takes setuid and setgid away as writing does. */
export function truncateInode(inode: Inode, size: number, cred: FsCredentials): number {
  const mode = capable(cred, CAP_FSETID) ? undefined : withoutSetid(inode.mode);
  const shorter = size < inode.size;
  const result = inode.setattr(mode === undefined ? { size } : { size, mode });
  if (shorter && result === 0) pageHooks.truncated(inode, size);
  return result;
}

function openTemporary(
  vfs: Vfs,
  ctx: WalkContext,
  cred: FsCredentials,
  base: Path | undefined,
  path: string,
  flags: number,
  request: OpenRequest,
): OpenFile | number {
  const place = vfs.resolve(ctx, cred, base, path, {
    directory: true,
    followLast: !(flags & O_NOFOLLOW),
    resolve: request.resolve ?? 0,
  });
  if (typeof place === "number") return place;
  const directory = place.dentry.inode!;
  if (place.mount.readOnly || directory.fs.readOnly) return -EROFS;
  const denied = permission(directory, cred, MAY_WRITE | MAY_EXEC);
  if (denied < 0) return denied;
  if (directory.createTemporary === undefined) return -ENOTSUP;
  const inode = directory.createTemporary(
    inherit(directory, cred, S_IFREG | (request.mode ?? 0) & 0o7777 & ~ctx.umask),
  );
  if (typeof inode === "number") return inode;
  const dentry = new Dentry(`#${inode.ino}`, place.dentry, inode);
  dentry.deleted = true;
  // linkat may give it a name later, unless O_EXCL says that it never gets one.
  const kept = flags & ~OPENING_ONLY & ~O_DIRECTORY | flags & (O_EXCL | O_APPEND);
  const file = inode.open(kept);
  if (typeof file === "number") return file;
  notifyFile(file.openedAt({ mount: place.mount, dentry }), IN_OPEN);
  return file;
}
