// Packed integers in XMM registers: logic, arithmetic, compares, shifts, packing and shuffles of SSE2 (SDM vol. 2)

import { type Instruction, OPERAND_IMMEDIATE, OPERAND_MEMORY } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import * as integer from "../sse/integer.ts";
import type { Family, Lowering } from "./lowering.ts";
import { extract } from "./sse4.ts";
import { binary, source128, xmm } from "./sse_operands.ts";

/** XOR or subtraction of a register with itself is the idiom for zero. */
function zeroing(name: string): Lowering {
  const general = binary(name);
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!;
    if (s.kind !== OPERAND_MEMORY && xmm(d) === xmm(s)) b.op("zerox", d.slot);
    else general(b, i);
  };
}

/** Comparing a register with itself is the idiom for all ones. */
function ones(name: string): Lowering {
  const general = binary(name);
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!;
    if (s.kind !== OPERAND_MEMORY && xmm(d) === xmm(s)) b.op("onesx", d.slot);
    else general(b, i);
  };
}

/** PSLLx and so on, by an immediate (IR operation) or by a register (helper). */
function shift(name: string, bits: number, helper: (d: number, s: number) => void): Lowering {
  const byRegister = binary("vec", source128, helper);
  return (b, i) => {
    if (i.ops[1]!.kind !== OPERAND_IMMEDIATE) return byRegister(b, i);
    const d = xmm(i.ops[0]!);
    let n = i.ops[1]!.lo & 255;
    if (n >= bits) {
      if (!name.startsWith("psra")) return b.op("zerox", d);
      n = bits - 1;
    }
    if (n !== 0) b.op(`${name}i`, d, n);
  };
}

function shiftBytes(name: string): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!), n = i.ops[1]!.lo & 255;
    if (n > 15) b.op("zerox", d);
    else if (n !== 0) b.op(name, d, n);
  };
}

function shuffle(name: string, ...more: number[]): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op(name, d, source128(b, i.ops[1]!), i.ops[2]!.lo & 255, ...more);
  };
}

function unpackHighQuad(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = source128(b, i.ops[1]!);
  b.op("mov64", d, d + 1);
  b.op("mov64", d + 1, s + 1);
}

function unpackLowQuad(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = source128(b, i.ops[1]!);
  b.op("mov64", d + 1, s);
}

function shufpd(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = source128(b, i.ops[1]!), x = i.ops[2]!.lo;
  const t = b.temp();
  b.op("mov64", t, s + ((x >> 1) & 1));
  if ((x & 1) !== 0) b.op("mov64", d, d + 1);
  b.op("mov64", d + 1, t);
}

function pinsrw(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = i.ops[1]!;
  let v = s.slot;
  if (s.kind === OPERAND_MEMORY) {
    v = b.temp();
    b.op("ld16u", v, s.mem);
  }
  b.op("pinsrw", d, v, i.ops[2]!.lo & 7);
}

const LANES = [
  "Paddb Paddw Paddd Paddq Psubb Psubw Psubd Psubq Paddusb Paddusw Psubusb Psubusw Paddsb Paddsw Psubsb Psubsw",
  "Pminub Pmaxub Pminsw Pmaxsw Pavgb Pavgw Pcmpeqb Pcmpeqw Pcmpeqd Pcmpgtb Pcmpgtw Pcmpgtd Pmullw Pmulhw Pmulhuw",
].join(" ").split(" ");
const lanes: Record<string, Lowering> = {};
for (const name of LANES) {
  const lower = name.toLowerCase();
  lanes[name] = /^psub[bwdq]$/.test(lower)
    ? zeroing(lower)
    : lower.startsWith("pcmpeq")
    ? ones(lower)
    : binary(lower);
}

const helpers: Record<string, Lowering> = {};
for (const name of ["Pmaddwd", "Psadbw", "Pmuludq", "Packsswb", "Packuswb", "Packssdw"] as const) {
  const helper = integer[name.toLowerCase() as "pmaddwd"];
  helpers[name] = binary("vec", source128, helper);
}

export const SSE_INTEGER: Family = {
  ...lanes,
  ...helpers,
  Pand: binary("andx"),
  Andps: binary("andx"),
  Andpd: binary("andx"),
  Por: binary("orx"),
  Orps: binary("orx"),
  Orpd: binary("orx"),
  Pxor: zeroing("xorx"),
  Xorps: zeroing("xorx"),
  Xorpd: zeroing("xorx"),
  Pandn: binary("andnx"),
  Andnps: binary("andnx"),
  Andnpd: binary("andnx"),
  Psllw: shift("psllw", 16, integer.psllw),
  Psrlw: shift("psrlw", 16, integer.psrlw),
  Psraw: shift("psraw", 16, integer.psraw),
  Pslld: shift("pslld", 32, integer.pslld),
  Psrld: shift("psrld", 32, integer.psrld),
  Psrad: shift("psrad", 32, integer.psrad),
  Psllq: shift("psllq", 64, integer.psllq),
  Psrlq: shift("psrlq", 64, integer.psrlq),
  Pslldq: shiftBytes("pslldq"),
  Psrldq: shiftBytes("psrldq"),
  Pshufd: shuffle("pshufd"),
  Pshuflw: shuffle("pshufw", 0),
  Pshufhw: shuffle("pshufw", 4),
  Shufps: shuffle("shufps"),
  Shufpd: shufpd,
  Punpcklbw: binary("unpacklb"),
  Punpckhbw: binary("unpackhb"),
  Punpcklwd: binary("unpacklw"),
  Punpckhwd: binary("unpackhw"),
  Punpckldq: binary("unpackld"),
  Punpckhdq: binary("unpackhd"),
  Unpcklps: binary("unpackld"),
  Unpckhps: binary("unpackhd"),
  Punpcklqdq: unpackLowQuad,
  Unpcklpd: unpackLowQuad,
  Punpckhqdq: unpackHighQuad,
  Unpckhpd: unpackHighQuad,
  Pinsrw: pinsrw,
  Pextrw: extract(2),
};
