// WebAssembly of fused multiplication and addition, where the host fuses, too (fused.ts); else closures run it.
//
// The proof of the fast path is that of ops_float.ts: in the ordinary state, with operands that are not denormal and a normal result, no
// exception but PE can have occurred.

import type { IrOp } from "../ir/block.ts";
import { OPS } from "../ir/ops.ts";
import { fma64, NEGATE_PRODUCT, SUBTRACT, SUBTRACT_EVEN, SUBTRACT_ODD } from "../sse/fma.ts";
import { F32, F64, OP, SIMD, V128 } from "./encoder.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import { FMA_A, FMA_B, FMA_C, FMA_R, slowFused } from "./fma_slow.ts";
import { hostFuses, RELAXED_MADD } from "./fused.ts";
import { type Generator, GLOBAL_FUSES } from "./generator.ts";
import {
  branchIfAbnormalOrDenormal,
  branchIfDenormal,
  branchUnlessNormal,
  getLow,
  setLow,
} from "./ops_float.ts";
import { branchUnlessMasked } from "./ops_avx.ts";
import type { Emit } from "./ops_integer.ts";

export const FMA: Record<string, Emit> = {};

const XOR = 81;
const formatOf = (helper: unknown) => helper === fma64 ? DOUBLE : SINGLE;

/** Pushes a vector with the signs of those lanes set in which the addend is to be negated. */
function signs(g: Generator, kind: number, format: Format): void {
  const bytes = new Array(16).fill(0), { bytes: size } = format;
  for (let n = 0; n < 16 / size; n++) {
    const negate = kind & (SUBTRACT | (n & 1 ? SUBTRACT_ODD : SUBTRACT_EVEN));
    if (negate) bytes[n * size + size - 1] = 0x80;
  }
  g.code.simd(SIMD.const).op(...bytes);
}

/** d, where the shared function declines or the host does not fuse. */
function byClosure(g: Generator, [, d, a, b, s]: any[], o: IrOp): void {
  g.runStepOn(g.step(o), [d, a, b, s], [d]);
}

/**
 * The ways besides the fast one, which `fast` emits: it goes to the level it is given where it does not apply. `push` pushes an operand (0–2) as a
 * vector; `take` uses the vector that the shared function left.
 */
function ways(
  g: Generator,
  format: Format,
  args: any[],
  o: IrOp,
  fast: (slow: number) => void,
  push: (n: number) => void,
  take: () => void,
): void {
  const { code } = g, done = g.open(OP.block), closure = g.open(OP.block), slow = g.open(OP.block);
  code.global(GLOBAL_FUSES).op(OP.i32Eqz).hint(false);
  g.branchIf(closure);
  fast(slow);
  g.branch(done);
  g.close();
  [FMA_A, FMA_B, FMA_C].forEach((slot, n) => {
    g.base();
    push(n);
    code.simd(SIMD.store).op(0).u(8 * slot);
  });
  g.callShared(slowFused(format));
  code.op(OP.i32Eqz);
  g.branchIf(closure);
  take();
  g.branch(done);
  g.close();
  byClosure(g, args, o);
  g.floats.forget(g);
  g.close();
}
/** Pushes what the shared function left. */
function result(g: Generator): void {
  g.base();
  g.code.simd(SIMD.load).op(0).u(8 * FMA_R);
}

function scalar(g: Generator, args: any[], o: IrOp): void {
  const [helper, d, a, b, s, kind] = args;
  const format = formatOf(helper), double = format === DOUBLE, { code, floats } = g;
  const type = double ? F64 : F32, splat = double ? SIMD.f64x2Splat : SIMD.f32x4Splat;
  const mask = floats.mask(g, format), slots = [a, b, s];
  const locals = [0, 1, 3].map((n) => g.scratch(type, n)), sum = g.scratch(type, 2);
  const extract = () => code.simd(double ? SIMD.f64x2Extract : SIMD.f32x4Extract).op(0);
  slots.forEach((slot, n) => {
    getLow(g, slot, format);
    const negate = n === 0 && kind & NEGATE_PRODUCT || n === 2 && kind & SUBTRACT;
    if (negate) code.op(double ? 0x9a : 0x8c);
    code.set(locals[n]!);
  });
  const push = (n: number) => void code.get(locals[n]!).simd(splat);
  const fast = (slow: number) => {
    for (const n of [0, 1, 2]) push(n);
    code.simd(RELAXED_MADD[format.bytes]);
    extract().set(sum);
    branchUnlessNormal(g, sum, mask, format, slow);
    slots.forEach((slot, n) => {
      if (!floats.knows(slot, format, 1)) branchIfDenormal(g, locals[n]!, format, slow);
    });
    setLow(g, d, format, () => code.get(sum));
  };
  ways(g, format, args, o, fast, push, () =>
    setLow(g, d, format, () => {
      result(g);
      extract();
    }));
  for (const slot of [d, ...slots]) floats.learn(slot, format, 1);
}

function packed(g: Generator, args: any[], o: IrOp): void {
  const [helper, d, a, b, s, kind] = args;
  const format = formatOf(helper), lanes = 16 / format.bytes, { code, floats } = g;
  floats.mask(g, format);
  const slots = [a, b, s], locals = [0, 1, 3].map((n) => g.scratch(V128, n)), sum = g.scratch(V128, 2);
  slots.forEach((slot, n) => {
    g.vector(slot);
    if (n === 0 && kind & NEGATE_PRODUCT) {
      signs(g, SUBTRACT, format);
      code.simd(XOR);
    } else if (n === 2 && (kind & ~NEGATE_PRODUCT) !== 0) {
      signs(g, kind, format);
      code.simd(XOR);
    }
    code.set(locals[n]!);
  });
  const unknown = locals.filter((_, n) => !floats.knows(slots[n], format, lanes));
  // Loaded before any branch.
  floats.vector(g, format, "unit");
  floats.vector(g, format, "mask");
  const fast = (slow: number) => {
    for (const local of locals) code.get(local);
    code.simd(RELAXED_MADD[format.bytes]).set(sum);
    branchIfAbnormalOrDenormal(g, sum, unknown, format, slow);
    g.setVector(d, () => code.get(sum));
  };
  ways(g, format, args, o, fast, (n) => void code.get(locals[n]!), () => g.setVector(d, () => result(g)));
  for (const slot of [d, ...slots]) floats.learn(slot, format, lanes);
}

const either = (emit: Emit): Emit => (g, a, o) => (hostFuses() ? emit : byClosure)(g, a, o);

FMA.fma = either(packed);
FMA.fmasd = FMA.fmass = either(scalar);
/** 256 bits: as halves while exceptions are masked, else by the closure. */
FMA.fmay = (g, args, o) => {
  const [helper, d, e, a, f, b, h, s, k, kind, lanes] = args, { floats } = g;
  const format = formatOf(helper);
  floats.mask(g, format);
  floats.vector(g, format, "unit");
  floats.vector(g, format, "mask");
  const half = (...slots: number[]): IrOp => ({
    def: OPS.get("fma")!,
    args: [helper, ...slots, kind, lanes / 2],
    ip: o.ip,
  });
  const done = g.open(OP.block), slow = g.open(OP.block);
  branchUnlessMasked(g, slow);
  for (const part of [half(d, a, b, s), half(e, f, h, k)]) FMA.fma!(g, part.args, part);
  g.branch(done);
  g.close();
  g.runStepOn(g.step(o), [d, e, a, f, b, h, s, k], [d, e]);
  floats.forget(g);
  g.close();
};
