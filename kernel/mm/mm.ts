// What is an address space, and how does translated code get at a page of it?
//
// An Mm ties together the VMAs (what the program asked for), the page table (what is there) and the software TLBs (what
// translated code may touch without asking). Tasks that share memory share the Mm; fork copies it with
// everything private marked copy-on-write. The system calls on it are in mmap.ts, mremap.ts, advise.ts and brk.ts.

import { pageHooks } from "../../fs/vfs/pages.ts";
import type { Path } from "../../fs/vfs/path.ts";
import {
  type Access,
  EXEC,
  PF_FETCH,
  PF_PRESENT,
  PF_USER,
  PF_WRITE,
  raise,
  READ,
  VECTOR_GP,
  VECTOR_PF,
  WRITE,
} from "../../translator/env.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { frameFlags, I32, PAGE_SIZE } from "../../translator/ram.ts";
import { ENOMEM } from "../abi/errno.ts";
import { madvise, mincore, mlock, mlockall, msync, munlock, munlockall } from "./advise.ts";
import { brk } from "./brk.ts";
import { FAULT_BUS, FAULT_MAPERR, FAULT_OOM, handleFault } from "./fault.ts";
import type { Claims } from "./blocks.ts";
import { FRAME_WRITE_TAGGED, frames } from "./frames.ts";
import { TASK_SIZE } from "./layout.ts";
import { mmap, mprotect, munmap } from "./mmap.ts";
import { mremap } from "./mremap.ts";
import { PageTable, PTE_EXEC, PTE_READ, PTE_WRITE } from "./page_table.ts";
import {
  allocateTlb,
  fillData,
  fillExec,
  flushWriteTags,
  flushWriteTagsOf,
  releaseTlb,
  type Tlb,
  useTlb,
} from "./tlb.ts";
import { unmapPages } from "./unmap.ts";
import { VM_DONTFORK, VM_LOCKED, VM_WIPEONFORK, type Vma, VmaList } from "./vma.ts";

/** getrlimit's numbers for the limits that memory management obeys. */
const RLIMIT_NUMBERS = { data: 2, stack: 3, memlock: 8, as: 9 } as const;
export type MemoryLimit = keyof typeof RLIMIT_NUMBERS;
const DEFAULT_LIMITS: Readonly<Record<MemoryLimit, number>> = {
  data: Infinity,
  stack: 8 * 1024 * 1024,
  memlock: 8 * 1024 * 1024,
  as: Infinity,
};

const RIGHT_OF = new Int32Array(3);
RIGHT_OF[READ] = PTE_READ;
RIGHT_OF[WRITE] = PTE_WRITE;
RIGHT_OF[EXEC] = PTE_EXEC;

const live = new Set<Mm>();

/** All address spaces there are. */
export function liveMms(): ReadonlySet<Mm> {
  return live;
}

export class Mm {
  readonly tlb: Tlb;
  /** Where its private pages lie. */
  readonly claims: Claims = frames.newClaims();
  readonly table: PageTable = new PageTable();
  readonly vmas: VmaList = new VmaList();
  /** Limits of the process it belongs to (Process.rlimits), shared with it; undefined: defaults. */
  rlimits: readonly { cur: number; max: number }[] | undefined;

  startBrk = 0;
  /** Current end of the heap, not rounded. */
  brk = 0;
  startCode = 0;
  endCode = 0;
  startData = 0;
  endData = 0;
  /** Initial stack pointer: tells the stack's VMA. */
  startStack = 0;
  argStart = 0;
  argEnd = 0;
  envStart = 0;
  envEnd = 0;
  /** As handed to the program, AT_NULL included. */
  auxv: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  exe: Path | undefined;

  /** Pages mapped: all, mlocked, private writable, stacks. */
  totalVm = 0;
  lockedVm = 0;
  dataVm = 0;
  stackVm = 0;
  /** Pages present. */
  rssAnon = 0;
  rssFile = 0;
  rssShmem = 0;
  #peakTotal = 0;
  #peakResident = 0;
  /** Faults served; major ones are not told apart. */
  minorFaults = 0;
  majorFaults = 0;
  /** mlockall(MCL_FUTURE): VM_* flags of new mappings. */
  defaultFlags = 0;

  #references = 1;

  constructor(tlb: Tlb) {
    this.tlb = tlb;
    live.add(this);
  }
  /** I32 index of the data TLB; the exec TLB follows it. */
  get tlbWords(): number {
    return this.tlb.words;
  }

  /** An empty address space, or -ENOMEM. */
  static create(): Mm | number {
    const tlb = allocateTlb();
    return tlb === undefined ? -ENOMEM : new Mm(tlb);
  }

  get references(): number {
    return this.#references;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  /** The last release frees everything. */
  release(): void {
    if (--this.#references > 0) return;
    live.delete(this);
    this.table.destroy();
    for (const vma of this.vmas.list) vma.dispose();
    this.vmas.list.length = 0;
    this.claims.release();
    releaseTlb(this.tlb);
  }

  /** Limit in bytes. */
  limit(which: MemoryLimit): number {
    return this.rlimits?.[RLIMIT_NUMBERS[which]]?.cur ?? DEFAULT_LIMITS[which];
  }

  get rss(): number {
    return this.rssAnon + this.rssFile + this.rssShmem;
  }
  /** High-water marks (VmPeak, VmHWM), in pages, as of when somebody looked. */
  get peakTotal(): number {
    return this.#peakTotal = Math.max(this.#peakTotal, this.totalVm);
  }
  get peakResident(): number {
    return this.#peakResident = Math.max(this.#peakResident, this.rss);
  }

  /**
   * {@link Env.page}: makes the page of `va` present for `access`, enters it in the TLB and returns its physical address,
   * or raises the fault.
   */
  page(va: number, access: Access): number {
    if (!(va >= 0 && va < TASK_SIZE)) raiseOutside(va, access);
    const slot = this.table.slot(va);
    let pte = slot === 0 ? 0 : I32[slot];
    if ((pte & RIGHT_OF[access]) === 0) {
      pte = handleFault(this, va, access);
      if (pte < 0) raiseFault(pte, va, access);
    }
    if (access === EXEC) fillExec(this.tlbWords, va, pte);
    else fillData(this.tlb, va, pte);
    return pte & ~0xfff;
  }

  /** The same for the kernel: physical address of the page, or FAULT_* (< 0). The TLB is filled for data accesses. */
  kernelPage(va: number, access: Access): number {
    if (!(va >= 0 && va < TASK_SIZE)) return FAULT_MAPERR;
    const slot = this.table.slot(va);
    let pte = slot === 0 ? 0 : I32[slot];
    if ((pte & RIGHT_OF[access]) === 0) {
      pte = handleFault(this, va, access);
      if (pte < 0) return pte;
    }
    fillData(this.tlb, va, pte);
    return pte & ~0xfff;
  }

  /** A copy for fork: nothing private is copied before one side writes. -ENOMEM when there is no room for the tables. */
  fork(): Mm | number {
    const tlb = allocateTlb();
    if (tlb === undefined) return -ENOMEM;
    const child = new Mm(tlb);
    child.rlimits = this.rlimits;
    child.startBrk = this.startBrk;
    child.brk = this.brk;
    child.startCode = this.startCode;
    child.endCode = this.endCode;
    child.startData = this.startData;
    child.endData = this.endData;
    child.startStack = this.startStack;
    child.argStart = this.argStart;
    child.argEnd = this.argEnd;
    child.envStart = this.envStart;
    child.envEnd = this.envEnd;
    child.auxv = this.auxv;
    child.exe = this.exe;
    const complete = this.table.copyTo(child.table);
    flushWriteTags(this.tlb);
    child.totalVm = this.totalVm;
    child.dataVm = this.dataVm;
    child.stackVm = this.stackVm;
    child.rssAnon = this.rssAnon;
    child.rssFile = this.rssFile;
    child.rssShmem = this.rssShmem;
    for (const vma of this.vmas.list) {
      const copy = vma.derive(vma.start, vma.end);
      // Locks on memory are not inherited.
      copy.flags &= ~VM_LOCKED;
      child.vmas.list.push(copy);
    }
    if (this.vmas.list.some((vma) => (vma.flags & (VM_DONTFORK | VM_WIPEONFORK)) !== 0)) {
      dropUninherited(child);
    }
    if (!complete) {
      child.release();
      return -ENOMEM;
    }
    return child;
  }

  /** {@link Env.codeAdded}. */
  codeAdded(frame: number): void {
    codeAdded(frame);
  }

  mmap(
    address: number,
    length: number,
    prot: number,
    flags: number,
    file: OpenFile | undefined,
    offset: number,
  ): number {
    return mmap(this, address, length, prot, flags, file, offset);
  }
  munmap(address: number, length: number): number {
    return munmap(this, address, length);
  }
  mprotect(address: number, length: number, prot: number): number {
    return mprotect(this, address, length, prot);
  }
  mremap(address: number, oldLength: number, newLength: number, flags: number, newAddress: number): number {
    return mremap(this, address, oldLength, newLength, flags, newAddress);
  }
  madvise(address: number, length: number, advice: number): number {
    return madvise(this, address, length, advice);
  }
  msync(address: number, length: number, flags: number): number {
    return msync(this, address, length, flags);
  }
  /** One byte a page, or -errno. */
  mincore(address: number, length: number): Uint8Array | number {
    return mincore(this, address, length);
  }
  mlock(address: number, length: number, privileged: boolean, onFault: boolean): number {
    return mlock(this, address, length, privileged, onFault);
  }
  munlock(address: number, length: number): number {
    return munlock(this, address, length);
  }
  mlockall(flags: number, privileged: boolean): number {
    return mlockall(this, flags, privileged);
  }
  munlockall(): number {
    return munlockall(this);
  }
  setBrk(address: number): number {
    return brk(this, address);
  }

  /** What /proc/PID/maps calls a VMA without a file. */
  areaName(vma: Vma): string {
    if (vma.file !== undefined) return "";
    if (vma.shm !== undefined) return vma.shm.name;
    if (vma.start <= this.startStack && this.startStack <= vma.end) return "[stack]";
    if (this.startBrk < this.brk && vma.start < this.brk && vma.end > this.startBrk) return "[heap]";
    return "";
  }
}

/** The child of a fork does without what MADV_DONTFORK and MADV_WIPEONFORK name. */
function dropUninherited(child: Mm): void {
  for (const vma of [...child.vmas.list]) {
    if ((vma.flags & (VM_DONTFORK | VM_WIPEONFORK)) === 0) continue;
    unmapPages(child, vma.start, vma.end);
    if ((vma.flags & VM_DONTFORK) === 0) continue;
    child.totalVm -= (vma.end - vma.start) / PAGE_SIZE;
    for (const gone of child.vmas.remove(vma.start, vma.end)) gone.dispose();
  }
}

/** No TLB may keep a write tag for `frame`. Most code lies in page-cache frames, which never had one. */
export function codeAdded(frame: number): void {
  if ((frameFlags[frame] & FRAME_WRITE_TAGGED) === 0) return;
  frameFlags[frame] &= ~FRAME_WRITE_TAGGED;
  for (const mm of live) flushWriteTagsOf(mm.tlb, frame);
}

/** The file of `inode` ends at `size` now: no mapping shows pages behind it any longer. */
function truncated(inode: object, size: number): void {
  const end = Math.ceil(size / PAGE_SIZE) * PAGE_SIZE;
  for (const mm of live) {
    for (const vma of mm.vmas.list) {
      if (vma.file?.inode !== inode || vma.offset + (vma.end - vma.start) <= end) continue;
      unmapPages(mm, Math.max(vma.start, vma.start + end - vma.offset), vma.end, vma);
    }
  }
}
pageHooks.truncated = truncated;
pageHooks.executing = (inode) => {
  for (const mm of live) if (mm.exe?.dentry.inode === inode) return true;
  return false;
};

/** Makes CPU state `c` run in `mm`. */
export function attachCpu(mm: Mm, c: number): void {
  useTlb(c, mm.tlbWords);
}

const SIGSEGV = 11, SIGBUS = 7, SIGKILL = 9;
const SEGV_MAPERR = 1, SEGV_ACCERR = 2, BUS_ADRERR = 2, SI_KERNEL = 0x80;

function raiseFault(result: number, va: number, access: Access): never {
  const code = PF_USER | (access === WRITE ? PF_WRITE : access === EXEC ? PF_FETCH : 0);
  if (result === FAULT_BUS) raise(VECTOR_PF, code, va, SIGBUS, BUS_ADRERR);
  // Memory is used up and nothing can be given back: Linux's OOM killer ends the process.
  if (result === FAULT_OOM) raise(VECTOR_PF, code, va, SIGKILL, SI_KERNEL);
  if (result === FAULT_MAPERR) raise(VECTOR_PF, code, va, SIGSEGV, SEGV_MAPERR);
  raise(VECTOR_PF, code | PF_PRESENT, va, SIGSEGV, SEGV_ACCERR);
}

/** Addresses that no user program has. `va` may be negative or unsigned. */
function raiseOutside(va: number, access: Access): never {
  const kernelHalf = va < 0 ? va >= -0x8000_0000_0000 : va >= 0xffff_8000_0000_0000;
  // The last page of the lower half is a hole in Linux, else canonical.
  if (kernelHalf || va >= 0 && va < 0x8000_0000_0000) raiseFault(FAULT_MAPERR, va, access);
  raise(VECTOR_GP, 0, 0, SIGSEGV, SI_KERNEL);
}
