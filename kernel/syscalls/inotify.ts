// inotify_init, inotify_add_watch and inotify_rm_watch. (The instance itself: ipc/inotify.ts; who tells it: fs/vfs/notify.ts.)

import { MAY_READ, permission } from "../../fs/vfs/permissions.ts";
import { EBADF, EINVAL } from "../abi/errno.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../abi/fcntl.ts";
import { Inotify } from "../ipc/inotify.ts";
import type { Task } from "../task/task.ts";
import { installFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";

const IN_ONLYDIR = 0x0100_0000, IN_DONT_FOLLOW = 0x0200_0000;
const IN_MASK_CREATE = 0x1000_0000, IN_MASK_ADD = 0x2000_0000;
/** Every bit that a mask or an event may have (ALL_INOTIFY_BITS). */
const ALL_BITS = 0xf700_efff;

function sysInotifyInit1(task: Task, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0) return -EINVAL;
  const file = Inotify.create(flags & O_NONBLOCK);
  return typeof file === "number" ? file : installFd(task, file, (flags & O_CLOEXEC) !== 0);
}

function sysInotifyAddWatch(task: Task, fd: number, address: number, mask: number): number {
  if ((mask & ALL_BITS) === 0) return -EINVAL;
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  const both = IN_MASK_ADD | IN_MASK_CREATE;
  if ((mask & both) === both || !(file instanceof Inotify)) return -EINVAL;
  const path = task.memory.readPath(address);
  if (typeof path === "number") return path;
  const place = task.instance.vfs.resolve(task.fs, task.credentials, undefined, path, {
    followLast: (mask & IN_DONT_FOLLOW) === 0,
    directory: (mask & IN_ONLYDIR) !== 0,
  });
  if (typeof place === "number") return place;
  const inode = place.dentry.inode!;
  const denied = permission(inode, task.credentials, MAY_READ);
  return denied < 0 ? denied : file.add(inode, mask);
}

function sysInotifyRmWatch(task: Task, fd: number, wd: number): number {
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  return file instanceof Inotify ? file.remove(wd) : -EINVAL;
}

export const inotifyCalls: Syscall[] = family({
  inotify_init: { nr: 253, args: "", ret: "fd", run: (task) => sysInotifyInit1(task, 0) },
  inotify_add_watch: {
    nr: 254,
    args: "fd path IN_MASK",
    run: sysInotifyAddWatch,
    partial: "changes that the host makes are not heard of",
  },
  inotify_rm_watch: { nr: 255, args: "fd int", run: sysInotifyRmWatch },
  inotify_init1: { nr: 294, args: "IN", ret: "fd", run: sysInotifyInit1 },
});
