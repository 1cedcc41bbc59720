// Opening and closing files, their positions, sizes and way to the disk.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { IN_MODIFY, notifyFile } from "../../fs/vfs/notify.ts";
import { brokenLease, LEASED } from "../../fs/vfs/leases.ts";
import { truncate } from "../../fs/vfs/attributes.ts";
import { truncateInode } from "../../fs/vfs/open.ts";
import { checkResolve } from "../../fs/vfs/walk.ts";
import { E2BIG, EAGAIN, EBADF, EFBIG, EINVAL, EISDIR, ENODEV, EOPNOTSUPP, ESPIPE } from "../abi/errno.ts";
import {
  __O_TMPFILE,
  AT_FDCWD,
  CLOSE_RANGE_CLOEXEC,
  CLOSE_RANGE_UNSHARE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FD_CLOEXEC,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_LARGEFILE,
  O_NONBLOCK,
  O_PATH,
  O_TRUNC,
  O_WRONLY,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  VALID_OPEN_FLAGS,
} from "../abi/fcntl.ts";
import { isDirectory, isRegular, S_IFIFO, S_IFMT } from "../abi/stat.ts";
import type { Task } from "../task/task.ts";
import { base, installFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";
import { io } from "./io.ts";
import { checkFileSize } from "./transfer.ts";

function open(task: Task, dirfd: number, address: number, flags: number, mode: number, resolve = 0): number {
  if ((flags & (O_CREAT | O_DIRECTORY)) === (O_CREAT | O_DIRECTORY) && !(flags & __O_TMPFILE)) return -EINVAL;
  const path = task.memory.readPath(address);
  if (typeof path === "number") return path;
  // Where the directory is the root of the walk, absolute paths start there, too.
  const from = base(task, dirfd, resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT) ? "" : path);
  if (typeof from === "number") return from;
  const file = task.instance.vfs.open(task.fs, task.credentials, from, path, {
    flags: flags & O_PATH ? flags : flags | O_LARGEFILE,
    mode: mode & 0o7777,
    resolve,
  });
  if (file === LEASED) return waitForLease(task, flags);
  return typeof file === "number" ? file : installFd(task, file, (flags & O_CLOEXEC) !== 0);
}

/** Who holds a lease on the file has been told: until it is given up or taken away, the call waits. */
function waitForLease(task: Task, flags: number): number {
  if ((flags & O_NONBLOCK) !== 0) return -EAGAIN;
  const leftMs = Math.max(1, brokenLease.deadline - performance.now());
  return task.block(brokenLease.queue, task.instance.clock.monotonicNs() + leftMs * 1e6);
}

function sysOpen(task: Task, path: number, flags: number, mode: number): number {
  return open(task, AT_FDCWD, path, flags & VALID_OPEN_FLAGS, mode);
}

function sysOpenat(task: Task, dirfd: number, path: number, flags: number, mode: number): number {
  return open(task, dirfd, path, flags & VALID_OPEN_FLAGS, mode);
}

function sysCreat(task: Task, path: number, mode: number): number {
  return open(task, AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/** struct open_how: flags, mode, resolve; longer ones must be zero behind that. */
function sysOpenat2(task: Task, dirfd: number, path: number, how: number, size: number): number {
  if (size < 24) return -EINVAL;
  if (size > 4096) return -E2BIG;
  const bytes = task.memory.readBytes(how, size);
  for (let i = 24; i < size; i++) if (bytes[i] !== 0) return -E2BIG;
  const view = new DataView(bytes.buffer);
  if (view.getUint32(4, true) !== 0 || view.getUint32(12, true) !== 0 || view.getUint32(20, true) !== 0) {
    return -EINVAL;
  }
  const flags = view.getUint32(0, true) | 0,
    mode = view.getUint32(8, true),
    resolve = view.getUint32(16, true);
  if (flags & ~VALID_OPEN_FLAGS || mode & ~0o7777) return -EINVAL;
  if (mode !== 0 && !(flags & (O_CREAT | __O_TMPFILE))) return -EINVAL;
  if (flags & O_PATH && flags & ~(O_PATH | O_DIRECTORY | 0o400000 | O_CLOEXEC)) return -EINVAL;
  const error = checkResolve(resolve);
  if (error < 0) return error;
  if (resolve & RESOLVE_CACHED && flags & (O_TRUNC | O_CREAT | __O_TMPFILE)) return -EAGAIN;
  return open(task, dirfd, path, flags, mode, resolve);
}

function sysClose(task: Task, fd: number): number {
  return task.files.close(fd);
}

function sysCloseRange(task: Task, first: number, last: number, flags: number): number {
  if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last) return -EINVAL;
  if (flags & CLOSE_RANGE_UNSHARE && task.files.references > 1) {
    const own = task.files.dup();
    task.files.release();
    task.files = own;
  }
  const end = Math.min(last + 1, task.files.length);
  for (let fd = first; fd < end; fd++) {
    if (task.files.get(fd) === undefined) continue;
    if (flags & CLOSE_RANGE_CLOEXEC) task.files.setFlags(fd, FD_CLOEXEC);
    else task.files.close(fd);
  }
  return 0;
}

function sysLseek(task: Task, fd: number, offset: number, whence: number): number {
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  return whence < 0 || whence > 4 ? -EINVAL : file.seek(offset, whence);
}

function sysTruncate(task: Task, address: number, size: number): number {
  if (size < 0) return -EINVAL;
  const path = task.memory.readPath(address);
  if (typeof path === "number") return path;
  const place = task.instance.vfs.resolve(task.fs, task.credentials, undefined, path);
  if (typeof place === "number") return place;
  const error = checkFileSize(task, size);
  if (error < 0) return error;
  const result = truncate(place, task.credentials, size);
  return result === LEASED ? waitForLease(task, 0) : result;
}

function sysFtruncate(task: Task, fd: number, size: number): number {
  if (size < 0) return -EINVAL;
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  if (!isRegular(file.inode.mode) || !file.writable) return -EINVAL;
  const error = checkFileSize(task, size);
  if (error < 0) return error;
  const result = file.truncate(size);
  if (result < 0) return result;
  notifyFile(file, IN_MODIFY);
  // The mode changes with the size only where privileges have to go.
  return file.inode.mode & 0o6000 ? truncateInode(file.inode, size, task.credentials) : 0;
}

function sysFallocate(task: Task, fd: number, mode: number, offset: number, length: number): number {
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  if (offset < 0 || length <= 0) return -EINVAL;
  if (mode & ~0x7f) return -EOPNOTSUPP;
  if (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE)) return -EOPNOTSUPP;
  if (!file.writable) return -EBADF;
  const type = file.inode.mode;
  if ((type & S_IFMT) === S_IFIFO) return -ESPIPE;
  if (isDirectory(type)) return -EISDIR;
  if (!isRegular(type)) return -ENODEV;
  if (offset + length > 2 ** 53) return -EFBIG;
  const error = mode & FALLOC_FL_KEEP_SIZE ? 0 : checkFileSize(task, offset + length);
  if (error < 0) return error;
  const result = file.inode.fallocate(mode, offset, length);
  if (result === 0) notifyFile(file, IN_MODIFY);
  return result;
}

function openFile(task: Task, fd: number): OpenFile | undefined {
  const file = task.files.get(fd);
  return file === undefined || file.pathOnly ? undefined : file;
}

function sysFsync(task: Task, fd: number): number {
  return openFile(task, fd)?.sync() ?? -EBADF;
}

function sysSync(task: Task): number {
  for (const mount of task.instance.vfs.mounts) mount.fs.sync?.();
  return 0;
}

function sysSyncfs(task: Task, fd: number): number {
  const file = openFile(task, fd);
  return file === undefined ? -EBADF : file.inode.fs.sync?.() ?? 0;
}

function sysSyncFileRange(task: Task, fd: number, offset: number, length: number, flags: number): number {
  const file = openFile(task, fd);
  if (file === undefined) return -EBADF;
  if (flags & ~7 || offset < 0 || length < 0) return -EINVAL;
  const type = file.inode.mode;
  return isRegular(type) || isDirectory(type) ? Math.min(0, file.sync()) : -ESPIPE;
}

function sysFadvise64(task: Task, fd: number, _offset: number, length: number, advice: number): number {
  const file = openFile(task, fd);
  if (file === undefined) return -EBADF;
  if ((file.inode.mode & S_IFMT) === S_IFIFO) return -ESPIPE;
  return length < 0 || advice < 0 || advice > 5 ? -EINVAL : 0;
}

export const file: Syscall[] = [
  ...io,
  ...family({
    open: { nr: 2, args: "path O mode", ret: "fd", run: sysOpen },
    close: { nr: 3, args: "fd", run: sysClose },
    lseek: { nr: 8, args: "fd offset SEEK", ret: "long", run: sysLseek },
    fsync: { nr: 74, args: "fd", run: sysFsync },
    fdatasync: { nr: 75, args: "fd", run: sysFsync },
    truncate: { nr: 76, args: "path offset", run: sysTruncate },
    ftruncate: { nr: 77, args: "fd offset", run: sysFtruncate },
    creat: { nr: 85, args: "path mode", ret: "fd", run: sysCreat },
    sync: { nr: 162, args: "", run: sysSync },
    fadvise64: { nr: 221, args: "fd offset offset int", run: sysFadvise64, partial: "advice is not needed" },
    openat: { nr: 257, args: "dirfd path O mode", ret: "fd", run: sysOpenat },
    sync_file_range: { nr: 277, args: "fd offset offset uint", run: sysSyncFileRange },
    fallocate: {
      nr: 285,
      args: "fd int offset offset",
      run: sysFallocate,
      partial: "no COLLAPSE_RANGE, INSERT_RANGE",
    },
    syncfs: { nr: 306, args: "fd", run: sysSyncfs },
    close_range: { nr: 436, args: "uint uint uint", run: sysCloseRange },
    openat2: { nr: 437, args: "dirfd path open_how size", ret: "fd", run: sysOpenat2 },
  }),
];
