// x87 sums, products and quotients on 64-bit significands, rounded to nearest (see x87_functions.ts).

import { OP, pushHighProduct, VOID } from "./encoder.ts";
import {
  ARG,
  BIAS,
  D,
  E,
  EA,
  EB,
  EXPONENT,
  M,
  MA,
  MB,
  S,
  SE,
  SECOND_SHIFT,
  SIGNIFICAND,
  type Source,
  SWAP,
  T,
  UP,
  W,
  X,
  type X87Arith,
  X87Code,
  Y,
  Z,
} from "./x87_code.ts";

/** FADD, FSUB, FMUL, FDIV and their reversed forms. */
export class X87Arithmetic extends X87Code {
  /** ST(first number) = it op the source. */
  arith(name: X87Arith, source: Source): void {
    const { code } = this;
    this.control(0xf3f, 0x33f);
    this.number(0);
    this.locate();
    this.read(MA, EA);
    this.at();
    code.set(D);
    if (source === "register") {
      this.number(SECOND_SHIFT);
      this.locate();
      this.read(MB, EB);
    } else this.value(source, MB, EB);
    code.get(ARG).i32(SWAP).op(OP.i32And, OP.if, VOID);
    code.get(MA).get(MB).set(MA).set(MB).get(EA).get(EB).set(EA).set(EB).op(OP.end);
    if (name === "sub") code.get(EB).i32(0x8000).op(OP.i32Xor).set(EB);
    code.i64(0, 0).set(X).i32(0).set(E);
    if (name === "add" || name === "sub") this.add();
    else this.product(name);
    this.roundUp();
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
    this.finish(true);
  }

  protected add(): void {
    const { code } = this;
    this.isNormal(MA, EA);
    this.isNormal(MB, EB);
    code.op(OP.i32And, OP.i32Eqz, OP.if, VOID);
    // One zero: the other number, exactly.
    this.isZero(MA, EA);
    code.op(OP.if, VOID).get(MB).get(EB).get(MA).get(EA).set(EB).set(MB).set(EA).set(MA).op(OP.end);
    this.isNormal(MA, EA);
    this.isZero(MB, EB);
    code.op(OP.i32And, OP.i32Eqz);
    this.refuse();
    code.get(MA).set(M);
    this.exponent(EA);
    code.set(E);
    this.sign(EA);
    code.set(S).op(OP.else);
    // The larger one first.
    this.exponent(EA);
    this.exponent(EB);
    code.op(OP.i32LtU);
    this.exponent(EA);
    this.exponent(EB);
    code.op(OP.i32Eq).get(MA).get(MB).op(OP.i64LtU, OP.i32And, OP.i32Or, OP.if, VOID);
    code.get(MB).get(EB).get(MA).get(EA).set(EB).set(MB).set(EA).set(MA).op(OP.end);
    this.exponent(EA);
    code.tee(E);
    this.exponent(EB);
    code.op(OP.i32Sub).set(T);
    this.sign(EA);
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

  protected product(name: "mul" | "div"): void {
    const { code } = this;
    code.get(EA).get(EB).op(OP.i32Xor).i32(15).op(OP.i32ShrU).set(S);
    this.isNormal(MA, EA);
    this.isNormal(MB, EB);
    code.op(OP.i32And, OP.i32Eqz, OP.if, VOID);
    // Zero times something, zero by a number.
    const allowed = (m: number, e: number, zero: boolean) => {
      this.isZero(m, e);
      if (!zero) {
        this.isNormal(m, e);
        code.op(OP.i32Or);
      }
    };
    allowed(MA, EA, name === "div");
    if (name === "mul") allowed(MB, EB, false);
    else this.isNormal(MB, EB);
    code.op(OP.i32And, OP.i32Eqz);
    this.refuse();
    code.i64(0, 0).set(M).op(OP.else);
    this.exponent(EA);
    this.exponent(EB);
    if (name === "mul") this.mul();
    else this.div();
    code.op(OP.end);
  }

  /** Both exponents are on the stack. */
  protected mul(): void {
    const { code } = this;
    code.op(OP.i32Add).i32(BIAS - 1).op(OP.i32Sub).set(E);
    pushHighProduct(code, MA, MB, Z, false);
    code.set(M).get(MA).get(MB).op(OP.i64Mul).set(X);
    code.get(M).i64(0, 0).op(OP.i64GeS, OP.if, VOID);
    code.get(M).i64(1, 0).op(OP.i64Shl).get(X).i64(63, 0).op(OP.i64ShrU, OP.i64Or).set(M);
    code.get(X).i64(1, 0).op(OP.i64Shl).set(X).get(E).i32(1).op(OP.i32Sub).set(E).op(OP.end);
  }

  /** Both exponents are on the stack. 128 by 64 bits in digits of 32 (Warren, Hacker's Delight, 9-4). */
  protected div(): void {
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
}
