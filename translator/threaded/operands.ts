// Operands of a handler: the emitters of the IR's operations (wasm/ops_*.ts) get these in place of slots, constants and numbers, and so make code
// that finds them in the operation's words.
//
// A slot is a number as usual, only greater than any slot: word × 16 + which of several slots in a row. A number or constant is an object that
// has no value: an emitter that wants to know it at translation fails with Unsupported, and the operation is left to JavaScript.

import { FORM_ADDRESS32, FORM_BASE, FORM_CONST, FORM_DISP, FORM_INDEX, FORM_WIDE } from "../ir/words.ts";
import { scaleOf, segmentOf, type Shape } from "../ir/words.ts";
import { Code, OP } from "../wasm/encoder.ts";

export class Unsupported extends Error {}

const SLOT = 1 << 20, WORD_SHIFT = 4;

export function isSlotWord(slot: number): boolean {
  return slot >= SLOT;
}
export function slotWord(slot: number): number {
  return (slot - SLOT) >> WORD_SHIFT;
}
/** The slots behind the one that is named. */
export function slotOffset(slot: number): number {
  return slot & (1 << WORD_SHIFT) - 1;
}

/** A number in word `word` (and the next one, when `wide`). */
class WordNumber {
  readonly word: number;
  readonly wide: boolean;

  constructor(word: number, wide: boolean) {
    this.word = word;
    this.wide = wide;
  }

  valueOf(): number {
    throw new Unsupported("the number is not known yet");
  }
}

/** Local with the address of the operation's words. */
export const AT = 0;

/** Constants may be numbers in words. */
export class HandlerCode extends Code {
  override i32(value: number | WordNumber): this {
    return typeof value === "object" ? this.get(AT).mem(OP.i32Load, 4 * value.word) : super.i32(value);
  }
  override i64(lo: number | WordNumber, hi: number): this {
    if (typeof lo !== "object") return super.i64(lo, hi);
    return this.get(AT).mem(lo.wide ? OP.i64Load : OP.i64Load32s, 4 * lo.word);
  }
}

/** The arguments of operations of a shape; objects and links are undefined. */
export function operands({ def, forms }: Shape): any[] {
  let word = 1;
  const slot = () => SLOT + (word++ << WORD_SHIFT);
  return forms.map((form, i): unknown => {
    switch (def.args[i]) {
      case "d":
        return slot();
      case "r": {
        if (form !== FORM_CONST) return slot();
        const number = new WordNumber(word, true);
        word += 2;
        return { lo: number, hi: number };
      }
      case "m": {
        const base = form & FORM_BASE ? slot() : -1, index = form & FORM_INDEX ? slot() : -1;
        const wide = (form & FORM_WIDE) !== 0;
        const disp = form & FORM_DISP ? new WordNumber(word, wide) : 0;
        if (disp !== 0) word += wide ? 2 : 1;
        const address32 = (form & FORM_ADDRESS32) !== 0;
        const parts = { base, index, scale: scaleOf(form), segment: segmentOf(form), address32 };
        return { ...parts, dispLo: disp, dispHi: disp };
      }
      case "n":
        return new WordNumber(word++, false);
      case "o":
        word++;
        return undefined;
      case "x":
        return form;
      default:
        return undefined;
    }
  });
}
