// MMX, and what SSE, SSE2 and SSE3 added to it (SDM vol. 2; vol. 3, chapter 12): instructions with an MM register
//
// MM register i is the significand of physical x87 register Ri, with sign and exponent in the slot behind it. So most instructions
// are the 128-bit operation run over that pair of slots: the low half is the result, and the upper half is set to what
// an MMX write leaves there anyway. The rest put a 128-bit operand together in temporaries.
//
// Order: a pending x87 exception, then faults of the memory operand, then the registers. Only TOP and tags change before a
// conversion's exception and MASKMOVQ's page fault, as on the CPU; whoever restarts the instruction cannot tell.

import { FPU_REGS } from "../cpu.ts";
import {
  CLASS_MMX,
  type Instruction,
  type Operand,
  OPERAND_IMMEDIATE,
  OPERAND_MEMORY,
  OPERAND_REGISTER,
} from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import { named } from "../ir/objects.ts";
import * as convert from "../sse/convert.ts";
import * as integer from "../sse/integer.ts";
import * as packed from "../sse/packed.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";
import { source128, source64, xmm } from "./sse_operands.ts";
import { pending } from "./x87.ts";

/** Slot of an MM register; other operands are refused. */
function mm(o: Operand): number {
  if (o.kind !== OPERAND_REGISTER || o.class !== CLASS_MMX) refuse();
  return FPU_REGS + 2 * o.number;
}

/** Slot whose low 64 bits are the source (an MM register or memory). */
function source(b: Builder, o: Operand): number {
  if (o.kind !== OPERAND_MEMORY) return mm(o);
  const t = b.temp(2);
  // PUNPCKLxx reads no more than it uses.
  b.op(o.size === 4 ? "ld32" : "ld64", t, o.mem);
  return t;
}

/** The instruction starts with the check for a pending x87 exception. */
function checked(lowering: Lowering): Lowering {
  return (b, i) => {
    b.op("fcheck", pending);
    lowering(b, i);
  };
}

/** d = d op s, through the 128-bit operation `name`, `before` being its leading arguments. */
function binary(name: string, ...before: unknown[]): Lowering {
  return checked((b, i) => {
    const d = mm(i.ops[0]!);
    b.op(name, ...before, d, source(b, i.ops[1]!));
    b.op("mmxset", d);
  });
}

/** PACKxx: both operands as one of 128 bits, packed with itself. */
function pack(helper: (d: number, s: number) => void): Lowering {
  return checked((b, i) => {
    const d = mm(i.ops[0]!), s = source(b, i.ops[1]!), t = b.temp(2);
    b.op("mov64", t, d);
    b.op("mov64", t + 1, s);
    b.op("vec", helper, t, t);
    b.op("mov64", d, t);
    b.op("mmxset", d);
  });
}

/** PUNPCKHxx: the upper half of what the 128-bit PUNPCKLxx makes. */
function unpackHigh(name: string): Lowering {
  return checked((b, i) => {
    const d = mm(i.ops[0]!), s = source(b, i.ops[1]!), t = b.temp(2);
    b.op("mov64", t, d);
    b.op(name, t, s);
    b.op("mov64", d, t + 1);
    b.op("mmxset", d);
  });
}

/** PSLLx and so on, by an immediate (IR operation) or by a register (helper). */
function shift(name: string, bits: number, helper: (d: number, s: number) => void): Lowering {
  const byRegister = binary("vec", helper);
  return (b, i) => {
    if (i.ops[1]!.kind !== OPERAND_IMMEDIATE) return byRegister(b, i);
    const d = mm(i.ops[0]!), n = i.ops[1]!.lo & 255;
    b.op("fcheck", pending);
    if (n >= bits && !name.startsWith("psra")) b.op("zerox", d);
    else if (n !== 0) b.op(`${name}i`, d, Math.min(n, bits - 1));
    b.op("mmxset", d);
  };
}

/** MOVD and MOVQ between an MM register and a general register, memory or another MM register. */
const move: Lowering = checked((b, i) => {
  const d = i.ops[0]!, s = i.ops[1]!;
  if (d.class === CLASS_MMX) {
    const wide = s.class === CLASS_MMX || s.size === 8;
    const slot = s.kind === OPERAND_MEMORY ? source(b, s) : s.class === CLASS_MMX ? mm(s) : s.slot;
    b.op(wide ? "mov64" : "mov32", mm(d), slot);
    b.op("mmxset", mm(d));
  } else {
    b.write(d, mm(s));
    b.op("mmxenter");
  }
});

const pinsrw: Lowering = checked((b, i) => {
  const d = mm(i.ops[0]!), s = i.ops[1]!;
  let v = s.slot;
  if (s.kind === OPERAND_MEMORY) b.op("ld16u", v = b.temp(), s.mem);
  b.op("pinsrw", d, v, i.ops[2]!.lo & 3);
  b.op("mmxset", d);
});

const pextrw: Lowering = checked((b, i) => {
  b.op("pextrw", i.ops[0]!.slot, mm(i.ops[1]!), i.ops[2]!.lo & 3);
  b.op("mmxenter");
});

const pmovmskb: Lowering = checked((b, i) => {
  const t = b.temp(2);
  b.op("movlowx", t, mm(i.ops[1]!));
  b.op("pmovmskb", i.ops[0]!.slot, t);
  b.op("mmxenter");
});

const pshufw: Lowering = checked((b, i) => {
  const d = mm(i.ops[0]!);
  b.op("pshufw", d, source(b, i.ops[1]!), i.ops[2]!.lo & 255, 0);
  b.op("mmxset", d);
});

const maskmovq: Lowering = checked((b, i) => {
  const o = i.ops[0]!, data = mm(i.ops[1]!), mask = mm(i.ops[2]!), t = b.temp(2);
  b.op("mmxenter");
  b.op("ldu64", t, o.mem);
  b.op("vecm", integer.maskedBytes, t, data, mask);
  b.op("st64", o.mem, t);
});

/** CVTPI2PS and CVTPI2PD: from memory they have nothing to do with MMX (CVTPI2PS so on AMD's processors). */
function fromInts(convertTo: (b: Builder, d: number, s: number) => void): Lowering {
  const fromMemory: Lowering = (b, i) => convertTo(b, xmm(i.ops[0]!), source(b, i.ops[1]!));
  const fromRegister = checked((b, i) => {
    b.op("mmxenter");
    convertTo(b, xmm(i.ops[0]!), mm(i.ops[1]!));
  });
  return (b, i) => (i.ops[1]!.kind === OPERAND_MEMORY ? fromMemory : fromRegister)(b, i);
}

function toSingles(b: Builder, d: number, s: number): void {
  const t = b.temp(2);
  // The upper lanes are 0, which converts without an exception.
  b.op("movlowx", t, s);
  b.op("vecf", convert.cvtdq2ps, t, t);
  b.op("mov64", d, t);
}

/** CVT(T)PS2PI and CVT(T)PD2PI. */
function toInts(double: boolean, truncate: boolean): Lowering {
  const helper = named(
    `mmx.ints.${double}.${truncate}`,
    (c: number, d: number, s: number, ip: number) => convert.floatsToInts(c, d, s, double, truncate, ip),
  );
  return checked((b, i) => {
    const d = mm(i.ops[0]!), s = i.ops[1]!, t = b.temp(2);
    const from = double ? source128(b, s) : source64(b, s);
    b.op("mmxenter");
    if (!double) b.op("movlowx", t, from);
    b.op("vecf", helper, t, double ? from : t);
    b.op("mov64", d, t);
    b.op("mmxset", d);
  });
}

const LANES = [
  "Paddb Paddw Paddd Paddq Psubb Psubw Psubd Psubq Paddusb Paddusw Psubusb Psubusw Paddsb Paddsw Psubsb Psubsw",
  "Pminub Pmaxub Pminsw Pmaxsw Pavgb Pavgw Pcmpeqb Pcmpeqw Pcmpeqd Pcmpgtb Pcmpgtw Pcmpgtd Pmullw Pmulhw Pmulhuw",
].join(" ").split(" ");
const palignr: Lowering = checked((b, i) => {
  const d = mm(i.ops[0]!);
  b.op("vecn", packed.palignr64, d, source(b, i.ops[1]!), i.ops[2]!.lo & 255);
  b.op("mmxset", d);
});

/** Lanes of SSSE3, and those of its instructions that take neighbours. */
const LANEWISE = ["Pmaddubsw", "Pmulhrsw", "Psignb", "Psignw", "Psignd", "Pabsb", "Pabsw", "Pabsd"] as const;
const NEIGHBOURS = ["Phaddw", "Phaddsw", "Phaddd", "Phsubw", "Phsubsw", "Phsubd"] as const;
const HELPERS = ["Pmaddwd", "Psadbw", "Pmuludq"] as const;

/** Forms whose mnemonic XMM registers share: these lowerings are for instructions with an MM operand. */
const SHARED: Family = {
  ...Object.fromEntries(LANES.map((name) => [name, binary(name.toLowerCase())])),
  ...Object.fromEntries(
    HELPERS.map((name) => [name, binary("vec", integer[name.toLowerCase() as "pmaddwd"])]),
  ),
  ...Object.fromEntries(
    LANEWISE.map((name) => [name, binary("vec", packed[name.toLowerCase() as "pabsb"])]),
  ),
  ...Object.fromEntries(NEIGHBOURS.map((name) => [name, pack(packed[name.toLowerCase() as "phaddw"])])),
  Pshufb: binary("vec", packed.pshufb64),
  Palignr: palignr,
  Pand: binary("andx"),
  Pandn: binary("andnx"),
  Por: binary("orx"),
  Pxor: binary("xorx"),
  Psllw: shift("psllw", 16, integer.psllw),
  Psrlw: shift("psrlw", 16, integer.psrlw),
  Psraw: shift("psraw", 16, integer.psraw),
  Pslld: shift("pslld", 32, integer.pslld),
  Psrld: shift("psrld", 32, integer.psrld),
  Psrad: shift("psrad", 32, integer.psrad),
  Psllq: shift("psllq", 64, integer.psllq),
  Psrlq: shift("psrlq", 64, integer.psrlq),
  Packsswb: pack(integer.packsswb),
  Packuswb: pack(integer.packuswb),
  Packssdw: pack(integer.packssdw),
  Punpcklbw: binary("unpacklb"),
  Punpcklwd: binary("unpacklw"),
  Punpckldq: binary("unpackld"),
  Punpckhbw: unpackHigh("unpacklb"),
  Punpckhwd: unpackHigh("unpacklw"),
  Punpckhdq: unpackHigh("unpackld"),
  Pinsrw: pinsrw,
  Pextrw: pextrw,
  Pmovmskb: pmovmskb,
  Movd: move,
  Movq: move,
};

export const MMX: Family = {
  Emms: checked((b) => b.op("mmxleave")),
  Movntq: move,
  Maskmovq: maskmovq,
  Pshufw: pshufw,
  Movq2dq: checked((b, i) => {
    b.op("movlowx", xmm(i.ops[0]!), mm(i.ops[1]!));
    b.op("mmxenter");
  }),
  Movdq2q: checked((b, i) => {
    const d = mm(i.ops[0]!);
    b.op("mov64", d, xmm(i.ops[1]!));
    b.op("mmxset", d);
  }),
  Cvtpi2ps: fromInts(toSingles),
  Cvtpi2pd: fromInts((b, d, s) => b.op("cvtdq2pd", d, s)),
  Cvtps2pi: toInts(false, false),
  Cvttps2pi: toInts(false, true),
  Cvtpd2pi: toInts(true, false),
  Cvttpd2pi: toInts(true, true),
};

/** The lowering of a shared mnemonic: `vector` (that of XMM registers) unless an operand is an MM register. */
function choose(mmx: Lowering, vector: Lowering): Lowering {
  return (b, i: Instruction) => (i.ops.some((o) => o.class === CLASS_MMX) ? mmx : vector)(b, i);
}

/** `family` (lowerings for XMM registers) with the MMX forms of its mnemonics. */
export function withMmx(family: Family): Family {
  return Object.fromEntries(
    Object.entries(family).map(([name, vector]) => {
      const mmx = SHARED[name];
      return [name, mmx === undefined ? vector : choose(mmx, vector)];
    }),
  );
}
