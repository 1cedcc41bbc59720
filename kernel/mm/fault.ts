// What happens when a page is not there, or not there for this access? (Demand paging, copy on write, stack growth.)

import { stats } from "../trace/stats.ts";
import { type Access, EXEC, READ, WRITE } from "../../translator/env.ts";
import { I32, PAGE_SHIFT, PAGE_SIZE, U8 } from "../../translator/ram.ts";
import { ENOMEM } from "../abi/errno.ts";
import { frames } from "./frames.ts";
import type { Mm } from "./mm.ts";
import { PTE_ANON, PTE_EXEC, PTE_READ, PTE_RIGHTS, PTE_SHARED, PTE_WRITE } from "./page_table.ts";
import { fillData, flushPage } from "./tlb.ts";
import { PROT_EXEC, PROT_WRITE, VM_GROWSDOWN, VM_LOCKED, VM_SHARED, type Vma } from "./vma.ts";

/** Results of {@link handleFault} that are no page-table entry. */
export const FAULT_MAPERR = -1, FAULT_ACCERR = -2, FAULT_BUS = -3, FAULT_OOM = -4;

/** Pages that stay free below a growing stack (Linux: stack_guard_gap, 1 MiB). */
export const STACK_GUARD_BYTES = 256 * PAGE_SIZE;

/** PTE_READ and PTE_EXEC as `prot` gives them: on x86 whatever is mapped at all can be read. */
export function readRights(prot: number): number {
  return prot === 0 ? 0 : (prot & PROT_EXEC) !== 0 ? PTE_READ | PTE_EXEC : PTE_READ;
}

/**
 * Makes the page of user address `va` present for `access`. Returns its page-table entry (> 0) or FAULT_*. The TLB holds nothing stale
 * afterwards, but is not filled.
 */
export function handleFault(mm: Mm, va: number, access: Access): number {
  stats.pageFaults++;
  const vma = mm.vmas.findAbove(va);
  if (vma === undefined) return FAULT_MAPERR;
  if (vma.start > va && ((vma.flags & VM_GROWSDOWN) === 0 || !growStack(mm, vma, va))) return FAULT_MAPERR;
  const prot = vma.prot;
  if (
    access === WRITE ? (prot & PROT_WRITE) === 0 : access === EXEC ? (prot & PROT_EXEC) === 0 : prot === 0
  ) {
    return FAULT_ACCERR;
  }
  const slot = mm.table.makeSlot(va);
  if (slot === 0) return FAULT_OOM;
  mm.minorFaults++;
  const rights = readRights(prot);
  if ((vma.flags & VM_SHARED) !== 0) return faultShared(mm, vma, va, access, slot, rights);
  const old = I32[slot];
  if (old !== 0) {
    if (access === WRITE) return copyOnWrite(mm, va, slot, old, rights);
    return I32[slot] = (old & ~PTE_RIGHTS) | rights;
  }
  return vma.file === undefined && vma.shm === undefined
    ? faultAnonymous(mm, va, access, slot, rights)
    : faultPrivateFile(mm, vma, va, access, slot, rights);
}

function faultAnonymous(mm: Mm, va: number, access: Access, slot: number, rights: number): number {
  if (access !== WRITE) {
    const zero = frames.zeroFrame;
    frames.counts[zero]++;
    return I32[slot] = (zero << PAGE_SHIFT) | rights;
  }
  const frame = frames.allocateAt(mm.claims.place(va), true);
  if (frame === 0) return FAULT_OOM;
  mm.rssAnon++;
  return I32[slot] = (frame << PAGE_SHIFT) | rights | PTE_WRITE | PTE_ANON;
}

function faultPrivateFile(
  mm: Mm,
  vma: Vma,
  va: number,
  access: Access,
  slot: number,
  rights: number,
): number {
  const source = vma.mapPage(va, false);
  if (source <= 0) return source === 0 || source === -ENOMEM ? FAULT_OOM : FAULT_BUS;
  if (access !== WRITE) {
    mm.rssFile++;
    return I32[slot] = (source << PAGE_SHIFT) | rights;
  }
  const frame = frames.allocateAt(mm.claims.place(va), false);
  if (frame === 0) {
    frames.release(source);
    return FAULT_OOM;
  }
  U8.copyWithin(frame << PAGE_SHIFT, source << PAGE_SHIFT, (source + 1) << PAGE_SHIFT);
  frames.release(source);
  mm.rssAnon++;
  return I32[slot] = (frame << PAGE_SHIFT) | rights | PTE_WRITE | PTE_ANON;
}

/** The first write to a private page that may be somebody else's, too. */
function copyOnWrite(mm: Mm, va: number, slot: number, old: number, rights: number): number {
  const source = old >>> PAGE_SHIFT;
  if ((old & PTE_ANON) !== 0 && frames.counts[source] === 1) {
    return I32[slot] = (source << PAGE_SHIFT) | rights | PTE_WRITE | PTE_ANON;
  }
  let frame: number;
  if (source === frames.zeroFrame) {
    frame = frames.allocateAt(mm.claims.place(va), true);
    if (frame === 0) return FAULT_OOM;
    mm.rssAnon++;
  } else {
    frame = frames.allocateAt(mm.claims.place(va), false);
    if (frame === 0) return FAULT_OOM;
    stats.copiesOnWrite++;
    U8.copyWithin(frame << PAGE_SHIFT, source << PAGE_SHIFT, (source + 1) << PAGE_SHIFT);
    if ((old & PTE_ANON) === 0) {
      mm.rssFile--;
      mm.rssAnon++;
    }
  }
  flushPage(mm.tlb, va, old);
  frames.release(source);
  return I32[slot] = (frame << PAGE_SHIFT) | rights | PTE_WRITE | PTE_ANON;
}

/**
 * Shared pages get the right to write at the first write only: so the file system hears of it (dirty page, copy up)
 * and may hand out another frame then.
 */
function faultShared(mm: Mm, vma: Vma, va: number, access: Access, slot: number, rights: number): number {
  const frame = vma.mapPage(va, access === WRITE);
  if (frame <= 0) return frame === 0 || frame === -ENOMEM ? FAULT_OOM : FAULT_BUS;
  const old = I32[slot];
  if (old !== 0) {
    if (old >>> PAGE_SHIFT !== frame) flushPage(mm.tlb, va, old);
    frames.release(old >>> PAGE_SHIFT);
  } else if (vma.shm !== undefined) mm.rssShmem++;
  else mm.rssFile++;
  // Memory without a file has nobody to tell: it is writable at once where the VMA is.
  const writable = access === WRITE || vma.shm !== undefined && (vma.prot & PROT_WRITE) !== 0;
  return I32[slot] = (frame << PAGE_SHIFT) | rights | PTE_SHARED | (writable ? PTE_WRITE : 0);
}

/** Extends the stack `vma` down to the page of `va`, if limits and the guard gap allow it. */
function growStack(mm: Mm, vma: Vma, va: number): boolean {
  const start = va - va % PAGE_SIZE;
  if (start < 65536) return false;
  const index = mm.vmas.indexAt(va);
  const below = index > 0 ? mm.vmas.list[index - 1] : undefined;
  if (
    below !== undefined && (below.flags & VM_GROWSDOWN) === 0 && below.prot !== 0 &&
    start - below.end < STACK_GUARD_BYTES
  ) return false;
  const pages = (vma.start - start) / PAGE_SIZE;
  if (vma.end - start > mm.limit("stack")) return false;
  if ((mm.totalVm + pages) * PAGE_SIZE > mm.limit("as")) return false;
  if ((vma.flags & VM_LOCKED) !== 0) mm.lockedVm += pages;
  vma.start = start;
  mm.totalVm += pages;
  mm.stackVm += pages;
  return true;
}

/** Makes all pages of [start, end) present, for writing where they are private and writable. Stops at the first failure. */
export function populate(mm: Mm, start: number, end: number): number {
  for (let va = start; va < end;) {
    const vma = mm.vmas.find(va);
    if (vma === undefined) return FAULT_MAPERR;
    const access = (vma.prot & PROT_WRITE) !== 0 && (vma.flags & VM_SHARED) === 0 ? WRITE : READ;
    const stop = Math.min(end, vma.end);
    if (vma.prot === 0) return FAULT_ACCERR;
    for (; va < stop; va += PAGE_SIZE) {
      const pte = mm.table.get(va);
      if ((pte & (access === WRITE ? PTE_WRITE : PTE_READ)) !== 0) continue;
      const result = handleFault(mm, va, access);
      if (result < 0) return result;
    }
  }
  return 0;
}

/** Gaps between extents that are filled have so many pages at the most. */
const MOST_GAP = 64;

/**
 * Translated code goes back and forth between extents (translator/env.ts): makes the untouched pages between neighbours present, where the program may
 * write to them, so that they become one. As with transparent huge pages, more memory is resident then.
 */
export function fillGaps(mm: Mm): void {
  for (const [first, end] of mm.tlb.writable.gaps(MOST_GAP)) {
    if (frames.free < 4 * MOST_GAP) return;
    if (!mayFill(mm, first * PAGE_SIZE, end * PAGE_SIZE)) continue;
    for (let page = first; page < end; page++) {
      const va = page * PAGE_SIZE;
      const pte = handleFault(mm, va, WRITE);
      if (pte < 0) return;
      fillData(mm.tlb, va, pte);
    }
  }
}

function mayFill(mm: Mm, start: number, end: number): boolean {
  for (let va = start; va < end;) {
    const vma = mm.vmas.find(va);
    if (vma === undefined || (vma.flags & VM_SHARED) !== 0) return false;
    if ((vma.prot & (PROT_WRITE | PROT_EXEC)) !== PROT_WRITE) return false;
    va = vma.end;
  }
  return true;
}
