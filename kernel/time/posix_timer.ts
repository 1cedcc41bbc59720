// A POSIX timer (timer_create): when it fires, whom it signals, and how often it fired while its signal waited.

import type { SignalInfo } from "../signal/info.ts";
import { SI_TIMER } from "../signal/numbers.ts";
import { sendSignal } from "../signal/send.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { Timer } from "./timer_queue.ts";

export const SIGEV_SIGNAL = 0, SIGEV_NONE = 1, SIGEV_THREAD = 2, SIGEV_THREAD_ID = 4;
const OVERRUN_MAX = 0x7fff_ffff;
/** How soon a timer of a CPU clock looks again at most. CPU time never runs faster than the monotonic clock here. */
const CPU_LOOK_NS = 4_000_000;

export class PosixTimer {
  readonly #process: Process;
  readonly id: number;
  readonly clock: number;
  readonly notify: number;
  readonly signo: number;
  /** Thread of SIGEV_THREAD_ID. */
  readonly thread: Task | undefined;
  readonly #value: number;
  readonly #valueHigh: number;
  readonly #timer: Timer;
  /** Time of its clock now: monotonic, or used CPU time. */
  readonly #now: () => number;
  readonly #countsCpu: boolean;
  /** Of its clock. */
  #deadlineNs = Infinity;
  intervalNs = 0;
  /** Expirations since the pending signal was queued. */
  #missed = 0;
  /** timer_getoverrun: of the signal delivered last. */
  overrun = 0;

  constructor(
    process: Process,
    id: number,
    clock: number,
    event: { notify: number; signo: number; thread: Task | undefined; value: number; valueHigh: number },
    cpuTimeNs?: () => number,
  ) {
    this.#process = process;
    this.id = id;
    this.clock = clock;
    this.notify = event.notify;
    this.signo = event.signo;
    this.thread = event.thread;
    this.#value = event.value;
    this.#valueHigh = event.valueHigh;
    this.#timer = new Timer(() => this.#fire());
    this.#countsCpu = cpuTimeNs !== undefined;
    this.#now = cpuTimeNs ?? (() => process.instance.clock.monotonicNs());
  }

  get armed(): boolean {
    return this.#deadlineNs !== Infinity;
  }

  get remainingNs(): number {
    if (!this.armed) return 0;
    const now = this.#now();
    if (this.notify === SIGEV_NONE && this.#deadlineNs <= now) {
      // Nobody is told: it is only moved on when somebody looks.
      if (this.intervalNs === 0) return 0;
      this.#deadlineNs += (Math.floor((now - this.#deadlineNs) / this.intervalNs) + 1) * this.intervalNs;
    }
    return Math.max(1, this.#deadlineNs - now);
  }

  /** The deadline that lies `ns` ahead. */
  after(ns: number): number {
    return this.#now() + ns;
  }

  /** `deadlineNs` of the monotonic clock, or of its CPU clock; Infinity disarms. */
  set(deadlineNs: number, intervalNs: number): void {
    this.#dropPending();
    this.#deadlineNs = deadlineNs;
    this.intervalNs = deadlineNs === Infinity ? 0 : intervalNs;
    this.#missed = 0;
    this.overrun = 0;
    if (this.notify !== SIGEV_NONE) this.#arm();
  }

  #arm(): void {
    const { clock, scheduler } = this.#process.instance;
    const atNs = this.#countsCpu && this.armed
      ? clock.monotonicNs() + Math.max(CPU_LOOK_NS, this.#deadlineNs - this.#now())
      : this.#deadlineNs;
    scheduler.timers.arm(this.#timer, atNs);
  }

  cancel(): void {
    this.set(Infinity, 0);
  }

  /** Its signal was taken off the queue: the overruns until now belong to it. */
  delivered(info: SignalInfo): void {
    this.overrun = Math.min(this.#missed, OVERRUN_MAX);
    info.overrun = this.overrun;
    this.#missed = 0;
  }

  #dropPending(): void {
    this.#process.pending.dropTimer(this.id);
    for (const task of this.#process.tasks) task.pending.dropTimer(this.id);
  }

  #fire(): void {
    const now = this.#now();
    if (this.#countsCpu && now < this.#deadlineNs) return this.#arm();
    let extra = 0;
    if (this.intervalNs > 0) {
      extra = Math.floor((now - this.#deadlineNs) / this.intervalNs);
      this.#deadlineNs += (extra + 1) * this.intervalNs;
    } else this.#deadlineNs = Infinity;
    this.#arm();
    const target = this.thread ?? this.#process;
    if (target.pending.findTimer(this.id) !== undefined) {
      this.#missed += extra + 1;
      return;
    }
    this.#missed = extra;
    sendSignal(target, {
      signo: this.signo,
      code: SI_TIMER,
      pid: 0,
      uid: 0,
      timerId: this.id,
      value: this.#value,
      valueHigh: this.#valueHigh,
    });
  }
}
