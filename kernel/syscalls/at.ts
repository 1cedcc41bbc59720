// What the *at system calls have in common: from a directory descriptor and a path in user memory to a place.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import type { Path, WalkOptions } from "../../fs/vfs/path.ts";
import { anonymousPath } from "../../fs/vfs/walk.ts";
import { EBADF } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../abi/fcntl.ts";
import { RLIMIT_NOFILE } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";

/** Where an open file is in the tree; a place of its own where it is in none (pipes, sockets). */
export function placeOf(file: OpenFile): Path {
  return file.path ?? anonymousPath(file);
}

/** The place that relative paths start from: undefined is the working directory; -EBADF. */
export function base(task: Task, dirfd: number, path: string): Path | undefined | number {
  if (dirfd === AT_FDCWD || path.charCodeAt(0) === 47) return undefined;
  const file = task.files.get(dirfd);
  return file === undefined ? -EBADF : placeOf(file);
}

/** The place that (dirfd, path in user memory) names, with AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH of `flags`. */
export function placeAt(task: Task, dirfd: number, address: number, flags: number): Path | number {
  const path = (flags & AT_EMPTY_PATH) !== 0
    ? task.memory.readPathOrEmpty(address)
    : task.memory.readPath(address);
  if (typeof path === "number") return path;
  const from = base(task, dirfd, path);
  if (typeof from === "number") return from;
  const options: WalkOptions = {
    followLast: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    empty: (flags & AT_EMPTY_PATH) !== 0,
  };
  return task.instance.vfs.resolve(task.fs, task.credentials, from, path, options);
}

/** The place of an open descriptor, not of one opened with O_PATH unless `pathOnly`. */
export function placeOfFd(task: Task, fd: number, pathOnly = false): Path | number {
  const file = task.files.get(fd);
  return file === undefined || file.pathOnly && !pathOnly ? -EBADF : placeOf(file);
}

/** Gives the file a descriptor; without a free one the file is closed and -EMFILE returned. */
export function installFd(task: Task, file: OpenFile, cloexec: boolean, min = 0): number {
  task.files.limit = task.process.rlimits[RLIMIT_NOFILE]!.cur;
  const fd = task.files.install(file, cloexec, min);
  if (fd < 0) file.release();
  return fd;
}
