// What execve does to the process besides its memory (kernel/exec/execve.ts has that): other threads end, handlers and
// per-program state are reset.

import { SS_DISABLE } from "../signal/frame.ts";
import { SIGCHLD } from "../signal/numbers.ts";
import { exitTask, leaveMemory } from "./exit.ts";
import type { Task } from "./task.ts";

/**
 * All other threads of the process end, and the caller becomes its leader, with the leader's number. Called when nothing
 * can fail any more.
 */
export function deThread(task: Task): void {
  const { process, instance } = task;
  for (const other of [...process.tasks]) if (other !== task) exitTask(other, 0);
  if (process.leader === task) return;
  instance.pids.tasks.delete(task.tid);
  task.tid = process.pid;
  process.leader = task;
  instance.pids.tasks.set(task.tid, task);
}

/**
 * Before the old memory is let go: futexes and joiners are told, a vfork parent goes on, other threads end. Then the caller
 * may replace `task.mm` and `task.memory`, and release the old memory.
 */
export function beginExec(task: Task): void {
  deThread(task);
  leaveMemory(task);
}

/** After the new memory is in place: signal handlers, alternate stack, timers, name. CLOEXEC is the caller's. */
export function finishExec(task: Task, comm: string): void {
  const { process } = task;
  if (task.handlers.references > 1) {
    const own = task.handlers.copy();
    task.handlers.release();
    task.handlers = own;
  }
  task.handlers.resetForExec();
  task.altStack = { address: 0, size: 0, flags: SS_DISABLE };
  task.robustList = 0;
  task.clearChildTid = 0;
  task.savedMask = undefined;
  task.keepCaps = false;
  process.exitSignal = SIGCHLD;
  process.execed = true;
  for (const timer of process.posixTimers.values()) timer.cancel();
  process.posixTimers.clear();
  task.comm = comm;
}
