// What the code of a region knows about floats: whether MXCSR is in the ordinary state, and which lanes hold no denormals.
//
// Fast paths of float operations apply when MXCSR rounds to nearest, has all exceptions masked, and the sticky precision flag is
// up (it soon is): then normal results of operands that are not denormal raise nothing new. A mask local stands for that
// state: it holds the bits of the exponent to be tested in a result, or 0 when the state is another, and then no result passes
// the test. It is loaded at the first use in a block. Facts about lanes hold as long as the mask is not 0: who writes something that
// contradicts one sets the masks to 0 for the rest of the block.

import { MXCSR, xmmSlot, YMM } from "../cpu.ts";
import { OP } from "./encoder.ts";
import { F32, F64, I32, SIMD, V128 } from "./encoder.ts";
import type { Generator } from "./generator.ts";

/** How a lane's format looks in the word that holds its sign and exponent. */
export interface Format {
  readonly type: number;
  readonly bytes: 4 | 8;
  /** Exponent field. */
  readonly exponent: number;
  /** One in the exponent field: added, it makes the exponents of infinities and NaNs, and of zeros and denormals, 0 and 1. */
  readonly unit: number;
  /** The exponent's bits but the lowest two: after that, they are 0 for those four kinds and for the two smallest exponents, where roundings
   * may have been underflows. */
  readonly normal: number;
  /** Least and greatest normal number. */
  readonly min: number;
  readonly max: number;
}
export const DOUBLE: Format = {
  type: F64,
  bytes: 8,
  exponent: 0x7ff00000,
  unit: 0x00100000,
  normal: 0x7fc00000,
  min: 2.2250738585072014e-308,
  max: 1.7976931348623157e308,
};
export const SINGLE: Format = {
  type: F32,
  bytes: 4,
  exponent: 0x7f800000,
  unit: 0x00800000,
  normal: 0x7e000000,
  min: 1.1754943508222875e-38,
  max: 3.4028234663852886e38,
};

/** DAZ and FTZ do not matter where there are no denormals. */
const RELEVANT = 0x7fa0, ORDINARY = 0x1fa0;

/** Bits of a 128-bit slot's lanes: doubles 0–1, singles 2–5. */
const lane = (format: Format, n: number) => format.bytes === 8 ? 1 << n : 4 << n;
const HALF = [
  lane(DOUBLE, 0) | lane(SINGLE, 0) | lane(SINGLE, 1),
  lane(DOUBLE, 1) | lane(SINGLE, 2) | lane(SINGLE, 3),
];

/** What is known of a 128-bit slot: bits of its lanes, and, above them, the XMM registers that had to be as they were assumed to be at the
 * region's entry for that. */
type Fact = number;
const LANES = 63, ORIGIN_SHIFT = 8;
export type Facts = Map<number, Fact>;

/** Vectors that checks of packed operations need: the mask in every lane, the format's unit, ones. In locals, because V8 makes a vector constant
 * anew at each use. */
export interface Wide {
  readonly format: Format;
  readonly content: "mask" | "unit";
  /** Number of its v128 scratch local. */
  readonly local: number;
}
const wide = (format: Format) => ({
  mask: { format, content: "mask", local: 16 + format.bytes } as Wide,
  unit: { format, content: "unit", local: 32 + format.bytes } as Wide,
});
const WIDE = { 8: wide(DOUBLE), 4: wide(SINGLE) } as const;

/** What float_plan.ts found out about a region: facts at the beginning of each block, and what its entry has to look at. */
export interface FloatPlan {
  readonly entry: readonly Facts[];
  readonly formats: ReadonlySet<Format>;
  readonly wide: ReadonlySet<Wide>;
  /** Lanes of XMM registers that must not be denormal at the entry, or else the masks are 0. */
  readonly assumed: Facts;
}

export class FloatFacts {
  /** Without a plan, nothing is known at the beginning of a block, and masks are loaded there. */
  plan: FloatPlan | undefined;
  #facts: Facts = new Map();
  /** Formats whose masks have been used (without a plan: in this block). */
  readonly formats = new Set<Format>();
  readonly wide = new Set<Wide>();
  /** Lanes of XMM registers whose state at the region's entry was asked for. */
  readonly asked: Facts = new Map();

  /** Block `n` begins. */
  begin(n: number): void {
    if (this.plan !== undefined) this.#facts = new Map(this.plan.entry[n]);
    else this.#nothing();
  }
  #nothing(): void {
    this.#facts = new Map();
    this.formats.clear();
    this.wide.clear();
  }
  /** For the plan: the facts as they are, and others instead. */
  get facts(): Facts {
    return this.#facts;
  }
  set facts(facts: Facts) {
    this.#facts = new Map(facts);
  }
  /** A closure ran: it may have changed everything. */
  closure(g: Generator): void {
    if (this.plan === undefined) return this.#nothing();
    this.#facts = new Map();
    this.#load(g, this.plan);
  }

  /** Emits what the region's entry has to do for the plan. */
  enter(g: Generator): void {
    const { plan } = this;
    if (plan === undefined) return;
    for (const format of plan.formats) this.#loadMask(g, format);
    for (const [slot, bits] of plan.assumed) {
      for (const format of [DOUBLE, SINGLE]) {
        for (let n = 0; n < 16 / format.bytes; n++) {
          if ((bits & lane(format, n)) !== 0) this.#assume(g, slot, format, n);
        }
      }
    }
    for (const vector of plan.wide) this.#spread(g, vector);
  }
  /** The mask becomes 0 if a lane is denormal. */
  #assume(g: Generator, slot: number, format: Format, n: number): void {
    const { code } = g, mask = g.scratch(I32, format.bytes);
    if (format === DOUBLE) {
      g.get64(slot + n);
      code.i64(1, 0).op(OP.i64Shl).i64(1, 0).op(OP.i64Sub).i64(53, 0).op(OP.i64ShrU, OP.i64Eqz);
    } else {
      g.vector(slot);
      code.simd(SIMD.i32x4Extract).op(n).i32(1).op(OP.i32Shl).i32(1).op(OP.i32Sub).i32(24).op(
        OP.i32ShrU,
        OP.i32Eqz,
      );
    }
    code.hint(false);
    g.open(OP.if);
    code.i32(0).set(mask);
    g.close();
  }
  #load(g: Generator, plan: FloatPlan): void {
    for (const format of plan.formats) this.#loadMask(g, format);
    for (const vector of plan.wide) if (vector.content === "mask") this.#spread(g, vector);
  }
  #loadMask(g: Generator, format: Format): void {
    const local = g.scratch(I32, format.bytes);
    g.base();
    g.code.mem(OP.i32Load, 8 * MXCSR).i32(RELEVANT).op(OP.i32And).i32(ORDINARY).op(OP.i32Eq);
    g.code.set(local).i32(format.normal).i32(0).get(local).op(OP.select).set(local);
  }
  #spread(g: Generator, { format, content, local }: Wide): void {
    const { code } = g;
    if (content === "mask") code.get(g.scratch(I32, format.bytes));
    else code.i32(format.unit);
    if (format === SINGLE) code.simd(SIMD.i32x4Splat);
    else code.op(OP.i64ExtendI32U).i64(32, 0).op(OP.i64Shl).simd(SIMD.i64x2Splat);
    code.set(g.scratch(V128, local));
  }

  /** Slot `s` (64 bits, or with `whole` 128) was written. */
  written(s: number, whole: boolean): void {
    const known = this.#facts.get(s & ~1);
    if (known === undefined) return;
    if (whole) this.#facts.delete(s & ~1);
    else this.#put(s, known & ~HALF[s & 1]!);
  }
  #put(s: number, fact: Fact): void {
    if ((fact & LANES) === 0) this.#facts.delete(s & ~1);
    else this.#facts.set(s & ~1, fact);
  }
  /** Vector `d` is a copy of `s`. */
  copied(d: number, s: number): void {
    this.#put(d, this.#facts.get(s) ?? 0);
  }
  /** `copy` makes half `d` a copy of half `s`. */
  copiedHalf(d: number, s: number, copy: () => void): void {
    const from = this.#facts.get(s & ~1) ?? 0, to = this.#facts.get(d & ~1) ?? 0;
    copy();
    let bits = from & HALF[s & 1]!, origins = from & ~LANES;
    if ((s & 1) !== (d & 1)) {
      // What was assumed was assumed of another lane.
      if (origins !== 0) bits = origins = 0;
      bits = s & 1 ? bits >>> 1 & 1 | bits >>> 2 & 12 : (bits & 1) << 1 | (bits & 12) << 2;
    }
    const rest = to & LANES & ~HALF[d & 1]!;
    if (rest !== 0) origins |= to & ~LANES;
    this.#put(d, bits | rest | origins);
  }
  /** Lanes `n` … of the vector or half that begins at slot `s` are not denormal. */
  learn(s: number, format: Format, count: number): void {
    if (s < YMM) return; // x87 state, which closures write unseen
    this.#put(s, (this.#facts.get(s & ~1) ?? 0) | lanes(s, format, count));
  }
  knows(s: number, format: Format, count: number): boolean {
    const bits = lanes(s, format, count), fact = this.#facts.get(s & ~1) ?? 0;
    if ((fact & bits) !== bits) return false;
    for (let i = 0, origins = fact >>> ORIGIN_SHIFT; origins !== 0; i++, origins >>>= 1) {
      if (origins & 1) this.asked.set(xmmSlot(i), (this.asked.get(xmmSlot(i)) ?? 0) | bits);
    }
    return true;
  }

  /** The mask local of `format`, loaded. */
  mask(g: Generator, format: Format): number {
    if (!this.formats.has(format)) {
      this.formats.add(format);
      if (this.plan === undefined) this.#loadMask(g, format);
    }
    return g.scratch(I32, format.bytes);
  }
  /** Vector of that content, in a local; mask() comes first. */
  vector(g: Generator, format: Format, content: "mask" | "unit"): number {
    const vector = WIDE[format.bytes][content];
    if (!this.wide.has(vector)) {
      this.wide.add(vector);
      if (this.plan === undefined) this.#spread(g, vector);
    }
    return g.scratch(V128, vector.local);
  }
  /** Emits: nothing that is known holds any longer, until the masks are loaded again. */
  forget(g: Generator): void {
    const { formats, wide } = this.plan ?? this;
    for (const format of formats) g.code.i32(0).set(g.scratch(I32, format.bytes));
    for (const { content, local } of wide) {
      if (content !== "mask") continue;
      g.code.simd(SIMD.const).op(...new Array(16).fill(0)).set(g.scratch(V128, local));
    }
  }
}

/** The assumption that all lanes of all XMM registers are well. */
export function everything(): Facts {
  return new Map(Array.from({ length: 16 }, (_, i) => [xmmSlot(i), LANES | 1 << ORIGIN_SHIFT + i]));
}
/** What holds in both cases; undefined: every fact. */
export function both(a: Facts | undefined, b: Facts): Facts {
  if (a === undefined) return new Map(b);
  const out: Facts = new Map();
  for (const [slot, x] of a) {
    const y = b.get(slot);
    if (y !== undefined && (x & y & LANES) !== 0) out.set(slot, x & y & LANES | (x | y) & ~LANES);
  }
  return out;
}
export function sameFacts(a: Facts, b: Facts): boolean {
  if (a.size !== b.size) return false;
  for (const [slot, fact] of a) if (b.get(slot) !== fact) return false;
  return true;
}

function lanes(s: number, format: Format, count: number): number {
  let bits = 0;
  for (let n = 0; n < count; n++) bits |= lane(format, (s & 1) * (8 / format.bytes) + n);
  return bits;
}
