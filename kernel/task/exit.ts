// How threads and processes end: what they let go of, who is told, who adopts the children, and when the number is free.

import { undoSemaphores } from "../ipc/sysv_semaphores.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import { kernelSignal } from "../signal/info.ts";
import { CLD_DUMPED, CLD_EXITED, CLD_KILLED, SA_NOCLDWAIT, SIG_IGN, SIGCHLD } from "../signal/numbers.ts";
import { sendSignal } from "../signal/send.ts";
import { leaveCpu, releaseCpu } from "./cpu_pool.ts";
import { exitRobustList, futexWake } from "./futex.ts";
import { childSignal, disassociateTty, hangUpIfNewlyOrphaned } from "./job_control.ts";
import type { Process } from "./process.ts";
import type { Task } from "./task.ts";

/** exit_group, or a deadly signal: all threads end, and the process with `status` (wait(2)'s encoding). */
export function exitGroup(task: Task, status: number): void {
  const { process } = task;
  process.groupExit ??= status;
  for (const other of [...process.tasks]) if (other !== task) exitTask(other, process.groupExit);
  exitTask(task, process.groupExit);
}

/** One thread ends; the process with it if it was the last. `status` as wait(2) encodes it. */
export function exitTask(task: Task, status: number): void {
  if (task.state === "dead") return;
  const { process } = task;
  task.instance.trace?.exited?.(task, status);
  task.leaveQueues();
  task.syscallState?.abandon?.();
  task.syscallState = undefined;
  leaveMemory(task);
  task.state = "dead";
  task.inSyscall = false;
  process.tasks.delete(task);
  process.deadUserNs += task.userTimeNs;
  process.deadSystemNs += task.systemTimeNs;
  task.instance.pids.user(task.credentials.uid).tasks--;
  task.pending.clear();
  task.files.release();
  task.handlers.release();
  process.minorFaults += task.mm.references === 1 ? task.mm.minorFaults : 0;
  process.majorFaults += task.mm.references === 1 ? task.mm.majorFaults : 0;
  process.maxRssPages = Math.max(process.maxRssPages, task.mm.peakResident);
  task.mm.release();
  leaveCpu(task);
  releaseCpu(task.savedCpu);
  // The first thread's number stays taken until the process is reaped; it tells the status if all threads just exit.
  if (task === process.leader) process.exitCode = status;
  else task.instance.pids.tasks.delete(task.tid);
  for (const child of process.children) {
    if (child.parentTask === task) childLosesThread(child, task);
  }
  if (process.tasks.size === 0) exitProcess(process);
}

/**
 * The thread gives its memory up, at exit or execve: robust futexes, the word that joiners wait for, and a vfork
 * parent.
 */
export function leaveMemory(task: Task): void {
  exitRobustList(task);
  const address = task.clearChildTid;
  task.clearChildTid = 0;
  if (address !== 0 && task.mm.references > 1) {
    try {
      task.memory.writeU32(address, 0);
      futexWake(task.mm, address, false, 1);
    } catch (error) {
      if (error !== EFAULT_SENTINEL) throw error;
    }
  }
  releaseVforkParent(task);
}

export function releaseVforkParent(task: Task): void {
  const parent = task.vforkParent;
  task.vforkParent = undefined;
  if (parent !== undefined && parent.syscallState?.vforkChild === task) parent.wake();
}

/** PR_SET_PDEATHSIG fires when the thread that made the child ends. */
function childLosesThread(child: Process, _thread: Task): void {
  child.parentTask = undefined;
  for (const task of child.tasks) {
    if (task.parentDeathSignal !== 0) {
      sendSignal(task, { ...kernelSignal(task.parentDeathSignal, 0), pid: child.parent.pid });
    }
  }
}

function exitProcess(process: Process): void {
  const { instance } = process;
  if (process.groupExit !== undefined) process.exitCode = process.groupExit;
  process.state = "zombie";
  process.stopUnreported = process.continueUnreported = false;
  process.realTimer?.cancel();
  for (const timer of process.posixTimers.values()) timer.cancel();
  process.posixTimers.clear();
  process.pending.clear();
  undoSemaphores(process);
  if (process.session.leader === process) {
    process.session.leader = undefined;
    disassociateTty(instance, process.session);
  }
  adoptChildren(process);
  hangUpIfNewlyOrphaned(process, undefined);
  notifyParent(process);
  process.exitQueue.wake();
}

/** The nearest ancestor that asked for it (PR_SET_CHILD_SUBREAPER) and lives, else init. */
function adopter(process: Process): Process {
  let ancestor = process.parent;
  while (!ancestor.isInit) {
    if (ancestor.subreaper && ancestor.state !== "zombie" && ancestor.state !== "dead") return ancestor;
    ancestor = ancestor.parent;
  }
  return ancestor;
}

function adoptChildren(process: Process): void {
  if (process.children.size === 0) return;
  const parent = adopter(process);
  for (const child of [...process.children]) {
    process.children.delete(child);
    child.parent = parent;
    child.parentTask = parent.anyTask;
    parent.children.add(child);
    child.exitSignal = SIGCHLD;
    if (child.state === "zombie") notifyParent(child);
    else hangUpIfNewlyOrphaned(child, process);
  }
}

/** A zombie's parent is told, or the zombie vanishes when nobody wants to know. */
export function notifyParent(process: Process): void {
  const { parent } = process;
  let signo = process.exitSignal;
  let reap = parent.isInit;
  const receiver = parent.anyTask;
  if (receiver !== undefined && signo === SIGCHLD) {
    const action = receiver.handlers.actions[SIGCHLD];
    if (action.handler === SIG_IGN || (action.flags & SA_NOCLDWAIT) !== 0) {
      reap = true;
      if (action.handler === SIG_IGN) signo = 0;
    }
  }
  if (signo !== 0 && !parent.isInit) {
    const { code, status } = describeExit(process.exitCode);
    sendSignal(parent, childSignal(process, code, status, signo));
  }
  if (reap) reapProcess(process);
  parent.childWait.wake();
}

/** Wait status as siginfo tells it. */
export function describeExit(waitStatus: number): { code: number; status: number } {
  const signo = waitStatus & 0x7f;
  if (signo === 0) return { code: CLD_EXITED, status: (waitStatus >> 8) & 0xff };
  return { code: (waitStatus & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED, status: signo };
}

/** The zombie is gone; its times go to the parent. */
export function reapProcess(process: Process): void {
  const { instance, parent } = process;
  if (process.state === "dead") return;
  process.state = "dead";
  parent.childUserNs += process.deadUserNs + process.childUserNs;
  parent.childSystemNs += process.deadSystemNs + process.childSystemNs;
  parent.childMinorFaults += process.minorFaults + process.childMinorFaults;
  parent.childMajorFaults += process.majorFaults + process.childMajorFaults;
  parent.childMaxRssPages = Math.max(parent.childMaxRssPages, process.maxRssPages, process.childMaxRssPages);
  parent.children.delete(process);
  const { pids } = instance;
  pids.leaveGroup(process);
  pids.leaveSession(process);
  pids.tasks.delete(process.leader.tid);
  pids.processes.delete(process.pid);
}
