// How new processes and threads come to be: fork, vfork, clone and clone3 are one function with different flags.

import { FS_BASE, RAX, RSP } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { EAGAIN, EINVAL, ENOMEM, EPERM } from "../abi/errno.ts";
import { attachCpu, type Mm } from "../mm/mm.ts";
import { EFAULT_SENTINEL, UserMemory } from "../mm/user_memory.ts";
import type { Instance } from "../session/instance.ts";
import { SS_DISABLE } from "../signal/frame.ts";
import { SignalHandlers } from "../signal/handlers.ts";
import { allocateCpu, copyCpu, releaseCpu } from "./cpu_pool.ts";
import type { FdTable } from "./fd_table.ts";
import { Process, Session } from "./process.ts";
import { RLIMIT_NOFILE, RLIMIT_NPROC } from "./rlimits.ts";
import { type Credentials, Task } from "./task.ts";
import type { WalkContext } from "../../fs/vfs/path.ts";

export const CLONE_VM = 0x100,
  CLONE_FS = 0x200,
  CLONE_FILES = 0x400,
  CLONE_SIGHAND = 0x800,
  CLONE_PIDFD = 0x1000;
export const CLONE_PTRACE = 0x2000, CLONE_VFORK = 0x4000, CLONE_PARENT = 0x8000, CLONE_THREAD = 0x10000;
export const CLONE_NEWNS = 0x20000, CLONE_SYSVSEM = 0x40000, CLONE_SETTLS = 0x80000;
export const CLONE_PARENT_SETTID = 0x100000, CLONE_CHILD_CLEARTID = 0x200000, CLONE_DETACHED = 0x400000;
export const CLONE_UNTRACED = 0x800000, CLONE_CHILD_SETTID = 0x1000000;
export const NAMESPACES: number = CLONE_NEWNS | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 |
  0x2000_0000 |
  0x4000_0000;
const CLONE_NEWUSER = 0x1000_0000, CLONE_NEWPID = 0x2000_0000;
/** Bits above 31, clone3 only. */
export const CLONE_CLEAR_SIGHAND = 1, CLONE_INTO_CGROUP = 2;

export interface CloneArguments {
  /** CLONE_*, without the exit signal. */
  flags: number;
  flagsHigh: number;
  exitSignal: number;
  /** Stack pointer of the child; 0: the parent's. */
  stack: number;
  parentTid: number;
  childTid: number;
  tls: number;
}

/** What copy_process refuses; 0 when the combination makes sense. */
function checkFlags(task: Task, { flags, flagsHigh }: CloneArguments): number {
  const has = (bits: number) => (flags & bits) !== 0;
  if ((flags & (CLONE_NEWNS | CLONE_FS)) === (CLONE_NEWNS | CLONE_FS)) return -EINVAL;
  if ((flags & (CLONE_NEWUSER | CLONE_FS)) === (CLONE_NEWUSER | CLONE_FS)) return -EINVAL;
  if (has(CLONE_THREAD) && !has(CLONE_SIGHAND)) return -EINVAL;
  if (has(CLONE_SIGHAND) && !has(CLONE_VM)) return -EINVAL;
  if ((flagsHigh & CLONE_CLEAR_SIGHAND) !== 0 && has(CLONE_SIGHAND)) return -EINVAL;
  if (has(CLONE_PARENT) && task.process.parent.isInit && task.process.pid === 1) return -EINVAL;
  if (has(CLONE_THREAD) && has(CLONE_NEWUSER | CLONE_NEWPID)) return -EINVAL;
  // There is one set of namespaces.
  if (has(NAMESPACES)) return -EPERM;
  return 0;
}

/** The new task, in the run queue, or a negative errno. The caller writes tids and waits for vfork. */
export function cloneTask(parent: Task, args: CloneArguments): Task | number {
  const { flags } = args, { instance } = parent;
  const refused = checkFlags(parent, args);
  if (refused !== 0) return refused;
  const thread = (flags & CLONE_THREAD) !== 0;
  const user = instance.pids.user(parent.credentials.uid);
  const privileged = parent.credentials.uid === 0 || hasAdmin(parent.credentials);
  if (user.tasks >= parent.process.rlimits[RLIMIT_NPROC].cur && !privileged) return -EAGAIN;

  const cpu = copyCpu(parent.cpu);
  if (cpu === 0) return -ENOMEM;
  let mm: Mm = parent.mm, memory = parent.memory;
  if ((flags & CLONE_VM) !== 0) mm.retain();
  else {
    const copy = mm.fork();
    if (typeof copy === "number") {
      releaseCpu(cpu);
      return copy;
    }
    mm = copy;
    memory = new UserMemory(mm);
  }
  const tid = instance.pids.allocate();
  if (tid === 0) {
    releaseCpu(cpu);
    mm.release();
    return -EAGAIN;
  }
  instance.pids.forks++;
  attachCpu(mm, cpu);
  I32[cpu + 2 * RAX] = I32[cpu + 2 * RAX + 1] = 0;
  if (args.stack !== 0) setSlot(cpu, RSP, args.stack);
  if ((flags & CLONE_SETTLS) !== 0) setSlot(cpu, FS_BASE, args.tls);

  const process = thread ? parent.process : makeProcess(parent, tid, args);
  if (!thread && mm !== parent.mm) mm.rlimits = process.rlimits;
  const task = new Task({
    cpu,
    tid,
    instance,
    process,
    mm,
    memory,
    files: (flags & CLONE_FILES) !== 0 ? parent.files.retain() : parent.files.dup(),
    fs: (flags & CLONE_FS) !== 0 ? parent.fs : { ...parent.fs },
    handlers: childHandlers(parent, args),
    credentials: parent.credentials,
    comm: parent.comm,
  });
  if (!thread) process.leader = task;
  task.maskLow = parent.maskLow;
  task.maskHigh = parent.maskHigh;
  // A thread has no alternate stack; a process that shares memory without vfork neither.
  if ((flags & (CLONE_VM | CLONE_VFORK)) !== CLONE_VM) task.altStack = { ...parent.altStack };
  else task.altStack = { address: 0, size: 0, flags: SS_DISABLE };
  if ((flags & CLONE_CHILD_CLEARTID) !== 0) task.clearChildTid = args.childTid;
  task.nice = parent.resetOnFork ? Math.max(0, parent.nice) : parent.nice;
  task.policy = parent.resetOnFork ? 0 : parent.policy;
  task.priority = parent.resetOnFork ? 0 : parent.priority;
  task.ioPriority = parent.ioPriority;
  task.noNewPrivs = parent.noNewPrivs;
  task.keepCaps = parent.keepCaps;
  task.securebits = parent.securebits;
  task.timerSlackNs = parent.timerSlackNs;
  register(task);
  if ((flags & CLONE_CHILD_SETTID) !== 0) {
    // Linux, too, ignores a bad address here: the child writes it when it first runs.
    try {
      memory.writeU32(args.childTid, tid);
    } catch (error) {
      if (error !== EFAULT_SENTINEL) throw error;
    }
  }
  instance.scheduler.enqueue(task);
  return task;
}

function register(task: Task): void {
  task.startTimeNs = task.instance.clock.monotonicNs();
  task.process.tasks.add(task);
  task.instance.pids.tasks.set(task.tid, task);
  task.instance.pids.user(task.credentials.uid).tasks++;
}

function makeProcess(parent: Task, pid: number, { flags, exitSignal }: CloneArguments): Process {
  const { instance } = parent;
  const sibling = (flags & CLONE_PARENT) !== 0;
  const process = new Process(instance, pid, sibling ? parent.process.parent : parent.process);
  for (let i = 0; i < process.rlimits.length; i++) process.rlimits[i] = parent.process.rlimits[i];
  process.parentTask = sibling ? parent.process.parentTask : parent;
  process.exitSignal = sibling ? parent.process.exitSignal : exitSignal;
  instance.pids.setGroup(process, parent.process.pgid);
  instance.pids.setSession(process, parent.process.session);
  return process;
}

function childHandlers(parent: Task, { flags, flagsHigh }: CloneArguments): SignalHandlers {
  if ((flags & CLONE_SIGHAND) !== 0) return parent.handlers.retain();
  const copy = parent.handlers.copy();
  if ((flagsHigh & CLONE_CLEAR_SIGHAND) !== 0) copy.clear();
  return copy;
}

function setSlot(cpu: number, slot: number, value: number): void {
  I32[cpu + 2 * slot] = value;
  I32[cpu + 2 * slot + 1] = Math.floor(value / 0x1_0000_0000);
}

function hasAdmin({ capEffective }: Credentials): boolean {
  // CAP_SYS_ADMIN (21) or CAP_SYS_RESOURCE (24).
  return (capEffective & ((1 << 21) | (1 << 24))) !== 0;
}

/** What the first program's task is made of. Its memory and registers come from execve afterwards. */
export interface FirstTask {
  mm: Mm;
  files: FdTable;
  fs: WalkContext;
  credentials: Credentials;
  comm: string;
  /** A new session of its own (else init's). Default true. */
  newSession?: boolean;
}

/**
 * Makes the instance's first guest process, child of init and leader of a group and a session of its own. It is not in the
 * run queue: load a program with execve(), then `scheduler.enqueue(task)`.
 */
export function createFirstTask(instance: Instance, first: FirstTask): Task {
  const cpu = allocateCpu();
  if (cpu === 0) throw new Error("no memory for the first task");
  const { pids } = instance;
  const pid = pids.allocate();
  const process = new Process(instance, pid, instance.init);
  pids.setGroup(process, first.newSession === false ? instance.init.pgid : pid);
  if (first.newSession === false) pids.setSession(process, instance.init.session);
  else {
    const session = new Session(pid);
    session.leader = process;
    pids.setSession(process, session);
  }
  attachCpu(first.mm, cpu);
  first.mm.rlimits = process.rlimits;
  first.files.limit = process.rlimits[RLIMIT_NOFILE].cur;
  const task = new Task({
    cpu,
    tid: pid,
    instance,
    process,
    mm: first.mm,
    memory: new UserMemory(first.mm),
    files: first.files,
    fs: first.fs,
    handlers: new SignalHandlers(),
    credentials: first.credentials,
    comm: first.comm,
  });
  process.leader = task;
  register(task);
  return task;
}
