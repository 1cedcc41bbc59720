// What the code of a region knows about floats: whether MXCSR is in the ordinary state, and which lanes hold no denormals.
//
// Fast paths of float operations apply when MXCSR rounds to nearest, has all exceptions masked, and the sticky precision flag is
// up (it soon is): then normal results of operands that are not denormal raise nothing new. A mask local stands for that
// state: it holds the bits of the exponent to be tested in a result, or 0 when the state is another, and then no result passes
// the test. It is loaded at the first use in a block. Facts about lanes hold as long as the mask is not 0: who writes something that
// contradicts one sets the masks to 0 for the rest of the block.

import { MXCSR, YMM } from "../cpu.ts";
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

export class FloatFacts {
  /** Lanes that are not denormal, by 128-bit slot. */
  readonly #lanes = new Map<number, number>();
  /** Formats whose mask has been loaded in this block. */
  readonly #masks = new Set<Format>();
  readonly #wide = new Set<Format>();

  /** A block begins, or a closure ran: nothing is known. */
  clear(): void {
    this.#lanes.clear();
    this.#masks.clear();
    this.#wide.clear();
  }
  /** Slot `s` (64 bits, or with `whole` 128) was written. */
  written(s: number, whole: boolean): void {
    const known = this.#lanes.get(s & ~1);
    if (known === undefined) return;
    if (whole) this.#lanes.delete(s & ~1);
    else this.#lanes.set(s & ~1, known & ~HALF[s & 1]!);
  }
  /** Vector `d` is a copy of `s`. */
  copied(d: number, s: number): void {
    this.#lanes.set(d, this.#lanes.get(s) ?? 0);
  }
  /** `copy` makes half `d` a copy of half `s`. */
  copiedHalf(d: number, s: number, copy: () => void): void {
    let bits = (this.#lanes.get(s & ~1) ?? 0) & HALF[s & 1]!;
    const other = (this.#lanes.get(d & ~1) ?? 0) & ~HALF[d & 1]!;
    copy();
    if ((s & 1) > (d & 1)) bits = bits >>> 1 & 1 | bits >>> 2 & 12;
    else if ((s & 1) < (d & 1)) bits = (bits & 1) << 1 | (bits & 12) << 2;
    this.#lanes.set(d & ~1, other | bits);
  }
  /** Lanes `n` … of the vector or half that begins at slot `s` are not denormal. */
  learn(s: number, format: Format, count: number): void {
    if (s < YMM) return; // x87 state, which closures write unseen
    this.#lanes.set(s & ~1, (this.#lanes.get(s & ~1) ?? 0) | lanes(s, format, count));
  }
  knows(s: number, format: Format, count: number): boolean {
    const bits = lanes(s, format, count);
    return ((this.#lanes.get(s & ~1) ?? 0) & bits) === bits;
  }

  /** The mask local of `format`, loaded. */
  mask(g: Generator, format: Format): number {
    const local = g.scratch(I32, format.bytes);
    if (!this.#masks.has(format)) {
      this.#masks.add(format);
      g.base();
      g.code.mem(OP.i32Load, 8 * MXCSR).i32(RELEVANT).op(OP.i32And).i32(ORDINARY).op(OP.i32Eq);
      g.code.set(local).i32(format.normal).i32(0).get(local).op(OP.select).set(local);
    }
    return local;
  }
  /** The same in every lane of a v128 local; mask() comes first. */
  wideMask(g: Generator, format: Format): number {
    const local = g.scratch(V128, 16 + format.bytes);
    if (!this.#wide.has(format)) {
      this.#wide.add(format);
      g.code.get(g.scratch(I32, format.bytes));
      if (format === SINGLE) g.code.simd(SIMD.i32x4Splat);
      else g.code.op(OP.i64ExtendI32U).i64(32, 0).op(OP.i64Shl).simd(SIMD.i64x2Splat);
      g.code.set(local);
    }
    return local;
  }
  /** Emits: nothing that is known holds any longer, to the end of the block. */
  forget(g: Generator): void {
    for (const format of this.#masks) g.code.i32(0).set(g.scratch(I32, format.bytes));
    for (const format of this.#wide) {
      g.code.simd(SIMD.const).op(...new Array(16).fill(0)).set(g.scratch(V128, 16 + format.bytes));
    }
  }
}

function lanes(s: number, format: Format, count: number): number {
  let bits = 0;
  for (let n = 0; n < count; n++) bits |= lane(format, (s & 1) * (8 / format.bytes) + n);
  return bits;
}
