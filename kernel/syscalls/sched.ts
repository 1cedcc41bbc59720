// Scheduling parameters. There is one kind of scheduling; what programs set is checked, kept and told back.

import { E2BIG, EACCES, EINVAL, EPERM, ESRCH } from "../abi/errno.ts";
import { CAP_SYS_NICE, capable } from "../task/capabilities.ts";
import { RLIMIT_NICE, RLIMIT_RTPRIO } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";
import { writeTimespecNs } from "../time/timespec.ts";
import { family, type Syscall } from "./family.ts";

const SCHED_FIFO = 1, SCHED_RR = 2, SCHED_DEADLINE = 6, SCHED_RESET_ON_FORK = 0x4000_0000;
const POLICIES = new Set([0, 1, 2, 3, 5, 6]);
const isRealtime = (policy: number) => policy === SCHED_FIFO || policy === SCHED_RR;

function find(task: Task, pid: number): Task | undefined {
  return pid === 0 ? task : task.instance.pids.task(pid);
}

/** The instance's init has no thread that runs: it is there, and nobody may change it. */
const isInit = (task: Task, pid: number) => pid === 1 && task.instance.pids.process(1) !== undefined;

/** What may be asked of anybody. */
interface Scheduling {
  readonly policy: number;
  readonly priority: number;
  readonly resetOnFork: boolean;
  readonly nice: number;
  readonly ioPriority: number;
}

const INIT: Scheduling = { policy: 0, priority: 0, resetOnFork: false, nice: 0, ioPriority: 0 };

function asked(task: Task, pid: number): Scheduling | undefined {
  return find(task, pid) ?? (isInit(task, pid) ? INIT : undefined);
}

/** Same user or CAP_SYS_NICE. */
function mayChange(task: Task, target: Task): boolean {
  const mine = task.credentials, theirs = target.credentials;
  return mine.euid === theirs.euid || mine.euid === theirs.uid || capable(task, CAP_SYS_NICE);
}

function sysSchedYield(task: Task): number {
  task.instance.scheduler.yieldNow();
  return 0;
}

function sysSchedSetaffinity(task: Task, pid: number, size: number, mask: number): number {
  const target = find(task, pid);
  let cpu0 = 0;
  if (size > 0) cpu0 = task.memory.readU8(mask) & 1;
  if (target === undefined) return -ESRCH;
  if (!mayChange(task, target)) return -EPERM;
  // There is one processor, number 0.
  return cpu0 === 0 ? -EINVAL : 0;
}

function sysSchedGetaffinity(task: Task, pid: number, size: number, mask: number): number {
  if (size < 8 || size % 8 !== 0) return -EINVAL;
  if (asked(task, pid) === undefined) return -ESRCH;
  task.memory.writeU64(mask, 1);
  return 8;
}

function setScheduler(task: Task, pid: number, policy: number, priority: number): number {
  const reset = (policy & SCHED_RESET_ON_FORK) !== 0;
  const kind = policy & ~SCHED_RESET_ON_FORK;
  const target = find(task, pid);
  if (target === undefined && !isInit(task, pid)) return -ESRCH;
  if (!POLICIES.has(kind) || kind === SCHED_DEADLINE) return -EINVAL;
  if (isRealtime(kind) ? priority < 1 || priority > 99 : priority !== 0) return -EINVAL;
  if (target === undefined) return -EPERM;
  if (!capable(task, CAP_SYS_NICE)) {
    if (!mayChange(task, target)) return -EPERM;
    if (isRealtime(kind)) {
      const limit = target.process.rlimits[RLIMIT_RTPRIO].cur;
      if (kind !== target.policy && limit === 0) return -EPERM;
      if (priority > target.priority && priority > limit) return -EPERM;
    }
    if (target.resetOnFork && !reset) return -EPERM;
  }
  target.policy = kind;
  target.priority = priority;
  target.resetOnFork = reset;
  return 0;
}

function sysSchedSetscheduler(task: Task, pid: number, policy: number, param: number): number {
  if (policy < 0 || param === 0 || pid < 0) return -EINVAL;
  return setScheduler(task, pid, policy, task.memory.readI32(param));
}

function sysSchedSetparam(task: Task, pid: number, param: number): number {
  if (param === 0 || pid < 0) return -EINVAL;
  const priority = task.memory.readI32(param), target = find(task, pid);
  if (target === undefined) return -ESRCH;
  return setScheduler(task, pid, target.policy | (target.resetOnFork ? SCHED_RESET_ON_FORK : 0), priority);
}

function sysSchedGetscheduler(task: Task, pid: number): number {
  if (pid < 0) return -EINVAL;
  const target = asked(task, pid);
  if (target === undefined) return -ESRCH;
  return target.policy | (target.resetOnFork ? SCHED_RESET_ON_FORK : 0);
}

function sysSchedGetparam(task: Task, pid: number, param: number): number {
  if (param === 0 || pid < 0) return -EINVAL;
  const target = asked(task, pid);
  if (target === undefined) return -ESRCH;
  task.memory.writeU32(param, target.priority);
  return 0;
}

const SCHED_ATTR_BYTES = 56;

function sysSchedGetattr(task: Task, pid: number, address: number, size: number, flags: number): number {
  if (address === 0 || pid < 0 || size > 4096 || size < 48 || flags !== 0) return -EINVAL;
  const target = asked(task, pid);
  if (target === undefined) return -ESRCH;
  const bytes = Math.min(size, SCHED_ATTR_BYTES);
  const { memory } = task;
  memory.fill(address, 0, bytes);
  memory.writeU32(address, bytes);
  memory.writeU32(address + 4, target.policy);
  memory.writeU32(address + 8, target.resetOnFork ? 1 : 0);
  if (!isRealtime(target.policy)) memory.writeU32(address + 16, target.nice >>> 0);
  memory.writeU32(address + 20, target.priority);
  if (size >= SCHED_ATTR_BYTES) memory.writeU32(address + 52, 1024);
  return 0;
}

function sysSchedSetattr(task: Task, pid: number, address: number, flags: number): number {
  if (address === 0 || pid < 0 || flags !== 0) return -EINVAL;
  const { memory } = task;
  const size = memory.readU32(address);
  if (size !== 0 && size < 48) return -E2BIG;
  const policy = memory.readU32(address + 4),
    nice = memory.readI32(address + 16),
    priority = memory.readI32(address + 20);
  const reset = (memory.readI32(address + 8) & 1) !== 0 ? SCHED_RESET_ON_FORK : 0;
  const result = setScheduler(task, pid, policy | reset, priority);
  if (result !== 0 || isRealtime(policy)) return result;
  return setNice(task, find(task, pid)!, nice);
}

function sysSchedPriority(policy: number, highest: boolean): number {
  if (!POLICIES.has(policy)) return -EINVAL;
  return isRealtime(policy) ? (highest ? 99 : 1) : 0;
}

function sysSchedRrGetInterval(task: Task, pid: number, address: number): number {
  if (pid < 0) return -EINVAL;
  const target = asked(task, pid);
  if (target === undefined) return -ESRCH;
  writeTimespecNs(
    task.memory,
    address,
    target.policy === SCHED_FIFO ? 0 : target.policy === SCHED_RR ? 1e8 : 4e6,
  );
  return 0;
}

// ---- nice values

/** The threads that `which` and `who` name: a process (its leader's thread), a group, or a user's. */
function targets(task: Task, which: number, who: number): Task[] {
  const { pids } = task.instance;
  if (which === 0) {
    const target = find(task, who);
    return target === undefined ? [] : [target];
  }
  const all: Task[] = [];
  if (which === 1) {
    for (const process of pids.group(who === 0 ? task.process.pgid : who) ?? []) all.push(...process.tasks);
  } else {
    const uid = who === 0 ? task.credentials.uid : who;
    for (const other of pids.tasks.values()) if (other.credentials.uid === uid) all.push(other);
  }
  return all;
}

function setNice(task: Task, target: Task, value: number): number {
  const nice = Math.max(-20, Math.min(19, value));
  const mine = task.credentials, theirs = target.credentials;
  if (mine.euid !== theirs.uid && mine.euid !== theirs.euid && !capable(task, CAP_SYS_NICE)) return -EPERM;
  if (
    nice < target.nice && 20 - nice > target.process.rlimits[RLIMIT_NICE].cur && !capable(task, CAP_SYS_NICE)
  ) {
    return -EACCES;
  }
  target.nice = nice;
  return 0;
}

function sysSetpriority(task: Task, which: number, who: number, value: number): number {
  if (which < 0 || which > 2) return -EINVAL;
  let result = which === 0 && isInit(task, who) ? -EPERM : -ESRCH;
  for (const target of targets(task, which, who)) {
    const one = setNice(task, target, value);
    if (one !== 0) result = one;
    else if (result === -ESRCH) result = 0;
  }
  return result;
}

/** The result is 20 - nice, so that it is never negative; the C library turns it back. */
function sysGetpriority(task: Task, which: number, who: number): number {
  if (which < 0 || which > 2) return -EINVAL;
  let result = which === 0 && isInit(task, who) ? 20 - INIT.nice : -ESRCH;
  for (const target of targets(task, which, who)) result = Math.max(result, 20 - target.nice);
  return result;
}

function sysIoprioSet(task: Task, which: number, who: number, value: number): number {
  const level = (value >> 13) & 7;
  if (level > 3 || which < 1 || which > 3) return -EINVAL;
  // Without a class there is no level within it.
  if (level === 0 && (value & 0x1fff) !== 0) return -EINVAL;
  if (level === 1 && !capable(task, CAP_SYS_NICE)) return -EPERM;
  const found = targets(task, which - 1, who);
  for (const target of found) target.ioPriority = value;
  return found.length === 0 ? -ESRCH : 0;
}

function sysIoprioGet(task: Task, which: number, who: number): number {
  if (which < 1 || which > 3) return -EINVAL;
  const found: Scheduling | undefined = which === 1 ? asked(task, who) : targets(task, which - 1, who)[0];
  return found?.ioPriority ?? -ESRCH;
}

export const sched: Syscall[] = family({
  sched_yield: { nr: 24, args: "", run: sysSchedYield },
  sched_setaffinity: { nr: 203, args: "pid uint pointer", run: sysSchedSetaffinity },
  sched_getaffinity: { nr: 204, args: "pid uint pointer", run: sysSchedGetaffinity },
  sched_setscheduler: { nr: 144, args: "pid SCHED pointer", run: sysSchedSetscheduler },
  sched_getscheduler: { nr: 145, args: "pid", run: sysSchedGetscheduler },
  sched_setparam: { nr: 142, args: "pid pointer", run: sysSchedSetparam },
  sched_getparam: { nr: 143, args: "pid pointer", run: sysSchedGetparam },
  sched_setattr: { nr: 314, args: "pid pointer uint", run: sysSchedSetattr },
  sched_getattr: { nr: 315, args: "pid pointer uint uint", run: sysSchedGetattr },
  sched_get_priority_max: { nr: 146, args: "SCHED", run: (_task, policy) => sysSchedPriority(policy, true) },
  sched_get_priority_min: { nr: 147, args: "SCHED", run: (_task, policy) => sysSchedPriority(policy, false) },
  sched_rr_get_interval: { nr: 148, args: "pid timespec_out", run: sysSchedRrGetInterval },
  getpriority: { nr: 140, args: "PRIO int", run: sysGetpriority },
  setpriority: { nr: 141, args: "PRIO int int", run: sysSetpriority },
  ioprio_set: { nr: 251, args: "int int int", run: sysIoprioSet },
  ioprio_get: { nr: 252, args: "int int", run: sysIoprioGet },
});
