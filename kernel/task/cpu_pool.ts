// Memory for CPU states: two to a frame, used again when a task ends.

import { CPU_BYTES } from "../../translator/cpu.ts";
import { I32, PAGE_SIZE } from "../../translator/ram.ts";
import { frames } from "../mm/frames.ts";

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
