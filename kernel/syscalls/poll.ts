// What do poll, ppoll, select and pselect6 do? (epoll: epoll.ts.)

import { EBADF, EINVAL } from "../abi/errno.ts";
import {
  type OpenFile,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLNVAL,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "../../fs/vfs/open_file.ts";
import type { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import type { Task } from "../task/task.ts";
import { epollCalls } from "./epoll.ts";
import { family, type Syscall } from "./family.ts";
import { beginMaskedWait, deadlineOf, readTimespec, setTemporaryMask } from "./wait_time.ts";

const ERESTARTNOHAND = 514;
const O_PATH = 0o10000000;
const ALWAYS = POLLERR | POLLHUP | POLLNVAL;
const READ_SET = POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR;
const WRITE_SET = POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR;
const RLIMIT_NOFILE = 7;

/** A poll in progress: descriptors and wanted events as they were when it began. */
interface Polling {
  fds: Int32Array;
  events: Uint16Array;
  deadlineNs: number;
}

function fileOf(task: Task, fd: number): OpenFile | undefined {
  const file = task.files.get(fd);
  return file === undefined || (file.flags & O_PATH) !== 0 ? undefined : file;
}

function beginPoll(task: Task, address: number, count: number, deadlineNs: number): Polling | number {
  if (count > task.process.rlimits[RLIMIT_NOFILE].cur) return -EINVAL;
  const fds = new Int32Array(count), events = new Uint16Array(count);
  for (let i = 0; i < count; i++) {
    fds[i] = task.memory.readI32(address + 8 * i);
    events[i] = task.memory.readU16(address + 8 * i + 4);
  }
  return { fds, events, deadlineNs };
}

/** One look at all descriptors: result, or the queues to wait on. */
function poll(task: Task, address: number, polling: Polling): number {
  const { fds, events, deadlineNs } = polling;
  const revents = new Uint16Array(fds.length);
  let ready = 0;
  for (let i = 0; i < fds.length; i++) {
    if (fds[i] < 0) continue;
    const file = fileOf(task, fds[i]);
    revents[i] = file === undefined ? POLLNVAL : file.poll() & (events[i] | ALWAYS);
    if (revents[i] !== 0) ready++;
  }
  if (ready === 0 && !task.timedOut && deadlineNs > task.instance.clock.monotonicNs()) {
    const queues: WaitQueue[] = [];
    for (let i = 0; i < fds.length; i++) {
      const file = fds[i] < 0 ? undefined : fileOf(task, fds[i]);
      if (file !== undefined) queues.push(file.queue);
    }
    return task.block(queues, deadlineNs, -ERESTARTNOHAND);
  }
  for (let i = 0; i < fds.length; i++) task.memory.writeU16(address + 8 * i + 6, revents[i]);
  return ready;
}

function sysPoll(task: Task, address: number, count: number, timeout: number): number {
  if (task.syscallState === undefined) {
    const now = task.instance.clock.monotonicNs();
    const polling = beginPoll(
      task,
      address,
      count,
      timeout < 0 ? Infinity : timeout === 0 ? 0 : now + timeout * 1e6,
    );
    if (typeof polling === "number") return polling;
    task.syscallState = polling;
  }
  return poll(task, address, task.syscallState as Polling);
}

function sysPpoll(
  task: Task,
  address: number,
  count: number,
  timeout: number,
  mask: number,
  size: number,
): number {
  if (task.syscallState === undefined) {
    const deadlineNs = beginMaskedWait(task, timeout, mask, size);
    if (deadlineNs < 0) return deadlineNs;
    const polling = beginPoll(task, address, count, deadlineNs);
    if (typeof polling === "number") return polling;
    task.syscallState = polling;
  }
  const polling = task.syscallState as Polling;
  const result = poll(task, address, polling);
  if (result >= 0 && timeout !== 0) writeRemaining(task, timeout, polling.deadlineNs, 1);
  return result;
}

/** Linux tells how much of the timeout is left. `unit`: ns per unit of the fraction (timespec 1, timeval 1000). */
function writeRemaining(task: Task, address: number, deadlineNs: number, unit: number): void {
  if (deadlineNs === Infinity) return;
  const left = Math.max(0, deadlineNs - task.instance.clock.monotonicNs());
  const seconds = Math.floor(left / 1e9);
  task.memory.writeI64(address, seconds);
  task.memory.writeI64(address + 8, Math.floor((left - seconds * 1e9) / unit));
}

interface Selecting {
  count: number;
  /** Wanted bits, as bytes of the three sets. */
  sets: (Uint8Array | undefined)[];
  deadlineNs: number;
}

function beginSelect(
  task: Task,
  count: number,
  addresses: readonly number[],
  deadlineNs: number,
): Selecting | number {
  if (count < 0) return -EINVAL;
  count = Math.min(count, Math.max(64, Math.ceil(task.files.length / 64) * 64));
  // Linux copies whole longs.
  const bytes = Math.ceil(count / 64) * 8;
  const sets = addresses.map((address) => address === 0 ? undefined : task.memory.readBytes(address, bytes));
  return { count, sets, deadlineNs };
}

const CONDITIONS = [READ_SET, WRITE_SET, POLLPRI];

function select(task: Task, addresses: readonly number[], state: Selecting): number {
  const { count, sets, deadlineNs } = state;
  const results = sets.map((set) => set === undefined ? undefined : new Uint8Array(set.length));
  const queues: WaitQueue[] = [];
  let ready = 0;
  for (let fd = 0; fd < count; fd++) {
    const byte = fd >> 3, bit = 1 << (fd & 7);
    const wanted = ((sets[0]?.[byte] ?? 0) | (sets[1]?.[byte] ?? 0) | (sets[2]?.[byte] ?? 0)) & bit;
    if (wanted === 0) continue;
    const file = fileOf(task, fd);
    if (file === undefined) return -EBADF;
    const bits = file.poll();
    queues.push(file.queue);
    for (let i = 0; i < 3; i++) {
      if (((sets[i]?.[byte] ?? 0) & bit) !== 0 && (bits & CONDITIONS[i]) !== 0) {
        results[i]![byte] |= bit;
        ready++;
      }
    }
  }
  if (ready === 0 && !task.timedOut && deadlineNs > task.instance.clock.monotonicNs()) {
    return task.block(queues, deadlineNs, -ERESTARTNOHAND);
  }
  for (let i = 0; i < 3; i++) {
    const result = results[i];
    if (result !== undefined) task.memory.write(addresses[i], result);
  }
  return ready;
}

function sysSelect(task: Task, count: number, r: number, w: number, e: number, timeout: number): number {
  if (task.syscallState === undefined) {
    let deadlineNs = Infinity;
    if (timeout !== 0) {
      const sec = task.memory.readI64(timeout), usec = task.memory.readI64(timeout + 8);
      if (sec < 0 || usec < 0) return -EINVAL;
      deadlineNs = sec === 0 && usec === 0 ? 0 : task.instance.clock.monotonicNs() + sec * 1e9 + usec * 1000;
    }
    const state = beginSelect(task, count, [r, w, e], deadlineNs);
    if (typeof state === "number") return state;
    task.syscallState = state;
  }
  const state = task.syscallState as Selecting;
  const result = select(task, [r, w, e], state);
  if (result >= 0 && timeout !== 0) writeRemaining(task, timeout, state.deadlineNs, 1000);
  return result;
}

function sysPselect6(
  task: Task,
  count: number,
  r: number,
  w: number,
  e: number,
  timeout: number,
  sigmask: number,
): number {
  if (task.syscallState === undefined) {
    const deadlineNs = deadlineOf(task, timeout, readTimespec);
    if (deadlineNs < 0) return deadlineNs;
    if (sigmask !== 0) {
      const mask = task.memory.readU64(sigmask);
      const error = setTemporaryMask(task, mask, task.memory.readU64(sigmask + 8));
      if (error < 0) return error;
    }
    const state = beginSelect(task, count, [r, w, e], deadlineNs);
    if (typeof state === "number") return state;
    task.syscallState = state;
  }
  const state = task.syscallState as Selecting;
  const result = select(task, [r, w, e], state);
  if (result >= 0 && timeout !== 0) writeRemaining(task, timeout, state.deadlineNs, 1);
  return result;
}

export const pollCalls: Syscall[] = [
  ...family({
    poll: { nr: 7, args: "pollfds uint int", run: sysPoll },
    ppoll: { nr: 271, args: "pollfds uint timespec sigset size", run: sysPpoll },
    select: { nr: 23, args: "int fdset fdset fdset timeval", run: sysSelect },
    pselect6: { nr: 270, args: "int fdset fdset fdset timespec pointer", run: sysPselect6 },
  }),
  ...epollCalls,
];
