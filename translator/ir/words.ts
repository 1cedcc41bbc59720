// IR as 32-bit words: what the closures tier executes (js/closures.ts) and what the cache on disk keeps (cache/).
//
// An operation is a head and the numbers of its arguments:
//
//     head: 1 bit: it ends the block | 4 bits: words, head included | 12 bits: address of its instruction in the page | 15 bits: shape
//     d, slot read: index of its first word in the CPU state     constant: low, high     n: the number
//     m: base, index (as slots), displacement (one word, or two when it is not sign-extended), each where present
//     o: number of the object in `objects`     x: nothing, it is part of the shape     l: nothing, links are kept in order beside the words
//
// A shape is an operation together with which kinds of values its arguments are.

import type { IrBlock, IrOp } from "./block.ts";
import type { Arg, Const, Mem, OpDef } from "./op.ts";

/** Everything about an operation that is not in its words. */
export interface Shape {
  readonly id: number;
  readonly def: OpDef;
  /** Tells it from other shapes of the operation. */
  readonly key: number;
  /** One for each argument: FORM_CONST or 0 for `r`, bits FORM_* for `m`, the value for `x`. */
  readonly forms: readonly number[];
  /** Words, head included. */
  readonly words: number;
  /** Which of them are slots, and which are numbers of objects. */
  readonly slotWords: readonly number[];
  readonly objectWords: readonly number[];
  readonly links: number;
}

export const FORM_CONST = 1;
export const FORM_BASE = 1, FORM_INDEX = 2, FORM_SCALE = 4, FORM_DISP = 16, FORM_WIDE = 32;
/** The segment, plus 1, times this. */
export const FORM_SEGMENT = 256;
export const FORM_ADDRESS32 = 64;
const MEM_FORMS = 65536;

export const SHAPE_MASK = 0x7fff, OFFSET_SHIFT = 15, LENGTH_SHIFT = 27;

/** Shapes by number, and by operation and key. */
export const shapes: Shape[] = [];
/** Numbers of those that some block uses, in the order of first use (a file may name many more). */
export const used: number[] = [];
const inUse: boolean[] = [];
const table = new Map<OpDef, Map<number, Shape>>();
/** Objects by number. */
export const objects: object[] = [];
const objectNumbers = new Map<object, number>();

function memForm(m: Mem): number {
  const disp = m.dispLo !== 0 || m.dispHi !== 0;
  return (m.base >= 0 ? FORM_BASE : 0) + (m.index >= 0 ? FORM_INDEX + FORM_SCALE * m.scale : 0) +
    (disp ? FORM_DISP : 0) + (disp && m.dispHi !== m.dispLo >> 31 ? FORM_WIDE : 0) +
    (m.address32 ? FORM_ADDRESS32 : 0) + FORM_SEGMENT * (m.segment + 1);
}

const D = 100, L = 108, M = 109, N = 110, O = 111, R = 114, X = 120;

/** Runs for every operation translated: no allocation. */
function keyOf(o: IrOp): number {
  const { args } = o, kinds = o.def.args;
  let key = 0;
  for (let i = 0; i < kinds.length; i++) {
    switch (kinds.charCodeAt(i)) {
      case R:
        key = key * 2 + (typeof args[i] === "number" ? 0 : FORM_CONST);
        break;
      case M:
        key = key * MEM_FORMS + memForm(args[i] as Mem);
        break;
      case X:
        key = key * 1024 + (args[i] as number) + 1;
    }
  }
  return key;
}

export function shapeOf(o: IrOp): Shape {
  let known = table.get(o.def);
  if (known === undefined) table.set(o.def, known = new Map());
  const key = keyOf(o);
  let shape = known.get(key);
  if (shape === undefined) known.set(key, shape = addShape(o.def, key));
  useShape(shape.id);
  return shape;
}

/** Operations of this shape are going to run. */
export function useShape(id: number): void {
  if (inUse[id]) return;
  inUse[id] = true;
  used.push(id);
}

/** The operations of the block at index `at` are going to run. */
export function useShapes(words: Int32Array, at: number): void {
  for (;; at += words[at]! >> LENGTH_SHIFT) {
    useShape(words[at]! & SHAPE_MASK);
    if (words[at]! < 0) return;
  }
}

/** The shape of `def` with this key; for shapes that come from a file. */
export function shapeFor(def: OpDef, key: number): Shape {
  let known = table.get(def);
  if (known === undefined) table.set(def, known = new Map());
  let shape = known.get(key);
  if (shape === undefined) known.set(key, shape = addShape(def, key));
  return shape;
}

function addShape(def: OpDef, key: number): Shape {
  // The last number is taken (threaded/node.ts).
  if (shapes.length >= SHAPE_MASK) throw new Error("too many shapes of IR operations");
  const forms: number[] = [];
  let rest = key;
  for (let i = def.args.length - 1; i >= 0; i--) {
    let form = 0;
    switch (def.args.charCodeAt(i)) {
      case R:
        form = rest % 2;
        rest = Math.floor(rest / 2);
        break;
      case M:
        form = rest % MEM_FORMS;
        rest = Math.floor(rest / MEM_FORMS);
        break;
      case X:
        form = rest % 1024 - 1;
        rest = Math.floor(rest / 1024);
    }
    forms[i] = form;
  }
  const shape = { id: shapes.length, def, key, forms, ...layout(def, forms) };
  if (shape.words > MAX_OP_WORDS) throw new Error(`${def.name} has too many arguments`);
  shapes.push(shape);
  inUse.push(false);
  return shape;
}

function layout(
  def: OpDef,
  forms: readonly number[],
): Pick<Shape, "words" | "slotWords" | "objectWords" | "links"> {
  let words = 1, links = 0;
  const slotWords: number[] = [], objectWords: number[] = [];
  forms.forEach((form, i) => {
    switch (def.args.charCodeAt(i)) {
      case D:
        slotWords.push(words++);
        break;
      case N:
        words++;
        break;
      case O:
        objectWords.push(words++);
        break;
      case R:
        if (form === FORM_CONST) words += 2;
        else slotWords.push(words++);
        break;
      case M:
        if (form & FORM_BASE) slotWords.push(words++);
        if (form & FORM_INDEX) slotWords.push(words++);
        if (form & FORM_DISP) words++;
        if (form & FORM_WIDE) words++;
        break;
      case L:
        links++;
    }
  });
  return { words, slotWords, objectWords, links };
}

export function objectNumber(o: object): number {
  let n = objectNumbers.get(o);
  if (n === undefined) {
    objectNumbers.set(o, n = objects.length);
    objects.push(o);
  }
  return n;
}

/** Writes `o`; returns the index behind it. Its links are appended to `links`. */
export function encodeOp(o: IrOp, page: number, words: Int32Array, at: number, links: unknown[]): number {
  const shape = shapeOf(o);
  const { args } = o, kinds = o.def.args;
  words[at++] = shape.id | (o.ip - page) << OFFSET_SHIFT | shape.words << LENGTH_SHIFT |
    (o.def.ends ? 1 << 31 : 0);
  for (let i = 0; i < kinds.length; i++) {
    const a = args[i];
    switch (kinds.charCodeAt(i)) {
      case D:
        words[at++] = 2 * (a as number);
        break;
      case R:
        if (typeof a === "number") words[at++] = 2 * a;
        else {
          words[at++] = (a as Const).lo;
          words[at++] = (a as Const).hi;
        }
        break;
      case M: {
        const m = a as Mem;
        if (m.base >= 0) words[at++] = 2 * m.base;
        if (m.index >= 0) words[at++] = 2 * m.index;
        if (m.dispLo !== 0 || m.dispHi !== 0) {
          words[at++] = m.dispLo;
          if (m.dispHi !== m.dispLo >> 31) words[at++] = m.dispHi;
        }
        break;
      }
      case N:
        if (a !== ((a as number) | 0)) throw new Error(`${o.def.name}: ${a} is no 32-bit number`);
        words[at++] = a as number;
        break;
      case O:
        words[at++] = objectNumber(a as object);
        break;
      case L:
        links.push(a);
    }
  }
  return at;
}

/** Writes a block's operations; returns the index behind them. */
export function encodeBlock(block: IrBlock, words: Int32Array, at: number, links: unknown[]): number {
  const page = block.address - block.address % 4096;
  for (const o of block.ops) at = encodeOp(o, page, words, at, links);
  return at;
}

/** Words that encodeBlock() writes at the most. */
export function blockWords(block: IrBlock): number {
  return block.ops.length * MAX_OP_WORDS;
}
/** What the head has room for. */
const MAX_OP_WORDS = 15;

/** Reads back what encodeBlock() wrote. */
export function decodeOps(words: Int32Array, at: number, page: number, links: readonly unknown[]): IrOp[] {
  const ops: IrOp[] = [], left = [...links];
  for (;;) {
    const { op, next } = decodeOp(words, at, page, left);
    ops.push(op);
    if (op.def.ends) return ops;
    at = next;
  }
}

/** Reads one operation; takes its links from the front of `links`. `next`: index behind it. */
export function decodeOp(
  words: Int32Array,
  at: number,
  page: number,
  links: unknown[],
): { op: IrOp; next: number } {
  const head = words[at++]!;
  const { def, forms } = shapes[head & SHAPE_MASK]!;
  const args: Arg[] = [];
  for (let i = 0; i < forms.length; i++) {
    const form = forms[i]!;
    switch (def.args.charCodeAt(i)) {
      case D:
        args.push(words[at++]! >> 1);
        break;
      case R:
        if (form === FORM_CONST) {
          args.push({ lo: words[at]!, hi: words[at + 1]! });
          at += 2;
        } else args.push(words[at++]! >> 1);
        break;
      case M: {
        const base = form & FORM_BASE ? words[at++]! >> 1 : -1;
        const index = form & FORM_INDEX ? words[at++]! >> 1 : -1;
        const dispLo = form & FORM_DISP ? words[at++]! : 0;
        const dispHi = form & FORM_WIDE ? words[at++]! : dispLo >> 31;
        args.push({
          base,
          index,
          scale: scaleOf(form),
          dispLo,
          dispHi,
          segment: segmentOf(form),
          address32: (form & FORM_ADDRESS32) !== 0,
        });
        break;
      }
      case N:
        args.push(words[at++]!);
        break;
      case O:
        args.push(objects[words[at++]!]);
        break;
      case L:
        args.push(links.shift());
        break;
      case X:
        args.push(form);
    }
  }
  return { op: { def, args, ip: page + (head >>> OFFSET_SHIFT & 4095) }, next: at };
}

/** Hands out pieces of arrays of words. */
export interface Pieces {
  /** The array of the piece that was asked for last. */
  readonly words: Int32Array;
  /** Index in `words` where `count` words are free; they are the caller's after take(). */
  room(count: number): number;
  /** What lies before index `end` is taken. */
  take(end: number): void;
  /** Index in `words` of `count` words of the caller's own. */
  allot(count: number): number;
}

/** An array lives as long as somebody has a piece of it. */
export class WordPieces implements Pieces {
  words: Int32Array = new Int32Array(PIECE);
  #used = 0;

  room(count: number): number {
    if (this.#used + count > this.words.length) {
      this.words = new Int32Array(Math.max(PIECE, count));
      this.#used = 0;
    }
    return this.#used;
  }
  take(end: number): void {
    this.#used = end;
  }

  allot(count: number): number {
    const at = this.room(count);
    this.take(at + count);
    return at;
  }
}
const PIECE = 16384;

/** Scale and segment of a memory operand with this form. */
export function scaleOf(form: number): number {
  return form >> 2 & 3;
}
export function segmentOf(form: number): number {
  return (form >> 8) - 1;
}
