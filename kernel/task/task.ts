// A task: what Linux schedules, a thread. Tasks of one thread group share a Process; what clone(2) may share or copy
// (memory, descriptors, file-system context, signal handlers) hangs off the task by reference.

import type { WalkContext } from "../../fs/vfs/path.ts";
import type { Waiter, WaitQueue } from "../../fs/vfs/wait_queue.ts";
import type { Mm } from "../mm/mm.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import type { Instance } from "../session/instance.ts";
import type { SignalHandlers } from "../signal/handlers.ts";
import { PendingSignals } from "../signal/pending.ts";
import { BLOCKED } from "../syscalls/family.ts";
import { Timer } from "../time/timer_queue.ts";
import type { FdTable } from "./fd_table.ts";
import type { Process } from "./process.ts";

/** Real, effective, saved and file-system ids, supplementary groups, capabilities (as numbers: 41 bits fit). Never mutated: replaced. */
export interface Credentials {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly fsuid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  /** Effective, permitted, inheritable, bounding, ambient capability sets. */
  readonly capEffective: number;
  readonly capPermitted: number;
  readonly capInheritable: number;
  readonly capBounding: number;
  readonly capAmbient: number;
}

/** Runnable tasks are in the scheduler's queue; blocked ones wait on queues; stopped ones for SIGCONT; dead ones are being reaped. */
export type TaskState = "runnable" | "blocked" | "stopped" | "dead";

export class Task implements Waiter {
  state: TaskState = "runnable";
  /** CPU state (see translator/cpu.ts): where it is now (cpu_pool.ts). */
  cpu: number;
  /** Its place while another task has the CPU. */
  readonly savedCpu: number;
  /** Changes only when a thread that is not the leader calls execve. */
  tid: number;
  readonly instance: Instance;
  process: Process;
  mm: Mm;
  /** Guest memory of `mm`. Replaced together with it. */
  memory: UserMemory;
  files: FdTable;
  /** Root, current directory, umask. */
  fs: WalkContext;
  handlers: SignalHandlers;
  credentials: Credentials;
  /** At most 15 bytes. */
  comm: string;

  /** Signals sent to this thread; those to the group are in `process.pending`. */
  readonly pending: PendingSignals = new PendingSignals();
  /** A signal that is not blocked is pending here or in the process (signal/send.ts keeps it up to date). */
  signalPending = false;
  /** Blocked signals: low and high 32 bits (signal n is bit n - 1). */
  maskLow = 0;
  maskHigh = 0;
  /** Mask to restore when the interrupted call (sigsuspend, ppoll, pselect, epoll_pwait) ends. */
  savedMask: { low: number; high: number } | undefined;
  altStack: { address: number; size: number; flags: number } = { address: 0, size: 0, flags: 2 };

  /** set_tid_address / CLONE_CHILD_CLEARTID; 0 none. */
  clearChildTid = 0;
  robustList = 0;
  /** In a vfork child: the parent to release at exec or exit. */
  vforkParent: Task | undefined;
  /** PR_SET_PDEATHSIG. */
  parentDeathSignal = 0;
  noNewPrivs = false;
  keepCaps = false;
  securebits = 0;
  timerSlackNs = 50_000;
  /** CPU time used, in ns. */
  userTimeNs = 0;
  systemTimeNs = 0;
  startTimeNs = 0;
  nice = 0;
  /** SCHED_* and real-time priority: kept and told, without effect. */
  policy = 0;
  priority = 0;
  resetOnFork = false;
  ioPriority = 0;

  /** Number of the system call in progress (last started). */
  syscallNr = -1;
  /** The call in progress has not returned: its handler is to be called again before guest code runs. */
  inSyscall = false;
  /** State of the system call that is in progress, kept over its restarts after blocking; undefined at its first run. */
  syscallState: any = undefined;
  /** Set when the wake-up came from the deadline given to block(). */
  timedOut = false;
  /** Set by a handler before block(): signals other than SIGKILL do not wake the task (vfork). Cleared at wake-up. */
  uninterruptible = false;
  /** What an interrupted call returns instead of EINTR/restart, when > 0 (bytes already moved). */
  partialResult = 0;
  /** -ERESTARTSYS (default), -ERESTARTNOHAND or -EINTR: what a signal makes of the call that blocks. */
  interruptResult = 0;

  /** In the scheduler's queue. */
  queued = false;
  readonly #queues: WaitQueue[] = [];
  readonly #deadline: Timer = new Timer(() => {
    this.timedOut = true;
    this.wake();
  });

  constructor(init: {
    cpu: number;
    tid: number;
    instance: Instance;
    process: Process;
    mm: Mm;
    memory: UserMemory;
    files: FdTable;
    fs: WalkContext;
    handlers: SignalHandlers;
    credentials: Credentials;
    comm: string;
  }) {
    this.cpu = this.savedCpu = init.cpu;
    this.tid = init.tid;
    this.instance = init.instance;
    this.process = init.process;
    this.mm = init.mm;
    this.memory = init.memory;
    this.files = init.files;
    this.fs = init.fs;
    this.handlers = init.handlers;
    this.credentials = init.credentials;
    this.comm = init.comm;
  }

  /**
   * Parks the task until one of `queues` is woken, `deadlineNs` (of the monotonic clock; Infinity: never) passes, or a signal
   * arrives. For handlers: `return task.block(queue)`. The handler runs again on a wake-up or time-out (`timedOut`).
   * With a signal pending the task is not parked: the dispatcher then ends or restarts the call by `interruptResult`.
   */
  block(
    queues: WaitQueue | readonly WaitQueue[],
    deadlineNs: number = Infinity,
    interruptResult = -512,
  ): number {
    this.timedOut = false;
    this.interruptResult = interruptResult;
    if (this.signalPending && (!this.uninterruptible || this.#dying)) return BLOCKED;
    this.state = "blocked";
    if (Array.isArray(queues)) { for (const queue of queues) this.#join(queue); }
    else this.#join(queues as WaitQueue);
    this.instance.scheduler.timers.arm(this.#deadline, deadlineNs);
    return BLOCKED;
  }

  /** Leaves all queues and forgets the deadline. */
  leaveQueues(): void {
    for (const queue of this.#queues) queue.remove(this);
    this.#queues.length = 0;
    if (this.#deadline.armed) this.instance.scheduler.timers.cancel(this.#deadline);
  }

  wake(_queue?: WaitQueue): void {
    if (this.state !== "blocked") return;
    this.leaveQueues();
    this.uninterruptible = false;
    this.state = "runnable";
    this.instance.scheduler.enqueue(this);
  }

  /** A signal is there: the task shall look at it. A fatal one wakes stopped and uninterruptible tasks too. */
  wakeForSignal(fatal: boolean): void {
    if (this.state === "blocked") {
      if (fatal || !this.uninterruptible) this.wake();
    } else if (this.state === "stopped" && fatal) {
      if (this.process.state === "stopped") this.process.state = "running";
      this.resume();
    }
  }

  /** Job control: the task does not run until {@link resume}. A call that it was blocked in is entered again then. */
  stop(): void {
    if (this.state === "dead" || (this.state === "blocked" && this.uninterruptible)) return;
    this.leaveQueues();
    this.state = "stopped";
  }

  resume(): void {
    if (this.state !== "stopped") return;
    this.state = "runnable";
    this.instance.scheduler.enqueue(this);
  }

  get #dying(): boolean {
    return ((this.pending.low | this.process.pending.low) & 0x100) !== 0;
  }

  #join(queue: WaitQueue): void {
    queue.add(this);
    this.#queues.push(queue);
  }
}
