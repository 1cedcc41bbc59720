import { assertThrows } from "@std/assert";
import { RAX } from "../cpu.ts";
import type { IrBlock } from "./block.ts";
import { OPS } from "./ops.ts";
import { verify } from "./verify.ts";

function block(...ops: [string, ...unknown[]][]): IrBlock {
  return {
    address: 0,
    end: 4,
    instructions: 1,
    crossing: false,
    ops: ops.map(([name, ...args]) => ({ def: OPS.get(name)!, args, ip: 0 })),
  };
}

Deno.test("verify() accepts a block that is in order", () => {
  verify(block(["mov64", RAX, { lo: 1, hi: 0 }], ["jumpTo", RAX]));
});

Deno.test("verify() names what is wrong", () => {
  assertThrows(() => verify(block(["jumpTo", RAX], ["mov64", RAX, RAX])), Error, "too early");
  assertThrows(() => verify(block(["mov64", RAX, RAX])), Error, "does not end");
  assertThrows(() => verify(block(["mov64", 500, RAX], ["jumpTo", RAX])), Error, "no slot");
  assertThrows(() => verify(block(["mov64", RAX], ["jumpTo", RAX])), Error, "arguments");
  assertThrows(() => verify(block(["mov64", RAX, { lo: 0.5, hi: 0 }], ["jumpTo", RAX])), Error, "no value");
});
