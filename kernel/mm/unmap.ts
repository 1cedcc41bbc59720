// How do pages leave an address space?

import { I32, PAGE_SHIFT, PAGE_SIZE } from "../../translator/ram.ts";
import { frames } from "./frames.ts";
import type { Mm } from "./mm.ts";
import { PTE_ANON, PTE_EXEC } from "./page_table.ts";
import { SharedMemory } from "./shared_memory.ts";
import { execHooks, flushAll, flushPage } from "./tlb.ts";
import type { Vma } from "./vma.ts";

/** Above this many pages the TLBs are emptied as a whole. */
const FLUSH_ALL_PAGES = 1024;

/**
 * Drops all pages in [start, end) of one or more VMAs (which must still be listed, or be given, for the counters). What is shared
 * stays with its object, what is private is lost.
 */
export function unmapPages(mm: Mm, start: number, end: number, vma?: Vma): void {
  const pieces = vma === undefined ? vmasIn(mm, start, end) : [vma];
  const everything = (end - start) / PAGE_SIZE > FLUSH_ALL_PAGES;
  let seenExec = 0;
  for (const piece of pieces) {
    const shared = piece.shm !== undefined;
    mm.table.forEachLeaf(Math.max(start, piece.start), Math.min(end, piece.end), (slot, count, va) => {
      for (let i = 0; i < count; i++) {
        const pte = I32[slot + i];
        if (pte === 0) continue;
        I32[slot + i] = 0;
        seenExec |= pte;
        if (!everything) flushPage(mm.tlb, va + i * PAGE_SIZE, pte);
        const frame = pte >>> PAGE_SHIFT;
        if ((pte & PTE_ANON) !== 0) mm.rssAnon--;
        else if (shared) mm.rssShmem--;
        else if (frame !== frames.zeroFrame) mm.rssFile--;
        frames.release(frame);
      }
    });
  }
  if (everything) flushAll(mm.tlb);
  if ((seenExec & PTE_EXEC) !== 0) execHooks.flushed(mm.tlbWords);
}

function vmasIn(mm: Mm, start: number, end: number): Vma[] {
  const list = mm.vmas.list;
  const found: Vma[] = [];
  for (let i = mm.vmas.indexAt(start); i < list.length && list[i].start < end; i++) found.push(list[i]);
  return found;
}

/** Pages of the file or object behind `[start, end)` that are in memory: for SharedMemory only what was touched. */
export function backingResident(vma: Vma, va: number): boolean {
  if (vma.shm instanceof SharedMemory) {
    return vma.shm.has(Math.floor((vma.offset + va - vma.start) / PAGE_SIZE));
  }
  return vma.file !== undefined;
}
