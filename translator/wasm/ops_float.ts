// WebAssembly of SSE float arithmetic: a fast path in line, then a shared function for what is nearly ordinary (float_slow.ts), then the exact
// helper by the operation's closure.
//
// The fast path's proof: with MXCSR in the ordinary state (float_facts.ts), operands that are not denormal and a normal result away
// from the underflow threshold, no exception but PE can have occurred, and its sticky flag is up already. Whether an operand is denormal is asked
// in two steps: first with the result's mask, by which zeros and the smallest normal numbers may be, too.

import type { IrOp } from "../ir/block.ts";
import { F32, F64, OP, SIMD, V128 } from "./encoder.ts";
import { branchUnlessAllExact, branchUnlessExact, canBeExact } from "./float_exact.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import { type Arith, arithOpcode, SLOW_A, SLOW_B, SLOW_R, slowArith } from "./float_slow.ts";
import type { Generator } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";

export const FLOAT: Record<string, Emit> = {};

/** Pushes the low lane of slot `s`. */
export function getLow(g: Generator, s: number, format: Format): void {
  format === DOUBLE ? g.getF64(s) : g.getF32(s);
}
/** The low lane of vector `d` = what `push` pushes. */
export function setLow(g: Generator, d: number, format: Format, push: () => void): void {
  format === DOUBLE ? g.setF64(d, push) : g.setF32(d, push);
}

/** Pushes the word of a lane (in a local) that has sign and exponent. */
export function highWord(g: Generator, local: number, format: Format): void {
  g.code.get(local);
  if (format === DOUBLE) g.code.op(OP.i64ReinterpretF64).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
  else g.code.op(OP.i32ReinterpretF32);
}

/** Goes to `level` if the lane in `local` is denormal. */
export function branchIfDenormal(g: Generator, local: number, format: Format, level: number): void {
  // Twice its bits, less one: denormals alone leave the exponent's place empty, since 0 wraps.
  g.code.get(local);
  if (format === DOUBLE) {
    g.code.op(OP.i64ReinterpretF64).i64(1, 0).op(OP.i64Shl).i64(1, 0).op(OP.i64Sub).i64(53, 0).op(
      OP.i64ShrU,
      OP.i64Eqz,
    );
  } else {
    g.code.op(OP.i32ReinterpretF32).i32(1).op(OP.i32Shl).i32(1).op(OP.i32Sub).i32(24).op(
      OP.i32ShrU,
      OP.i32Eqz,
    );
  }
  g.code.hint(false);
  g.branchIf(level);
}
/** Goes to `level` unless the result in `local` is normal and MXCSR ordinary. */
export function branchUnlessNormal(
  g: Generator,
  local: number,
  mask: number,
  format: Format,
  level: number,
): void {
  highWord(g, local, format);
  g.code.i32(format.unit).op(OP.i32Add).get(mask).op(OP.i32And, OP.i32Eqz).hint(false);
  g.branchIf(level);
}

/** Goes to `level` if the operand in `local` may be denormal: zeros and the smallest normal numbers look the same to this. */
function branchIfSmall(g: Generator, local: number, mask: number, format: Format, level: number): void {
  highWord(g, local, format);
  g.code.get(mask).op(OP.i32And, OP.i32Eqz).hint(false);
  g.branchIf(level);
}

function scalar(name: Arith, format: Format): Emit {
  const root = name === "sqrt", opcode = arithOpcode(name, format, false);
  return (g, [, d, r], o) => {
    const { code, floats } = g;
    const mask = floats.mask(g, format);
    const type = format === DOUBLE ? F64 : F32;
    const a = g.scratch(type, 0), b = g.scratch(type, 1), result = g.scratch(type, 2);
    if (!root) {
      getLow(g, d, format);
      code.set(a);
    }
    getLow(g, r, format);
    code.set(b);
    if (!root) code.get(a);
    code.get(b).op(opcode).set(result);
    const done = g.open(OP.block), slow = g.open(OP.block);
    branchUnlessNormal(g, result, mask, format, slow);
    // The root of a normal number is normal, and that of a denormal one is, too.
    if (!root && !floats.knows(d, format, 1)) branchIfSmall(g, a, mask, format, slow);
    if ((root || d !== r) && !floats.knows(r, format, 1)) branchIfSmall(g, b, mask, format, slow);
    setLow(g, d, format, () => code.get(result));
    g.branch(done);
    g.close();
    if (canBeExact(name)) {
      const call = g.open(OP.block);
      branchUnlessExact(g, name, format, [a, b, result], call);
      setLow(g, d, format, () => code.get(result));
      g.branch(done);
      g.close();
    }
    const store = format === DOUBLE ? OP.f64Store : OP.f32Store;
    for (const [local, slot] of [[a, SLOW_A], [b, SLOW_B]] as const) {
      if (local === a && root) continue;
      g.base();
      code.get(local).mem(store, 8 * slot);
    }
    slowly(g, slowArith(name, format, false), o.args as number[], g.step(o), () => {
      setLow(g, d, format, () => {
        g.base();
        code.mem(format === DOUBLE ? OP.f64Load : OP.f32Load, 8 * SLOW_R);
      });
    });
    g.close();
    floats.learn(d, format, 1);
    floats.learn(r, format, 1);
  };
}

/** Calls shared function `index`; `take` uses what it left; if it declined the closure does it all. */
function slowly(g: Generator, index: number, [, d, r]: number[], step: number, take: () => void): void {
  g.callShared(index);
  g.open(OP.if);
  take();
  g.code.op(OP.else);
  g.runStepOn(step, [d!, r!], [d!]);
  g.floats.forget(g);
  g.close();
}

export const AND = 78, AND_NOT = 79, OR = 80, I32X4_ADD = 174;
const XOR = 81, I32X4_MIN_U = 183;
/** Of 64- and 32-bit lanes: equality, shifts, sum, signs (cheaper to branch on than any_true). */
const INT = {
  8: { equal: 214, shiftLeft: 203, shiftRight: 205, add: 206, bits: 53, signs: 196 },
  4: { equal: 55, shiftLeft: 171, shiftRight: 173, add: 174, bits: 24, signs: 164 },
} as const;

const zeros = (g: Generator) => g.code.simd(SIMD.const).op(...new Array(16).fill(0));

/** Pushes all ones in the lanes of the vector in `local` that are denormal. */
export function denormals(g: Generator, local: number, format: Format): void {
  const int = INT[format.bytes];
  // As for one lane: twice its bits, less one, leaves the exponent's place empty.
  g.code.get(local).i32(1).simd(int.shiftLeft);
  g.code.simd(SIMD.const).op(...new Array(16).fill(255)).simd(int.add);
  g.code.i32(int.bits).simd(int.shiftRight);
  zeros(g);
  g.code.simd(int.equal);
}
/**
 * Pushes all ones in the lanes where the result in `local` is not normal, or one of the `operands` may be denormal (zeros and the smallest normal numbers
 * look the same to this); in all lanes if MXCSR is not ordinary.
 */
function abnormals(g: Generator, local: number, format: Format, operands: readonly number[] = []): void {
  const { floats } = g, unit = floats.vector(g, format, "unit"), mask = floats.vector(g, format, "mask");
  g.code.get(local).get(unit).simd(I32X4_ADD).get(mask).simd(AND);
  for (const operand of operands) g.code.get(operand).get(mask).simd(AND).simd(I32X4_MIN_U);
  zeros(g);
  g.code.simd(INT[format.bytes].equal);
}
/** Pushes all ones in the lanes of the vector in `local` that are zeros. */
function isZero(g: Generator, local: number, format: Format): void {
  g.code.get(local);
  zeros(g);
  g.code.simd(format === DOUBLE ? 0x47 : 0x41);
}

/** Goes to `level` if a lane of the vector in `local` is denormal. */
export function branchIfAnyDenormal(g: Generator, local: number, format: Format, level: number): void {
  denormals(g, local, format);
  g.code.simd(INT[format.bytes].signs).hint(false);
  g.branchIf(level);
}
/** Goes to `level` unless all lanes of the result in `local` are normal, and none of those in `operands` denormal. */
export function branchIfAbnormalOrDenormal(
  g: Generator,
  local: number,
  operands: readonly number[],
  format: Format,
  level: number,
): void {
  abnormals(g, local, format);
  for (const operand of operands) {
    denormals(g, operand, format);
    g.code.simd(OR);
  }
  g.code.simd(INT[format.bytes].signs).hint(false);
  g.branchIf(level);
}
/** Pushes a number in all lanes. */
export function splat(g: Generator, format: Format, value: number): void {
  const view = new DataView(new ArrayBuffer(16));
  for (let i = 0; i < 16; i += format.bytes) {
    format === DOUBLE ? view.setFloat64(i, value, true) : view.setFloat32(i, value, true);
  }
  g.code.simd(SIMD.const).op(...new Uint8Array(view.buffer));
}
/** Pushes an operand; whether its lanes are known not to be denormal. */
interface Operand {
  push(): void;
  known: boolean;
}

/** d = a op b on all lanes (of the root, b's), for instruction `o` on registers d and r. */
function packedArith(
  g: Generator,
  o: IrOp,
  name: Arith,
  format: Format,
  first: Operand,
  second: Operand,
): void {
  const root = name === "sqrt", opcode = arithOpcode(name, format, true), lanes = 16 / format.bytes;
  const [, d, r] = o.args as number[];
  const { code, floats } = g;
  const mask = floats.mask(g, format);
  const a = g.scratch(V128, 0), b = g.scratch(V128, 1), result = g.scratch(V128, 2);
  if (!root) {
    first.push();
    code.set(a);
  }
  second.push();
  code.set(b);
  if (!root) code.get(a);
  code.get(b).simd(opcode).set(result);
  const done = g.open(OP.block), slow = g.open(OP.block);
  const unknown = [...(root || first.known ? [] : [a]), ...(second.known ? [] : [b])];
  abnormals(g, result, format, unknown);
  code.simd(INT[format.bytes].signs).hint(false);
  g.branchIf(slow);
  g.setVector(d!, () => code.get(result));
  g.branch(done);
  g.close();
  // Lanes that hold nothing but zeros are common: zeros where zeros come from. Zeros among the operands are no denormals.
  const call = g.open(OP.block);
  code.get(mask).op(OP.i32Eqz);
  g.branchIf(call);
  abnormals(g, result, format);
  isZero(g, result, format);
  if (name === "mul" || name === "div") {
    isZero(g, a, format);
    if (name === "mul") {
      isZero(g, b, format);
      code.simd(OR);
    }
    code.simd(AND);
  }
  code.simd(AND_NOT);
  for (const operand of unknown) {
    denormals(g, operand, format);
    code.simd(OR);
  }
  code.simd(INT[format.bytes].signs);
  g.branchIf(call);
  g.setVector(d!, () => code.get(result));
  g.branch(done);
  g.close();
  if (canBeExact(name)) {
    const call = g.open(OP.block);
    branchUnlessAllExact(g, name, format, [a, b, result], call);
    g.setVector(d!, () => code.get(result));
    g.branch(done);
    g.close();
  }
  for (const [local, slot] of [[a, SLOW_A], [b, SLOW_B]] as const) {
    if (local === a && root) continue;
    g.base();
    code.get(local).simd(SIMD.store).op(0).u(8 * slot);
  }
  slowly(g, slowArith(name, format, true), o.args as number[], g.step(o), () => {
    g.setVector(d!, () => {
      g.base();
      code.simd(SIMD.load).op(0).u(8 * SLOW_R);
    });
  });
  g.close();
  floats.learn(d!, format, lanes);
  if (r !== d) floats.learn(r!, format, lanes);
}

function packed(name: Arith, format: Format): Emit {
  const lanes = 16 / format.bytes;
  return (g, [, d, r], o) => {
    packedArith(g, o, name, format, {
      push: () => g.vector(d),
      known: g.floats.knows(d, format, lanes),
    }, {
      push: () => g.vector(r),
      // For other operations than the root, an operand of both sides is looked at once.
      known: name !== "sqrt" && d === r || g.floats.knows(r, format, lanes),
    });
  };
}

for (const name of ["add", "sub", "mul", "div", "sqrt"] as const) {
  FLOAT[`${name}sd`] = scalar(name, DOUBLE);
  FLOAT[`${name}ss`] = scalar(name, SINGLE);
  FLOAT[`${name}pd`] = packed(name, DOUBLE);
  FLOAT[`${name}ps`] = packed(name, SINGLE);
}

/** Units 0 … of d, then of r, as bytes for a shuffle. */
const pick = (size: number, ...units: number[]) =>
  units.flatMap((u) => Array.from({ length: size }, (_, i) => u * size + i));
const EVEN = { 8: pick(8, 0, 2), 4: pick(4, 0, 2, 4, 6) }, ODD = { 8: pick(8, 1, 3), 4: pick(4, 1, 3, 5, 7) };

/** HADD, HSUB (kind 0, 1) and ADDSUB (2): as additions of shuffled operands, or with the sign of every other lane changed. */
export function horizontal(format: Format): Emit {
  const lanes = 16 / format.bytes;
  return (g, [, d, r, kind], o) => {
    const { code, floats } = g;
    const both = floats.knows(d, format, lanes) && floats.knows(r, format, lanes);
    const shuffled = (units: readonly number[]) => () => {
      g.vector(d);
      g.vector(r);
      code.simd(SIMD.shuffle).op(...units);
    };
    if (kind !== 2) {
      packedArith(
        g,
        o,
        kind === 0 ? "add" : "sub",
        format,
        { push: shuffled(EVEN[format.bytes]), known: both },
        { push: shuffled(ODD[format.bytes]), known: both },
      );
    } else {
      packedArith(g, o, "add", format, { push: () => g.vector(d), known: floats.knows(d, format, lanes) }, {
        push: () => {
          g.vector(r);
          const bytes = new Array(16).fill(0);
          for (let i = format.bytes - 1; i < 16; i += 2 * format.bytes) bytes[i] = 0x80;
          code.simd(SIMD.const).op(...bytes).simd(XOR);
        },
        known: floats.knows(r, format, lanes),
      });
    }
  };
}
