// Job control: stopping and continuing processes, orphaned process groups, and what the end of a session leader does.

import type { Instance } from "../session/instance.ts";
import { kernelSignal } from "../signal/info.ts";
import {
  CLD_CONTINUED,
  CLD_STOPPED,
  SA_NOCLDSTOP,
  SIG_IGN,
  SIGCHLD,
  SIGCONT,
  SIGHUP,
} from "../signal/numbers.ts";
import { sendSignal, sendToGroup } from "../signal/send.ts";
import type { ControllingTty, Process, Session } from "./process.ts";

/**
 * Whether a process group is orphaned: no member has a parent outside the group but in the same session. Nobody could
 * continue it, so terminal stops do not stop it. `leaving` is counted as gone already.
 */
export function isOrphaned(instance: Instance, pgid: number, leaving?: Process): boolean {
  for (const process of instance.pids.group(pgid) ?? []) {
    if (process === leaving || process.state === "zombie" || process.parent.isInit) continue;
    if (process.parent.pgid !== pgid && process.parent.session === process.session) return false;
  }
  return true;
}

function hasStopped(instance: Instance, pgid: number): boolean {
  for (const process of instance.pids.group(pgid) ?? []) if (process.state === "stopped") return true;
  return false;
}

/**
 * `process` ends or leaves its group, or its parent `parent` does: a group that loses its last link to the session by
 * that, with stopped members, gets SIGHUP and SIGCONT.
 */
export function hangUpIfNewlyOrphaned(process: Process, parent: Process | undefined): void {
  const { instance, pgid } = process;
  const other = parent ?? process.parent;
  const leaving = parent === undefined ? process : undefined;
  if (other.pgid === pgid || other.session !== process.session) return;
  if (!isOrphaned(instance, pgid, leaving) || !hasStopped(instance, pgid)) return;
  sendToGroup(instance, pgid, kernelSignal(SIGHUP));
  sendToGroup(instance, pgid, kernelSignal(SIGCONT));
}

/** All threads of the process stop. `signo` is told to the parent. */
export function stopGroup(process: Process, signo: number): void {
  process.state = "stopped";
  process.stopSignal = signo;
  process.stopUnreported = true;
  process.continueUnreported = process.continueNotice = false;
  for (const task of process.tasks) task.stop();
  notifyParentOfStop(process, CLD_STOPPED, signo);
}

/** SIGCONT was sent: threads go on, whatever the signal's action. */
export function continueGroup(process: Process): void {
  if (process.state !== "stopped") return;
  process.state = "running";
  process.stopUnreported = false;
  process.continueUnreported = true;
  process.continueNotice = true;
  for (const task of process.tasks) {
    task.signalPending = true;
    task.resume();
  }
}

/** A thread of a continued process runs: now its parent is told. */
export function tellContinued(process: Process): void {
  process.continueNotice = false;
  notifyParentOfStop(process, CLD_CONTINUED, SIGCONT);
}

function notifyParentOfStop(process: Process, code: number, status: number): void {
  const { parent } = process;
  const receiver = parent.anyTask;
  if (receiver !== undefined) {
    const action = receiver.handlers.actions[SIGCHLD];
    if (action.handler !== SIG_IGN && (action.flags & SA_NOCLDSTOP) === 0) {
      sendSignal(parent, childSignal(process, code, status));
    }
  }
  parent.childWait.wake();
}

/** SIGCHLD's siginfo. Times are in clock ticks of 10 ms. */
export function childSignal(process: Process, code: number, status: number, signo = SIGCHLD) {
  return {
    signo,
    code,
    pid: process.pid,
    uid: process.leader.credentials.uid,
    status,
    utime: Math.floor(process.userNs / 10_000_000),
    stime: Math.floor(process.systemNs / 10_000_000),
  };
}

/** The leader of a session ends or gives its terminal up (TIOCNOTTY): the foreground group is hung up. */
export function disassociateTty(instance: Instance, session: Session): void {
  const { tty } = session;
  if (tty === undefined) return;
  const foreground = tty.foregroundPgid;
  if (foreground > 0) {
    sendToGroup(instance, foreground, kernelSignal(SIGHUP));
    sendToGroup(instance, foreground, kernelSignal(SIGCONT));
  }
  releaseTty(session);
}

/** Breaks the link between session and terminal without a signal. */
export function releaseTty(session: Session): void {
  const { tty } = session;
  if (tty === undefined) return;
  session.tty = undefined;
  tty.session = undefined;
  tty.foregroundPgid = 0;
}

/** TIOCSCTTY, or the first open by a session leader without a terminal. */
export function setControllingTty(process: Process, tty: ControllingTty): void {
  process.session.tty = tty;
  tty.session = process.session;
  tty.foregroundPgid = process.pgid;
}
