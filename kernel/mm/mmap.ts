// mmap, munmap and mprotect: how ranges of an address space come, go and change their rights.
//
// Addresses are chosen top-down from a fixed base. ELF files get a range of their own for the whole instance, so that a
// library lies at the same address in every process and its translations are shared (there is no address-space randomisation).

import { MS_NOEXEC } from "../../fs/vfs/mount.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { I32, PAGE_SHIFT, PAGE_SIZE } from "../../translator/ram.ts";
import { EACCES, EAGAIN, EEXIST, EINVAL, ENOMEM, EOPNOTSUPP, EOVERFLOW, EPERM } from "../abi/errno.ts";
import { populate, readRights, STACK_GUARD_BYTES } from "./fault.ts";
import { frames } from "./frames.ts";
import { MAX_MAP_COUNT, MMAP_BASE, MMAP_MIN_ADDRESS, TASK_SIZE } from "./layout.ts";
import { preferredAddress } from "./library_addresses.ts";
import type { Mm } from "./mm.ts";
import { PTE_ANON, PTE_RIGHTS, PTE_WRITE } from "./page_table.ts";
import { SharedMemory } from "./shared_memory.ts";
import { execHooks, flushAll, flushPage } from "./tlb.ts";
import { unmapPages } from "./unmap.ts";
import {
  floorOf,
  PROT_ALL,
  PROT_EXEC,
  PROT_READ,
  PROT_WRITE,
  VM_GROWSDOWN,
  VM_LOCKED,
  VM_NORESERVE,
  VM_NOT_EXEC,
  VM_NOT_WRITE,
  VM_SHARED,
  Vma,
} from "./vma.ts";

export const MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3, MAP_TYPE = 0xf;
export const MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_32BIT = 0x40, MAP_GROWSDOWN = 0x100;
export const MAP_DENYWRITE = 0x800, MAP_EXECUTABLE = 0x1000, MAP_LOCKED = 0x2000, MAP_NORESERVE = 0x4000;
export const MAP_POPULATE = 0x8000, MAP_NONBLOCK = 0x10000, MAP_STACK = 0x20000, MAP_HUGETLB = 0x40000;
export const MAP_SYNC = 0x80000, MAP_FIXED_NOREPLACE = 0x100000, MAP_UNINITIALIZED = 0x4000000;
/** What MAP_SHARED_VALIDATE knows (MAP_SYNC needs a file system that can do it: none). */
const VALIDATED = MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_32BIT | MAP_GROWSDOWN | MAP_DENYWRITE |
  MAP_EXECUTABLE | MAP_LOCKED | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |
  MAP_UNINITIALIZED;
export const PROT_SEM = 8, PROT_GROWSDOWN = 0x0100_0000, PROT_GROWSUP = 0x0200_0000;

/** Rounds up to pages. */
export function pageAlign(length: number): number {
  return Math.ceil(length / PAGE_SIZE) * PAGE_SIZE;
}

/** mmap(2). `file` is not consumed; it is undefined for anonymous memory. The address, or a negative errno. */
export function mmap(
  mm: Mm,
  address: number,
  length: number,
  prot: number,
  flags: number,
  file: OpenFile | undefined,
  offset: number,
): number {
  if (length === 0) return -EINVAL;
  // Unsigned, a negative length is beyond every address space.
  if (length < 0 || length > TASK_SIZE) return -ENOMEM;
  const size = pageAlign(length);
  if (offset < 0 || offset + size > 0x20_0000_0000_0000) return -EOVERFLOW;
  if (mm.vmas.list.length > MAX_MAP_COUNT) return -ENOMEM;
  const device = file === undefined ? undefined : zeroDevice(file) ? undefined : file;
  const start = chooseAddress(mm, address, size, prot, flags, device, offset);
  if (start < 0) return start;
  if ((flags & MAP_FIXED_NOREPLACE) !== 0 && mm.vmas.intersects(start, start + size)) return -EEXIST;

  let vmFlags = mm.defaultFlags;
  const type = flags & MAP_TYPE;
  if ((flags & MAP_LOCKED) !== 0) vmFlags |= VM_LOCKED;
  if ((vmFlags & VM_LOCKED) !== 0 && mm.lockedVm * PAGE_SIZE + size > mm.limit("memlock")) return -EAGAIN;
  if (file !== undefined) {
    if (type !== MAP_PRIVATE && type !== MAP_SHARED && type !== MAP_SHARED_VALIDATE) return -EINVAL;
    if (type === MAP_SHARED_VALIDATE && (flags & ~VALIDATED) !== 0) return -EOPNOTSUPP;
    if (type !== MAP_PRIVATE) {
      if ((prot & PROT_WRITE) !== 0 && !file.writable) return -EACCES;
      if ((prot & PROT_WRITE) !== 0 && file.writeSealed) return -EPERM;
      vmFlags |= file.writable && !file.writeSealed ? VM_SHARED : VM_SHARED | VM_NOT_WRITE;
    }
    if (!file.readable) return -EACCES;
    if (noExec(file)) {
      if ((prot & PROT_EXEC) !== 0) return -EPERM;
      vmFlags |= VM_NOT_EXEC;
    }
    if (device !== undefined) {
      const error = file.mappable();
      if (error < 0) return error;
    }
    if ((flags & MAP_GROWSDOWN) !== 0) return -EINVAL;
  } else if (type === MAP_SHARED) {
    if ((flags & MAP_GROWSDOWN) !== 0) return -EINVAL;
    vmFlags |= VM_SHARED;
  } else if (type !== MAP_PRIVATE) return -EINVAL;
  if ((flags & MAP_NORESERVE) !== 0) vmFlags |= VM_NORESERVE;
  if ((flags & MAP_GROWSDOWN) !== 0) vmFlags |= VM_GROWSDOWN;

  const rights = prot & PROT_ALL;
  const shared = (vmFlags & VM_SHARED) !== 0;
  const replaced = mm.vmas.intersects(start, start + size) ? pagesIn(mm, start, start + size) : 0;
  const error = mayExpand(mm, size / PAGE_SIZE - replaced, rights, vmFlags);
  if (error < 0) return error;
  const shm = device === undefined && shared ? new SharedMemory(size / PAGE_SIZE) : undefined;
  if (replaced > 0) removeRange(mm, start, start + size);
  mapRange(mm, start, size, rights, vmFlags, device?.retain(), shm, device === undefined ? 0 : offset);
  if ((flags & (MAP_POPULATE | MAP_NONBLOCK)) === MAP_POPULATE || (vmFlags & VM_LOCKED) !== 0) {
    populate(mm, start, start + size);
  }
  return start;
}

/**
 * Maps all of an object of shared memory at `address`, in place of what is there, or anywhere (0): shmat(2). The
 * address, or a negative errno.
 */
export function mapObject(
  mm: Mm,
  address: number,
  size: number,
  prot: number,
  readOnly: boolean,
  shm: SharedMemory,
): number {
  if (mm.vmas.list.length > MAX_MAP_COUNT) return -ENOMEM;
  const flags = address === 0 ? MAP_SHARED : MAP_SHARED | MAP_FIXED;
  const start = chooseAddress(mm, address, size, prot, flags, undefined, 0);
  if (start < 0) return start;
  const vmFlags = mm.defaultFlags | VM_SHARED | (readOnly ? VM_NOT_WRITE : 0);
  const locked = (vmFlags & VM_LOCKED) !== 0;
  if (locked && mm.lockedVm * PAGE_SIZE + size > mm.limit("memlock")) return -EAGAIN;
  const replaced = mm.vmas.intersects(start, start + size) ? pagesIn(mm, start, start + size) : 0;
  const error = mayExpand(mm, size / PAGE_SIZE - replaced, prot, vmFlags);
  if (error < 0) return error;
  if (replaced > 0) removeRange(mm, start, start + size);
  mapRange(mm, start, size, prot, vmFlags, undefined, shm.retain(), 0);
  if (locked) populate(mm, start, start + size);
  return start;
}

/** Adds a VMA to a free range, with the counters. The references of `file` and `shm` go to it. */
export function mapRange(
  mm: Mm,
  start: number,
  size: number,
  prot: number,
  flags: number,
  file: OpenFile | undefined,
  shm: SharedMemory | undefined,
  offset: number,
): Vma {
  const vma = new Vma(start, start + size, prot, flags, file, shm, offset);
  countPages(mm, vma, size / PAGE_SIZE);
  return mm.vmas.insert(vma);
}

/** Adds `pages` (or removes them, when negative) of a VMA's kind to the counters. */
export function countPages(mm: Mm, vma: Vma, pages: number): void {
  mm.totalVm += pages;
  if ((vma.flags & VM_GROWSDOWN) !== 0) mm.stackVm += pages;
  else if ((vma.prot & PROT_WRITE) !== 0 && (vma.flags & VM_SHARED) === 0) mm.dataVm += pages;
  if ((vma.flags & VM_LOCKED) !== 0) mm.lockedVm += pages;
}

/** Limits of size: RLIMIT_AS, RLIMIT_DATA, and (Linux's heuristic overcommit) what could never fit. */
export function mayExpand(mm: Mm, pages: number, prot: number, flags: number): number {
  if (pages <= 0) return 0;
  if ((mm.totalVm + pages) * PAGE_SIZE > mm.limit("as")) return -ENOMEM;
  const data = (prot & PROT_WRITE) !== 0 && (flags & (VM_SHARED | VM_GROWSDOWN)) === 0;
  if (data && (mm.dataVm + pages) * PAGE_SIZE > mm.limit("data")) return -ENOMEM;
  const accountable = data && (flags & VM_NORESERVE) === 0;
  if (accountable && pages > frames.total) return -ENOMEM;
  return 0;
}

function pagesIn(mm: Mm, start: number, end: number): number {
  const list = mm.vmas.list;
  let pages = 0;
  for (let i = mm.vmas.indexAt(start); i < list.length && list[i].start < end; i++) {
    pages += (Math.min(end, list[i].end) - Math.max(start, list[i].start)) / PAGE_SIZE;
  }
  return pages;
}

/** Mapping /dev/zero is anonymous memory. */
function zeroDevice(file: OpenFile): boolean {
  const inode = file.inode;
  return (inode.mode & 0o170000) === 0o020000 && inode.stat().rdev === 0x105;
}

/** The file lies on a file system mounted noexec. */
function noExec(file: OpenFile): boolean {
  return file.path !== undefined && (file.path.mount.flags & MS_NOEXEC) !== 0;
}

function chooseAddress(
  mm: Mm,
  address: number,
  size: number,
  prot: number,
  flags: number,
  file: OpenFile | undefined,
  offset: number,
): number {
  if (size > TASK_SIZE) return -ENOMEM;
  if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) !== 0) {
    if (address < 0 || address > TASK_SIZE - size) return -ENOMEM;
    if (address % PAGE_SIZE !== 0) return -EINVAL;
    if (address < MMAP_MIN_ADDRESS) return -EPERM;
    return address;
  }
  if (address > 0) {
    const hint = Math.max(address - address % PAGE_SIZE, MMAP_MIN_ADDRESS);
    if (hint <= TASK_SIZE - size && isFree(mm, hint, size)) return hint;
  }
  if ((flags & MAP_32BIT) !== 0) {
    const found = mm.vmas.findGap(size, 0x4000_0000, 0x8000_0000, STACK_GUARD_BYTES);
    return found < 0 ? -ENOMEM : found;
  }
  if (file !== undefined && offset === 0 && (prot & (PROT_READ | PROT_EXEC)) !== 0) {
    const preferred = preferredAddress(file, size);
    if (preferred !== 0 && isFree(mm, preferred, size)) return preferred;
  }
  return freeRange(mm, size);
}

/** The highest free range of `size` bytes below the mapping base, else anywhere; -ENOMEM. */
export function freeRange(mm: Mm, size: number): number {
  let found = mm.vmas.findGap(size, MMAP_MIN_ADDRESS, MMAP_BASE, STACK_GUARD_BYTES);
  if (found < 0) found = mm.vmas.findGap(size, MMAP_MIN_ADDRESS, TASK_SIZE, STACK_GUARD_BYTES);
  return found < 0 ? -ENOMEM : found;
}

function isFree(mm: Mm, start: number, size: number): boolean {
  const next = mm.vmas.findAbove(start);
  return next === undefined || floorOf(next, STACK_GUARD_BYTES) >= start + size;
}

/** munmap(2). */
export function munmap(mm: Mm, start: number, length: number): number {
  if (start < 0 || start % PAGE_SIZE !== 0 || start > TASK_SIZE || length < 0 || length > TASK_SIZE - start) {
    return -EINVAL;
  }
  const size = pageAlign(length);
  if (size === 0) return -EINVAL;
  if (mm.vmas.list.length >= MAX_MAP_COUNT) {
    const vma = mm.vmas.find(start);
    if (vma !== undefined && vma.start < start && vma.end > start + size) return -ENOMEM;
  }
  removeRange(mm, start, start + size);
  return 0;
}

/** Takes everything out of [start, end). */
export function removeRange(mm: Mm, start: number, end: number): void {
  for (const vma of mm.vmas.remove(start, end)) {
    unmapPages(mm, vma.start, vma.end, vma);
    countPages(mm, vma, -(vma.end - vma.start) / PAGE_SIZE);
    vma.dispose();
  }
}

/** mprotect(2). What lies before a failure keeps its new rights, as on Linux. */
export function mprotect(mm: Mm, start: number, length: number, prot: number): number {
  const grow = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
  prot &= ~(PROT_GROWSDOWN | PROT_GROWSUP);
  if (grow === (PROT_GROWSDOWN | PROT_GROWSUP)) return -EINVAL;
  if (start % PAGE_SIZE !== 0) return -EINVAL;
  if (length === 0) return 0;
  if (length < 0 || start < 0) return -ENOMEM;
  let end = start + pageAlign(length);
  if ((prot & ~(PROT_ALL | PROT_SEM)) !== 0) return -EINVAL;
  const rights = prot & PROT_ALL;
  let vma = mm.vmas.findAbove(start);
  if (vma === undefined) return -ENOMEM;
  if (grow === PROT_GROWSDOWN) {
    if (vma.start >= end) return -ENOMEM;
    if ((vma.flags & VM_GROWSDOWN) === 0) return -EINVAL;
    start = vma.start;
  } else {
    if (vma.start > start) return -ENOMEM;
    if (grow === PROT_GROWSUP) return -EINVAL;
  }
  end = Math.min(end, 0x8000_0000_0000);
  let result = 0, at = start;
  while (at < end) {
    vma = mm.vmas.find(at);
    if (vma === undefined) {
      result = -ENOMEM;
      break;
    }
    const missing = ((vma.flags & VM_NOT_WRITE) !== 0 && (vma.flags & VM_SHARED) !== 0 ? PROT_WRITE : 0) |
      ((vma.flags & VM_NOT_EXEC) !== 0 ? PROT_EXEC : 0);
    if ((rights & missing) !== 0) {
      result = -EACCES;
      break;
    }
    const stop = Math.min(end, vma.end);
    if (vma.prot !== rights) {
      const error = protectRange(mm, vma, at, stop, rights);
      if (error < 0) {
        result = error;
        break;
      }
    }
    at = stop;
  }
  mm.vmas.mergeRange(start, at);
  return result;
}

function protectRange(mm: Mm, vma: Vma, start: number, end: number, rights: number): number {
  const pages = (end - start) / PAGE_SIZE;
  const becomesData = (rights & PROT_WRITE) !== 0 && (vma.prot & PROT_WRITE) === 0 &&
    (vma.flags & VM_SHARED) === 0;
  if (becomesData) {
    if ((mm.dataVm + pages) * PAGE_SIZE > mm.limit("data")) return -ENOMEM;
    if ((vma.flags & VM_NORESERVE) === 0 && pages > frames.total) return -ENOMEM;
  }
  const splits = (vma.start < start ? 1 : 0) + (vma.end > end ? 1 : 0);
  if (mm.vmas.list.length + splits > MAX_MAP_COUNT) return -ENOMEM;
  mm.vmas.splitAt(start);
  mm.vmas.splitAt(end);
  const piece = mm.vmas.find(start)!;
  countPages(mm, piece, -pages);
  piece.prot = rights;
  countPages(mm, piece, pages);
  changeRights(mm, start, end, rights);
  return 0;
}

/** Page-table entries of [start, end) follow the new rights; the right to write comes back with the next write. */
function changeRights(mm: Mm, start: number, end: number, rights: number): void {
  const keep = readRights(rights);
  const everything = (end - start) / PAGE_SIZE > 1024;
  const writable = (rights & PROT_WRITE) !== 0;
  const counts = frames.counts;
  let seen = 0;
  mm.table.forEachLeaf(start, end, (slot, count, va) => {
    for (let i = 0; i < count; i++) {
      const pte = I32[slot + i];
      if (pte === 0) continue;
      seen |= pte;
      // A private page that nobody else has needs no fault to become writable again.
      const own = writable && (pte & PTE_ANON) !== 0 && counts[pte >>> PAGE_SHIFT] === 1;
      const now = (pte & ~PTE_RIGHTS) | keep | (own ? PTE_WRITE : 0);
      if (now === pte) continue;
      I32[slot + i] = now;
      if (!everything) flushPage(mm.tlb, va + i * PAGE_SIZE, pte);
    }
  });
  if (everything) flushAll(mm.tlb);
  if ((seen & 4) !== 0 && (rights & PROT_EXEC) === 0) execHooks.flushed(mm.tlbWords);
}
