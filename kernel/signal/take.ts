// Which pending signal is next for a task: for delivery, sigtimedwait and signalfd.

import type { Task } from "../task/task.ts";
import type { SignalInfo } from "./info.ts";
import { maskBit, SIGKILL } from "./numbers.ts";

/** Takes the next signal that the task does not block: its own ones before the group's. */
export function takeSignal(task: Task, maskLow: number, maskHigh: number): SignalInfo | undefined {
  const shared = task.process.pending;
  // SIGKILL goes before everything, wherever it was sent.
  if (((task.pending.low | shared.low) & maskBit(SIGKILL)) !== 0) {
    const from = task.pending.has(SIGKILL) ? task.pending : shared;
    return from.take(SIGKILL);
  }
  let from = task.pending;
  let signo = from.next(maskLow, maskHigh);
  if (signo === 0) {
    from = shared;
    signo = from.next(maskLow, maskHigh);
    if (signo === 0) return undefined;
  }
  const info = from.take(signo);
  if (info.timerId !== undefined) task.process.posixTimers.get(info.timerId)?.delivered(info);
  return info;
}
