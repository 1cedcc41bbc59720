// WebAssembly of bit tests, scans and counts, and of products that fit the operand.

import { FLAG_B, FLAG_C, FLAG_R, ZF } from "../cpu.ts";
import { carryKind, EXPLICIT, KEPT, kindOf, LOGIC } from "../ir/flags.ts";
import type { Value } from "../ir/op.ts";
import { leave } from "./conditions.ts";
import { OP } from "./encoder.ts";
import { type Generator, X64, Y64 } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";

export const BIT: Record<string, Emit> = {};

for (const bits of [16, 32, 64]) {
  /** CF = bit y of x, from FLAG_C; the number of the bit in Y64. */
  const test = (g: Generator, x: Value, y: Value) => {
    g.get64(y);
    g.code.i64(bits - 1, 0).op(OP.i64And).set(Y64);
    g.get64(x);
    g.code.get(Y64).op(OP.i64ShrU);
    g.set64(FLAG_C);
    g.setCarry(carryKind(KEPT, bits / 8));
  };
  BIT[`bt${bits}f`] = (g, [x, y]) => test(g, x, y);
  for (const name of ["bts", "btr", "btc"]) {
    BIT[`${name}${bits}f`] = (g, [d, x, y]) => {
      const { code } = g;
      test(g, x, y);
      g.get64(x);
      code.i64(1, 0).get(Y64).op(OP.i64Shl);
      if (name === "btr") code.i64(-1, -1).op(OP.i64Xor, OP.i64And);
      else code.op(name === "bts" ? OP.i64Or : OP.i64Xor);
      if (bits < 64) code.i64(bits === 32 ? -1 : 2 ** bits - 1, 0).op(OP.i64And);
      g.set64(d);
    };
  }
}

/** Bit scans and POPCNT (operands of 16 bits are zero-extended), products of 32 and 64 bits. */
for (const size of [2, 4, 8]) counts(size);
function counts(size: number): void {
  const bits = 8 * size, wide = size === 8;
  for (const name of ["bsf", "bsr"]) {
    const scan = (g: Generator, d: number, r: Value) => {
      const { code } = g;
      wide ? g.get64(r) : g.get32(r);
      if (!wide) code.op(OP.i64ExtendI32U);
      code.tee(X64).i64(0, 0).op(OP.i64Ne);
      g.open(OP.if);
      if (name === "bsf") code.get(X64).op(OP.i64Ctz);
      else code.i64(63, 0).get(X64).op(OP.i64Clz, OP.i64Sub);
      g.set64(d);
      g.close();
    };
    BIT[`${name}${bits}`] = (g, [d, r]) => scan(g, d, r);
    BIT[`${name}${bits}f`] = (g, [d, r]) => {
      g.get64(r);
      g.set64(FLAG_R);
      leave(g, kindOf(LOGIC, size));
      scan(g, d, FLAG_R);
    };
  }
  BIT[`popcnt${bits}`] = (g, [d, r]) => {
    wide ? g.get64(r) : g.get32(r);
    g.code.op(wide ? OP.i64Popcnt : OP.i32Popcnt);
    wide ? g.set64(d) : g.set32(d);
  };
  BIT[`popcnt${bits}f`] = (g, [d, r]) => {
    const { code } = g;
    wide ? g.get64(r) : g.get32(r);
    if (!wide) code.op(OP.i64ExtendI32U);
    code.op(OP.i64Popcnt).tee(X64).op(OP.i64Eqz).i32(Math.log2(ZF)).op(OP.i32Shl);
    g.set32(FLAG_B);
    leave(g, EXPLICIT);
    code.get(X64);
    g.set64(d);
  };
  if (size === 2) return;
  BIT[`imul${bits}`] = (g, [d, x, y]) => {
    wide ? g.get64(x) : g.get32(x);
    wide ? g.get64(y) : g.get32(y);
    g.code.op(wide ? OP.i64Mul : OP.i32Mul);
    wide ? g.set64(d) : g.set32(d);
  };
}

// The unit of a bit string that holds bit b, which is signed.
for (const bits of [16, 32, 64]) {
  BIT[`bitAddress${bits}`] = (g, [d, a, b]) => {
    g.get64(a);
    g.get64(b);
    if (bits < 64) g.code.op(bits === 16 ? OP.i64Extend16S : OP.i64Extend32S);
    g.code.i64(Math.log2(bits), 0).op(OP.i64ShrS).i64(Math.log2(bits / 8), 0).op(OP.i64Shl, OP.i64Add);
    g.set64(d);
  };
}
