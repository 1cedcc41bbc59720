// x87 instructions as wasm functions on the CPU state in memory, for operands and results that are normal numbers or zeros.
//
// Each takes the CPU state, finds its numbers in slot X87_ARGUMENT (x87_code.ts) and a memory operand in X87_VALUE, where it leaves what is to
// be stored. It returns 1, or 0 when it has done nothing because something is out of the ordinary: then it is the exact helper's turn
// (translator/x87). Ordinary: no exception pending, all masked, rounding to nearest, for arithmetic to 64 bits, registers not empty.

import { I32, OP, VOID } from "./encoder.ts";
import { declareShared } from "./shared.ts";
import { X87Arithmetic } from "./x87_arith.ts";
import {
  ARG,
  BASE,
  BIAS,
  C1,
  CW_AT,
  D,
  E,
  EA,
  EB,
  EXPONENT,
  LOCALS,
  M,
  MA,
  MB,
  SE,
  SIGNIFICAND,
  type Source,
  SW,
  SW_AT,
  T,
  TAG,
  TAG_AT,
  TOP,
  TOP_FIELD,
  TRUNCATE,
  UP,
  X,
  X87_VALUE,
  Y,
  Z,
} from "./x87_code.ts";

class X87Functions extends X87Arithmetic {
  /** Pushes the source (a register: the first number). */
  push(source: Source): void {
    const { code } = this;
    if (source === "register") {
      this.number(0);
      this.locate();
      this.read(M, E);
    } else this.value(source, M, E);
    code.i32(7);
    this.locate(true);
    this.at();
    code.get(M).mem(OP.i64Store, SIGNIFICAND);
    this.at();
    code.get(E).mem(OP.i32Store, SE);
    code.get(BASE).get(TAG).i32(1).get(T).op(OP.i32Shl, OP.i32Or).mem(OP.i32Store, TAG_AT);
    code.get(BASE).get(SW).i32(~(TOP_FIELD | C1)).op(OP.i32And).get(T).i32(11).op(OP.i32Shl, OP.i32Or);
    code.mem(OP.i32Store, SW_AT).i32(1);
  }

  /** Reads ST(0) into M and E. */
  protected first(): void {
    this.code.i32(0);
    this.locate();
    this.read(M, E);
  }

  /** ST(first number) = ST(0). */
  copy(): void {
    const { code } = this;
    this.first();
    this.number(0);
    code.get(TOP).op(OP.i32Add).i32(7).op(OP.i32And).set(T);
    this.at();
    code.get(M).mem(OP.i64Store, SIGNIFICAND);
    this.at();
    code.get(E).mem(OP.i32Store, SE);
    code.get(TAG).i32(1).get(T).op(OP.i32Shl, OP.i32Or).set(TAG).get(BASE).get(TAG).mem(OP.i32Store, TAG_AT);
    this.finish(false);
  }
  exchange(): void {
    const { code } = this;
    this.first();
    this.at();
    code.set(D);
    this.number(0);
    this.locate();
    this.read(MB, EB);
    this.at();
    code.get(M).mem(OP.i64Store, SIGNIFICAND);
    this.at();
    code.get(E).mem(OP.i32Store, SE);
    code.get(D).get(MB).mem(OP.i64Store, SIGNIFICAND).get(D).get(EB).mem(OP.i32Store, SE);
    this.finish(false);
  }
  /** FCHS, FABS. */
  changeSign(absolute: boolean): void {
    const { code } = this;
    this.first();
    this.at();
    code.get(E);
    if (absolute) code.i32(EXPONENT).op(OP.i32And);
    else code.i32(0x8000).op(OP.i32Xor);
    code.mem(OP.i32Store, SE);
    this.finish(false);
  }

  /** Flags of comparing ST(0) with ST(first number) as the value. */
  compare(): void {
    const { code } = this;
    this.first();
    code.get(M).set(MA).get(E).set(EA);
    this.number(0);
    this.locate();
    this.read(MB, EB);
    for (const [m, e] of [[MA, EA], [MB, EB]] as const) {
      this.isNormal(m, e);
      this.isZero(m, e);
      code.op(OP.i32Or, OP.i32Eqz);
      this.refuse();
    }
    // T: magnitudes equal; UP: ST(0)'s is less
    this.exponent(EA);
    this.exponent(EB);
    code.op(OP.i32Eq).tee(T).get(MA).get(MB).op(OP.i64LtU, OP.i32And);
    this.exponent(EA);
    this.exponent(EB);
    code.op(OP.i32LtU, OP.i32Or).set(UP);
    code.get(T).get(MA).get(MB).op(OP.i64Eq, OP.i32And).set(T);
    code.get(BASE);
    code.get(MA).get(MB).op(OP.i64Or, OP.i64Eqz, OP.if, I32).i32(0x40).op(OP.else);
    code.get(EA).get(EB).op(OP.i32Xor).i32(0x8000).op(OP.i32And, OP.if, I32);
    this.sign(EA);
    code.op(OP.else);
    code.i32(0x40).get(UP);
    this.sign(EA);
    code.op(OP.i32Xor).get(T).op(OP.select, OP.end, OP.end);
    code.mem(OP.i32Store, 8 * X87_VALUE);
    this.finish(false, true);
  }

  /** ST(0) as a double or single. */
  toFloat(double: boolean): void {
    const { code } = this;
    const [bits, bias, max] = double ? [53, 1023, 2046] : [24, 127, 254];
    this.control(0xc3f, 0x3f);
    this.first();
    this.isZero(M, E);
    code.op(OP.if, VOID).i64(0, 0).set(Y).i64(0, 0).set(X).i32(0).set(UP).op(OP.else);
    this.isNormal(M, E);
    code.op(OP.i32Eqz);
    this.refuse();
    // Away from the ends of the range, where rounding may overflow or results are denormal.
    this.exponent(E);
    code.i32(BIAS - bias).op(OP.i32Sub).tee(EA).i32(2).op(OP.i32Sub).i32(max - 3).op(OP.i32GeU);
    this.refuse();
    code.get(M).i64(bits, 0).op(OP.i64Shl).set(X).get(M).i64(64 - bits, 0).op(OP.i64ShrU).set(M);
    this.roundUp();
    // The integer bit adds one to the exponent, as does a carry.
    code.get(EA).i32(1).op(OP.i32Sub, OP.i64ExtendI32U).i64(bits - 1, 0).op(OP.i64Shl).get(M).op(OP.i64Add)
      .set(Y);
    code.op(OP.end);
    code.get(BASE).get(Y);
    this.sign(E);
    code.op(OP.i64ExtendI32U).i64(double ? 63 : 31, 0).op(OP.i64Shl, OP.i64Or).mem(
      OP.i64Store,
      8 * X87_VALUE,
    );
    this.finish(true);
  }

  /** ST(0) as it is. */
  toExtended(): void {
    const { code } = this;
    this.first();
    code.get(BASE).get(M).mem(OP.i64Store, 8 * X87_VALUE).get(BASE).get(E).mem(
      OP.i32Store,
      8 * X87_VALUE + 8,
    );
    this.finish(false);
  }

  /** ST(0) as an integer, rounded to nearest or truncated. */
  toInt(bits: number): void {
    const { code } = this;
    this.control(0x3f, 0x3f);
    // D: whether to truncate
    code.get(BASE).mem(OP.i32Load, CW_AT).i32(10).op(OP.i32ShrU).i32(3).op(OP.i32And).set(T);
    code.get(ARG).i32(TRUNCATE).op(OP.i32And).get(T).i32(3).op(OP.i32Eq, OP.i32Or).tee(D).get(T).op(
      OP.i32Eqz,
      OP.i32Or,
    );
    code.op(OP.i32Eqz);
    this.refuse();
    this.first();
    code.i32(0).set(UP);
    this.isZero(M, E);
    code.op(OP.if, VOID).i64(0, 0).set(X).op(OP.else);
    this.isNormal(M, E);
    code.op(OP.i32Eqz);
    this.refuse();
    // How far the unit is from the significand's last bit: at least one, so that the integer has 63 bits at most.
    code.i32(BIAS + 63);
    this.exponent(E);
    code.op(OP.i32Sub).tee(EA).i32(1).op(OP.i32LtS);
    this.refuse();
    code.get(EA).i32(64).op(OP.i32LtS, OP.if, VOID).get(EA).op(OP.i64ExtendI32U).set(Z);
    code.get(M).i64(64, 0).get(Z).op(OP.i64Sub, OP.i64Shl).set(X).get(M).get(Z).op(OP.i64ShrU).set(M).op(
      OP.else,
    );
    code.get(M).i64(1, 0).get(EA).i32(64).op(OP.i32Eq, OP.select).set(X).i64(0, 0).set(M).op(OP.end);
    code.get(D).op(OP.i32Eqz, OP.if, VOID);
    this.roundUp();
    code.op(OP.end);
    if (bits < 64) code.get(M).i64(2 ** (bits - 1) - 1, 0).op(OP.i64GtU);
    else code.get(M).i64(0, 0).op(OP.i64LtS);
    this.refuse();
    code.op(OP.end);
    code.get(BASE);
    code.i64(0, 0).get(M).op(OP.i64Sub).get(M);
    this.sign(E);
    code.op(OP.select).mem(OP.i64Store, 8 * X87_VALUE);
    this.finish(true);
  }
}

function declare(name: string, write: (f: X87Functions) => void): void {
  declareShared(name, () => {
    const f = new X87Functions();
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
