import { assert, assertEquals } from "@std/assert";
import type { Task } from "../task/task.ts";
import { unimplemented } from "../trace/stats.ts";
import { misc } from "./misc.ts";
import { missing } from "./missing.ts";

Deno.test("missing() leaves out what is taken, and names each number once", () => {
  const all = missing(new Set());
  assertEquals(new Set(all.map((row) => row.nr)).size, all.length);
  assertEquals(new Set(all.map((row) => row.name)).size, all.length);
  assert(!all.some((row) => misc.some((own) => own.nr === row.nr)));
  assertEquals(missing(new Set([101])).some((row) => row.nr === 101), false);
  for (const row of all) assert(row.args.length <= 6 && row.args.every((kind) => kind !== ""), row.name);
});

Deno.test("loud calls are counted, quiet ones are not", () => {
  const run = (name: string) =>
    missing(new Set()).find((row) => row.name === name)!.run({} as Task, 0, 0, 0, 0, 0, 0);
  assertEquals(run("restart_syscall"), -38);
  assertEquals(run("rseq"), -38);
  assertEquals(run("bpf"), -1);
  assertEquals([...unimplemented], [["restart_syscall", 1]]);
});
