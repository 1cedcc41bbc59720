import { assertEquals } from "@std/assert";
import { RAX, RBX } from "../cpu.ts";
import type { IrBlock } from "../ir/block.ts";
import { carryKind, KEPT, kindOf, LOGIC, MUL, SHL, SUB, UNKNOWN } from "../ir/flags.ts";
import { OPS } from "../ir/ops.ts";
import { makeLink } from "../cache/block.ts";
import { nameKinds, resolveFlags } from "./flags.ts";

function block(...ops: [string, ...unknown[]][]): IrBlock {
  return {
    address: 0x1000,
    end: 0x1010,
    instructions: ops.length,
    crossing: false,
    ops: ops.map(([name, ...args]) => ({ def: OPS.get(name)!, args, ip: 0x1000 })),
  };
}
const names = (b: IrBlock) => b.ops.map((o) => o.def.name);
const one = { lo: 1, hi: 0 };

Deno.test("resolveFlags() drops flags that are overwritten before anybody reads them", () => {
  const b = block(["add64f", RAX, RAX, one], ["sub64f", RBX, RBX, one], ["jumpTo", RAX]);
  resolveFlags(b);
  assertEquals(names(b), ["add64", "sub64f", "jumpTo"]);
});

Deno.test("resolveFlags() removes a comparison nobody looks at", () => {
  const b = block(["cmp32f", RAX, RBX], ["xor32f", RAX, RAX, RAX], ["jumpTo", RAX]);
  resolveFlags(b);
  assertEquals(names(b), ["xor32f", "jumpTo"]);
});

Deno.test("resolveFlags() keeps flags that a fault would show", () => {
  const mem = { base: RBX, index: -1, scale: 0, dispLo: 0, dispHi: 0, segment: -1, address32: false };
  const b = block(["add64f", RAX, RAX, one], ["ld64", RAX, mem], ["sub64f", RBX, RBX, one], ["jumpTo", RAX]);
  resolveFlags(b);
  assertEquals(names(b), ["add64f", "ld64", "sub64f", "jumpTo"]);
});

Deno.test("resolveFlags() tells readers the kind", () => {
  const to = makeLink(0x1000);
  const b = block(["cmp32f", RAX, RBX], ["branch4", to, 1, to, 1, -1]);
  resolveFlags(b);
  assertEquals(b.ops[1]!.args[4], kindOf(SUB, 4));
});

Deno.test("resolveFlags() keeps CF alive through INC", () => {
  const b = block(["add64f", RAX, RAX, one], ["inc64f", RBX, RBX, -1], ["jumpTo", RAX]);
  resolveFlags(b);
  assertEquals(names(b), ["add64f", "inc64f", "jumpTo"]);
});

Deno.test("nameKinds() tells readers small kinds only, unless they know what to do with whole ones", () => {
  const ops: [string, ...unknown[]][] = [
    ["shl32f", RAX, RAX, 3],
    ["set4", RBX, -1],
    ["set2", RBX, -1],
    ["imul32f", RAX, RAX, RBX],
    ["bt32f", RAX, RBX],
    ["set4", RBX, -1],
  ];
  const kinds = (whole: boolean) => {
    const b = block(...ops, ["jumpTo", RAX]);
    nameKinds(b, UNKNOWN, () => whole);
    return b.ops.filter((o) => o.def.kindArg >= 0).map((o) => o.args[o.def.kindArg]);
  };
  assertEquals(kinds(false), [kindOf(LOGIC, 4), UNKNOWN, UNKNOWN]);
  const shifted = kindOf(LOGIC, 4) | carryKind(SHL, 4, 3);
  assertEquals(kinds(true), [shifted, shifted, kindOf(MUL, 4) | carryKind(KEPT, 4)]);
});
