// Which frame lies behind a guest page of one address space, and what may be done with it now?
//
// A radix tree kept in frames: 32 root entries (JavaScript side), then three levels of 1024 int32 entries for the 35 bits of a
// page number. An inner entry is the physical address of the next table; a leaf entry is the physical address
// of the frame with PTE_* bits in the low 12 bits. 0 is "nothing there". A leaf covers 4 MiB.
//
// PTE_READ/WRITE/EXEC say what an access may do at once. A clear PTE_WRITE in a writable VMA means that the first write
// has to be seen (copy on write, dirtying a shared file page). Each entry holds one reference of its frame.

import { I32, PAGE_SIZE } from "../../translator/ram.ts";
import { frames } from "./frames.ts";

export const PTE_READ = 1, PTE_WRITE = 2, PTE_EXEC = 4;
export const PTE_RIGHTS = PTE_READ | PTE_WRITE | PTE_EXEC;
/** The frame belongs to anonymous memory (for the counters of resident pages). */
export const PTE_ANON = 8;
/** From a shared mapping: fork keeps it as it is. */
export const PTE_SHARED = 16;
export const PTE_FLAGS = 0xfff;

/** Bytes covered by one leaf. */
export const LEAF_BYTES = 1024 * PAGE_SIZE;
const ENTRIES = 1024;
const TWO_32 = 0x1_0000_0000;

export class PageTable {
  /** Physical addresses of the third-level tables, by bits 42–46 of the address. */
  readonly #root = new Int32Array(32);
  /** Last leaf found, by the number of its 4 MiB range. */
  #lastRange = -1;
  #lastLeaf = 0;
  /** Frames that the tables take. */
  tableFrames = 0;

  /** I32 index of the entry of `va`'s page, 0 when no table is there. `va` is a user address. */
  slot(va: number): number {
    const high = (va / TWO_32) | 0, low = va | 0;
    const range = high * 1024 + (low >>> 22);
    if (range === this.#lastRange) return this.#lastLeaf + ((low >>> 12) & 1023);
    const third = this.#root[high >>> 10];
    if (third === 0) return 0;
    const second = I32[(third >>> 2) + (high & 1023)];
    if (second === 0) return 0;
    const leaf = I32[(second >>> 2) + (low >>> 22)];
    if (leaf === 0) return 0;
    this.#lastRange = range;
    this.#lastLeaf = leaf >>> 2;
    return (leaf >>> 2) + ((low >>> 12) & 1023);
  }

  /** Entry of `va`'s page, 0 when there is none. */
  get(va: number): number {
    const slot = this.slot(va);
    return slot === 0 ? 0 : I32[slot];
  }

  /** Like {@link slot}, but makes the tables; 0 when memory is used up. */
  makeSlot(va: number): number {
    const found = this.slot(va);
    if (found !== 0) return found;
    const high = (va / TWO_32) | 0, low = va | 0;
    let third = this.#root[high >>> 10];
    if (third === 0) {
      third = this.#table();
      if (third === 0) return 0;
      this.#root[high >>> 10] = third;
    }
    const secondSlot = (third >>> 2) + (high & 1023);
    let second = I32[secondSlot];
    if (second === 0) {
      second = this.#table();
      if (second === 0) return 0;
      I32[secondSlot] = second;
    }
    const leafSlot = (second >>> 2) + (low >>> 22);
    let leaf = I32[leafSlot];
    if (leaf === 0) {
      leaf = this.#table();
      if (leaf === 0) return 0;
      I32[leafSlot] = leaf;
    }
    return (leaf >>> 2) + ((low >>> 12) & 1023);
  }

  #table(): number {
    const frame = frames.allocate();
    if (frame !== 0) this.tableFrames++;
    return frame << 12;
  }

  /**
   * Calls `visit` with the I32 index of the first entry, the number of entries and the guest address, for each piece of
   * [start, end) that lies in one existing leaf. Missing tables are skipped at their own size.
   */
  forEachLeaf(start: number, end: number, visit: (slot: number, count: number, va: number) => void): void {
    let va = start;
    while (va < end) {
      const high = (va / TWO_32) | 0;
      const third = this.#root[high >>> 10];
      if (third === 0) {
        va = ((high >>> 10) + 1) * 1024 * TWO_32;
        continue;
      }
      const second = I32[(third >>> 2) + (high & 1023)];
      if (second === 0) {
        va = (high + 1) * TWO_32;
        continue;
      }
      const stop = Math.min(end, (Math.floor(va / LEAF_BYTES) + 1) * LEAF_BYTES);
      const leaf = I32[(second >>> 2) + ((va | 0) >>> 22)];
      if (leaf !== 0) visit((leaf >>> 2) + (((va | 0) >>> 12) & 1023), (stop - va) / PAGE_SIZE, va);
      va = stop;
    }
  }

  /**
   * Copies all entries to the empty table `child`: both sides lose the right to write private pages, and each frame
   * gains a reference. Returns false when memory is used up (the child is then incomplete, but consistent).
   */
  copyTo(child: PageTable): boolean {
    const counts = frames.counts;
    let ok = true;
    this.forEachTable((leaf, va) => {
      if (!ok) return;
      const target = child.makeSlot(va);
      if (target === 0) {
        ok = false;
        return;
      }
      const source = leaf >>> 2;
      for (let i = 0; i < ENTRIES; i++) {
        let entry = I32[source + i];
        if (entry === 0) continue;
        if ((entry & PTE_WRITE) !== 0 && (entry & PTE_SHARED) === 0) {
          entry &= ~PTE_WRITE;
          I32[source + i] = entry;
        }
        I32[target + i] = entry;
        counts[entry >>> 12]++;
      }
    });
    return ok;
  }

  /** Calls `visit` with physical address and guest address of each leaf, in order. */
  forEachTable(visit: (leaf: number, va: number) => void): void {
    for (let r = 0; r < 32; r++) {
      const third = this.#root[r];
      if (third === 0) continue;
      for (let t = 0; t < ENTRIES; t++) {
        const second = I32[(third >>> 2) + t];
        if (second === 0) continue;
        for (let s = 0; s < ENTRIES; s++) {
          const leaf = I32[(second >>> 2) + s];
          if (leaf !== 0) visit(leaf, (r * ENTRIES + t) * TWO_32 + s * LEAF_BYTES);
        }
      }
    }
  }

  /** Releases all frames and all tables. */
  destroy(): void {
    this.forEachTable((leaf) => {
      const source = leaf >>> 2;
      for (let i = 0; i < ENTRIES; i++) {
        const entry = I32[source + i];
        if (entry !== 0) frames.release(entry >>> 12);
      }
      frames.release(leaf >>> 12);
    });
    for (let r = 0; r < 32; r++) {
      const third = this.#root[r];
      if (third === 0) continue;
      for (let t = 0; t < ENTRIES; t++) {
        const second = I32[(third >>> 2) + t];
        if (second !== 0) frames.release(second >>> 12);
      }
      frames.release(third >>> 12);
      this.#root[r] = 0;
    }
    this.#lastRange = -1;
    this.#lastLeaf = 0;
    this.tableFrames = 0;
  }
}
