// Emits one region: its blocks in structured control flow, as the body of one wasm function.

import type { Link } from "../cache/block.ts";
import { STATUS_FLAGS } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import type { Const } from "../ir/op.ts";
import { condition } from "./conditions.ts";
import { type Code, OP, VOID } from "./encoder.ts";
import { callsRegion, type Flow, jumps, resolveRegionFlags, staysInside } from "./flow.ts";
import { asksMemory } from "./flag_use.ts";
import { planFloats, scalarDoubles } from "./float_plan.ts";
import { Generator, LABEL, X64 } from "./generator.ts";
import { INTEGER, moveStack, pushValue, STACK_TOP } from "./ops_integer.ts";
import { ALIGNED, VECTOR } from "./ops_vector.ts";
import { type Dispatch, reducible, type Structure } from "./structure.ts";
import { planRegisters } from "./register_plan.ts";
import { has, type Held, slotsOf } from "./register_set.ts";
import { loadFor, pointsElsewhere, usedRegisters } from "./registers.ts";
import {
  aroundLoop,
  type FoundBytes,
  meetFound,
  NOTHING_FOUND,
  planSpans,
  type SpanFlow,
  stepOf,
} from "./spans.ts";
import { planWindows } from "./windows.ts";

/** A region as code with holes (link.ts): it does not know where it will be used. */
export interface RegionCode {
  readonly code: Code;
  readonly locals: readonly number[];
  /** Operations that are run by their closures. */
  readonly steps: readonly IrOp[];
  /** Ways out to fixed addresses, and operations that end blocks and are run by their closures. */
  readonly links: readonly Link[];
  readonly ends: readonly IrOp[];
}

export function emitRegion(flow: Flow, without: number): RegionCode {
  return new RegionEmitter(flow, resolveRegionFlags(flow), without).emit();
}

class RegionEmitter {
  readonly #flow: Flow;
  /** By block, the flags that may be read in it. */
  readonly #liveFlags: readonly number[];
  readonly #successors: readonly (readonly number[])[];
  readonly #shape: Structure;
  readonly #dispatches: ReadonlyMap<number, Dispatch>;
  readonly #through: ReadonlyMap<number, number>;
  readonly #g: Generator;
  readonly #links: Link[] = [];
  readonly #ends: IrOp[] = [];
  /** By node, where registers are when it begins, if several ways lead to it. */
  readonly #registers: readonly Held[];
  readonly #spans: SpanFlow;
  /** By node: what the ways there have found that have been emitted so far; for a loop's head, what all ways must have found. */
  readonly #found = new Map<number, FoundBytes>();
  /** Levels of open wasm blocks that stand for a node: a loop's head, or the end of a block before a merge node. */
  readonly #levels = new Map<number, number>();

  constructor(flow: Flow, liveFlags: readonly number[], without: number) {
    this.#flow = flow;
    this.#liveFlags = liveFlags;
    const successors = flow.successors.map((list) => [...list]);
    const { entries, start } = flow;
    const { shape, dispatches, through } = reducible(
      successors,
      start,
      (n) => flow.blocks[n]?.address ?? Infinity,
    );
    this.#successors = successors;
    this.#shape = shape;
    if (entries.length > 1) dispatches.push({ node: start, targets: entries });
    this.#dispatches = new Map(dispatches.map((d) => [d.node, d]));
    this.#through = through;
    const used = usedRegisters(flow.blocks, flow.stubs.values()), slots = slotsOf(used);
    const split = scalarDoubles(flow.blocks).filter((slot) => has(used, slot));
    const windows = planWindows(flow, without);
    const calls = (n: number) => callsRegion(flow, n);
    this.#registers = planRegisters(flow.blocks, successors, start, shape, used, calls);
    this.#spans = { blocks: flow.blocks, successors, shape, calls };
    this.#g = new Generator(slots, split, windows);
    const trial = new Generator(slots, split, windows);
    this.#g.floats.plan = planFloats(
      flow.blocks,
      flow.successors,
      start,
      trial,
      operation,
      calls,
    );
  }

  emit(): RegionCode {
    const g = this.#g;
    const { entries, blocks, start } = this.#flow;
    g.begin(entries.map((n) => blocks[n]!.address));
    this.#tree(start);
    return { code: g.end(), locals: g.locals, steps: g.steps, links: this.#links, ends: this.#ends };
  }

  /** The code of node `n` and of all that it dominates. */
  #tree(n: number): void {
    const { isLoopHeader, isMerge, children } = this.#shape;
    const merges = children[n]!.filter((child) => isMerge[child]);
    if (isLoopHeader[n]) {
      this.#arrive(n);
      const level = this.#g.open(OP.loop);
      this.#levels.set(n, level);
      const found = aroundLoop(this.#spans, n, this.#g.found);
      this.#found.set(n, found);
      this.#g.forgetAll(this.#registers[n]!, found);
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
    this.#g.forgetAll(this.#registers[next]!, this.#found.get(next) ?? NOTHING_FOUND);
    this.#tree(next);
  }

  #node(n: number): void {
    const g = this.#g;
    const dispatch = this.#dispatches.get(n);
    if (dispatch !== undefined) return this.#dispatch(dispatch);
    if (this.#isCases(n)) {
      g.floats.begin(n);
      return this.#cases(n);
    }
    const { ops } = this.#flow.blocks[n]!;
    g.floats.begin(n);
    const end = ops[ops.length - 1]!;
    const spans = planSpans(this.#spans, n);
    let ip = -1;
    for (const o of ops) {
      if (o.ip !== ip) g.newInstruction();
      ip = o.ip;
      g.span = spans.get(o);
      if (o === end) break;
      const d = o.args[0], step = typeof d === "number" ? stepOf(o, d) : undefined;
      if (step === undefined) operation(g, o);
      else g.move(d as number, step, () => operation(g, o));
      for (const r of pointsElsewhere(o)) g.forgetPages(r);
    }
    g.beginOperation(asksMemory(end));
    this.#end(n, end);
  }

  #dispatch({ node, targets }: Dispatch): void {
    this.#switch(targets.length, () => this.#g.code.get(LABEL), (label) => {
      if (label !== 0) this.#g.code.i32(0).set(LABEL);
      this.#go(node, label);
    });
  }

  /** One of `count` ways, by the number that `push` pushes: directly, or through a table. Every way leaves. */
  #switch(count: number, push: () => void, way: (n: number) => void, table?: readonly number[]): void {
    const g = this.#g;
    for (let n = 0; n < count; n++) g.open(OP.block);
    push();
    const ways = table ?? Array.from({ length: count }, (_, n) => n), { known } = g;
    g.code.op(OP.brTable).u(ways.length);
    for (const n of ways) g.code.u(n);
    g.code.u(count - 1);
    for (let n = 0; n < count; n++) {
      g.close();
      g.known = known;
      way(n);
    }
  }

  #end(n: number, end: IrOp): void {
    const g = this.#g;
    const { name } = end.def;
    if (name === "jump") return this.#go(n, 0, end.args[0] as Link);
    if (/^branch\d/.test(name)) {
      condition(g, Number(name.slice(6)), end.args[4] as number);
      return this.#fork(n, end);
    }
    if (name === "branchZero") {
      g.get64(end.args[0] as number);
      g.code.op(OP.i64Eqz);
      return this.#fork(n, end);
    }
    if (name === "call") return this.#call(n, end);
    if (name === "callTo") return this.#callTo(n, end);
    if (name === "ret") return this.#return(n, end);
    if (name === "jumpTo") return this.#jumpTo(n, end);
    this.#leaveByEnd(end);
  }

  #call(n: number, end: IrOp): void {
    const g = this.#g;
    const link = end.args[0] as Link, back = end.args[2] as Const;
    pushValue(g, () => g.code.i64(back.lo, back.hi), end.ip);
    if (staysInside(this.#flow, n)) return this.#go(n, 0);
    if (this.#successors[n]![0]! < 0) return this.#leave(link);
    const stub = this.#flow.stubs.get(n);
    if (stub === undefined) {
      const number = this.#links.push(link) - 1;
      g.callRegion(back, () => g.leaveByLink(number, link), number);
    } else {
      let ip = -1;
      for (const o of stub.ops) {
        if (o.ip !== ip) g.newInstruction();
        ip = o.ip;
        if (o.def.ends) this.#target(o);
        else operation(g, o);
      }
      g.callRegion(back, () => g.leaveIndirect());
    }
    this.#go(n, 0);
  }

  /** X64 = the target of a jump or call through a register or memory. */
  #target(end: IrOp): void {
    this.#g.get64(end.args[0] as number);
    this.#g.code.set(X64);
    this.#canonical(end);
  }

  /** An indirect jump. */
  #jumpTo(n: number, end: IrOp): void {
    this.#target(end);
    if (this.#successors[n]!.length > 0) this.#go(n, 0);
    else this.#g.leaveIndirect();
  }

  /** Whether node `n` is where all jumps through tables go. */
  #isCases(n: number): boolean {
    const { blocks, successors, start } = this.#flow;
    return n === blocks.length && n < successors.length && n !== start;
  }

  /** All jumps through tables come here, with their target in X64. */
  #cases(node: number): void {
    const g = this.#g;
    const addresses = this.#flow.successors[node]!.map((to) => this.#flow.blocks[to]!.address);
    if (addresses.length === 0) return g.leaveIndirect();
    // A hash function without collisions picks the one that it can be.
    const { factor, shift, slots } = perfectHash(addresses);
    const none = addresses.length;
    const hash = () => g.code.get(X64).op(OP.i32WrapI64).i32(factor).op(OP.i32Mul).i32(shift).op(OP.i32ShrU);
    this.#switch(none + 1, hash, (k) => {
      if (k < none) {
        const at = addresses[k]!;
        g.code.get(X64).i64(at | 0, Math.floor(at / 0x1_0000_0000) | 0).op(OP.i64Eq).hint(true);
        g.open(OP.if);
        const { known } = g;
        this.#go(node, k);
        g.close();
        g.known = known;
      }
      g.leaveIndirect();
    }, slots.map((slot) => slot ?? none));
  }

  #callTo(n: number, end: IrOp): void {
    const g = this.#g;
    const back = end.args[1] as Const;
    this.#target(end);
    pushValue(g, () => g.code.i64(back.lo, back.hi), end.ip);
    if (this.#successors[n]![0]! < 0) return g.leaveIndirect();
    g.callRegion(back, () => g.leaveIndirect());
    this.#go(n, 0);
  }

  #return(n: number, end: IrOp): void {
    const g = this.#g;
    g.load(STACK_TOP, 8, OP.i64Load, end.ip);
    g.code.set(X64);
    const sites = this.#successors[n]!;
    const popped = () => moveStack(g, 8 + (end.args[0] as number));
    sites.forEach((_, k) => {
      const { address } = this.#flow.blocks[this.#flow.successors[n]![k]!]!, { known } = g;
      g.code.get(X64).i64(address | 0, Math.floor(address / 0x1_0000_0000) | 0).op(OP.i64Eq);
      g.open(OP.if);
      popped();
      this.#go(n, k);
      g.close();
      g.known = known;
    });
    g.leaveByReturn(() => this.#canonical(end), popped);
  }

  /** The target of a jump, in X64, is no address: the closure raises what the CPU would, before anything has changed. */
  #canonical(end: IrOp): void {
    const g = this.#g;
    g.code.get(X64).i64(47, 0).op(OP.i64ShrU, OP.i64Eqz, OP.i32Eqz).hint(false);
    g.open(OP.if);
    this.#leaveByEnd(end);
    g.close();
  }
  #leaveByEnd(end: IrOp): void {
    this.#g.leaveByEnd(this.#ends.push(end) - 1);
  }

  /** The condition is on the stack: goes one of two ways. */
  #fork(n: number, end: IrOp): void {
    const g = this.#g;
    const [taken, other] = jumps(end) as [Link, Link];
    g.open(OP.if, VOID);
    const { known } = g;
    this.#go(n, 0, taken);
    g.code.op(OP.else);
    g.known = known;
    this.#go(n, 1, other);
    g.close();
    g.code.op(OP.unreachable); // both ways have left
  }

  /** Goes to exit `which` of node `n`; `link` is where it leads when it leaves the region. */
  #go(n: number, which: number, link?: Link): void {
    const g = this.#g;
    const to = this.#successors[n]![which]!;
    if (to < 0) return this.#leave(link!);
    const label = this.#through.get(n * 65536 + which);
    if (label !== undefined && label !== 0) g.code.i32(label).set(LABEL);
    const { order, isMerge } = this.#shape;
    if (isMerge[to] || order[to]! <= order[n]!) this.#arrive(to);
    if (order[to]! <= order[n]!) {
      g.findAgain(this.#found.get(to)!, this.#flow.blocks[to]?.address ?? 0);
      // A way back: the scheduler gets its turn when the budget is used up.
      g.loop(this.#levels.get(to)!);
      return this.#pause(n, which);
    }
    if (isMerge[to]) {
      const found = this.#found.get(to);
      this.#found.set(to, found === undefined ? g.found : meetFound(found, g.found));
      return g.branch(this.#levels.get(to)!);
    }
    this.#tree(to);
  }

  /** Brings registers, and flags that it may read, to where node `n` expects them, which other ways lead to as well. */
  #arrive(n: number): void {
    if (this.#live(n) !== 0) this.#g.flushFlags();
    this.#g.adapt(this.#registers[n]!);
  }
  #live(n: number): number {
    const dispatch = this.#dispatches.get(n);
    if (dispatch === undefined) return this.#liveFlags[n] ?? STATUS_FLAGS;
    return dispatch.targets.reduce((all, to) => all | this.#live(to), 0);
  }

  /** Leaves for the block at exit `which` of node `n`, which is part of the region. */
  #pause(n: number, which: number): void {
    // A dispatch node stands for the block that its label means, which only the run knows.
    const goal = (node: number, exit: number): void => {
      const to = this.#successors[node]![exit]!;
      const dispatch = this.#dispatches.get(to);
      // The target of an indirect jump is in X64 already.
      if (this.#isCases(to)) return this.#g.pause();
      if (dispatch === undefined) {
        const { address } = this.#flow.blocks[to]!;
        this.#g.code.i64(address | 0, Math.floor(address / 0x1_0000_0000) | 0).set(X64);
        return this.#g.pause();
      }
      const label = this.#through.get(node * 65536 + exit)!;
      goal(to, label);
    };
    goal(n, which);
  }

  #leave(link: Link): void {
    this.#g.leaveByLink(this.#links.push(link) - 1, link);
  }
}

/** A factor and shift that give the low words of `addresses` different numbers, and by number the index of the address. */
export function perfectHash(
  addresses: readonly number[],
): { factor: number; shift: number; slots: (number | undefined)[] } {
  let factor = 0x9e3779b1 | 0;
  for (let tries = 0, bits = Math.ceil(Math.log2(addresses.length)) + 1;; tries++) {
    const slots: (number | undefined)[] = new Array(1 << bits).fill(undefined);
    const fits = addresses.every((address, k) => {
      const n = Math.imul(address | 0, factor) >>> (32 - bits);
      if (slots[n] !== undefined) return false;
      slots[n] = k;
      return true;
    });
    if (fits) return { factor, shift: 32 - bits, slots };
    factor = Math.imul(factor, 0x2545f491) + 2 | 1;
    if (tries % 64 === 63) bits++;
  }
}

function operation(g: Generator, o: IrOp): void {
  g.beginOperation(asksMemory(o));
  const { name } = o.def;
  const emit = INTEGER[name] ?? VECTOR[name] ?? ALIGNED[name];
  if (emit === undefined) return g.runStep(g.step(o));
  loadFor(g, o);
  emit(g, o.args, o);
}
