// madvise, msync, mincore and the mlock family: what a program tells and asks about pages it has.

import { PAGE_SIZE } from "../../translator/ram.ts";
import { EACCES, EAGAIN, EBUSY, EFAULT, EINVAL, ENOMEM, EPERM } from "../abi/errno.ts";
import { FAULT_BUS, FAULT_OOM, populate } from "./fault.ts";
import { TASK_SIZE } from "./layout.ts";
import { pageAlign } from "./mmap.ts";
import type { Mm } from "./mm.ts";
import { backingResident, unmapPages } from "./unmap.ts";
import {
  PROT_WRITE,
  VM_DONTDUMP,
  VM_DONTFORK,
  VM_LOCKED,
  VM_NOT_WRITE,
  VM_SHARED,
  VM_WIPEONFORK,
  type Vma,
} from "./vma.ts";

const MADV_DONTNEED = 4, MADV_FREE = 8, MADV_REMOVE = 9;
const MADV_DONTFORK = 10, MADV_DOFORK = 11, MADV_COLLAPSE = 25;
const MADV_DONTDUMP = 16, MADV_DODUMP = 17, MADV_WIPEONFORK = 18, MADV_KEEPONFORK = 19;
const MADV_PAGEOUT = 21, MADV_POPULATE_READ = 22, MADV_POPULATE_WRITE = 23, MADV_DONTNEED_LOCKED = 24;

/** Advice whose following nobody can observe: NORMAL, RANDOM, SEQUENTIAL, WILLNEED, (NO)HUGEPAGE, COLD. MERGEABLE and UNMERGEABLE are for kernels that merge pages. */
const NO_OPS = new Set([0, 1, 2, 3, 14, 15, 20, MADV_PAGEOUT]);
const KNOWN = new Set([4, 8, 9, 10, 11, 16, 17, 18, 19, 22, 23, 24, ...NO_OPS]);

export function madvise(mm: Mm, start: number, length: number, advice: number): number {
  if (!KNOWN.has(advice) || advice === MADV_COLLAPSE) return -EINVAL;
  if (start % PAGE_SIZE !== 0 || start < 0 || length < 0) return -EINVAL;
  const end = start + pageAlign(length);
  if (end > 0x8000_0000_0000) return end > 2 ** 64 ? -EINVAL : -ENOMEM;
  if (end === start) return 0;
  if (advice === MADV_POPULATE_READ || advice === MADV_POPULATE_WRITE) {
    return populateFor(mm, start, end, advice === MADV_POPULATE_WRITE);
  }
  return forRange(mm, start, end, (vma, from, to) => adviseVma(mm, vma, from, to, advice));
}

/** Applies `act` to each piece of a VMA in [start, end). Holes make the result -ENOMEM, but do not stop it; errors do. */
function forRange(
  mm: Mm,
  start: number,
  end: number,
  act: (vma: Vma, from: number, to: number) => number,
): number {
  let result = 0;
  for (let at = start; at < end;) {
    const vma = mm.vmas.findAbove(at);
    if (vma === undefined || vma.start >= end) return -ENOMEM;
    if (vma.start > at) {
      result = -ENOMEM;
      at = vma.start;
    }
    const to = Math.min(end, vma.end);
    const error = act(vma, at, to);
    if (error < 0) return error;
    at = to;
  }
  return result;
}

function adviseVma(mm: Mm, vma: Vma, from: number, to: number, advice: number): number {
  switch (advice) {
    case MADV_DONTNEED:
      if ((vma.flags & VM_LOCKED) !== 0) return -EINVAL;
      unmapPages(mm, from, to, vma);
      return 0;
    case MADV_DONTNEED_LOCKED:
      unmapPages(mm, from, to, vma);
      return 0;
    case MADV_FREE:
      // May be done at any time, so it may be done now.
      if (vma.backed || (vma.flags & VM_SHARED) !== 0) return -EINVAL;
      unmapPages(mm, from, to, vma);
      return 0;
    case MADV_REMOVE:
      return remove(vma, from, to);
    case MADV_DONTFORK:
      return changeFlags(mm, vma, from, to, VM_DONTFORK, 0);
    case MADV_DOFORK:
      return changeFlags(mm, vma, from, to, 0, VM_DONTFORK);
    case MADV_DONTDUMP:
      return changeFlags(mm, vma, from, to, VM_DONTDUMP, 0);
    case MADV_DODUMP:
      return changeFlags(mm, vma, from, to, 0, VM_DONTDUMP);
    case MADV_WIPEONFORK:
      if (vma.backed || (vma.flags & VM_SHARED) !== 0) return -EINVAL;
      return changeFlags(mm, vma, from, to, VM_WIPEONFORK, 0);
    case MADV_KEEPONFORK:
      return changeFlags(mm, vma, from, to, 0, VM_WIPEONFORK);
    default:
      return 0;
  }
}

/** A hole in the file or shared object. */
function remove(vma: Vma, from: number, to: number): number {
  if ((vma.flags & VM_LOCKED) !== 0 || !vma.backed) return -EINVAL;
  if ((vma.flags & (VM_SHARED | VM_NOT_WRITE)) !== VM_SHARED) return -EACCES;
  const offset = vma.offset + (from - vma.start);
  if (vma.file !== undefined) {
    const PUNCH_HOLE_KEEP_SIZE = 3;
    return vma.file.inode.fallocate(PUNCH_HOLE_KEEP_SIZE, offset, to - from);
  }
  vma.shm!.punch(offset / PAGE_SIZE, (offset + to - from) / PAGE_SIZE);
  return 0;
}

function changeFlags(mm: Mm, vma: Vma, from: number, to: number, set: number, clear: number): number {
  const flags = (vma.flags | set) & ~clear;
  if (flags === vma.flags) return 0;
  mm.vmas.splitAt(from);
  mm.vmas.splitAt(to);
  mm.vmas.find(from)!.flags = flags;
  mm.vmas.mergeRange(from, to);
  return 0;
}

function populateFor(mm: Mm, start: number, end: number, write: boolean): number {
  const holes = forRange(mm, start, end, (vma) => {
    return vma.prot === 0 || write && (vma.prot & PROT_WRITE) === 0 ? -EFAULT : 0;
  });
  if (holes < 0) return holes;
  const result = populate(mm, start, end);
  return result === FAULT_OOM ? -ENOMEM : result === FAULT_BUS ? -EFAULT : 0;
}

const MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4;

export function msync(mm: Mm, start: number, length: number, flags: number): number {
  if ((flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) !== 0) return -EINVAL;
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  if ((flags & MS_ASYNC) !== 0 && (flags & MS_SYNC) !== 0) return -EINVAL;
  if (start < 0 || length < 0) return -ENOMEM;
  const end = start + pageAlign(length);
  if (end === start) return 0;
  return forRange(mm, start, end, (vma) => {
    if ((flags & MS_INVALIDATE) !== 0 && (vma.flags & VM_LOCKED) !== 0) return -EBUSY;
    if ((flags & MS_SYNC) !== 0 && vma.file !== undefined && (vma.flags & VM_SHARED) !== 0) {
      return Math.min(0, vma.file.inode.writeBack());
    }
    return 0;
  });
}

/** Bit 0 of one byte a page: the page is in memory. */
export function mincore(mm: Mm, start: number, length: number): Uint8Array | number {
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  if (start < 0 || length < 0 || start + length > TASK_SIZE) return -ENOMEM;
  const end = start + pageAlign(length);
  const pages = new Uint8Array((end - start) / PAGE_SIZE);
  const error = forRange(mm, start, end, (vma, from, to) => {
    for (let va = from; va < to; va += PAGE_SIZE) {
      if (mm.table.get(va) !== 0 || vma.backed && backingResident(vma, va)) {
        pages[(va - start) / PAGE_SIZE] = 1;
      }
    }
    return 0;
  });
  return error < 0 && end > start ? error : pages;
}

export function mlock(mm: Mm, start: number, length: number, privileged: boolean, onFault: boolean): number {
  const limit = privileged ? Infinity : mm.limit("memlock");
  if (limit === 0) return -EPERM;
  if (start < 0 || length < 0) return -EINVAL;
  const from = start - start % PAGE_SIZE;
  const end = from + pageAlign(length + start % PAGE_SIZE);
  if (end === from) return 0;
  let already = 0;
  const list = mm.vmas.list;
  for (let i = mm.vmas.indexAt(from); i < list.length && list[i].start < end; i++) {
    if ((list[i].flags & VM_LOCKED) !== 0) {
      already += Math.min(end, list[i].end) - Math.max(from, list[i].start);
    }
  }
  if (mm.lockedVm * PAGE_SIZE + (end - from) - already > limit) return -ENOMEM;
  const result = setLocked(mm, from, end, true);
  if (result < 0) return result;
  if (onFault) return 0;
  // Pages that cannot be had (rights, end of file) are not locked: Linux says so afterwards.
  const error = populate(mm, from, end);
  return error === FAULT_OOM ? -EAGAIN : error < 0 ? -ENOMEM : 0;
}

export function munlock(mm: Mm, start: number, length: number): number {
  if (start < 0 || length < 0) return -EINVAL;
  const from = start - start % PAGE_SIZE;
  const end = from + pageAlign(length + start % PAGE_SIZE);
  return end === from ? 0 : setLocked(mm, from, end, false);
}

/** Unlike madvise, a hole stops it. */
function setLocked(mm: Mm, from: number, end: number, locked: boolean): number {
  for (let at = from; at < end;) {
    const vma = mm.vmas.find(at);
    if (vma === undefined) return -ENOMEM;
    const to = Math.min(end, vma.end);
    if (((vma.flags & VM_LOCKED) !== 0) !== locked) {
      mm.lockedVm += (locked ? to - at : at - to) / PAGE_SIZE;
      changeFlags(mm, vma, at, to, locked ? VM_LOCKED : 0, locked ? 0 : VM_LOCKED);
    }
    at = to;
  }
  return 0;
}

const MCL_CURRENT = 1, MCL_FUTURE = 2, MCL_ONFAULT = 4;

export function mlockall(mm: Mm, flags: number, privileged: boolean): number {
  if (flags === 0 || (flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) !== 0 || flags === MCL_ONFAULT) {
    return -EINVAL;
  }
  const limit = privileged ? Infinity : mm.limit("memlock");
  if (limit === 0) return -EPERM;
  if ((flags & MCL_CURRENT) !== 0 && mm.totalVm * PAGE_SIZE > limit) return -ENOMEM;
  mm.defaultFlags = (flags & MCL_FUTURE) !== 0 ? VM_LOCKED : 0;
  if ((flags & MCL_CURRENT) === 0) return 0;
  for (const vma of [...mm.vmas.list]) {
    setLocked(mm, vma.start, vma.end, true);
    if ((flags & MCL_ONFAULT) === 0) populate(mm, vma.start, vma.end);
  }
  return 0;
}

export function munlockall(mm: Mm): number {
  mm.defaultFlags = 0;
  for (const vma of [...mm.vmas.list]) {
    if (mm.vmas.list.includes(vma)) setLocked(mm, vma.start, vma.end, false);
  }
  return 0;
}
