// Making, waiting for and ending processes; their groups, sessions, limits and thread registers.

import { FS_BASE, GS_BASE } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { E2BIG, EACCES, EINVAL, EPERM, ESRCH } from "../abi/errno.ts";
import { CAP_SYS_RESOURCE, capable } from "../task/capabilities.ts";
import { exitGroup, exitTask } from "../task/exit.ts";
import {
  CLONE_PARENT_SETTID,
  CLONE_PIDFD,
  CLONE_THREAD,
  CLONE_VFORK,
  CLONE_VM,
  type CloneArguments,
  cloneTask,
} from "../task/fork.ts";
import { hangUpIfNewlyOrphaned } from "../task/job_control.ts";
import { type Process, Session } from "../task/process.ts";
import { RLIM_NLIMITS, type Rlimit, RLIMIT_NOFILE } from "../task/rlimits.ts";
import { usageOf, usageOfChildren, usageOfThread, writeRusage } from "../task/rusage.ts";
import type { Task } from "../task/task.ts";
import {
  __WALL,
  __WCLONE,
  __WNOTHREAD,
  type ChildEvent,
  waitChild,
  WCONTINUED,
  WEXITED,
  WNOHANG,
  WNOWAIT,
  WSTOPPED,
  WUNTRACED,
} from "../task/wait.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import { family, NO_RESULT, type Syscall } from "./family.ts";
import { openPidfd, processOfPidfd } from "./pidfd.ts";

// ---- fork, vfork, clone

/** Makes the task; a vfork parent then sleeps until the child execs or ends. */
function startClone(task: Task, args: CloneArguments): number {
  const state = task.syscallState as { vforkChild: Task; tid: number } | undefined;
  if (state !== undefined) return waitVfork(task, state);
  if ((args.flags & CLONE_PIDFD) !== 0) {
    if ((args.flags & CLONE_THREAD) !== 0) return -EINVAL;
    task.memory.probeWrite(args.parentTid, 4);
  }
  const child = cloneTask(task, args);
  if (typeof child === "number") return child;
  if ((args.flags & CLONE_PIDFD) !== 0) {
    const fd = openPidfd(task, child.process, true, false);
    if (fd >= 0) task.memory.writeU32(args.parentTid, fd);
  } else if ((args.flags & CLONE_PARENT_SETTID) !== 0) {
    // A bad address is ignored: the child exists already.
    if (task.memory.accessible(args.parentTid, 4, 1) >= 4) task.memory.writeU32(args.parentTid, child.tid);
  }
  if ((args.flags & CLONE_VFORK) === 0) return child.tid;
  child.vforkParent = task;
  task.syscallState = { vforkChild: child, tid: child.tid };
  return waitVfork(task, task.syscallState);
}

function waitVfork(task: Task, state: { vforkChild: Task; tid: number }): number {
  if (state.vforkChild.vforkParent !== task) return state.tid;
  task.uninterruptible = true;
  return task.block([]);
}

function sysClone(task: Task, flags: number, stack: number, ptid: number, ctid: number, tls: number): number {
  // Bits above 31 are ignored by clone.
  const low = flags | 0;
  return startClone(task, {
    flags: low & ~0xff,
    flagsHigh: 0,
    exitSignal: low & 0xff,
    stack,
    parentTid: ptid,
    childTid: ctid,
    tls,
  });
}

const CLONE_ARGS_V0 = 64, CLONE_ARGS_V2 = 88;

function sysClone3(task: Task, address: number, size: number): number {
  const { memory } = task;
  if (size > 4096) return -E2BIG;
  if (size < CLONE_ARGS_V0) return -EINVAL;
  for (let at = CLONE_ARGS_V2; at < size; at++) if (memory.readU8(address + at) !== 0) return -E2BIG;
  const field = (offset: number) => offset + 8 <= size ? memory.readU64(address + offset) : 0;
  const flags = memory.readI32(address), flagsHigh = memory.readI32(address + 4);
  const exitSignal = field(32),
    stack = field(40),
    stackSize = field(48),
    setTid = field(64),
    setTidSize = field(72);
  if (setTid === 0 && setTidSize > 0 || setTid !== 0 && setTidSize === 0) return -EINVAL;
  if (setTidSize > 32 || exitSignal > 0xff || (flagsHigh & ~3) !== 0) return -EINVAL;
  if ((flags & 0xff) !== 0 || (flagsHigh & 2) !== 0) return -EINVAL; // exit signal in flags; cgroups
  if (exitSignal > 64) return -EINVAL;
  if ((flags & (CLONE_THREAD | 0x8000)) !== 0 && exitSignal !== 0) return -EINVAL;
  if (stack === 0 ? stackSize > 0 : stackSize === 0) return -EINVAL;
  if ((flags & 0x400000) !== 0) return -EINVAL; // CLONE_DETACHED
  if (setTidSize > 0) return -EPERM;
  const pidfd = (flags & CLONE_PIDFD) !== 0;
  return startClone(task, {
    flags,
    flagsHigh,
    exitSignal,
    stack: stack === 0 ? 0 : stack + stackSize,
    parentTid: pidfd ? field(8) : field(24),
    childTid: field(16),
    tls: field(56),
  });
}

const FORK: CloneArguments = {
  flags: 0,
  flagsHigh: 0,
  exitSignal: 17,
  stack: 0,
  parentTid: 0,
  childTid: 0,
  tls: 0,
};

// ---- the end, and waiting for it

function sysExit(task: Task, code: number): number {
  exitTask(task, (code & 0xff) << 8);
  return NO_RESULT;
}

function sysExitGroup(task: Task, code: number): number {
  exitGroup(task, (code & 0xff) << 8);
  return NO_RESULT;
}

function matcher(task: Task, pid: number): (child: Process) => boolean {
  if (pid > 0) return (child) => child.pid === pid;
  if (pid === -1) return () => true;
  const pgid = pid === 0 ? task.process.pgid : -pid;
  return (child) => child.pgid === pgid;
}

function sysWait4(task: Task, pid: number, status: number, options: number, rusage: number): number {
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL)) !== 0) return -EINVAL;
  if (pid === -0x8000_0000) return -ESRCH;
  const event = waitChild(task, matcher(task, pid), options | WEXITED);
  if (typeof event === "number") return event;
  if (event === undefined) return (options & WNOHANG) !== 0 ? 0 : task.block(task.process.childWait);
  if (rusage !== 0) writeRusage(task.memory, rusage, event.usage);
  if (status !== 0) task.memory.writeU32(status, event.status);
  return event.pid;
}

function sysWaitid(
  task: Task,
  type: number,
  id: number,
  info: number,
  options: number,
  rusage: number,
): number {
  const known = WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;
  if ((options & ~known) !== 0) return -EINVAL;
  if ((options & (WEXITED | WSTOPPED | WCONTINUED)) === 0) return -EINVAL;
  let matches: (child: Process) => boolean;
  if (type === 0) matches = () => true;
  else if (type === 1) {
    if (id <= 0) return -EINVAL;
    matches = (child) => child.pid === id;
  } else if (type === 2) {
    if (id < 0) return -EINVAL;
    const pgid = id === 0 ? task.process.pgid : id;
    matches = (child) => child.pgid === pgid;
  } else if (type === 3) {
    if (id < 0) return -EINVAL;
    const target = processOfPidfd(task, id);
    if (typeof target === "number") return target;
    matches = (child) => child === target;
  } else return -EINVAL;
  const event = waitChild(task, matches, options);
  if (typeof event === "number") return event;
  if (event === undefined && (options & WNOHANG) === 0) return task.block(task.process.childWait);
  if (event !== undefined && rusage !== 0) writeRusage(task.memory, rusage, event.usage);
  if (info !== 0) writeChildInfo(task, info, event);
  return 0;
}

/** Only these fields are written, as Linux does. */
function writeChildInfo(task: Task, info: number, event: ChildEvent | undefined): void {
  const { memory } = task;
  memory.writeU32(info, event === undefined ? 0 : 17);
  memory.writeU32(info + 4, 0);
  memory.writeU32(info + 8, event?.code ?? 0);
  memory.writeU32(info + 16, event?.pid ?? 0);
  memory.writeU32(info + 20, event?.uid ?? 0);
  memory.writeU32(info + 24, event?.value ?? 0);
}

// ---- who am I

function sysGetppid(task: Task): number {
  return task.process.parent.pid;
}

function sysSetTidAddress(task: Task, address: number): number {
  task.clearChildTid = address;
  return task.tid;
}

// ---- groups and sessions

function sysSetpgid(task: Task, pid: number, pgid: number): number {
  if (pgid < 0) return -EINVAL;
  const self = task.process, { pids } = task.instance;
  const target = pid === 0 ? self : pids.process(pid);
  const group = pgid === 0 ? (pid === 0 ? self.pid : pid) : pgid;
  if (target === undefined || target.state === "dead") return -ESRCH;
  if (target.parent === self && target !== self) {
    if (target.session !== self.session) return -EPERM;
    if (target.execed) return -EACCES;
  } else if (target !== self) return -ESRCH;
  if (target.session.sid === target.pid) return -EPERM;
  if (group !== target.pid) {
    let fits = false;
    for (const member of pids.group(group) ?? []) if (member.session === self.session) fits = true;
    if (!fits) return -EPERM;
  }
  if (target.pgid !== group) pids.setGroup(target, group);
  return 0;
}

function sysGetpgid(task: Task, pid: number): number {
  if (pid === 0) return task.process.pgid;
  return task.instance.pids.task(pid)?.process.pgid ?? task.instance.pids.process(pid)?.pgid ?? -ESRCH;
}

function sysGetsid(task: Task, pid: number): number {
  if (pid === 0) return task.process.session.sid;
  return task.instance.pids.task(pid)?.process.session.sid ?? task.instance.pids.process(pid)?.session.sid ??
    -ESRCH;
}

function sysSetsid(task: Task): number {
  const { process, instance: { pids } } = task;
  if (process.session.leader === process || pids.group(process.pid) !== undefined) return -EPERM;
  hangUpIfNewlyOrphaned(process, undefined);
  const session = new Session(process.pid);
  session.leader = process;
  pids.setGroup(process, process.pid);
  pids.setSession(process, session);
  return process.pid;
}

// ---- limits and usage

function readLimit(task: Task, address: number): number {
  // Values from 2^63 on, and what does not fit a number exactly, mean "unlimited".
  const high = task.memory.readU64High(address);
  return high >= 0x7fff_ffff ? Infinity : task.memory.readU64(address);
}

function writeLimit(task: Task, address: number, { cur, max }: Rlimit): void {
  for (const [at, value] of [[address, cur], [address + 8, max]]) {
    if (value === Infinity) {
      task.memory.writeU32(at, 0xffff_ffff);
      task.memory.writeU32(at + 4, 0xffff_ffff);
    } else task.memory.writeU64(at, value);
  }
}

function setLimit(task: Task, target: Process, resource: number, limit: Rlimit): number {
  const old = target.rlimits[resource];
  if (limit.cur > limit.max) return -EINVAL;
  if (resource === RLIMIT_NOFILE && limit.max > 1_048_576) return -EPERM;
  if (limit.max > old.max && !capable(task, CAP_SYS_RESOURCE)) return -EPERM;
  target.rlimits[resource] = limit;
  if (resource === RLIMIT_NOFILE) { for (const thread of target.tasks) thread.files.limit = limit.cur; }
  return 0;
}

function sysGetrlimit(task: Task, resource: number, address: number): number {
  if (resource >= RLIM_NLIMITS) return -EINVAL;
  writeLimit(task, address, task.process.rlimits[resource]);
  return 0;
}

function sysSetrlimit(task: Task, resource: number, address: number): number {
  const limit = { cur: readLimit(task, address), max: readLimit(task, address + 8) };
  if (resource >= RLIM_NLIMITS) return -EINVAL;
  return setLimit(task, task.process, resource, limit);
}

function sysPrlimit64(task: Task, pid: number, resource: number, newLimit: number, oldLimit: number): number {
  const wanted = newLimit === 0
    ? undefined
    : { cur: readLimit(task, newLimit), max: readLimit(task, newLimit + 8) };
  const target = pid === 0 ? task : task.instance.pids.task(pid);
  if (target === undefined) return -ESRCH;
  const mine = task.credentials, theirs = target.credentials;
  const same = mine.uid === theirs.uid && mine.uid === theirs.euid && mine.uid === theirs.suid &&
    mine.gid === theirs.gid && mine.gid === theirs.egid && mine.gid === theirs.sgid;
  if (target !== task && !same && !capable(task, CAP_SYS_RESOURCE)) return -EPERM;
  if (resource >= RLIM_NLIMITS) return -EINVAL;
  const old = target.process.rlimits[resource];
  if (wanted !== undefined) {
    const result = setLimit(task, target.process, resource, wanted);
    if (result !== 0) return result;
  }
  if (oldLimit !== 0) writeLimit(task, oldLimit, old);
  return 0;
}

function sysGetrusage(task: Task, who: number, address: number): number {
  const { process } = task;
  if (who !== 0 && who !== -1 && who !== 1) return -EINVAL;
  const usage = who === 0 ? usageOf(process) : who === 1 ? usageOfThread(task) : usageOfChildren(process);
  // The slice that runs now is booked when it ends.
  if (who >= 0) usage.userNs += task.instance.scheduler.unaccountedNs(task);
  writeRusage(task.memory, address, usage);
  return 0;
}

// ---- thread registers

const ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002, ARCH_GET_FS = 0x1003, ARCH_GET_GS = 0x1004;

function sysArchPrctl(task: Task, code: number, address: number): number {
  const slot = task.cpu + 2 * (code === ARCH_SET_FS || code === ARCH_GET_FS ? FS_BASE : GS_BASE);
  switch (code) {
    case ARCH_SET_FS:
    case ARCH_SET_GS:
      if (address < 0 || address >= TASK_SIZE) return -EPERM;
      I32[slot] = address;
      I32[slot + 1] = Math.floor(address / 0x1_0000_0000);
      return 0;
    case ARCH_GET_FS:
    case ARCH_GET_GS:
      task.memory.writeU32(address, I32[slot] >>> 0);
      task.memory.writeU32(address + 4, I32[slot + 1] >>> 0);
      return 0;
    case 0x1011: // ARCH_GET_CPUID: the instruction works
      return 1;
    default:
      return -EINVAL;
  }
}

function sysPersonality(task: Task, persona: number): number {
  const old = task.process.personality;
  if (persona !== 0xffff_ffff) task.process.personality = persona;
  return old;
}

export const process: Syscall[] = family({
  clone: { nr: 56, args: "CLONE pointer pointer pointer pointer", run: sysClone },
  fork: { nr: 57, args: "", run: (task) => startClone(task, FORK) },
  vfork: { nr: 58, args: "", run: (task) => startClone(task, { ...FORK, flags: CLONE_VFORK | CLONE_VM }) },
  clone3: { nr: 435, args: "clone_args size", run: sysClone3 },
  exit: { nr: 60, args: "int", run: sysExit },
  exit_group: { nr: 231, args: "int", run: sysExitGroup },
  wait4: { nr: 61, args: "pid wait_status_out WAIT4 rusage_out", run: sysWait4 },
  waitid: { nr: 247, args: "P pid siginfo_out WAIT rusage_out", run: sysWaitid },
  getpid: { nr: 39, args: "", run: (task) => task.process.pid },
  gettid: { nr: 186, args: "", run: (task) => task.tid },
  getppid: { nr: 110, args: "", run: sysGetppid },
  set_tid_address: { nr: 218, args: "pointer", run: sysSetTidAddress },
  setpgid: { nr: 109, args: "pid pid", run: sysSetpgid },
  getpgid: { nr: 121, args: "pid", run: sysGetpgid },
  getpgrp: { nr: 111, args: "", run: (task) => task.process.pgid },
  setsid: { nr: 112, args: "", run: sysSetsid },
  getsid: { nr: 124, args: "pid", run: sysGetsid },
  getrlimit: { nr: 97, args: "RLIMIT rlimit_out", run: (task, r, a) => sysGetrlimit(task, r >>> 0, a) },
  setrlimit: { nr: 160, args: "RLIMIT rlimit", run: (task, r, a) => sysSetrlimit(task, r >>> 0, a) },
  prlimit64: {
    nr: 302,
    args: "pid RLIMIT rlimit rlimit_out",
    run: (t, p, r, n, o) => sysPrlimit64(t, p, r >>> 0, n, o),
  },
  getrusage: { nr: 98, args: "RUSAGE rusage_out", run: sysGetrusage },
  arch_prctl: { nr: 158, args: "ARCH pointer", run: sysArchPrctl },
  personality: { nr: 135, args: "uint", ret: "hex", run: sysPersonality },
});
