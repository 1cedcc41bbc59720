// How long may a call wait, and with which signal mask? Shared by poll, select and epoll; absolute times by futexes and message queues.

import { EINVAL } from "../abi/errno.ts";
import { setMask } from "../signal/send.ts";
import type { Task } from "../task/task.ts";
import { readTimespecNs } from "../time/timespec.ts";

/** A struct timespec as ns; -EINVAL when it is not a time. */
export function readTimespec(task: Task, address: number): number {
  return readTimespecNs(task.memory, address);
}

/** The monotonic deadline of the absolute struct timespec at `address`, by the wall clock or not: Infinity without one; -EINVAL. */
export function absoluteDeadline(task: Task, address: number, realtime: boolean): number {
  if (address === 0) return Infinity;
  const { memory } = task, ns = readTimespecNs(memory, address);
  if (ns < 0 || !realtime) return ns;
  // Before the machine was started is as good as now.
  return Math.max(0, task.instance.clock.monotonicOf(memory.readI64(address), memory.readI64(address + 8)));
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
