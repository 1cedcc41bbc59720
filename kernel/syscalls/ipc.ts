// How are pipes, eventfds, timerfds and memfds made and set? (Reading and writing them: file.ts through OpenFile.)

import { WRITE } from "../../translator/env.ts";
import { EBADF, EFAULT, EINVAL, ENODEV } from "../abi/errno.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { EFD_SEMAPHORE, EventFd } from "../ipc/eventfd.ts";
import { createMemfd } from "../ipc/memfd.ts";
import { O_CLOEXEC, O_DIRECT, O_NONBLOCK, O_RDWR } from "../ipc/modes.ts";
import { createPipe } from "../ipc/pipe.ts";
import { TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, TimerFd } from "../ipc/timerfd.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { readTimespec } from "./wait_time.ts";

function install(task: Task, file: OpenFile, cloexec: boolean): number {
  const fd = task.files.install(file, cloexec);
  if (fd < 0) file.release();
  return fd;
}

/** Gives both files descriptors and writes those to `address`; all or nothing. */
export function installPair(
  task: Task,
  files: readonly [OpenFile, OpenFile],
  cloexec: boolean,
  address: number,
): number {
  const first = install(task, files[0], cloexec);
  if (first < 0) {
    files[1].release();
    return first;
  }
  const second = install(task, files[1], cloexec);
  if (second < 0) {
    task.files.close(first);
    return second;
  }
  if (task.memory.accessible(address, 8, WRITE) < 8) {
    task.files.close(first);
    task.files.close(second);
    return -EFAULT;
  }
  task.memory.writeI32(address, first);
  task.memory.writeI32(address + 4, second);
  return 0;
}

function sysPipe2(task: Task, address: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) !== 0) return -EINVAL;
  return installPair(task, createPipe(flags & (O_NONBLOCK | O_DIRECT)), (flags & O_CLOEXEC) !== 0, address);
}

function sysPipe(task: Task, address: number): number {
  return sysPipe2(task, address, 0);
}

function sysEventfd2(task: Task, initial: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK | EFD_SEMAPHORE)) !== 0) return -EINVAL;
  const file = new EventFd(initial >>> 0, O_RDWR | (flags & O_NONBLOCK), (flags & EFD_SEMAPHORE) !== 0);
  return install(task, file, (flags & O_CLOEXEC) !== 0);
}

function sysEventfd(task: Task, initial: number): number {
  return sysEventfd2(task, initial, 0);
}

/** REALTIME, MONOTONIC, BOOTTIME and the alarm clocks. */
const TIMERFD_CLOCKS = [0, 1, 7, 8, 9];

function sysTimerfdCreate(task: Task, clock: number, flags: number): number {
  if ((flags & ~(O_CLOEXEC | O_NONBLOCK)) !== 0 || !TIMERFD_CLOCKS.includes(clock)) return -EINVAL;
  const file = new TimerFd(task.instance, clock, O_RDWR | (flags & O_NONBLOCK));
  return install(task, file, (flags & O_CLOEXEC) !== 0);
}

function timerOf(task: Task, fd: number): TimerFd | number {
  const file = task.files.get(fd);
  return file === undefined ? -EBADF : file instanceof TimerFd ? file : -EINVAL;
}

function writeItimerspec(task: Task, address: number, timer: TimerFd): void {
  const { valueNs, intervalNs } = timer.remaining();
  const { memory } = task;
  memory.writeI64(address, Math.floor(intervalNs / 1e9));
  memory.writeI64(address + 8, intervalNs % 1e9);
  memory.writeI64(address + 16, Math.floor(valueNs / 1e9));
  memory.writeI64(address + 24, valueNs % 1e9);
}

function sysTimerfdSettime(task: Task, fd: number, flags: number, value: number, old: number): number {
  const intervalNs = readTimespec(task, value), valueNs = readTimespec(task, value + 16);
  if ((flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) !== 0 || intervalNs < 0 || valueNs < 0) {
    return -EINVAL;
  }
  const timer = timerOf(task, fd);
  if (typeof timer === "number") return timer;
  if (old !== 0) writeItimerspec(task, old, timer);
  timer.set(flags, task.memory.readI64(value + 16), task.memory.readI64(value + 24), intervalNs);
  return 0;
}

function sysTimerfdGettime(task: Task, fd: number, value: number): number {
  const timer = timerOf(task, fd);
  if (typeof timer === "number") return timer;
  writeItimerspec(task, value, timer);
  return 0;
}

const MFD_CLOEXEC = 1, MFD_ALLOW_SEALING = 2, MFD_NOEXEC_SEAL = 8, MFD_EXEC = 16;
const MFD_HUGETLB = 4, MFD_HUGETLB_SIZE = 0xfc00_0000 | 0;
const MFD_HUGETLB_FLAGS = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC | MFD_HUGETLB;
/** NAME_MAX less "memfd:". */
const MEMFD_NAME_MAX = 249;

function sysMemfdCreate(task: Task, nameAddress: number, flags: number): number {
  // There are no huge pages of any size.
  if ((flags & MFD_HUGETLB) !== 0) {
    return (flags & ~(MFD_HUGETLB_FLAGS | MFD_HUGETLB_SIZE)) === 0 ? -ENODEV : -EINVAL;
  }
  if ((flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) !== 0) return -EINVAL;
  const name = task.memory.readString(nameAddress, MEMFD_NAME_MAX + 1);
  if (name === undefined) return -EINVAL;
  const sealable = (flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL)) !== 0;
  return install(task, createMemfd(name, O_RDWR, sealable), (flags & MFD_CLOEXEC) !== 0);
}

export const ipcCalls: Syscall[] = family({
  pipe: { nr: 22, args: "fd_pair", run: sysPipe },
  pipe2: { nr: 293, args: "fd_pair O", run: sysPipe2 },
  eventfd: { nr: 284, args: "uint", ret: "fd", run: sysEventfd },
  eventfd2: { nr: 290, args: "uint EFD", ret: "fd", run: sysEventfd2 },
  timerfd_create: { nr: 283, args: "CLOCK TFD", ret: "fd", run: sysTimerfdCreate },
  timerfd_settime: { nr: 286, args: "fd TFD_TIMER itimerspec pointer", run: sysTimerfdSettime },
  timerfd_gettime: { nr: 287, args: "fd pointer", run: sysTimerfdGettime },
  memfd_create: { nr: 319, args: "string MFD", ret: "fd", run: sysMemfdCreate, partial: "MFD_HUGETLB" },
});
