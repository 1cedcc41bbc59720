// What a pending signal does before its task goes back to guest code: nothing, stop, death, or a handler.

import type { Task } from "../task/task.ts";
import { exitGroup } from "../task/exit.ts";
import { isOrphaned, stopGroup, tellContinued } from "../task/job_control.ts";
import { RLIMIT_CORE } from "../task/rlimits.ts";
import { interruptForHandler, interruptWithoutHandler } from "../syscalls/dispatch.ts";
import { pushSignalFrame } from "./frame.ts";
import { DEFAULT_ACTION } from "./handlers.ts";
import {
  defaultAction,
  maskBit,
  SA_NODEFER,
  SA_RESETHAND,
  SIG_DFL,
  SIG_IGN,
  SIGCONT,
  SIGKILL,
  SIGSTOP,
} from "./numbers.ts";
import { forceSegv, recalcPending, setMask } from "./send.ts";
import { takeSignal } from "./take.ts";

/**
 * Acts on pending signals until a handler is set up or none is left. Afterwards `task.state` tells whether it goes on.
 */
export function deliverSignals(task: Task): void {
  const { process } = task;
  if (process.continueNotice) tellContinued(process);
  while (true) {
    if (process.state === "stopped") {
      task.stop();
      return;
    }
    const info = takeSignal(task, task.maskLow, task.maskHigh);
    if (info === undefined) break;
    const { signo } = info;
    const action = task.handlers.actions[signo];
    if (action.handler === SIG_IGN && signo !== SIGKILL) continue;
    if (action.handler !== SIG_DFL && signo !== SIGKILL) {
      interruptForHandler(task, action.flags);
      const low = task.savedMask?.low ?? task.maskLow, high = task.savedMask?.high ?? task.maskHigh;
      task.instance.trace?.signal?.(task, info);
      if (!pushSignalFrame(task, info, action, low, high)) {
        forceSegv(task, signo);
        continue;
      }
      task.savedMask = undefined;
      if ((action.flags & SA_RESETHAND) !== 0) task.handlers.actions[signo] = DEFAULT_ACTION;
      const own = (action.flags & SA_NODEFER) !== 0 ? 0 : maskBit(signo);
      setMask(
        task,
        task.maskLow | action.maskLow | (signo > 32 ? 0 : own),
        task.maskHigh | action.maskHigh | (signo > 32 ? own : 0),
      );
      // Further signals get their frames on top of this one, as in Linux.
      continue;
    }
    switch (defaultAction(signo)) {
      case "ignore":
      case "continue":
        continue;
      case "stop":
        // A stop from the terminal does not stop what nobody could continue.
        if (signo !== SIGSTOP && isOrphaned(task.instance, process.pgid)) continue;
        if (process.pending.has(SIGCONT)) continue;
        task.instance.trace?.signal?.(task, info);
        stopGroup(process, signo);
        recalcPending(task);
        return;
      case "core":
        task.instance.trace?.signal?.(task, info);
        exitGroup(task, signo | (process.rlimits[RLIMIT_CORE].cur > 0 && process.dumpable === 1 ? 0x80 : 0));
        return;
      default:
        task.instance.trace?.signal?.(task, info);
        exitGroup(task, signo);
        return;
    }
  }
  recalcPending(task);
  interruptWithoutHandler(task);
}
