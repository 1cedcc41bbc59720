// One region: the blocks that are reached by direct jumps from a hot entry without leaving its page, as one wasm function.
//
// Regions end at page borders, so the rule for links holds inside (cache/block.ts): within one page, blocks live and die together.

import { FLAG_A, FLAG_B, FLAG_R, RSP } from "../cpu.ts";
import type { Link } from "../cache/block.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import type { Mem, OpDef } from "../ir/op.ts";
import { condition } from "./conditions.ts";
import { OP, VOID } from "./encoder.ts";
import { planFloats, scalarDoubles } from "./float_plan.ts";
import { BUDGET, Generator, INDIRECT, isVectorSlot, pair, Y64 } from "./generator.ts";
import { INTEGER, moveStack, pushValue } from "./ops_integer.ts";
import { VECTOR } from "./ops_vector.ts";
import { type Graph, type Structure, structure } from "./structure.ts";

/** What a region's function returns besides FAULTED and INDIRECT: n ≥ 0: link n is followed. FIRST_END - n: the closure of ending operation n says where to go. */
export const FIRST_END = -16;

/** Gives numbers to the exits of all regions. */
export interface Exits {
  link(link: Link): number;
  end(end: IrOp): number;
}

export interface RegionCode {
  readonly generator: Generator;
  /** Operations that are run by their closures, in the order of the imports behind the fixed ones. */
  readonly steps: readonly IrOp[];
}

const isBranch = (o: IrOp) => /^branch\d/.test(o.def.name);

/** Links of a block's end that may stay inside the region. */
function inner(end: IrOp): Link[] {
  if (end.def.name === "jump") return [end.args[0] as Link];
  if (isBranch(end)) return [end.args[0] as Link, end.args[2] as Link];
  if (end.def.name === "branchZero") return [end.args[1] as Link, end.args[3] as Link];
  return [];
}

/** Links of a block that may stay inside its region. */
export function innerLinks(block: IrBlock): Link[] {
  return inner(block.ops[block.ops.length - 1]!);
}

export function emitRegion(blocks: readonly IrBlock[], exits: Exits): RegionCode {
  const index = new Map(blocks.map((block, i) => [block.address, i]));
  const ends = blocks.map((block) => block.ops[block.ops.length - 1]!);
  const successors = ends.map((end) => inner(end).map((link) => index.get(link.address) ?? -1));
  const graph: Graph = { successors };
  let shape: Structure | undefined;
  // A cycle with two entries: its retreating edges leave the region.
  while ((shape = structure(graph)) === undefined) cutIrreducible(successors);
  return new RegionEmitter(blocks, successors, shape, exits).emit();
}

/** Removes the last edge that goes to a block with a smaller number: in the order of discovery that is a way back. */
function cutIrreducible(successors: number[][]): void {
  for (let n = successors.length - 1; n >= 0; n--) {
    const at = successors[n]!.findIndex((to) => to >= 0 && to <= n);
    if (at >= 0) {
      successors[n]![at] = -1;
      return;
    }
  }
  throw new Error("irreducible without a way back");
}

class RegionEmitter {
  readonly #blocks: readonly IrBlock[];
  readonly #successors: readonly (readonly number[])[];
  readonly #shape: Structure;
  readonly #g: Generator;
  readonly #exits: Exits;
  /** Levels of open wasm blocks that stand for a node: a loop's head, or the end of a block before a merge node. */
  readonly #levels = new Map<number, number>();

  constructor(
    blocks: readonly IrBlock[],
    successors: readonly (readonly number[])[],
    shape: Structure,
    exits: Exits,
  ) {
    this.#exits = exits;
    this.#blocks = blocks;
    this.#successors = successors;
    this.#shape = shape;
    const { used, written } = slots(blocks);
    const split = scalarDoubles(blocks).filter((slot) => used.has(slot));
    this.#g = new Generator(used, written, split);
    this.#g.floats.plan = planFloats(blocks, successors, new Generator(used, written, split), operation);
  }

  emit(): RegionCode {
    const g = this.#g;
    g.begin(this.#blocks[0]!.address);
    this.#tree(0);
    g.end();
    return { generator: g, steps: g.steps };
  }

  /** The code of node `n` and of all that it dominates. */
  #tree(n: number): void {
    const { isLoopHeader, isMerge, children } = this.#shape;
    const merges = children[n]!.filter((child) => isMerge[child]);
    if (isLoopHeader[n]) {
      const level = this.#g.open(OP.loop);
      this.#levels.set(n, level);
      this.#within(n, merges);
      this.#levels.delete(n);
      this.#g.close();
    } else this.#within(n, merges);
  }

  #within(n: number, merges: number[]): void {
    if (merges.length === 0) return this.#node(n);
    const next = merges[merges.length - 1]!;
    const level = this.#g.open(OP.block);
    this.#levels.set(next, level);
    this.#within(n, merges.slice(0, -1));
    this.#levels.delete(next);
    this.#g.close();
    this.#tree(next);
  }

  #node(n: number): void {
    const g = this.#g;
    const { ops } = this.#blocks[n]!;
    g.floats.begin(n);
    let ip = -1;
    for (let i = 0; i < ops.length - 1; i++) {
      const o = ops[i]!;
      if (o.ip !== ip) {
        g.newInstruction();
        ip = o.ip;
      }
      operation(g, o);
    }
    const end = ops[ops.length - 1]!;
    if (end.ip !== ip) g.newInstruction();
    this.#end(n, end);
  }

  #end(n: number, end: IrOp): void {
    const g = this.#g;
    const { name } = end.def;
    if (name === "jump") return this.#go(n, 0, end.args[0] as Link);
    if (isBranch(end)) {
      condition(g, Number(name.slice(6)), end.args[4] as number);
      return this.#fork(n, end.args[0] as Link, end.args[2] as Link);
    }
    if (name === "branchZero") {
      g.get64(end.args[0] as number);
      g.code.op(OP.i64Eqz);
      return this.#fork(n, end.args[1] as Link, end.args[3] as Link);
    }
    if (name === "call") {
      const back = end.args[2] as { lo: number; hi: number };
      pushValue(g, () => g.code.i64(back.lo, back.hi), end.ip);
      return this.#leave(end.args[0] as Link);
    }
    if (name === "ret") {
      g.load(
        { base: RSP, index: -1, scale: 0, dispLo: 0, dispHi: 0, segment: -1, address32: false },
        8,
        OP.i64Load,
        end.ip,
      );
      g.code.set(Y64);
      moveStack(g, 8 + (end.args[0] as number));
      g.code.get(Y64);
      return g.exitTo(INDIRECT);
    }
    if (name === "callTo") {
      const back = end.args[1] as { lo: number; hi: number };
      g.get64(end.args[0] as number);
      g.code.set(Y64);
      pushValue(g, () => g.code.i64(back.lo, back.hi), end.ip);
      g.code.get(Y64);
      return g.exitTo(INDIRECT);
    }
    if (name === "jumpTo") {
      g.get64(end.args[0] as number);
      return g.exitTo(INDIRECT);
    }
    g.spillTemps();
    g.exit(FIRST_END - this.#exits.end(end));
  }

  /** The condition is on the stack. */
  #fork(n: number, taken: Link, other: Link): void {
    const g = this.#g;
    g.open(OP.if, VOID);
    this.#go(n, 0, taken);
    g.code.op(OP.else);
    this.#go(n, 1, other);
    g.close();
    g.code.op(0x00); // both ways have left
  }

  /** Goes to exit `which` of node `n`. */
  #go(n: number, which: number, link: Link): void {
    const g = this.#g;
    const to = this.#successors[n]![which]!;
    if (to < 0) return this.#leave(link);
    const { order, isMerge } = this.#shape;
    if (order[to]! <= order[n]!) {
      // A way back: the scheduler gets its turn when the budget is used up.
      g.code.get(BUDGET).i32(1).op(OP.i32Sub).tee(BUDGET).i32(0).op(OP.i32GtS);
      g.open(OP.if);
      g.branch(this.#levels.get(to)!);
      g.close();
      return this.#leave(link);
    }
    if (isMerge[to]) return g.branch(this.#levels.get(to)!);
    this.#tree(to);
  }

  #leave(link: Link): void {
    this.#g.exit(this.#exits.link(link), link);
  }
}

function operation(g: Generator, o: IrOp): void {
  const { name } = o.def;
  const emit = INTEGER[name] ?? VECTOR[name];
  if (emit !== undefined) return emit(g, o.args, o);
  if (name === "ld128a" || name === "st128a") return aligned(g, o);
  g.runStep(g.step(o));
}

/** MOVAPS and its like: the closure raises #GP when the address is not aligned; else they are as MOVUPS. */
function aligned(g: Generator, o: IrOp): void {
  const [, first, second] = o.args as [unknown, any, any];
  const load = o.def.name === "ld128a";
  g.effective(load ? second : first);
  g.code.op(OP.i32WrapI64).i32(15).op(OP.i32And).hint(false);
  g.open(OP.if);
  g.runFaultingStep(g.step(o));
  g.close();
  VECTOR[load ? "ld128" : "st128"]!(g, [first, second], o);
}

/** Registers (and flags) that native operations read or write, and those they write; vector registers by pair(). */
function slots(blocks: readonly IrBlock[]): { used: Set<number>; written: Set<number> } {
  const used = new Set<number>([FLAG_A, FLAG_B, FLAG_R]), written = new Set<number>([FLAG_A, FLAG_B, FLAG_R]);
  const add = (set: Set<number>, slot: unknown) => {
    if (typeof slot !== "number" || slot < 0) return;
    if (slot < 16) set.add(slot);
    else if (isVectorSlot(slot)) set.add(pair(slot));
  };
  for (const { ops } of blocks) {
    for (const { def, args } of ops) {
      if (/^(push64|pop64|call|callTo|ret)$/.test(def.name)) {
        used.add(RSP);
        written.add(RSP);
      }
      // What closures do is stored and loaded around them.
      if (!isNative(def)) continue;
      for (let i = 0; i < args.length; i++) {
        const a = args[i];
        switch (def.args[i]) {
          case "d":
            add(used, a);
            add(written, a);
            break;
          case "r":
            add(used, a);
            break;
          case "m":
            add(used, (a as Mem).base);
            add(used, (a as Mem).index);
            break;
        }
      }
    }
  }
  return { used, written };
}

/** Whether the operation needs no closure. */
function isNative(def: OpDef): boolean {
  return def.ends || INTEGER[def.name] !== undefined || VECTOR[def.name] !== undefined ||
    /^(ld|st)128a$/.test(def.name);
}
