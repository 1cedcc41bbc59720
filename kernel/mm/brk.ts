// brk(2): how does the heap grow and shrink?

import { PAGE_SIZE } from "../../translator/ram.ts";
import { STACK_GUARD_BYTES } from "./fault.ts";
import { TASK_SIZE } from "./layout.ts";
import { mapRange, mayExpand, pageAlign, removeRange } from "./mmap.ts";
import type { Mm } from "./mm.ts";
import { floorOf, PROT_READ, PROT_WRITE } from "./vma.ts";

/** Moves the end of the heap to `address`. Returns the end as it is then: unchanged when it cannot be moved. */
export function brk(mm: Mm, address: number): number {
  if (address < mm.startBrk || address > TASK_SIZE) return mm.brk;
  if (address - mm.startBrk + (mm.endData - mm.startData) > mm.limit("data")) return mm.brk;
  const oldEnd = pageAlign(mm.brk), newEnd = pageAlign(address);
  if (newEnd < oldEnd) removeRange(mm, newEnd, oldEnd);
  else if (newEnd > oldEnd) {
    const next = mm.vmas.findAbove(oldEnd);
    if (next !== undefined && floorOf(next, STACK_GUARD_BYTES) < newEnd + PAGE_SIZE) return mm.brk;
    const rights = PROT_READ | PROT_WRITE;
    if (mayExpand(mm, (newEnd - oldEnd) / PAGE_SIZE, rights, mm.defaultFlags) < 0) return mm.brk;
    mapRange(mm, oldEnd, newEnd - oldEnd, rights, mm.defaultFlags, undefined, undefined, 0);
  }
  return mm.brk = address;
}
