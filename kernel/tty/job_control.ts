// May this process use the terminal now, and which terminal is whose? (Sending the signals is kernel/signal's.)

import { EIO, EPERM, ERESTARTSYS } from "../abi/errno.ts";
import { O_NOCTTY, O_WRONLY } from "../ipc/modes.ts";
import type { Instance } from "../session/instance.ts";
import { kernelSignal } from "../signal/info.ts";
import { SIG_IGN, SIGTTIN, SIGTTOU } from "../signal/numbers.ts";
import { isBlocked, sendToGroup } from "../signal/send.ts";
import { current } from "../task/current.ts";
import { isOrphaned } from "../task/job_control.ts";
import type { Task } from "../task/task.ts";
import { Timer } from "../time/timer_queue.ts";
import type { TtyKernel } from "./driver.ts";
import type { Tty } from "./tty.ts";

export { SIGTTIN, SIGTTOU };

const CAP_SYS_ADMIN = 21;

export function isTtyAdmin(task: Task): boolean {
  return Math.floor(task.credentials.capEffective / 2 ** CAP_SYS_ADMIN) % 2 === 1;
}

/**
 * Called before the current task reads from its controlling terminal (SIGTTIN), or changes it or writes to it (SIGTTOU).
 * 0: go on. -ERESTARTSYS: its group was sent the signal. -EIO: nobody could continue it.
 */
export function checkJobControl(tty: Tty, signo: number): number {
  const task = current.task;
  if (task === undefined) return 0;
  const { process } = task;
  if (tty.session === undefined || process.session !== tty.session) return 0;
  if (tty.foregroundPgid === 0 || process.pgid === tty.foregroundPgid) return 0;
  if (isBlocked(task, signo) || task.handlers.actions[signo].handler === SIG_IGN) {
    return signo === SIGTTIN ? -EIO : 0;
  }
  if (isOrphaned(task.instance, process.pgid)) return -EIO;
  sendToGroup(task.instance, process.pgid, kernelSignal(signo));
  return -ERESTARTSYS;
}

/** open(2) of a terminal: a session leader without a controlling terminal gets it, unless O_NOCTTY. */
export function takeOnOpen(tty: Tty, flags: number): void {
  const process = current.task?.process;
  if (process === undefined || (flags & O_NOCTTY) !== 0 || (flags & 3) === O_WRONLY) return;
  const { session } = process;
  if (session.leader !== process || session.tty !== undefined || tty.session !== undefined) return;
  tty.attach(session, process.pgid);
}

/** TIOCSCTTY. `steal`: the argument 1, which the privileged may use to take a terminal from another session. */
export function setControlling(tty: Tty, task: Task, steal: boolean): number {
  const { process } = task, { session } = process;
  if (session.leader === process && session === tty.session) return 0;
  if (session.leader !== process || session.tty !== undefined) return -EPERM;
  if (tty.session !== undefined) {
    if (!steal || !isTtyAdmin(task)) return -EPERM;
    tty.detach();
  }
  tty.attach(session, process.pgid);
  return 0;
}

/** The kernel as the terminals of `instance` see it. */
export function ttyKernel(instance: Instance): TtyKernel {
  return {
    signalGroup: (pgid, signo) => void sendToGroup(instance, pgid, kernelSignal(signo)),
    nowNs: () => instance.clock.monotonicNs(),
    at: (deadlineNs, callback) => instance.scheduler.timers.arm(new Timer(callback), deadlineNs),
  };
}
