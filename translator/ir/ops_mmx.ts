// IR operations for what every MMX instruction does to the x87 state besides its own work (SDM vol. 3, section 12.2).
//
// MM register i is the significand of physical register Ri, so `d` here is its slot and d.word(2) is the start of the slot behind it,
// with sign and exponent. Packed operations of 128 bits may run over both slots: `mmxset` then puts the second one right.

import { FPU_CONTROL, FPU_TAG } from "../cpu.ts";
import { op, type OpDef } from "./op.ts";

/** Bits of the status word that are TOP, and tags with all registers in use. */
const TOP_MASK = 0x3800, ALL_USED = 255;
const enter = (tags: number) => `I32[c+${2 * FPU_CONTROL + 1}]&=${~TOP_MASK};I32[c+${2 * FPU_TAG}]=${tags};`;

export const MMX_OPS: readonly OpDef[] = [
  op("mmxenter", "", "TOP = 0, all x87 registers in use", () => enter(ALL_USED)),
  op("mmxleave", "", "TOP = 0, all x87 registers empty", () => enter(0)),
  op(
    "mmxset",
    "d",
    "as mmxenter; MM register d has been written: sign and exponent all ones",
    ([d]) => `${d.word(2)}=65535;${d.word(3)}=0;${enter(ALL_USED)}`,
  ),
];
