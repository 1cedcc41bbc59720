// WebAssembly of x87 operations: calls of shared functions (x87_functions.ts), and of the exact helpers where those decline. The x87 state is
// in memory always, so the registers of the region stay in their locals.

import { FLAG_B, FPU_CONTROL, FPU_IP, TEMP_COUNT, TEMPS } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import { EXPLICIT } from "../ir/flags.ts";
import { memAt, memPlus } from "../ir/builder.ts";
import { nameOf } from "../ir/objects.ts";
import { leave } from "./conditions.ts";
import { OP } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";
import { sharedIndex } from "./shared.ts";
import {
  POP,
  SECOND_SHIFT,
  type Source,
  SWAP,
  TRUNCATE,
  X87_ARGUMENT,
  X87_VALUE,
  type X87Arith,
} from "./x87_code.ts";
import "./x87_functions.ts";

export const X87: Record<string, Emit> = {};

/** What a call of a helper becomes: the function, its argument word, and the slots with the memory operand. */
interface Native {
  name: string;
  argument: number;
  value?: { slots: number[]; source: Source };
}

const ARITH: readonly (readonly [X87Arith, number] | undefined)[] = [
  ["add", 0],
  ["mul", 0],
  undefined,
  undefined,
  ["sub", 0],
  ["sub", SWAP],
  ["div", 0],
  ["div", SWAP],
];
function arith(source: Source, op: number, argument: number, slots: number[]): Native {
  const [name, swap] = ARITH[op]!;
  return {
    name: `${name} ${source}`,
    argument: argument | swap,
    value: { slots, source },
  };
}
function load(source: Source, slots: number[]): Native {
  return { name: `push ${source}`, argument: 0, value: { slots, source } };
}
const pop = (pops: number) => pops !== 0 ? POP : 0;

/** By the helper's name: what its numbers mean. */
const NATIVE: Record<string, (...n: number[]) => Native> = {
  "arith.arithRegister": (op, d, s, pops) => arith("register", op!, d! | s! << SECOND_SHIFT | pop(pops!), []),
  "x87.arith32": (op, t) => arith("m32", op!, 0, [t!]),
  "x87.arith64": (op, t) => arith("m64", op!, 0, [t!]),
  "x87.arithInt": (op, t) => arith("int", op!, 0, [t!]),
  "x87.fld32": (t) => load("m32", [t!]),
  "x87.fld64": (t) => load("m64", [t!]),
  "x87.fld80": (t, u) => load("m80", [t!, u!]),
  "x87.fild": (t) => load("int", [t!]),
  "io.fldRegister": (i) => ({ name: "push register", argument: i! }),
  "io.fstRegister": (i, pops) => ({ name: "copy", argument: i! | pop(pops!) }),
  "arith.fxch": (i) => ({ name: "exchange", argument: i! }),
  "arith.fchs": () => ({ name: "chs", argument: 0 }),
  "arith.fabs": () => ({ name: "abs", argument: 0 }),
};
/** Helpers that see nothing but x87 state and the temporaries among their numbers. */
const ON_STATE = /^(arith|compare|io|trans|x87)\.|^x87_state\.(fldcw|check)$/;
/** FLD1 and FLDZ: sign and exponent, upper half of the significand. The other constants depend on the rounding. */
const CONSTANTS: Record<number, readonly [number, number]> = { 0: [0x3fff, -0x80000000], 6: [0, 0] };

/** Emits the call; leaves whether the function has done it. */
function call(g: Generator, { name, argument, value }: Native): void {
  const { code } = g;
  g.base();
  code.i32(argument).mem(OP.i32Store, 8 * X87_ARGUMENT);
  value?.slots.forEach((slot, i) => {
    g.base();
    g.get64(slot);
    code.mem(OP.i64Store, 8 * (X87_VALUE + i));
  });
  g.callShared(sharedIndex(name));
}
/** The address of the last x87 instruction. */
function leaveAddress(g: Generator, ip: number): void {
  g.base();
  g.code.i64(ip | 0, Math.floor(ip / 0x1_0000_0000)).mem(OP.i64Store, 8 * FPU_IP);
}
const temporaries = (numbers: readonly number[]) => numbers.filter((n) => n >= TEMPS);

function help(g: Generator, [helper, , ...numbers]: any[], o: IrOp): void {
  const name = nameOf(helper) ?? "";
  const step = g.step(o);
  if (name === "io.fldConstant" && CONSTANTS[numbers[0]] !== undefined) {
    const [se, high] = CONSTANTS[numbers[0]]!;
    g.base();
    g.code.i64(0, high).mem(OP.i64Store, 8 * X87_VALUE);
    g.base();
    g.code.i64(se, 0).mem(OP.i64Store, 8 * X87_VALUE + 8);
    call(g, load("m80", []));
  } else if (NATIVE[name] !== undefined) call(g, NATIVE[name](...numbers));
  else if (ON_STATE.test(name)) return g.runStepOn(step, temporaries(numbers), []);
  else return g.runStep(step);
  orHelper(g, o, step, temporaries(numbers));
}
/** Whether the function has done it is on the stack. */
function orHelper(g: Generator, o: IrOp, step: number, reads: readonly number[]): void {
  g.code.hint(true);
  g.open(OP.if);
  leaveAddress(g, o.ip);
  g.code.op(OP.else);
  g.runStepOn(step, reads, []);
  g.close();
}
for (let n = 0; n <= 5; n++) X87[`help${n}`] = help;

/** FCOMI and its like: explicit flags. */
X87.fcomi = (g, [, , i, , pops], o) => {
  const step = g.step(o);
  call(g, { name: "compare", argument: i | pop(pops) });
  g.code.hint(true);
  g.open(OP.if);
  leaveAddress(g, o.ip);
  g.base();
  g.code.mem(OP.i32Load, 8 * X87_VALUE);
  g.set32(FLAG_B);
  g.code.op(OP.else);
  g.runStepOn(step, [], [FLAG_B]);
  g.close();
  leave(g, EXPLICIT);
};

/** Pushes whether an unmasked exception is pending. */
function pending(g: Generator): void {
  g.base();
  g.code.mem(OP.i32Load, 8 * FPU_CONTROL + 4).i32(0x80).op(OP.i32And).hint(false);
}
X87.fcheck = (g, _, o) => {
  pending(g);
  g.open(OP.if);
  g.runFaultingStep(g.step(o));
  g.close();
};

function stored(helper: unknown, n1: number, n2: number): Native | undefined {
  switch (nameOf(helper as object)) {
    case "x87.fstFloat":
      return { name: `float ${n1}`, argument: pop(n2) };
    case "io.fstpM80":
      return { name: "extended", argument: POP };
    case "x87.fist":
      return { name: `int ${n1}`, argument: pop(n2) };
    case "x87.fisttp":
      return { name: `int ${n1}`, argument: POP | TRUNCATE };
  }
  return undefined;
}
/** Temporaries for what is stored: the last ones, which no lowering needs beside an x87 store. */
const LOW = TEMPS + TEMP_COUNT - 2, HIGH = TEMPS + TEMP_COUNT - 1;

X87.fstore = (g, [helper, , , m, , size, n1, n2], o) => {
  const { code } = g;
  const step = g.step(o), native = stored(helper, n1, n2);
  const address = [m.base, m.index, m.segment].filter((slot) => slot >= 0);
  pending(g);
  g.open(OP.if);
  g.runFaultingStep(step);
  g.close();
  // Memory is writable before the state changes; and closures run here must not change translations.
  g.probe(m, size, o.ip);
  if (native === undefined) return g.runStepOn(step, address, []);
  call(g, native);
  code.hint(true);
  g.open(OP.if);
  leaveAddress(g, o.ip);
  for (const [i, slot] of [LOW, HIGH].entries()) {
    if (i * 8 >= size) continue;
    g.base();
    code.mem(OP.i64Load, 8 * (X87_VALUE + i));
    g.set64(slot);
  }
  g.store(m, Math.min(size, 8), LOW, o.ip);
  if (size === 10) {
    // Through an address of its own: a window for this form may be one for reading.
    g.effective(memPlus(m, 8));
    g.set64(LOW);
    g.store(memAt(LOW), 2, HIGH, o.ip);
  }
  code.op(OP.else);
  g.runStepOn(step, address, []);
  g.close();
};
