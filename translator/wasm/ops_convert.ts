// WebAssembly of SSE conversions between integers, singles and doubles.
//
// A conversion is in line when it is exact, or inexact while MXCSR is in the ordinary state (float_facts.ts), where PE is up
// already; NaNs, denormals and what is out of range are the exact helper's.

import * as convert from "../sse/convert.ts";
import { F32, F64, I32, I64, OP, V128 } from "./encoder.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import type { Generator } from "./generator.ts";
import { branchIfDenormal, branchUnlessNormal, getLow, splat } from "./ops_float.ts";
import type { Emit } from "./ops_integer.ts";

export const CONVERT: Record<string, Emit> = {};

/** The exact helper, by the closure of the operation, when a branch went to the inner of two blocks. */
function orClosure(
  g: Generator,
  step: number,
  reads: number[],
  d: number,
  fast: (slow: number) => void,
): void {
  const done = g.open(OP.block), slow = g.open(OP.block);
  fast(slow);
  g.branch(done);
  g.close();
  g.runStepOn(step, reads, [d]);
  g.close();
}
/** Goes to `level` if the i32 on the stack is not 0. */
function escape(g: Generator, level: number): void {
  g.code.hint(false);
  g.branchIf(level);
}

// Integers to floats.
CONVERT.cvtsi2sd32 = (g, [d, r]) => {
  g.setF64(d, () => {
    g.get32(r);
    g.code.op(OP.f64ConvertI32S);
  });
  g.floats.learn(d, DOUBLE, 1);
};
/** `exact`: integers up to 2^exact have no rounding. */
function fromInt(wide: boolean, format: Format, exact: number): Emit {
  const type = wide ? I64 : I32;
  return (g, [, d, r], o) => {
    const { code, floats } = g;
    const mask = floats.mask(g, format), v = g.scratch(type, 3);
    if (typeof r === "number") wide ? g.get64(r) : g.get32(r);
    code.set(v);
    orClosure(g, g.step(o), [d, r], d, (slow) => {
      code.get(v);
      if (wide) code.i64(0, 2 ** (exact - 32)).op(OP.i64Add).i64(0, 2 ** (exact - 31)).op(OP.i64GtU);
      else code.i32(2 ** exact).op(OP.i32Add).i32(2 ** (exact + 1)).op(OP.i32GtU);
      code.get(mask).op(OP.i32Eqz, OP.i32And);
      escape(g, slow);
      if (format === DOUBLE) g.setF64(d, () => code.get(v).op(OP.f64ConvertI64S));
      else g.setF32(d, () => code.get(v).op(wide ? OP.f32ConvertI64S : OP.f32ConvertI32S));
    });
    floats.learn(d, format, 1);
  };
}
CONVERT.cvtsi2sd64 = fromInt(true, DOUBLE, 53);
CONVERT.cvtsi2ss32 = fromInt(false, SINGLE, 24);

/** The same when 2^exact is below 2^32. */
CONVERT.cvtsi2ss64 = (g, [, d, r], o) => {
  const { code, floats } = g;
  const mask = floats.mask(g, SINGLE), v = g.scratch(I64, 3);
  g.get64(r);
  code.set(v);
  orClosure(g, g.step(o), [d, r], d, (slow) => {
    code.get(v).i64(2 ** 24, 0).op(OP.i64Add).i64(2 ** 25, 0).op(OP.i64GtU).get(mask).op(
      OP.i32Eqz,
      OP.i32And,
    );
    escape(g, slow);
    g.setF32(d, () => code.get(v).op(OP.f32ConvertI64S));
  });
  floats.learn(d, SINGLE, 1);
};

// Floats to integers. Denormals are not reported; -0 and integers are exact.
const TRUNCATE = {
  8: { false: [0xfc, 2], true: [0xfc, 6] },
  4: { false: [0xfc, 0], true: [0xfc, 4] },
} as const;
function toInt(
  g: Generator,
  d: number,
  r: number,
  step: number,
  format: Format,
  wide: boolean,
  truncate: boolean,
): void {
  const { code, floats } = g, double = format === DOUBLE;
  const type = double ? F64 : F32;
  const mask = floats.mask(g, format), v = g.scratch(type, 0), n = g.scratch(type, 1);
  getLow(g, r, format);
  code.tee(v).op(double ? truncate ? OP.f64Trunc : OP.f64Nearest : truncate ? 0x8f : 0x90).set(n);
  orClosure(g, step, [r], d, (slow) => {
    code.get(n).op(double ? OP.f64Abs : OP.f32Abs).f64Const(wide ? 2 ** 63 : 2 ** 31);
    if (!double) code.op(OP.f32DemoteF64);
    code.op(double ? OP.f64Lt : OP.f32Lt, OP.i32Eqz);
    escape(g, slow);
    code.get(n).get(v).op(double ? OP.f64Ne : OP.f32Ne).get(mask).op(OP.i32Eqz, OP.i32And);
    escape(g, slow);
    code.get(n).op(...TRUNCATE[format.bytes][`${wide}`]);
    wide ? g.set64(d) : g.set32(d);
  });
}
CONVERT.cvttsd2si32 = (g, [, d, r], o) => toInt(g, d, r, g.step(o), DOUBLE, false, true);
CONVERT.cvttsd2si64 = (g, [, d, r], o) => toInt(g, d, r, g.step(o), DOUBLE, true, true);
CONVERT.cvttss2si32 = (g, [, d, r], o) => toInt(g, d, r, g.step(o), SINGLE, false, true);
CONVERT.cvtfi = (g, [, d, r, double, wide, truncate], o) =>
  toInt(g, d, r, g.step(o), double === 1 ? DOUBLE : SINGLE, wide === 1, truncate === 1);

// Between singles and doubles.
CONVERT.cvtsd2ss = (g, [, d, r], o) => {
  const { code, floats } = g;
  const mask = floats.mask(g, SINGLE), v = g.scratch(F64, 0), n = g.scratch(F32, 2);
  g.getF64(r);
  code.tee(v).op(OP.f32DemoteF64).set(n);
  const done = g.open(OP.block), slow = g.open(OP.block), odd = g.open(OP.block);
  branchUnlessNormal(g, n, mask, SINGLE, odd);
  g.setF32(d, () => code.get(n));
  g.branch(done);
  g.close();
  code.get(v).f64Const(0).op(OP.f64Ne);
  g.branchIf(slow);
  g.setF32(d, () => code.get(n));
  g.branch(done);
  g.close();
  g.runStepOn(g.step(o), [d, r], [d]);
  floats.forget(g);
  g.close();
  floats.learn(d, SINGLE, 1);
};
CONVERT.cvtss2sd = (g, [, d, r], o) => {
  const { code, floats } = g;
  const known = floats.knows(r, SINGLE, 1);
  const mask = known ? floats.mask(g, SINGLE) : 0;
  floats.mask(g, DOUBLE);
  const v = g.scratch(F32, 0);
  g.getF32(r);
  code.set(v);
  orClosure(g, g.step(o), [d, r], d, (slow) => {
    if (known) {
      code.get(mask).op(OP.i32Eqz);
      escape(g, slow);
    } else branchIfDenormal(g, v, SINGLE, slow);
    code.get(v).get(v).op(OP.f32Ne);
    escape(g, slow);
    g.setF64(d, () => code.get(v).op(OP.f64PromoteF32));
  });
  // The helper's results are not denormal, either: single denormals are normal as doubles.
  floats.learn(d, DOUBLE, 1);
};

// Vectors.
const F64X2_LT = 0x49, F64X2_GT = 0x4a, F64X2_EQ = 0x47, F64X2_ABS = 0xec, F32X4_LT = 0x43, F32X4_ABS = 0xe0;
const AND = 78, OR = 80, NOT = 77, ANY_TRUE = 83, F64X2_ALL = 195, F32X4_EQ = 0x41;

CONVERT.cvtdq2pd = (g, [d, r]) => {
  g.setVector(d, () => {
    g.vector(r);
    g.code.simd(0xfe);
  });
  g.floats.learn(d, DOUBLE, 2);
};

/** Emitters of `vecf` by its helper. */
export const VECTOR_CONVERT: ReadonlyMap<unknown, Emit> = new Map<unknown, Emit>([
  [convert.cvtdq2ps, (g, [, d, r], o) => {
    const mask = g.floats.mask(g, SINGLE);
    orClosure(g, g.step(o), [r], d, (slow) => {
      g.code.get(mask).op(OP.i32Eqz);
      escape(g, slow);
      g.setVector(d, () => {
        g.vector(r);
        g.code.simd(0xfa);
      });
    });
    g.floats.learn(d, SINGLE, 4);
  }],
  [convert.cvtps2pd, (g, [, d, r], o) => {
    const { code } = g, n = g.scratch(V128, 0);
    g.vector(r);
    code.simd(0x5f).set(n);
    orClosure(g, g.step(o), [r], d, (slow) => {
      // Normal singles and infinities, or zeros.
      code.get(n).simd(F64X2_ABS);
      splat(g, DOUBLE, SINGLE.min);
      code.simd(0x4c).get(n);
      splat(g, DOUBLE, 0);
      code.simd(F64X2_EQ).simd(OR).simd(F64X2_ALL).op(OP.i32Eqz);
      escape(g, slow);
      g.setVector(d, () => code.get(n));
    });
    g.floats.learn(d, DOUBLE, 2);
  }],
  [convert.cvtpd2ps, (g, [, d, r], o) => {
    const { code } = g, mask = g.floats.mask(g, SINGLE);
    const v = g.scratch(V128, 0), n = g.scratch(V128, 1), back = g.scratch(V128, 2);
    g.vector(r);
    code.tee(v).simd(0x5e).tee(n).simd(0x5f).simd(F64X2_ABS).set(back);
    orClosure(g, g.step(o), [r], d, (slow) => {
      code.get(back);
      splat(g, DOUBLE, SINGLE.min);
      code.simd(F64X2_GT).get(back);
      splat(g, DOUBLE, SINGLE.max);
      code.simd(0x4b).simd(AND).get(v);
      splat(g, DOUBLE, 0);
      code.simd(F64X2_EQ).simd(OR).simd(F64X2_ALL).op(OP.i32Eqz).get(mask).op(OP.i32Eqz, OP.i32Or);
      escape(g, slow);
      g.setVector(d, () => code.get(n));
    });
  }],
  [convert.cvtps2dq, (g, [, d, r], o) => singlesToInts(g, d, r, g.step(o), false)],
  [convert.cvttps2dq, (g, [, d, r], o) => singlesToInts(g, d, r, g.step(o), true)],
  [convert.cvtpd2dq, (g, [, d, r], o) => doublesToInts(g, d, r, g.step(o), false)],
  [convert.cvttpd2dq, (g, [, d, r], o) => doublesToInts(g, d, r, g.step(o), true)],
]);

function singlesToInts(g: Generator, d: number, r: number, step: number, truncate: boolean): void {
  const { code } = g, mask = g.floats.mask(g, SINGLE);
  const v = g.scratch(V128, 0), n = g.scratch(V128, 1);
  g.vector(r);
  code.tee(v).simd(truncate ? 0x69 : 0x6a).set(n);
  orClosure(g, step, [r], d, (slow) => {
    code.get(n).simd(F32X4_ABS);
    splat(g, SINGLE, 2 ** 31);
    code.simd(F32X4_LT).simd(NOT).simd(ANY_TRUE);
    escape(g, slow);
    code.get(n).get(v).simd(F32X4_EQ).simd(NOT).simd(ANY_TRUE).get(mask).op(OP.i32Eqz, OP.i32And);
    escape(g, slow);
    g.setVector(d, () => code.get(n).simd(0xf8));
  });
}
function doublesToInts(g: Generator, d: number, r: number, step: number, truncate: boolean): void {
  const { code } = g, mask = g.floats.mask(g, DOUBLE);
  const v = g.scratch(V128, 0), n = g.scratch(V128, 1);
  g.vector(r);
  code.tee(v).simd(truncate ? 0x7a : 0x94).set(n);
  orClosure(g, step, [r], d, (slow) => {
    code.get(n).simd(F64X2_ABS);
    splat(g, DOUBLE, 2 ** 31);
    code.simd(F64X2_LT).simd(F64X2_ALL).op(OP.i32Eqz);
    escape(g, slow);
    code.get(n).get(v).simd(F64X2_EQ).simd(F64X2_ALL).get(mask).op(OP.i32Or, OP.i32Eqz);
    escape(g, slow);
    g.setVector(d, () => code.get(n).simd(0xfc));
  });
}
