// The second tier of float arithmetic: one wasm function for each operation and format, which all regions call through the shared table when
// their fast path does not apply.
//
// It takes the CPU state; the operands lie in slots SLOW_A and SLOW_B, and it leaves the result in SLOW_R and returns 1; or it
// returns 0 and has done nothing: then it is the exact helper's turn (sse/float.ts). It knows zeros, infinities that come from
// infinities, and operations that are exact while MXCSR's sticky precision flag is down, which it raises otherwise. It wants
// rounding to nearest and all exceptions masked. A result of 1 means that neither operands nor result are denormal.

import { BOUNCE, MXCSR } from "../cpu.ts";
import { Code, F64, I32, I64, OP, SIMD, V128, VOID } from "./encoder.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import { declareShared, sharedIndex } from "./shared.ts";

export const SLOW_A: number = BOUNCE, SLOW_B: number = BOUNCE + 2, SLOW_R: number = BOUNCE + 4;

export type Arith = "add" | "sub" | "mul" | "div" | "sqrt";

const SCALAR: Record<Arith, readonly [double: number, single: number]> = {
  add: [OP.f64Add, OP.f32Add],
  sub: [OP.f64Sub, OP.f32Sub],
  mul: [OP.f64Mul, OP.f32Mul],
  div: [OP.f64Div, OP.f32Div],
  sqrt: [OP.f64Sqrt, OP.f32Sqrt],
};
const PACKED: Record<Arith, readonly [double: number, single: number]> = {
  add: [240, 228],
  sub: [241, 229],
  mul: [242, 230],
  div: [243, 231],
  sqrt: [239, 227],
};
/** The instruction for one lane, or all of them. */
export function arithOpcode(name: Arith, format: Format, packed: boolean): number {
  return (packed ? PACKED : SCALAR)[name][format === DOUBLE ? 0 : 1]!;
}

const nameOf = (name: Arith, format: Format, packed: boolean) => `${name} ${format.bytes} ${packed}`;
/** Index in the shared table of the function for an operation. */
export function slowArith(name: Arith, format: Format, packed: boolean): number {
  return sharedIndex(nameOf(name, format, packed));
}

// Masked exceptions and rounding to nearest; the precision flag.
export const STATE = 0x7f80, STATE_ORDINARY = 0x1f80, PE = 32;

/** Locals common to both kinds; parameter: the CPU state's I32 index. */
const C = 0, BASE = 1, MX = 2;

abstract class Slow {
  readonly code = new Code();
  abstract readonly locals: readonly number[];
  protected readonly double: boolean;
  constructor(readonly name: Arith, readonly format: Format) {
    this.double = format === DOUBLE;
    this.code.get(C).i32(2).op(OP.i32Shl).tee(BASE).mem(OP.i32Load, 8 * MXCSR).set(MX);
  }
  /** Returns 0 if the i32 on the stack is not 0. */
  protected refuse(): void {
    this.code.op(OP.if, VOID).i32(0).op(OP.return, OP.end);
  }
}

class Scalar extends Slow {
  static readonly A = 3;
  static readonly B = 4;
  static readonly R = 5;
  static readonly T = 6;
  static readonly X = 7;
  static readonly Y = 8;
  readonly locals: readonly number[];

  constructor(name: Arith, format: Format) {
    super(name, format);
    const { A, B, R, T } = Scalar;
    this.locals = [I32, I32, format.type, format.type, format.type, F64, I64, I64];
    const { code } = this;
    code.get(MX).i32(STATE).op(OP.i32And).i32(STATE_ORDINARY).op(OP.i32Ne);
    this.refuse();
    for (const [local, slot] of [[A, SLOW_A], [B, SLOW_B]] as const) {
      code.get(BASE).mem(this.double ? OP.f64Load : OP.f32Load, 8 * slot).set(local);
      if (local === A && name === "sqrt") continue;
      this.magnitude(local);
      this.constant(format.min);
      code.op(this.double ? OP.f64Lt : OP.f32Lt);
      this.isZero(local);
      code.op(OP.i32Eqz, OP.i32And);
      this.refuse();
    }
    if (name !== "sqrt") code.get(A);
    code.get(B).op(arithOpcode(name, format, false)).set(R);
    this.isZero(R);
    code.op(OP.if, VOID);
    this.#zero();
    code.op(OP.else);
    this.magnitude(R);
    this.constant(Infinity);
    code.op(this.double ? OP.f64Eq : OP.f32Eq, OP.if, VOID);
    this.#infinite();
    code.op(OP.else);
    // Not a NaN, not denormal, and not what a tiny number may have been rounded up to.
    this.magnitude(R);
    this.constant(format.min);
    code.op(this.double ? OP.f64Gt : OP.f32Gt, OP.i32Eqz);
    this.refuse();
    code.get(MX).i32(PE).op(OP.i32And, OP.i32Eqz, OP.if, VOID);
    this.#inexact();
    code.op(OP.if, VOID).get(BASE).get(MX).i32(PE).op(OP.i32Or).mem(OP.i32Store, 8 * MXCSR).op(OP.end);
    code.op(OP.end, OP.end, OP.end);
    code.get(BASE).get(R).mem(this.double ? OP.f64Store : OP.f32Store, 8 * SLOW_R).i32(1);
    void T;
  }

  private magnitude(local: number): void {
    this.code.get(local).op(this.double ? OP.f64Abs : OP.f32Abs);
  }
  private constant(value: number): void {
    if (this.double) this.code.f64Const(value);
    else this.code.f64Const(value).op(OP.f32DemoteF64);
  }
  private isZero(local: number): void {
    this.code.get(local);
    this.constant(0);
    this.code.op(this.double ? OP.f64Eq : OP.f32Eq);
  }
  private isInfinite(local: number): void {
    this.magnitude(local);
    this.constant(Infinity);
    this.code.op(this.double ? OP.f64Eq : OP.f32Eq);
  }

  /** A zero is exact for sums; for products and quotients only if it comes from one. */
  #zero(): void {
    if (this.name !== "mul" && this.name !== "div") return;
    this.isZero(Scalar.A);
    if (this.name === "mul") {
      this.isZero(Scalar.B);
      this.code.op(OP.i32Or);
    }
    this.code.op(OP.i32Eqz);
    this.refuse();
  }
  /** An infinity is exact if it comes from one. */
  #infinite(): void {
    if (this.name === "sqrt") return;
    this.isInfinite(Scalar.A);
    if (this.name !== "div") {
      this.isInfinite(Scalar.B);
      this.code.op(OP.i32Or);
    }
    this.code.op(OP.i32Eqz);
    this.refuse();
  }

  /** Pushes whether R is not the exact result (R is normal, and so are the operands, or zero for sums). */
  #inexact(): void {
    const { A, B, R, T } = Scalar, { code, name, double } = this;
    if (name === "add" || name === "sub") {
      // Knuth's sum: the rounding error, exactly.
      const [plus, minus] = double ? [OP.f64Add, OP.f64Sub] : [OP.f32Add, OP.f32Sub];
      const wide = (push: () => void) => {
        push();
        if (!double) code.op(OP.f64PromoteF32);
      };
      const t = () => {
        wide(() => code.get(R).get(A).op(minus));
        code.set(T);
      };
      const narrowT = () => {
        code.get(T);
        if (!double) code.op(OP.f32DemoteF64);
      };
      t();
      code.get(A).get(R);
      narrowT();
      code.op(minus, minus);
      if (name === "add") {
        code.get(B);
        narrowT();
        code.op(minus);
      } else {
        // -B - T
        narrowT();
        code.get(B).op(plus, double ? 0x9a : 0x8c);
      }
      code.op(plus);
      this.constant(0);
      code.op(double ? OP.f64Ne : OP.f32Ne);
      return;
    }
    const factors = name === "mul" ? [A, B] : name === "div" ? [R, B] : [R, R];
    const product = name === "mul" ? R : name === "div" ? A : B;
    if (!double) {
      // Products of singles are exact in doubles.
      for (const factor of factors) code.get(factor).op(OP.f64PromoteF32);
      code.op(OP.f64Mul).get(product).op(OP.f64PromoteF32, OP.f64Ne);
      return;
    }
    if (name !== "mul") {
      code.get(factors[0]!).get(factors[1]!).op(OP.f64Mul).get(product).op(OP.f64Ne, OP.if, I32).i32(1).op(
        OP.else,
      );
    }
    this.#longProduct(factors[0]!, factors[1]!);
    if (name !== "mul") code.op(OP.end);
  }

  /** Pushes whether the product of two doubles needs more than 53 bits: by the odd numbers that they are multiples of. */
  #longProduct(a: number, b: number): void {
    const { X, Y } = Scalar, { code } = this;
    for (const [local, odd] of [[a, X], [b, Y]] as const) {
      code.get(local).op(OP.i64ReinterpretF64).i64(-1, 0xfffff).op(OP.i64And).i64(0, 0x100000).op(OP.i64Or);
      code.tee(odd).get(odd).op(OP.i64Ctz, OP.i64ShrU).set(odd);
    }
    // Less than 64 bits in all, or too many anyway.
    code.get(X).op(OP.i64Clz).get(Y).op(OP.i64Clz, OP.i64Add).i64(128 - 55, 0).op(OP.i64LeU, OP.if, I32).i32(
      1,
    );
    code.op(OP.else).get(X).get(Y).op(OP.i64Mul).i64(53, 0).op(OP.i64ShrU).i64(0, 0).op(OP.i64Ne, OP.end);
  }
}

class Packed extends Slow {
  readonly locals: readonly number[];

  constructor(name: Arith, format: Format) {
    super(name, format);
    const A = 3, B = 4, R = 5;
    this.locals = [I32, I32, V128, V128, V128];
    const { code } = this;
    code.get(MX).i32(STATE | PE).op(OP.i32And).i32(STATE_ORDINARY | PE).op(OP.i32Ne, OP.if, VOID);
    this.#lanes();
    code.op(OP.end);
    const simd = (double: number, single: number) => code.simd(this.double ? double : single);
    const magnitude = (local: number) => {
      code.get(local);
      simd(0xec, 0xe0);
    };
    const constant = (value: number) => {
      code.f64Const(value);
      if (this.double) code.simd(SIMD.f64x2Splat);
      else code.op(OP.f32DemoteF64).simd(SIMD.f32x4Splat);
    };
    const isZero = (local: number) => {
      code.get(local);
      constant(0);
      simd(0x47, 0x41);
    };
    const and = 0x4e, or = 0x50, andNot = 0x4f, not = 0x4d, any = 0x53;
    for (const [local, slot] of [[A, SLOW_A], [B, SLOW_B]] as const) {
      code.get(BASE).simd(SIMD.load).op(0).u(8 * slot).set(local);
      if (local === A && name === "sqrt") continue;
      magnitude(local);
      constant(format.min);
      simd(0x49, 0x43);
      isZero(local);
      code.simd(andNot).simd(any);
      this.refuse();
    }
    if (name !== "sqrt") code.get(A);
    code.get(B).simd(arithOpcode(name, format, true)).set(R);
    magnitude(R);
    constant(format.min);
    simd(0x4a, 0x44);
    magnitude(R);
    constant(format.max);
    simd(0x4b, 0x45);
    code.simd(and);
    isZero(R);
    if (name === "mul" || name === "div") {
      isZero(A);
      if (name === "mul") {
        isZero(B);
        code.simd(or);
      }
      code.simd(and);
    }
    code.simd(or).simd(not).simd(any);
    this.refuse();
    code.get(BASE).get(R).simd(SIMD.store).op(0).u(8 * SLOW_R).i32(1);
  }

  /** Returns what the function for one lane makes of each of them. */
  #lanes(): void {
    const A = 3, B = 4, R = 5, { code, format: { bytes }, double } = this;
    const [extract, replace] = double
      ? [SIMD.f64x2Extract, SIMD.f64x2Replace]
      : [SIMD.f32x4Extract, SIMD.f32x4Replace];
    const store = double ? OP.f64Store : OP.f32Store, load = double ? OP.f64Load : OP.f32Load;
    const operands = [[A, SLOW_A], [B, SLOW_B]] as const;
    for (const [local, slot] of operands) code.get(BASE).simd(SIMD.load).op(0).u(8 * slot).set(local);
    for (let lane = 0; lane < 16 / bytes; lane++) {
      for (const [local, slot] of operands) {
        code.get(BASE).get(local).simd(extract).op(lane).mem(store, 8 * slot);
      }
      // Lanes before may have raised the precision flag: it is sticky, and was to be raised anyway. With operands as they were, the helper goes on.
      code.get(C).i32(slowArith(this.name, this.format, false)).op(OP.callIndirect).u(0).u(0).op(OP.i32Eqz);
      this.refuse();
      code.get(R).get(BASE).mem(load, 8 * SLOW_R).simd(replace).op(lane).set(R);
    }
    code.get(BASE).get(R).simd(SIMD.store).op(0).u(8 * SLOW_R).i32(1).op(OP.return);
  }
}

for (const name of Object.keys(SCALAR) as Arith[]) {
  for (const format of [DOUBLE, SINGLE]) {
    declareShared(nameOf(name, format, false), () => new Scalar(name, format));
    declareShared(nameOf(name, format, true), () => new Packed(name, format));
  }
}
