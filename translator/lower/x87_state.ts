// x87 state: FNINIT FNCLEX FLDCW FNSTCW FNSTSW FNSTENV FLDENV FNSAVE FRSTOR FXSAVE FXRSTOR FFREE FINCSTP FDECSTP FWAIT (SDM vol. 2)

import { FPU_CONTROL } from "../cpu.ts";
import { raise, raiseNonCanonical, VECTOR_GP } from "../env.ts";
import type { Builder } from "../ir/builder.ts";
import type { Instruction } from "../decode/instruction.ts";
import { nameAll } from "../ir/objects.ts";
import { I32, U8 } from "../ram.ts";
import { fdecstp, ffree, fincstp } from "../x87/compare.ts";
import * as control from "../x87/control.ts";
import { readFxsave, validFxsave, writeFxsave } from "../x87/fxsave.ts";
import { setRip } from "../runtime.ts";
import { check } from "../x87/stack.ts";
import { xrstor, xsave } from "../helpers/xsave.ts";
import type { Family, Lowering } from "./lowering.ts";
import { pending } from "./x87.ts";

function copyStatus(c: number, t: number): void {
  I32[c + 2 * t] = I32[c + 2 * FPU_CONTROL + 1];
}

function fldcw(c: number, t: number): void {
  check(c);
  control.setControlWord(c, I32[c + 2 * t]);
}

function fnstenv(c: number, at: number, wide: number): void {
  control.storeEnvironment(c, at, wide !== 0);
  control.setControlWord(c, I32[c + 2 * FPU_CONTROL] | 0x3f);
}

function fldenv(c: number, at: number, wide: number): void {
  check(c);
  control.loadEnvironment(c, at, wide !== 0);
}

function fnsave(c: number, at: number, wide: number): void {
  control.storeEnvironment(c, at, wide !== 0);
  control.storeRegisters(c, at + (wide !== 0 ? 28 : 14));
  control.fninit(c);
}

function frstor(c: number, at: number, wide: number): void {
  check(c);
  control.loadEnvironment(c, at, wide !== 0);
  control.loadRegisters(c, at + (wide !== 0 ? 28 : 14));
}

/** Bytes of the FXSAVE image that the instruction itself uses. */
const FXSAVE_USED = 416;

function fxsave(c: number, at: number, wide: number): void {
  writeFxsave(c, U8, at);
  // Without REX.W the pointers have 32 bits and a selector, which is not kept.
  if (wide === 0) I32[(at + 12) >> 2] = I32[(at + 20) >> 2] = 0;
}

function fxrstor(c: number, at: number): void {
  if (!validFxsave(U8, at)) raise(VECTOR_GP);
  readFxsave(c, U8, at);
}

function block(op: string, helper: (c: number, at: number, wide: number) => void): Lowering {
  return (b, i) => {
    const o = i.ops[0]!, wide = o.size === 28 || o.size === 108 ? 1 : 0;
    b.op(op, helper, o.mem, o.size, wide);
  };
}

/** FXSAVE and FXRSTOR of what is not aligned; `hi` is the upper half of the address. Unlike MOVAPS, they look first whether it is one. */
function misaligned(c: number, ip: number, hi: number): void {
  setRip(c, ip);
  if (hi >> 15 !== hi >> 31) raiseNonCanonical();
  raise(VECTOR_GP);
}

function image(op: string, helper: (c: number, at: number, wide: number) => void, wide: number): Lowering {
  return (b, i) => {
    b.op("aligned", misaligned, i.ops[0]!.mem);
    b.op(op, helper, i.ops[0]!.mem, FXSAVE_USED, wide);
  };
}

/** XSAVE, XRSTOR. */
function extended(helper: typeof xsave, wide: number): Lowering {
  return (b, i) => b.op("vecpages", helper, b.ipConst, i.ops[0]!.mem, wide, 0, 0, 0);
}

function fnstsw(b: Builder, i: Instruction): void {
  const t = b.temp();
  b.quick(copyStatus, t);
  if (i.ops[0]!.mem !== undefined) b.op("st16", i.ops[0]!.mem, t);
  else b.op("ins16", i.ops[0]!.slot, t);
}

nameAll("x87_state", {
  misaligned,
  copyStatus,
  fldcw,
  fnstenv,
  fldenv,
  fnsave,
  frstor,
  fxsave,
  fxrstor,
  check,
});
nameAll("compare", { fdecstp, ffree, fincstp });
nameAll("x87_control", control);

export const X87_STATE: Family = {
  Fninit: (b) => b.quick(control.fninit),
  Fnclex: (b) => b.quick(control.fnclex),
  Fldcw: (b, i) => {
    const t = b.temp();
    b.op("fcheck", pending);
    b.op("ld16u", t, i.ops[0]!.mem);
    b.help(fldcw, t);
  },
  Fnstcw: (b, i) => b.op("st16", i.ops[0]!.mem, FPU_CONTROL),
  Fnstsw: fnstsw,
  Fnstenv: block("writeblock", fnstenv),
  Fldenv: block("readblock", fldenv),
  Fnsave: block("writeblock", fnsave),
  Frstor: block("readblock", frstor),
  Fxsave: image("writeblock", fxsave, 0),
  Fxsave64: image("writeblock", fxsave, 1),
  Fxrstor: image("readblock", fxrstor, 0),
  Fxrstor64: image("readblock", fxrstor, 1),
  Xsave: extended(xsave, 0),
  Xsave64: extended(xsave, 1),
  Xrstor: extended(xrstor, 0),
  Xrstor64: extended(xrstor, 1),
  Ffree: (b, i) => b.help(ffree, i.ops[0]!.number, 0),
  Ffreep: (b, i) => b.help(ffree, i.ops[0]!.number, 1),
  Fincstp: (b) => b.help(fincstp),
  Fdecstp: (b) => b.help(fdecstp),
  Fnop: (b) => b.help(check),
  Wait: (b) => b.help(check),
};
