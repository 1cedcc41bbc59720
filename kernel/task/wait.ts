// Which child's change of state a wait4 or waitid gets, and when it has to sleep.

import { ECHILD } from "../abi/errno.ts";
import { CLD_CONTINUED, CLD_STOPPED, SIGCHLD, SIGCONT } from "../signal/numbers.ts";
import { describeExit, reapProcess } from "./exit.ts";
import type { Process } from "./process.ts";
import { type Rusage, usageWithChildren } from "./rusage.ts";
import type { Task } from "./task.ts";

export const WNOHANG = 1, WUNTRACED = 2, WSTOPPED = 2, WEXITED = 4, WCONTINUED = 8, WNOWAIT = 0x0100_0000;
export const __WNOTHREAD = 0x2000_0000, __WALL = 0x4000_0000, __WCLONE = 0x8000_0000 | 0;

/** What a child did. `status` is wait(2)'s encoding, `code` and `value` are siginfo's. */
export interface ChildEvent {
  readonly pid: number;
  readonly uid: number;
  readonly status: number;
  readonly code: number;
  readonly value: number;
  readonly usage: Rusage;
}

function eligible(child: Process, task: Task, options: number): boolean {
  if ((options & __WNOTHREAD) !== 0 && child.parentTask !== task) return false;
  if ((options & __WALL) !== 0) return true;
  return (child.exitSignal !== SIGCHLD) === ((options & __WCLONE) !== 0);
}

/**
 * The first event of a child that `matches`, consumed unless WNOWAIT; undefined when there are such children but no
 * event; -ECHILD when there are none.
 */
export function waitChild(
  task: Task,
  matches: (child: Process) => boolean,
  options: number,
): ChildEvent | undefined | number {
  let any = false;
  for (const child of task.process.children) {
    if (!matches(child) || !eligible(child, task, options)) continue;
    any = true;
    const event = take(child, options);
    if (event !== undefined) return event;
  }
  return any ? undefined : -ECHILD;
}

function take(child: Process, options: number): ChildEvent | undefined {
  const keep = (options & WNOWAIT) !== 0;
  const common = { pid: child.pid, uid: child.leader.credentials.uid };
  if (child.state === "zombie" && (options & WEXITED) !== 0) {
    const { code, status: value } = describeExit(child.exitCode);
    const event = { ...common, status: child.exitCode, code, value, usage: usageWithChildren(child) };
    if (!keep) reapProcess(child);
    return event;
  }
  if (child.stopUnreported && child.state === "stopped" && (options & WSTOPPED) !== 0) {
    if (!keep) child.stopUnreported = false;
    const value = child.stopSignal;
    return {
      ...common,
      status: (value << 8) | 0x7f,
      code: CLD_STOPPED,
      value,
      usage: usageWithChildren(child),
    };
  }
  if (child.continueUnreported && (options & WCONTINUED) !== 0) {
    if (!keep) child.continueUnreported = false;
    return {
      ...common,
      status: 0xffff,
      code: CLD_CONTINUED,
      value: SIGCONT,
      usage: usageWithChildren(child),
    };
  }
  return undefined;
}
