// futex_waitv: sleeping on up to 128 words of memory at once (man 2 futex_waitv).

import { EAGAIN, EFAULT, EINVAL, ERESTARTSYS, ETIMEDOUT } from "../abi/errno.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import { addWaiter, type FutexWaiter, removeWaiter } from "../task/futex.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { absoluteDeadline } from "./wait_time.ts";

const FUTEX_WAITV_MAX = 128, WAITER_BYTES = 24;
const FUTEX2_SIZE_MASK = 3, FUTEX2_SIZE_U32 = 2, FUTEX2_PRIVATE = 128;
const CLOCK_REALTIME = 0, CLOCK_MONOTONIC = 1;

interface Word {
  readonly expected: number;
  readonly address: number;
  readonly isPrivate: boolean;
}

/** The places taken in the words' queues. They are given up when the call ends in any way. */
class Waiting {
  waiters: FutexWaiter[] = [];
  constructor(readonly words: readonly Word[], readonly deadline: number) {}

  abandon(): void {
    this.waiters.forEach(removeWaiter);
    this.waiters = [];
  }
}

function readWords(task: Task, address: number, count: number): Word[] | number {
  const { memory } = task, words: Word[] = [];
  for (let i = 0; i < count; i++, address += WAITER_BYTES) {
    const flags = memory.readI32(address + 16), reserved = memory.readI32(address + 20);
    if ((flags & ~(FUTEX2_SIZE_MASK | FUTEX2_PRIVATE)) !== 0 || reserved !== 0) return -EINVAL;
    if ((flags & FUTEX2_SIZE_MASK) !== FUTEX2_SIZE_U32 || memory.readI32(address + 4) !== 0) return -EINVAL;
    words.push({
      expected: memory.readI32(address),
      address: memory.readU64(address + 8),
      isPrivate: (flags & FUTEX2_PRIVATE) !== 0,
    });
  }
  return words;
}

/** Takes a place in each queue, unless a word has changed. */
function enqueue(task: Task, waiting: Waiting): number {
  for (const { address } of waiting.words) {
    if (address % 4 !== 0) return -EINVAL;
    if (address >= TASK_SIZE) return -EFAULT;
  }
  // All words are looked at before a place is taken: reading may throw.
  for (const { address, expected } of waiting.words) {
    if (task.memory.readI32(address) !== expected) return -EAGAIN;
  }
  for (const { address, isPrivate } of waiting.words) {
    waiting.waiters.push(addWaiter(task, address, isPrivate, -1));
  }
  return 0;
}

function sysFutexWaitv(
  task: Task,
  address: number,
  count: number,
  flags: number,
  timeout: number,
  clockId: number,
): number {
  let waiting = task.syscallState as Waiting | undefined;
  if (waiting === undefined) {
    if (flags !== 0 || count === 0 || count > FUTEX_WAITV_MAX || address === 0) return -EINVAL;
    if (timeout !== 0 && clockId !== CLOCK_REALTIME && clockId !== CLOCK_MONOTONIC) return -EINVAL;
    const deadline = absoluteDeadline(task, timeout, clockId === CLOCK_REALTIME);
    if (deadline < 0) return deadline;
    const words = readWords(task, address, count);
    if (typeof words === "number") return words;
    waiting = new Waiting(words, deadline);
  } else {
    const woken = waiting.waiters.findIndex((waiter) => waiter.woken);
    waiting.abandon();
    if (woken >= 0) return woken;
    if (task.timedOut) return -ETIMEDOUT;
  }
  const error = enqueue(task, waiting);
  if (error < 0) return error;
  task.syscallState = waiting;
  return task.block(waiting.waiters.map(({ queue }) => queue), waiting.deadline, -ERESTARTSYS);
}

export const futexWaitv: Syscall[] = family({
  futex_waitv: { nr: 449, args: "pointer uint hex timespec CLOCK", run: sysFutexWaitv },
});
