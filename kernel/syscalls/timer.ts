// Timers that send signals: alarm, setitimer, timer_create and its relatives.

import { EAGAIN, EINVAL, EOPNOTSUPP } from "../abi/errno.ts";
import { NSIG, SIGALRM } from "../signal/numbers.ts";
import type { Task } from "../task/task.ts";
import { SECOND } from "../time/clock.ts";
import { cpuTimersOf, ITIMER_PROF, ITIMER_REAL, ITIMER_VIRTUAL, realTimerOf } from "../time/itimer.ts";
import { PosixTimer, SIGEV_NONE, SIGEV_SIGNAL, SIGEV_THREAD_ID } from "../time/posix_timer.ts";
import { readTimespecNs, readTimevalNs, writeTimespecNs, writeTimevalNs } from "../time/timespec.ts";
import { family, type Syscall } from "./family.ts";
import { cpuClock, deadlineOf, TIMER_ABSTIME } from "./time.ts";

/** Time left and interval of an interval timer. */
function readItimer(task: Task, which: number): { valueNs: number; intervalNs: number } {
  const { process } = task;
  if (which === ITIMER_REAL) {
    const timer = process.realTimer;
    return { valueNs: timer?.remainingNs ?? 0, intervalNs: timer?.intervalNs ?? 0 };
  }
  const timers = process.cpuTimers;
  if (timers === undefined) return { valueNs: 0, intervalNs: 0 };
  const timer = which === ITIMER_VIRTUAL ? timers.virtual : timers.prof;
  return { valueNs: timers.remainingNs(process, timer), intervalNs: timer.intervalNs };
}

function setItimer(task: Task, which: number, valueNs: number, intervalNs: number): void {
  const { process } = task;
  if (which === ITIMER_REAL) return realTimerOf(process).set(valueNs, intervalNs);
  const timers = cpuTimersOf(process);
  timers.set(process, which === ITIMER_VIRTUAL ? timers.virtual : timers.prof, valueNs, intervalNs);
}

function sysGetitimer(task: Task, which: number, address: number): number {
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const { valueNs, intervalNs } = readItimer(task, which);
  writeTimevalNs(task.memory, address, intervalNs);
  writeTimevalNs(task.memory, address + 16, valueNs);
  return 0;
}

function sysSetitimer(task: Task, which: number, newValue: number, oldValue: number): number {
  let intervalNs = 0, valueNs = 0;
  if (newValue !== 0) {
    intervalNs = readTimevalNs(task.memory, newValue);
    valueNs = readTimevalNs(task.memory, newValue + 16);
    if (intervalNs < 0 || valueNs < 0) return -EINVAL;
  }
  if (which < ITIMER_REAL || which > ITIMER_PROF) return -EINVAL;
  const old = readItimer(task, which);
  setItimer(task, which, valueNs, intervalNs);
  if (oldValue !== 0) {
    writeTimevalNs(task.memory, oldValue, old.intervalNs);
    writeTimevalNs(task.memory, oldValue + 16, old.valueNs);
  }
  return 0;
}

function sysAlarm(task: Task, seconds: number): number {
  const left = readItimer(task, ITIMER_REAL).valueNs;
  realTimerOf(task.process).set(seconds * SECOND, 0);
  // Rounded, but what runs never counts as nothing.
  return left === 0 ? 0 : Math.max(1, Math.round(left / SECOND));
}

function sysTimerCreate(task: Task, clock: number, event: number, idAddress: number): number {
  const { process, memory } = task;
  const realClock = clock === 0 || clock === 1 || clock === 7 || clock === 8 || clock === 9 || clock === 11;
  const cpuTimeNs = cpuClock(task, clock);
  // Clocks that are descriptors (kind 3) have no timers; the CPU clock kinds are 0, 1 and 2.
  if (clock < 0 && (clock & 3) === 3) return (clock & 7) === 3 ? -EOPNOTSUPP : -EINVAL;
  if (!realClock && cpuTimeNs === undefined) {
    return clock === 4 || clock === 5 || clock === 6 ? -EOPNOTSUPP : -EINVAL;
  }
  let notify = SIGEV_SIGNAL, signo = SIGALRM, thread: Task | undefined, value = 0, valueHigh = 0;
  let id = 0;
  while (process.posixTimers.has(id)) id++;
  if (event !== 0) {
    value = memory.readI32(event);
    valueHigh = memory.readI32(event + 4);
    signo = memory.readI32(event + 8);
    notify = memory.readI32(event + 12);
    const kind = notify & ~SIGEV_THREAD_ID;
    if (kind !== SIGEV_SIGNAL && kind !== SIGEV_NONE && kind !== 2) return -EINVAL;
    if (kind !== SIGEV_NONE && (signo < 1 || signo > NSIG)) return -EINVAL;
    if ((notify & SIGEV_THREAD_ID) !== 0) {
      thread = task.instance.pids.task(memory.readI32(event + 16));
      if (thread === undefined || thread.process !== process || kind !== SIGEV_SIGNAL) return -EINVAL;
    }
  } else value = id;
  if (process.posixTimers.size >= 10_000) return -EAGAIN;
  memory.writeU32(idAddress, id);
  process.posixTimers.set(
    id,
    new PosixTimer(process, id, clock, { notify, signo, thread, value, valueHigh }, cpuTimeNs),
  );
  return 0;
}

function writeSetting(task: Task, address: number, timer: PosixTimer): void {
  writeTimespecNs(task.memory, address, timer.intervalNs);
  writeTimespecNs(task.memory, address + 16, timer.remainingNs);
}

function sysTimerSettime(task: Task, id: number, flags: number, newValue: number, oldValue: number): number {
  const { memory } = task;
  if (newValue === 0) return -EINVAL;
  const intervalNs = readTimespecNs(memory, newValue), valueNs = readTimespecNs(memory, newValue + 16);
  if (intervalNs < 0 || valueNs < 0) return -EINVAL;
  const timer = task.process.posixTimers.get(id);
  if (timer === undefined) return -EINVAL;
  const old = { intervalNs: timer.intervalNs, valueNs: timer.remainingNs };
  let deadline = Infinity;
  if (valueNs > 0) {
    deadline = (flags & TIMER_ABSTIME) !== 0
      ? deadlineOf(task, timer.clock, memory.readI64(newValue + 16), memory.readI64(newValue + 24))
      : timer.after(valueNs);
  }
  timer.set(deadline, intervalNs);
  if (oldValue !== 0) {
    writeTimespecNs(memory, oldValue, old.intervalNs);
    writeTimespecNs(memory, oldValue + 16, old.valueNs);
  }
  return 0;
}

function sysTimerGettime(task: Task, id: number, address: number): number {
  const timer = task.process.posixTimers.get(id);
  if (timer === undefined) return -EINVAL;
  writeSetting(task, address, timer);
  return 0;
}

function sysTimerGetoverrun(task: Task, id: number): number {
  return task.process.posixTimers.get(id)?.overrun ?? -EINVAL;
}

function sysTimerDelete(task: Task, id: number): number {
  const timer = task.process.posixTimers.get(id);
  if (timer === undefined) return -EINVAL;
  timer.cancel();
  task.process.posixTimers.delete(id);
  return 0;
}

export const timer: Syscall[] = family({
  alarm: { nr: 37, args: "uint", run: sysAlarm },
  getitimer: { nr: 36, args: "ITIMER itimerval_out", run: sysGetitimer },
  setitimer: { nr: 38, args: "ITIMER itimerval itimerval_out", run: sysSetitimer },
  timer_create: { nr: 222, args: "CLOCK pointer pointer", run: sysTimerCreate },
  timer_settime: { nr: 223, args: "int CLOCKFLAG itimerspec itimerspec_out", run: sysTimerSettime },
  timer_gettime: { nr: 224, args: "int itimerspec_out", run: sysTimerGettime },
  timer_getoverrun: { nr: 225, args: "int", run: sysTimerGetoverrun },
  timer_delete: { nr: 226, args: "int", run: sysTimerDelete },
});
