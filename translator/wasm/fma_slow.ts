// The second tier of fused multiplication and addition, as float_slow.ts is of the rest: while MXCSR's sticky precision flag is down, it must be
// known whether a result is exact. Only what has an exact product is told here: then it is the sum that is exact or not.
//
// It takes the CPU state, operands in FMA_A, FMA_B and FMA_C, and leaves the result in FMA_R and returns 1; or it returns 0 and has done nothing.

import { BOUNCE, MXCSR } from "../cpu.ts";
import { Code, I32, OP, SIMD, V128, VOID } from "./encoder.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import { RELAXED_MADD } from "./fused.ts";
import { type Body, declareShared, sharedIndex } from "./shared.ts";
import { CPU_AT } from "./results.ts";

/** Slots. */
export const FMA_A: number = BOUNCE,
  FMA_B: number = BOUNCE + 2,
  FMA_C: number = BOUNCE + 4,
  FMA_R: number = BOUNCE + 6;

// Masked exceptions and rounding to nearest; the precision flag.
const STATE = 0x7f80, STATE_ORDINARY = 0x1f80, PE = 32;
const AND = 78, OR = 80, ANY_TRUE = 83;
const OPS = {
  8: {
    eq: 0x47,
    ne: 0x48,
    gt: 0x4a,
    le: 0x4b,
    ge: 0x4c,
    abs: 0xec,
    neg: 0xed,
    add: 0xf0,
    sub: 0xf1,
    mul: 0xf2,
    all: 195,
  },
  4: {
    eq: 0x41,
    ne: 0x42,
    gt: 0x44,
    le: 0x45,
    ge: 0x46,
    abs: 0xe0,
    neg: 0xe1,
    add: 0xe4,
    sub: 0xe5,
    mul: 0xe6,
    all: 163,
  },
} as const;
/** Products below that may have errors that are no numbers of the format. */
const LEAST_PRODUCT = { 8: 2 ** -900, 4: 2 ** -90 } as const;

function fusedSlow(format: Format): Body {
  const code = new Code(), op = OPS[format.bytes];
  const [MX, A, B, C, P, S, R, T] = [1, 2, 3, 4, 5, 6, 7, 8] as const;
  const constant = (value: number) => {
    const view = new DataView(new ArrayBuffer(16));
    for (let i = 0; i < 16; i += format.bytes) {
      format === DOUBLE ? view.setFloat64(i, value, true) : view.setFloat32(i, value, true);
    }
    code.simd(SIMD.const).op(...new Uint8Array(view.buffer));
  };
  /** Returns 0 unless all lanes of the vector on the stack are set. */
  const unlessAll = () => {
    code.simd(op.all).op(OP.i32Eqz, OP.if, VOID).i32(0).op(OP.return, OP.end);
  };
  const isZero = (x: number) => {
    code.get(x);
    constant(0);
    code.simd(op.eq);
  };
  const magnitude = (x: number, comparison: number, value: number) => {
    code.get(x).simd(op.abs);
    constant(value);
    code.simd(comparison);
  };
  code.i32(CPU_AT).mem(OP.i32Load, 8 * MXCSR).tee(MX).i32(STATE).op(OP.i32And).i32(STATE_ORDINARY).op(
    OP.i32Ne,
  );
  code.op(OP.if, VOID).i32(0).op(OP.return, OP.end);
  for (const [x, slot] of [[A, FMA_A], [B, FMA_B], [C, FMA_C]] as const) {
    code.i32(CPU_AT).simd(SIMD.load).op(0).u(8 * slot).set(x);
    magnitude(x, op.ge, format.min);
    isZero(x);
    code.simd(OR);
    unlessAll();
  }
  // The product: neither tiny nor infinite, or a true zero; and exact.
  code.get(A).get(B).simd(op.mul).set(P);
  magnitude(P, op.ge, LEAST_PRODUCT[format.bytes]);
  magnitude(P, op.le, format.max);
  code.simd(AND);
  isZero(A);
  isZero(B);
  code.simd(OR).simd(OR);
  unlessAll();
  code.get(A).get(B).get(P).simd(op.neg).simd(RELAXED_MADD[format.bytes]);
  constant(0);
  code.simd(op.eq);
  unlessAll();
  // The sum and its error (Knuth); a zero that it gives is exact.
  code.get(P).get(C).simd(op.add).set(S);
  magnitude(S, op.gt, format.min);
  magnitude(S, op.le, format.max);
  code.simd(AND);
  isZero(S);
  code.simd(OR);
  unlessAll();
  code.get(S).get(P).simd(op.sub).set(T);
  code.get(P).get(S).get(T).simd(op.sub).simd(op.sub).get(C).get(T).simd(op.sub).simd(op.add);
  constant(0);
  code.simd(op.ne).simd(ANY_TRUE).op(OP.if, VOID);
  code.i32(CPU_AT).get(MX).i32(PE).op(OP.i32Or).mem(OP.i32Store, 8 * MXCSR).op(OP.end);
  // Of two zeros the fused operation knows the sign as well as the sum.
  code.get(A).get(B).get(C).simd(RELAXED_MADD[format.bytes]).set(R);
  code.i32(CPU_AT).get(R).simd(SIMD.store).op(0).u(8 * FMA_R).i32(1);
  return { code, locals: [I32, V128, V128, V128, V128, V128, V128, V128] };
}

const nameOf = (format: Format) => `fma ${format.bytes}`;
for (const format of [DOUBLE, SINGLE]) declareShared(nameOf(format), () => fusedSlow(format));

/** Index in the shared table. */
export function slowFused(format: Format): number {
  return sharedIndex(nameOf(format));
}
