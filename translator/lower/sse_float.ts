// Floats in XMM registers: arithmetic, compares and conversions of SSE, SSE2, SSE3 (SDM vol. 2)

import { CLASS_MMX, type Instruction } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import { named } from "../ir/objects.ts";
import * as convert from "../sse/convert.ts";
import * as float from "../sse/float.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";
import { binary, type Source, source128, source32, source64, xmm } from "./sse_operands.ts";

const arith: Record<string, Lowering> = {};
for (const name of ["Add", "Sub", "Mul", "Div"]) {
  const op = name.toLowerCase();
  arith[`${name}sd`] = binary(`${op}sd`, source64, float.arith64);
  arith[`${name}ss`] = binary(`${op}ss`, source32, float.arith32);
  arith[`${name}pd`] = binary(`${op}pd`, source128, float.arith64);
  arith[`${name}ps`] = binary(`${op}ps`, source128, float.arith32);
}
/** Packed forms that always go to the helper. */
function packed(helper: unknown, number: number, lanes: number, source: Source = source128): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op("vecfxx", helper, d, source(b, i.ops[1]!), number, lanes);
  };
}
for (const [name, number] of [["Min", 3], ["Max", 5], ["Sqrt", 6]] as const) {
  const op = name.toLowerCase();
  arith[`${name}sd`] = binary(`${op}sd`, source64, float.arith64);
  arith[`${name}ss`] = binary(`${op}ss`, source32, float.arith32);
  arith[`${name}pd`] = packed(float.arith64, number, 2);
  arith[`${name}ps`] = packed(float.arith32, number, 4);
}

/** HADD, HSUB, ADDSUB. */
const horizontal = (helper: unknown, kind: number): Lowering =>
  packed(helper, kind, helper === float.horizontal64 ? 2 : 4);

function comi(name: string, helper: unknown, source: Source, quiet: number): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op(name, helper, d, source(b, i.ops[1]!), quiet);
  };
}

/** Compares; `predicates` cuts the immediate: 8 of them, 32 in VEX's encodings. */
export function cmpPacked(helper: unknown, lanes: number, predicates = 8): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!);
    b.op("vecfxx", helper, d, source128(b, i.ops[1]!), i.ops[2]!.lo & predicates - 1, lanes);
  };
}
export function cmpScalar(double: boolean, predicates = 8): Lowering {
  return (b, i) => {
    const d = xmm(i.ops[0]!), x = i.ops[2]!.lo & predicates - 1;
    if (double) b.op("cmpsd", float.cmp64, d, source64(b, i.ops[1]!), x);
    else b.op("cmpss", float.cmp32, d, source32(b, i.ops[1]!), x);
  };
}

/** CMPSD of XMM registers (the string instruction of that name is another's). */
export const cmpsdVector: Lowering = cmpScalar(true);

function cvtsi2sd(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = i.ops[1]!;
  if (s.size === 4) b.op("cvtsi2sd32", d, b.read(s));
  else b.op("cvtsi2sd64", convert.intToFloat, d, b.read(s));
}

function cvtsi2ss(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = i.ops[1]!;
  b.op(s.size === 4 ? "cvtsi2ss32" : "cvtsi2ss64", convert.intToFloat, d, b.read(s));
}

function floatToInt(double: boolean, truncate: boolean): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = double ? source64(b, i.ops[1]!) : source32(b, i.ops[1]!);
    const wide = d.size === 8;
    if (truncate && (double || !wide)) {
      b.op(`cvtt${double ? "sd" : "ss"}2si${wide ? 64 : 32}`, convert.floatToInt, d.slot, s);
    } else b.op("cvtfi", convert.floatToInt, d.slot, s, double ? 1 : 0, wide ? 1 : 0, truncate ? 1 : 0);
  };
}

type Conversion = (c: number, d: number, s: number, ip: number) => void;

/** Conversions with an MMX operand are refused. */
function vector(helper: Conversion, source: Source): Lowering {
  const general = binary("vecf", source, helper);
  return (b, i) => {
    if (i.ops[0]!.class === CLASS_MMX || i.ops[1]!.class === CLASS_MMX) refuse();
    general(b, i);
  };
}

function estimate(lanes: number, root: boolean): Lowering {
  const helper = named(
    `estimate.${lanes}.${root}`,
    (d: number, s: number) => float.estimate32(d, s, lanes, root),
  );
  return binary("vec", lanes === 1 ? source32 : source128, helper);
}

export const SSE_FLOAT: Family = {
  ...arith,
  Haddpd: horizontal(float.horizontal64, 0),
  Hsubpd: horizontal(float.horizontal64, 1),
  Addsubpd: horizontal(float.horizontal64, 2),
  Haddps: horizontal(float.horizontal32, 0),
  Hsubps: horizontal(float.horizontal32, 1),
  Addsubps: horizontal(float.horizontal32, 2),
  Ucomisd: comi("comisd", float.comi64, source64, 0),
  Comisd: comi("comisd", float.comi64, source64, 1),
  Ucomiss: comi("comiss", float.comi32, source32, 0),
  Comiss: comi("comiss", float.comi32, source32, 1),
  Cmpps: cmpPacked(float.cmp32, 4),
  Cmppd: cmpPacked(float.cmp64, 2),
  Cmpss: cmpScalar(false),
  Cvtsi2sd: cvtsi2sd,
  Cvtsi2ss: cvtsi2ss,
  Cvtsd2si: floatToInt(true, false),
  Cvttsd2si: floatToInt(true, true),
  Cvtss2si: floatToInt(false, false),
  Cvttss2si: floatToInt(false, true),
  Cvtsd2ss: binary("cvtsd2ss", source64, convert.floatToFloat),
  Cvtss2sd: binary("cvtss2sd", source32, convert.floatToFloat),
  Cvtdq2pd: binary("cvtdq2pd", source64),
  Cvtdq2ps: vector(convert.cvtdq2ps, source128),
  Cvtps2pd: vector(convert.cvtps2pd, source64),
  Cvtpd2ps: vector(convert.cvtpd2ps, source128),
  Cvtps2dq: vector(convert.cvtps2dq, source128),
  Cvttps2dq: vector(convert.cvttps2dq, source128),
  Cvtpd2dq: vector(convert.cvtpd2dq, source128),
  Cvttpd2dq: vector(convert.cvttpd2dq, source128),
  Rcpps: estimate(4, false),
  Rcpss: estimate(1, false),
  Rsqrtps: estimate(4, true),
  Rsqrtss: estimate(1, true),
};
