// WebAssembly of the one-operand multiplications and divisions, and of what else helpers do to integer registers alone.

import { CF, FLAG_A, FLAG_B, OF, RAX, RDX } from "../cpu.ts";
import { EXPLICIT, kindOf, MUL } from "../ir/flags.ts";
import { nameOf } from "../ir/objects.ts";
import { leave } from "./conditions.ts";
import { I32, I64, OP, pushHighProduct } from "./encoder.ts";
import { type Generator, W64, X32, X64, Y64, Z64 } from "./generator.ts";
import { BIT } from "./ops_bit.ts";
import { type Emit, insert16, operands } from "./ops_integer.ts";
import { doubleShiftHelper } from "./ops_shift.ts";
import { maskedRegisters } from "./ops_masked.ts";
import { textHelper, textRegisters } from "./ops_text.ts";

export const MUL_DIV: Record<string, Emit> = {};

const WIDE = /^mul_div\.(i?)(mul|div)(8|16|32|64)$/;

/** Registers that the operations below change besides their arguments. */
export function helperRegisters(name: string, args: readonly unknown[]): readonly number[] {
  if (name === "result4") return textRegisters(args);
  if (name === "vecpages") return maskedRegisters(args);
  if (name === "look0") return [RAX];
  if (name !== "help1" && name !== "result1") return [];
  return WIDE.test(nameOf(args[0] as object) ?? "") ? [RAX, RDX] : [];
}

/** Pops whether the upper half matters. */
function overflow(g: Generator): void {
  const { code } = g;
  const fits = g.scratch(I32, 3);
  code.set(fits).i32(CF | OF).i32(0).get(fits).op(OP.select);
  g.set32(FLAG_B);
  leave(g, EXPLICIT);
}

/** RDX:RAX (EDX:EAX) = it times slot s. */
function multiply(g: Generator, s: number, size: number, signed: boolean): void {
  const { code } = g;
  const take = (slot: number, local: number) => {
    g.get64(slot);
    if (size === 4) cut(g, 32, signed);
    code.set(local);
  };
  take(RAX, X64);
  take(s, Y64);
  if (size === 4) {
    code.get(X64).get(Y64).op(OP.i64Mul).set(W64);
    code.get(W64).i64(-1, 0).op(OP.i64And);
    g.set64(RAX);
    code.get(W64).i64(32, 0).op(OP.i64ShrU);
    g.set64(RDX);
    code.get(W64).get(W64);
    cut(g, 32, signed);
    code.op(OP.i64Ne);
    return overflow(g);
  }
  highProduct(g, signed);
  code.set(W64).get(X64).get(Y64).op(OP.i64Mul).set(X64);
  code.get(X64);
  g.set64(RAX);
  code.get(W64);
  g.set64(RDX);
  code.get(W64);
  if (signed) code.get(X64).i64(63, 0).op(OP.i64ShrS);
  else code.i64(0, 0);
  code.op(OP.i64Ne);
  overflow(g);
}

/** Pushes the high half of X64 × Y64. */
function highProduct(g: Generator, signed: boolean): void {
  pushHighProduct(g.code, X64, Y64, g.scratch(I64, 6), signed);
}

// MULX: no flags; the high half is written last.
MUL_DIV.mulx64 = (g, [, low, high, a, b]) => {
  const { code } = g;
  g.get64(a);
  code.set(X64);
  g.get64(b);
  code.set(Y64);
  highProduct(g, false);
  code.set(W64).get(X64).get(Y64).op(OP.i64Mul);
  g.set64(low);
  code.get(W64);
  g.set64(high);
};
MUL_DIV.mulx32 = (g, [, low, high, a, b]) => {
  const { code } = g;
  g.get32(a);
  code.op(OP.i64ExtendI32U);
  g.get32(b);
  code.op(OP.i64ExtendI32U, OP.i64Mul).tee(W64).i64(-1, 0).op(OP.i64And);
  g.set64(low);
  code.get(W64).i64(32, 0).op(OP.i64ShrU);
  g.set64(high);
};

/** Division of RDX:RAX (EDX:EAX) where the dividend's upper half is but zeros or signs (32 bits unsigned: any); the rest is the helper's. */
function divide(g: Generator, step: number, s: number, size: number, signed: boolean): void {
  const { code } = g;
  const level = g.open(OP.block), slow = g.open(OP.block);
  const refuse = () => {
    code.hint(false);
    g.branchIf(slow);
  };
  const take = (slot: number) => {
    g.get64(slot);
    if (size === 4) cut(g, 32, signed);
  };
  take(s);
  code.tee(Y64).op(OP.i64Eqz);
  refuse();
  take(RAX);
  code.set(X64);
  take(RDX);
  if (signed) {
    code.get(X64).i64(63, 0).op(OP.i64ShrS, OP.i64Ne);
    refuse();
    // The least number by -1
    code.get(Y64).i64(-1, -1).op(OP.i64Eq);
    refuse();
  } else if (size === 8) {
    code.i64(0, 0).op(OP.i64Ne);
    refuse();
  } else {
    code.tee(W64).get(Y64).op(OP.i64GeU);
    refuse();
    code.get(W64).i64(32, 0).op(OP.i64Shl).get(X64).op(OP.i64Or).set(X64);
  }
  code.get(X64).get(Y64).op(signed ? OP.i64DivS : OP.i64DivU).set(Z64);
  code.get(X64).get(Z64).get(Y64).op(OP.i64Mul, OP.i64Sub).set(W64);
  for (const [local, slot] of [[Z64, RAX], [W64, RDX]] as const) {
    code.get(local);
    if (size === 4) code.i64(-1, 0).op(OP.i64And);
    g.set64(slot);
  }
  g.branch(level);
  g.close();
  g.runStepOn(step, [RAX, RDX, s], [RAX, RDX]);
  g.close();
}

/** `help1` of a division; false: another helper. */
export function divisionHelper(g: Generator, helper: object, s: number, step: () => number): boolean {
  const name = /^mul_div\.(i?)div(8|16|32|64)$/.exec(nameOf(helper) ?? "");
  if (name === null) return false;
  const size = Number(name[2]) / 8;
  (size >= 4 ? divide : divideNarrow)(g, step(), s, size, name[1] === "i");
  return true;
}

/** Leaves of the i64 on the stack its low bits, as a signed number or not. */
function cut(g: Generator, bits: number, signed: boolean): void {
  if (!signed) g.code.i64(bits === 32 ? -1 : 2 ** bits - 1, 0).op(OP.i64And);
  else g.code.op(bits === 8 ? OP.i64Extend8S : bits === 16 ? OP.i64Extend16S : OP.i64Extend32S);
}

/** Division of AX to AL and AH, of DX:AX to AX and DX. */
function divideNarrow(g: Generator, step: number, s: number, size: number, signed: boolean): void {
  const { code } = g, bits = 8 * size;
  const level = g.open(OP.block), slow = g.open(OP.block);
  g.get64(s);
  cut(g, bits, signed);
  code.tee(Y64).op(OP.i64Eqz).hint(false);
  g.branchIf(slow);
  g.get64(RAX);
  if (size === 2) {
    code.i64(65535, 0).op(OP.i64And);
    g.get64(RDX);
    code.i64(16, 0).op(OP.i64Shl, OP.i64Or);
  }
  cut(g, 2 * bits, signed);
  code.tee(X64).get(Y64).op(signed ? OP.i64DivS : OP.i64DivU).tee(Z64).get(Z64);
  cut(g, bits, signed);
  code.op(OP.i64Ne).hint(false);
  g.branchIf(slow);
  code.get(X64).get(Z64).get(Y64).op(OP.i64Mul, OP.i64Sub).set(W64);
  if (size === 1) {
    insert16(g, RAX, () => {
      code.get(W64).i64(8, 0).op(OP.i64Shl).get(Z64).i64(255, 0).op(OP.i64And, OP.i64Or);
    });
  } else {
    insert16(g, RAX, () => code.get(Z64));
    insert16(g, RDX, () => code.get(W64));
  }
  g.branch(level);
  g.close();
  g.runStepOn(step, [RAX, RDX, s], [RAX, RDX]);
  g.close();
}

/** AX = AL × slot s, DX:AX = AX × slot s. */
function multiplyNarrow(g: Generator, s: number, size: number, signed: boolean): void {
  const { code } = g, bits = 8 * size;
  for (const slot of [RAX, s]) {
    g.get64(slot);
    cut(g, bits, signed);
  }
  code.op(OP.i64Mul).set(W64);
  insert16(g, RAX, () => code.get(W64));
  if (size === 2) insert16(g, RDX, () => code.get(W64).i64(16, 0).op(OP.i64ShrU));
  code.get(W64).get(W64);
  cut(g, bits, signed);
  code.op(OP.i64Ne);
  overflow(g);
}

MUL_DIV.result1 = (g, [helper, s], o) => {
  const name = /^mul_div\.(i?)mul(8|16|32|64)$/.exec(nameOf(helper) ?? "");
  if (name === null) return g.runStep(g.step(o));
  const size = Number(name[2]) / 8;
  (size >= 4 ? multiply : multiplyNarrow)(g, s, size, name[1] === "i");
};
/** Flags of a product of 16-bit factors in slots. */
MUL_DIV.result2 = (g, [helper, x, y], o) => {
  if (nameOf(helper) !== "mul_div.mulFlags16") return g.runStep(g.step(o));
  const { code } = g;
  g.get32(x);
  g.get32(y);
  code.op(OP.i32Mul).tee(X32).get(X32).op(OP.i32Extend16S, OP.i32Ne);
  overflow(g);
};
MUL_DIV.result4 = MUL_DIV.flag4 = (g, a, o) => {
  if (!doubleShiftHelper(g, a) && !textHelper(g, a, o)) g.runStep(g.step(o));
};

// Products with flags: who asks whether they fit works it out from the factors.
for (const size of [4, 8]) {
  MUL_DIV[`imul${8 * size}f`] = (g, [d, x, y], o) => {
    operands(g, x, y);
    leave(g, kindOf(MUL, size));
    BIT[`imul${8 * size}`]!(g, [d, FLAG_A, FLAG_B], o);
  };
}
