// BT BTS BTR BTC BSF BSR POPCNT (SDM vol. 2)

import { type Instruction, OPERAND_IMMEDIATE, OPERAND_MEMORY } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import type { Mem, Value } from "../ir/op.ts";
import type { Family } from "./lowering.ts";

/** The operand-sized unit of the bit string at `m` that holds bit `offset`. */
function unit(b: Builder, m: Mem, offset: Value, bits: number): Mem {
  const t = b.temp();
  b.op("lea64", t, { ...m, segment: -1 });
  b.op(`bitAddress${bits}`, t, t, offset);
  return { base: t, index: -1, scale: 0, dispLo: 0, dispHi: 0, segment: m.segment, address32: m.address32 };
}

function bitTest(name: string) {
  return (b: Builder, i: Instruction): void => {
    const s = i.ops[1]!, bits = 8 * i.ops[0]!.size;
    const offset: Value = s.kind === OPERAND_IMMEDIATE ? { lo: s.lo & (bits - 1), hi: 0 } : s.slot;
    let d = i.ops[0]!;
    if (d.kind === OPERAND_MEMORY && s.kind !== OPERAND_IMMEDIATE) {
      d = { ...d, mem: unit(b, d.mem!, offset, bits) };
    }
    if (name === "bt") return b.op(`bt${bits}f`, b.read(d), offset);
    const x = b.readForUpdate(d);
    const t = b.temp();
    b.op(`${name}${bits}f`, t, x, offset);
    b.write(d, t);
  };
}

/** The destination keeps its value when the source is zero: it is an input too. */
function scan(name: string) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!, s = b.read(i.ops[1]!), bits = 8 * d.size;
    if (d.size > 2) return b.op(`${name}${bits}f`, d.slot, s);
    const t = b.temp();
    b.op("mov64", t, d.slot);
    b.op(`${name}16f`, t, s);
    b.write(d, t);
  };
}

export const BIT: Family = {
  Bt: bitTest("bt"),
  Bts: bitTest("bts"),
  Btr: bitTest("btr"),
  Btc: bitTest("btc"),
  Bsf: scan("bsf"),
  Bsr: scan("bsr"),
  Popcnt: (b, i) => {
    const d = i.ops[0]!, s = b.read(i.ops[1]!);
    const t = b.target(d);
    b.op(`popcnt${8 * d.size}f`, t, s);
    b.commit(d, t);
  },
};
