// Tier 1 for cold code: a block is a row of 32-bit words (ir/words.ts), executed by one handler function for each shape of operation.
//
// Nothing is made for a block but the words, which may just as well come from a file. Handlers are compiled once (some hundreds in
// all), each a single closure, so V8 takes the views of memory for constants and optimises the few bodies once for all blocks.

import type { Block, BlockCode, Body, Link } from "../cache/block.ts";
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
  used,
  WordPieces,
} from "../ir/words.ts";
import * as ram from "../ram.ts";
import type { Runtime } from "../runtime.ts";
import { GLOBALS, handlerText } from "./template.ts";

export interface Compiled {
  readonly code: BlockCode;
  readonly entry: number;
  readonly body: Body;
}

/** What a handler is given of the block that its operation is in. */
type Around = Pick<Block, "address" | "lo" | "links">;

/** The result counts for operations that end a block. */
type Handler = (c: number, words: Int32Array, at: number, around: Around) => any;

/** Values for the names in GLOBALS. */
export function globalValues(runtime: Runtime): unknown[] {
  const { I32, U8, I8, U16, I16, U32, F32, F64, I64, U64, DV } = ram;
  return [I32, U8, I8, U16, I16, U32, F32, F64, I64, U64, DV, runtime];
}

export class Closures {
  /** By shape. */
  readonly #handlers: Handler[] = [];
  /** How many of the shapes in use have one. */
  #compiled = 0;
  readonly #globals: unknown[];
  readonly #pieces = new WordPieces();

  /** The code of all blocks: V8 sees one function, not one for each of them. */
  readonly #execute: BlockCode;

  constructor(runtime: Runtime) {
    this.#globals = globalValues(runtime);
    const handlers = this.#handlers;
    this.#execute = function (c) {
      const { words } = this;
      let at = this.at;
      for (;;) {
        const head = words[at]!;
        if (head < 0) return handlers[head & SHAPE_MASK]!(c, words, at, this);
        handlers[head & SHAPE_MASK]!(c, words, at, this);
        at += head >> LENGTH_SHIFT;
      }
    };
  }

  /** Handlers compiled so far. */
  get factories(): number {
    return this.#compiled;
  }

  compile(block: IrBlock): Compiled {
    const pieces = this.#pieces, at = pieces.room(blockWords(block)), { words } = pieces;
    const links: Link[] = [];
    pieces.take(encodeBlock(block, words, at, links));
    return this.run({ words, at, links });
  }

  run(body: Body): Compiled {
    this.#compileHandlers();
    return { code: this.#execute, entry: 0, body };
  }

  /** One operation: a step, or for an operation that ends a block what its BlockCode does. */
  single(o: IrOp): (c: number) => any {
    const page = o.ip - o.ip % 4096, words = new Int32Array(shapeOf(o).words), links: Link[] = [];
    encodeOp(o, page, words, 0, links);
    this.#compileHandlers();
    const around = { address: o.ip, lo: o.ip | 0, links };
    const handler = this.#handlers[words[0]! & SHAPE_MASK]!;
    return (c) => handler(c, words, 0, around);
  }

  /** Those of all shapes that are in use since the last time, in one piece of source. */
  #compileHandlers(): void {
    if (this.#compiled === used.length) return;
    const ids = used.slice(this.#compiled);
    this.#compiled = used.length;
    while (this.#handlers.length < shapes.length) this.#handlers.push(noHandler);
    const names = GLOBALS.split(",").map((name, i) => `${name}=$G[${i}]`);
    // In parentheses a function is compiled at once: all of them are about to be called.
    const texts = ids.map((id) => `(${handlerText(shapes[id]!)})`);
    const make = new Function("$G,$O", `"use strict";const ${names};return [${texts}]`);
    (make(this.#globals, objects) as Handler[]).forEach((handler, i) => this.#handlers[ids[i]!] = handler);
  }
}

const noHandler: Handler = () => {
  throw new Error("operation of a shape that is not in use");
};
