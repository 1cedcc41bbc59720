// A region (wasm/region.ts) as words, to be kept between runs: its function, and what must be given to it to use it.
//
//     0: words of the record   1: pages   2: blocks   3: links   4: steps   5: ends   6: links of the ends   7: words of steps and ends
//     8: bytes of code   9: entries   10: own blocks   11: windows that it does without   12: locals   13: branch hints   14: holes
//     entries, pages, blocks, links, links of the ends: two words each, guest addresses
//     steps and ends: two words of instruction address, then the operation (ir/words.ts)
//     locals: their types      hints and holes: as in wasm/encoder.ts      the code, padded
//
// The blocks are what the region was made from: it is valid where all of them are what they were.

import type { IrOp } from "../ir/block.ts";
import { decodeOp, encodeOp, type Pieces, shapeOf } from "../ir/words.ts";
import { Code } from "../wasm/encoder.ts";
import { HOLE } from "../wasm/link.ts";
import { type Link, makeLink } from "./block.ts";
import type { Place } from "./record.ts";

/** Where the code of a region lies. */
export interface RegionPlaces {
  /** Guest addresses: of the blocks where it may be entered; of all blocks, the first entry first; of the pages they lie on, the entry's first. */
  readonly entries: readonly number[];
  readonly blocks: readonly number[];
  readonly pages: readonly number[];
}

/** What there is to know of a region that has been compiled, wherever its pages lie in physical memory. */
export interface RegionFacts extends RegionPlaces {
  /** The first so many blocks are there on their own account, not because they are called. */
  readonly own: number;
  /** Bits of the windows that it does without (wasm/window_misses.ts). */
  readonly without: number;
}

/** What a region consists of. */
export interface RegionParts extends RegionFacts {
  /** Types of the locals behind the parameters, and the body without its end. */
  readonly locals: readonly number[];
  readonly code: Code;
  readonly links: readonly Link[];
  readonly steps: readonly IrOp[];
  readonly ends: readonly IrOp[];
}

const HEAD = 15;
/** Words before each operation. */
export const OP_PREFIX = 2;
const SIZE = 0,
  PAGES = 1,
  BLOCKS = 2,
  LINKS = 3,
  STEPS = 4,
  ENDS = 5,
  END_LINKS = 6,
  OP_WORDS = 7,
  BYTES = 8,
  ENTRIES = 9,
  OWN = 10,
  WITHOUT = 11,
  LOCALS = 12,
  HINTS = 13,
  HOLES = 14;

export function regionWords({ words, at }: Place): number {
  return words[at + SIZE]!;
}
/** Index of the first operation's prefix. */
export function firstRegionOperation({ words, at }: Place): number {
  return at + HEAD +
    2 *
      (words[at + ENTRIES]! + words[at + PAGES]! + words[at + BLOCKS]! + words[at + LINKS]! +
        words[at + END_LINKS]!);
}
export function regionOperationWords({ words, at }: Place): number {
  return words[at + OP_WORDS]!;
}

/** Index of what comes behind the operations. */
function functionAt(place: Place): number {
  return firstRegionOperation(place) + regionOperationWords(place);
}

/** Whether the parts of the record are as long as it, and it lies before index `limit`; and its holes are where and what they can be. */
export function regionFits(place: Place, limit: number): boolean {
  const { words, at } = place;
  if (at < 0 || at + HEAD > limit) return false;
  for (let i = 0; i < HEAD; i++) if (words[at + i]! < 0) return false;
  const bytes = words[at + BYTES]!, before = words[at + LOCALS]! + words[at + HINTS]!;
  const first = functionAt(place) + before, behind = first + 2 * words[at + HOLES]!;
  const end = behind + (bytes + 3 >> 2);
  if (
    end !== at + regionWords(place) || end > limit || words[at + BLOCKS]! === 0 ||
    words[at + PAGES]! === 0 || words[at + ENTRIES]! === 0
  ) return false;
  for (let i = first, offset = 0; i < behind; i += 2) {
    const kind = words[i + 1]! & 7, n = words[i + 1]! >>> 3;
    if (words[i]! < offset || (offset = words[i]!) > bytes) return false;
    if (!(n < words[at + (kind === HOLE.step ? STEPS : kind === HOLE.end ? ENDS : LINKS)]!)) return false;
  }
  return true;
}

export function makeRegionRecord(region: RegionParts, pieces: Pieces): Place {
  const ops = [...region.steps, ...region.ends], endLinks: Link[] = [];
  for (const end of region.ends) {
    for (let i = 0; i < end.args.length; i++) if (end.def.args[i] === "l") endLinks.push(end.args[i] as Link);
  }
  const addresses = [
    ...region.entries,
    ...region.pages,
    ...region.blocks,
    ...region.links.map((link) => link.address),
    ...endLinks.map((link) => link.address),
  ];
  let opWords = 0;
  for (const o of ops) opWords += OP_PREFIX + shapeOf(o).words;
  const { locals, code } = region;
  const behind = [...locals, ...code.hints, ...code.holes];
  const size = HEAD + 2 * addresses.length + opWords + behind.length + (code.length + 3 >> 2);
  const at = pieces.allot(size), { words } = pieces;
  words.set([
    size,
    region.pages.length,
    region.blocks.length,
    region.links.length,
    region.steps.length,
    region.ends.length,
    endLinks.length,
    opWords,
    code.length,
    region.entries.length,
    region.own,
    region.without,
    locals.length,
    code.hints.length,
    code.holes.length / 2,
  ], at);
  let i = at + HEAD;
  for (const address of addresses) {
    words[i++] = address | 0;
    words[i++] = Math.floor(address / 0x1_0000_0000);
  }
  for (const o of ops) {
    words[i++] = o.ip | 0;
    words[i++] = Math.floor(o.ip / 0x1_0000_0000);
    i = encodeOp(o, o.ip - o.ip % 4096, words, i, []);
  }
  words.set(behind, i);
  i += behind.length;
  new Uint8Array(words.buffer, words.byteOffset + 4 * i, code.length).set(code.written());
  return { words, at };
}

/** Takes address after address, two words each. */
class Addresses {
  readonly #words: Int32Array;
  /** Index of the next one. */
  at: number;

  constructor({ words, at }: Place) {
    this.#words = words;
    this.at = at;
  }
  next(): number {
    const lo = this.#words[this.at++]! >>> 0;
    return this.#words[this.at++]! * 0x1_0000_0000 + lo;
  }
  list<T>(count: number, make: (address: number) => T): T[] {
    return Array.from({ length: count }, () => make(this.next()));
  }
}

export function readRegionRecord(place: Place): RegionParts {
  const { words, at } = place, from = new Addresses({ words, at: at + HEAD });
  const { entries, pages, blocks } = placesFrom(from, place);
  const links = from.list(words[at + LINKS]!, makeLink),
    endLinks = from.list(words[at + END_LINKS]!, makeLink);
  const ops = (count: number) =>
    Array.from({ length: count }, () => {
      const ip = from.next();
      const { op, next } = decodeOp(words, from.at, ip - ip % 4096, endLinks);
      from.at = next;
      return op;
    });
  const steps = ops(words[at + STEPS]!), ends = ops(words[at + ENDS]!);
  const code = new Code();
  let i = from.at;
  const locals = Array.from(words.subarray(i, i += words[at + LOCALS]!));
  for (const end = i + words[at + HINTS]!; i < end; i++) code.hints.push(words[i]!);
  for (const end = i + 2 * words[at + HOLES]!; i < end; i++) code.holes.push(words[i]!);
  code.bytes(new Uint8Array(words.buffer, words.byteOffset + 4 * i, words[at + BYTES]!));
  const own = words[at + OWN]!, without = words[at + WITHOUT]!;
  return { entries, pages, blocks, own, without, locals, code, links, steps, ends };
}

/** Guest addresses of its entries, pages and blocks. */
export function regionPlaces(place: Place): RegionPlaces {
  return placesFrom(new Addresses({ words: place.words, at: place.at + HEAD }), place);
}

function placesFrom(from: Addresses, { words, at }: Place): RegionPlaces {
  const list = (count: number) => from.list(count, (address) => address);
  const entries = list(words[at + ENTRIES]!), pages = list(words[at + PAGES]!);
  return { entries, pages, blocks: list(words[at + BLOCKS]!) };
}
