// x87 instructions (SDM vol. 2): loads, stores, arithmetic, compares. State and environments are in x87_state.ts.

import { type Instruction, type Operand, OPERAND_MEMORY } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import { RIP } from "../cpu.ts";
import { raise, VECTOR_MF } from "../env.ts";
import { nameAll } from "../ir/objects.ts";
import { I32 } from "../ram.ts";
import * as arith from "../x87/arith.ts";
import * as compare from "../x87/compare.ts";
import * as io from "../x87/load_store.ts";
import * as trans from "../x87/transcendental.ts";
import type { Family, Lowering } from "./lowering.ts";

/** Helpers that find their memory operand in temporary slots. */
const fld32 = (c: number, t: number) => io.fldM32(c, I32[c + 2 * t]);
const fld64 = (c: number, t: number) => io.fldM64(c, I32[c + 2 * t], I32[c + 2 * t + 1]);
const fld80 = (c: number, t: number, u: number) =>
  io.fldM80(c, I32[c + 2 * t], I32[c + 2 * t + 1], I32[c + 2 * u]);
const fild = (c: number, t: number) => io.fild(c, I32[c + 2 * t], I32[c + 2 * t + 1]);
const fbld = (c: number, t: number, u: number) =>
  io.fbld(c, I32[c + 2 * t], I32[c + 2 * t + 1], I32[c + 2 * u]);
const arith32 = (c: number, op: number, t: number) => arith.arithM32(c, op, I32[c + 2 * t]);
const arith64 = (c: number, op: number, t: number) =>
  arith.arithM64(c, op, I32[c + 2 * t], I32[c + 2 * t + 1]);
const arithInt = (c: number, op: number, t: number) => arith.arithInt(c, op, I32[c + 2 * t]);
const fcom32 = (c: number, t: number, pops: number) => compare.fcomM32(c, I32[c + 2 * t], pops);
const fcom64 = (c: number, t: number, pops: number) =>
  compare.fcomM64(c, I32[c + 2 * t], I32[c + 2 * t + 1], pops);
const fcomInt = (c: number, t: number, pops: number) => compare.fcomInt(c, I32[c + 2 * t], pops);
const fcom = (c: number, i: number, quiet: number, pops: number) => compare.fcom(c, i, quiet === 1, pops);
const fcomi = (c: number, i: number, quiet: number, pops: number) => compare.fcomi(c, i, quiet === 1, pops);
const fcmov = (c: number, i: number, t: number) => arith.fcmov(c, i, I32[c + 2 * t] !== 0);
const fstFloat = (c: number, double: number, pops: number) => io.fstFloat(c, double === 1, pops);
const fist = (c: number, bits: number, pops: number) => io.fist(c, bits, pops, false);
const fisttp = (c: number, bits: number) => io.fist(c, bits, 1, true);
const fprem = (c: number) => arith.fprem(c, false);
const fprem1 = (c: number) => arith.fprem(c, true);

/** #MF for an exception that an earlier instruction left; it goes before faults of the memory operand. */
export function pending(c: number, ip: number): void {
  I32[c + 2 * RIP] = ip | 0;
  I32[c + 2 * RIP + 1] = Math.floor(ip / 0x1_0000_0000) | 0;
  raise(VECTOR_MF);
}

nameAll("arith", arith);
nameAll("compare", compare);
nameAll("io", io);
nameAll("trans", trans);
nameAll("x87", {
  fld32,
  fld64,
  fld80,
  fild,
  fbld,
  arith32,
  arith64,
  arithInt,
  fcom32,
  fcom64,
  fcomInt,
  fcom,
  fcomi,
  fcmov,
  fstFloat,
  fist,
  fisttp,
  fprem,
  fprem1,
  pending,
});

/** Loads a float of the operand's size; returns its slot. */
function loadFloat(b: Builder, o: Operand): number {
  const t = b.temp();
  b.op("fcheck", pending);
  b.op(o.size === 4 ? "ld32" : "ld64", t, o.mem);
  return t;
}

/** Loads a signed integer of the operand's size. */
function loadInt(b: Builder, o: Operand): number {
  const t = b.temp();
  b.op("fcheck", pending);
  b.op(o.size === 2 ? "ld16s64" : o.size === 4 ? "ld32s64" : "ld64", t, o.mem);
  return t;
}

/** Ten bytes in two slots. */
function load10(b: Builder, o: Operand): [number, number] {
  const t = b.temp(), u = b.temp(), m = o.mem!;
  const lo = (m.dispLo + 8) | 0;
  b.op("fcheck", pending);
  b.op("ld64", t, m);
  b.op("ld16u", u, { ...m, dispLo: lo, dispHi: m.dispHi + (lo >>> 0 < m.dispLo >>> 0 ? 1 : 0) });
  return [t, u];
}

function fld(b: Builder, i: Instruction): void {
  const o = i.ops[0]!;
  if (o.kind !== OPERAND_MEMORY) b.help(io.fldRegister, o.number);
  else if (o.size === 10) b.help(fld80, ...load10(b, o));
  else b.help(o.size === 4 ? fld32 : fld64, loadFloat(b, o));
}

function store(b: Builder, o: Operand, helper: unknown, size: number, n1 = 0, n2 = 0): void {
  b.op("fstore", helper, pending, io.stored, o.mem, b.ipConst, size, n1, n2);
}

function fst(pops: number): Lowering {
  return (b, i) => {
    const o = i.ops[0]!;
    if (o.kind !== OPERAND_MEMORY) b.help(io.fstRegister, o.number, pops);
    else if (o.size === 10) store(b, o, io.fstpM80, 10);
    else store(b, o, fstFloat, o.size, o.size === 8 ? 1 : 0, pops);
  };
}

function arithmetic(op: number, pops = 0): Lowering {
  return (b, i) => {
    const d = i.ops[0]!;
    if (d.kind === OPERAND_MEMORY) b.help(d.size === 4 ? arith32 : arith64, op, loadFloat(b, d));
    else b.help(arith.arithRegister, op, d.number, i.ops[1]!.number, pops);
  };
}

function integer(op: number): Lowering {
  return (b, i) => b.help(arithInt, op, loadInt(b, i.ops[0]!));
}

function comparison(quiet: number, pops: number): Lowering {
  return (b, i) => {
    const o = i.ops[0];
    if (o !== undefined && o.kind === OPERAND_MEMORY) {
      b.help(o.size === 4 ? fcom32 : fcom64, loadFloat(b, o), pops);
    } else b.help(fcom, o === undefined ? 1 : i.ops[i.ops.length - 1]!.number, quiet, pops);
  };
}

function comparisonFlags(quiet: number, pops: number): Lowering {
  return (b, i) => b.op("fcomi", fcomi, b.ipConst, i.ops[1]!.number, quiet, pops);
}

function conditional(cc: number): Lowering {
  return (b, i) => {
    const t = b.temp();
    b.op(`set${cc}`, t, -1);
    b.help(fcmov, i.ops[1]!.number, t);
  };
}

function plain(helper: (c: number, ...n: number[]) => void, ...n: number[]): Lowering {
  return (b) => b.help(helper, ...n);
}

const FLOATS: Family = {
  Fld: fld,
  Fst: fst(0),
  Fstp: fst(1),
  Fstpnce: (b, i) => b.help(io.fstpNoCheck, i.ops[0]!.number),
  Fild: (b, i) => b.help(fild, loadInt(b, i.ops[0]!)),
  Fist: (b, i) => store(b, i.ops[0]!, fist, i.ops[0]!.size, 8 * i.ops[0]!.size, 0),
  Fistp: (b, i) => store(b, i.ops[0]!, fist, i.ops[0]!.size, 8 * i.ops[0]!.size, 1),
  Fisttp: (b, i) => store(b, i.ops[0]!, fisttp, i.ops[0]!.size, 8 * i.ops[0]!.size),
  Fbld: (b, i) => b.help(fbld, ...load10(b, i.ops[0]!)),
  Fbstp: (b, i) => store(b, i.ops[0]!, io.fbstp, 10),
  Fadd: arithmetic(arith.ADD),
  Fmul: arithmetic(arith.MUL),
  Fsub: arithmetic(arith.SUB),
  Fsubr: arithmetic(arith.SUBR),
  Fdiv: arithmetic(arith.DIV),
  Fdivr: arithmetic(arith.DIVR),
  Faddp: arithmetic(arith.ADD, 1),
  Fmulp: arithmetic(arith.MUL, 1),
  Fsubp: arithmetic(arith.SUB, 1),
  Fsubrp: arithmetic(arith.SUBR, 1),
  Fdivp: arithmetic(arith.DIV, 1),
  Fdivrp: arithmetic(arith.DIVR, 1),
  Fiadd: integer(arith.ADD),
  Fimul: integer(arith.MUL),
  Fisub: integer(arith.SUB),
  Fisubr: integer(arith.SUBR),
  Fidiv: integer(arith.DIV),
  Fidivr: integer(arith.DIVR),
  Fcom: comparison(0, 0),
  Fcomp: comparison(0, 1),
  Fcompp: comparison(0, 2),
  Fucom: comparison(1, 0),
  Fucomp: comparison(1, 1),
  Fucompp: comparison(1, 2),
  Ficom: (b, i) => b.help(fcomInt, loadInt(b, i.ops[0]!), 0),
  Ficomp: (b, i) => b.help(fcomInt, loadInt(b, i.ops[0]!), 1),
  Fcomi: comparisonFlags(0, 0),
  Fcomip: comparisonFlags(0, 1),
  Fucomi: comparisonFlags(1, 0),
  Fucomip: comparisonFlags(1, 1),
  Fcmovb: conditional(2),
  Fcmovnb: conditional(3),
  Fcmove: conditional(4),
  Fcmovne: conditional(5),
  Fcmovbe: conditional(6),
  Fcmovnbe: conditional(7),
  Fcmovu: conditional(10),
  Fcmovnu: conditional(11),
  Fxch: (b, i) => b.help(arith.fxch, i.ops[i.ops.length - 1]!.number),
  Ftst: plain(compare.ftst),
  Fxam: plain(compare.fxam),
  Fchs: plain(arith.fchs),
  Fabs: plain(arith.fabs),
  Fsqrt: plain(arith.fsqrt),
  Frndint: plain(arith.frndint),
  Fscale: plain(arith.fscale),
  Fxtract: plain(arith.fxtract),
  Fprem: plain(fprem),
  Fprem1: plain(fprem1),
  Fsin: plain(trans.fsin),
  Fcos: plain(trans.fcos),
  Fsincos: plain(trans.fsincos),
  Fptan: plain(trans.fptan),
  Fpatan: plain(trans.fpatan),
  F2xm1: plain(trans.f2xm1),
  Fyl2x: plain(trans.fyl2x),
  Fyl2xp1: plain(trans.fyl2xp1),
};

const CONSTANTS = ["Fld1", "Fldl2t", "Fldl2e", "Fldpi", "Fldlg2", "Fldln2", "Fldz"];

export const X87: Family = {
  ...FLOATS,
  ...Object.fromEntries(CONSTANTS.map((name, n) => [name, plain(io.fldConstant, n)])),
};
