// WebAssembly of shifts and rotates beyond those of 32 and 64 bits by a constant (ops_integer.ts): narrow ones, counts in registers with
// their flags, rotates with flags, and double shifts.

import { FLAG_B, FLAG_C, FLAG_R, OF } from "../cpu.ts";
import { carryKind, COUNT_SHIFT, kindOf, LOGIC, RESULT, ROL, ROR, SAR, SHL, SHR } from "../ir/flags.ts";
import { nameOf } from "../ir/objects.ts";
import type { Value } from "../ir/op.ts";
import { leave } from "./conditions.ts";
import { I64, OP } from "./encoder.ts";
import { type Generator, W64, X64, Y64 } from "./generator.ts";
import { type Emit, INTEGER } from "./ops_integer.ts";

export const SHIFT: Record<string, Emit> = {};
/** Emitters that do not ask what the count is. */
export const ANY_COUNT: Record<string, Emit> = {};

/** What ops_integer.ts has is better there. */
function put(name: string, emit: Emit): void {
  ANY_COUNT[name] = emit;
  if (INTEGER[name] === undefined) SHIFT[name] = emit;
}

const OF_BIT = Math.log2(OF);

/** Everything is done in 64 bits: X64 the operand (SAR: sign-extended), Y64 the count (1 or more); the result, cut, in W64. */
function shift(g: Generator, name: string, bits: number): void {
  const { code } = g;
  code.get(X64).get(Y64).op(name === "shl" ? OP.i64Shl : name === "shr" ? OP.i64ShrU : OP.i64ShrS);
  cut(g, bits);
  code.set(W64);
}
function cut(g: Generator, bits: number): void {
  if (bits < 32) g.code.i64(2 ** bits - 1, 0).op(OP.i64And);
  else if (bits === 32) g.code.i64(-1, 0).op(OP.i64And);
}
function extend(g: Generator, x: Value, bits: number, signed: boolean): void {
  g.get64(x);
  if (!signed) cut(g, bits);
  else if (bits < 64) {
    g.code.op(bits === 8 ? OP.i64Extend8S : bits === 16 ? OP.i64Extend16S : OP.i64Extend32S);
  }
  g.code.set(X64);
}
/** Pushes bit `n` (a number, or pushed by a function) of an i64 local as i32. */
function bit(g: Generator, local: number, n: number | (() => void)): void {
  g.code.get(local);
  if (typeof n === "number") g.code.i64(n, 0);
  else n();
  g.code.op(OP.i64ShrU, OP.i32WrapI64).i32(1).op(OP.i32And);
}

const FROM: Readonly<Record<string, number>> = { shl: SHL, shr: SHR, sar: SAR };

/** Leaves the flags after shift(). `count`: pushes the count as i32, where it is no number. */
function shiftFlags(g: Generator, name: string, bits: number, count: number | (() => void)): void {
  const { code } = g, kind = kindOf(LOGIC, bits / 8) | carryKind(FROM[name]!, bits / 8);
  code.get(X64);
  g.set64(FLAG_C);
  code.get(W64);
  g.set64(FLAG_R);
  if (typeof count === "number") g.setKind(kind | count << COUNT_SHIFT);
  else g.storeShiftKind(kind, count);
}

for (const bits of [8, 16, 32, 64]) {
  const countMask = bits === 64 ? 63 : 31;
  for (const name of ["shl", "shr", "sar"]) {
    const byConstant = (flags: boolean): Emit => (g, [d, x, n]) => {
      extend(g, x, bits, name === "sar");
      g.code.i64(n, 0).set(Y64);
      shift(g, name, bits);
      if (flags) shiftFlags(g, name, bits, typeof n === "number" ? n : () => g.code.i32(n));
      g.code.get(W64);
      g.set64(d);
    };
    const byRegister = (flags: boolean): Emit => (g, [d, x, y]) => {
      const { code } = g;
      g.get64(y);
      code.i64(countMask, 0).op(OP.i64And).set(Y64);
      extend(g, x, bits, name === "sar");
      shift(g, name, bits);
      if (flags) {
        // A count of 0 leaves the flags there are.
        code.get(Y64).op(OP.i64Eqz, OP.i32Eqz);
        g.open(OP.if);
        shiftFlags(g, name, bits, () => code.get(Y64).op(OP.i32WrapI64));
        g.close();
      }
      code.get(W64);
      g.set64(d);
    };
    put(`${name}${bits}`, byConstant(false));
    put(`${name}${bits}f`, byConstant(true));
    put(`${name}v${bits}`, byRegister(false));
    put(`${name}v${bits}f`, byRegister(true));
  }

  for (const name of ["rol", "ror"]) {
    /** Rotates x by the count that `push` pushes (taken modulo the operand's bits), into W64. */
    const rotate = (g: Generator, x: Value, push: () => void) => {
      const { code } = g, left = name === "rol";
      if (bits >= 32) {
        g.get64(x);
        if (bits === 32) code.op(OP.i32WrapI64);
        push();
        if (bits === 32) code.op(OP.i32WrapI64);
        code.op(bits === 32 ? left ? OP.i32Rotl : OP.i32Rotr : left ? OP.i64Rotl : OP.i64Rotr);
        if (bits === 32) code.op(OP.i64ExtendI32U);
      } else {
        // Copies side by side in 32 bits: a rotate of the whole is one of each.
        extend(g, x, bits, false);
        code.get(X64).i64(bits === 8 ? 0x01010101 : 0x00010001, 0).op(OP.i64Mul, OP.i32WrapI64);
        push();
        code.op(OP.i32WrapI64, left ? OP.i32Rotl : OP.i32Rotr, OP.i64ExtendI32U);
        cut(g, bits);
      }
      code.set(W64);
    };
    const rotateFlags = (g: Generator) => {
      g.code.get(W64);
      g.set64(FLAG_C);
      g.setCarry(carryKind(name === "rol" ? ROL : ROR, bits / 8));
    };
    const byConstant = (flags: boolean): Emit => (g, [d, x, n]) => {
      rotate(g, x, () => g.code.i64(n, 0));
      if (flags) rotateFlags(g);
      g.code.get(W64);
      g.set64(d);
    };
    const byRegister = (flags: boolean): Emit => (g, [d, x, y]) => {
      const { code } = g;
      g.get64(y);
      code.i64(countMask, 0).op(OP.i64And).set(Y64);
      rotate(g, x, () => code.get(Y64));
      if (flags) {
        code.get(Y64).op(OP.i64Eqz, OP.i32Eqz);
        g.open(OP.if);
        rotateFlags(g);
        g.close();
      }
      code.get(W64);
      g.set64(d);
    };
    put(`${name}${bits}`, byConstant(false));
    put(`${name}${bits}f`, byConstant(true));
    put(`${name}v${bits}`, byRegister(false));
    put(`${name}v${bits}f`, byRegister(true));
  }
}

/** SHLD, SHRD of 32 and 64 bits in place: d, s slots; `count` pushes the masked count, which is not 0. */
function doubleShift(
  g: Generator,
  left: boolean,
  d: number,
  s: number,
  size: number,
  count: () => void,
): void {
  const { code } = g, bits = 8 * size;
  extend(g, d, bits, false);
  const other = g.scratch(I64, 6);
  g.get64(s);
  cut(g, bits);
  code.set(other);
  count();
  code.set(Y64);
  code.get(X64).get(Y64).op(left ? OP.i64Shl : OP.i64ShrU);
  code.get(other).i64(bits, 0).get(Y64).op(OP.i64Sub, left ? OP.i64ShrU : OP.i64Shl, OP.i64Or);
  cut(g, bits);
  code.set(W64);
  // The last bit out, and whether the sign changed.
  bit(g, X64, () => left ? code.i64(bits, 0).get(Y64).op(OP.i64Sub) : code.get(Y64).i64(1, 0).op(OP.i64Sub));
  bit(g, X64, bits - 1);
  bit(g, W64, bits - 1);
  code.op(OP.i32Xor).i32(OF_BIT).op(OP.i32Shl, OP.i32Or);
  g.set32(FLAG_B);
  code.get(W64);
  g.set64(FLAG_R);
  leave(g, kindOf(RESULT, size));
  code.get(W64);
  g.set64(d);
}

/** `result4` of SHLD, SHRD by a constant; `flag4` by a register. False: another helper, or 16 bits. */
export function doubleShiftHelper(g: Generator, [helper, d, s, n, size]: any[]): boolean {
  const name = nameOf(helper) ?? "";
  if (!/^shift\.sh[lr]d(By)?$/.test(name) || size < 4) return false;
  const left = name.startsWith("shift.shld");
  if (name.endsWith("By")) doubleShift(g, left, d, s, size, () => g.code.i64(n, 0));
  else {
    const count = g.scratch(I64, 7);
    g.get64(n);
    g.code.i64(size === 8 ? 63 : 31, 0).op(OP.i64And).tee(count).op(OP.i64Eqz, OP.i32Eqz);
    g.open(OP.if);
    doubleShift(g, left, d, s, size, () => g.code.get(count));
    g.close();
  }
  return true;
}
