// Float arithmetic while MXCSR's sticky precision flag is down, as it stays in programs that compute with small integers: sums, differences and products
// that are exact raise nothing, and are told by simple sufficient conditions. In line, behind the fast paths (ops_float.ts), which need the flag.
//
// A sum R of A and B is exact if R - A = B and R - B = A: for the larger operand the difference is exact (Dekker 1971), so that B is what R lacks. A product
// is exact if both significands have at most half the bits, the others being zeros.

import { MXCSR } from "../cpu.ts";
import { I32, OP, SIMD } from "./encoder.ts";
import { DOUBLE, type Format } from "./float_facts.ts";
import { type Arith, arithOpcode, PE, STATE, STATE_ORDINARY } from "./float_slow.ts";
import type { Generator } from "./generator.ts";
import { AND, AND_NOT, branchIfDenormal, denormals, highWord, I32X4_ADD, OR } from "./ops_float.ts";

/** The lower half of a significand, and one bit more. */
const LOW_HALF = { 8: 0x7ffffff, 4: 0xfff } as const;

export type Exact = "add" | "sub" | "mul";
/** Whether results of `name` are tried here. */
export const canBeExact = (name: Arith): name is Exact => name === "add" || name === "sub" || name === "mul";

/** Goes to `level` if MXCSR is not ordinary; it is in an i32 local then, which is returned. */
function ordinary(g: Generator, level: number): number {
  const state = g.scratch(I32, 11), { code } = g;
  g.base();
  code.mem(OP.i32Load, 8 * MXCSR).tee(state).i32(STATE).op(OP.i32And).i32(STATE_ORDINARY).op(OP.i32Ne);
  g.branchIf(level);
  return state;
}

/** Goes to `level` unless local `r` is the exact result of one lane, or an ordinary one while the precision flag is up. */
export function branchUnlessExact(
  g: Generator,
  name: Exact,
  format: Format,
  [a, b, r]: readonly [number, number, number],
  level: number,
): void {
  const { code } = g, double = format === DOUBLE;
  const op = (wide: number, narrow: number) => code.op(double ? wide : narrow);
  const zero = (local: number) => {
    code.get(local);
    if (double) code.f64Const(0);
    else code.f64Const(0).op(OP.f32DemoteF64);
    op(OP.f64Eq, OP.f32Eq);
  };
  const state = ordinary(g, level);
  branchIfDenormal(g, a, format, level);
  branchIfDenormal(g, b, format, level);
  highWord(g, r, format);
  code.i32(format.unit).op(OP.i32Add).i32(format.normal).op(OP.i32And).i32(0).op(OP.i32Ne);
  zero(r);
  if (name === "mul") {
    zero(a);
    zero(b);
    code.op(OP.i32Or, OP.i32And);
  }
  code.op(OP.i32Or, OP.i32Eqz);
  g.branchIf(level);
  if (name === "mul") {
    for (const local of [a, b]) {
      code.get(local);
      op(OP.i64ReinterpretF64, OP.i32ReinterpretF32);
    }
    op(OP.i64Or, OP.i32Or);
    if (double) code.i64(LOW_HALF[8], 0).op(OP.i64And, OP.i64Eqz);
    else code.i32(LOW_HALF[4]).op(OP.i32And, OP.i32Eqz);
  } else {
    const plus = arithOpcode("add", format, false),
      minus = arithOpcode("sub", format, false),
      sum = name === "add";
    // R - A = B (A - R = B), R - B = A (R + B = A)
    code.get(sum ? r : a).get(sum ? a : r).op(minus).get(b);
    op(OP.f64Eq, OP.f32Eq);
    code.get(r).get(b).op(sum ? minus : plus).get(a);
    op(OP.f64Eq, OP.f32Eq);
    code.op(OP.i32And);
  }
  code.get(state).i32(PE).op(OP.i32And, OP.i32Or, OP.i32Eqz);
  g.branchIf(level);
}

const ANY = 83;
const LANES = {
  8: { equal: 0x47, bits: 214, all: 195 },
  4: { equal: 0x41, bits: 55, all: 163 },
} as const;

/** The same of all lanes. */
export function branchUnlessAllExact(
  g: Generator,
  name: Exact,
  format: Format,
  [a, b, r]: readonly [number, number, number],
  level: number,
): void {
  const { code } = g, { equal, bits, all } = LANES[format.bytes];
  const words = (word: number) => {
    const view = new DataView(new ArrayBuffer(16));
    for (let at = 16 - 4; at >= 0; at -= format.bytes) view.setInt32(at, word, true);
    code.simd(SIMD.const).op(...new Uint8Array(view.buffer));
  };
  const zeros = () => words(0);
  const zero = (local: number) => {
    code.get(local);
    zeros();
    code.simd(equal);
  };
  const state = ordinary(g, level);
  // Lanes that are neither normal nor zeros as they should be.
  code.get(r);
  words(format.unit);
  code.simd(I32X4_ADD);
  words(format.normal);
  code.simd(AND);
  zeros();
  code.simd(bits);
  zero(r);
  if (name === "mul") {
    zero(a);
    zero(b);
    code.simd(OR).simd(AND);
  }
  code.simd(AND_NOT);
  for (const operand of [a, b]) {
    denormals(g, operand, format);
    code.simd(OR);
  }
  code.simd(ANY);
  g.branchIf(level);
  if (name === "mul") {
    code.get(a).get(b).simd(OR);
    const low = LOW_HALF[format.bytes];
    code.simd(SIMD.const);
    for (let i = 0; i < 16; i++) code.op(i % format.bytes < 4 ? low >> 8 * (i % format.bytes) & 255 : 0);
    code.simd(AND).simd(ANY).op(OP.i32Eqz);
  } else {
    const plus = arithOpcode("add", format, true),
      minus = arithOpcode("sub", format, true),
      sum = name === "add";
    code.get(sum ? r : a).get(sum ? a : r).simd(minus).get(b).simd(equal);
    code.get(r).get(b).simd(sum ? minus : plus).get(a).simd(equal).simd(AND).simd(all);
  }
  code.get(state).i32(PE).op(OP.i32And, OP.i32Or, OP.i32Eqz);
  g.branchIf(level);
}
