// SHL SHR SAR ROL ROR RCL RCR SHLD SHRD (SDM vol. 2)

import { type Instruction, type Operand, OPERAND_IMMEDIATE } from "../decode/instruction.ts";
import { rcl, rclBy, rcr, rcrBy, shld, shldBy, shrd, shrdBy } from "../helpers/shift.ts";
import type { Builder, Helper } from "../ir/builder.ts";
import type { Family } from "./lowering.ts";

/** The count as the CPU masks it, or undefined when it is in CL. */
function constantCount(o: Operand, size: number): number | undefined {
  return o.kind === OPERAND_IMMEDIATE ? o.lo & (size === 8 ? 63 : 31) : undefined;
}

/** A count of zero: the operand is read and written, nothing else. */
function nothing(b: Builder, d: Operand): void {
  b.write(d, b.readForUpdate(d));
}

function shift(name: string) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!, bits = 8 * d.size;
    const count = constantCount(i.ops[1]!, d.size);
    if (count === 0) return nothing(b, d);
    const x = b.readForUpdate(d);
    const t = b.target(d);
    if (count !== undefined) b.op(`${name}${bits}f`, t, x, count);
    else b.op(`${name}v${bits}f`, t, x, i.ops[1]!.slot);
    b.commit(d, t);
  };
}

/** The operand in a temporary of its own, zero-extended, for helpers that work in place. */
function inPlace(b: Builder, d: Operand): number {
  const t = b.temp();
  b.op(d.size === 4 ? "mov32" : "mov64", t, b.readForUpdate(d));
  return t;
}

function throughCarry(byRegister: Helper, by: Helper) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!;
    const count = constantCount(i.ops[1]!, d.size);
    if (count === 0) return nothing(b, d);
    const t = inPlace(b, d);
    if (count !== undefined) b.setFlags(by, t, count, d.size);
    else b.setFlags(byRegister, t, i.ops[1]!.slot, d.size);
    b.write(d, t);
  };
}

function double(byRegister: Helper, by: Helper) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!;
    const count = constantCount(i.ops[2]!, d.size);
    if (count === 0) return nothing(b, d);
    const t = inPlace(b, d), s = i.ops[1]!.slot;
    if (count !== undefined) b.op("result4", by, t, s, count, d.size);
    else b.setFlags(byRegister, t, s, i.ops[2]!.slot, d.size);
    b.write(d, t);
  };
}

export const SHIFT: Family = {
  Shl: shift("shl"),
  Sal: shift("shl"),
  Shr: shift("shr"),
  Sar: shift("sar"),
  Rol: shift("rol"),
  Ror: shift("ror"),
  Rcl: throughCarry(rcl, rclBy),
  Rcr: throughCarry(rcr, rcrBy),
  Shld: double(shld, shldBy),
  Shrd: double(shrd, shrdBy),
};
