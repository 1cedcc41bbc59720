// WebAssembly of SSE float compares, minima and maxima. MXCSR does not matter to them as long as no operand is a NaN or denormal;
// those are the exact helper's.

import { FLAG_B } from "../cpu.ts";
import { EXPLICIT } from "../ir/flags.ts";
import type { IrOp } from "../ir/block.ts";
import { leave } from "./conditions.ts";
import { F32, F64, I32, OP, SIMD, V128 } from "./encoder.ts";
import { DOUBLE, type Format, SINGLE } from "./float_facts.ts";
import type { Generator } from "./generator.ts";
import { branchIfAnyDenormal, branchIfDenormal, getLow, setLow } from "./ops_float.ts";
import { accepted } from "../sse/lane.ts";
import type { Emit } from "./ops_integer.ts";

export const FLOAT_COMPARE: Record<string, Emit> = {};

const EQ = 0, LT = 1, GE = 2, LE = 3;
const SCALAR = {
  8: [OP.f64Eq, OP.f64Lt, OP.f64Ge, OP.f64Le],
  4: [OP.f32Eq, OP.f32Lt, OP.f32Ge, OP.f32Le],
} as const;
const PACKED = { 8: [0x47, 0x49, 0x4c, 0x4b], 4: [0x41, 0x43, 0x46, 0x45] } as const;
const PMIN = { 8: 246, 4: 234 } as const, PMAX = { 8: 247, 4: 235 } as const;
const AND = 78, NOT = 77;
const ALL_TRUE = { 8: 195, 4: 163 } as const;

/** The low lanes of d and r into scratch locals. */
function operands(g: Generator, d: number, r: number, format: Format): [a: number, b: number] {
  const type = format === DOUBLE ? F64 : F32;
  const a = g.scratch(type, 0), b = g.scratch(type, 1);
  // Where something is known the mask is needed: it is loaded before any branch.
  if (g.floats.knows(d, format, 1) || g.floats.knows(r, format, 1)) g.floats.mask(g, format);
  getLow(g, d, format);
  g.code.set(a);
  getLow(g, r, format);
  g.code.set(b);
  return [a, b];
}

/** Goes to `level` if an operand is denormal. */
function checkDenormals(
  g: Generator,
  a: number,
  b: number,
  d: number,
  r: number,
  format: Format,
  level: number,
): void {
  const { floats } = g;
  let trust = false;
  for (const [local, slot] of [[a, d], [b, r]] as const) {
    if (floats.knows(slot, format, 1)) trust = true;
    else if (local === a || d !== r) branchIfDenormal(g, local, format, level);
  }
  if (trust) {
    g.code.get(floats.mask(g, format)).op(OP.i32Eqz).hint(false);
    g.branchIf(level);
  }
}

/** Goes to `level` if an operand is a NaN; leaves in two locals whether a ≥ b, a ≤ b. */
function order(g: Generator, a: number, b: number, format: Format, level: number): [number, number] {
  const { code } = g, op = SCALAR[format.bytes];
  const locals: [number, number] = [g.scratch(I32, 0), g.scratch(I32, 1)];
  code.get(a).get(b).op(op[GE]).set(locals[0]).get(a).get(b).op(op[LE]).tee(locals[1]).get(locals[0]);
  code.op(OP.i32Or, OP.i32Eqz).hint(false);
  g.branchIf(level);
  return locals;
}

function comis(format: Format): Emit {
  return (g, [, d, r], o) => {
    const { code } = g;
    const [a, b] = operands(g, d, r, format);
    // Before the arms: both of them leave explicit flags.
    const done = g.open(OP.block), slow = g.open(OP.block);
    checkDenormals(g, a, b, d, r, format, slow);
    const [least, most] = order(g, a, b, format, slow), equal = g.scratch(I32, 2);
    code.get(least).get(most).op(OP.i32And).tee(equal).i32(6).op(OP.i32Shl);
    code.get(most).get(equal).op(OP.i32Xor, OP.i32Or);
    g.set32(FLAG_B);
    g.branch(done);
    g.close();
    g.runStepOn(g.step(o), [d, r], [FLAG_B]);
    g.close();
    leave(g, EXPLICIT);
  };
}

/** d = what `fast` pushes from two ordered operands that are not denormal. */
function lowResult(
  g: Generator,
  d: number,
  r: number,
  o: IrOp,
  format: Format,
  fast: (a: number, b: number) => void,
): void {
  const [a, b] = operands(g, d, r, format);
  const done = g.open(OP.block), slow = g.open(OP.block);
  checkDenormals(g, a, b, d, r, format, slow);
  order(g, a, b, format, slow);
  setLow(g, d, format, () => fast(a, b));
  g.branch(done);
  g.close();
  g.runStepOn(g.step(o), [d, r], [d]);
  g.close();
}

const splatLane = (format: Format) => format === DOUBLE ? SIMD.f64x2Splat : SIMD.f32x4Splat;
const extract = (g: Generator, format: Format) =>
  g.code.simd(format === DOUBLE ? SIMD.f64x2Extract : SIMD.f32x4Extract).op(0);

/** MINxx, MAXxx: the second operand when they are equal, which pmin and pmax give with operands exchanged. */
function least(opcodes: typeof PMIN | typeof PMAX, format: Format): Emit {
  return (g, [, d, r], o) =>
    lowResult(g, d, r, o, format, (a, b) => {
      g.code.get(b).simd(splatLane(format)).get(a).simd(splatLane(format)).simd(opcodes[format.bytes]);
      extract(g, format);
    });
}

/** Pushes the mask of a predicate for ordered vectors that `a` and `b` push. */
function predicate(g: Generator, x: number, format: Format, a: () => void, b: () => void): void {
  const { code } = g, orders = accepted(x) & 7;
  if (orders === 0 || orders === 7) {
    return void code.simd(SIMD.const).op(...new Array(16).fill(orders === 0 ? 0 : 255));
  }
  // Less, equal or both; else the opposite of that.
  const negative = orders > 3, test = negative ? 7 - orders : orders;
  a();
  b();
  code.simd(PACKED[format.bytes][test === 1 ? LT : test === 2 ? EQ : LE]!);
  if (negative) code.simd(NOT);
}

function compareLow(format: Format): Emit {
  return (g, [, d, r, x], o) =>
    lowResult(g, d, r, o, format, (a, b) => {
      predicate(
        g,
        x,
        format,
        () => g.code.get(a).simd(splatLane(format)),
        () => g.code.get(b).simd(splatLane(format)),
      );
      extract(g, format);
    });
}

for (const [format, s] of [[DOUBLE, "d"], [SINGLE, "s"]] as const) {
  FLOAT_COMPARE[`comis${s}`] = comis(format);
  FLOAT_COMPARE[`cmps${s}`] = compareLow(format);
  FLOAT_COMPARE[`mins${s}`] = least(PMIN, format);
  FLOAT_COMPARE[`maxs${s}`] = least(PMAX, format);
}

/** d = what `fast` pushes from vectors without NaNs and denormals. */
function vectorResult(g: Generator, o: IrOp, format: Format, fast: (a: number, b: number) => void): void {
  const [, d, r] = o.args as number[];
  const { code, floats } = g, lanes = 16 / format.bytes;
  const a = g.scratch(V128, 0), b = g.scratch(V128, 1);
  if (floats.knows(d!, format, lanes) || floats.knows(r!, format, lanes)) floats.mask(g, format);
  g.vector(d!);
  code.set(a);
  g.vector(r!);
  code.set(b);
  const done = g.open(OP.block), slow = g.open(OP.block);
  let trust = false;
  for (const [local, slot] of [[a, d!], [b, r!]] as const) {
    if (floats.knows(slot, format, lanes)) trust = true;
    else branchIfAnyDenormal(g, local, format, slow);
  }
  if (trust) {
    code.get(floats.mask(g, format)).op(OP.i32Eqz).hint(false);
    g.branchIf(slow);
  }
  const eq = PACKED[format.bytes][EQ];
  code.get(a).get(a).simd(eq).get(b).get(b).simd(eq).simd(AND).simd(ALL_TRUE[format.bytes]).op(OP.i32Eqz)
    .hint(false);
  g.branchIf(slow);
  g.setVector(d!, () => fast(a, b));
  g.branch(done);
  g.close();
  g.runStepOn(g.step(o), [d!, r!], [d!]);
  g.close();
}

export function leastPacked(max: boolean, format: Format): Emit {
  const opcode = (max ? PMAX : PMIN)[format.bytes];
  return (g, _, o) => vectorResult(g, o, format, (a, b) => g.code.get(b).get(a).simd(opcode));
}
export function comparePacked(format: Format): Emit {
  return (g, a, o) =>
    vectorResult(
      g,
      o,
      format,
      (x, y) => predicate(g, a[3], format, () => g.code.get(x), () => g.code.get(y)),
    );
}
