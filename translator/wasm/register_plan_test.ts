import { assertEquals } from "@std/assert";
import type { IrBlock, IrOp } from "../ir/block.ts";
import { OPS } from "../ir/ops.ts";
import { planRegisters } from "./register_plan.ts";
import { type Held, NONE, type RegisterSet, slotsOf, withSlot } from "./register_set.ts";
import { reducible } from "./structure.ts";

const set = (...slots: number[]): RegisterSet => slots.reduce(withSlot, NONE);
const move = (to: number, from: number): IrOp => ({ def: OPS.get("mov64")!, args: [to, from], ip: 0 });
const block = (...ops: IrOp[]): IrBlock => ({ address: 0, ops, end: 0, instructions: 1, crossing: false });

/** For each node, the registers that are loaded and those that have changed. */
function plan(blocks: readonly IrBlock[], successors: number[][], calls: readonly number[]): number[][][] {
  const { shape } = reducible(successors, 0);
  const used = set(...Array.from({ length: 16 }, (_, i) => i));
  const found = planRegisters(blocks, successors, 0, shape, used, (n) => calls.includes(n));
  return found.map(({ loaded, changed }: Held) => [slotsOf(loaded), slotsOf(changed)]);
}

Deno.test("where ways meet, what all have loaded stays, and what has changed with it", () => {
  //   0 → 1 → 3, 0 → 2 → 3
  const blocks = [block(move(1, 2)), block(move(3, 4)), block(move(3, 5), move(6, 1)), block(move(7, 3))];
  const ways = [[1, 2], [3], [3], []];
  assertEquals(plan(blocks, ways.map((to) => [...to]), [])[3], [[1, 2, 3], [1, 3]]);
  // Behind a call nothing is loaded, so the other way has to store what it has changed.
  assertEquals(plan(blocks, ways.map((to) => [...to]), [1])[3], [[], []]);
});

Deno.test("a loop begins with what it reads and changes", () => {
  //   0 → 1 → 2 → 1, 1 → 3
  const blocks = [block(move(1, 2)), block(move(3, 4)), block(move(5, 3)), block(move(6, 7))];
  const ways = [[1], [2, 3], [1], []];
  const [loaded, changed] = plan(blocks, ways.map((to) => [...to]), [])[1]!;
  assertEquals(loaded, [1, 2, 3, 4, 5]);
  assertEquals(changed, [1, 3, 5]);
  // With a call in it nothing stays loaded all around: neither what changed before it nor what it reads.
  assertEquals(plan(blocks, ways.map((to) => [...to]), [2])[1], [[], []]);
});

Deno.test("a loop that is the whole region loads before it begins", () => {
  const blocks = [block(move(1, 2), move(2, 3)), block(move(4, 4))];
  assertEquals(plan(blocks, [[0, 1], []], [])[0], [[1, 2, 3], [1, 2]]);
});
