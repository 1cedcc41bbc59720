// x87 instructions as wasm functions on the CPU state in memory, for operands and results that are normal numbers or zeros.
//
// Each takes the CPU state, finds its numbers in slot X87_ARGUMENT (see `Arguments`) and a memory operand in X87_VALUE, where it leaves what is to
// be stored. It returns 1, or 0 when it has done nothing because something is out of the ordinary: then it is the exact helper's turn
// (translator/x87). Ordinary: no exception pending, all masked, rounding to nearest, for arithmetic to 64 bits, registers not empty.

import { BOUNCE, FPU_CONTROL, FPU_REGS, FPU_TAG } from "../cpu.ts";
import { Code, I32, I64, OP, VOID } from "./encoder.ts";
import { declareShared } from "./shared.ts";

export const X87_ARGUMENT: number = BOUNCE, X87_VALUE: number = BOUNCE + 1;

/** Bits of the argument word: two register numbers, then these. */
export const SECOND_SHIFT = 4, SWAP = 0x100, POP = 0x200, TRUNCATE = 0x400;

export type Source = "register" | "m80" | "m64" | "m32" | "int";
export type X87Arith = "add" | "sub" | "mul" | "div";

// Locals; 0 is the parameter.
const C = 0,
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
const MA = 13, MB = 14, M = 15, X = 16, Y = 17, Z = 18, W = 19;
const LOCALS = [...new Array(MA - 1).fill(I32), ...new Array(W - MA + 1).fill(I64)];

const CW_AT = 8 * FPU_CONTROL,
  SW_AT = CW_AT + 4,
  TAG_AT = 8 * FPU_TAG,
  SIGNIFICAND = 8 * FPU_REGS,
  SE = SIGNIFICAND + 8;
const ES = 0x80, C1 = 0x200, PE = 0x20, TOP_FIELD = 0x3800;
const BIAS = 16383, EXPONENT = 0x7fff;

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
  #control(mask: number, value: number): void {
    this.code.get(BASE).mem(OP.i32Load, CW_AT).i32(mask).op(OP.i32And).i32(value).op(OP.i32Ne);
    this.refuse();
  }
  /** Pushes the number that the argument word has at `shift`. */
  #number(shift: number): void {
    this.code.get(ARG);
    if (shift) this.code.i32(shift).op(OP.i32ShrU);
    this.code.i32(7).op(OP.i32And);
  }
  /** The physical number of ST(i), i on the stack, into T; it must be in use (or, `empty`, must not). */
  #locate(empty = false): void {
    const { code } = this;
    code.get(TOP).op(OP.i32Add).i32(7).op(OP.i32And).set(T);
    code.get(TAG).get(T).op(OP.i32ShrU).i32(1).op(OP.i32And);
    if (!empty) code.op(OP.i32Eqz);
    this.refuse();
  }
  /** Pushes the address of register T. */
  #at(): void {
    this.code.get(T).i32(4).op(OP.i32Shl).get(BASE).op(OP.i32Add);
  }
  /** Reads register T. */
  #read(m: number, e: number): void {
    this.#at();
    this.code.mem(OP.i64Load, SIGNIFICAND).set(m);
    this.#at();
    this.code.mem(OP.i32Load16u, SE).set(e);
  }
  /** Pushes whether a number is normal, or zero. */
  #isNormal(m: number, e: number): void {
    this.code.get(e).i32(EXPONENT).op(OP.i32And).i32(1).op(OP.i32Sub).i32(EXPONENT - 1).op(OP.i32LtU);
    this.code.get(m).i64(0, 0).op(OP.i64LtS, OP.i32And);
  }
  #isZero(m: number, e: number): void {
    this.code.get(m).op(OP.i64Eqz).get(e).i32(EXPONENT).op(OP.i32And, OP.i32Eqz, OP.i32And);
  }

  /** Takes the memory operand apart; NaNs, infinities and denormals are refused. */
  #value(source: Source, m: number, e: number): void {
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
  #finish(inexact: boolean, keep = false): void {
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
  #roundUp(): void {
    const { code } = this;
    code.get(X).i64(63, 0).op(OP.i64ShrU, OP.i32WrapI64);
    code.get(X).i64(1, 0).op(OP.i64Shl).i64(0, 0).op(OP.i64Ne).get(M).op(OP.i32WrapI64).i32(1).op(
      OP.i32And,
      OP.i32Or,
    );
    code.op(OP.i32And).set(UP);
    code.get(M).get(UP).op(OP.i64ExtendI32U, OP.i64Add).set(M);
  }

  /** ST(first number) = it op the source. */
  arith(name: X87Arith, source: Source): void {
    const { code } = this;
    this.#control(0xf3f, 0x33f);
    this.#number(0);
    this.#locate();
    this.#read(MA, EA);
    this.#at();
    code.set(D);
    if (source === "register") {
      this.#number(SECOND_SHIFT);
      this.#locate();
      this.#read(MB, EB);
    } else this.#value(source, MB, EB);
    code.get(ARG).i32(SWAP).op(OP.i32And, OP.if, VOID);
    code.get(MA).get(MB).set(MA).set(MB).get(EA).get(EB).set(EA).set(EB).op(OP.end);
    if (name === "sub") code.get(EB).i32(0x8000).op(OP.i32Xor).set(EB);
    code.i64(0, 0).set(X).i32(0).set(E);
    if (name === "add" || name === "sub") this.#add();
    else this.#product(name);
    this.#roundUp();
    code.get(UP).get(M).op(OP.i64Eqz, OP.i32And, OP.if, VOID);
    code.i64(0, -0x80000000).set(M).get(E).i32(1).op(OP.i32Add).set(E).op(OP.end);
    // Overflow and underflow are the helper's; zeros have been made on purpose.
    code.get(E).i32(1).op(OP.i32Sub).i32(EXPONENT - 1).op(OP.i32GeU).get(M).op(
      OP.i64Eqz,
      OP.i32Eqz,
      OP.i32And,
    );
    this.refuse();
    code.get(D).get(M).mem(OP.i64Store, SIGNIFICAND);
    code.get(D).get(S).i32(15).op(OP.i32Shl).get(E).op(OP.i32Or).mem(OP.i32Store, SE);
    this.#finish(true);
  }

  #sign(e: number): void {
    this.code.get(e).i32(15).op(OP.i32ShrU);
  }
  #exponent(e: number): void {
    this.code.get(e).i32(EXPONENT).op(OP.i32And);
  }

  #add(): void {
    const { code } = this;
    this.#isNormal(MA, EA);
    this.#isNormal(MB, EB);
    code.op(OP.i32And, OP.i32Eqz, OP.if, VOID);
    // One zero: the other number, exactly.
    this.#isZero(MA, EA);
    code.op(OP.if, VOID).get(MB).get(EB).get(MA).get(EA).set(EB).set(MB).set(EA).set(MA).op(OP.end);
    this.#isNormal(MA, EA);
    this.#isZero(MB, EB);
    code.op(OP.i32And, OP.i32Eqz);
    this.refuse();
    code.get(MA).set(M);
    this.#exponent(EA);
    code.set(E);
    this.#sign(EA);
    code.set(S).op(OP.else);
    // The larger one first.
    this.#exponent(EA);
    this.#exponent(EB);
    code.op(OP.i32LtU);
    this.#exponent(EA);
    this.#exponent(EB);
    code.op(OP.i32Eq).get(MA).get(MB).op(OP.i64LtU, OP.i32And, OP.i32Or, OP.if, VOID);
    code.get(MB).get(EB).get(MA).get(EA).set(EB).set(MB).set(EA).set(MA).op(OP.end);
    this.#exponent(EA);
    code.tee(E);
    this.#exponent(EB);
    code.op(OP.i32Sub).set(T);
    this.#sign(EA);
    code.set(S);
    // MB >> T with the fraction in X.
    code.get(T).op(OP.if, VOID);
    code.get(T).op(OP.i64ExtendI32U).set(Z).get(T).i32(64).op(OP.i32LtU, OP.if, VOID);
    code.get(MB).i64(64, 0).get(Z).op(OP.i64Sub, OP.i64Shl).set(X).get(MB).get(Z).op(OP.i64ShrU).set(MB).op(
      OP.else,
    );
    code.get(T).i32(64).op(OP.i32Eq, OP.if, VOID).get(MB).set(X).op(OP.else);
    code.get(T).i32(128).op(OP.i32LtU, OP.if, VOID);
    code.get(MB).get(Z).i64(64, 0).op(OP.i64Sub, OP.i64ShrU).i64(1, 0).op(OP.i64Or).set(X).op(OP.else);
    code.i64(1, 0).set(X).op(OP.end, OP.end).i64(0, 0).set(MB).op(OP.end, OP.end);
    code.get(EA).get(EB).op(OP.i32Xor).i32(0x8000).op(OP.i32And, OP.i32Eqz, OP.if, VOID);
    code.get(MA).get(MB).op(OP.i64Add).tee(M).get(MA).op(OP.i64LtU, OP.if, VOID);
    code.get(X).i64(1, 0).op(OP.i64ShrU).get(X).i64(1, 0).op(OP.i64And, OP.i64Or);
    code.get(M).i64(63, 0).op(OP.i64Shl, OP.i64Or).set(X);
    code.get(M).i64(1, 0).op(OP.i64ShrU).i64(0, -0x80000000).op(OP.i64Or).set(M);
    code.get(E).i32(1).op(OP.i32Add).set(E).op(OP.end, OP.else);
    code.get(MA).get(MB).op(OP.i64Sub).get(X).i64(0, 0).op(OP.i64Ne, OP.i64ExtendI32U, OP.i64Sub).set(M);
    code.i64(0, 0).get(X).op(OP.i64Sub).set(X);
    code.get(M).op(OP.i64Eqz, OP.if, VOID);
    code.get(X).set(M).i64(0, 0).set(X).get(E).i32(64).op(OP.i32Sub).set(E).op(OP.end);
    code.get(M).op(OP.i64Eqz, OP.if, VOID).i32(0).set(E).i32(0).set(S).op(OP.else);
    code.get(M).op(OP.i64Clz).tee(Z).op(OP.i64Eqz, OP.i32Eqz, OP.if, VOID);
    code.get(M).get(Z).op(OP.i64Shl).get(X).i64(64, 0).get(Z).op(OP.i64Sub, OP.i64ShrU, OP.i64Or).set(M);
    code.get(X).get(Z).op(OP.i64Shl).set(X).get(E).get(Z).op(OP.i32WrapI64, OP.i32Sub).set(E).op(
      OP.end,
      OP.end,
    );
    code.op(OP.end, OP.end);
  }

  #product(name: "mul" | "div"): void {
    const { code } = this;
    code.get(EA).get(EB).op(OP.i32Xor).i32(15).op(OP.i32ShrU).set(S);
    this.#isNormal(MA, EA);
    this.#isNormal(MB, EB);
    code.op(OP.i32And, OP.i32Eqz, OP.if, VOID);
    // Zero times something, zero by a number.
    const allowed = (m: number, e: number, zero: boolean) => {
      this.#isZero(m, e);
      if (!zero) {
        this.#isNormal(m, e);
        code.op(OP.i32Or);
      }
    };
    allowed(MA, EA, name === "div");
    if (name === "mul") allowed(MB, EB, false);
    else this.#isNormal(MB, EB);
    code.op(OP.i32And, OP.i32Eqz);
    this.refuse();
    code.i64(0, 0).set(M).op(OP.else);
    this.#exponent(EA);
    this.#exponent(EB);
    if (name === "mul") this.#mul();
    else this.#div();
    code.op(OP.end);
  }

  /** Both exponents are on the stack. */
  #mul(): void {
    const { code } = this;
    code.op(OP.i32Add).i32(BIAS - 1).op(OP.i32Sub).set(E);
    const low = (local: number) => code.get(local).i64(-1, 0).op(OP.i64And);
    const high = (local: number) => code.get(local).i64(32, 0).op(OP.i64ShrU);
    low(MA);
    low(MB);
    code.op(OP.i64Mul).i64(32, 0).op(OP.i64ShrU);
    high(MA);
    low(MB);
    code.op(OP.i64Mul, OP.i64Add).tee(Z).i64(-1, 0).op(OP.i64And);
    low(MA);
    high(MB);
    code.op(OP.i64Mul, OP.i64Add).i64(32, 0).op(OP.i64ShrU);
    high(Z);
    code.op(OP.i64Add);
    high(MA);
    high(MB);
    code.op(OP.i64Mul, OP.i64Add).set(M).get(MA).get(MB).op(OP.i64Mul).set(X);
    code.get(M).i64(0, 0).op(OP.i64GeS, OP.if, VOID);
    code.get(M).i64(1, 0).op(OP.i64Shl).get(X).i64(63, 0).op(OP.i64ShrU, OP.i64Or).set(M);
    code.get(X).i64(1, 0).op(OP.i64Shl).set(X).get(E).i32(1).op(OP.i32Sub).set(E).op(OP.end);
  }

  /** Both exponents are on the stack. 128 by 64 bits in digits of 32 (Warren, Hacker's Delight, 9-4). */
  #div(): void {
    const { code } = this;
    code.op(OP.i32Sub).i32(BIAS - 1).op(OP.i32Add).set(E);
    // The dividend is MA:Y, its upper half below the divisor.
    code.i64(0, 0).set(Y).get(MA).get(MB).op(OP.i64GeU, OP.if, VOID);
    code.get(MA).i64(63, 0).op(OP.i64Shl).set(Y).get(MA).i64(1, 0).op(OP.i64ShrU).set(MA);
    code.get(E).i32(1).op(OP.i32Add).set(E).op(OP.end);
    const vHigh = () => code.get(MB).i64(32, 0).op(OP.i64ShrU);
    const vLow = () => code.get(MB).i64(-1, 0).op(OP.i64And);
    for (const [digit, next] of [[Z, 32], [W, 0]] as const) {
      const under = () => code.get(Y).i64(next, 0).op(OP.i64ShrU).i64(-1, 0).op(OP.i64And);
      code.get(MA);
      vHigh();
      code.op(0x80).set(digit).get(MA).get(digit);
      vHigh();
      code.op(OP.i64Mul, OP.i64Sub).set(X);
      code.op(OP.block, VOID, OP.loop, VOID);
      // Done unless the digit is too large: digit ≥ 2^32, or digit × low > rest : next.
      code.get(digit).i64(32, 0).op(OP.i64ShrU, OP.i64Eqz).get(digit);
      vLow();
      code.op(OP.i64Mul).get(X).i64(32, 0).op(OP.i64Shl);
      under();
      code.op(OP.i64Or, OP.i64LeU, OP.i32And).brIf(1);
      code.get(digit).i64(1, 0).op(OP.i64Sub).set(digit).get(X);
      vHigh();
      code.op(OP.i64Add).tee(X).i64(32, 0).op(OP.i64ShrU, OP.i64Eqz).brIf(0);
      code.op(OP.end, OP.end);
      code.get(MA).i64(32, 0).op(OP.i64Shl);
      under();
      code.op(OP.i64Or).get(digit).get(MB).op(OP.i64Mul, OP.i64Sub).set(MA);
    }
    code.get(Z).i64(32, 0).op(OP.i64Shl).get(W).op(OP.i64Or).set(M);
    // The fraction: nothing, less than a half, a half, or more, as the remainder tells.
    code.i64(0, 0).set(X).get(MA).op(OP.i64Eqz, OP.i32Eqz, OP.if, VOID);
    code.get(MB).get(MA).op(OP.i64Sub).set(Y);
    code.i64(0, -0x40000000).i64(0, 0x40000000).get(MA).get(Y).op(OP.i64GtU, OP.select).set(X);
    code.get(MA).get(Y).op(OP.i64Eq, OP.if, VOID).i64(0, -0x80000000).set(X).op(OP.end, OP.end);
  }

  /** Pushes the source (a register: the first number). */
  push(source: Source): void {
    const { code } = this;
    if (source === "register") {
      this.#number(0);
      this.#locate();
      this.#read(M, E);
    } else this.#value(source, M, E);
    code.i32(7);
    this.#locate(true);
    this.#at();
    code.get(M).mem(OP.i64Store, SIGNIFICAND);
    this.#at();
    code.get(E).mem(OP.i32Store, SE);
    code.get(BASE).get(TAG).i32(1).get(T).op(OP.i32Shl, OP.i32Or).mem(OP.i32Store, TAG_AT);
    code.get(BASE).get(SW).i32(~(TOP_FIELD | C1)).op(OP.i32And).get(T).i32(11).op(OP.i32Shl, OP.i32Or);
    code.mem(OP.i32Store, SW_AT).i32(1);
  }

  /** Reads ST(0) into M and E. */
  #first(): void {
    this.code.i32(0);
    this.#locate();
    this.#read(M, E);
  }

  /** ST(first number) = ST(0). */
  copy(): void {
    const { code } = this;
    this.#first();
    this.#number(0);
    code.get(TOP).op(OP.i32Add).i32(7).op(OP.i32And).set(T);
    this.#at();
    code.get(M).mem(OP.i64Store, SIGNIFICAND);
    this.#at();
    code.get(E).mem(OP.i32Store, SE);
    code.get(TAG).i32(1).get(T).op(OP.i32Shl, OP.i32Or).set(TAG).get(BASE).get(TAG).mem(OP.i32Store, TAG_AT);
    this.#finish(false);
  }
  exchange(): void {
    const { code } = this;
    this.#first();
    this.#at();
    code.set(D);
    this.#number(0);
    this.#locate();
    this.#read(MB, EB);
    this.#at();
    code.get(M).mem(OP.i64Store, SIGNIFICAND);
    this.#at();
    code.get(E).mem(OP.i32Store, SE);
    code.get(D).get(MB).mem(OP.i64Store, SIGNIFICAND).get(D).get(EB).mem(OP.i32Store, SE);
    this.#finish(false);
  }
  /** FCHS, FABS. */
  changeSign(absolute: boolean): void {
    const { code } = this;
    this.#first();
    this.#at();
    code.get(E);
    if (absolute) code.i32(EXPONENT).op(OP.i32And);
    else code.i32(0x8000).op(OP.i32Xor);
    code.mem(OP.i32Store, SE);
    this.#finish(false);
  }

  /** Flags of comparing ST(0) with ST(first number) as the value. */
  compare(): void {
    const { code } = this;
    this.#first();
    code.get(M).set(MA).get(E).set(EA);
    this.#number(0);
    this.#locate();
    this.#read(MB, EB);
    for (const [m, e] of [[MA, EA], [MB, EB]] as const) {
      this.#isNormal(m, e);
      this.#isZero(m, e);
      code.op(OP.i32Or, OP.i32Eqz);
      this.refuse();
    }
    // T: magnitudes equal; UP: ST(0)'s is less
    this.#exponent(EA);
    this.#exponent(EB);
    code.op(OP.i32Eq).tee(T).get(MA).get(MB).op(OP.i64LtU, OP.i32And);
    this.#exponent(EA);
    this.#exponent(EB);
    code.op(OP.i32LtU, OP.i32Or).set(UP);
    code.get(T).get(MA).get(MB).op(OP.i64Eq, OP.i32And).set(T);
    code.get(BASE);
    code.get(MA).get(MB).op(OP.i64Or, OP.i64Eqz, OP.if, I32).i32(0x40).op(OP.else);
    code.get(EA).get(EB).op(OP.i32Xor).i32(0x8000).op(OP.i32And, OP.if, I32);
    this.#sign(EA);
    code.op(OP.else);
    code.i32(0x40).get(UP);
    this.#sign(EA);
    code.op(OP.i32Xor).get(T).op(OP.select, OP.end, OP.end);
    code.mem(OP.i32Store, 8 * X87_VALUE);
    this.#finish(false, true);
  }

  /** ST(0) as a double or single. */
  toFloat(double: boolean): void {
    const { code } = this;
    const [bits, bias, max] = double ? [53, 1023, 2046] : [24, 127, 254];
    this.#control(0xc3f, 0x3f);
    this.#first();
    this.#isZero(M, E);
    code.op(OP.if, VOID).i64(0, 0).set(Y).i64(0, 0).set(X).i32(0).set(UP).op(OP.else);
    this.#isNormal(M, E);
    code.op(OP.i32Eqz);
    this.refuse();
    // Away from the ends of the range, where rounding may overflow or results are denormal.
    this.#exponent(E);
    code.i32(BIAS - bias).op(OP.i32Sub).tee(EA).i32(2).op(OP.i32Sub).i32(max - 3).op(OP.i32GeU);
    this.refuse();
    code.get(M).i64(bits, 0).op(OP.i64Shl).set(X).get(M).i64(64 - bits, 0).op(OP.i64ShrU).set(M);
    this.#roundUp();
    // The integer bit adds one to the exponent, as does a carry.
    code.get(EA).i32(1).op(OP.i32Sub, OP.i64ExtendI32U).i64(bits - 1, 0).op(OP.i64Shl).get(M).op(OP.i64Add)
      .set(Y);
    code.op(OP.end);
    code.get(BASE).get(Y);
    this.#sign(E);
    code.op(OP.i64ExtendI32U).i64(double ? 63 : 31, 0).op(OP.i64Shl, OP.i64Or).mem(
      OP.i64Store,
      8 * X87_VALUE,
    );
    this.#finish(true);
  }

  /** ST(0) as it is. */
  toExtended(): void {
    const { code } = this;
    this.#first();
    code.get(BASE).get(M).mem(OP.i64Store, 8 * X87_VALUE).get(BASE).get(E).mem(
      OP.i32Store,
      8 * X87_VALUE + 8,
    );
    this.#finish(false);
  }

  /** ST(0) as an integer, rounded to nearest or truncated. */
  toInt(bits: number): void {
    const { code } = this;
    this.#control(0x3f, 0x3f);
    // D: whether to truncate
    code.get(BASE).mem(OP.i32Load, CW_AT).i32(10).op(OP.i32ShrU).i32(3).op(OP.i32And).set(T);
    code.get(ARG).i32(TRUNCATE).op(OP.i32And).get(T).i32(3).op(OP.i32Eq, OP.i32Or).tee(D).get(T).op(
      OP.i32Eqz,
      OP.i32Or,
    );
    code.op(OP.i32Eqz);
    this.refuse();
    this.#first();
    code.i32(0).set(UP);
    this.#isZero(M, E);
    code.op(OP.if, VOID).i64(0, 0).set(X).op(OP.else);
    this.#isNormal(M, E);
    code.op(OP.i32Eqz);
    this.refuse();
    // How far the unit is from the significand's last bit: at least one, so that the integer has 63 bits at most.
    code.i32(BIAS + 63);
    this.#exponent(E);
    code.op(OP.i32Sub).tee(EA).i32(1).op(OP.i32LtS);
    this.refuse();
    code.get(EA).i32(64).op(OP.i32LtS, OP.if, VOID).get(EA).op(OP.i64ExtendI32U).set(Z);
    code.get(M).i64(64, 0).get(Z).op(OP.i64Sub, OP.i64Shl).set(X).get(M).get(Z).op(OP.i64ShrU).set(M).op(
      OP.else,
    );
    code.get(M).i64(1, 0).get(EA).i32(64).op(OP.i32Eq, OP.select).set(X).i64(0, 0).set(M).op(OP.end);
    code.get(D).op(OP.i32Eqz, OP.if, VOID);
    this.#roundUp();
    code.op(OP.end);
    if (bits < 64) code.get(M).i64(2 ** (bits - 1) - 1, 0).op(OP.i64GtU);
    else code.get(M).i64(0, 0).op(OP.i64LtS);
    this.refuse();
    code.op(OP.end);
    code.get(BASE);
    code.i64(0, 0).get(M).op(OP.i64Sub).get(M);
    this.#sign(E);
    code.op(OP.select).mem(OP.i64Store, 8 * X87_VALUE);
    this.#finish(true);
  }
}

function declare(name: string, write: (f: X87Code) => void): void {
  declareShared(name, () => {
    const f = new X87Code();
    write(f);
    return { code: f.code, locals: LOCALS };
  });
}
for (const source of ["register", "m80", "m64", "m32", "int"] as const) {
  declare(`push ${source}`, (f) => f.push(source));
  if (source === "m80") continue;
  for (const name of ["add", "sub", "mul", "div"] as const) {
    declare(`${name} ${source}`, (f) => f.arith(name, source));
  }
}
declare("copy", (f) => f.copy());
declare("exchange", (f) => f.exchange());
declare("chs", (f) => f.changeSign(false));
declare("abs", (f) => f.changeSign(true));
declare("compare", (f) => f.compare());
declare("float 1", (f) => f.toFloat(true));
declare("float 0", (f) => f.toFloat(false));
declare("extended", (f) => f.toExtended());
for (const bits of [16, 32, 64]) declare(`int ${bits}`, (f) => f.toInt(bits));
