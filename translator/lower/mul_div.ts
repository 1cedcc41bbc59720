// MUL IMUL DIV IDIV (SDM vol. 2)

import type { Instruction, Operand } from "../decode/instruction.ts";
import * as h from "../helpers/mul_div.ts";
import { type Builder, type Helper, isConst } from "../ir/builder.ts";
import type { Value } from "../ir/op.ts";
import type { Family } from "./lowering.ts";

/** Helpers by operand size. */
type BySize = Readonly<Record<number, Helper>>;
const MUL: BySize = { 1: h.mul8, 2: h.mul16, 4: h.mul32, 8: h.mul64 };
const IMUL: BySize = { 1: h.imul8, 2: h.imul16, 4: h.imul32, 8: h.imul64 };
const DIV: BySize = { 1: h.div8, 2: h.div16, 4: h.div32, 8: h.div64 };
const IDIV: BySize = { 1: h.idiv8, 2: h.idiv16, 4: h.idiv32, 8: h.idiv64 };

function slotOf(b: Builder, v: Value): number {
  if (!isConst(v)) return v;
  const t = b.temp();
  b.op("mov64", t, v);
  return t;
}

/** The one-operand forms: product in AX, DX:AX, EDX:EAX or RDX:RAX. */
function wide(helpers: BySize) {
  return (b: Builder, i: Instruction): void => {
    const s = i.ops[0]!;
    b.op("result1", helpers[s.size]!, slotOf(b, b.read(s)));
  };
}

function divide(helpers: BySize) {
  return (b: Builder, i: Instruction): void => {
    const s = i.ops[0]!;
    b.help(helpers[s.size]!, slotOf(b, b.read(s)));
  };
}

/** A 16-bit operand sign-extended to 32 bits. */
function signed16(b: Builder, o: Operand): Value {
  const v = b.read(o);
  if (isConst(v)) return { lo: v.lo << 16 >> 16, hi: 0 };
  const t = b.temp();
  b.op("ext16s32", t, v);
  return t;
}

function imul(b: Builder, i: Instruction): void {
  if (i.ops.length === 1) return wide(IMUL)(b, i);
  const d = i.ops[0]!;
  const first = i.ops.length === 2 ? d : i.ops[1]!, second = i.ops.length === 2 ? i.ops[1]! : i.ops[2]!;
  if (d.size === 2) {
    // A product of 16-bit factors fits 32 bits; whether it fits 16 is asked of the helper.
    const x = slotOf(b, signed16(b, first)), y = slotOf(b, signed16(b, second));
    b.op("result2", h.mulFlags16, x, y);
    const t = b.temp();
    b.op("imul32", t, x, y);
    return b.write(d, t);
  }
  const x = b.read(first), y = b.read(second);
  if (d.size === 4) b.op("imul32f", d.slot, x, y);
  else b.op("imul64f", d.slot, x, y, h.umulh);
}

export const MUL_DIV: Family = {
  Mul: wide(MUL),
  Imul: imul,
  Div: divide(DIV),
  Idiv: divide(IDIV),
};
