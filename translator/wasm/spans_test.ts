import { assertEquals } from "@std/assert";
import { makeLink } from "../cache/block.ts";
import { RAX, RBX, RSP } from "../cpu.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import { atRegister } from "../ir/op.ts";
import { OPS } from "../ir/ops.ts";
import { aroundLoop, type Found, meetFound, planSpans, type SpanFlow } from "./spans.ts";
import { type Structure, structure } from "./structure.ts";

const op = (name: string, ...args: unknown[]): IrOp => ({ def: OPS.get(name)!, args, ip: 0 });
const load = (base: number, at: number) => op("ld64", RAX, atRegister(base, at));
const store = (base: number, at: number) => op("st32", atRegister(base, at), RAX);
const constant = (lo: number) => ({ lo, hi: lo >> 31 });

function flow(
  ops: readonly (readonly IrOp[])[],
  successors: readonly (readonly number[])[],
  calls = NaN,
): SpanFlow {
  const end = op("jump", makeLink(0), 1);
  const blocks = ops.map((list, address) => ({ address, ops: [...list, end] }) as unknown as IrBlock);
  return {
    blocks,
    successors,
    shape: structure({ successors, start: 0 }) as Structure,
    calls: (n) => n === calls,
  };
}
/** Of each operation with a span: number, register, bytes that are needed and wanted, whether it writes. */
function spansOf(of: SpanFlow, n: number): unknown[] {
  return [...planSpans(of, n)].map(([o, { base, needed, wanted, writes }]) => [
    of.blocks[n]!.ops.indexOf(o),
    base,
    [needed.from, needed.to],
    [wanted.from, wanted.to],
    writes,
  ]);
}

Deno.test("spans: accesses of a block through a register that moves by constants", () => {
  const move = op("sub64", RSP, RSP, constant(24));
  const ops = [op("push64", RBX), op("push64", RAX), move, store(RSP, 4), load(RBX, 8)];
  assertEquals(spansOf(flow([ops], [[]]), 0), [[0, RSP, [-36, 0], [-36, 0], true]]);
});

Deno.test("spans: a register with another value, and what is far away, begin anew", () => {
  const ops = [
    load(RBX, 0),
    load(RBX, 16),
    op("mov64", RBX, RAX),
    load(RBX, 8),
    store(RBX, 0),
    load(RBX, 4000),
  ];
  assertEquals(spansOf(flow([ops], [[]]), 0), [
    [0, RBX, [0, 24], [0, 24], false],
    [3, RBX, [0, 16], [0, 16], true],
  ]);
});

Deno.test("spans: blocks behind are taken in where all ways come by, their stores as loads", () => {
  const ops = [[load(RBX, 0)], [store(RBX, 32)], [load(RBX, 64)], [load(RBX, 128)]];
  const all = [0, RBX, [0, 8], [0, 136], false];
  assertEquals(spansOf(flow(ops, [[1, 2], [3], [3], []]), 0), [all]);
  // Block 3 has another way to it, which does not come by block 1.
  assertEquals(spansOf(flow([[], ...ops.slice(1)], [[1, 2], [3], [3], []]), 1), []);
  // Behind a call nothing is known.
  assertEquals(spansOf(flow(ops, [[1, 2], [3], [3], []], 0), 0), []);
});

Deno.test("spans: variables of one page", () => {
  const at = (lo: number) => op("ld32", RAX, { ...atRegister(-1, lo), dispHi: 0x5555 });
  assertEquals(spansOf(flow([[at(0x1010), at(0x1100), at(0x2010)]], [[]]), 0), [
    [0, 16 + 0x5555 * 2 ** 20 + 1, [0x10, 0x104], [0x10, 0x104], false],
  ]);
});

Deno.test("spans: what has been found on all ways, and around a loop", () => {
  const found: Found = { at: 20, from: 0, to: 64, writable: true };
  const one = new Map([[RBX, found], [RSP, found], [RAX, found]]);
  const other = new Map([
    [RBX, { ...found, to: 32, writable: false }],
    [RSP, { ...found, from: 8 }],
    [RAX, { ...found, at: 21 }],
  ]);
  assertEquals([...meetFound(one, other)], [[RBX, { ...found, to: 32, writable: false }]]);
  const loop = (...ops: IrOp[]) => aroundLoop(flow([[], ops, []], [[1], [1, 2], []]), 1, one);
  assertEquals([...loop(load(RBX, 0)).keys()], [RBX, RSP]);
  assertEquals([...loop(op("push64", RAX), op("pop64", RAX)).keys()], [RBX, RSP]);
  assertEquals(aroundLoop(flow([[], []], [[1], [1]], 1), 1, one).size, 0);
});
