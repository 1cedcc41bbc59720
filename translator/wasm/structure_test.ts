import { assert, assertEquals } from "@std/assert";
import { reducible, type Structure, structure as structured } from "./structure.ts";

const structure = (graph: { successors: number[][]; start: number }) => structured(graph) as Structure;

Deno.test("structure() finds merge nodes of a diamond", () => {
  const s = structure({ successors: [[1, 2], [3], [3], []], start: 0 })!;
  assertEquals(s.isMerge, [false, false, false, true]);
  assertEquals(s.children[0], [2, 1, 3].sort((a, b) => s.order[a]! - s.order[b]!));
  assertEquals(s.isLoopHeader, [false, false, false, false]);
});

Deno.test("structure() finds nested loops", () => {
  // 0 → 1 → 2 → 2, 2 → 1, 1 → 3
  const s = structure({ successors: [[1], [2, 3], [2, 1], []], start: 0 })!;
  assertEquals(s.isLoopHeader, [false, true, true, false]);
  assertEquals(s.children[1]!.length, 2);
  assert(s.order[1]! < s.order[2]!);
});

Deno.test("structure() names an edge back to one of two entries of a cycle", () => {
  assertEquals(structured({ successors: [[1, 2], [2], [1]], start: 0 }), {
    from: 2,
    to: 1,
    dominators: new Set([0]),
  });
});

Deno.test("reducible() gives a cycle with two entries one", () => {
  const successors = [[1, 2], [2], [1, -1]];
  const { shape, dispatches, through } = reducible(successors, 0);
  assertEquals(dispatches, [{ node: 3, targets: [1, 2] }].map((d) => ({ ...d, targets: successors[3]! })));
  // The way back has to lead through it as well, the way on from 1 to 2 need not.
  assertEquals(successors.slice(0, 3), [[3, 3], [2], [3, -1]]);
  assertEquals(shape.isLoopHeader, [false, false, false, true]);
  // Each redirected edge says where it wanted to go.
  const wanted = (from: number, exit: number) => dispatches[0]!.targets[through.get(from * 65536 + exit)!];
  assertEquals([wanted(0, 0), wanted(0, 1), wanted(2, 0)], [1, 2, 1]);
});

Deno.test("reducible() copes with random graphs", () => {
  let seed = 1;
  const random = (n: number) => (seed = Math.imul(seed, 1103515245) + 12345 >>> 0) % 65521 % n;
  for (let round = 0; round < 300; round++) {
    const count = 2 + random(14);
    const successors = Array.from(
      { length: count },
      () => Array.from({ length: random(4) }, () => random(count + 1) - 1),
    );
    const before = successors.map((list) => [...list]);
    const { shape, dispatches, through } = reducible(successors, 0);
    assert(!("from" in structured({ successors, start: 0 })));
    // Every edge still leads where it led, perhaps through several dispatch nodes.
    before.forEach((list, from) =>
      list.forEach((to, exit) => {
        let node = from, which = exit, next = successors[node]![which]!;
        for (;;) {
          const dispatch = dispatches.find((d) => d.node === next);
          if (dispatch === undefined) break;
          which = through.get(node * 65536 + which)!;
          node = next;
          next = successors[node]![which]!;
        }
        assertEquals(next, to);
      })
    );
    assertEquals(shape.order[0], 0);
  }
});

Deno.test("structure() ignores exits and what is not reachable", () => {
  const s = structure({ successors: [[-1, 1], [-1], [1]], start: 0 })!;
  assertEquals(s.order[2], -1);
  assertEquals(s.isMerge[1], false);
});
