// WebAssembly of conversions whose source or destination is 256 bits wide and the other half as much, and of halves (F16C). In line is what the ordinary state (float_facts.ts)
// allows; NaNs, denormals and what is out of range are the exact helper's, which gets the whole.

import * as convert from "../sse/convert.ts";
import * as rounding from "../sse/rounding.ts";
import type { IrOp } from "../ir/block.ts";
import { OP, SIMD, V128 } from "./encoder.ts";
import { DOUBLE, SINGLE } from "./float_facts.ts";
import type { Generator } from "./generator.ts";
import { splat } from "./ops_float.ts";

const AND = 78,
  OR = 80,
  I32_EQ = 55,
  I32_SHL = 171,
  I32_SHR_U = 173,
  I32_ADD = 174,
  I32_SUB = 177;
const I32_LT_U = 0x3a,
  I32_ALL = 163,
  F64_EQ = 0x47,
  F64_LT = 0x49,
  F64_GE = 0x4c,
  F64_ABS = 0xec,
  F64_ALL = 195;
const F32_MUL = 0xe6, PROMOTE = 0x5f, EXTEND_LOW = 169, EXTEND_HIGH = 170, NARROW = 134;

/** The fast way may branch to `slow`; what it has set by then is set again by the closure. */
type Fast = (slow: number) => void;
function orClosure(
  g: Generator,
  o: IrOp,
  reads: readonly number[],
  writes: readonly number[],
  fast: Fast,
): void {
  const step = g.step(o), done = g.open(OP.block), slow = g.open(OP.block);
  fast(slow);
  g.branch(done);
  g.close();
  g.runStepOn(step, reads, writes);
  g.close();
}
function escape(g: Generator, level: number): void {
  g.code.hint(false);
  g.branchIf(level);
}
const words = (g: Generator, value: number) => g.code.i32(value).simd(SIMD.i32x4Splat);
const zero = (g: Generator) => g.code.simd(SIMD.const).op(...new Array(16).fill(0));
const upperHalf = (g: Generator, v: number) => {
  g.code.get(v).get(v).simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => 8 + (i & 7)));
};

/** Four singles to doubles: normal ones, infinities and zeros. */
function widen(g: Generator, [, d, e, r, s]: any[], o: IrOp): void {
  const { code } = g, v = g.scratch(V128, 0), n = [g.scratch(V128, 1), g.scratch(V128, 2)];
  g.vector(r);
  code.tee(v).simd(PROMOTE).set(n[0]!);
  upperHalf(g, v);
  code.simd(PROMOTE).set(n[1]!);
  orClosure(g, o, [d, e, r, s], [d, e], (slow) => {
    n.forEach((half, i) => {
      code.get(half).simd(F64_ABS);
      splat(g, DOUBLE, SINGLE.min);
      code.simd(F64_GE).get(half);
      splat(g, DOUBLE, 0);
      code.simd(F64_EQ).simd(OR);
      if (i > 0) code.simd(AND);
    });
    code.simd(F64_ALL).op(OP.i32Eqz);
    escape(g, slow);
    g.setVector(d, () => code.get(n[0]!));
    g.setVector(e, () => code.get(n[1]!));
  });
}

/** Four doubles to integers of 32 bits. */
function toInts(g: Generator, [, d, e, r, s, truncate]: any[], o: IrOp): void {
  const { code } = g, mask = g.floats.mask(g, DOUBLE);
  const v = [g.scratch(V128, 0), g.scratch(V128, 1)], n = [g.scratch(V128, 2), g.scratch(V128, 3)];
  [r, s].forEach((slot, i) => {
    g.vector(slot);
    code.tee(v[i]!).simd(truncate ? 0x7a : 0x94).set(n[i]!);
  });
  orClosure(g, o, [d, e, r, s], [d, e], (slow) => {
    n.forEach((half, i) => {
      code.get(half).simd(F64_ABS);
      splat(g, DOUBLE, 2 ** 31);
      code.simd(F64_LT);
      if (i > 0) code.simd(AND);
    });
    code.simd(F64_ALL).op(OP.i32Eqz);
    escape(g, slow);
    n.forEach((half, i) => {
      code.get(half).get(v[i]!).simd(F64_EQ);
      if (i > 0) code.simd(AND);
    });
    code.simd(F64_ALL).get(mask).op(OP.i32Or, OP.i32Eqz);
    escape(g, slow);
    g.setVector(d, () => {
      for (const half of n) code.get(half).simd(0xfc);
      code.simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => i < 8 ? i : 8 + i));
    });
    g.setVector(e, () => zero(g));
  });
}

/** Halves to singles, four for each destination: finite ones. */
function fromHalves(
  g: Generator,
  o: IrOp,
  targets: readonly number[],
  r: number,
  all: readonly number[],
): void {
  const { code } = g, v = g.scratch(V128, 0);
  const w = targets.map((_, i) => g.scratch(V128, 1 + i));
  g.vector(r);
  code.set(v);
  w.forEach((local, i) => code.get(v).simd(i === 0 ? EXTEND_LOW : EXTEND_HIGH).set(local));
  orClosure(g, o, all, targets, (slow) => {
    w.forEach((local, i) => {
      // No infinities, no NaNs.
      code.get(local);
      words(g, 0x7c00);
      code.simd(AND);
      words(g, 0x7c00);
      code.simd(I32_LT_U);
      if (i > 0) code.simd(AND);
    });
    code.simd(I32_ALL).op(OP.i32Eqz);
    escape(g, slow);
    targets.forEach((slot, i) => {
      g.setVector(slot, () => {
        // With the bits in place, only the exponent's bias is wrong: a factor, which makes denormal halves normal, too.
        code.get(w[i]!);
        words(g, 0x7fff);
        code.simd(AND).i32(13).simd(I32_SHL);
        splat(g, SINGLE, 2 ** 112);
        code.simd(F32_MUL).get(w[i]!);
        words(g, 0x8000);
        code.simd(AND).i32(16).simd(I32_SHL).simd(OR);
      });
    });
  });
}

/** Singles to halves, rounded to nearest: those that stay normal, and zeros. */
function toHalves(
  g: Generator,
  o: IrOp,
  d: number,
  sources: readonly number[],
  how: number,
  all: readonly number[],
): void {
  const { code } = g, mask = g.floats.mask(g, SINGLE), nearest = (how & 4) !== 0 || (how & 3) === 0;
  if (!nearest) return g.runStepOn(g.step(o), all, [d]);
  const v = g.scratch(V128, 0), u = g.scratch(V128, 1), ok = g.scratch(V128, 2);
  const n = sources.map((_, i) => g.scratch(V128, 3 + i));
  orClosure(g, o, all, [d], (slow) => {
    code.get(mask).op(OP.i32Eqz);
    escape(g, slow);
    sources.forEach((slot, i) => {
      g.vector(slot);
      code.tee(v);
      words(g, 0x7fffffff);
      code.simd(AND).tee(u);
      // 2^-14 up to what rounds to the largest half.
      words(g, 0x38800000);
      code.simd(I32_SUB);
      words(g, 0x477ff000 - 0x38800000);
      code.simd(I32_LT_U).tee(ok).get(u);
      zero(g);
      code.simd(I32_EQ).simd(OR).simd(I32_ALL).op(OP.i32Eqz);
      escape(g, slow);
      // To nearest, ties to even; then the other bias, and the sign.
      code.get(u);
      words(g, 0xfff - 0x38000000 | 0);
      code.simd(I32_ADD).get(u).i32(13).simd(I32_SHR_U);
      words(g, 1);
      code.simd(AND).simd(I32_ADD).i32(13).simd(I32_SHR_U).get(ok).simd(AND);
      code.get(v).i32(16).simd(I32_SHR_U);
      words(g, 0x8000);
      code.simd(AND).simd(OR).set(n[i]!);
    });
    g.setVector(d, () => {
      code.get(n[0]!);
      if (n.length > 1) code.get(n[1]!);
      else zero(g);
      code.simd(NARROW);
    });
  });
}

/** `vecfy` with one of these helpers; false: another one. */
export function resizeHelper(g: Generator, a: any[], o: IrOp): boolean {
  const [helper, d, e, r, s, x] = a;
  if (helper === convert.singlesToDoubles) widen(g, a, o);
  else if (helper === convert.doublesToInts) toInts(g, a, o);
  else if (helper === rounding.fromHalves) fromHalves(g, o, [d, e], r, [d, e, r, s]);
  else if (helper === rounding.toHalves) toHalves(g, o, d, [r, s], x, [d, e, r, s]);
  else return false;
  return true;
}
/** `vecfn`. */
export function halvesHelper(g: Generator, [helper, d, r, x]: any[], o: IrOp): boolean {
  if (helper === rounding.fromHalves) fromHalves(g, o, [d], r, [d, r]);
  else if (helper === rounding.toHalves) toHalves(g, o, d, [r], x, [d, r]);
  else return false;
  return true;
}
