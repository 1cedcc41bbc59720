// Where operations lie that threaded code runs: words in physical memory, which wasm can read. What finds no room there lies in arrays of its
// own and is run by JavaScript.

import { I32, THREADED_CODE, THREADED_END } from "../ram.ts";
import { type Pieces, WordPieces } from "../ir/words.ts";

/** Physical address of the number of the first free word: wasm takes pieces, too (finder.ts). */
export const ARENA_NEXT: number = THREADED_CODE;
/** That of a number for finder.ts. */
export const NODES_FOUND: number = THREADED_CODE + 4;
const START = THREADED_CODE / 4 + 2, END = THREADED_END / 4, NEXT = ARENA_NEXT / 4;
I32[NEXT] = START;
/** First word of those that are given back. */
let first = START;

export class Arena implements Pieces {
  words: Int32Array = I32;
  readonly #others = new WordPieces();

  room(count: number): number {
    const next = I32[NEXT]!;
    if (next + count <= END) {
      this.words = I32;
      return next;
    }
    const at = this.#others.room(count);
    this.words = this.#others.words;
    return at;
  }
  take(end: number): void {
    if (this.words === I32) I32[NEXT] = end;
    else this.#others.take(end);
  }
  allot(count: number): number {
    const at = this.room(count);
    this.take(at + count);
    return at;
  }
}

/** Whether it is time to give up all translations: an eighth is left. */
export function arenaIsFull(): boolean {
  return I32[NEXT]! > END - (END - START) / 8;
}
/** Nobody uses what was handed out any longer. */
export function emptyArena(): void {
  I32[NEXT] = first;
}
/** What was handed out until now is never given back. */
export function fixArena(): void {
  first = I32[NEXT]!;
}

/** Physical address of `count` words that begin at a multiple of 8 bytes; 0 when there is no room. */
export function allotAligned(count: number): number {
  const next = I32[NEXT]!, at = next + (next & 1);
  if (at + count > END) return 0;
  I32[NEXT] = at + count;
  return 4 * at;
}
