// What do epoll_create, epoll_ctl and epoll_wait do? (The instance itself: ipc/epoll.ts.)

import { EBADF, EINTR, EINVAL, EPERM } from "../abi/errno.ts";
import { Epoll } from "../ipc/epoll.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { beginMaskedWait, setTemporaryMask } from "./wait_time.ts";

const O_CLOEXEC = 0o2000000, O_PATH = 0o10000000, O_RDWR = 2;
const EPOLL_CTL_ADD = 1, EPOLL_CTL_DEL = 2, EPOLL_CTL_MOD = 3;
/** struct epoll_event is packed on x86-64. */
const EVENT_BYTES = 12;
const MAX_EVENTS = Math.floor(0x7fff_ffff / EVENT_BYTES);

function create(task: Task, cloexec: boolean): number {
  const epoll = new Epoll(O_RDWR);
  const fd = task.files.install(epoll, cloexec);
  if (fd < 0) epoll.release();
  return fd;
}

function sysEpollCreate(task: Task, size: number): number {
  return size <= 0 ? -EINVAL : create(task, false);
}

function sysEpollCreate1(task: Task, flags: number): number {
  return (flags & ~O_CLOEXEC) !== 0 ? -EINVAL : create(task, (flags & O_CLOEXEC) !== 0);
}

function sysEpollCtl(task: Task, epfd: number, op: number, fd: number, event: number): number {
  let events = 0, low = 0, high = 0;
  if (op !== EPOLL_CTL_DEL) {
    events = task.memory.readI32(event);
    low = task.memory.readI32(event + 4);
    high = task.memory.readI32(event + 8);
  }
  const epoll = task.files.get(epfd), file = task.files.get(fd);
  if (epoll === undefined || file === undefined || ((epoll.flags | file.flags) & O_PATH) !== 0) return -EBADF;
  if (!file.pollable) return -EPERM;
  if (epoll === file || !(epoll instanceof Epoll)) return -EINVAL;
  switch (op) {
    case EPOLL_CTL_ADD:
      return epoll.add(fd, file, events, low, high);
    case EPOLL_CTL_DEL:
      return epoll.remove(fd, file);
    case EPOLL_CTL_MOD:
      return epoll.modify(fd, file, events, low, high);
    default:
      return -EINVAL;
  }
}

/** `task.syscallState` holds the deadline. */
function wait(task: Task, epfd: number, address: number, max: number): number {
  if (max <= 0 || max > MAX_EVENTS) return -EINVAL;
  const epoll = task.files.get(epfd);
  if (epoll === undefined || (epoll.flags & O_PATH) !== 0) return -EBADF;
  if (!(epoll instanceof Epoll)) return -EINVAL;
  let at = address;
  const count = epoll.collect(max, (events, low, high) => {
    task.memory.writeU32(at, events);
    task.memory.writeU32(at + 4, low);
    task.memory.writeU32(at + 8, high);
    at += EVENT_BYTES;
  });
  const deadlineNs = task.syscallState as number;
  if (count > 0 || task.timedOut || deadlineNs <= task.instance.clock.monotonicNs()) return count;
  return task.block(epoll.queue, deadlineNs, -EINTR);
}

function begin(task: Task, timeoutMs: number): void {
  if (task.syscallState !== undefined) return;
  task.syscallState = timeoutMs < 0
    ? Infinity
    : timeoutMs === 0
    ? 0
    : task.instance.clock.monotonicNs() + timeoutMs * 1e6;
}

function sysEpollWait(task: Task, epfd: number, events: number, max: number, timeout: number): number {
  begin(task, timeout);
  return wait(task, epfd, events, max);
}

function sysEpollPwait(
  task: Task,
  epfd: number,
  events: number,
  max: number,
  timeout: number,
  mask: number,
  size: number,
): number {
  if (task.syscallState === undefined) {
    const error = setTemporaryMask(task, mask, size);
    if (error < 0) return error;
    begin(task, timeout);
  }
  return wait(task, epfd, events, max);
}

function sysEpollPwait2(
  task: Task,
  epfd: number,
  events: number,
  max: number,
  timeout: number,
  mask: number,
  size: number,
): number {
  if (task.syscallState === undefined) {
    const deadlineNs = beginMaskedWait(task, timeout, mask, size);
    if (deadlineNs < 0) return deadlineNs;
    task.syscallState = deadlineNs;
  }
  return wait(task, epfd, events, max);
}

export const epollCalls: Syscall[] = family({
  epoll_create: { nr: 213, args: "int", ret: "fd", run: sysEpollCreate },
  epoll_create1: { nr: 291, args: "EPOLL", ret: "fd", run: sysEpollCreate1 },
  epoll_ctl: { nr: 233, args: "fd EPOLL_CTL fd epoll_event", run: sysEpollCtl },
  epoll_wait: { nr: 232, args: "fd epoll_events int int", run: sysEpollWait },
  epoll_pwait: { nr: 281, args: "fd epoll_events int int sigset size", run: sysEpollPwait },
  epoll_pwait2: { nr: 441, args: "fd epoll_events int timespec sigset size", run: sysEpollPwait2 },
});
