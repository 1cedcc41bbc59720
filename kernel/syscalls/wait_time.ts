// How long may a poll wait, and with which signal mask? Shared by poll, select and epoll.

import { EINVAL } from "../abi/errno.ts";
import { setMask } from "../signal/send.ts";
import type { Task } from "../task/task.ts";

/** A struct timespec as ns; -EINVAL when it is not a time. */
export function readTimespec(task: Task, address: number): number {
  const sec = task.memory.readI64(address), nsec = task.memory.readI64(address + 8);
  return sec < 0 || nsec < 0 || nsec >= 1e9 ? -EINVAL : sec * 1e9 + nsec;
}

/** Deadline of the relative time at `address`: Infinity without one, 0 for "do not wait", or -errno. */
export function deadlineOf(
  task: Task,
  address: number,
  read: (task: Task, address: number) => number,
): number {
  if (address === 0) return Infinity;
  const ns = read(task, address);
  return ns <= 0 ? ns : task.instance.clock.monotonicNs() + ns;
}

/** The mask of ppoll, pselect and epoll_pwait: holds until the call ends (dispatch and signal delivery restore it). */
export function setTemporaryMask(task: Task, address: number, size: number): number {
  if (address === 0) return 0;
  if (size !== 8) return -EINVAL;
  const low = task.memory.readI32(address), high = task.memory.readI32(address + 4);
  task.savedMask = { low: task.maskLow, high: task.maskHigh };
  setMask(task, low, high);
  return 0;
}

/** What ppoll and epoll_pwait2 begin with: the timespec's deadline, and the mask set. The deadline, or -errno. */
export function beginMaskedWait(task: Task, timeout: number, mask: number, size: number): number {
  const deadlineNs = deadlineOf(task, timeout, readTimespec);
  if (deadlineNs < 0) return deadlineNs;
  const error = setTemporaryMask(task, mask, size);
  return error < 0 ? error : deadlineNs;
}
