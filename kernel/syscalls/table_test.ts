import { assertEquals, assertThrows } from "@std/assert";
import { family } from "./family.ts";
import { assemble, syscallTable } from "./table.ts";

Deno.test("every number and name is in the table once", () => {
  assertEquals(new Set(syscallTable.map(({ nr }) => nr)).size, syscallTable.length);
  assertEquals(new Set(syscallTable.map(({ name }) => name)).size, syscallTable.length);
  for (const [name, nr] of [["read", 0], ["execve", 59], ["futex", 202], ["clone3", 435]] as const) {
    assertEquals(syscallTable.find((row) => row.nr === nr)?.name, name);
  }
});

Deno.test("assemble() refuses two claims to one number", () => {
  const one = family({ a: { nr: 1, args: "", run: () => 0 } }),
    two = family({ b: { nr: 1, args: "", run: () => 0 } });
  assertThrows(() => assemble([one, two]), Error, "both a and b");
});
