// Where operations lie that threaded code runs: words in physical memory, which wasm can read. What finds no room there lies in arrays of its
// own and is run by JavaScript.

import { I32, THREADED_CODE, THREADED_END } from "../ram.ts";
import { type Pieces, WordPieces } from "../ir/words.ts";

const START = THREADED_CODE / 4, END = THREADED_END / 4;
/** First free word, and of those that are never given back. */
let next = START, first = START;

export class Arena implements Pieces {
  words: Int32Array = I32;
  readonly #others = new WordPieces();

  room(count: number): number {
    if (next + count <= END) {
      this.words = I32;
      return next;
    }
    const at = this.#others.room(count);
    this.words = this.#others.words;
    return at;
  }
  take(end: number): void {
    if (this.words === I32) next = end;
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
  return next > END - (END - START) / 8;
}
/** Nobody uses what was handed out any longer. */
export function emptyArena(): void {
  next = first;
}
/** What was handed out until now is never given back. */
export function fixArena(): void {
  first = next;
}

/** Physical address of `count` words that begin at a multiple of 8 bytes; 0 when there is no room. */
export function allotAligned(count: number): number {
  const at = next + (next & 1);
  if (at + count > END) return 0;
  next = at + count;
  return 4 * at;
}
