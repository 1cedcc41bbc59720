// LZCNT, BMI1, BMI2, ADX (SDM vol. 2)

import { RDX } from "../cpu.ts";
import type { Instruction } from "../decode/instruction.ts";
import * as h from "../helpers/bmi.ts";
import { type Builder, isConst } from "../ir/builder.ts";
import { statusFlags } from "../ir/flags.ts";
import type { Value } from "../ir/op.ts";
import { umulh } from "../helpers/mul_div.ts";
import type { Family, Lowering } from "./lowering.ts";

/** TZCNT, LZCNT. */
function count(name: string): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = b.read(i.ops[1]!);
    const t = b.target(d);
    b.op(`${name}${8 * d.size}f`, t, s);
    b.commit(d, t);
  };
}
/** The same on processors that may not have it: there the prefix means nothing, and what is left is BSF or BSR. */
function countOrScan(leading: number): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, t = b.temp(), s = b.temp();
    b.op("mov64", s, b.read(i.ops[1]!));
    b.op("mov64", t, d.slot);
    b.setFlags(h.countOrScan, t, s, d.size, leading);
    // Without a result, BSF and BSR leave all of the destination.
    if (d.size === 2) b.write(d, t);
    else b.op("mov64", d.slot, t);
  };
}
/** Where the level of x86-64 decides what the instruction is. */
export const BY_LEVEL: Family = { Tzcnt: countOrScan(0), Lzcnt: countOrScan(1) };

/** d = name(source). */
const unary = (name: string): Lowering => (b, i) => {
  const d = i.ops[0]!;
  b.op(`${name}${8 * d.size}f`, d.slot, b.read(i.ops[1]!));
};
/** d = name(second, third). */
const binary = (name: string): Lowering => (b, i) => {
  const d = i.ops[0]!;
  b.op(`${name}${8 * d.size}f`, d.slot, b.read(i.ops[1]!), i.ops[2]!.slot);
};
/** Shifts by a register, without flags. */
const shift = (name: string): Lowering => (b, i) => {
  const d = i.ops[0]!;
  b.op(`${name}v${8 * d.size}`, d.slot, b.read(i.ops[1]!), i.ops[2]!.slot);
};

function slotOf(b: Builder, v: Value): number {
  if (!isConst(v)) return v;
  const t = b.temp();
  b.op("mov64", t, v);
  return t;
}
const scatter = (helper: typeof h.pdep): Lowering => (b, i) => {
  const d = i.ops[0]!, m = slotOf(b, b.read(i.ops[2]!));
  b.op(`scatter${8 * d.size}`, helper, h.bits, d.slot, i.ops[1]!.slot, m);
};
function mulx(b: Builder, i: Instruction): void {
  const high = i.ops[0]!, low = i.ops[1]!, s = slotOf(b, b.read(i.ops[2]!));
  b.op(`mulx${8 * high.size}`, umulh, low.slot, high.slot, RDX, s);
}
/** The carry is one flag, the others stay. */
const addThrough = (name: string): Lowering => (b, i) => {
  const d = i.ops[0]!;
  b.op(`${name}${8 * d.size}`, statusFlags, d.slot, d.slot, b.read(i.ops[1]!), -1);
};

export const BMI: Family = {
  Tzcnt: count("tzcnt"),
  Lzcnt: count("lzcnt"),
  Andn: (b, i) => {
    const d = i.ops[0]!;
    // d = third AND NOT second.
    b.op(`andn${8 * d.size}f`, d.slot, b.read(i.ops[2]!), i.ops[1]!.slot);
  },
  Blsr: unary("blsr"),
  Blsmsk: unary("blsmsk"),
  Blsi: unary("blsi"),
  Bextr: binary("bextr"),
  Bzhi: binary("bzhi"),
  Pdep: scatter(h.pdep),
  Pext: scatter(h.pext),
  Mulx: mulx,
  Shlx: shift("shl"),
  Shrx: shift("shr"),
  Sarx: shift("sar"),
  Rorx: (b, i) => {
    const d = i.ops[0]!, s = b.read(i.ops[1]!), n = i.ops[2]!.lo & (8 * d.size - 1);
    if (n === 0) b.op(d.size === 8 ? "mov64" : "mov32", d.slot, s);
    else b.op(`ror${8 * d.size}`, d.slot, s, n);
  },
  Adcx: addThrough("adcx"),
  Adox: addThrough("adox"),
};
