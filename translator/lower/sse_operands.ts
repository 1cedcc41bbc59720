// How do SSE lowerings reach their operands?

import {
  CLASS_XMM,
  type Instruction,
  type Operand,
  OPERAND_MEMORY,
  OPERAND_REGISTER,
} from "../decode/instruction.ts";
import { misaligned } from "../helpers/traps.ts";
import type { Builder } from "../ir/builder.ts";
import { type Lowering, refuse } from "./lowering.ts";

/** Slot of an XMM register operand; other register classes (MMX forms) are refused. */
export function xmm(o: Operand): number {
  if (o.kind !== OPERAND_REGISTER || o.class !== CLASS_XMM) refuse();
  return o.slot;
}

/** Slot that holds a 128-bit source; memory must be aligned. */
export function source128(b: Builder, o: Operand): number {
  if (o.kind !== OPERAND_MEMORY) return xmm(o);
  const t = b.temp(2);
  b.op("ld128a", misaligned, t, o.mem);
  return t;
}

/** Slot whose low 64 bits are the source. */
export function source64(b: Builder, o: Operand): number {
  if (o.kind !== OPERAND_MEMORY) return xmm(o);
  const t = b.temp(2);
  b.op("ld64", t, o.mem);
  return t;
}

/** Slot whose low 32 bits are the source. */
export function source32(b: Builder, o: Operand): number {
  if (o.kind !== OPERAND_MEMORY) return xmm(o);
  const t = b.temp(2);
  b.op("ld32", t, o.mem);
  return t;
}

export type Source = (b: Builder, o: Operand) => number;

/** A lowering `d = d op s` through IR operation `name`, `before` being its leading arguments. */
export function binary(name: string, source: Source = source128, ...before: unknown[]) {
  return (b: Builder, i: Instruction): void => {
    const d = xmm(i.ops[0]!);
    b.op(name, ...before, d, source(b, i.ops[1]!));
  };
}

/** Two mnemonics name both an SSE and a string instruction: the operands tell. */
export function namesake(vector: Lowering, string: Lowering | undefined): Lowering {
  return (b, i) => {
    if (i.ops.some((o) => o.class === CLASS_XMM)) vector(b, i);
    else if (string !== undefined) string(b, i);
    else refuse();
  };
}
