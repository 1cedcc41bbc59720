// WebAssembly of the packed integer operations of SSSE3 and SSE4, by their helpers.

import { maskedBytes } from "../sse/integer.ts";
import * as packed from "../sse/packed.ts";
import * as wide from "../sse/wide.ts";
import { I32, I64, OP, SIMD, V128 } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import { CRYPTO_MASK_HELPERS, CRYPTO_NUMBER_HELPERS } from "./ops_crypto.ts";
import type { Emit } from "./ops_integer.ts";

const I8_SHR_S = 108, I16_SHR_S = 140, I32_SHR_S = 172, I64_SHR_S = 204;
const SHR_S = { 1: I8_SHR_S, 2: I16_SHR_S, 4: I32_SHR_S, 8: I64_SHR_S } as const;
const SHR_U = { 2: 141, 4: 173 } as const;
const ADD = { 1: 110, 2: 142, 4: 174 } as const, SUB = { 1: 113, 2: 145, 4: 177 } as const;
const EQ = { 1: 35, 2: 45, 4: 55 } as const;
const AND = 78, AND_NOT = 79, XOR = 81, BIT_SELECT = 82;
const SWIZZLE = 14, I16_ADD_SAT = 143, I16_SUB_SAT = 146, I16_MUL = 149, I32_MUL = 181, I64_MUL = 213;

type Lane = 1 | 2 | 4;

const constant = (g: Generator, ...bytes: number[]) => {
  g.code.simd(SIMD.const).op(...Array.from({ length: 16 }, (_, i) => bytes[i % bytes.length]!));
};
/** d = d op r. */
const binary = (opcode: number): Emit => (g, [, d, r]) =>
  g.setVector(d, () => {
    g.vector(d);
    g.vector(r);
    g.code.simd(opcode);
  });
/** d = op r. */
const unary = (opcode: number): Emit => (g, [, d, r]) =>
  g.setVector(d, () => {
    g.vector(r);
    g.code.simd(opcode);
  });

/** Neighbours of d and r: the even lanes op the odd ones. */
function horizontal(size: 2 | 4, opcode: number): Emit {
  const pick = (odd: number) =>
    Array.from({ length: 16 }, (_, i) => {
      const lane = 2 * Math.floor(i / size) + odd;
      return lane * size + i % size;
    });
  return (g, [, d, r]) =>
    g.setVector(d, () => {
      for (const odd of [0, 1]) {
        g.vector(d);
        g.vector(r);
        g.code.simd(SIMD.shuffle).op(...pick(odd));
      }
      g.code.simd(opcode);
    });
}

/** d negated where r is negative, 0 where r is 0. */
function sign(size: Lane): Emit {
  return (g, [, d, r]) => {
    const negative = g.scratch(V128, 0);
    g.vector(r);
    g.code.i32(8 * size - 1).simd(SHR_S[size]).set(negative);
    g.setVector(d, () => {
      g.vector(d);
      g.code.get(negative).simd(XOR).get(negative).simd(SUB[size]);
      g.vector(r);
      constant(g, 0);
      g.code.simd(EQ[size]).simd(AND_NOT);
    });
  };
}

function multiplyAddBytes(g: Generator, [, d, r]: any[]): void {
  const { code } = g;
  g.setVector(d, () => {
    // Even bytes: of d without sign, of r with it.
    g.vector(d);
    constant(g, 255, 0);
    code.simd(AND);
    g.vector(r);
    code.i32(8).simd(139).i32(8).simd(I16_SHR_S).simd(I16_MUL);
    g.vector(d);
    code.i32(8).simd(SHR_U[2]);
    g.vector(r);
    code.i32(8).simd(I16_SHR_S).simd(I16_MUL).simd(I16_ADD_SAT);
  });
}
function multiplyRounded(g: Generator, [, d, r]: any[]): void {
  const { code } = g;
  g.setVector(d, () => {
    // Wasm saturates where x86 wraps: the product of the two least numbers.
    g.vector(d);
    g.vector(r);
    code.simd(130);
    g.vector(d);
    g.vector(r);
    code.simd(AND);
    constant(g, 0, 128);
    code.simd(EQ[2]);
    g.vector(d);
    g.vector(r);
    code.simd(EQ[2]).simd(AND).simd(XOR);
  });
}

/** Lanes of `bits` bits shifted by their own counts, which may be larger. */
function eachBy(bits: 32 | 64, shift: number, arithmetic = false): Emit {
  const wide = bits === 64;
  const extract = wide ? SIMD.i64x2Extract : SIMD.i32x4Extract;
  const replace = wide ? SIMD.i64x2Replace : SIMD.i32x4Replace;
  const type = wide ? I64 : I32;
  return (g, [, d, r]) => {
    const { code } = g, value = g.scratch(V128, 0), counts = g.scratch(V128, 1), n = g.scratch(type, 9);
    const number = (k: number) => wide ? code.i64(k, 0) : code.i32(k);
    g.vector(d);
    code.set(value);
    g.vector(r);
    code.set(counts);
    g.setVector(d, () => {
      code.get(value);
      for (let lane = 0; lane < 128 / bits; lane++) {
        code.get(counts).simd(extract).op(lane).set(n).get(value).simd(extract).op(lane);
        const inRange = () => number(bits).op(wide ? OP.i64LtU : OP.i32LtU);
        if (arithmetic) {
          code.get(n);
          number(bits - 1).get(n);
          inRange().op(OP.select, shift);
        } else {
          code.get(n).op(shift);
          number(0).get(n);
          inRange().op(OP.select);
        }
        code.simd(replace).op(lane);
      }
    });
  };
}

/** Lanes of d chosen by numbers: `multiplier` copies each to all its bytes, `offsets` tell them apart. */
function permute(
  prepare: (g: Generator) => void,
  multiply: number,
  multiplier: number,
  offsets: number[],
): Emit {
  return (g, [, d, r]) =>
    g.setVector(d, () => {
      g.vector(d);
      g.vector(r);
      prepare(g);
      constant(g, multiplier);
      g.code.simd(multiply);
      constant(g, ...offsets);
      g.code.simd(ADD[1]).simd(SWIZZLE);
    });
}

/** Emitters of `vec` by its helper. */
export const SSE4_HELPERS: readonly (readonly [unknown, Emit])[] = [
  [packed.pshufb, (g, [, d, r]) =>
    g.setVector(d, () => {
      g.vector(d);
      g.vector(r);
      constant(g, 0x8f);
      g.code.simd(AND).simd(SWIZZLE);
    })],
  [packed.phaddw, horizontal(2, ADD[2])],
  [packed.phaddsw, horizontal(2, I16_ADD_SAT)],
  [packed.phaddd, horizontal(4, ADD[4])],
  [packed.phsubw, horizontal(2, SUB[2])],
  [packed.phsubsw, horizontal(2, I16_SUB_SAT)],
  [packed.phsubd, horizontal(4, SUB[4])],
  [packed.pmaddubsw, multiplyAddBytes],
  [packed.pmulhrsw, multiplyRounded],
  [packed.psignb, sign(1)],
  [packed.psignw, sign(2)],
  [packed.psignd, sign(4)],
  [packed.phminposuw, leastWord],
  [packed.pabsb, unary(96)],
  [packed.pabsw, unary(128)],
  [packed.pabsd, unary(160)],
  [packed.packusdw, binary(134)],
  [packed.pmulld, binary(I32_MUL)],
  [packed.pmuldq, (g, [, d, r]) =>
    g.setVector(d, () => {
      for (const s of [d, r]) {
        g.vector(s);
        g.vector(s);
        g.code.simd(SIMD.shuffle).op(...[0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
      }
      g.code.simd(220);
    })],
  [packed.pcmpeqq, binary(214)],
  [packed.pcmpgtq, binary(217)],
  [wide.psllvd, eachBy(32, OP.i32Shl)],
  [wide.psrlvd, eachBy(32, OP.i32ShrU)],
  [wide.psravd, eachBy(32, OP.i32ShrS, true)],
  [wide.psllvq, eachBy(64, OP.i64Shl)],
  [wide.psrlvq, eachBy(64, OP.i64ShrU)],
  [
    wide.permil32,
    permute(
      (g) => {
        constant(g, 3, 0, 0, 0);
        g.code.simd(AND).i32(2).simd(171);
      },
      I32_MUL,
      1,
      [0, 1, 2, 3],
    ),
  ],
  [
    wide.permil64,
    permute(
      (g) => {
        constant(g, 2, 0, 0, 0, 0, 0, 0, 0);
        g.code.simd(AND).i32(2).simd(203);
      },
      I64_MUL,
      1,
      [0, 1, 2, 3, 4, 5, 6, 7],
    ),
  ],
];

/** Lanes of r where the signs of lanes of `size` bytes in m are set. */
function blendSigns(size: 1 | 4 | 8): Emit {
  return (g, [, d, r, m]) =>
    g.setVector(d, () => {
      g.vector(r);
      g.vector(d);
      g.vector(m);
      g.code.i32(8 * size - 1).simd(SHR_S[size]).simd(BIT_SELECT);
    });
}
/** Emitters of `vecm` by its helper. */
export const MASK_HELPERS: ReadonlyMap<unknown, Emit> = new Map<unknown, Emit>([
  ...CRYPTO_MASK_HELPERS,
  [maskedBytes, blendSigns(1)],
  [packed.blendSigns32, blendSigns(4)],
  [packed.blendSigns64, blendSigns(8)],
]);

/** Lanes of `size` bytes of r where the number has ones. */
function blend(size: 2 | 4): Emit {
  return (g, [, d, r, n]) =>
    g.setVector(d, () => {
      g.vector(d);
      g.vector(r);
      g.code.simd(SIMD.shuffle).op(
        ...Array.from({ length: 16 }, (_, i) => n >> Math.floor(i / size) & 1 ? 16 + i : i),
      );
    });
}
const EXTEND_LOW = { 1: [135, 137], 2: [167, 169], 4: [199, 201] } as const;
/** Lanes of `from` bytes, beginning at byte n, widened to `to` bytes. */
function widen(from: 1 | 2 | 4, to: 2 | 4 | 8, unsigned: 0 | 1): Emit {
  return (g, [, d, r, n]) =>
    g.setVector(d, () => {
      g.vector(r);
      if (n !== 0) {
        g.vector(r);
        g.code.simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => i + n & 15));
      }
      for (let size = from as number; size < to; size *= 2) {
        g.code.simd(EXTEND_LOW[size as 1][unsigned]);
      }
    });
}
/** The least of eight words, and its place. */
function leastWord(g: Generator, [, d, r]: any[]): void {
  const { code } = g, v = g.scratch(V128, 0), least = g.scratch(V128, 1);
  g.vector(r);
  code.tee(v).set(least);
  for (const by of [8, 4, 2]) {
    code.get(least).get(least).get(least).simd(SIMD.shuffle).op(
      ...Array.from({ length: 16 }, (_, i) => i + by & 15),
    );
    code.simd(I16_MIN_U).set(least);
  }
  g.setVector(d, () => {
    constant(g, 0);
    code.get(least).simd(I16_EXTRACT_U).op(0).simd(I16_REPLACE).op(0);
    code.get(v).get(least).simd(EQ[2]).simd(I16_BITMASK).op(OP.i32Ctz).simd(I16_REPLACE).op(1);
  });
}
const I16_MIN_U = 151, I16_EXTRACT_U = 25, I16_REPLACE = 26, I16_BITMASK = 132, I16_ABS = 128;

/** Sums of absolute differences: four bytes of r, chosen by n, against eight places in d. */
const differences: Emit = (g, [, d, r, n]) => {
  const { code } = g, from = n & 4, block = 4 * (n & 3);
  g.setVector(d, () => {
    for (let k = 0; k < 4; k++) {
      for (const [slot, at, step] of [[d, from + k, 1], [r, block + k, 0]] as const) {
        g.vector(slot);
        g.vector(slot);
        code.simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => at + step * (i & 7)));
        code.simd(EXTEND_LOW[1][1]);
      }
      code.simd(SUB[2]).simd(I16_ABS);
      if (k > 0) code.simd(ADD[2]);
    }
  });
};

/** Emitters of `vecn` by its helper. */
export const NUMBER_HELPERS: ReadonlyMap<unknown, Emit> = new Map<unknown, Emit>([
  [packed.palignr, (g, [, d, r, n]) =>
    g.setVector(d, () => {
      if (n < 16) g.vector(r);
      g.vector(d);
      if (n >= 16) constant(g, 0);
      const k = n & 15;
      if (n > 31) {
        g.code.simd(AND);
        return;
      }
      g.code.simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => i + k));
    })],
  ...CRYPTO_NUMBER_HELPERS,
  [packed.mpsadbw, differences],
  [packed.blend16, blend(2)],
  [packed.blend32, blend(4)],
  [packed.signed8to16, widen(1, 2, 0)],
  [packed.signed8to32, widen(1, 4, 0)],
  [packed.signed8to64, widen(1, 8, 0)],
  [packed.signed16to32, widen(2, 4, 0)],
  [packed.signed16to64, widen(2, 8, 0)],
  [packed.signed32to64, widen(4, 8, 0)],
  [packed.unsigned8to16, widen(1, 2, 1)],
  [packed.unsigned8to32, widen(1, 4, 1)],
  [packed.unsigned8to64, widen(1, 8, 1)],
  [packed.unsigned16to32, widen(2, 4, 1)],
  [packed.unsigned16to64, widen(2, 8, 1)],
  [packed.unsigned32to64, widen(4, 8, 1)],
]);
