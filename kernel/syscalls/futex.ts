// futex and the robust list: sleeping on a word of memory and waking those who do (man 2 futex).

import {
  EAGAIN,
  EDEADLK,
  EFAULT,
  EINVAL,
  ENOSYS,
  EPERM,
  ERESTARTSYS,
  ESRCH,
  ETIMEDOUT,
} from "../abi/errno.ts";
import {
  addWaiter,
  futexRequeue,
  type FutexWaiter,
  futexWake,
  removeWaiter,
  takePiWaiter,
  wakeWaiter,
} from "../task/futex.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import { CAP_SYS_PTRACE, capable } from "../task/capabilities.ts";
import type { Task } from "../task/task.ts";
import { readTimespecNs } from "../time/timespec.ts";
import { family, type Syscall } from "./family.ts";
import { absoluteDeadline } from "./wait_time.ts";

const FUTEX_WAIT = 0, FUTEX_WAKE = 1, FUTEX_REQUEUE = 3, FUTEX_CMP_REQUEUE = 4, FUTEX_WAKE_OP = 5;
const FUTEX_LOCK_PI = 6,
  FUTEX_UNLOCK_PI = 7,
  FUTEX_TRYLOCK_PI = 8,
  FUTEX_WAIT_BITSET = 9,
  FUTEX_WAKE_BITSET = 10;
const FUTEX_LOCK_PI2 = 13;
const FUTEX_PRIVATE = 128, FUTEX_CLOCK_REALTIME = 256;
const FUTEX_WAITERS = 0x8000_0000 | 0, FUTEX_OWNER_DIED = 0x4000_0000, FUTEX_TID_MASK = 0x3fff_ffff;

/** The monotonic deadline of the timeout at `address`; Infinity without one; -EINVAL. */
function deadlineOf(task: Task, address: number, absolute: boolean, realtime: boolean): number {
  if (absolute || address === 0) return absoluteDeadline(task, address, realtime);
  const ns = readTimespecNs(task.memory, address);
  return ns < 0 ? ns : task.instance.clock.monotonicNs() + ns;
}

/** The place in a word's queue. A thread that ends while it sleeps must not be woken in another's stead. */
class FutexWait {
  constructor(readonly waiter: FutexWaiter, readonly deadline: number) {}

  abandon(): void {
    removeWaiter(this.waiter);
  }
}

function wait(
  task: Task,
  address: number,
  isPrivate: boolean,
  expected: number,
  deadline: number,
  bitset: number,
): number {
  let state = task.syscallState as FutexWait | undefined;
  if (state !== undefined) {
    if (state.waiter.woken) return 0;
    removeWaiter(state.waiter);
    if (task.timedOut) return -ETIMEDOUT;
    // Woken by a signal, or continued after a stop: the word is looked at again, as after Linux's restart.
    deadline = state.deadline;
    if (task.signalPending) {
      const code = deadline === Infinity ? -ERESTARTSYS : -514;
      task.syscallState = new FutexWait(state.waiter, deadline);
      return task.block([], Infinity, code);
    }
  }
  if (task.memory.readI32(address) !== (expected | 0)) return -EAGAIN;
  state = new FutexWait(addWaiter(task, address, isPrivate, bitset), deadline);
  task.syscallState = state;
  // With a time-out Linux restarts only when no handler runs; without one, SA_RESTART applies.
  return task.block(state.waiter.queue, deadline, deadline === Infinity ? -ERESTARTSYS : -514);
}

/** FUTEX_WAKE_OP: changes the second word, wakes sleepers of the first, and of the second if its old value compares. */
function wakeOp(
  task: Task,
  address: number,
  isPrivate: boolean,
  count: number,
  count2: number,
  address2: number,
  code: number,
): number {
  const op = (code >>> 28) & 7, shift = (code >>> 31) !== 0;
  let operand = (code << 8) >> 20;
  const cmp = (code >>> 24) & 15, cmpArgument = (code << 20) >> 20;
  if (shift) operand = 1 << (operand & 31);
  const old = task.memory.readI32(address2);
  let value: number;
  switch (op) {
    case 0:
      value = operand;
      break;
    case 1:
      value = old + operand;
      break;
    case 2:
      value = old | operand;
      break;
    case 3:
      value = old & ~operand;
      break;
    case 4:
      value = old ^ operand;
      break;
    default:
      return -ENOSYS;
  }
  task.memory.writeU32(address2, value >>> 0);
  const holds = [
    old === cmpArgument,
    old !== cmpArgument,
    old < cmpArgument,
    old <= cmpArgument,
    old > cmpArgument,
    old >= cmpArgument,
  ][cmp];
  if (holds === undefined) return -ENOSYS;
  let woken = futexWake(task.mm, address, isPrivate, count);
  if (holds) woken += futexWake(task.mm, address2, isPrivate, count2);
  return woken;
}

/** Takes a priority-inheritance lock: there are no priorities here, so it is a lock with an owner in its word. */
function lockPi(task: Task, address: number, isPrivate: boolean, deadline: number, trylock: boolean): number {
  const state = task.syscallState as FutexWait | undefined;
  if (state !== undefined) {
    if (state.waiter.woken) return 0;
    removeWaiter(state.waiter);
    if (task.timedOut) return -ETIMEDOUT;
    deadline = state.deadline;
  }
  const value = task.memory.readI32(address);
  const owner = value & FUTEX_TID_MASK;
  if (owner === task.tid) return -EDEADLK;
  if (owner === 0) {
    task.memory.writeU32(address, ((value & (FUTEX_WAITERS | FUTEX_OWNER_DIED)) | task.tid) >>> 0);
    return 0;
  }
  if (task.instance.pids.task(owner) === undefined) return -ESRCH;
  if (trylock) return -EAGAIN;
  task.memory.writeU32(address, (value | FUTEX_WAITERS) >>> 0);
  const waiter = addWaiter(task, address, isPrivate, -1, true);
  task.syscallState = new FutexWait(waiter, deadline);
  return task.block(waiter.queue, deadline, -ERESTARTSYS);
}

function unlockPi(task: Task, address: number, isPrivate: boolean): number {
  const value = task.memory.readI32(address);
  if ((value & FUTEX_TID_MASK) !== task.tid) return -EPERM;
  const next = takePiWaiter(task.mm, address, isPrivate);
  if (next === undefined) task.memory.writeU32(address, 0);
  else {
    task.memory.writeU32(address, (next.waiter.task.tid | (next.more ? FUTEX_WAITERS : 0)) >>> 0);
    wakeWaiter(next.waiter);
  }
  return 0;
}

function sysFutex(
  task: Task,
  address: number,
  op: number,
  value: number,
  timeout: number,
  address2: number,
  value3: number,
): number {
  const command = op & ~(FUTEX_PRIVATE | FUTEX_CLOCK_REALTIME);
  const isPrivate = (op & FUTEX_PRIVATE) !== 0, realtime = (op & FUTEX_CLOCK_REALTIME) !== 0;
  if (realtime && command !== FUTEX_WAIT && command !== FUTEX_WAIT_BITSET && command !== FUTEX_LOCK_PI2) {
    return -ENOSYS;
  }
  let deadline = Infinity;
  const first = task.syscallState === undefined;
  if (command === FUTEX_WAIT || command === FUTEX_WAIT_BITSET) {
    if (first) deadline = deadlineOf(task, timeout, command === FUTEX_WAIT_BITSET, realtime);
  } else if ((command === FUTEX_LOCK_PI || command === FUTEX_LOCK_PI2) && first) {
    deadline = deadlineOf(task, timeout, true, command === FUTEX_LOCK_PI || realtime);
  }
  if (deadline < 0) return deadline;
  if (address % 4 !== 0) return -EINVAL;
  if (address < 0 || address >= TASK_SIZE) return -EFAULT;
  // A shared futex is named by the page behind the address, so there has to be one even to wake.
  if (!isPrivate) task.memory.probeRead(address, 4);
  const count = value | 0, count2 = timeout | 0;
  switch (command) {
    case FUTEX_WAIT:
      return wait(task, address, isPrivate, value, deadline, -1);
    case FUTEX_WAIT_BITSET:
      return (value3 | 0) === 0 ? -EINVAL : wait(task, address, isPrivate, value, deadline, value3 | 0);
    case FUTEX_WAKE:
      return futexWake(task.mm, address, isPrivate, Math.max(1, count));
    case FUTEX_WAKE_BITSET:
      return (value3 | 0) === 0
        ? -EINVAL
        : futexWake(task.mm, address, isPrivate, Math.max(1, count), value3 | 0);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE: {
      if (count < 0 || count2 < 0 || address2 % 4 !== 0) return -EINVAL;
      if (command === FUTEX_CMP_REQUEUE && task.memory.readI32(address) !== (value3 | 0)) return -EAGAIN;
      const { woken, moved } = futexRequeue(task.mm, address, address2, isPrivate, count, count2);
      return woken + moved;
    }
    case FUTEX_WAKE_OP:
      if (address2 % 4 !== 0) return -EINVAL;
      return wakeOp(task, address, isPrivate, Math.max(1, count), Math.max(1, count2), address2, value3 | 0);
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return lockPi(task, address, isPrivate, deadline, false);
    case FUTEX_TRYLOCK_PI:
      return lockPi(task, address, isPrivate, Infinity, true);
    case FUTEX_UNLOCK_PI:
      return unlockPi(task, address, isPrivate);
    default:
      return -ENOSYS;
  }
}

const ROBUST_LIST_HEAD_BYTES = 24;

function sysSetRobustList(task: Task, head: number, size: number): number {
  if (size !== ROBUST_LIST_HEAD_BYTES) return -EINVAL;
  task.robustList = head;
  return 0;
}

function sysGetRobustList(task: Task, pid: number, head: number, size: number): number {
  const target = pid === 0 ? task : task.instance.pids.task(pid);
  if (target === undefined) return pid === 1 ? -EPERM : -ESRCH;
  const mine = task.credentials, theirs = target.credentials;
  if (target.process !== task.process && mine.euid !== theirs.uid && !capable(task, CAP_SYS_PTRACE)) {
    return -EPERM;
  }
  task.memory.writeU64(size, ROBUST_LIST_HEAD_BYTES);
  task.memory.writeU64(head, target.robustList);
  return 0;
}

/** Tasks take turns in one isolate: every memory access of one is seen by the next. */
function sysMembarrier(_task: Task, command: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const known = 0x1ff;
  if (command === 0) return known;
  return command > 0 && (command & (command - 1)) === 0 && (command & ~known) === 0 ? 0 : -EINVAL;
}

export const futex: Syscall[] = family({
  futex: {
    nr: 202,
    args: "pointer FUTEX uint timespec pointer uint",
    run: sysFutex,
    partial: "locks with priority inheritance do not inherit; no REQUEUE_PI",
  },
  set_robust_list: { nr: 273, args: "pointer size", run: sysSetRobustList },
  get_robust_list: { nr: 274, args: "pid pointer pointer", run: sysGetRobustList },
  membarrier: { nr: 324, args: "MEMBARRIER hex", run: sysMembarrier },
  rseq: {
    nr: 334,
    args: "pointer uint int uint",
    run: () => -ENOSYS,
    partial: "answers ENOSYS, as old kernels do",
  },
});
