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
  useShapes,
  WordPieces,
} from "../ir/words.ts";
import * as ram from "../ram.ts";
import type { Runtime } from "../runtime.ts";
import { Arena } from "../threaded/arena.ts";
import { type Status, ThreadedTier } from "../threaded/tier.ts";
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
  /** How many of the shapes in use have one for certain. */
  #compiled = 0;
  #factories = 0;
  #threaded: ThreadedTier | undefined;
  readonly #runtime: Runtime;
  readonly #globals: unknown[];
  readonly #arena = new Arena();
  readonly #pieces = new WordPieces();

  /** Handler of a shape until it runs. */
  readonly #first: Handler = (c, words, at, around) => {
    const id = words[at]! & SHAPE_MASK;
    this.#make([id]);
    return this.#handlers[id]!(c, words, at, around);
  };

  /** The code of all blocks: V8 sees one function, not one for each of them. */
  readonly #execute: BlockCode;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
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
    return this.#factories;
  }

  compile(block: IrBlock, _page: number, kept: boolean): Compiled {
    const pieces = kept ? this.#arena : this.#pieces;
    const at = pieces.room(blockWords(block)), { words } = pieces;
    const links: Link[] = [];
    pieces.take(encodeBlock(block, words, at, links));
    return this.run({ words, at, links });
  }

  run(body: Body): Compiled {
    this.#extend();
    if (this.#threaded !== undefined) return { code: this.#threaded.code, entry: 0, body };
    useShapes(body.words, body.at);
    this.#compileHandlers();
    return { code: this.#execute, entry: 0, body };
  }

  /** From now on blocks are run as threaded code. */
  useThreaded(status: Status, regions: (c: number, result: number) => Block | null): ThreadedTier {
    return this.#threaded = new ThreadedTier(
      this.#runtime,
      status,
      regions,
      (id) => this.#handler(id),
      this.#execute,
    );
  }

  /** One operation: a step, or for an operation that ends a block what its BlockCode does. */
  single(o: IrOp): (c: number) => any {
    const page = o.ip - o.ip % 4096, words = new Int32Array(shapeOf(o).words), links: Link[] = [];
    encodeOp(o, page, words, 0, links);
    const around = { address: o.ip, lo: o.ip | 0, links };
    const id = words[0]! & SHAPE_MASK;
    const handler = this.#handler(id);
    return (c) => handler(c, words, 0, around);
  }

  #handler(id: number): Handler {
    if (this.#handlers.length <= id) this.#extend();
    if (this.#handlers[id] === this.#first) this.#make([id]);
    return this.#handlers[id]!;
  }

  /** Gives all shapes there are a handler. */
  #extend(): void {
    while (this.#handlers.length < shapes.length) this.#handlers.push(this.#first);
  }

  /** Compiles all shapes that are in use since the last time, in one piece of source. */
  #compileHandlers(): void {
    if (this.#compiled === used.length) return;
    const ids = used.slice(this.#compiled);
    this.#compiled = used.length;
    this.#make(ids);
  }

  #make(ids: readonly number[]): void {
    this.#factories += ids.length;
    const names = GLOBALS.split(",").map((name, i) => `${name}=$G[${i}]`);
    // In parentheses a function is compiled at once: all of them are about to be called.
    const texts = ids.map((id) => `(${handlerText(shapes[id]!)})`);
    const make = new Function("$G,$O", `"use strict";const ${names};return [${texts}]`);
    (make(this.#globals, objects) as Handler[]).forEach((handler, i) => this.#handlers[ids[i]!] = handler);
  }
}
