// Making and changing signalfds.

import { EBADF, EINVAL } from "../abi/errno.ts";
import { SignalFd } from "../signal/signalfd.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const O_RDWR = 2, SFD_NONBLOCK = 0x800, SFD_CLOEXEC = 0x8_0000;

function sysSignalfd4(task: Task, fd: number, set: number, size: number, flags: number): number {
  if (size !== 8) return -EINVAL;
  const low = task.memory.readI32(set), high = task.memory.readI32(set + 4);
  if ((flags & ~(SFD_NONBLOCK | SFD_CLOEXEC)) !== 0) return -EINVAL;
  if (fd === -1) {
    const file = new SignalFd(O_RDWR | (flags & SFD_NONBLOCK), low, high);
    const made = task.files.install(file, (flags & SFD_CLOEXEC) !== 0);
    if (made < 0) file.release();
    return made;
  }
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  if (!(file instanceof SignalFd)) return -EINVAL;
  file.setMask(low, high);
  return fd;
}

export const signalfd: Syscall[] = family({
  signalfd: {
    nr: 282,
    args: "fd sigset size",
    ret: "fd",
    run: (t, fd, set, size) => sysSignalfd4(t, fd, set, size, 0),
  },
  signalfd4: { nr: 289, args: "fd sigset size SFD", ret: "fd", run: sysSignalfd4 },
});
