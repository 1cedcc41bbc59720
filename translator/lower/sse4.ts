// SSSE3, SSE4.1, SSE4.2, AES, PCLMULQDQ and SHA on XMM registers (SDM vol. 2)

import { xmmSlot } from "../cpu.ts";
import { type Instruction, type Operand, OPERAND_MEMORY } from "../decode/instruction.ts";
import { misaligned } from "../helpers/traps.ts";
import type { Builder } from "../ir/builder.ts";
import * as crypto from "../sse/crypto.ts";
import { maskedBytes } from "../sse/integer.ts";
import * as packed from "../sse/packed.ts";
import * as rounding from "../sse/rounding.ts";
import * as text from "../sse/text.ts";
import type { Family, Lowering } from "./lowering.ts";
import { binary, source128, source32, source64, xmm } from "./sse_operands.ts";

type OnVectors = (d: number, s: number) => void;
type WithNumber = (d: number, s: number, n: number) => void;

/** d = helper(d, s), and the same with the immediate. */
const vec = (helper: OnVectors, source = source128): Lowering => binary("vec", source, helper);
function vecn(helper: WithNumber, source = source128): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op("vecn", helper, d, source(b, i.ops[1]!), i.ops[2]!.lo & 255);
  };
}

/** d = helper(d, s, XMM0). */
function withXmm0(helper: (d: number, s: number, mask: number) => void, source = source128): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op("vecm", helper, d, source(b, i.ops[1]!), xmmSlot(0));
  };
}

/** Slot whose low `size` bytes are the source: a register, or memory of just that size. */
function sourceLow(b: Builder, o: Operand): number {
  if (o.kind !== OPERAND_MEMORY) return xmm(o);
  const t = b.temp(2);
  b.op(o.size === 8 ? "ld64" : o.size === 4 ? "ld32" : "ld16u", t, o.mem);
  return t;
}
function widen(helper: WithNumber): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op("vecn", helper, d, sourceLow(b, i.ops[1]!), 0);
  };
}

/** Value of a general register or memory operand of `size` bytes. */
function scalar(b: Builder, o: Operand, size: number): number {
  if (o.kind !== OPERAND_MEMORY) return o.slot;
  const t = b.temp();
  b.op(size === 1 ? "ld8u" : size === 4 ? "ld32" : "ld64", t, o.mem);
  return t;
}
function pinsr(size: number): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!), v = scalar(b, i.ops[1]!, size), n = i.ops[2]!.lo & (16 / size - 1);
    if (size === 8) b.op("mov64", d + n, v);
    else b.op(size === 1 ? "pinsrb" : "pinsrd", d, v, n);
  };
}
/** A lane to memory, or zero-extended to a general register. */
export function extract(size: 1 | 2 | 4 | 8): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = xmm(i.ops[1]!), n = i.ops[2]!.lo & (16 / size - 1);
    if (d.kind === OPERAND_MEMORY) {
      if (size === 8) return b.op("st64", d.mem, s + n);
      const t = b.temp();
      b.op(LANE[size], t, s, n);
      b.op(size === 1 ? "st8" : size === 2 ? "st16" : "st32", d.mem, t);
    } else if (size === 8) b.op("mov64", d.slot, s + n);
    else b.op(LANE[size], d.slot, s, n);
  };
}
const LANE = { 1: "pextrb", 2: "pextrw", 4: "pextrd" } as const;

function insertps(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = i.ops[1]!, n = i.ops[2]!.lo;
  const t = b.temp();
  if (s.kind === OPERAND_MEMORY) b.op("ld32", t, s.mem);
  else b.op("pextrd", t, xmm(s), n >> 6 & 3);
  b.op("pinsrd", d, t, n >> 4 & 3);
  for (let k = 0; k < 4; k++) if (n >> k & 1) b.op("pinsrd", d, { lo: 0, hi: 0 }, k);
}

type Float = (c: number, n: number, d: number, s: number, lanes: number, ip: number) => void;
/** Floats with an immediate. */
function float(helper: Float, lanes: number, source: (b: Builder, o: Operand) => number): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op("vecfn", helper, d, source(b, i.ops[1]!), i.ops[2]!.lo & 255, lanes);
  };
}

/** Memory that need not be aligned: strings of SSE4.2; SHA's operands, for which the manual wants it and AMD's processors do not. */
export function sourceUnaligned(b: Builder, o: Operand): number {
  if (o.kind !== OPERAND_MEMORY) return xmm(o);
  const t = b.temp(2);
  b.op("ld128", t, o.mem);
  return t;
}
type OnStrings = (c: number, d: number, s: number, n: number, wide: number) => void;
function strings(helper: OnStrings, wide: number): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!), s = sourceUnaligned(b, i.ops[1]!);
    b.op("result4", helper, d, s, i.ops[2]!.lo & 255, wide);
  };
}

function crc32(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  b.op(`crc${8 * s.size}`, crypto.crc32, d.slot, d.slot, b.read(s));
}

export const ptestBy = (mask: number, maskHigh: number): Lowering => (b, i) => {
  const d = xmm(i.ops[0]!);
  b.op("ptest", packed.testBits, d, source128(b, i.ops[1]!), mask, maskHigh);
};

export const SSE4: Family = {
  Pshufb: vec(packed.pshufb),
  Palignr: vecn(packed.palignr),
  Phaddw: vec(packed.phaddw),
  Phaddd: vec(packed.phaddd),
  Phaddsw: vec(packed.phaddsw),
  Phsubw: vec(packed.phsubw),
  Phsubd: vec(packed.phsubd),
  Phsubsw: vec(packed.phsubsw),
  Pmaddubsw: vec(packed.pmaddubsw),
  Pmulhrsw: vec(packed.pmulhrsw),
  Psignb: vec(packed.psignb),
  Psignw: vec(packed.psignw),
  Psignd: vec(packed.psignd),
  Pabsb: vec(packed.pabsb),
  Pabsw: vec(packed.pabsw),
  Pabsd: vec(packed.pabsd),
  Pblendvb: withXmm0(maskedBytes),
  Blendvps: withXmm0(packed.blendSigns32),
  Blendvpd: withXmm0(packed.blendSigns64),
  Pblendw: vecn(packed.blend16),
  Blendps: vecn(packed.blend32),
  Blendpd: (b, i) => {
    const d = xmm(i.ops[0]!), s = source128(b, i.ops[1]!);
    for (let k = 0; k < 2; k++) if (i.ops[2]!.lo >> k & 1) b.op("mov64", d + k, s + k);
  },
  Ptest: ptestBy(-1, -1),
  Pmovsxbw: widen(packed.signed8to16),
  Pmovsxbd: widen(packed.signed8to32),
  Pmovsxbq: widen(packed.signed8to64),
  Pmovsxwd: widen(packed.signed16to32),
  Pmovsxwq: widen(packed.signed16to64),
  Pmovsxdq: widen(packed.signed32to64),
  Pmovzxbw: widen(packed.unsigned8to16),
  Pmovzxbd: widen(packed.unsigned8to32),
  Pmovzxbq: widen(packed.unsigned8to64),
  Pmovzxwd: widen(packed.unsigned16to32),
  Pmovzxwq: widen(packed.unsigned16to64),
  Pmovzxdq: widen(packed.unsigned32to64),
  Pmuldq: vec(packed.pmuldq),
  Pmulld: vec(packed.pmulld),
  Pcmpeqq: vec(packed.pcmpeqq),
  Pcmpgtq: vec(packed.pcmpgtq),
  Packusdw: vec(packed.packusdw),
  Pminsb: binary("pminsb"),
  Pminsd: binary("pminsd"),
  Pminuw: binary("pminuw"),
  Pminud: binary("pminud"),
  Pmaxsb: binary("pmaxsb"),
  Pmaxsd: binary("pmaxsd"),
  Pmaxuw: binary("pmaxuw"),
  Pmaxud: binary("pmaxud"),
  Phminposuw: vec(packed.phminposuw),
  Mpsadbw: vecn(packed.mpsadbw),
  Movntdqa: (b, i) => b.op("ld128a", misaligned, xmm(i.ops[0]!), i.ops[1]!.mem),
  Roundps: float(rounding.round32, 4, source128),
  Roundpd: float(rounding.round64, 2, source128),
  Roundss: float(rounding.round32, 1, source32),
  Roundsd: float(rounding.round64, 1, source64),
  Dpps: float(rounding.dot32, 4, source128),
  Dppd: float(rounding.dot64, 2, source128),
  Pextrb: extract(1),
  Pextrd: extract(4),
  Pextrq: extract(8),
  Extractps: extract(4),
  Pinsrb: pinsr(1),
  Pinsrd: pinsr(4),
  Pinsrq: pinsr(8),
  Insertps: insertps,
  Pcmpistri: strings(text.pcmpistri, 0),
  Pcmpistrm: strings(text.pcmpistrm, 0),
  Pcmpestri: strings(text.pcmpestri, 0),
  Pcmpestri64: strings(text.pcmpestri, 1),
  Pcmpestrm: strings(text.pcmpestrm, 0),
  Pcmpestrm64: strings(text.pcmpestrm, 1),
  Crc32: crc32,
  Aesenc: vec(crypto.aesenc),
  Aesenclast: vec(crypto.aesenclast),
  Aesdec: vec(crypto.aesdec),
  Aesdeclast: vec(crypto.aesdeclast),
  Aesimc: vec(crypto.aesimc),
  Aeskeygenassist: vecn(crypto.aeskeygenassist),
  Pclmulqdq: vecn(crypto.pclmulqdq),
  Sha1rnds4: vecn(crypto.sha1rnds4, sourceUnaligned),
  Sha1nexte: vec(crypto.sha1nexte, sourceUnaligned),
  Sha1msg1: vec(crypto.sha1msg1, sourceUnaligned),
  Sha1msg2: vec(crypto.sha1msg2, sourceUnaligned),
  Sha256rnds2: withXmm0(crypto.sha256rnds2, sourceUnaligned),
  Sha256msg1: vec(crypto.sha256msg1, sourceUnaligned),
  Sha256msg2: vec(crypto.sha256msg2, sourceUnaligned),
};
