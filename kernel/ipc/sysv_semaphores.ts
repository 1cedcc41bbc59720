// A System V semaphore set, what is done to it at once (semop), and what is undone when a process ends.

import { EAGAIN, ERANGE } from "../abi/errno.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { IPC_NOWAIT, IpcObject, nowSeconds } from "./sysv.ts";

export const SEM_UNDO = 0x1000;
export const SEMVMX = 32767;
/** SEMAEM */
const MAX_ADJUSTMENT = 32767;

/** struct sembuf */
export interface SemaphoreOperation {
  readonly index: number;
  readonly change: number;
  readonly flags: number;
}

/** An operation that a task waits for. */
export interface SemaphoreWait {
  readonly index: number;
  readonly forZero: boolean;
}

export class SemaphoreSet extends IpcObject {
  readonly values: Uint16Array;
  /** Who changed each last. */
  readonly pids: Int32Array;
  otime = 0;
  readonly waits: Set<SemaphoreWait> = new Set();
  /** Processes that have something to undo here. */
  readonly undoers: Set<Process> = new Set();

  constructor(task: Task, flags: number, count: number) {
    super(task, flags);
    this.values = new Uint16Array(count);
    this.pids = new Int32Array(count);
  }

  /** Does all operations (0) or none: a negative errno, or the operation to wait for. */
  perform(task: Task, operations: readonly SemaphoreOperation[]): number | SemaphoreWait {
    const { process } = task, before = this.values.slice();
    const adjustments = process.semaphoreUndo?.get(this);
    const undo = adjustments === undefined ? new Int32Array(this.values.length) : adjustments.slice();
    let undoing = false;
    for (const { index, change, flags } of operations) {
      const value = this.values[index]!, next = value + change;
      if (change === 0 ? value !== 0 : next < 0) {
        this.values.set(before);
        return flags & IPC_NOWAIT ? -EAGAIN : { index, forZero: change === 0 };
      }
      if (flags & SEM_UNDO) {
        undo[index]! -= change;
        undoing = true;
      }
      if (next > SEMVMX || Math.abs(undo[index]!) > MAX_ADJUSTMENT + (undo[index]! < 0 ? 1 : 0)) {
        this.values.set(before);
        return -ERANGE;
      }
      this.values[index] = next;
    }
    for (const { index } of operations) this.pids[index] = process.pid;
    if (undoing) {
      (process.semaphoreUndo ??= new Map()).set(this, undo);
      this.undoers.add(process);
    }
    this.otime = nowSeconds(task);
    if (operations.some(({ change }) => change !== 0)) this.queue.wake();
    return 0;
  }

  /** SETVAL and SETALL: what processes would undo of these is forgotten. */
  set(task: Task, first: number, values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      this.values[first + i] = values[i]!;
      this.pids[first + i] = task.process.pid;
      for (const process of this.undoers) process.semaphoreUndo!.get(this)![first + i] = 0;
    }
    this.ctime = nowSeconds(task);
    this.queue.wake();
  }

  /** IPC_RMID. */
  forgetUndo(): void {
    for (const process of this.undoers) process.semaphoreUndo!.delete(this);
    this.undoers.clear();
  }
}

/** The process ends: what it did with SEM_UNDO is taken back, as far as values allow. */
export function undoSemaphores(process: Process): void {
  const undo = process.semaphoreUndo;
  if (undo === undefined) return;
  process.semaphoreUndo = undefined;
  for (const [set, adjustments] of undo) {
    set.undoers.delete(process);
    adjustments.forEach((change, index) => {
      if (change === 0) return;
      set.values[index] = Math.max(0, Math.min(SEMVMX, set.values[index]! + change));
      set.pids[index] = process.pid;
    });
    set.otime = process.instance.clock.realtime().sec;
    set.queue.wake();
  }
}
