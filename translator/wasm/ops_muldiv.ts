// WebAssembly of MUL, IMUL, DIV and IDIV with operands of 32 and 64 bits, by the helper that runs them otherwise (helpers/mul_div.ts).

import { CF, FLAG_B, OF, RAX, RDX } from "../cpu.ts";
import * as h from "../helpers/mul_div.ts";
import { EXPLICIT } from "../ir/flags.ts";
import { leave } from "./conditions.ts";
import { OP } from "./encoder.ts";
import { type Generator, W64, X32, X64, Y64 } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";

/** Pushes the high half of the 128-bit product of X64 and Y64, from 32-bit pieces (Warren, Hacker's Delight, 8-2). Uses W64. */
export function highProduct(g: Generator, signed: boolean): void {
  const { code } = g;
  const shift = signed ? OP.i64ShrS : OP.i64ShrU;
  const low = (local: number) => code.get(local).i64(-1, 0).op(OP.i64And);
  const high = (local: number) => code.get(local).i64(32, 0).op(shift);
  low(X64);
  low(Y64);
  code.op(OP.i64Mul).i64(32, 0).op(OP.i64ShrU);
  high(X64);
  low(Y64);
  code.op(OP.i64Mul, OP.i64Add).tee(W64).i64(-1, 0).op(OP.i64And);
  low(X64);
  high(Y64);
  code.op(OP.i64Mul, OP.i64Add).i64(32, 0).op(shift);
  high(X64);
  high(Y64);
  code.op(OP.i64Mul, OP.i64Add);
  high(W64);
  code.op(OP.i64Add);
}

/** Pops whether the product did not fit: CF and OF; the other flags are undefined, and 0 here. */
export function productFlags(g: Generator): void {
  const { code } = g;
  code.set(X32).i32(CF | OF).i32(0).get(X32).op(OP.select);
  g.set32(FLAG_B);
  leave(g, EXPLICIT);
}

/** RDX:RAX = RAX * slot. */
const product64 = (signed: boolean): Emit => (g, [, slot]) => {
  const { code } = g;
  g.get64(RAX);
  code.set(X64);
  g.get64(slot);
  code.set(Y64);
  highProduct(g, signed);
  g.set64(RDX);
  code.get(X64).get(Y64).op(OP.i64Mul);
  g.set64(RAX);
  g.get64(RDX);
  if (signed) {
    g.get64(RAX);
    code.i64(63, 0).op(OP.i64ShrS);
  } else code.i64(0, 0);
  code.op(OP.i64Ne);
  productFlags(g);
};

/** EDX:EAX = EAX * slot. */
const product32 = (signed: boolean): Emit => (g, [, slot]) => {
  const { code } = g;
  const extend = signed ? OP.i64ExtendI32S : OP.i64ExtendI32U;
  g.get32(RAX);
  code.op(extend);
  g.get32(slot);
  code.op(extend, OP.i64Mul).tee(X64).i64(-1, 0).op(OP.i64And);
  g.set64(RAX);
  code.get(X64).i64(32, 0).op(OP.i64ShrU);
  g.set64(RDX);
  code.get(X64);
  if (signed) code.get(X64).op(OP.i64Extend32S);
  else code.get(X64).i64(-1, 0).op(OP.i64And);
  code.op(OP.i64Ne);
  productFlags(g);
};

/** What the helper does instead: it raises #DE, or divides 128 bits. */
function byHelper(g: Generator, step: number, slot: number): void {
  g.runStepOn(step, [RAX, RDX, slot], [RAX, RDX]);
}

/** RAX, RDX = quotient and remainder of RDX:RAX by slot: in line where RDX only extends RAX. */
const quotient64 = (signed: boolean): Emit => (g, [, , slot], o) => {
  const { code } = g;
  const step = g.step(o);
  g.get64(RDX);
  if (signed) {
    g.get64(RAX);
    code.i64(63, 0).op(OP.i64ShrS, OP.i64Eq);
  } else code.op(OP.i64Eqz);
  g.get64(slot);
  // -1 could overflow, 0 faults.
  if (signed) code.i64(1, 0).op(OP.i64Add).i64(1, 0).op(OP.i64GtU);
  else code.op(OP.i64Eqz, OP.i32Eqz);
  code.op(OP.i32And).hint(true);
  g.open(OP.if);
  g.get64(RAX);
  code.set(X64);
  g.get64(slot);
  code.set(Y64).get(X64).get(Y64).op(signed ? OP.i64DivS : OP.i64DivU);
  g.set64(RAX);
  code.get(X64).get(Y64).op(signed ? OP.i64RemS : OP.i64RemU);
  g.set64(RDX);
  code.op(OP.else);
  byHelper(g, step, slot);
  g.close();
};

/** EAX, EDX = quotient and remainder of EDX:EAX by slot. */
const quotient32 = (signed: boolean): Emit => (g, [, , slot], o) => {
  const { code } = g;
  const step = g.step(o);
  g.get64(RDX);
  code.i64(32, 0).op(OP.i64Shl);
  g.get32(RAX);
  code.op(OP.i64ExtendI32U, OP.i64Or).set(X64);
  g.get32(slot);
  code.op(signed ? OP.i64ExtendI32S : OP.i64ExtendI32U).set(Y64);
  // The helper raises what there is to raise: for 0, for -1 (which could overflow), and when the quotient does not fit.
  code.get(Y64);
  if (signed) code.i64(1, 0).op(OP.i64Add).i64(1, 0).op(OP.i64GtU);
  else code.op(OP.i64Eqz, OP.i32Eqz);
  g.open(OP.if, 0x7f);
  code.get(X64).get(Y64).op(signed ? OP.i64DivS : OP.i64DivU).tee(W64).get(W64);
  if (signed) code.op(OP.i64Extend32S);
  else code.i64(-1, 0).op(OP.i64And);
  code.op(OP.i64Eq, OP.else).i32(0);
  g.close();
  code.hint(true);
  g.open(OP.if);
  code.get(W64).i64(-1, 0).op(OP.i64And);
  g.set64(RAX);
  code.get(X64).get(W64).get(Y64).op(OP.i64Mul, OP.i64Sub).i64(-1, 0).op(OP.i64And);
  g.set64(RDX);
  code.op(OP.else);
  byHelper(g, step, slot);
  g.close();
};

const BY_HELPER: ReadonlyMap<unknown, Emit> = new Map<unknown, Emit>([
  [h.mul64, product64(false)],
  [h.imul64, product64(true)],
  [h.mul32, product32(false)],
  [h.imul32, product32(true)],
  [h.div64, quotient64(false)],
  [h.idiv64, quotient64(true)],
  [h.div32, quotient32(false)],
  [h.idiv32, quotient32(true)],
]);

/** The emitter for a call of helper `o`, if it is one of these. They use RAX and RDX, and the slot that is the call's last argument. */
export function mulDiv(helper: unknown): Emit | undefined {
  return BY_HELPER.get(helper);
}
