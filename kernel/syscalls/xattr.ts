// Extended attributes: getxattr, setxattr, listxattr, removexattr and their l… and f… forms.

import {
  CAP_SYS_ADMIN,
  capable,
  MAY_READ,
  MAY_WRITE,
  ownerOrCapable,
  permission,
} from "../../fs/vfs/permissions.ts";
import { readOnly } from "../../fs/vfs/attributes.ts";
import { IN_ATTRIB, notifyDentry } from "../../fs/vfs/notify.ts";
import type { Path } from "../../fs/vfs/path.ts";
import { E2BIG, EEXIST, EINVAL, ENODATA, EOPNOTSUPP, EPERM, ERANGE, EROFS } from "../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, XATTR_CREATE, XATTR_REPLACE } from "../abi/fcntl.ts";
import { isDirectory, isRegular } from "../abi/stat.ts";
import { encodeName } from "../abi/text.ts";
import type { Task } from "../task/task.ts";
import { placeAt, placeOfFd } from "./at.ts";
import { family, type Handler, type Syscall } from "./family.ts";

const XATTR_SIZE_MAX = 65536, XATTR_LIST_MAX = 65536;

function readName(task: Task, address: number): string | number {
  const name = task.memory.readString(address, 256);
  return name === undefined || name === "" ? -ERANGE : name;
}

/** Rights to an attribute by its name space: 0 or a negative errno. */
function allowed(task: Task, place: Path, name: string, write: boolean): number {
  const inode = place.dentry.inode!, cred = task.credentials;
  if (write && readOnly(place)) return -EROFS;
  if (inode.xattrs === undefined) return -EOPNOTSUPP;
  if (name.startsWith("user.")) {
    if (!isRegular(inode.mode) && !isDirectory(inode.mode)) return write ? -EPERM : -ENODATA;
    return permission(inode, cred, write ? MAY_WRITE : MAY_READ);
  }
  if (name.startsWith("trusted.")) return capable(cred, CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
  if (name.startsWith("security.")) {
    return !write || capable(cred, CAP_SYS_ADMIN) || ownerOrCapable(inode.stat(), cred) ? 0 : -EPERM;
  }
  // Access control lists are not kept; that there are none is the truth.
  if (name.startsWith("system.posix_acl_")) return write ? -EOPNOTSUPP : 0;
  return -EOPNOTSUPP;
}

function changed(place: Path): number {
  const result = place.dentry.inode!.setattr({});
  if (result === 0) notifyDentry(place.dentry, IN_ATTRIB);
  return result;
}

function set(
  task: Task,
  place: Path | number,
  nameAt: number,
  value: number,
  size: number,
  flags: number,
): number {
  if (flags & ~(XATTR_CREATE | XATTR_REPLACE)) return -EINVAL;
  const name = readName(task, nameAt);
  if (typeof name === "number") return name;
  if (size < 0 || size > XATTR_SIZE_MAX) return -E2BIG;
  const bytes = task.memory.readBytes(value, size);
  if (typeof place === "number") return place;
  const error = allowed(task, place, name, true);
  if (error < 0) return error;
  const inode = place.dentry.inode!, known = inode.xattrs!.has(name);
  if (known && flags & XATTR_CREATE) return -EEXIST;
  if (!known && flags & XATTR_REPLACE) return -ENODATA;
  inode.xattrs!.set(name, bytes);
  return changed(place);
}

function get(task: Task, place: Path | number, nameAt: number, value: number, size: number): number {
  const name = readName(task, nameAt);
  if (typeof name === "number") return name;
  if (typeof place === "number") return place;
  const error = allowed(task, place, name, false);
  if (error < 0) return error;
  const bytes = place.dentry.inode!.xattrs!.get(name);
  if (bytes === undefined) return -ENODATA;
  if (size === 0) return bytes.length;
  if (size < bytes.length) return -ERANGE;
  task.memory.write(value, bytes);
  return bytes.length;
}

function list(task: Task, place: Path | number, address: number, size: number): number {
  if (typeof place === "number") return place;
  const xattrs = place.dentry.inode!.xattrs;
  if (xattrs === undefined) return 0;
  let text = "";
  for (const name of xattrs.keys()) {
    if (!name.startsWith("trusted.") || capable(task.credentials, CAP_SYS_ADMIN)) text += name + "\0";
  }
  const bytes = encodeName(text);
  if (size === 0) return bytes.length;
  if (size < bytes.length) return bytes.length > XATTR_LIST_MAX ? -E2BIG : -ERANGE;
  task.memory.write(address, bytes);
  return bytes.length;
}

function remove(task: Task, place: Path | number, nameAt: number): number {
  const name = readName(task, nameAt);
  if (typeof name === "number") return name;
  if (typeof place === "number") return place;
  const error = allowed(task, place, name, true);
  if (error < 0) return error;
  return place.dentry.inode!.xattrs!.delete(name) ? changed(place) : -ENODATA;
}

type Found = (task: Task, first: number) => Path | number;
const followed: Found = (task, path) => placeAt(task, AT_FDCWD, path, 0);
const link: Found = (task, path) => placeAt(task, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW);
const descriptor: Found = (task, fd) => placeOfFd(task, fd);

const setter = (find: Found): Handler => (t, p, name, value, size, flags) =>
  set(t, find(t, p), name, value, size, flags);
const getter = (find: Found): Handler => (t, p, name, value, size) => get(t, find(t, p), name, value, size);
const lister = (find: Found): Handler => (t, p, address, size) => list(t, find(t, p), address, size);
const remover = (find: Found): Handler => (t, p, name) => remove(t, find(t, p), name);

export const xattr: Syscall[] = family({
  setxattr: { nr: 188, args: "path string buffer_in size uint", run: setter(followed) },
  lsetxattr: { nr: 189, args: "path string buffer_in size uint", run: setter(link) },
  fsetxattr: { nr: 190, args: "fd string buffer_in size uint", run: setter(descriptor) },
  getxattr: { nr: 191, args: "path string buffer_out size", ret: "long", run: getter(followed) },
  lgetxattr: { nr: 192, args: "path string buffer_out size", ret: "long", run: getter(link) },
  fgetxattr: { nr: 193, args: "fd string buffer_out size", ret: "long", run: getter(descriptor) },
  listxattr: { nr: 194, args: "path buffer_out size", ret: "long", run: lister(followed) },
  llistxattr: { nr: 195, args: "path buffer_out size", ret: "long", run: lister(link) },
  flistxattr: { nr: 196, args: "fd buffer_out size", ret: "long", run: lister(descriptor) },
  removexattr: { nr: 197, args: "path string", run: remover(followed) },
  lremovexattr: { nr: 198, args: "path string", run: remover(link) },
  fremovexattr: { nr: 199, args: "fd string", run: remover(descriptor) },
});
