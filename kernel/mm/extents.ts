// The runs of neighbouring pages of an address space that may be accessed in one way and whose frames are neighbours, too.
//
// Translated code that knows such an extent checks an address with one comparison (translator/wasm/windows.ts); it finds extents by the
// TLB entry of any page in them (record: translator/cpu.ts). A page joins when its TLB entry is made, so extents hold just
// pages that have, or had, tags, and every right that goes is taken from them before it goes from the page table.

import { EXTENT_ADDEND, EXTENT_LENGTH, EXTENT_MARGIN, EXTENT_WORDS } from "../../translator/cpu.ts";
import { I32, PAGE_SIZE } from "../../translator/ram.ts";

/** Extents of one kind that an address space may have. */
const MOST = 64;
export const EXTENTS_BYTES: number = MOST * EXTENT_WORDS * 4;
const TWO_20 = 0x10_0000, TWO_32 = 0x1_0000_0000;

interface Extent {
  /** First page and the page behind the last: guest address / 4096. */
  first: number;
  end: number;
  readonly addend: number;
  /** I32 index of its record. */
  readonly record: number;
}

export class Extents {
  /** In order of address. */
  readonly #list: Extent[] = [];
  /** I32 indices: of all records, of the first that was never used, of others that are free. */
  readonly #records: number;
  #fresh: number;
  #free: number[] = [];

  /** `records`: I32 index of EXTENTS_BYTES of memory, zeroed. */
  constructor(records: number) {
    this.#records = this.#fresh = records;
  }

  /** Number of extents. */
  get count(): number {
    return this.#list.length;
  }

  /** Number of the last extent that begins at `page` or before, or -1. */
  #find(page: number): number {
    const list = this.#list;
    let low = -1, high = list.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (list[middle]!.first <= page) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The page of `va` may be accessed; returns the physical address of the record of its extent, or 0. `found`: whether it may be the first of one. */
  join(va: number, addend: number, found: boolean): number {
    const list = this.#list, page = Math.floor(va / PAGE_SIZE), i = this.#find(page);
    const below = i < 0 ? undefined : list[i]!, above = list[i + 1];
    if (below !== undefined) {
      if (page < below.end) return below.addend === addend ? 4 * below.record : 0;
      if (below.end === page && below.addend === addend) {
        if (above?.first === page + 1 && above.addend === addend) return this.#merge(i);
        below.end++;
        return write(below);
      }
    }
    if (above?.first === page + 1 && above.addend === addend) {
      above.first--;
      return write(above);
    }
    return found ? this.#insert(i + 1, page, page + 1, addend) : 0;
  }

  /** The page of `va` may not be accessed any longer. */
  remove(va: number): void {
    if (this.#list.length === 0) return;
    const page = Math.floor(va / PAGE_SIZE), i = this.#find(page);
    if (i >= 0 && page < this.#list[i]!.end) this.#cut(i, page);
  }

  /** Nor any page whose frame is `frame`. */
  removeFrame(frame: number): void {
    // What comes to lie behind a cut has been looked at.
    for (let i = this.#list.length - 1; i >= 0; i--) {
      const { first, end, addend } = this.#list[i]!;
      const n = ((frame * PAGE_SIZE - addend - first * PAGE_SIZE) | 0) >>> 12;
      if (n < end - first) this.#cut(i, first + n);
    }
  }

  clear(): void {
    for (const extent of this.#list) clearRecord(extent.record);
    this.#list.length = 0;
    this.#free.length = 0;
    this.#fresh = this.#records;
  }

  /** First page and page behind the last of what lies between neighbours of one addend: of gaps of `most` pages or fewer. */
  gaps(most: number): [first: number, end: number][] {
    const found: [number, number][] = [];
    for (let i = 1; i < this.#list.length; i++) {
      const below = this.#list[i - 1]!, above = this.#list[i]!;
      if (above.addend === below.addend && above.first - below.end <= most) {
        found.push([below.end, above.first]);
      }
    }
    return found;
  }

  /** Extents `i` and `i` + 1 become one with the page between them. TLB entries of the smaller one find its record empty and are made anew. */
  #merge(i: number): number {
    const below = this.#list[i]!, above = this.#list[i + 1]!, { first } = below, { end } = above;
    const [kept, gone] = end - above.first > below.end - first ? [above, below] : [below, above];
    this.#drop(gone === below ? i : i + 1);
    kept.first = first;
    kept.end = end;
    return write(kept);
  }

  /** Takes `page` out of extent `i`. */
  #cut(i: number, page: number): void {
    const extent = this.#list[i]!, { first, end, addend } = extent;
    if (page > first) {
      extent.end = page;
      if (page + 1 < end) this.#insert(i + 1, page + 1, end, addend);
    } else if (page + 1 === end) return this.#drop(i);
    else extent.first++;
    write(extent);
  }

  #insert(i: number, first: number, end: number, addend: number): number {
    if (this.#list.length === MOST) return 0;
    let record = this.#free.pop();
    if (record === undefined) {
      record = this.#fresh;
      this.#fresh += EXTENT_WORDS;
    }
    const extent = { first, end, addend, record };
    this.#list.splice(i, 0, extent);
    return write(extent);
  }

  #drop(i: number): void {
    const { record } = this.#list[i]!;
    clearRecord(record);
    this.#free.push(record);
    this.#list.splice(i, 1);
  }
}

/** Returns the record's physical address. */
function write({ first, end, addend, record }: Extent): number {
  const bytes = (end - first) * PAGE_SIZE - EXTENT_MARGIN;
  I32[record] = first * PAGE_SIZE;
  I32[record + 1] = first / TWO_20;
  I32[record + EXTENT_LENGTH / 4] = bytes;
  I32[record + EXTENT_LENGTH / 4 + 1] = bytes / TWO_32;
  I32[record + EXTENT_ADDEND / 4] = addend;
  return 4 * record;
}

function clearRecord(record: number): void {
  I32[record + EXTENT_LENGTH / 4] = I32[record + EXTENT_LENGTH / 4 + 1] = 0;
}
