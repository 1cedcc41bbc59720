// Names and attributes of files: stat, links, directories, renaming, owners, modes, working directory and root.

import { chmod, chown } from "../../fs/vfs/attributes.ts";
import { link, mkdir, mknod, rename, rmdir, symlink, unlink } from "../../fs/vfs/namespace.ts";
import type { Path } from "../../fs/vfs/path.ts";
import {
  CAP_DAC_READ_SEARCH,
  CAP_SYS_ADMIN,
  CAP_SYS_CHROOT,
  capable,
  type FsCredentials,
  MAY_EXEC,
  permission,
} from "../../fs/vfs/permissions.ts";
import { pathText } from "../../fs/vfs/vfs.ts";
import {
  EACCES,
  EBADF,
  EINVAL,
  ENAMETOOLONG,
  ENODEV,
  ENOENT,
  ENOTDIR,
  EOPNOTSUPP,
  EPERM,
  ERANGE,
  EROFS,
} from "../abi/errno.ts";
import {
  AT_EACCESS,
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_NO_AUTOMOUNT,
  AT_REMOVEDIR,
  AT_STATX_SYNC_TYPE,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  RENAME_EXCHANGE,
  RENAME_NOREPLACE,
  RENAME_WHITEOUT,
} from "../abi/fcntl.ts";
import {
  encodeStat,
  encodeStatfs,
  encodeStatx,
  isDirectory,
  isLink,
  isRegular,
  S_IFDIR,
  S_IFMT,
  S_IFREG,
  STATX__RESERVED,
} from "../abi/stat.ts";
import { encodeName } from "../abi/text.ts";
import type { Task } from "../task/task.ts";
import { base, placeAt, placeOf, placeOfFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";
import { fileTimes } from "./file_times.ts";
import { xattr } from "./xattr.ts";

/** Resolves both parts of a call on a path argument and hands them on. */
function withPath(
  task: Task,
  dirfd: number,
  address: number,
  run: (from: Path | undefined, path: string) => number,
): number {
  const path = task.memory.readPath(address);
  if (typeof path === "number") return path;
  const from = base(task, dirfd, path);
  return typeof from === "number" ? from : run(from, path);
}

// Attributes.

function sysNewfstatat(task: Task, dirfd: number, path: number, buffer: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT)) return -EINVAL;
  const place = placeAt(task, dirfd, path, flags);
  if (typeof place === "number") return place;
  task.memory.write(buffer, encodeStat(place.dentry.inode!.stat()));
  return 0;
}

function sysFstat(task: Task, fd: number, buffer: number): number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  task.memory.write(buffer, encodeStat(file.inode.stat()));
  return 0;
}

function sysStatx(
  task: Task,
  dirfd: number,
  path: number,
  flags: number,
  mask: number,
  buffer: number,
): number {
  if (mask >>> 0 >= STATX__RESERVED || (flags & AT_STATX_SYNC_TYPE) === AT_STATX_SYNC_TYPE) return -EINVAL;
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE)) return -EINVAL;
  const place = path === 0 && flags & AT_EMPTY_PATH && dirfd >= 0
    ? placeOfFd(task, dirfd, true)
    : placeAt(task, dirfd, path, flags);
  if (typeof place === "number") return place;
  const { mount, dentry } = place;
  task.memory.write(buffer, encodeStatx(dentry.inode!.stat(), mask, mount.id, dentry === mount.root));
  return 0;
}

function access(task: Task, dirfd: number, path: number, mode: number, flags: number): number {
  if (mode & ~7 || flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const cred = task.credentials;
  // With the real ids, and with capabilities as execve would give them.
  const real: FsCredentials = flags & AT_EACCESS ? cred : {
    fsuid: cred.uid,
    fsgid: cred.gid,
    groups: cred.groups,
    capEffective: cred.uid === 0 ? cred.capPermitted : 0,
  };
  const name = flags & AT_EMPTY_PATH ? task.memory.readPathOrEmpty(path) : task.memory.readPath(path);
  if (typeof name === "number") return name;
  const from = base(task, dirfd, name);
  if (typeof from === "number") return from;
  const place = task.instance.vfs.resolve(task.fs, real, from, name, {
    followLast: !(flags & AT_SYMLINK_NOFOLLOW),
    empty: (flags & AT_EMPTY_PATH) !== 0,
  });
  if (typeof place === "number") return place;
  const inode = place.dentry.inode!;
  if (mode & 1 && isRegular(inode.mode) && place.mount.flags & 8) return -EACCES;
  const error = mode === 0 ? 0 : permission(inode, real, mode);
  if (error < 0) return error;
  const plain = isRegular(inode.mode) || isDirectory(inode.mode) || isLink(inode.mode);
  return mode & 2 && plain && (place.mount.readOnly || inode.fs.readOnly) ? -EROFS : 0;
}

function fchmodat(task: Task, dirfd: number, path: number, mode: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const place = placeAt(task, dirfd, path, flags);
  if (typeof place === "number") return place;
  return isLink(place.dentry.inode!.mode) ? -EOPNOTSUPP : chmod(place, task.credentials, mode);
}

function fchownat(task: Task, dirfd: number, path: number, uid: number, gid: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const place = placeAt(task, dirfd, path, flags);
  return typeof place === "number" ? place : chown(place, task.credentials, uid | 0, gid | 0);
}

function sysFchmod(task: Task, fd: number, mode: number): number {
  const place = placeOfFd(task, fd);
  return typeof place === "number" ? place : chmod(place, task.credentials, mode);
}

function sysFchown(task: Task, fd: number, uid: number, gid: number): number {
  const place = placeOfFd(task, fd);
  return typeof place === "number" ? place : chown(place, task.credentials, uid | 0, gid | 0);
}

// Names.

function sysLinkat(
  task: Task,
  oldDirfd: number,
  old: number,
  dirfd: number,
  path: number,
  flags: number,
): number {
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const follow = flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW;
  const source = placeAt(task, oldDirfd, old, follow | flags & AT_EMPTY_PATH);
  if (typeof source === "number") return source;
  // A descriptor alone makes a new name only for who may search everything.
  if (flags & AT_EMPTY_PATH && !capable(task.credentials, CAP_DAC_READ_SEARCH)) return -ENOENT;
  return withPath(task, dirfd, path, (from, name) => link(task.fs, task.credentials, source, from, name));
}

function sysSymlinkat(task: Task, target: number, dirfd: number, path: number): number {
  const text = task.memory.readPath(target);
  if (typeof text === "number") return text;
  return withPath(task, dirfd, path, (from, name) => symlink(task.fs, task.credentials, from, name, text));
}

function sysReadlinkat(task: Task, dirfd: number, path: number, buffer: number, size: number): number {
  if (size <= 0) return -EINVAL;
  const name = task.memory.readPathOrEmpty(path);
  if (typeof name === "number") return name;
  const place = placeAt(task, dirfd, path, AT_SYMLINK_NOFOLLOW | (dirfd === AT_FDCWD ? 0 : AT_EMPTY_PATH));
  if (typeof place === "number") return place;
  const inode = place.dentry.inode!;
  if (!isLink(inode.mode)) return name === "" ? -ENOENT : -EINVAL;
  const target = inode.readlink();
  if (typeof target === "number") return target;
  const bytes = encodeName(target), length = Math.min(bytes.length, size);
  task.memory.write(buffer, bytes, 0, length);
  return length;
}

function sysUnlinkat(task: Task, dirfd: number, path: number, flags: number): number {
  if (flags & ~AT_REMOVEDIR) return -EINVAL;
  const remove = flags & AT_REMOVEDIR ? rmdir : unlink;
  return withPath(task, dirfd, path, (from, name) => remove(task.fs, task.credentials, from, name));
}

function renameat2(
  task: Task,
  oldfd: number,
  old: number,
  newfd: number,
  path: number,
  flags: number,
): number {
  if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) return -EINVAL;
  if (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT) && flags & RENAME_EXCHANGE || flags & RENAME_WHITEOUT) {
    return -EINVAL;
  }
  return withPath(
    task,
    oldfd,
    old,
    (oldFrom, oldName) =>
      withPath(
        task,
        newfd,
        path,
        (from, name) => rename(task.fs, task.credentials, oldFrom, oldName, from, name, flags),
      ),
  );
}

function sysMkdirat(task: Task, dirfd: number, path: number, mode: number): number {
  return withPath(task, dirfd, path, (from, name) => mkdir(task.fs, task.credentials, from, name, mode));
}

function sysMknodat(task: Task, dirfd: number, path: number, mode: number, dev: number): number {
  let type = mode & S_IFMT;
  if (type === 0) type = S_IFREG;
  if (type === S_IFDIR) return -EPERM;
  if (![S_IFREG, 0o020000, 0o060000, 0o010000, 0o140000].includes(type)) return -EINVAL;
  const bits = type | mode & 0o7777;
  return withPath(
    task,
    dirfd,
    path,
    (from, name) => mknod(task.fs, task.credentials, from, name, bits, dev >>> 0),
  );
}

// Working directory and root.

function setDirectory(task: Task, place: Path | number, which: "cwd" | "root"): number {
  if (typeof place === "number") return place;
  const inode = place.dentry.inode!;
  if (!isDirectory(inode.mode)) return -ENOTDIR;
  const error = permission(inode, task.credentials, MAY_EXEC);
  if (error < 0) return error;
  if (which === "root" && !capable(task.credentials, CAP_SYS_CHROOT)) return -EPERM;
  task.fs[which] = place;
  return 0;
}

function sysFchdir(task: Task, fd: number): number {
  const file = task.files.get(fd);
  return file === undefined ? -EBADF : setDirectory(task, placeOf(file), "cwd");
}

function sysGetcwd(task: Task, buffer: number, size: number): number {
  const { text, deleted, reachable } = pathText(task.fs.root, task.fs.cwd);
  if (deleted) return -ENOENT;
  const bytes = encodeName((reachable ? text : `(unreachable)${text}`) + "\0");
  if (bytes.length > 4096) return -ENAMETOOLONG;
  if (bytes.length > size) return -ERANGE;
  task.memory.write(buffer, bytes);
  return bytes.length;
}

function sysUmask(task: Task, mask: number): number {
  const old = task.fs.umask;
  task.fs.umask = mask & 0o777;
  return old;
}

// File systems.

function writeStatfs(task: Task, place: Path | number, buffer: number): number {
  if (typeof place === "number") return place;
  const { mount } = place, fs = place.dentry.inode!.fs;
  task.memory.write(buffer, encodeStatfs(fs.info(), fs.dev, mount.flags & 0x40f | (fs.readOnly ? 1 : 0)));
  return 0;
}

function sysMount(task: Task): number {
  return capable(task.credentials, CAP_SYS_ADMIN) ? -ENODEV : -EPERM;
}

function sysUmount2(task: Task, path: number, flags: number): number {
  if (!capable(task.credentials, CAP_SYS_ADMIN)) return -EPERM;
  const place = placeAt(task, AT_FDCWD, path, flags & 8 ? AT_SYMLINK_NOFOLLOW : 0);
  return typeof place === "number" ? place : task.instance.vfs.unmount(place);
}

const CWD = AT_FDCWD;

export const path: Syscall[] = [
  ...xattr,
  ...fileTimes,
  ...family({
    stat: { nr: 4, args: "path stat", run: (t, p, b) => sysNewfstatat(t, CWD, p, b, 0) },
    fstat: { nr: 5, args: "fd stat", run: sysFstat },
    lstat: { nr: 6, args: "path stat", run: (t, p, b) => sysNewfstatat(t, CWD, p, b, AT_SYMLINK_NOFOLLOW) },
    access: { nr: 21, args: "path ACCESS", run: (t, p, mode) => access(t, CWD, p, mode, 0) },
    getcwd: { nr: 79, args: "pointer size", ret: "long", run: sysGetcwd },
    chdir: { nr: 80, args: "path", run: (t, p) => setDirectory(t, placeAt(t, CWD, p, 0), "cwd") },
    fchdir: { nr: 81, args: "fd", run: sysFchdir },
    rename: { nr: 82, args: "path path", run: (t, a, b) => renameat2(t, CWD, a, CWD, b, 0) },
    mkdir: { nr: 83, args: "path mode", run: (t, p, mode) => sysMkdirat(t, CWD, p, mode) },
    rmdir: { nr: 84, args: "path", run: (t, p) => sysUnlinkat(t, CWD, p, AT_REMOVEDIR) },
    link: { nr: 86, args: "path path", run: (t, a, b) => sysLinkat(t, CWD, a, CWD, b, 0) },
    unlink: { nr: 87, args: "path", run: (t, p) => sysUnlinkat(t, CWD, p, 0) },
    symlink: { nr: 88, args: "string path", run: (t, target, p) => sysSymlinkat(t, target, CWD, p) },
    readlink: { nr: 89, args: "path buffer_out size", run: (t, p, b, n) => sysReadlinkat(t, CWD, p, b, n) },
    chmod: { nr: 90, args: "path mode", run: (t, p, mode) => fchmodat(t, CWD, p, mode, 0) },
    fchmod: { nr: 91, args: "fd mode", run: sysFchmod },
    chown: { nr: 92, args: "path uid gid", run: (t, p, u, g) => fchownat(t, CWD, p, u, g, 0) },
    fchown: { nr: 93, args: "fd uid gid", run: sysFchown },
    lchown: {
      nr: 94,
      args: "path uid gid",
      run: (t, p, u, g) => fchownat(t, CWD, p, u, g, AT_SYMLINK_NOFOLLOW),
    },
    umask: { nr: 95, args: "mode", run: sysUmask },
    mknod: { nr: 133, args: "path mode dev", run: (t, p, mode, dev) => sysMknodat(t, CWD, p, mode, dev) },
    statfs: { nr: 137, args: "path pointer", run: (t, p, b) => writeStatfs(t, placeAt(t, CWD, p, 0), b) },
    fstatfs: { nr: 138, args: "fd pointer", run: (t, fd, b) => writeStatfs(t, placeOfFd(t, fd, true), b) },
    chroot: { nr: 161, args: "path", run: (t, p) => setDirectory(t, placeAt(t, CWD, p, 0), "root") },
    mount: { nr: 165, args: "path path string hex pointer", run: sysMount, partial: "no guest mounts" },
    umount2: { nr: 166, args: "path uint", run: sysUmount2 },
    mkdirat: { nr: 258, args: "dirfd path mode", run: sysMkdirat },
    mknodat: { nr: 259, args: "dirfd path mode dev", run: sysMknodat },
    fchownat: { nr: 260, args: "dirfd path uid gid AT", run: fchownat },
    newfstatat: { nr: 262, args: "dirfd path stat AT", run: sysNewfstatat },
    unlinkat: { nr: 263, args: "dirfd path AT", run: sysUnlinkat },
    renameat: { nr: 264, args: "dirfd path dirfd path", run: (t, a, b, c, d) => renameat2(t, a, b, c, d, 0) },
    linkat: { nr: 265, args: "dirfd path dirfd path AT", run: sysLinkat },
    symlinkat: { nr: 266, args: "string dirfd path", run: sysSymlinkat },
    readlinkat: { nr: 267, args: "dirfd path buffer_out size", run: sysReadlinkat },
    fchmodat: { nr: 268, args: "dirfd path mode", run: (t, fd, p, mode) => fchmodat(t, fd, p, mode, 0) },
    faccessat: { nr: 269, args: "dirfd path ACCESS", run: (t, fd, p, mode) => access(t, fd, p, mode, 0) },
    renameat2: { nr: 316, args: "dirfd path dirfd path RENAME", run: renameat2 },
    statx: { nr: 332, args: "dirfd path AT STATX pointer", run: sysStatx },
    faccessat2: { nr: 439, args: "dirfd path ACCESS AT", run: access },
    fchmodat2: { nr: 452, args: "dirfd path mode AT", run: fchmodat },
  }),
];
