// One translated block as words, in memory and in a file (cache/code_file.ts): what it was made from, where it goes, its operations.
//
//     0: bytes of code | instructions << 16 | crossing << 24 | links << 25 | hot << 27      1: words of operations
//     two words a link: guest address      the bytes of code it was made from, padded      the operations (ir/words.ts)
//
// The bytes are compared with what lies in memory before a record is used: no hash decides whether code is the same.

import type { IrBlock } from "../ir/block.ts";
import { blockWords, encodeBlock, type Pieces, shapeOf } from "../ir/words.ts";
import { I32, U8 } from "../ram.ts";
import { type Link, makeLink } from "./block.ts";

/** Where a record lies. */
export interface Place {
  readonly words: Int32Array;
  readonly at: number;
}

/** Words before the links. */
export const HEAD = 2;
export const BYTES = 0xffff, CROSSING = 1 << 24, LINKS_SHIFT = 25, LINKS_MASK = 3;
const INSTRUCTIONS_SHIFT = 16, HOT = 1 << 27;

export function byteCount({ words, at }: Place): number {
  return words[at]! & BYTES;
}
export function instructionCount({ words, at }: Place): number {
  return words[at]! >> INSTRUCTIONS_SHIFT & 255;
}
export function isCrossing({ words, at }: Place): boolean {
  return (words[at]! & CROSSING) !== 0;
}
/** The block was found hot: worth compiling sooner than others. */
export function isHot({ words, at }: Place): boolean {
  return (words[at]! & HOT) !== 0;
}
export function setHot({ words, at }: Place): void {
  words[at]! |= HOT;
}
export function linkCount({ words, at }: Place): number {
  return words[at]! >> LINKS_SHIFT & LINKS_MASK;
}
/** Index of the first operation. */
export function firstOperation(place: Place): number {
  return place.at + HEAD + 2 * linkCount(place) + (byteCount(place) + 3 >> 2);
}
export function operationWords({ words, at }: Place): number {
  return words[at + 1]!;
}
/** Words of the whole record. */
export function recordWords(place: Place): number {
  return firstOperation(place) - place.at + operationWords(place);
}

/** Links of the operation that ends the block; fresh ones, not followed yet. */
export function recordLinks(place: Place): Link[] {
  const { words, at } = place, links: Link[] = [];
  for (let i = 0; i < linkCount(place); i++) {
    links.push(makeLink(words[at + HEAD + 2 * i + 1]! * 0x1_0000_0000 + (words[at + HEAD + 2 * i]! >>> 0)));
  }
  return links;
}

/** Writes the record of `block`, made from what lies at physical addresses `page` and, behind it, `second`. */
export function makeRecord(block: IrBlock, page: number, second: number, pieces: Pieces): Place {
  const { ops } = block;
  const end = ops[ops.length - 1]!;
  const count = shapeOf(end).links;
  const bytes = block.end - block.address;
  const at = pieces.room(HEAD + 2 * count + (bytes + 3 >> 2) + blockWords(block)), { words } = pieces;
  words[at] = bytes | block.instructions << INSTRUCTIONS_SHIFT | (block.crossing ? CROSSING : 0) |
    count << LINKS_SHIFT;
  const links: Link[] = [], start = at + HEAD + 2 * count + (bytes + 3 >> 2);
  const behind = encodeBlock(block, words, start, links);
  pieces.take(behind);
  words[at + 1] = behind - start;
  links.forEach((link, i) => {
    words[at + HEAD + 2 * i] = link.lo;
    words[at + HEAD + 2 * i + 1] = link.hi;
  });
  const copy = new Uint8Array(words.buffer, words.byteOffset + 4 * (at + HEAD + 2 * count), bytes);
  const offset = block.address % 4096, first = Math.min(bytes, 4096 - offset);
  copy.set(U8.subarray(page + offset, page + offset + first));
  if (first < bytes) copy.set(U8.subarray(second, second + bytes - first), first);
  return { words, at };
}

/**
 * Whether the record's bytes are what lies at guest address `address`. `second` gives the
 * physical page behind the first, or 0: the caller has no use for blocks that need it.
 */
export function sameBytes(
  place: Place,
  address: number,
  page: number,
  second: () => number,
): boolean {
  const bytes = place.words === I32 ? U8 : new Uint8Array(place.words.buffer);
  const from = 4 * (place.at + HEAD + 2 * linkCount(place)), count = byteCount(place);
  const offset = address % 4096, first = Math.min(count, 4096 - offset);
  for (let i = 0; i < first; i++) if (bytes[from + i] !== U8[page + offset + i]) return false;
  if (first === count) return true;
  const next = second();
  if (next === 0) return true;
  for (let i = first; i < count; i++) if (bytes[from + i] !== U8[next + i - first]) return false;
  return true;
}
