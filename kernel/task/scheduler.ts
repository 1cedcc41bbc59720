// Who runs next, and for how long. One isolate runs all guest tasks in turn: a task keeps the processor until it blocks, or
// its slice of wall-clock time is over; every few milliseconds, and whenever nothing can run, the host's event
// loop gets its turn (terminal input, host signals, timers of the host side).

import { takeCpu } from "./cpu_pool.ts";
import { type Executor, EXIT_FAULT, EXIT_SYSCALL } from "../../translator/env.ts";
import { loadMissing, NOT_LOADED } from "../../translator/late.ts";
import { hostNowMs, sleepBriefly, yieldToHost } from "../host/clock.ts";
import type { Instance } from "../session/instance.ts";
import { loadAverageOf } from "../session/load_average.ts";
import { deliverSignals } from "../signal/deliver.ts";
import { handleFault } from "../signal/fault.ts";
import { kernelSignal } from "../signal/info.ts";
import { SIGCONT, SIGHUP, SIGKILL, SIGSYS } from "../signal/numbers.ts";
import { sendSignal } from "../signal/send.ts";
import { enterSyscall, reenterSyscall, syscallRow } from "../syscalls/dispatch.ts";
import { cpuTimersOf } from "../time/itimer.ts";
import { TimerQueue } from "../time/timer_queue.ts";
import { current } from "./current.ts";
import { exitGroup } from "./exit.ts";
import { describeRegisters } from "./registers.ts";
import type { Process } from "./process.ts";
import { RLIMIT_CPU } from "./rlimits.ts";
import type { Task } from "./task.ts";

/** A task runs this long when others wait. */
const SLICE_MS = 6;
/** Guest code runs this long without the host's event loop. */
const HOST_YIELD_MS = 8;
/** The same for a run's first turn: what it takes to have one is loaded then. Short programs need none. */
const FIRST_YIELD_MS = 50;
/** Blocks between two looks at the clock; adapted so that they take about 1 ms. */
const FIRST_BUDGET = 2_000, LEAST_BUDGET = 500, MOST_BUDGET = 1_000_000;
/** The clock is read once in so many system calls (a reading costs as much as a short call). */
const CALLS_PER_LOOK = 32;
/** System time is measured on one call in so many. */
const CALLS_PER_SAMPLE = 16;
/** setTimeout comes up to 2 ms late: shorter sleeps block the isolate instead. */
const BRIEF_MS = 3;
/** How long processes that are left behind have between SIGHUP and SIGKILL. */
const HANGUP_GRACE_NS = 300_000_000;

export class Scheduler {
  readonly #instance: Instance;
  readonly timers: TimerQueue = new TimerQueue();
  #queue: Task[] = [];
  /** Index of the queue's first task. */
  #head = 0;
  #budget = FIRST_BUDGET;
  #endIdle: (() => void) | undefined;
  #wakeRequested = false;
  /** Parts of the translator that tasks need to go on. */
  #loading: Promise<void> | undefined;
  #stopRequested = false;
  /** Start of the slice that runs now, and what of it is accounted. */
  #sliceStartMs = 0;
  #sliceEndMs = 0;
  #calls = 0;
  #sampledMs = 0;
  /** Time with nothing to run, and time in guest code or system calls. */
  idleNs = 0;
  busyNs = 0;
  contextSwitches = 0;

  constructor(instance: Instance) {
    this.#instance = instance;
  }

  get #executor(): Executor {
    return this.#instance.executor;
  }

  /** Tasks that are ready to run, the running one included. */
  get runnable(): number {
    return this.#queue.length - this.#head + (current.task === undefined ? 0 : 1);
  }

  /** Puts a runnable task at the end of the queue. */
  enqueue(task: Task): void {
    if (task.queued || task === current.task) return;
    task.queued = true;
    this.#queue.push(task);
    this.#endIdle?.();
  }

  /** For callbacks of the host side that changed something without waking a task. */
  requestIdleWake(): void {
    this.#wakeRequested = true;
    this.#endIdle?.();
  }

  /** The running task lets others go first. */
  yieldNow(): void {
    this.#stopRequested = true;
  }

  /**
   * Runs until `main` has ended, and then, by `onMainExit`, until all other processes have ended too ("wait") or hangs
   * them up, then kills them ("kill"). Returns the wait status of `main`.
   */
  async run(main: Process, onMainExit: "kill" | "wait" = "wait"): Promise<number> {
    const { clock } = this.#instance;
    let killing = 0;
    const load = loadAverageOf(this.#instance);
    let nextTurnMs = hostNowMs() + FIRST_YIELD_MS;
    while (true) {
      const nowNs = clock.monotonicNs();
      load.report(nowNs, this.runnable);
      this.timers.expire(nowNs);
      if (main.state === "zombie" || main.state === "dead") {
        if (!this.#anyAlive()) return main.exitCode;
        if (onMainExit === "kill") {
          if (killing === 0) {
            this.#signalAll(SIGHUP);
            this.#signalAll(SIGCONT);
            killing = clock.monotonicNs() + HANGUP_GRACE_NS;
          } else if (clock.monotonicNs() >= killing) this.#signalAll(SIGKILL);
        }
      }
      if (this.#head === this.#queue.length) {
        await this.#idle(killing === 0 ? Infinity : Math.max(killing, clock.monotonicNs() + 1_000_000));
        continue;
      }
      this.#sliceEndMs = hostNowMs();
      while (this.#head < this.#queue.length) {
        this.#runNext();
        this.timers.expire(clock.monotonicAt(this.#sliceEndMs));
        if (this.#sliceEndMs >= nextTurnMs || this.#loading !== undefined) break;
      }
      await this.#loading;
      this.#loading = undefined;
      if (this.#sliceEndMs < nextTurnMs) continue;
      await yieldToHost();
      nextTurnMs = hostNowMs() + HOST_YIELD_MS;
    }
  }

  /** User and system time of the running task that is not in its counters yet, in ns. */
  unaccountedNs(task: Task): number {
    return task === current.task ? Math.floor((hostNowMs() - this.#sliceStartMs) * 1e6) : 0;
  }

  #anyAlive(): boolean {
    for (const process of this.#instance.pids.processes.values()) {
      if (!process.isInit && process.state !== "zombie" && process.state !== "dead") return true;
    }
    return false;
  }

  #signalAll(signo: number): void {
    for (const process of [...this.#instance.pids.processes.values()]) {
      if (!process.isInit) sendSignal(process, kernelSignal(signo));
    }
  }

  /** Waits for a deadline, a host callback, or a wake-up. */
  async #idle(limitNs: number): Promise<void> {
    const start = hostNowMs();
    const waitMs = (Math.min(this.timers.next, limitNs) - this.#instance.clock.monotonicNs()) / 1e6;
    if (waitMs > 0) {
      if (waitMs < BRIEF_MS) {
        await yieldToHost();
        if (this.#head === this.#queue.length && !this.#wakeRequested) {
          sleepBriefly(Math.max(0, Math.min(waitMs - (hostNowMs() - start), 1)));
        }
      } else {
        await new Promise<void>((resolve) => {
          // A timer is always set: without one Deno would find nothing to wait for and end.
          const timer = setTimeout(resolve, Math.min(waitMs - 2, 60_000));
          this.#endIdle = () => {
            clearTimeout(timer);
            resolve();
          };
          if (this.#wakeRequested) this.#endIdle();
        });
        this.#endIdle = undefined;
      }
    }
    this.#wakeRequested = false;
    this.idleNs += (hostNowMs() - start) * 1e6;
  }

  #runNext(): void {
    const task = this.#queue[this.#head++];
    if (this.#head > 64 && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    task.queued = false;
    if (task.state !== "runnable") return;
    this.contextSwitches++;
    current.task = task;
    takeCpu(task);
    // Slices follow each other closely: one reading of the clock is the end of one and the start of the next.
    this.#sliceStartMs = this.#sliceEndMs;
    this.#calls = 0;
    this.#sampledMs = 0;
    this.#stopRequested = false;
    try {
      this.#slice(task);
    } catch (error) {
      if (error === NOT_LOADED) this.#loading = loadMissing();
      else this.#internalError(task, error);
    }
    this.#account(task);
    current.task = undefined;
    if (task.state === "runnable") {
      task.process.involuntarySwitches++;
      this.enqueue(task);
    } else task.process.voluntarySwitches++;
  }

  /** Runs one task until it blocks, ends, or its time is over. */
  #slice(task: Task): void {
    const executor = this.#executor;
    const end = this.#sliceStartMs + SLICE_MS;
    let lookMs = this.#sliceStartMs;
    while (true) {
      if (task.inSyscall) {
        reenterSyscall(task);
        if (task.state !== "runnable") return;
      }
      if (task.signalPending) {
        deliverSignals(task);
        if (task.state !== "runnable") return;
      }
      if (task.inSyscall) {
        // Interrupted, but no handler ran: the call goes on.
        if (hostNowMs() >= end) return;
        continue;
      }
      const exit = executor.run(task.cpu, this.#budget);
      if (exit === EXIT_SYSCALL) {
        const calls = ++this.#calls;
        if (calls % CALLS_PER_SAMPLE === 0) {
          const before = hostNowMs();
          enterSyscall(task);
          this.#sampledMs += hostNowMs() - before;
        } else enterSyscall(task);
        if (task.state !== "runnable" || this.#stopRequested) return;
        if (calls % CALLS_PER_LOOK !== 0) continue;
        lookMs = hostNowMs();
      } else if (exit === EXIT_FAULT) {
        handleFault(task);
      } else {
        const nowMs = hostNowMs(), tookMs = nowMs - lookMs;
        if (tookMs < 0.5) this.#budget = Math.min(MOST_BUDGET, this.#budget * 2);
        else if (tookMs > 2) this.#budget = Math.max(LEAST_BUDGET, this.#budget >> 1);
        lookMs = nowMs;
      }
      if (lookMs >= end) return;
    }
  }

  /** Books the slice's time. The share of system calls is estimated from the sampled ones. */
  #account(task: Task): void {
    this.#sliceEndMs = hostNowMs();
    const ns = Math.floor((this.#sliceEndMs - this.#sliceStartMs) * 1e6);
    const system = Math.min(ns, Math.floor(this.#sampledMs * CALLS_PER_SAMPLE * 1e6));
    this.busyNs += ns;
    const { process } = task;
    if (task.state === "dead") {
      process.deadUserNs += ns - system;
      process.deadSystemNs += system;
      return;
    }
    task.userTimeNs += ns - system;
    task.systemTimeNs += system;
    if (process.rlimits[RLIMIT_CPU].cur !== Infinity) cpuTimersOf(process).check(process);
    else process.cpuTimers?.check(process);
  }

  /** denix itself failed: that guest process dies, the instance goes on. */
  #internalError(task: Task, error: unknown): void {
    const { process } = task;
    const stack = error instanceof Error ? error.stack ?? String(error) : String(error);
    const name = syscallRow(task.syscallNr)?.name ?? String(task.syscallNr);
    let registers = "";
    if (task.state !== "dead") registers = describeRegisters(task);
    this.#instance.report(
      `denix: internal error in process ${process.pid} (${task.comm}), system call ${name}\n${registers}${stack}\n` +
        "denix: please report this with the lines above; the process is killed, the instance goes on\n",
    );
    try {
      if (task.state !== "dead") exitGroup(task, SIGSYS);
    } catch (second) {
      task.state = "dead";
      process.tasks.delete(task);
      this.#instance.report(`denix: the process could not be cleaned up: ${second}\n`);
    }
  }
}
