// How do the software TLBs of an address space follow its page table? (Layout: translator/cpu.ts.)
//
// The page table is the truth, a TLB entry a copy of it that translated code may use without asking. Whoever takes a right
// away flushes the entries first. A write tag exists only for a page that may be written at once and whose
// frame holds no translated code.

import {
  EXEC_STAMP,
  TLB,
  TLB_ADDEND,
  TLB_BYTES,
  TLB_ENTRIES,
  TLB_ENTRY_WORDS,
  TLB_INVALID,
  TLB_READ,
  TLB_READ_EXTENT,
  TLB_WRITE,
  TLB_WRITE_EXTENT,
  XTLB_ADDEND,
  XTLB_BYTES,
  XTLB_ENTRIES,
  XTLB_ENTRY_WORDS,
  XTLB_TAG,
} from "../../translator/cpu.ts";
import { newStamp, translationsChanged } from "../../translator/env.ts";
import { FRAME_CODE, frameFlags, I32, PAGE_SIZE, RUNNING_CPU } from "../../translator/ram.ts";
import { FIRST_BLOCK_FRAME } from "./blocks.ts";
import { Extents, EXTENTS_BYTES } from "./extents.ts";
import { FRAME_WRITE_TAGGED, frames } from "./frames.ts";
import { PTE_EXEC, PTE_READ, PTE_WRITE } from "./page_table.ts";

/** The TLBs of an address space. */
export interface Tlb {
  /** I32 index of the data TLB; the exec TLB follows it. */
  readonly words: number;
  /** Runs of pages that have tags, with their addends. */
  readonly readable: Extents;
  readonly writable: Extents;
}

/** Word of a data TLB, unused by its first entry: the stamp of the address space's executable pages (env.ts). */
const STAMP_WORD = 5;
/** The extents' records lie behind the TLBs. */
const RUN_FRAMES = (TLB_BYTES + XTLB_BYTES + 2 * EXTENTS_BYTES) / PAGE_SIZE;
const DATA_WORDS = TLB_BYTES / 4;
const TWO_32 = 0x1_0000_0000;

/** Told when an address space loses executable pages, so that the translator can drop what it chained by address. */
export const execHooks: { flushed: (tlbWords: number) => void } = { flushed: () => {} };

/** Makes the TLBs of a new address space; undefined when memory is used up. */
export function allocateTlb(): Tlb | undefined {
  const frame = frames.allocateRun(RUN_FRAMES);
  if (frame === 0) return undefined;
  const words = frame << 10, records = words + DATA_WORDS + XTLB_BYTES / 4;
  const tlb = { words, readable: new Extents(records), writable: new Extents(records + EXTENTS_BYTES / 4) };
  flushAll(tlb);
  return tlb;
}

export function releaseTlb({ words }: Tlb): void {
  execHooks.flushed(words);
  frames.releaseRun(words >>> 10, RUN_FRAMES);
}

/** I32 index of the exec TLB that belongs to the data TLB at `words`. */
export function execTlbOf(words: number): number {
  return words + DATA_WORDS;
}

/** The CPU state gets these TLBs. */
export function useTlb(c: number, words: number): void {
  I32[c + 2 * TLB] = words;
  I32[c + 2 * TLB + 1] = execTlbOf(words);
  I32[c + 2 * EXEC_STAMP] = I32[words + STAMP_WORD];
}

/** An executable page goes. */
function stampAnew(words: number): void {
  I32[words + STAMP_WORD] = newStamp();
  if (I32[RUNNING_CPU + 2 * TLB] === words) I32[RUNNING_CPU + 2 * EXEC_STAMP] = I32[words + STAMP_WORD];
}

/** Enters what the page-table entry `pte` of `va`'s page allows into the data TLB. */
export function fillData({ words, readable, writable }: Tlb, va: number, pte: number): void {
  const low = va & ~0xfff, high = (va / TWO_32) | 0;
  const entry = words + ((low >>> 12) & (TLB_ENTRIES - 1)) * TLB_ENTRY_WORDS;
  const frame = pte >>> 12, addend = ((pte & ~0xfff) - low) | 0;
  if ((pte & PTE_READ) !== 0) {
    I32[entry + TLB_READ] = low;
    I32[entry + TLB_READ + 1] = high;
    I32[entry + TLB_READ_EXTENT] = readable.join(va, addend, frame >= FIRST_BLOCK_FRAME);
  } else {
    I32[entry + TLB_READ] = TLB_INVALID;
  }
  if ((pte & PTE_WRITE) !== 0 && (frameFlags[frame] & FRAME_CODE) === 0) {
    I32[entry + TLB_WRITE] = low;
    I32[entry + TLB_WRITE + 1] = high;
    I32[entry + TLB_WRITE_EXTENT] = writable.join(va, addend, frame >= FIRST_BLOCK_FRAME);
    frameFlags[frame] |= FRAME_WRITE_TAGGED;
  } else {
    I32[entry + TLB_WRITE] = TLB_INVALID;
  }
  I32[entry + TLB_ADDEND] = addend;
}

/** Enters an executable page into the exec TLB. */
export function fillExec(words: number, va: number, pte: number): void {
  const low = va & ~0xfff;
  const entry = words + DATA_WORDS + ((low >>> 12) & (XTLB_ENTRIES - 1)) * XTLB_ENTRY_WORDS;
  I32[entry + XTLB_TAG] = low;
  I32[entry + XTLB_TAG + 1] = (va / TWO_32) | 0;
  I32[entry + XTLB_ADDEND] = ((pte & ~0xfff) - low) | 0;
}

/** Forgets one page. `pte` is its old entry: tells whether there can be an exec entry. */
export function flushPage({ words, readable, writable }: Tlb, va: number, pte: number): void {
  translationsChanged();
  readable.remove(va);
  writable.remove(va);
  const low = va & ~0xfff, high = (va / TWO_32) | 0;
  const entry = words + ((low >>> 12) & (TLB_ENTRIES - 1)) * TLB_ENTRY_WORDS;
  if (I32[entry + TLB_READ] === low && I32[entry + TLB_READ + 1] === high) {
    I32[entry + TLB_READ] = TLB_INVALID;
  }
  if (I32[entry + TLB_WRITE] === low && I32[entry + TLB_WRITE + 1] === high) {
    I32[entry + TLB_WRITE] = TLB_INVALID;
  }
  if ((pte & PTE_EXEC) !== 0) {
    stampAnew(words);
    const exec = words + DATA_WORDS + ((low >>> 12) & (XTLB_ENTRIES - 1)) * XTLB_ENTRY_WORDS;
    if (I32[exec + XTLB_TAG] === low && I32[exec + XTLB_TAG + 1] === high) I32[exec + XTLB_TAG] = TLB_INVALID;
  }
}

/** Forgets every page. */
export function flushAll({ words, readable, writable }: Tlb): void {
  translationsChanged();
  readable.clear();
  writable.clear();
  stampAnew(words);
  for (let entry = words; entry < words + DATA_WORDS; entry += TLB_ENTRY_WORDS) {
    I32[entry + TLB_READ] = TLB_INVALID;
    I32[entry + TLB_WRITE] = TLB_INVALID;
  }
  const exec = words + DATA_WORDS;
  for (let entry = exec; entry < exec + XTLB_BYTES / 4; entry += XTLB_ENTRY_WORDS) {
    I32[entry + XTLB_TAG] = TLB_INVALID;
  }
}

/** Every write has to be seen again (fork). */
export function flushWriteTags({ words, writable }: Tlb): void {
  translationsChanged();
  writable.clear();
  for (let entry = words; entry < words + DATA_WORDS; entry += TLB_ENTRY_WORDS) {
    I32[entry + TLB_WRITE] = TLB_INVALID;
  }
}

/** No write tag may point at `frame` any longer. */
export function flushWriteTagsOf({ words, writable }: Tlb, frame: number): void {
  translationsChanged();
  writable.removeFrame(frame);
  const physical = frame << 12;
  for (let entry = words; entry < words + DATA_WORDS; entry += TLB_ENTRY_WORDS) {
    const low = I32[entry + TLB_WRITE];
    if (low !== TLB_INVALID && ((low + I32[entry + TLB_ADDEND]) | 0) === physical) {
      I32[entry + TLB_WRITE] = TLB_INVALID;
    }
  }
}
