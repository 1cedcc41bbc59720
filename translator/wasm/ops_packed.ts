// WebAssembly of packed integer operations that are more than one SIMD instruction, or take a number.

import * as integer from "../sse/integer.ts";
import { OP, SIMD, V128 } from "./encoder.ts";
import { type Generator, X64 } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";
import { CRYPTO_HELPERS } from "./ops_crypto.ts";
import { SSE4_HELPERS } from "./ops_sse4.ts";

export const PACKED: Record<string, Emit> = {};

const zero = (g: Generator) => g.code.simd(SIMD.const).op(...new Array(16).fill(0));
const AND = 78, OR = 80;

// Shifts by a constant: opcode of the lanes' shift.
const SHIFTS: Record<string, number> = {
  psllw: 0x8b,
  psraw: 0x8c,
  psrlw: 0x8d,
  pslld: 0xab,
  psrad: 0xac,
  psrld: 0xad,
  psllq: 0xcb,
  psrlq: 0xcd,
};
for (const [name, opcode] of Object.entries(SHIFTS)) {
  PACKED[`${name}i`] = (g, [d, n]) =>
    g.setVector(d, () => {
      g.vector(d);
      g.code.i32(n).simd(opcode);
    });
}

/** Shift by the low 64 bits of r: counts past the lane's width give 0, or copies of the sign. */
function byRegister(name: string): Emit {
  const bits = name.endsWith("w") ? 16 : name.endsWith("d") ? 32 : 64, opcode = SHIFTS[name]!;
  return (g, [, d, r]) => {
    const { code } = g;
    g.get64(r);
    code.set(X64);
    g.setVector(d, () => {
      g.vector(d);
      if (name.startsWith("psra")) {
        code.get(X64).op(OP.i32WrapI64).i32(bits - 1).get(X64).i64(bits, 0).op(OP.i64LtU, OP.select).simd(
          opcode,
        );
      } else {
        code.get(X64).op(OP.i32WrapI64).simd(opcode);
        code.i64(0, 0).get(X64).i64(bits, 0).op(OP.i64LtU, OP.i64ExtendI32U, OP.i64Sub).simd(SIMD.i64x2Splat);
        code.simd(AND);
      }
    });
  };
}

// Shifts of the whole register by bytes: a shuffle with zeros.
PACKED.pslldq = (g, [d, n]) =>
  g.setVector(d, () => {
    g.vector(d);
    zero(g);
    g.code.simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => i < n ? 16 : i - n));
  });
PACKED.psrldq = (g, [d, n]) =>
  g.setVector(d, () => {
    g.vector(d);
    zero(g);
    g.code.simd(SIMD.shuffle).op(...Array.from({ length: 16 }, (_, i) => i + n < 16 ? i + n : 16));
  });

PACKED.pshufw = (g, [d, r, x, at]) =>
  g.setVector(d, () => {
    g.vector(r);
    g.vector(r);
    const lanes = Array.from({ length: 8 }, (_, i) => i >> 2 === at >> 2 ? at + (x >> 2 * (i & 3) & 3) : i);
    g.code.simd(SIMD.shuffle).op(...lanes.flatMap((k) => [2 * k, 2 * k + 1]));
  });
PACKED.pinsrw = (g, [d, r, x]) =>
  g.setVector(d, () => {
    g.vector(d);
    g.get32(r);
    g.code.simd(26).op(x);
  });
PACKED.pextrw = (g, [d, r, x]) => {
  g.vector(r);
  g.code.simd(25).op(x);
  g.set32(d);
};

/** High halves of products of 16-bit lanes: products of both halves, then the upper words of them. */
function high(low: number, upper: number): Emit {
  return (g, [d, r]) =>
    g.setVector(d, () => {
      for (const opcode of [low, upper]) {
        g.vector(d);
        g.vector(r);
        g.code.simd(opcode);
      }
      g.code.simd(SIMD.shuffle).op(...Array.from({ length: 8 }, (_, i) => [4 * i + 2, 4 * i + 3]).flat());
    });
}
PACKED.pmulhw = high(0xbc, 0xbd);
PACKED.pmulhuw = high(0xbe, 0xbf);

/** d = d op r. */
const binary = (opcode: number): Emit => (g, [, d, r]) =>
  g.setVector(d, () => {
    g.vector(d);
    g.vector(r);
    g.code.simd(opcode);
  });

/** Emitters of `vec` by its helper. */
export const VECTOR_HELPERS: ReadonlyMap<unknown, Emit> = new Map<unknown, Emit>([
  [integer.pmaddwd, binary(0xba)],
  [integer.packsswb, binary(0x65)],
  [integer.packuswb, binary(0x66)],
  [integer.packssdw, binary(0x85)],
  [integer.pmuludq, (g, [, d, r]) =>
    g.setVector(d, () => {
      for (const s of [d, r]) {
        g.vector(s);
        g.vector(s);
        g.code.simd(SIMD.shuffle).op(...[0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
      }
      g.code.simd(0xde);
    })],
  [integer.psadbw, (g, [, d, r]) => {
    const { code } = g, sums = g.scratch(V128, 0);
    g.setVector(d, () => {
      // One of the two saturated differences is 0.
      g.vector(d);
      g.vector(r);
      code.simd(115);
      g.vector(r);
      g.vector(d);
      code.simd(115).simd(OR).simd(0x7d).simd(0x7f).tee(sums).i32(32).simd(0xcd).get(sums).simd(206);
      code.simd(SIMD.const).op(...[0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])
        .simd(AND);
    });
  }],
  ...SSE4_HELPERS,
  ...CRYPTO_HELPERS,
  ...Object.keys(SHIFTS).map((name): [unknown, Emit] => [integer[name as "psllw"], byRegister(name)]),
]);
