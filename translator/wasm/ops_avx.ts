// WebAssembly of operations on 256 bits, as pairs of v128, and of what SSE4 and AVX have besides arithmetic.

import { CF, FLAG_B, MXCSR, ZF } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import { EXPLICIT } from "../ir/flags.ts";
import { OPS } from "../ir/ops.ts";
import * as convert from "../sse/convert.ts";
import * as float from "../sse/float.ts";
import * as rounding from "../sse/rounding.ts";
import { leave } from "./conditions.ts";
import { F32, F64, OP, SIMD, V128 } from "./encoder.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import { type Generator, X32 } from "./generator.ts";
import { branchIfAnyDenormal, branchIfDenormal, getLow, setLow } from "./ops_float.ts";
import type { Emit } from "./ops_integer.ts";
import { halvesHelper, resizeHelper } from "./ops_resize.ts";
import { NUMBER_HELPERS } from "./ops_sse4.ts";

export const AVX: Record<string, Emit> = {};
const AND = 78, AND_NOT = 79, OR = 80, ANY_TRUE = 83;
const ALL_TRUE = { 8: 195, 4: 163 } as const, EQ = { 8: 0x47, 4: 0x41 } as const;

AVX.vecn = (g, a, o) => {
  const emit = NUMBER_HELPERS.get(a[0]);
  emit !== undefined ? emit(g, a, o) : g.runStepOn(g.step(o), [a[1], a[2]], [a[1]]);
};
/** VPERMD: bytes of either half by the lanes' numbers; a swizzle gives 0 for what is in the other. */
AVX.vecmy = (g, [, d, e, x, y, r, s]) => {
  const { code } = g, low = g.scratch(V128, 0), high = g.scratch(V128, 1), at = g.scratch(V128, 2);
  const constant = (...bytes: number[]) => {
    code.simd(SIMD.const).op(...Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]!));
  };
  const numbers = [x, y].map((slot, k) => {
    const local = g.scratch(V128, 3 + k);
    g.vector(slot);
    constant(7, 0, 0, 0);
    code.simd(AND).i32(2).simd(171);
    constant(1);
    code.simd(181);
    constant(0, 1, 2, 3);
    code.simd(110).set(local);
    return local;
  });
  g.vector(r);
  code.set(low);
  g.vector(s);
  code.set(high);
  [d, e].forEach((slot, k) => {
    g.setVector(slot, () => {
      code.get(low).get(numbers[k]!).tee(at).simd(14).get(high).get(at);
      constant(16);
      code.simd(113).simd(14).simd(OR);
    });
  });
};

AVX.ld256 = (g, [d, e, m], o) => {
  g.effective(m);
  g.setAddress();
  const at = g.loadAt(32, o.ip);
  g.code.set(X32);
  g.setVector(d, () => g.code.get(X32).simd(SIMD.load).op(0).u(at));
  g.setVector(e, () => g.code.get(X32).simd(SIMD.load).op(0).u(at + 16));
};
AVX.st256 = (g, [m, r], o) => g.storeWideAt(m, r, o.ip);
AVX.zeroupper = (g) => g.zeroUpper();

// Lanes.
for (
  const [name, extract, replace] of [["b", 22, 23], ["d", SIMD.i32x4Extract, SIMD.i32x4Replace]] as const
) {
  AVX[`pextr${name}`] = (g, [d, r, x]) => {
    g.vector(r);
    g.code.simd(extract).op(x);
    g.set32(d);
  };
  AVX[`pinsr${name}`] = (g, [d, r, x]) =>
    g.setVector(d, () => {
      g.vector(d);
      g.get32(r);
      g.code.simd(replace).op(x);
    });
}
for (const [name, opcode] of [["splatb", 15], ["splatw", 16], ["splatd", SIMD.i32x4Splat]] as const) {
  AVX[name] = (g, [d, r]) => {
    g.get32(r);
    g.code.set(X32);
    g.setVector(d, () => g.code.get(X32).simd(opcode));
  };
}

/** ZF: no bit of r AND d under the mask; CF: none of r AND NOT d. Operands by halves. */
function test(
  g: Generator,
  pairs: readonly (readonly [d: number, r: number])[],
  mask: number,
  high: number,
): void {
  const { code } = g;
  const masked = (slot: number) => {
    g.vector(slot);
    if (mask === -1 && high === -1) return;
    code.simd(SIMD.const).op(
      ...[0, 8].flatMap(() => [mask, high].flatMap((m) => [0, 8, 16, 24].map((k) => m >>> k & 255))),
    );
    code.simd(AND);
  };
  const any = (opcode: number) => {
    pairs.forEach(([d, r], i) => {
      masked(r);
      g.vector(d);
      code.simd(opcode);
      if (i > 0) code.simd(OR);
    });
    code.simd(ANY_TRUE).op(OP.i32Eqz);
  };
  any(AND);
  code.i32(Math.log2(ZF)).op(OP.i32Shl);
  any(AND_NOT);
  if (CF !== 1) throw new Error("CF is bit 0");
  code.op(OP.i32Or);
  g.set32(FLAG_B);
  leave(g, EXPLICIT);
}
AVX.ptest = (g, [, d, r, mask, high]) => test(g, [[d, r]], mask, high);
AVX.ptesty = (g, [, d, e, r, s, mask, high]) => test(g, [[d, r], [e, s]], mask, high);

// Rounding to integers.
const PACKED_ROUND = { 8: [0x94, 0x75, 0x74, 0x7a], 4: [0x6a, 0x68, 0x67, 0x69] } as const;
const LOW_ROUND = { 8: [0x9e, 0x9c, 0x9b, 0x9d], 4: [0x90, 0x8e, 0x8d, 0x8f] } as const;

/** In the ordinary state, PE is up and MXCSR rounds to nearest; NaNs and denormals are the helper's. */
function round(g: Generator, [, d, r, n, lanes]: any[], o: IrOp, format: Format): void {
  const { code, floats } = g, whole = lanes > 1;
  const mode = n & 4 ? 0 : n & 3, v = g.scratch(whole ? V128 : format === DOUBLE ? F64 : F32, 0);
  const mask = floats.mask(g, format);
  if (whole) g.vector(r);
  else getLow(g, r, format);
  code.set(v);
  const done = g.open(OP.block), slow = g.open(OP.block);
  code.get(mask).op(OP.i32Eqz).hint(false);
  g.branchIf(slow);
  if (whole) {
    code.get(v).get(v).simd(EQ[format.bytes]).simd(ALL_TRUE[format.bytes]).op(OP.i32Eqz).hint(false);
    g.branchIf(slow);
    branchIfAnyDenormal(g, v, format, slow);
    g.setVector(d, () => code.get(v).simd(PACKED_ROUND[format.bytes][mode]!));
  } else {
    code.get(v).get(v).op(format === DOUBLE ? OP.f64Ne : OP.f32Ne).hint(false);
    g.branchIf(slow);
    branchIfDenormal(g, v, format, slow);
    setLow(g, d, format, () => code.get(v).op(LOW_ROUND[format.bytes][mode]!));
  }
  g.branch(done);
  g.close();
  g.runStepOn(g.step(o), [d, r], [d]);
  floats.forget(g);
  g.close();
  floats.learn(d, format, lanes);
}
AVX.vecfn = (g, a, o) => {
  if (a[0] === rounding.round64) return round(g, a, o, DOUBLE);
  if (a[0] === rounding.round32) return round(g, a, o, SINGLE);
  if (halvesHelper(g, a, o)) return;
  g.runStepOn(g.step(o), [a[1], a[2]], [a[1]]);
};

/** Goes to `level` if an exception is not masked. */
export function branchUnlessMasked(g: Generator, level: number): void {
  g.base();
  g.code.mem(OP.i32Load, 8 * MXCSR).i32(ALL_MASKED).op(OP.i32And).i32(ALL_MASKED).op(OP.i32Ne).hint(false);
  g.branchIf(level);
}
const ALL_MASKED = 0x1f80;

const ARITH: Record<number, string> = { 0: "add", 1: "mul", 2: "sub", 4: "div" };
/** The operation on one half of a 256-bit one, if it can be taken apart. */
function halfOf([helper, , , , , x, lanes]: any[], d: number, r: number, ip: number): IrOp | undefined {
  const make = (name: string, ...args: any[]): IrOp => ({ def: OPS.get(name)!, args, ip });
  const count = lanes / 2;
  if (helper === float.arith64 || helper === float.arith32) {
    const name = ARITH[x];
    if (name !== undefined) return make(`${name}p${helper === float.arith64 ? "d" : "s"}`, helper, d, r);
    return make("vecfxx", helper, d, r, x, count);
  }
  if (
    helper === float.cmp64 || helper === float.cmp32 || helper === float.horizontal64 ||
    helper === float.horizontal32
  ) return make("vecfxx", helper, d, r, x, count);
  if (helper === rounding.round64 || helper === rounding.round32) {
    return make("vecfn", helper, d, r, x, count);
  }
  if (helper === convert.intsToSingles) return make("vecf", convert.cvtdq2ps, d, r);
  if (helper === convert.singlesToInts) return make("vecf", x ? convert.cvttps2dq : convert.cvtps2dq, d, r);
  return undefined;
}
const DOUBLES = new Set<unknown>([float.arith64, float.cmp64, float.horizontal64, rounding.round64]);

/**
 * Floats on 256 bits: with all exceptions masked the halves have nothing to do with each other. Else the closure does the whole.
 */
export function wideFloat(emit: (g: Generator, o: IrOp) => void): Emit {
  return (g, a, o) => {
    if (resizeHelper(g, a, o)) return;
    const [helper, d, e, r, s] = a, { floats } = g;
    const format = DOUBLES.has(helper) ? DOUBLE : SINGLE;
    const low = halfOf(a, d, r, o.ip), high = halfOf(a, e, s, o.ip);
    if (low === undefined || high === undefined) return g.runStepOn(g.step(o), [d, e, r, s], [d, e]);
    floats.mask(g, format);
    // What the halves would load at their first use must not be loaded on one arm alone.
    floats.vector(g, format, "mask");
    floats.vector(g, format, "unit");
    const done = g.open(OP.block), slow = g.open(OP.block);
    branchUnlessMasked(g, slow);
    emit(g, low);
    emit(g, high);
    g.branch(done);
    g.close();
    g.runStepOn(g.step(o), [d, e, r, s], [d, e]);
    floats.forget(g);
    g.close();
  };
}
