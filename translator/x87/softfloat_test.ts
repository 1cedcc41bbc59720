import { assertEquals } from "@std/assert";
import { DOWN, FINITE, Num, PE, roundFinite, status, UE, ZERO } from "./softfloat.ts";

Deno.test("a tiny number that wrapping the exponent does not bring into range becomes a zero, even where rounding goes away from it", () => {
  const z = new Num();
  z.set(FINITE, 1, -16382 - 24576 - 1, 0x80000000 | 0, 0);
  status.flags = 0;
  status.up = 1;
  roundFinite(z, 64, -16382, 16383, DOWN, 0x3f & ~UE, 24576);
  assertEquals([z.kind, z.sign, status.flags, status.up], [ZERO, 1, UE | PE, 0]);
});

Deno.test("a tiny number that wrapping the exponent brings into range stays exact", () => {
  const z = new Num();
  z.set(FINITE, 1, -16382 - 1, 0x80000000 | 0, 0);
  status.flags = 0;
  roundFinite(z, 64, -16382, 16383, DOWN, 0x3f & ~UE, 24576);
  assertEquals([z.kind, z.exp, status.flags], [FINITE, -16383 + 24576, UE]);
});
