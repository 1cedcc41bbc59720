// Which families of instructions can be tested, and how are their cases made?

import { arith, logic } from "./groups/arith.ts";
import { atomic } from "./groups/atomic.ts";
import { bit } from "./groups/bit.ts";
import { control } from "./groups/control.ts";
import { floatFlow } from "./groups/float_flow.ts";
import { fromCodes } from "./groups/iced_codes.ts";
import { mmx } from "./groups/mmx.ts";
import { move } from "./groups/move.ts";
import { div, mul } from "./groups/mul_div.ts";
import { doubleShift, shift } from "./groups/shift.ts";
import { sseDouble, sseInteger, sseSingle } from "./groups/sse.ts";
import { stack } from "./groups/stack.ts";
import { string } from "./groups/string.ts";
import { system } from "./groups/system.ts";
import { x87 } from "./groups/x87.ts";
import type { Kind, Layout } from "./layout.ts";
import type { Rng } from "./rng.ts";
import { Snippet } from "./snippet.ts";

export interface Group {
  /** Adds an instruction (or a few that belong together). */
  make(s: Snippet): void;
  /** Registers the instructions use implicitly. */
  reserved: readonly number[];
  /** In how many of 100 snippets memory operands are 16-byte aligned. */
  alignPercent?: number;
  /** Least and greatest number of calls of `make`. */
  length?: readonly [number, number];
  kind?: Kind;
  /** Flags of /proc/cpuinfo: what the CPU must have to be the oracle. */
  needs?: readonly string[];
}

const NOT_SSE = /Rcp|Rsqrt|Ldmxcsr/;
/** Estimates, which every CPU makes in its own way; and what would unmask exceptions at random. */
const NOT_AVX = /rcp|rsqrt|Vldmxcsr/;

export const GROUPS: Record<string, Group> = {
  move: { make: move, reserved: [0, 3] },
  arith: { make: arith, reserved: [0] },
  logic: { make: logic, reserved: [0] },
  shift: { make: shift, reserved: [1] },
  shld: { make: doubleShift, reserved: [1] },
  mul: { make: mul, reserved: [0, 2] },
  div: { make: div, reserved: [0, 2], length: [1, 3] },
  bit: { make: bit, reserved: [] },
  string: { make: string, reserved: [0, 1, 6, 7], length: [1, 3] },
  stack: { make: stack, reserved: [0, 5] },
  control: { make: control, reserved: [1], length: [1, 4] },
  atomic: { make: atomic, reserved: [0, 1, 2, 3], alignPercent: 50 },
  system: { make: system, reserved: [], length: [1, 3] },
  sse: { make: sseInteger, reserved: [], alignPercent: 90, kind: "fp" },
  sse_single: { make: sseSingle, reserved: [], alignPercent: 90, kind: "fp" },
  sse_double: { make: sseDouble, reserved: [], alignPercent: 90, kind: "fp" },
  float_flow: { make: floatFlow, reserved: [1], alignPercent: 90, length: [1, 1], kind: "fp" },
  sse_codes: {
    make: fromCodes(["SSE", "SSE2", "SSE3"], NOT_SSE),
    reserved: [7],
    alignPercent: 90,
    kind: "fp",
  },
  ssse3: { make: fromCodes(["SSSE3"]), reserved: [], alignPercent: 90, kind: "fp", needs: ["ssse3"] },
  sse41: { make: fromCodes(["SSE4_1"]), reserved: [], alignPercent: 90, kind: "fp", needs: ["sse4_1"] },
  sse42: {
    make: fromCodes(["SSE4_2"]),
    reserved: [0, 1, 2],
    alignPercent: 90,
    kind: "fp",
    needs: ["sse4_2"],
  },
  crypto: {
    make: fromCodes(["AES", "PCLMULQDQ", "SHA"]),
    reserved: [],
    alignPercent: 90,
    kind: "fp",
    needs: ["aes", "pclmulqdq", "sha_ni"],
  },
  bmi: {
    make: fromCodes(["LZCNT", "BMI1", "BMI2", "ADX", "MOVBE", "POPCNT"]),
    reserved: [2],
    needs: ["abm", "bmi1", "bmi2", "adx", "movbe", "popcnt"],
  },
  avx: {
    make: fromCodes(["AVX", "AES+AVX", "PCLMULQDQ+AVX"], NOT_AVX),
    reserved: [0, 1, 2, 7],
    alignPercent: 50,
    kind: "avx",
    needs: ["avx", "aes", "pclmulqdq"],
  },
  avx2: { make: fromCodes(["AVX2"]), reserved: [], alignPercent: 50, kind: "avx", needs: ["avx2"] },
  fma: {
    make: fromCodes(["FMA", "F16C"]),
    reserved: [],
    alignPercent: 50,
    kind: "avx",
    needs: ["fma", "f16c"],
  },
  vaes: {
    make: fromCodes(["VAES", "VPCLMULQDQ"]),
    reserved: [],
    alignPercent: 50,
    kind: "avx",
    needs: ["vaes", "vpclmulqdq"],
  },
  mmx: { make: mmx, reserved: [0, 7], alignPercent: 50, kind: "fp" },
  x87: { make: x87, reserved: [0], alignPercent: 50, kind: "fp" },
  mix: { make: mix, reserved: [0, 1, 2, 3], length: [3, 10] },
};

const MIXED = [move, arith, logic, shift, doubleShift, mul, bit, arith, move];

/** Everything that hardly ever faults, in longer runs. */
function mix(s: Snippet): void {
  s.rng.pick(MIXED)(s);
}

/** A snippet for instructions of a group. */
export function snippetAt(rng: Rng, layout: Layout, group: string, address: number): Snippet {
  const { reserved, alignPercent = 0 } = GROUPS[group]!;
  return new Snippet(rng, layout, group, address, reserved, rng.chance(alignPercent));
}
