// Interval timers of a process: ITIMER_REAL by the monotonic clock, ITIMER_VIRTUAL and ITIMER_PROF by used CPU time, and
// the CPU limit (RLIMIT_CPU), which is looked at on the same occasions.

import { kernelSignal } from "../signal/info.ts";
import { SI_KERNEL, SIGALRM, SIGKILL, SIGPROF, SIGVTALRM, SIGXCPU } from "../signal/numbers.ts";
import { sendSignal } from "../signal/send.ts";
import type { Process } from "../task/process.ts";
import { RLIMIT_CPU } from "../task/rlimits.ts";
import { SECOND } from "./clock.ts";
import { Timer } from "./timer_queue.ts";

export const ITIMER_REAL = 0, ITIMER_VIRTUAL = 1, ITIMER_PROF = 2;

export class RealTimer {
  readonly #process: Process;
  readonly #timer: Timer;
  #deadlineNs = Infinity;
  intervalNs = 0;

  constructor(process: Process) {
    this.#process = process;
    this.#timer = new Timer(() => this.#fire());
  }

  /** Time left; 0 when it does not run. */
  get remainingNs(): number {
    if (this.#deadlineNs === Infinity) return 0;
    // A timer that is due but has not fired yet must not read as disarmed.
    return Math.max(1000, this.#deadlineNs - this.#process.instance.clock.monotonicNs());
  }

  set(valueNs: number, intervalNs: number): void {
    const { clock, scheduler } = this.#process.instance;
    this.intervalNs = intervalNs;
    this.#deadlineNs = valueNs === 0 ? Infinity : clock.monotonicNs() + valueNs;
    scheduler.timers.arm(this.#timer, this.#deadlineNs);
  }

  cancel(): void {
    this.set(0, 0);
  }

  #fire(): void {
    const { clock, scheduler } = this.#process.instance;
    if (this.intervalNs > 0) {
      const now = clock.monotonicNs();
      const missed = Math.floor((now - this.#deadlineNs) / this.intervalNs);
      this.#deadlineNs += (missed + 1) * this.intervalNs;
    } else this.#deadlineNs = Infinity;
    scheduler.timers.arm(this.#timer, this.#deadlineNs);
    sendSignal(this.#process, kernelSignal(SIGALRM, SI_KERNEL));
  }
}

/** Counts down used CPU time; the scheduler looks after each slice. */
interface CpuTimer {
  readonly signo: number;
  readonly used: (process: Process) => number;
  /** CPU time at which it expires; Infinity: disarmed. */
  atNs: number;
  intervalNs: number;
}

export class CpuLimitTimers {
  readonly virtual: CpuTimer = { signo: SIGVTALRM, used: (p) => p.userNs, atNs: Infinity, intervalNs: 0 };
  readonly prof: CpuTimer = {
    signo: SIGPROF,
    used: (p) => p.userNs + p.systemNs,
    atNs: Infinity,
    intervalNs: 0,
  };
  #nextWarningNs = 0;

  set(process: Process, timer: CpuTimer, valueNs: number, intervalNs: number): void {
    timer.intervalNs = intervalNs;
    timer.atNs = valueNs === 0 ? Infinity : timer.used(process) + valueNs;
  }

  remainingNs(process: Process, timer: CpuTimer): number {
    return timer.atNs === Infinity ? 0 : Math.max(1000, timer.atNs - timer.used(process));
  }

  check(process: Process): void {
    this.#expire(process, this.virtual);
    this.#expire(process, this.prof);
    const { cur, max } = process.rlimits[RLIMIT_CPU];
    if (cur === Infinity) return;
    const used = process.userNs + process.systemNs;
    // The warning comes before the end, however long ago the last check was.
    if (used >= max * SECOND && (this.#nextWarningNs > 0 || cur >= max)) {
      sendSignal(process, kernelSignal(SIGKILL));
    } else if (used >= cur * SECOND && used >= this.#nextWarningNs) {
      // Once a second from the soft limit on.
      this.#nextWarningNs = used + SECOND;
      sendSignal(process, kernelSignal(SIGXCPU));
    }
  }

  #expire(process: Process, timer: CpuTimer): void {
    if (timer.atNs === Infinity || timer.used(process) < timer.atNs) return;
    if (timer.intervalNs > 0) {
      const missed = Math.floor((timer.used(process) - timer.atNs) / timer.intervalNs);
      timer.atNs += (missed + 1) * timer.intervalNs;
    } else timer.atNs = Infinity;
    sendSignal(process, kernelSignal(timer.signo, SI_KERNEL));
  }
}

export function realTimerOf(process: Process): RealTimer {
  return process.realTimer ??= new RealTimer(process);
}

export function cpuTimersOf(process: Process): CpuLimitTimers {
  return process.cpuTimers ??= new CpuLimitTimers();
}
