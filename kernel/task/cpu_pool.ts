// Memory for CPU states: two to a frame, used again when a task ends. The task that runs has its state in RUNNING_CPU.

import { CPU_BYTES, TLB } from "../../translator/cpu.ts";
import { translationsChanged } from "../../translator/env.ts";
import { I32, PAGE_SIZE, RUNNING_CPU } from "../../translator/ram.ts";
import { frames } from "../mm/frames.ts";
import { useTlb } from "../mm/tlb.ts";

const WORDS = CPU_BYTES / 4;
const free: number[] = [];

/** I32 index of a zeroed CPU state; 0 when memory is used up. */
export function allocateCpu(): number {
  const c = free.pop();
  if (c !== undefined) {
    I32.fill(0, c, c + WORDS);
    return c;
  }
  const frame = frames.allocate();
  if (frame === 0) return 0;
  const first = frame * PAGE_SIZE / 4;
  for (let at = first + WORDS; at < first + PAGE_SIZE / 4; at += WORDS) free.push(at);
  return first;
}

/** A CPU state with the registers of `from`. */
export function copyCpu(from: number): number {
  const c = allocateCpu();
  if (c !== 0) I32.copyWithin(c, from, from + WORDS);
  return c;
}

export function releaseCpu(c: number): void {
  if (c !== 0) free.push(c);
}

/** What of a task lies here. */
interface CpuOwner {
  cpu: number;
  readonly savedCpu: number;
}
/** Whose state is in RUNNING_CPU. */
let running: CpuOwner | undefined;

/** Gives the CPU to a task; the one that had it keeps its state elsewhere. */
export function takeCpu(task: CpuOwner): void {
  if (running === task) return;
  if (running !== undefined) {
    I32.copyWithin(running.savedCpu, RUNNING_CPU, RUNNING_CPU + WORDS);
    running.cpu = running.savedCpu;
  }
  running = task;
  translationsChanged();
  I32.copyWithin(RUNNING_CPU, task.savedCpu, task.savedCpu + WORDS);
  const tlb = I32[RUNNING_CPU + 2 * TLB];
  if (tlb !== 0) useTlb(RUNNING_CPU, tlb);
  task.cpu = RUNNING_CPU;
}

/** The task has ended: its state is not needed any more. */
export function leaveCpu(task: CpuOwner): void {
  if (running !== task) return;
  running = undefined;
  task.cpu = task.savedCpu;
}
