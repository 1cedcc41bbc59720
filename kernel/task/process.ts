// A process (Linux: thread group): what its threads have in common, its place in the tree of processes, and its
// process group and session.

import type { SemaphoreSet } from "../ipc/sysv_semaphores.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { hostLimits } from "../host/limits.ts";
import type { Instance } from "../session/instance.ts";
import { PendingSignals } from "../signal/pending.ts";
import type { CpuLimitTimers, RealTimer } from "../time/itimer.ts";
import type { PosixTimer } from "../time/posix_timer.ts";
import { defaultRlimits, type Rlimit, RLIMIT_STACK } from "./rlimits.ts";
import type { Task } from "./task.ts";

/** What a session knows of its controlling terminal (kernel/tty/tty.ts has the rest). */
export interface ControllingTty {
  session: Session | undefined;
  foregroundPgid: number;
}

/** A session (setsid). It lives as long as a process belongs to it. */
export class Session {
  readonly sid: number;
  /** The leader, while it lives. */
  leader: Process | undefined;
  /** Controlling terminal. */
  tty: ControllingTty | undefined;
  /** Processes in it, zombies included. */
  members = 0;

  constructor(sid: number) {
    this.sid = sid;
  }

  /** The terminal's foreground process group; 0 without a terminal. */
  get foregroundPgid(): number {
    return this.tty?.foregroundPgid ?? 0;
  }
}

/** stopped: by job control. zombie: waits to be reaped. dead: reaped. */
export type ProcessState = "running" | "stopped" | "zombie" | "dead";

export class Process {
  readonly instance: Instance;
  readonly pid: number;
  /** The real parent; init (and only init) is its own parent. */
  parent: Process;
  /** Thread of the parent that made this process (for __WNOTHREAD, PDEATHSIG); undefined once reparented. */
  parentTask: Task | undefined;
  readonly children: Set<Process> = new Set();
  /** Living threads. */
  readonly tasks: Set<Task> = new Set();
  /** First thread; remains when it has ended before others. */
  leader!: Task;
  pgid = 0;
  session!: Session;
  state: ProcessState = "running";

  /** Index: RLIMIT_*. Copied on fork. */
  readonly rlimits: Rlimit[];
  /** Signals sent to the group as a whole. */
  readonly pending: PendingSignals = new PendingSignals();
  /** Woken when a signal becomes pending for the group or one of its threads (sigtimedwait). */
  readonly signalQueue: WaitQueue = new WaitQueue();

  /** Wait status (wait(2)'s encoding); valid once all threads have ended. */
  exitCode = 0;
  /** Status of exit_group or of the signal that kills all threads; undefined while it runs. */
  groupExit: number | undefined;
  /** Signal to the parent at the end; 0: none. */
  exitSignal = 17;
  /** The signal that stopped it, for wait(2). */
  stopSignal = 0;
  /** A stop or continuation that wait(2) has not reported yet. */
  stopUnreported = false;
  continueUnreported = false;
  /** The parent is told of the continuation when a thread runs again, as in Linux (bash counts on it). */
  continueNotice = false;
  /** Woken when a child changes state. */
  readonly childWait: WaitQueue = new WaitQueue();
  /** Woken when this process ends (pidfds). */
  readonly exitQueue: WaitQueue = new WaitQueue();

  /** CPU time of threads that have ended, and of reaped children with theirs. */
  deadUserNs = 0;
  deadSystemNs = 0;
  childUserNs = 0;
  childSystemNs = 0;
  minorFaults = 0;
  majorFaults = 0;
  childMinorFaults = 0;
  childMajorFaults = 0;
  /** Largest resident set seen, in pages; of reaped children too. */
  maxRssPages = 0;
  childMaxRssPages = 0;
  voluntarySwitches = 0;
  involuntarySwitches = 0;
  startTimeNs: number;

  /** PR_SET_CHILD_SUBREAPER. */
  subreaper = false;
  /** PR_SET_DUMPABLE. */
  dumpable = 1;
  personality = 0;
  /** It has called execve since fork (setpgid of the parent then fails). */
  execed = false;
  oomScoreAdj = 0;

  /** By semaphore set: what its end takes back (SEM_UNDO). */
  semaphoreUndo: Map<SemaphoreSet, Int32Array> | undefined;

  /** Interval timers; made when first used. */
  realTimer: RealTimer | undefined;
  cpuTimers: CpuLimitTimers | undefined;
  readonly posixTimers: Map<number, PosixTimer> = new Map();

  constructor(instance: Instance, pid: number, parent: Process | undefined) {
    this.instance = instance;
    this.pid = pid;
    this.parent = parent ?? this;
    this.rlimits = parent === undefined ? defaultRlimits() : parent.rlimits.slice();
    this.startTimeNs = instance.clock.monotonicNs();
    if (parent !== undefined) {
      this.personality = parent.personality;
      this.oomScoreAdj = parent.oomScoreAdj;
      parent.children.add(this);
    }
    instance.pids.processes.set(pid, this);
  }

  /** Init has no guest code: it adopts orphans and reaps them at once. */
  get isInit(): boolean {
    return this.parent === this;
  }

  /** Any living thread, the leader if it lives. */
  get anyTask(): Task | undefined {
    if (this.tasks.has(this.leader)) return this.leader;
    for (const task of this.tasks) return task;
    return undefined;
  }

  /** CPU time in ns of all threads, ended ones included. */
  get userNs(): number {
    let sum = this.deadUserNs;
    for (const task of this.tasks) sum += task.userTimeNs;
    return sum;
  }

  get systemNs(): number {
    let sum = this.deadSystemNs;
    for (const task of this.tasks) sum += task.systemTimeNs;
    return sum;
  }

  get stackLimit(): number {
    return this.rlimits[RLIMIT_STACK].cur;
  }
}

/** The instance's process 1, in a session and group of its own numbers. */
export function createInit(instance: Instance): Process {
  const { pids } = instance;
  const init = new Process(instance, pids.allocate(), undefined);
  hostLimits()?.forEach((limit, resource) => {
    if (limit !== undefined) init.rlimits[resource] = limit;
  });
  pids.setGroup(init, init.pid);
  const session = new Session(init.pid);
  session.leader = init;
  pids.setSession(init, session);
  return init;
}
