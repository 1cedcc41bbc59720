// XADD CMPXCHG CMPXCHG8B CMPXCHG16B (SDM vol. 2). Everything runs in one isolate, one instruction after another, so LOCK is free.

import { RAX } from "../cpu.ts";
import { type Instruction, type Operand, OPERAND_MEMORY, OPERAND_REGISTER } from "../decode/instruction.ts";
import { aligned16, compare16, compare8 } from "../helpers/atomic.ts";
import { type Builder, memPlus } from "../ir/builder.ts";
import { COND_E } from "../ir/flags.ts";
import type { Value } from "../ir/op.ts";
import type { Family } from "./lowering.ts";

/** A copy, zero-extended. */
function copyOf(b: Builder, v: Value, size: number): number {
  const t = b.temp();
  b.op(size === 4 ? "mov32" : "mov64", t, v);
  return t;
}

function xadd(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  const x = copyOf(b, b.readForUpdate(d), d.size), y = b.read(s);
  const sum = b.temp();
  b.op(`add${8 * d.size}f`, sum, x, y);
  // The address may use the source; XADD of a register with itself leaves the sum.
  const order = [() => b.write(s, x), () => b.write(d, sum)];
  if (d.kind === OPERAND_MEMORY) order.reverse();
  for (const write of order) write();
}

function cmpxchg(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  const accumulator: Operand = { ...s, number: RAX, slot: RAX, high: false };
  const old = copyOf(b, b.readForUpdate(d), d.size);
  const expected = copyOf(b, b.read(accumulator), d.size);
  const value = copyOf(b, b.read(s), d.size);
  b.op(`cmp${8 * d.size}f`, expected, old);
  // A memory destination is written either way, a register (with 32 bits: its upper half, too) only when they are equal, the
  // accumulator only when they differ.
  const inRegister = d.kind === OPERAND_REGISTER && d.size >= 4;
  const stored = inRegister ? d.slot : copyOf(b, old, 8);
  b.op(`cmov${COND_E}`, stored, value, -1);
  // The address may use the accumulator.
  if (d.kind === OPERAND_MEMORY) b.write(d, stored);
  if (d.size >= 4) b.op(`cmov${COND_E + 1}`, RAX, old, -1);
  else {
    b.op(`cmov${COND_E + 1}`, expected, old, -1);
    b.write(accumulator, expected);
  }
  if (!inRegister && d.kind !== OPERAND_MEMORY) b.write(d, stored);
}

function cmpxchg8b(b: Builder, i: Instruction): void {
  const { mem } = i.ops[0]!;
  const x = b.temp();
  b.op("ldu64", x, mem);
  // The store reads the address registers again, and the comparison changes some: find the place first.
  const at = {
    ...mem!,
    base: b.address(mem!),
    index: -1,
    scale: 0,
    dispLo: 0,
    dispHi: 0,
    segment: -1,
    address32: false,
  };
  b.setFlags(compare8, x);
  b.op("st64", at, x);
}

function cmpxchg16b(b: Builder, i: Instruction): void {
  const { mem } = i.ops[0]!;
  const t = b.address(mem!);
  b.help(aligned16, t);
  const at = { ...mem!, base: t, index: -1, scale: 0, dispLo: 0, dispHi: 0, segment: -1, address32: false };
  const x = b.temp(), y = b.temp();
  b.op("ldu64", x, at);
  b.op("ldu64", y, memPlus(at, 8));
  b.setFlags(compare16, x, y);
  b.op("st64", at, x);
  b.op("st64", memPlus(at, 8), y);
}

export const ATOMIC: Family = {
  Xadd: xadd,
  Cmpxchg: cmpxchg,
  Cmpxchg8b: cmpxchg8b,
  Cmpxchg16b: cmpxchg16b,
};
