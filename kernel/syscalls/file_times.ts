// Times of files: utime, utimes, futimesat, utimensat, in seconds, microseconds and nanoseconds.

import { setTimes } from "../../fs/vfs/attributes.ts";
import type { Time } from "../../fs/vfs/inode.ts";
import type { Path } from "../../fs/vfs/path.ts";
import { EFAULT, EINVAL } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from "../abi/fcntl.ts";
import type { Task } from "../task/task.ts";
import { placeAt, placeOfFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";

const UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe;

/** Sets times; undefined for both means now. */
function times(
  task: Task,
  place: Path,
  both: [Time | undefined, Time | undefined] | undefined,
  now: boolean,
): number {
  if (both !== undefined) return setTimes(place, task.credentials, both[0], both[1], now);
  const time = task.instance.clock.realtime();
  return setTimes(place, task.credentials, time, time, true);
}

function sysUtimensat(task: Task, dirfd: number, path: number, address: number, flags: number): number {
  let both: [Time | undefined, Time | undefined] | undefined;
  let allNow = true;
  if (address !== 0) {
    const present = task.instance.clock.realtime();
    const read = (at: number): Time | undefined | number => {
      const nsec = task.memory.readI64(at + 8);
      if (nsec === UTIME_NOW) return present;
      allNow = false;
      if (nsec === UTIME_OMIT) return undefined;
      return nsec < 0 || nsec > 999_999_999 ? -EINVAL : { sec: task.memory.readI64(at), nsec };
    };
    const atime = read(address), mtime = read(address + 16);
    if (typeof atime === "number") return atime;
    if (typeof mtime === "number") return mtime;
    if (atime === undefined && mtime === undefined) return 0;
    both = [atime, mtime];
  }
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  if (path === 0 && dirfd === AT_FDCWD) return -EFAULT;
  if (path === 0 && flags !== 0) return -EINVAL;
  const place = path === 0 ? placeOfFd(task, dirfd) : placeAt(task, dirfd, path, flags);
  return typeof place === "number" ? place : times(task, place, both, allNow);
}

/** futimesat and utimes: struct timeval. */
function futimesat(task: Task, dirfd: number, path: number, address: number): number {
  let both: [Time, Time] | undefined;
  if (address !== 0) {
    const [a, au, m, mu] = [0, 8, 16, 24].map((at) => task.memory.readI64(address + at)) as [
      number,
      number,
      number,
      number,
    ];
    if (au < 0 || au >= 1_000_000 || mu < 0 || mu >= 1_000_000) return -EINVAL;
    both = [{ sec: a, nsec: au * 1000 }, { sec: m, nsec: mu * 1000 }];
  }
  const place = path === 0 ? placeOfFd(task, dirfd) : placeAt(task, dirfd, path, 0);
  return typeof place === "number" ? place : times(task, place, both, false);
}

function sysUtime(task: Task, path: number, address: number): number {
  const place = placeAt(task, AT_FDCWD, path, 0);
  if (typeof place === "number") return place;
  if (address === 0) return times(task, place, undefined, true);
  const at = (offset: number) => ({ sec: task.memory.readI64(address + offset), nsec: 0 });
  return times(task, place, [at(0), at(8)], false);
}

export const fileTimes: Syscall[] = family({
  utime: { nr: 132, args: "path pointer", run: sysUtime },
  utimes: { nr: 235, args: "path pointer", run: (t, p, a) => futimesat(t, AT_FDCWD, p, a) },
  futimesat: { nr: 261, args: "dirfd path pointer", run: futimesat },
  utimensat: { nr: 280, args: "dirfd path pointer AT", run: sysUtimensat },
});
