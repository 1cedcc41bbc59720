// mremap(2): how does a mapping grow, shrink or move with its pages?

import { I32, PAGE_SIZE } from "../../translator/ram.ts";
import { EAGAIN, EFAULT, EINVAL, ENOMEM, EPERM } from "../abi/errno.ts";
import { MAX_MAP_COUNT, MMAP_MIN_ADDRESS, TASK_SIZE } from "./layout.ts";
import { countPages, freeRange, mapRange, mayExpand, pageAlign, removeRange } from "./mmap.ts";
import type { Mm } from "./mm.ts";
import { PTE_EXEC } from "./page_table.ts";
import { execHooks, flushPage } from "./tlb.ts";
import { VM_LOCKED, VM_SHARED, type Vma } from "./vma.ts";

export const MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2, MREMAP_DONTUNMAP = 4;

export function mremap(
  mm: Mm,
  address: number,
  oldLength: number,
  newLength: number,
  flags: number,
  newAddress: number,
): number {
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) return -EINVAL;
  if (address % PAGE_SIZE !== 0 || oldLength < 0) return -EINVAL;
  const oldSize = pageAlign(oldLength), newSize = pageAlign(newLength);
  if (newSize <= 0 || newSize > TASK_SIZE) return -EINVAL;
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) {
    if (newAddress % PAGE_SIZE !== 0 || !mayMove) return -EINVAL;
    if ((flags & MREMAP_DONTUNMAP) !== 0 && oldSize !== newSize) return -EINVAL;
    if (newAddress < 0 || newAddress > TASK_SIZE - newSize) return -EINVAL;
    if (address + oldSize > newAddress && newAddress + newSize > address) return -EINVAL;
    if (mm.vmas.list.length + 2 >= MAX_MAP_COUNT - 3) return -ENOMEM;
  }
  const vma = mm.vmas.find(address);
  if (vma === undefined) return -EFAULT;
  if ((flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0) {
    return moveTo(mm, address, oldSize, newSize, flags, newAddress);
  }
  if (oldSize >= newSize) {
    if (oldSize > newSize) removeRange(mm, address + newSize, address + oldSize);
    return address;
  }
  const error = checkResize(mm, vma, address, oldSize, newSize);
  if (error < 0) return error;
  if (oldSize === vma.end - address) {
    const end = address + newSize;
    if (end <= TASK_SIZE && !mm.vmas.intersects(vma.end, end)) {
      countPages(mm, vma, (end - vma.end) / PAGE_SIZE);
      const oldEnd = vma.end;
      vma.end = end;
      mm.vmas.mergeRange(oldEnd, end);
      return address;
    }
  }
  if (!mayMove) return -ENOMEM;
  const target = freeRange(mm, newSize);
  return target < 0 ? target : moveMapping(mm, vma, address, oldSize, newSize, target, flags);
}

/** Whether [address, address + oldSize) may become `newSize` long. */
function checkResize(mm: Mm, vma: Vma, address: number, oldSize: number, newSize: number): number {
  if (oldSize === 0 && (vma.flags & VM_SHARED) === 0) return -EINVAL;
  if (oldSize < 0 || oldSize > vma.end - address) return -EFAULT;
  if (newSize === oldSize) return 0;
  const pages = (newSize - oldSize) / PAGE_SIZE;
  if ((vma.flags & VM_LOCKED) !== 0 && (mm.lockedVm + pages) * PAGE_SIZE > mm.limit("memlock")) {
    return -EAGAIN;
  }
  return mayExpand(mm, pages, vma.prot, vma.flags);
}

/** MREMAP_FIXED and MREMAP_DONTUNMAP. */
function moveTo(
  mm: Mm,
  address: number,
  oldSize: number,
  newSize: number,
  flags: number,
  newAddress: number,
): number {
  let target = newAddress;
  const error = checkResize(mm, mm.vmas.find(address)!, address, Math.min(oldSize, newSize), newSize);
  if (error < 0) return error;
  if ((flags & MREMAP_FIXED) !== 0) {
    if (newAddress < MMAP_MIN_ADDRESS) return -EPERM;
    removeRange(mm, newAddress, newAddress + newSize);
  }
  if (oldSize > newSize) {
    removeRange(mm, address + newSize, address + oldSize);
    oldSize = newSize;
  }
  const vma = mm.vmas.find(address)!;
  if ((flags & MREMAP_DONTUNMAP) !== 0 && mayExpand(mm, newSize / PAGE_SIZE, vma.prot, vma.flags) < 0) {
    return -ENOMEM;
  }
  if ((flags & MREMAP_FIXED) === 0) {
    const hint = newAddress - newAddress % PAGE_SIZE;
    const usable = hint >= MMAP_MIN_ADDRESS && hint <= TASK_SIZE - newSize &&
      !mm.vmas.intersects(hint, hint + newSize);
    target = usable ? hint : freeRange(mm, newSize);
    if (target < 0) return target;
  }
  return moveMapping(mm, vma, address, oldSize, newSize, target, flags);
}

/** Moves VMA and pages of [address, address + oldSize) to `target`, where they have room for `newSize` bytes. */
function moveMapping(
  mm: Mm,
  vma: Vma,
  address: number,
  oldSize: number,
  newSize: number,
  target: number,
  flags: number,
): number {
  // Tables first: once pages move, nothing can fail.
  for (let at = 0; at < oldSize; at += PAGE_SIZE) {
    if (mm.table.get(address + at) !== 0 && mm.table.makeSlot(target + at) === 0) return -ENOMEM;
  }
  const offset = vma.backed ? vma.offset + (address - vma.start) : 0;
  mapRange(
    mm,
    target,
    newSize,
    vma.prot,
    vma.flags,
    vma.file?.retain(),
    vma.shm?.retain(),
    offset,
  );
  movePages(mm, address, oldSize, target);
  // An old size of 0 duplicates a shared mapping: the original stays.
  if ((flags & MREMAP_DONTUNMAP) === 0 && oldSize > 0) removeRange(mm, address, address + oldSize);
  return target;
}

function movePages(mm: Mm, from: number, size: number, to: number): void {
  let seen = 0;
  mm.table.forEachLeaf(from, from + size, (slot, count, va) => {
    for (let i = 0; i < count; i++) {
      const pte = I32[slot + i];
      if (pte === 0) continue;
      seen |= pte;
      const source = va + i * PAGE_SIZE;
      flushPage(mm.tlb, source, pte);
      I32[mm.table.makeSlot(to + (source - from))] = pte;
      I32[slot + i] = 0;
    }
  });
  if ((seen & PTE_EXEC) !== 0) execHooks.flushed(mm.tlbWords);
}
