// Tier 1 for cold code: a block as composed closures.
//
// A factory is compiled once for each operation and shape of arguments (some hundreds in all); a block is then built without
// parsing anything, and V8 optimises the few shared bodies once for all blocks.

import type { BlockCode } from "../cache/block.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import type { OpDef } from "../ir/op.ts";
import * as ram from "../ram.ts";
import type { Runtime } from "../runtime.ts";
import { closureKey, factoryText, GLOBALS } from "./template.ts";

type Step = (c: number) => void;
type Factory = (args: readonly unknown[], ip: number) => any;

/** Values for the names in GLOBALS. */
export function globalValues(runtime: Runtime): unknown[] {
  const { I32, U8, I8, U16, I16, U32, F32, F64, I64, U64, DV } = ram;
  return [I32, U8, I8, U16, I16, U32, F32, F64, I64, U64, DV, runtime];
}

export class Closures {
  /** By operation and shape of its arguments. */
  readonly #factories = new Map<OpDef, Map<number, Factory>>();
  #count = 0;
  readonly #globals: unknown[];

  constructor(runtime: Runtime) {
    this.#globals = globalValues(runtime);
  }

  /** Factories made so far. */
  get factories(): number {
    return this.#count;
  }

  compile(block: IrBlock): { code: BlockCode; entry: number } {
    const { ops } = block;
    const end = this.#closure(ops[ops.length - 1]!) as BlockCode;
    return { code: this.#sequence(ops, 0, ops.length - 1, end), entry: 0 };
  }

  /** One operation: a step, or for an operation that ends a block its BlockCode. */
  single(o: IrOp): (c: number) => any {
    return this.#closure(o);
  }

  #closure(o: IrOp): any {
    let shapes = this.#factories.get(o.def);
    if (shapes === undefined) this.#factories.set(o.def, shapes = new Map());
    const key = closureKey(o);
    let factory = shapes.get(key);
    if (factory === undefined) {
      factory = new Function(GLOBALS, `"use strict";return ${factoryText(o)}`)(...this.#globals) as Factory;
      shapes.set(key, factory);
      this.#count++;
    }
    return factory(o.args, o.ip);
  }

  /** Steps [from, to) and then `end` as one function. */
  #sequence(ops: IrOp[], from: number, to: number, end: BlockCode): BlockCode {
    if (to - from > MAX_STEPS) {
      end = this.#sequence(ops, from + MAX_STEPS, to, end);
      to = from + MAX_STEPS;
    }
    const s: Step[] = [];
    for (let i = from; i < to; i++) s.push(this.#closure(ops[i]!) as Step);
    return COMPOSE[s.length]!(end, s);
  }
}

const MAX_STEPS = 8;
/** COMPOSE[n](end, steps): the function that runs n steps and then `end`. */
const COMPOSE: ((end: BlockCode, s: Step[]) => BlockCode)[] = [
  (end) => end,
  (end, [a]) => (c) => (a!(c), end(c)),
  (end, [a, b]) => (c) => (a!(c), b!(c), end(c)),
  (end, [a, b, d]) => (c) => (a!(c), b!(c), d!(c), end(c)),
  (end, [a, b, d, e]) => (c) => (a!(c), b!(c), d!(c), e!(c), end(c)),
  (end, [a, b, d, e, f]) => (c) => (a!(c), b!(c), d!(c), e!(c), f!(c), end(c)),
  (end, [a, b, d, e, f, g]) => (c) => (a!(c), b!(c), d!(c), e!(c), f!(c), g!(c), end(c)),
  (end, [a, b, d, e, f, g, h]) => (c) => (a!(c), b!(c), d!(c), e!(c), f!(c), g!(c), h!(c), end(c)),
  (end, [a, b, d, e, f, g, h, i]) => (c) => (a!(c), b!(c), d!(c), e!(c), f!(c), g!(c), h!(c), i!(c), end(c)),
];
