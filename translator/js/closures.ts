// Tier 1 for cold code: a block is a row of 32-bit words (ir/words.ts), executed by one handler function for each shape of operation.
//
// Nothing is made for a block but the words, which may just as well come from a file. Handlers are compiled once (some hundreds in
// all), each a single closure, so V8 takes the views of memory for constants and optimises the few bodies once for all blocks.

import type { BlockCode, Link } from "../cache/block.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import {
  blockWords,
  encodeBlock,
  encodeOp,
  LENGTH_SHIFT,
  objects,
  SHAPE_MASK,
  shapeOf,
  shapes,
} from "../ir/words.ts";
import * as ram from "../ram.ts";
import type { Runtime } from "../runtime.ts";
import { GLOBALS, handlerText } from "./template.ts";

/** Where an operation is: what its handler is given. */
export interface Body {
  /** Guest address of the page. */
  readonly page: number;
  readonly words: Int32Array;
  /** Index of its first operation. */
  readonly at: number;
  /** Of the operation that ends it, in order. */
  readonly links: readonly Link[];
}

/** The result counts for operations that end a block. */
type Handler = (c: number, words: Int32Array, at: number, body: Body) => any;

/** Values for the names in GLOBALS. */
export function globalValues(runtime: Runtime): unknown[] {
  const { I32, U8, I8, U16, I16, U32, F32, F64, I64, U64, DV } = ram;
  return [I32, U8, I8, U16, I16, U32, F32, F64, I64, U64, DV, runtime];
}

/** Words are allotted from pieces of this size, which live as long as a block in them. */
const PIECE = 16384;

export class Closures {
  /** By shape. */
  readonly #handlers: Handler[] = [];
  readonly #globals: unknown[];
  #words = new Int32Array(PIECE);
  #used = 0;

  constructor(runtime: Runtime) {
    this.#globals = globalValues(runtime);
  }

  /** Handlers compiled so far. */
  get factories(): number {
    return this.#handlers.length;
  }

  compile(block: IrBlock): { code: BlockCode; entry: number } {
    const at = this.#allot(blockWords(block));
    const links: Link[] = [];
    encodeBlock(block, this.#words, at, links);
    return {
      code: this.run({ page: block.address - block.address % 4096, words: this.#words, at, links }),
      entry: 0,
    };
  }

  /** One operation: a step, or for an operation that ends a block its BlockCode. */
  single(o: IrOp): (c: number) => any {
    const page = o.ip - o.ip % 4096, words = new Int32Array(shapeOf(o).words), links: Link[] = [];
    encodeOp(o, page, words, 0, links);
    this.#compileHandlers();
    const body = { page, words, at: 0, links };
    const handler = this.#handlers[words[0]! & SHAPE_MASK]!;
    return (c) => handler(c, words, 0, body);
  }

  /** A function that executes the operations at `body.at`. */
  run(body: Body): BlockCode {
    this.#compileHandlers();
    const handlers = this.#handlers;
    return (c) => execute(c, body, handlers);
  }

  #allot(count: number): number {
    if (this.#used + count > PIECE) {
      this.#words = new Int32Array(PIECE);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used += count;
    return at;
  }

  /** Those of all shapes that are new, in one piece of source. */
  #compileHandlers(): void {
    const first = this.#handlers.length;
    if (first === shapes.length) return;
    const texts = shapes.slice(first).map(handlerText);
    const names = GLOBALS.split(",").map((name, i) => `${name}=$G[${i}]`);
    const make = new Function("$G,$O", `"use strict";const ${names};return [${texts}]`);
    this.#handlers.push(...make(this.#globals, objects) as Handler[]);
  }
}

function execute(c: number, body: Body, handlers: readonly Handler[]): any {
  const { words } = body;
  let at = body.at;
  for (;;) {
    const head = words[at]!;
    if (head < 0) return handlers[head & SHAPE_MASK]!(c, words, at, body);
    handlers[head & SHAPE_MASK]!(c, words, at, body);
    at += head >> LENGTH_SHIFT;
  }
}
