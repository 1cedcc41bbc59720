// ADD ADC SUB SBB CMP INC DEC NEG AND OR XOR TEST NOT (SDM vol. 2)
//
// Memory destinations: flags are registers, too, so the place must be known to be writable before an operation leaves flags;
// readForUpdate() sees to it (and to the right error code: the CPU reports a write).

import { type Instruction, OPERAND_MEMORY } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/op.ts";
import type { Family } from "./lowering.ts";

function binary(name: string, carry = false) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!;
    const x = b.readForUpdate(d), y = b.readCut(i.ops[1]!, d.size);
    const t = b.target(d);
    if (carry) b.op(`${name}${8 * d.size}`, t, x, y, -1);
    else b.op(`${name}${8 * d.size}f`, t, x, y);
    b.commit(d, t);
  };
}

function compare(name: string) {
  return (b: Builder, i: Instruction): void => {
    const size = i.ops[0]!.size;
    const x = b.read(i.ops[0]!), y = b.readCut(i.ops[1]!, size);
    b.op(`${name}${8 * size}f`, x, y);
  };
}

function step(name: string) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!;
    const x = b.readForUpdate(d);
    const t = b.target(d);
    b.op(`${name}${8 * d.size}f`, t, x, -1);
    b.commit(d, t);
  };
}

const ZERO: Value = { lo: 0, hi: 0 };

/** XOR and SUB of a register with itself: a constant, and constant flags. */
function orZero(name: string) {
  const general = binary(name);
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!, s = i.ops[1]!;
    if (d.kind === s.kind && d.kind !== OPERAND_MEMORY && d.size >= 4 && d.slot === s.slot) {
      b.op(`test${8 * d.size}f`, ZERO, ZERO);
      b.op("mov64", d.slot, ZERO);
    } else general(b, i);
  };
}

export const ARITH: Family = {
  Add: binary("add"),
  Sub: orZero("sub"),
  And: binary("and"),
  Or: binary("or"),
  Xor: orZero("xor"),
  Adc: binary("adc", true),
  Sbb: binary("sbb", true),
  Cmp: compare("cmp"),
  Test: compare("test"),
  Inc: step("inc"),
  Dec: step("dec"),
  Neg: (b, i) => {
    const d = i.ops[0]!;
    const x = b.readForUpdate(d);
    const t = b.target(d);
    b.op(`sub${8 * d.size}f`, t, ZERO, x);
    b.commit(d, t);
  },
  Not: (b, i) => {
    const d = i.ops[0]!;
    const x = b.readForUpdate(d);
    const t = b.target(d);
    b.op(`not${8 * d.size}`, t, x);
    b.commit(d, t);
  },
};
