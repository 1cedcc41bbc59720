// All lowerings: iced-x86 mnemonic name → function. What is not here is #UD to the guest.

import type { Family, Lowering } from "./lowering.ts";
import { ARITH } from "./arith.ts";
import { ATOMIC } from "./atomic.ts";
import { AVX } from "./avx.ts";
import { AVX_PERMUTE } from "./avx_permute.ts";
import { BIT } from "./bit.ts";
import { BMI, BY_LEVEL } from "./bmi.ts";
import { CONTROL } from "./control.ts";
import { FLAG } from "./flag.ts";
import { LOOP } from "./loop.ts";
import { MMX, withMmx } from "./mmx.ts";
import { MOVE } from "./move.ts";
import { MUL_DIV } from "./mul_div.ts";
import { SEGMENT } from "./segment.ts";
import { SHIFT } from "./shift.ts";
import { cmpsdVector, SSE_FLOAT } from "./sse_float.ts";
import { SSE_INTEGER } from "./sse_integer.ts";
import { SSE4 } from "./sse4.ts";
import { movsdVector, SSE_MOVE } from "./sse_move.ts";
import { namesake } from "./sse_operands.ts";
import { STRING } from "./string.ts";
import { SYSTEM } from "./system.ts";
import { X87 } from "./x87.ts";
import { X87_STATE } from "./x87_state.ts";

const FAMILIES: readonly Family[] = [
  MOVE,
  ARITH,
  CONTROL,
  SHIFT,
  MUL_DIV,
  BIT,
  BMI,
  STRING,
  ATOMIC,
  FLAG,
  LOOP,
  SYSTEM,
  SEGMENT,
  withMmx(SSE_MOVE),
  withMmx(SSE_INTEGER),
  withMmx(SSE4),
  MMX,
  SSE_FLOAT,
  AVX,
  AVX_PERMUTE,
  X87,
  X87_STATE,
];

/** Lowerings, by mnemonic number, of what is another instruction to processors of a lower level, and asks which it is when it runs. */
export function lowerLevels(mnemonics: Readonly<Record<string, number>>): ReadonlyMap<number, Lowering> {
  return new Map(Object.entries(BY_LEVEL).map(([name, lowering]) => [mnemonics[name]!, lowering]));
}

/** Lowerings by mnemonic number, given iced-x86's enum. Refuses names that iced-x86 does not know and duplicates. */
export function lowerings(mnemonics: Readonly<Record<string, number>>): Lowering[] {
  const table: Lowering[] = [];
  for (const family of FAMILIES) {
    for (const [name, lowering] of Object.entries(family)) {
      const number = mnemonics[name];
      if (number === undefined) throw new Error(`iced-x86 has no mnemonic ${name}`);
      if (table[number] !== undefined) throw new Error(`two lowerings for ${name}`);
      table[number] = lowering;
    }
  }
  for (const [name, vector] of [["Movsd", movsdVector], ["Cmpsd", cmpsdVector]] as const) {
    table[mnemonics[name]!] = namesake(vector, table[mnemonics[name]!]);
  }
  return table;
}
