// How a signal gets to a thread or process: what is discarded, what becomes pending, and who is woken.

import type { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { EAGAIN, ESRCH } from "../abi/errno.ts";
import type { Instance } from "../session/instance.ts";
import { continueGroup } from "../task/job_control.ts";
import { Process } from "../task/process.ts";
import { RLIMIT_SIGPENDING } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";
import { kernelSignal, type SignalInfo } from "./info.ts";
import { DEFAULT_ACTION } from "./handlers.ts";
import {
  maskBit,
  NSIG,
  SI_USER,
  SIG_DFL,
  SIG_IGN,
  SIGCONT,
  SIGKILL,
  SIGRTMIN,
  SIGSEGV,
  STOP_SIGNALS,
} from "./numbers.ts";

/** Queues of open signalfds: woken whenever any signal becomes pending. */
export const signalWatchers: Set<WaitQueue> = new Set();

/** Whether the thread blocks the signal. */
export function isBlocked(task: Task, signo: number): boolean {
  return ((signo > 32 ? task.maskHigh : task.maskLow) & maskBit(signo)) !== 0;
}

/** Must follow every change of a mask or of pending signals. */
export function recalcPending(task: Task): void {
  const own = task.pending, shared = task.process.pending;
  const low = (own.low | shared.low) & ~task.maskLow, high = (own.high | shared.high) & ~task.maskHigh;
  // A continuation that the parent has not been told of is taken care of where signals are.
  task.signalPending = (low | high) !== 0 || task.process.continueNotice;
}

/** Sets the mask of a thread (SIGKILL and SIGSTOP cannot be blocked). */
export function setMask(task: Task, low: number, high: number): void {
  task.maskLow = low & ~(maskBit(SIGKILL) | maskBit(19));
  task.maskHigh = high;
  recalcPending(task);
  // What this thread no longer takes may fit another one, and the other way round: both look again.
  if (!task.process.pending.empty) retarget(task.process);
}

/** Threads that can take a signal pending for the group are told. */
export function retarget(process: Process): void {
  for (const task of process.tasks) {
    if (task.state === "dead") continue;
    recalcPending(task);
    if (task.signalPending) task.wakeForSignal(false);
  }
}

/**
 * Sends a signal to a thread (`Task`) or to a thread group (`Process`). 0, or -EAGAIN when a queued signal finds no room.
 * Permission is the caller's business (permission.ts).
 */
export function sendSignal(target: Task | Process, info: SignalInfo): number {
  const shared = target instanceof Process;
  const process = shared ? target : target.process;
  const { signo } = info;
  if (process.isInit || process.state === "zombie" || process.state === "dead") return 0;
  if (!shared && target.state === "dead") return -ESRCH;
  const task = shared ? process.anyTask : target;
  if (task === undefined) return 0;

  if (signo <= 32 && (STOP_SIGNALS & maskBit(signo)) !== 0) discardEverywhere(process, maskBit(SIGCONT));
  else if (signo === SIGCONT) {
    discardEverywhere(process, STOP_SIGNALS);
    continueGroup(process);
  }
  if (!isBlocked(task, signo) && task.handlers.ignores(signo) && signo !== SIGKILL) return 0;

  const pending = shared ? process.pending : task.pending;
  if (signo < SIGRTMIN && pending.has(signo)) return 0;
  const quota = process.instance.pids.user(task.credentials.uid).signals;
  // Signals that the kernel makes, and kill(2)'s standard ones, always get through.
  const always = signo < SIGRTMIN && info.code >= 0;
  if (signo === SIGKILL) pending.mark(signo);
  else if (always || quota.count < process.rlimits[RLIMIT_SIGPENDING].cur) pending.add(info, quota);
  else if (signo >= SIGRTMIN && info.code !== SI_USER) return -EAGAIN;
  else pending.mark(signo);

  announce(process);
  const taker = shared ? chooseTask(process, signo) : target;
  if (taker !== undefined && (signo === SIGKILL || !isBlocked(taker, signo))) {
    taker.signalPending = true;
    taker.wakeForSignal(signo === SIGKILL);
  }
  if (shared) { for (const other of process.tasks) recalcPending(other); }
  return 0;
}

/** Wakes those who wait for signals without taking them by a handler. */
function announce(process: Process): void {
  process.signalQueue.wake();
  for (const queue of signalWatchers) queue.wake();
}

/** The thread that shall take a signal of the group: the leader if it can, else one that can and has nothing to do yet. */
function chooseTask(process: Process, signo: number): Task | undefined {
  let found: Task | undefined;
  for (const task of process.tasks) {
    if (task.state === "dead" || (signo !== SIGKILL && isBlocked(task, signo))) continue;
    if (task === process.leader && !task.signalPending) return task;
    if (found === undefined || (found.signalPending && !task.signalPending)) found = task;
  }
  return found;
}

function discardEverywhere(process: Process, low: number): void {
  process.pending.discard(low, 0);
  for (const task of process.tasks) {
    task.pending.discard(low, 0);
    recalcPending(task);
  }
}

/** To every process of a group. 0 when at least one got it, -ESRCH without such a group. */
export function sendToGroup(instance: Instance, pgid: number, info: SignalInfo): number {
  const group = instance.pids.group(pgid);
  if (group === undefined) return -ESRCH;
  for (const process of [...group]) sendSignal(process, info);
  return 0;
}

/**
 * A signal that cannot be put off (a fault of the running instruction): if the thread blocks or ignores it, it is
 * unblocked and gets its default action.
 */
export function forceSignal(task: Task, info: SignalInfo): void {
  const { signo } = info;
  const blocked = isBlocked(task, signo);
  if (blocked || task.handlers.actions[signo].handler === SIG_IGN) {
    task.handlers.actions[signo] = DEFAULT_ACTION;
    if (blocked) {
      if (signo > 32) task.maskHigh &= ~maskBit(signo);
      else task.maskLow &= ~maskBit(signo);
    }
  }
  if (signo < SIGRTMIN && task.pending.has(signo)) task.pending.discard(maskBit(signo), 0);
  task.pending.add(info);
  recalcPending(task);
}

/** The signal frame could not be written or read: SIGSEGV, and death if it was SIGSEGV's own frame. */
export function forceSegv(task: Task, failed: number): void {
  if (failed === SIGSEGV) task.handlers.actions[SIGSEGV] = DEFAULT_ACTION;
  forceSignal(task, kernelSignal(SIGSEGV));
}

/** After rt_sigaction made signals ignored: pending ones of that kind are dropped. */
export function discardIgnored(process: Process, signo: number): void {
  if (signo < 1 || signo > NSIG) return;
  const low = signo > 32 ? 0 : maskBit(signo), high = signo > 32 ? maskBit(signo) : 0;
  process.pending.discard(low, high);
  for (const task of process.tasks) {
    task.pending.discard(low, high);
    recalcPending(task);
  }
}

/** Handler of the signal is the default. */
export function isDefault(task: Task, signo: number): boolean {
  return task.handlers.actions[signo].handler === SIG_DFL;
}
