// How the wasm functions of x87 instructions (x87_functions.ts) are written: their locals, and the steps they are put together from.

import { BOUNCE, FPU_CONTROL, FPU_REGS, FPU_TAG } from "../cpu.ts";
import { Code, I32, I64, OP, VOID } from "./encoder.ts";

export const X87_ARGUMENT: number = BOUNCE, X87_VALUE: number = BOUNCE + 1;

/** Bits of the argument word: two register numbers, then these. */
export const SECOND_SHIFT = 4, SWAP = 0x100, POP = 0x200, TRUNCATE = 0x400;

export type Source = "register" | "m80" | "m64" | "m32" | "int";
export type X87Arith = "add" | "sub" | "mul" | "div";

// Locals; 0 is the parameter.
export const C = 0,
  BASE = 1,
  ARG = 2,
  SW = 3,
  TAG = 4,
  TOP = 5,
  D = 6,
  EA = 7,
  EB = 8,
  E = 9,
  S = 10,
  T = 11,
  UP = 12;
export const MA = 13, MB = 14, M = 15, X = 16, Y = 17, Z = 18, W = 19;
export const LOCALS: readonly number[] = [...new Array(MA - 1).fill(I32), ...new Array(W - MA + 1).fill(I64)];

export const CW_AT = 8 * FPU_CONTROL,
  SW_AT = CW_AT + 4,
  TAG_AT = 8 * FPU_TAG,
  SIGNIFICAND = 8 * FPU_REGS,
  SE = SIGNIFICAND + 8;
export const ES = 0x80, C1 = 0x200, PE = 0x20, TOP_FIELD = 0x3800;
export const BIAS = 16383, EXPONENT = 0x7fff;

export class X87Code {
  readonly code = new Code();

  constructor() {
    const { code } = this;
    code.get(C).i32(2).op(OP.i32Shl).tee(BASE).mem(OP.i32Load, 8 * X87_ARGUMENT).set(ARG);
    code.get(BASE).mem(OP.i32Load, SW_AT).tee(SW).i32(ES).op(OP.i32And);
    this.refuse();
    code.get(SW).i32(11).op(OP.i32ShrU).i32(7).op(OP.i32And).set(TOP);
    code.get(BASE).mem(OP.i32Load, TAG_AT).set(TAG);
  }

  /** Returns 0 if the i32 on the stack is not 0. */
  refuse(): void {
    this.code.hint(false).op(OP.if, VOID).i32(0).op(OP.return, OP.end);
  }
  protected control(mask: number, value: number): void {
    this.code.get(BASE).mem(OP.i32Load, CW_AT).i32(mask).op(OP.i32And).i32(value).op(OP.i32Ne);
    this.refuse();
  }
  /** Pushes the number that the argument word has at `shift`. */
  protected number(shift: number): void {
    this.code.get(ARG);
    if (shift) this.code.i32(shift).op(OP.i32ShrU);
    this.code.i32(7).op(OP.i32And);
  }
  /** The physical number of ST(i), i on the stack, into T; it must be in use (or, `empty`, must not). */
  protected locate(empty = false): void {
    const { code } = this;
    code.get(TOP).op(OP.i32Add).i32(7).op(OP.i32And).set(T);
    code.get(TAG).get(T).op(OP.i32ShrU).i32(1).op(OP.i32And);
    if (!empty) code.op(OP.i32Eqz);
    this.refuse();
  }
  /** Pushes the address of register T. */
  protected at(): void {
    this.code.get(T).i32(4).op(OP.i32Shl).get(BASE).op(OP.i32Add);
  }
  /** Reads register T. */
  protected read(m: number, e: number): void {
    this.at();
    this.code.mem(OP.i64Load, SIGNIFICAND).set(m);
    this.at();
    this.code.mem(OP.i32Load16u, SE).set(e);
  }
  /** Pushes whether a number is normal, or zero. */
  protected isNormal(m: number, e: number): void {
    this.code.get(e).i32(EXPONENT).op(OP.i32And).i32(1).op(OP.i32Sub).i32(EXPONENT - 1).op(OP.i32LtU);
    this.code.get(m).i64(0, 0).op(OP.i64LtS, OP.i32And);
  }
  protected isZero(m: number, e: number): void {
    this.code.get(m).op(OP.i64Eqz).get(e).i32(EXPONENT).op(OP.i32And, OP.i32Eqz, OP.i32And);
  }

  /** Takes the memory operand apart; NaNs, infinities and denormals are refused. */
  protected value(source: Source, m: number, e: number): void {
    const { code } = this;
    code.get(BASE).mem(source === "m32" ? OP.i64Load32u : OP.i64Load, 8 * X87_VALUE).set(Y);
    if (source === "m80") {
      code.get(Y).set(m).get(BASE).mem(OP.i32Load16u, 8 * X87_VALUE + 8).set(e);
      return;
    }
    if (source === "int") {
      code.get(Y).i64(63, 0).op(OP.i64ShrU, OP.i32WrapI64).set(S);
      code.get(Y).get(Y).i64(63, 0).op(OP.i64ShrS).tee(Z).op(OP.i64Xor).get(Z).op(OP.i64Sub).tee(Y).op(
        OP.i64Eqz,
      );
      code.op(OP.if, VOID).i64(0, 0).set(m).i32(0).set(e).op(OP.else);
      code.get(Y).get(Y).op(OP.i64Clz).tee(Z).op(OP.i64Shl).set(m);
      code.i32(BIAS + 63).get(Z).op(OP.i32WrapI64, OP.i32Sub).get(S).i32(15).op(OP.i32Shl, OP.i32Or).set(e);
      code.op(OP.end);
      return;
    }
    const [bits, fraction, bias] = source === "m64" ? [11, 52, 1023] : [8, 23, 127], max = 2 ** bits - 1;
    code.get(Y).i64(fraction, 0).op(OP.i64ShrU, OP.i32WrapI64).i32(max).op(OP.i32And).tee(e).i32(max).op(
      OP.i32Eq,
    );
    this.refuse();
    // The sign
    code.get(Y).i64(bits + fraction, 0).op(OP.i64ShrU, OP.i32WrapI64).i32(15).op(OP.i32Shl).set(S);
    code.get(Y).i64(63 - fraction, 0).op(OP.i64Shl).set(m);
    code.get(e).op(OP.i32Eqz, OP.if, VOID);
    code.get(m).i64(-1, 0x7fffffff).op(OP.i64And, OP.i64Eqz, OP.i32Eqz);
    this.refuse();
    code.i64(0, 0).set(m).get(S).set(e).op(OP.else);
    code.get(m).i64(0, -0x80000000).op(OP.i64Or).set(m);
    code.get(e).i32(BIAS - bias).op(OP.i32Add).get(S).op(OP.i32Or).set(e).op(OP.end);
  }

  /** Stores status (with C1 from UP and PE if X is not 0) and tags, popping if the argument says so; returns 1. */
  protected finish(inexact: boolean, keep = false): void {
    const { code } = this;
    if (!keep) {
      code.get(SW).i32(~C1).op(OP.i32And);
      if (inexact) {
        code.get(UP).i32(9).op(OP.i32Shl, OP.i32Or);
        code.i32(PE).i32(0).get(X).op(OP.i64Eqz, OP.i32Eqz, OP.select, OP.i32Or);
      }
      code.set(SW);
    }
    code.get(ARG).i32(POP).op(OP.i32And, OP.if, VOID);
    code.get(SW).i32(~TOP_FIELD).op(OP.i32And).get(TOP).i32(1).op(OP.i32Add).i32(7).op(OP.i32And).i32(11);
    code.op(OP.i32Shl, OP.i32Or).set(SW);
    code.get(BASE).get(TAG).i32(1).get(TOP).op(OP.i32Shl).i32(-1).op(OP.i32Xor, OP.i32And).mem(
      OP.i32Store,
      TAG_AT,
    );
    code.op(OP.end);
    code.get(BASE).get(SW).mem(OP.i32Store, SW_AT).i32(1);
  }

  /** Rounding up to nearest, from M and the fraction behind it, X: 0 or 1 into UP, added to M. */
  protected roundUp(): void {
    const { code } = this;
    code.get(X).i64(63, 0).op(OP.i64ShrU, OP.i32WrapI64);
    code.get(X).i64(1, 0).op(OP.i64Shl).i64(0, 0).op(OP.i64Ne).get(M).op(OP.i32WrapI64).i32(1).op(
      OP.i32And,
      OP.i32Or,
    );
    code.op(OP.i32And).set(UP);
    code.get(M).get(UP).op(OP.i64ExtendI32U, OP.i64Add).set(M);
  }

  protected sign(e: number): void {
    this.code.get(e).i32(15).op(OP.i32ShrU);
  }
  protected exponent(e: number): void {
    this.code.get(e).i32(EXPONENT).op(OP.i32And);
  }
}
