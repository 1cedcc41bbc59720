// Where does guest memory come from without a kernel? A flat address space: the segments of a suite's image, copied
// to physical pages once, with the TLB contract of translator/cpu.ts and Linux's answers to bad accesses.

import * as cpu from "../../translator/cpu.ts";
import {
  type Access,
  type Env,
  EXEC,
  PF_FETCH,
  PF_PRESENT,
  PF_USER,
  PF_WRITE,
} from "../../translator/env.ts";
import { newStamp, raise, translationsChanged, VECTOR_PF, WRITE } from "../../translator/env.ts";
import { FRAME_CODE, frameFlags, I32, PAGE_SHIFT, PAGE_SIZE, RUNNING_CPU, U8 } from "../../translator/ram.ts";
import type { Segment } from "./elf.ts";

interface Page {
  physical: number;
  write: boolean;
  execute: boolean;
}

/** Physical addresses: the CPU state, the TLBs behind it, then the pages. */
const TLB_AT = 0x2_0000, FIRST_PAGE = 0x10_0000;
const SIGSEGV = 11, SEGV_MAPERR = 1, SEGV_ACCERR = 2;

export class FlatMemory implements Env {
  /** The I32 index of the one CPU state. */
  readonly c: number = RUNNING_CPU;
  readonly #pages = new Map<number, Page>();
  #next = FIRST_PAGE;

  constructor() {
    I32[this.c + 2 * cpu.TLB] = TLB_AT >>> 2;
    I32[this.c + 2 * cpu.TLB + 1] = (TLB_AT + cpu.TLB_BYTES) >>> 2;
    this.flush();
  }

  /** Forgets everything mapped; `drop` hears of each frame. */
  reset(drop: (frame: number) => void): void {
    for (const page of this.#pages.values()) drop(page.physical >>> PAGE_SHIFT);
    this.#pages.clear();
    this.#next = FIRST_PAGE;
    this.flush();
  }

  map(segment: Segment): void {
    const first = Math.floor(segment.address / PAGE_SIZE);
    const last = Math.floor((segment.address + segment.size - 1) / PAGE_SIZE);
    const start = this.#next;
    for (let n = first; n <= last; n++) {
      this.#pages.set(n, { physical: this.#next, write: segment.write, execute: segment.execute });
      this.#next += PAGE_SIZE;
    }
    U8.fill(0, start, this.#next);
    U8.set(segment.bytes, start + segment.address % PAGE_SIZE);
  }

  /** Physical address of a mapped guest address. Segments are contiguous. */
  physical(va: number): number {
    return this.#pages.get(Math.floor(va / PAGE_SIZE))!.physical + va % PAGE_SIZE;
  }

  flush(): void {
    translationsChanged();
    I32[this.c + 2 * cpu.EXEC_STAMP] = newStamp();
    for (let i = 0; i < cpu.TLB_ENTRIES; i++) {
      const e = (TLB_AT >>> 2) + cpu.TLB_ENTRY_WORDS * i;
      I32[e + cpu.TLB_READ] = I32[e + cpu.TLB_WRITE] = cpu.TLB_INVALID;
    }
    for (let i = 0; i < cpu.XTLB_ENTRIES; i++) {
      I32[((TLB_AT + cpu.TLB_BYTES) >>> 2) + cpu.XTLB_ENTRY_WORDS * i + cpu.XTLB_TAG] = cpu.TLB_INVALID;
    }
  }

  page(c: number, va: number, access: Access): number {
    const number = Math.floor(va / PAGE_SIZE);
    const page = this.#pages.get(number);
    if (!page || (access === WRITE && !page.write) || (access === EXEC && !page.execute)) {
      const error = PF_USER | (page ? PF_PRESENT : 0) |
        (access === WRITE ? PF_WRITE : access === EXEC ? PF_FETCH : 0);
      raise(VECTOR_PF, error, va, SIGSEGV, page ? SEGV_ACCERR : SEGV_MAPERR);
    }
    const low = va & -PAGE_SIZE | 0, high = Math.floor(va / 0x1_0000_0000) | 0;
    const addend = (page.physical - low) | 0;
    if (access === EXEC) {
      const x = I32[c + 2 * cpu.TLB + 1] + (number & (cpu.XTLB_ENTRIES - 1)) * cpu.XTLB_ENTRY_WORDS;
      I32[x + cpu.XTLB_TAG] = low;
      I32[x + cpu.XTLB_TAG + 1] = high;
      I32[x + cpu.XTLB_ADDEND] = addend;
      return page.physical;
    }
    const e = I32[c + 2 * cpu.TLB] + (number & (cpu.TLB_ENTRIES - 1)) * cpu.TLB_ENTRY_WORDS;
    I32[e + cpu.TLB_READ] = low;
    I32[e + cpu.TLB_READ + 1] = high;
    const writable = page.write && (frameFlags[page.physical >>> PAGE_SHIFT] & FRAME_CODE) === 0;
    I32[e + cpu.TLB_WRITE] = writable ? low : cpu.TLB_INVALID;
    I32[e + cpu.TLB_WRITE + 1] = high;
    I32[e + cpu.TLB_ADDEND] = addend;
    return page.physical;
  }

  codeAdded(): void {
    // Rare enough to forget every write tag.
    for (let i = 0; i < cpu.TLB_ENTRIES; i++) {
      I32[(TLB_AT >>> 2) + cpu.TLB_ENTRY_WORDS * i + cpu.TLB_WRITE] = cpu.TLB_INVALID;
    }
  }
}
