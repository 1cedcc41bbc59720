// LOOP LOOPE LOOPNE JCXZ JECXZ JRCXZ, XLAT (SDM vol. 2)

import { RAX, RBX, RCX } from "../cpu.ts";
import type { Instruction } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import { COND_E } from "../ir/flags.ts";
import type { Family } from "./lowering.ts";

/** Jumps to `ifZero` when all 64 bits of `slot` are zero, else to `other`. */
function branchZero(b: Builder, slot: number, ifZero: number, other: number): void {
  const zero = b.link(ifZero), not = b.link(other);
  b.op("branchZero", slot, zero, b.near(zero), not, b.near(not));
}

/** `condition`: the flag condition under which to go on, or undefined. */
function loop(condition: number | undefined) {
  return (b: Builder, i: Instruction): void => {
    const target = i.ops[0]!.target;
    b.op(i.address32 ? "sub32" : "sub64", RCX, RCX, { lo: 1, hi: 0 });
    if (condition === undefined) return branchZero(b, RCX, i.next, target);
    const t = b.temp();
    b.op(`set${condition}`, t, -1);
    b.op("bothNonZero", t, RCX, t);
    branchZero(b, t, i.next, target);
  };
}

function jumpZero(b: Builder, i: Instruction): void {
  const target = i.ops[0]!.target;
  if (!i.address32) return branchZero(b, RCX, target, i.next);
  const t = b.temp();
  b.op("mov32", t, RCX);
  branchZero(b, t, target, i.next);
}

function xlat(b: Builder, i: Instruction): void {
  const t = b.temp(), byte = b.temp();
  b.op("ext8u", t, RAX, 0);
  b.op("ld8u", byte, { ...i.ops[0]!.mem!, base: RBX, index: t, scale: 0 });
  b.op("ins8", RAX, byte, 0);
}

export const LOOP: Family = {
  Loop: loop(undefined),
  Loope: loop(COND_E),
  Loopne: loop(COND_E + 1),
  Jecxz: jumpZero,
  Jrcxz: jumpZero,
  Xlatb: xlat,
};
