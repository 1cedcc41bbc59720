// AVX and AVX2 (SDM vol. 2): what follows from SSE instructions, as tables; and moves

import { CLASS_YMM, type Instruction, OPERAND_MEMORY } from "../decode/instruction.ts";
import { misaligned } from "../helpers/traps.ts";
import type { Builder } from "../ir/builder.ts";
import * as convert from "../sse/convert.ts";
import * as float from "../sse/float.ts";
import * as rounding from "../sse/rounding.ts";
import * as wideOps from "../sse/wide.ts";
import type { Family, Lowering } from "./lowering.ts";
import { SSE4 } from "./sse4.ts";
import { cmpPacked, cmpScalar, SSE_FLOAT } from "./sse_float.ts";
import { SSE_INTEGER } from "./sse_integer.ts";
import { movsdVector, SSE_MOVE } from "./sse_move.ts";
import { binary, source128 } from "./sse_operands.ts";
import { finish, half, halfCount, same, source, three, two, type Variation, vector } from "./vex.ts";

const SSE: Family = { ...SSE_MOVE, ...SSE_INTEGER, ...SSE4, ...SSE_FLOAT };
const words = (text: string) => text.trim().split(/\s+/);
/** Entries `V…` for the named SSE instructions. */
function derive(names: string, form: (sse: Lowering, v?: Variation) => Lowering, v?: Variation): Family {
  return Object.fromEntries(
    words(names).map((name) => {
      const sse = SSE[name];
      if (sse === undefined) throw new Error(`no SSE instruction ${name}`);
      return [`V${name.toLowerCase()}`, form(sse, v)];
    }),
  );
}

const INTEGER = `
  Paddb Paddw Paddd Paddq Paddusb Paddusw Psubusb Psubusw Paddsb Paddsw Psubsb Psubsw Pminub Pmaxub Pminsw Pmaxsw
  Pavgb Pavgw Pcmpgtb Pcmpgtw Pcmpgtd Pmullw Pmulhw Pmulhuw Pmaddwd Psadbw Pmuludq Packsswb Packuswb Packssdw
  Pand Andps Andpd Por Orps Orpd Pandn Andnps Andnpd Psllw Psrlw Psraw Pslld Psrld Psrad Psllq Psrlq Pslldq Psrldq
  Shufps Punpcklbw Punpckhbw Punpcklwd Punpckhwd Punpckldq Punpckhdq Unpcklps Unpckhps Punpcklqdq Unpcklpd
  Punpckhqdq Unpckhpd Pshufb Palignr Phaddw Phaddd Phaddsw Phsubw Phsubd Phsubsw Pmaddubsw Pmulhrsw
  Psignb Psignw Psignd Pblendw Pmuldq Pmulld Pcmpeqq Pcmpgtq Packusdw Pminsb Pminsd Pminuw Pminud Pmaxsb
  Pmaxsd Pmaxuw Pmaxud Aesenc Aesenclast Aesdec Aesdeclast Pclmulqdq Movhlps Movlhps Pinsrb Pinsrd Pinsrq
  Insertps Pinsrw`;
const IDIOMS = "Pxor Xorps Xorpd Psubb Psubw Psubd Psubq Pcmpeqb Pcmpeqw Pcmpeqd";
/** Of one operand, or one and an immediate. */
const UNARY = `
  Pabsb Pabsw Pabsd Pshufd Pshuflw Pshufhw Phminposuw Aesimc Aeskeygenassist Movddup Movshdup Movsldup`;
/** On XMM registers only, with a first source. */
const SCALAR = `
  Addss Addsd Subss Subsd Mulss Mulsd Divss Divsd Minss Minsd Maxss Maxsd Sqrtss Sqrtsd Roundss Roundsd
  Cvtsi2ss Cvtsi2sd Cvtss2sd Cvtsd2ss Rcpss Rsqrtss Dppd`;
/** As without VEX. */
const PLAIN = `
  Pextrb Pextrw Pextrd Pextrq Extractps Cvtss2si Cvtsd2si Cvttss2si Cvttsd2si Ucomiss Ucomisd Comiss Comisd
  Ldmxcsr Stmxcsr Maskmovdqu Pcmpestri Pcmpestri64 Pcmpistri`;

/** Floats on 128 bits by the SSE instruction, on 256 by the helper on all lanes, so that nothing is written before every exception is known. */
function float256(
  sse: Lowering,
  helper: unknown,
  lanes: number,
  number: (i: Instruction) => number,
  unary = false,
): Lowering {
  const narrow = unary ? two(sse) : three(sse, { faults: true });
  return (b, i) => {
    if (halfCount(i) === 1) return narrow(b, i);
    const d = vector(i.ops[0]!), a = unary ? d : vector(i.ops[1]!), s = source(b, i.ops[unary ? 1 : 2]!, 32);
    const to = d === a ? d : b.temp(4);
    if (to !== d) { for (const k of [0, 2]) b.op("movx", to + k, a + k); }
    b.op("vecfy", helper, to, to + 2, s, s + 2, number(i), lanes);
    if (to !== d) { for (const k of [0, 2]) b.op("movx", d + k, to + k); }
  };
}
const constantly = (n: number) => () => n;
const lastByte = (i: Instruction) => i.ops[i.ops.length - 1]!.lo & 255;

const floats: Record<string, Lowering> = {};
for (
  const [suffix, lanes, arith, compare, round, horizontal] of [
    ["ps", 8, float.arith32, float.cmp32, rounding.round32, float.horizontal32],
    ["pd", 4, float.arith64, float.cmp64, rounding.round64, float.horizontal64],
  ] as const
) {
  const numbered = (table: Record<string, number>, helper: unknown) => {
    for (const [name, n] of Object.entries(table)) {
      floats[`V${name.toLowerCase()}${suffix}`] = float256(
        SSE[name + suffix]!,
        helper,
        lanes,
        constantly(n),
        name === "Sqrt",
      );
    }
  };
  numbered({ Add: 0, Mul: 1, Sub: 2, Min: 3, Div: 4, Max: 5, Sqrt: 6 }, arith);
  numbered({ Hadd: 0, Hsub: 1, Addsub: 2 }, horizontal);
  floats[`Vcmp${suffix}`] = float256(
    cmpPacked(compare, lanes / 2, 32),
    compare,
    lanes,
    (i) => lastByte(i) & 31,
  );
  floats[`Vround${suffix}`] = float256(SSE[`Round${suffix}`]!, round, lanes, lastByte, true);
}
floats["Vdpps"] = float256(SSE["Dpps"]!, rounding.dot32, 8, lastByte);
floats["Vcvtdq2ps"] = float256(SSE["Cvtdq2ps"]!, convert.intsToSingles, 8, constantly(0), true);
floats["Vcvtps2dq"] = float256(SSE["Cvtps2dq"]!, convert.singlesToInts, 8, constantly(0), true);
floats["Vcvttps2dq"] = float256(SSE["Cvttps2dq"]!, convert.singlesToInts, 8, constantly(1), true);

/** Conversions whose source or destination has half the size: `lanes` of them. */
function resize(sse: Lowering, helper: unknown, n: number, lanes: number, bytes: number): Lowering {
  const narrow = two(sse);
  return (b, i) => {
    if (halfCount(i) === 1) return narrow(b, i);
    const d = vector(i.ops[0]!);
    let s = vectorOrLoad(b, i, bytes);
    // The operation names both halves of the source's register, of which a temporary has to be made whole.
    if (i.ops[1]!.kind === OPERAND_MEMORY && bytes === 16) {
      const t = b.temp(4);
      b.op("movx", t, s);
      b.op("zerox", t + 2);
      s = t;
    }
    b.op("vecfy", helper, d, d + 2, s, s + 2, n, lanes);
    finish(b, i.ops[0]!);
  };
}
const vectorOrLoad = (b: Builder, i: Instruction, bytes: number) => source(b, i.ops[1]!, bytes);

/** Doubles of 32-bit integers, which are exact. */
function cvtdq2pd(b: Builder, i: Instruction): void {
  if (halfCount(i) === 1) return two(SSE["Cvtdq2pd"]!)(b, i);
  const d = vector(i.ops[0]!), s = source(b, i.ops[1]!, 16), t = b.temp(2);
  b.op("mov64", t, s + 1);
  b.op("cvtdq2pd", d, s);
  b.op("cvtdq2pd", d + 2, t);
}

/** Moves of whole registers: `aligned` faults where the address is not a multiple of the size. */
function move(aligned: boolean): Lowering {
  const narrow = SSE[aligned ? "Movaps" : "Movups"]!;
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!, more = aligned ? ["a", [misaligned]] as const : ["", []] as const;
    if (halfCount(i) === 1) return same(narrow)(b, i);
    if (d.kind === OPERAND_MEMORY) b.op(`st256${more[0]}`, ...more[1], d.mem, s.slot, s.slot + 2);
    else if (s.kind === OPERAND_MEMORY) b.op(`ld256${more[0]}`, ...more[1], d.slot, d.slot + 2, s.mem);
    else for (const k of [0, 2]) b.op("movx", d.slot + k, s.slot + k);
  };
}
/** MOVSS, MOVSD: with two registers, a third one has the rest. */
const moveLow = (sse: Lowering): Lowering => (b, i) => (i.ops.length === 3 ? three(sse) : same(sse))(b, i);
/** MOVLPS and its like: stores, or half of a register replaced. */
const moveHalf = (sse: Lowering): Lowering => (b, i) =>
  (i.ops.length === 3 ? three(sse, { faults: true }) : sse)(b, i);

/** VPMOVMSKB and VMOVMSKPx: the bits of the upper half go above the `bits` of the lower one. */
function signs(sse: Lowering, bits: number): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!;
    if (s.class !== CLASS_YMM) return sse(b, i);
    const low = b.temp(), high = b.temp();
    const to = (slot: number) => ({ ...d, slot });
    sse(b, { ...i, ops: [to(low), half(s.slot)] });
    sse(b, { ...i, ops: [to(high), half(s.slot + 2)] });
    b.op("shl32", high, high, bits);
    b.op("or32", d.slot, low, high);
  };
}
/** VPCMPxSTRM: the mask is in XMM0. */
const stringMask = (sse: Lowering): Lowering => (b, i) => {
  sse(b, i);
  b.op("zerox", 66);
};

export const AVX: Family = {
  ...derive(INTEGER, three),
  ...derive(IDIOMS, three, { idiom: true }),
  ...derive(UNARY, two),
  ...derive(SCALAR, three, { faults: true }),
  ...derive("Movd Movq", same),
  ...derive(PLAIN, (sse) => sse),
  ...derive("Movups Movupd Movdqu Lddqu", () => move(false)),
  ...derive("Movaps Movapd Movdqa Movntdq Movntps Movntpd Movntdqa", () => move(true)),
  ...derive("Movlps Movlpd Movhps Movhpd", moveHalf),
  ...derive("Shufpd", three, { immediate: (n, k) => n >> 2 * k }),
  ...derive("Blendps", three, { immediate: (n, k) => n >> 4 * k }),
  ...derive("Blendpd", three, { immediate: (n, k) => n >> 2 * k }),
  ...derive("Mpsadbw", three, { immediate: (n, k) => n >> 3 * k }),
  ...derive("Pcmpestrm Pcmpestrm64 Pcmpistrm", stringMask),
  ...derive("Rcpps Rsqrtps", two),
  ...floats,
  Vpblendd: three(SSE4["Blendps"]!, { immediate: (n, k) => n >> 4 * k }),
  Vmovss: moveLow(SSE["Movss"]!),
  Vmovsd: moveLow(movsdVector),
  Vcmpss: three(cmpScalar(false, 32), { faults: true }),
  Vcmpsd: three(cmpScalar(true, 32), { faults: true }),
  Vpmovmskb: signs(SSE["Pmovmskb"]!, 16),
  Vmovmskps: signs(SSE["Movmskps"]!, 4),
  Vmovmskpd: signs(SSE["Movmskpd"]!, 2),
  Vpsllvd: three(binary("vec", source128, wideOps.psllvd)),
  Vpsllvq: three(binary("vec", source128, wideOps.psllvq)),
  Vpsrlvd: three(binary("vec", source128, wideOps.psrlvd)),
  Vpsrlvq: three(binary("vec", source128, wideOps.psrlvq)),
  Vpsravd: three(binary("vec", source128, wideOps.psravd)),
  Vcvtps2pd: resize(SSE["Cvtps2pd"]!, convert.singlesToDoubles, 0, 4, 16),
  Vcvtpd2ps: resize(SSE["Cvtpd2ps"]!, convert.doublesToSingles, 0, 4, 32),
  Vcvtpd2dq: resize(SSE["Cvtpd2dq"]!, convert.doublesToInts, 0, 4, 32),
  Vcvttpd2dq: resize(SSE["Cvttpd2dq"]!, convert.doublesToInts, 1, 4, 32),
  Vcvtdq2pd: cvtdq2pd,
};
