// Clocks and sleeping: clock_*, nanosleep, gettimeofday, times.

import { EFAULT, EINVAL, EOPNOTSUPP, EPERM, ERESTARTNOHAND } from "../abi/errno.ts";
import { CAP_SYS_TIME, capable } from "../task/capabilities.ts";
import { current } from "../task/current.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { SECOND } from "../time/clock.ts";
import { readTimespecNs, writeTimespec, writeTimespecNs } from "../time/timespec.ts";
import { family, type Syscall } from "./family.ts";

export const CLOCK_REALTIME = 0,
  CLOCK_MONOTONIC = 1,
  CLOCK_PROCESS_CPUTIME_ID = 2,
  CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4,
  CLOCK_REALTIME_COARSE = 5,
  CLOCK_MONOTONIC_COARSE = 6,
  CLOCK_BOOTTIME = 7;
export const CLOCK_TAI = 11;
export const TIMER_ABSTIME = 1;
/** Resolution of the coarse clocks (HZ is 250). */
const COARSE_NS = 4_000_000;

function processCpuNs(process: Process): number {
  const running = current.task?.process === process
    ? process.instance.scheduler.unaccountedNs(current.task)
    : 0;
  return process.userNs + process.systemNs + running;
}

function threadCpuNs(target: Task): number {
  return target.userTimeNs + target.systemTimeNs + target.instance.scheduler.unaccountedNs(target);
}

/**
 * Reads the CPU time that a clock id names: one of the two fixed ones, or a negative one (clock_getcpuclockid,
 * pthread_getcpuclockid). Undefined for what is no CPU clock.
 */
export function cpuClock(task: Task, clock: number): (() => number) | undefined {
  if (clock === CLOCK_PROCESS_CPUTIME_ID) return () => processCpuNs(task.process);
  if (clock === CLOCK_THREAD_CPUTIME_ID) return () => threadCpuNs(task);
  const pid = ~(clock >> 3), perThread = (clock & 4) !== 0;
  if (clock >= 0 || (clock & 3) === 3) return undefined;
  const { pids } = task.instance;
  if (perThread) {
    const target = pid === 0 ? task : pids.task(pid);
    return target === undefined || target.process !== task.process ? undefined : () => threadCpuNs(target);
  }
  const target = pid === 0 ? task.process : pids.process(pid);
  return target === undefined ? undefined : () => processCpuNs(target);
}

/** Writes the time of `clock`; 0 or -EINVAL. */
function sysClockGettime(task: Task, clock: number, address: number): number {
  const { clock: source } = task.instance;
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_TAI: {
      // The offset of TAI is not known to a host that does not set it: Linux then has 0, too.
      const { sec, nsec } = source.realtime();
      writeTimespec(task.memory, address, sec, nsec);
      return 0;
    }
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
      writeTimespecNs(task.memory, address, source.monotonicNs());
      return 0;
  }
  const cpuTimeNs = cpuClock(task, clock);
  if (cpuTimeNs === undefined) return -EINVAL;
  writeTimespecNs(task.memory, address, cpuTimeNs());
  return 0;
}

/** The clocks there are. Those that wake a sleeping machine (8 and 9) need an alarm device, which there is not. */
function isClock(clock: number): boolean {
  return clock >= 0 && clock <= CLOCK_BOOTTIME || clock === CLOCK_TAI;
}

function sysClockSettime(task: Task, clock: number, address: number): number {
  if (clock !== CLOCK_REALTIME) return -EINVAL;
  const ns = readTimespecNs(task.memory, address);
  if (ns < 0) return ns;
  // The host's clock is not the guest's to set, whoever asks.
  return -EPERM;
}

function sysClockGetres(task: Task, clock: number, address: number): number {
  if (!isClock(clock) && cpuClock(task, clock) === undefined) return -EINVAL;
  const coarse = clock === CLOCK_REALTIME_COARSE || clock === CLOCK_MONOTONIC_COARSE;
  if (address !== 0) writeTimespec(task.memory, address, 0, coarse ? COARSE_NS : 1);
  return 0;
}

/** The monotonic deadline of a time of `clock`. */
export function deadlineOf(task: Task, clock: number, sec: number, nsec: number): number {
  const realtime = clock === CLOCK_REALTIME || clock === CLOCK_TAI;
  return realtime ? task.instance.clock.monotonicOf(sec, nsec) : sec * SECOND + nsec;
}

/** Sleeps until `state.deadline`; tells the rest when a signal comes. */
function sleep(task: Task, remaining: number): number {
  const { deadline } = task.syscallState as { deadline: number };
  const left = deadline - task.instance.clock.monotonicNs();
  if (task.timedOut || left <= 0) return 0;
  if (task.signalPending && remaining !== 0) writeTimespecNs(task.memory, remaining, left);
  return task.block([], deadline, -ERESTARTNOHAND);
}

function sysNanosleep(task: Task, request: number, remaining: number): number {
  if (task.syscallState === undefined) {
    const ns = readTimespecNs(task.memory, request);
    if (ns < 0) return ns;
    task.syscallState = { deadline: task.instance.clock.monotonicNs() + ns };
  }
  return sleep(task, remaining);
}

function sysClockNanosleep(
  task: Task,
  clock: number,
  flags: number,
  request: number,
  remaining: number,
): number {
  if (clock < 0 || clock === CLOCK_PROCESS_CPUTIME_ID) {
    return sleepOnCpuTime(task, clock, flags, request, remaining);
  }
  if (task.syscallState === undefined) {
    if (clock === 8 || clock === 9 || clock === CLOCK_THREAD_CPUTIME_ID) return -EOPNOTSUPP;
    if (!isClock(clock)) return -EINVAL;
    if (
      clock === CLOCK_MONOTONIC_RAW || clock === CLOCK_REALTIME_COARSE || clock === CLOCK_MONOTONIC_COARSE
    ) {
      return -EOPNOTSUPP;
    }
    const ns = readTimespecNs(task.memory, request);
    if (ns < 0) return ns;
    let deadline = task.instance.clock.monotonicNs() + ns;
    if ((flags & TIMER_ABSTIME) !== 0) {
      deadline = deadlineOf(task, clock, task.memory.readI64(request), task.memory.readI64(request + 8));
    }
    task.syscallState = { deadline };
  }
  return sleep(task, (flags & TIMER_ABSTIME) !== 0 ? 0 : remaining);
}

interface CpuSleep {
  readonly usedNs: () => number;
  readonly targetNs: number;
}

/** A sleep that ends when others of the process have used CPU time. Looked at every 4 ms. */
function sleepOnCpuTime(
  task: Task,
  clock: number,
  flags: number,
  request: number,
  remaining: number,
): number {
  let state = task.syscallState as CpuSleep | undefined;
  const absolute = (flags & TIMER_ABSTIME) !== 0;
  if (state === undefined) {
    const usedNs = cpuClock(task, clock);
    if (usedNs === undefined) return -EINVAL;
    const ns = readTimespecNs(task.memory, request);
    if (ns < 0) return ns;
    task.syscallState = state = { usedNs, targetNs: absolute ? ns : usedNs() + ns };
  }
  const left = state.targetNs - state.usedNs();
  if (left <= 0) return 0;
  if (task.signalPending && remaining !== 0 && !absolute) writeTimespecNs(task.memory, remaining, left);
  return task.block([], task.instance.clock.monotonicNs() + COARSE_NS, -ERESTARTNOHAND);
}

function sysGettimeofday(task: Task, timeval: number, timezone: number): number {
  if (timeval !== 0) {
    const { sec, nsec } = task.instance.clock.realtime();
    task.memory.writeU64(timeval, sec);
    task.memory.writeU64(timeval + 8, Math.floor(nsec / 1000));
  }
  if (timezone !== 0) task.memory.writeU64(timezone, 0);
  return 0;
}

function sysSettimeofday(task: Task, timeval: number): number {
  if (timeval !== 0) {
    const usec = task.memory.readI64(timeval + 8);
    if (usec < 0 || usec >= 1_000_000 || task.memory.readI64(timeval) < 0) return -EINVAL;
  }
  return -EPERM;
}

function sysTime(task: Task, address: number): number {
  const { sec } = task.instance.clock.realtime();
  if (address !== 0) task.memory.writeU64(address, sec);
  return sec;
}

const TICK_NS = 10_000_000;

function sysTimes(task: Task, address: number): number {
  const { process, memory } = task;
  if (address !== 0) {
    const user = process.userNs + task.instance.scheduler.unaccountedNs(task);
    const values = [user, process.systemNs, process.childUserNs, process.childSystemNs];
    values.forEach((ns, i) => memory.writeU64(address + 8 * i, Math.floor(ns / TICK_NS)));
  }
  return Math.floor(task.instance.clock.monotonicNs() / TICK_NS);
}

function sysAdjtimex(task: Task, address: number): number {
  if (address === 0) return -EFAULT;
  const modes = task.memory.readI32(address);
  if (modes !== 0) return capable(task, CAP_SYS_TIME) ? -EPERM : -EPERM;
  task.memory.fill(address + 4, 0, 204);
  task.memory.writeU64(address + 88, 10_000); // tick
  const { sec, nsec } = task.instance.clock.realtime();
  task.memory.writeU64(address + 72, sec);
  task.memory.writeU64(address + 80, Math.floor(nsec / 1000));
  task.memory.writeU32(address + 40, 0x40); // STA_UNSYNC
  return 5; // TIME_ERROR: not synchronised
}

export const time: Syscall[] = family({
  clock_gettime: { nr: 228, args: "CLOCK timespec_out", run: sysClockGettime },
  clock_settime: { nr: 227, args: "CLOCK timespec", run: sysClockSettime },
  clock_getres: { nr: 229, args: "CLOCK timespec_out", run: sysClockGetres },
  nanosleep: { nr: 35, args: "timespec timespec_out", run: sysNanosleep },
  clock_nanosleep: { nr: 230, args: "CLOCK CLOCKFLAG timespec timespec_out", run: sysClockNanosleep },
  gettimeofday: { nr: 96, args: "timeval_out pointer", run: sysGettimeofday },
  settimeofday: { nr: 164, args: "timeval pointer", run: sysSettimeofday, partial: "always EPERM" },
  time: { nr: 201, args: "pointer", ret: "long", run: sysTime },
  times: { nr: 100, args: "pointer", ret: "long", run: sysTimes },
  adjtimex: { nr: 159, args: "pointer", run: sysAdjtimex, partial: "reads only" },
  clock_adjtime: {
    nr: 305,
    args: "CLOCK pointer",
    run: (task, clock, address) => clock === CLOCK_REALTIME ? sysAdjtimex(task, address) : -EOPNOTSUPP,
    partial: "reads only",
  },
});
