import { assert, assertEquals } from "@std/assert";
import { structure } from "./structure.ts";

Deno.test("structure() finds merge nodes of a diamond", () => {
  const s = structure({ successors: [[1, 2], [3], [3], []] })!;
  assertEquals(s.isMerge, [false, false, false, true]);
  assertEquals(s.children[0], [2, 1, 3].sort((a, b) => s.order[a]! - s.order[b]!));
  assertEquals(s.isLoopHeader, [false, false, false, false]);
});

Deno.test("structure() finds nested loops", () => {
  // 0 → 1 → 2 → 2, 2 → 1, 1 → 3
  const s = structure({ successors: [[1], [2, 3], [2, 1], []] })!;
  assertEquals(s.isLoopHeader, [false, true, true, false]);
  assertEquals(s.children[1]!.length, 2);
  assert(s.order[1]! < s.order[2]!);
});

Deno.test("structure() refuses a cycle with two entries", () => {
  assertEquals(structure({ successors: [[1, 2], [2], [1]] }), undefined);
});

Deno.test("structure() ignores exits and what is not reachable", () => {
  const s = structure({ successors: [[-1, 1], [-1], [1]] })!;
  assertEquals(s.order[2], -1);
  assertEquals(s.isMerge[1], false);
});
