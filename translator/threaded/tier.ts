// Threaded code: operations as words, run by one wasm handler for each shape. This is where it begins and ends, and where handlers are made.
//
// A shape's first operations are run by JavaScript; when enough new shapes have come together, handlers are made for all of them at once, since a
// module costs more than the functions in it.

import type { Block, BlockCode } from "../cache/block.ts";
import type { CodeStore } from "../cache/code_store.ts";
import { LEFT_AT, QUOTA, RIP } from "../cpu.ts";
import { SHAPE_MASK, shapes } from "../ir/words.ts";
import { I32, memory, RAM_BYTES, RUNNING_CPU } from "../ram.ts";
import type { Runtime } from "../runtime.ts";
import { NEW_RUNS, NEW_SHAPES } from "../tunables.ts";
import {
  CONDITION,
  IMPORTS,
  PROBE,
  READ,
  SAVED_STATUS,
  SPAN,
  STATUS,
  WRITE128,
  WRITE16,
  WRITE256,
  WRITE32,
  WRITE64,
  WRITE8,
} from "../wasm/imports.ts";
import { functions as regionFunctions, GO_ON } from "../wasm/jump_table.ts";
import { missFunctions } from "../wasm/miss.ts";
import { makers } from "../late.ts";
import { finderImports } from "./finder.ts";
import { connect, enterNode, nodeOf, PAUSE } from "./node.ts";
import { type Handlers, readHandlers, writeHandlers } from "./kept.ts";
import { EXIT_FIRST, INDIRECT, LINK_FIRST } from "./results.ts";

const PAGES = RAM_BYTES / 65536;
const LEFT = RUNNING_CPU + 2 * QUOTA + 1;

type Exported = (at: number, node: number) => number;

interface Base {
  readonly enter: Exported;
  readonly nodeAt: (lo: number, hi: number, page: number) => number;
}

/** Runs one operation by JavaScript: CPU state, words, index in them, its block. One that ends the block says where to go. */
export type RunOperation = (c: number, words: Int32Array, at: number, block: Block) => any;

export interface Status {
  readonly status: WebAssembly.ExportValue;
  readonly condition: WebAssembly.ExportValue;
  readonly saved: WebAssembly.ExportValue;
}

export class ThreadedTier {
  readonly #runtime: Runtime;
  readonly #operation: (shape: number) => RunOperation;
  readonly #table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  readonly #imports: WebAssembly.ModuleImports;
  readonly #regions: (c: number, result: number) => Block | null;
  #base: Base | undefined;
  /** What it is an instance of. */
  #module: Uint8Array<ArrayBuffer> | undefined;
  readonly #byJavaScript: (at: number, node: number) => void;
  /** Shapes that were run by JavaScript, each once here. */
  readonly #seen: boolean[] = [];
  readonly #new: number[] = [];
  /** Operations that JavaScript ran since handlers were made. */
  #ran = 0;
  handlers = 0;
  /** Why threaded code came back, how often. */
  readonly exits = { quota: 0, indirect: 0, link: 0, exit: 0, operation: 0 };
  /** There are handlers that are not kept yet. */
  #changed = false;

  /** Code of all blocks. */
  readonly code: BlockCode;

  /** `regions` follows results of regions. `operation`: what runs those of a shape by JavaScript; `otherwise` runs a block whose words wasm cannot reach. */
  constructor(
    runtime: Runtime,
    { status, condition, saved }: Status,
    regions: (c: number, result: number) => Block | null,
    operation: (shape: number) => RunOperation,
    otherwise: BlockCode,
  ) {
    this.#runtime = runtime;
    this.#operation = operation;
    this.#imports = {
      ...missFunctions(PAGES, memory, this.#table, slowPaths(runtime)),
      [STATUS]: status,
      [CONDITION]: condition,
      [SAVED_STATUS]: saved,
    };
    this.#regions = regions;
    this.#byJavaScript = (at, node) => {
      const shape = I32[at >> 2]! & SHAPE_MASK;
      this.#note(shape);
      this.#operation(shape)(RUNNING_CPU, I32, at >> 2, runtime.cache.blockOf(node));
    };
    this.#imports[IMPORTS.length] = this.#byJavaScript;
    const run = (block: Block, node: number) => this.#run(block, node);
    this.code = function (c) {
      const node = this.node !== 0 ? this.node : nodeOf(this);
      return node === 0 || c !== RUNNING_CPU ? otherwise.call(this, c) : run(this, node);
    };
  }

  /** Makes ready what is no handler; `bytes` of the module from an earlier run. */
  #begin(bytes?: Uint8Array<ArrayBuffer>): Base {
    if (this.#base !== undefined) return this.#base;
    this.#module = bytes ?? makers.get().emitBase();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(this.#module), {
      m: { m: memory, t: this.#table, h: regionFunctions },
      f: { ...finderImports(), 0: this.#byJavaScript },
    });
    this.#table.set(0, exports["stub"] as Exported);
    // The second parameter is missing in TypeScript's declaration.
    const table: { grow(count: number, value: unknown): number } = this.#table;
    table.grow(SHAPE_MASK, exports["stub"]);
    this.#table.set(PAUSE, exports["pause"] as Exported);
    regionFunctions.set(GO_ON, exports["goOn"] as Exported);
    return this.#base = exports as unknown as Base;
  }

  /** Whether it can run without what makes code (late.ts). */
  get ready(): boolean {
    return this.#base !== undefined;
  }

  /** JavaScript runs an operation of this shape. */
  #note(shape: number): void {
    this.#ran++;
    if (this.#seen[shape] !== true) {
      this.#seen[shape] = true;
      this.#new.push(shape);
    }
    const enough = this.#new.length >= NEW_SHAPES || this.#ran >= NEW_RUNS && this.#new.length > 0;
    if (enough && makers.ready) this.#makeHandlers();
  }

  #makeHandlers(): void {
    this.#install(makers.get().emitHandlers(this.#new.map((shape) => shapes[shape]!)));
    this.#new.length = this.#ran = 0;
    this.#changed = true;
  }

  #install({ handled, others, module }: Handlers): void {
    this.#begin();
    for (const { id } of others) this.#seen[id] = true;
    if (handled.length === 0) return;
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module), {
      m: { m: memory, t: this.#table },
      f: this.#imports,
    });
    handled.forEach(({ id }, n) => {
      this.#seen[id] = true;
      this.#table.set(id, exports[n] as Exported);
    });
    this.handlers += handled.length;
  }

  /** See KeptNodes of cache/code_cache.ts. */
  nodeAt(lo: number, hi: number, page: number): number {
    return this.#begin().nodeAt(lo, hi, page);
  }

  /** Takes the handlers that earlier runs kept in `store`, and keeps those of this run. */
  keepHandlers(store: CodeStore): void {
    const content = store.kept("handlers");
    const kept = content === undefined ? undefined : readHandlers(content);
    if (kept !== undefined) {
      this.#begin(kept.base);
      this.#install(kept);
    }
    store.keep("handlers", () => {
      if (!this.#changed) return undefined;
      this.#changed = false;
      const handlers = makers.get().emitHandlers(shapes.filter(({ id }) => this.#seen[id] === true));
      return writeHandlers({ ...handlers, base: this.#module! });
    });
  }

  /** Runs from `block` on, and finds the block where it goes on. */
  #run(block: Block, node: number): Block | null {
    I32[LEFT] = 1;
    const result = this.#begin().enter(4 * block.at, node);
    return I32[LEFT] === 0 ? this.#regions(RUNNING_CPU, result) : this.follow(result);
  }

  /** The block where a result leads. */
  follow(result: number): Block | null {
    const c = RUNNING_CPU, H = this.#runtime;
    const { exits } = this;
    if (result > 0) {
      exits.quota++;
      return H.cache.blockOf(result);
    }
    if (result === INDIRECT) {
      exits.indirect++;
      const to = H.jump(c, I32[c + 2 * RIP]!, I32[c + 2 * RIP + 1]!);
      enterNode(to);
      return to;
    }
    if (result <= LINK_FIRST) {
      exits.link++;
      const left = I32[c + 2 * QUOTA + 1]!, n = LINK_FIRST - result, link = H.cache.blockOf(left).links[n]!;
      const to = H.linked(c, link);
      connect(left, n, to);
      return to;
    }
    if (result <= EXIT_FIRST) {
      exits.exit++;
      return H.exit(EXIT_FIRST - result);
    }
    exits.operation++;
    const at = I32[c + 2 * LEFT_AT]! >> 2, left = H.cache.blockOf(I32[c + 2 * QUOTA + 1]!);
    const shape = I32[at]! & SHAPE_MASK;
    this.#note(shape);
    return this.#operation(shape)(c, I32, at, left);
  }
}

/** What they throw goes through the handlers: everything is in the CPU state. */
function slowPaths(H: Runtime): WebAssembly.ModuleImports {
  const done = <A extends unknown[]>(write: (...args: A) => void) => (...args: A) => {
    write(...args);
    return 0;
  };
  type Write = (c: number, lo: number, hi: number, v: number, ip: number) => void;
  const store = (write: Write) => done<Parameters<Write>>(write);
  return {
    [READ]: (c: number, lo: number, hi: number, size: number, ip: number) => H.read(c, lo, hi, size, ip),
    [WRITE8]: store((c, lo, hi, v, ip) => H.write8(c, lo, hi, v, ip)),
    [WRITE16]: store((c, lo, hi, v, ip) => H.write16(c, lo, hi, v, ip)),
    [WRITE32]: store((c, lo, hi, v, ip) => H.write32(c, lo, hi, v, ip)),
    [WRITE64]: done((c: number, lo: number, hi: number, v: number, vh: number, ip: number) =>
      H.write64(c, lo, hi, v, vh, ip)
    ),
    [WRITE128]: store((c, lo, hi, slot, ip) => H.write128(c, lo, hi, slot, ip)),
    [WRITE256]: store((c, lo, hi, slot, ip) => H.write256(c, lo, hi, slot, ip)),
    [SPAN]: (c: number, lo: number, hi: number, size: number, ip: number) => H.span(c, lo, hi, size, ip),
    [PROBE]: store((c, lo, hi, size, ip) => H.probeWrite(c, lo, hi, size, ip)),
  };
}
