// WebAssembly of the IR's vector operations that map to SIMD instructions directly.

import { F64, OP, SIMD } from "./encoder.ts";
import { type Generator, X32, X64 } from "./generator.ts";
import type { IrOp } from "../ir/block.ts";
import * as float from "../sse/float.ts";
import { MAX, SQRT } from "../sse/lane.ts";
import { DOUBLE, SINGLE } from "./float_facts.ts";
import { MASKED } from "./ops_masked.ts";
import { AVX, wideFloat } from "./ops_avx.ts";
import { BIT } from "./ops_bit.ts";
import { BMI } from "./ops_bmi.ts";
import { FLAG } from "./ops_flag.ts";
import { divisionHelper, MUL_DIV } from "./ops_mul_div.ts";
import { SHIFT } from "./ops_shift.ts";
import { MASK_HELPERS } from "./ops_sse4.ts";
import { STRING } from "./ops_string.ts";
import { X87 } from "./ops_x87.ts";
import { PACKED, VECTOR_HELPERS } from "./ops_packed.ts";
import { CONVERT, VECTOR_CONVERT } from "./ops_convert.ts";
import { FMA } from "./ops_fma.ts";
import { FLOAT, horizontal } from "./ops_float.ts";
import { comparePacked, FLOAT_COMPARE, leastPacked } from "./ops_float_compare.ts";
import type { Emit } from "./ops_integer.ts";

export const VECTOR: Record<string, Emit> = {
  ...FLOAT,
  ...FLOAT_COMPARE,
  ...CONVERT,
  ...PACKED,
  ...X87,
  ...SHIFT,
  ...MUL_DIV,
  ...FLAG,
  ...BIT,
  ...STRING,
  ...BMI,
  ...AVX,
  ...MASKED,
  ...FMA,
};
VECTOR.help1 = (g, a, o) => {
  if (!divisionHelper(g, a[0], a[2], () => g.step(o))) X87.help1!(g, a, o);
};

// Operations that call a helper on vectors: by the helper. Those without an emitter run it on these registers alone.
const onVectors = (g: Generator, o: IrOp, reads: number[]) =>
  g.runStepOn(g.step(o), reads, [o.args[1] as number]);
VECTOR.vec = (g, a, o) => {
  const emit = VECTOR_HELPERS.get(a[0]);
  emit !== undefined ? emit(g, a, o) : onVectors(g, o, [a[1], a[2]]);
};
VECTOR.vecm = (g, a, o) => {
  const emit = MASK_HELPERS.get(a[0]);
  emit !== undefined ? emit(g, a, o) : onVectors(g, o, [a[1], a[2], a[3]]);
};
VECTOR.vecf = (g, a, o) => {
  const emit = VECTOR_CONVERT.get(a[0]);
  emit !== undefined ? emit(g, a, o) : onVectors(g, o, [a[1], a[2]]);
};
/** Packed arithmetic (x: number of the operation) and compares (x: predicate). */
VECTOR.vecfxx = (g, a, o) => {
  const [helper, , , x] = a;
  if (helper === float.horizontal64) return horizontal(DOUBLE)(g, a, o);
  if (helper === float.horizontal32) return horizontal(SINGLE)(g, a, o);
  const format = helper === float.arith64 || helper === float.cmp64 ? DOUBLE : SINGLE;
  if (helper === float.cmp64 || helper === float.cmp32) return comparePacked(format)(g, a, o);
  if (x === SQRT) return FLOAT[format === DOUBLE ? "sqrtpd" : "sqrtps"]!(g, a, o);
  leastPacked(x === MAX, format)(g, a, o);
};

VECTOR.vecfy = wideFloat((g, o) => VECTOR[o.def.name]!(g, o.args, o));

VECTOR.movx = (g, [d, r]) => {
  if (d === r) return;
  g.copyVector(d, r);
  g.floats.copied(d, r);
};
VECTOR.zerox = (g, [d]) => {
  g.setDouble(d, () => g.code.f64Const(0));
  g.floats.learn(d, DOUBLE, 2);
  g.floats.learn(d, SINGLE, 4);
};
VECTOR.onesx = (g, [d]) => g.setVector(d, () => g.code.simd(12).op(...new Array(16).fill(255)));

/** Lane-wise d = d op r. */
const LANES: Record<string, number> = {
  andx: 78,
  orx: 80,
  xorx: 81,
  pcmpeqb: 35,
  pcmpeqw: 45,
  pcmpeqd: 55,
  pcmpgtb: 39,
  pcmpgtw: 49,
  pcmpgtd: 59,
  paddb: 110,
  paddw: 142,
  paddd: 174,
  paddq: 206,
  psubb: 113,
  psubw: 145,
  psubd: 177,
  psubq: 209,
  paddsb: 111,
  paddusb: 112,
  paddsw: 143,
  paddusw: 144,
  psubsb: 114,
  psubusb: 115,
  psubsw: 146,
  psubusw: 147,
  pminub: 119,
  pmaxub: 121,
  pminsw: 150,
  pmaxsw: 152,
  pavgb: 123,
  pavgw: 155,
  pmullw: 149,
  pminsb: 118,
  pmaxsb: 120,
  pminuw: 151,
  pmaxuw: 153,
  pminsd: 182,
  pminud: 183,
  pmaxsd: 184,
  pmaxud: 185,
};
for (const [name, opcode] of Object.entries(LANES)) {
  VECTOR[name] = (g, [d, r]) =>
    g.setVector(d, () => {
      g.vector(d);
      g.vector(r);
      g.code.simd(opcode);
    });
}
VECTOR.andnx = (g, [d, r]) =>
  g.setVector(d, () => {
    g.vector(r);
    g.vector(d);
    g.code.simd(79);
  });

/** i8x16.shuffle of d and r with these 16 indices. */
function shuffle(g: Generator, d: number, a: number, b: number, lanes: readonly number[]): void {
  g.setVector(d, () => {
    g.vector(a);
    g.vector(b);
    g.code.simd(13).op(...lanes);
  });
}
/** Units of `size` bytes: unit numbers 0 … of the first operand, then of the second. */
const units = (size: number, list: readonly number[]) =>
  list.flatMap((u) => Array.from({ length: size }, (_, i) => u * size + i));
const INTERLEAVE: Record<string, readonly number[]> = {
  unpacklb: units(1, [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23]),
  unpackhb: units(1, [8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31]),
  unpacklw: units(2, [0, 8, 1, 9, 2, 10, 3, 11]),
  unpackhw: units(2, [4, 12, 5, 13, 6, 14, 7, 15]),
  unpackld: units(4, [0, 4, 1, 5]),
  unpackhd: units(4, [2, 6, 3, 7]),
};
for (const [name, lanes] of Object.entries(INTERLEAVE)) {
  VECTOR[name] = (g, [d, r]) => shuffle(g, d, d, r, lanes);
}
VECTOR.pshufd = (g, [d, r, x]) => shuffle(g, d, r, r, units(4, [x & 3, x >> 2 & 3, x >> 4 & 3, x >> 6 & 3]));
VECTOR.shufps = (g, [d, r, x]) =>
  shuffle(g, d, d, r, units(4, [x & 3, x >> 2 & 3, 4 + (x >> 4 & 3), 4 + (x >> 6 & 3)]));

VECTOR.pmovmskb = (g, [d, r]) => {
  g.vector(r);
  g.code.simd(100);
  g.set32(d);
};
VECTOR.movmskps = (g, [d, r]) => {
  g.vector(r);
  g.code.simd(164);
  g.set32(d);
};
VECTOR.movmskpd = (g, [d, r]) => {
  g.vector(r);
  g.code.simd(196);
  g.set32(d);
};

VECTOR.ld128 = (g, [d, m], o) => {
  g.effective(m);
  g.setAddress();
  const at = g.loadAt(16, o.ip);
  g.code.set(X32);
  g.setVector(d, () => g.code.get(X32).simd(SIMD.load).op(0).u(at));
};
/** d = the i64 that `push` pushes, upper half 0. */
function low(g: Generator, d: number, push: () => void): void {
  push();
  g.code.set(X64);
  g.setVector(d, () => {
    g.code.simd(SIMD.const).op(...new Array(16).fill(0)).get(X64).simd(SIMD.i64x2Replace).op(0);
  });
}
/** d = `size` bytes at m, the rest 0. */
const loadLow = (size: number, opcode: number): Emit => (g, [d, m], o) => {
  g.effective(m);
  g.setAddress();
  const at = g.loadAt(size, o.ip);
  g.code.set(X32);
  g.setVector(d, () => g.code.get(X32).simd(opcode).op(0).u(at));
};
const loadDouble = loadLow(8, SIMD.load64Zero);
VECTOR.ldlow64 = (g, a, o) => {
  if (!g.isSplit(a[0])) return loadDouble(g, a, o);
  g.load(a[1], 8, OP.f64Load, o.ip);
  g.code.set(g.scratch(F64, 0));
  g.setDouble(a[0], () => g.code.get(g.scratch(F64, 0)));
};
VECTOR.ldlow32 = loadLow(4, SIMD.load32Zero);
VECTOR.st128 = (g, [m, r], o) => g.storeVectorAt(m, r, o.ip);
VECTOR.movlowx = (g, [d, r]) => {
  if (!g.isVector(r)) return low(g, d, () => g.get64(r));
  g.getF64(r);
  g.code.set(g.scratch(F64, 0));
  g.setDouble(d, () => g.code.get(g.scratch(F64, 0)));
};
VECTOR.movd = (g, [d, r]) =>
  low(g, d, () => {
    g.get64(r);
    g.code.i64(-1, 0).op(OP.i64And);
  });
VECTOR.movlow32 = (g, [d, r]) => g.setF32(d, () => g.getF32(r));

/** MOVAPS and its like: the closure raises #GP when the address is not aligned; else they are as MOVUPS. */
function aligned(g: Generator, o: IrOp): void {
  const [, ...args] = o.args as any[], { name } = o.def;
  const size = name.includes("256") ? 32 : 16;
  g.effective(args[o.def.args.indexOf("m") - 1]);
  g.code.op(OP.i32WrapI64).i32(size - 1).op(OP.i32And).hint(false);
  g.open(OP.if);
  g.runFaultingStep(g.step(o));
  g.close();
  VECTOR[name.slice(0, -1)]!(g, args, o);
}
/** They have a helper as argument, which only the closure needs. */
export const ALIGNED: Record<string, Emit> = {
  ld128a: (g, _, o) => aligned(g, o),
  st128a: (g, _, o) => aligned(g, o),
  ld256a: (g, _, o) => aligned(g, o),
  st256a: (g, _, o) => aligned(g, o),
};
