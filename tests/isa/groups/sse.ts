// Cases of SSE, SSE2 and SSE3: moves, packed integers, float arithmetic, compares and conversions.
//
// Tables of [prefix, opcode] as in the manual's opcode map for 0F; prefix 0 stands for none.

import type { Mem, Reg } from "../encode.ts";
import type { Snippet } from "../snippet.ts";
import { type FlagEffect, FLAGS } from "../undefined_flags.ts";

type Form = readonly [prefix: number, opcode: number];

/** xmm, xmm/m128 of 66 0F: packed integers. */
const INTEGER = [
  0x60,
  0x61,
  0x62,
  0x63,
  0x64,
  0x65,
  0x66,
  0x67,
  0x68,
  0x69,
  0x6a,
  0x6b,
  0x6c,
  0x6d,
  0x74,
  0x75,
  0x76,
  0xd1,
  0xd2,
  0xd3,
  0xd4,
  0xd5,
  0xd8,
  0xd9,
  0xda,
  0xdb,
  0xdc,
  0xdd,
  0xde,
  0xdf,
  0xe0,
  0xe1,
  0xe2,
  0xe3,
  0xe4,
  0xe5,
  0xe8,
  0xe9,
  0xea,
  0xeb,
  0xec,
  0xed,
  0xee,
  0xef,
  0xf1,
  0xf2,
  0xf3,
  0xf4,
  0xf5,
  0xf6,
  0xf8,
  0xf9,
  0xfa,
  0xfb,
  0xfc,
  0xfd,
  0xfe,
];
/** xmm to and from xmm/memory. */
const MOVES: readonly Form[] = [
  [0, 0x10],
  [0x66, 0x10],
  [0xf3, 0x10],
  [0xf2, 0x10],
  [0, 0x11],
  [0x66, 0x11],
  [0xf3, 0x11],
  [0xf2, 0x11],
  [0, 0x28],
  [0x66, 0x28],
  [0, 0x29],
  [0x66, 0x29],
  [0x66, 0x6f],
  [0xf3, 0x6f],
  [0x66, 0x7f],
  [0xf3, 0x7f],
  [0xf3, 0x7e],
  [0x66, 0xd6],
  [0xf2, 0x12],
  [0xf3, 0x12],
  [0xf3, 0x16],
];
/** xmm and memory only. */
const MEMORY_MOVES: readonly Form[] = [
  [0, 0x12],
  [0, 0x13],
  [0, 0x16],
  [0, 0x17],
  [0x66, 0x12],
  [0x66, 0x13],
  [0x66, 0x16],
  [0x66, 0x17],
  [0, 0x2b],
  [0x66, 0x2b],
  [0x66, 0xe7],
  [0xf2, 0xf0],
];
const SINGLE: readonly Form[] = [
  ...[0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f].flatMap((o): Form[] => [[0, o], [0xf3, o], [0xf3, o]]),
  [0, 0x14],
  [0, 0x15],
  [0, 0x54],
  [0, 0x55],
  [0, 0x56],
  [0, 0x57],
  [0xf2, 0x7c],
  [0xf2, 0x7d],
  [0xf2, 0xd0],
  [0xf3, 0x5a],
  [0, 0x5a],
  [0x66, 0x5b],
  [0xf3, 0x5b],
];
const DOUBLE: readonly Form[] = [
  ...[0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f].flatMap((o): Form[] => [[0x66, o], [0xf2, o], [0xf2, o]]),
  [0x66, 0x14],
  [0x66, 0x15],
  [0x66, 0x54],
  [0x66, 0x55],
  [0x66, 0x56],
  [0x66, 0x57],
  [0x66, 0x7c],
  [0x66, 0x7d],
  [0x66, 0xd0],
  [0xf2, 0x5a],
  [0x66, 0x5a],
  [0xf2, 0xe6],
  [0x66, 0xe6],
];

const COMPARE: FlagEffect = FLAGS.arith;

function prefixes(p: number): number[] {
  return p ? [p] : [];
}
function xmm(s: Snippet): Reg {
  return s.rng.below(s.rng.chance(70) ? 6 : 16);
}
function xmmOrMemory(s: Snippet): Reg | Mem {
  return s.rng.chance(35) ? s.mem() : xmm(s);
}
function add(s: Snippet, [p, o]: Form, imm?: number): void {
  s.add({
    prefixes: prefixes(p),
    opcode: [0x0f, o],
    reg: xmm(s),
    rm: xmmOrMemory(s),
    imm: imm === undefined ? [] : [imm],
  });
}

/** Moves and packed integers. */
export function sseInteger(s: Snippet): void {
  const rng = s.rng;
  switch (rng.below(10)) {
    case 0:
      return add(s, rng.pick(MOVES));
    case 1: {
      const [p, o] = rng.pick(MEMORY_MOVES);
      return s.add({ prefixes: prefixes(p), opcode: [0x0f, o], reg: xmm(s), rm: s.mem() });
    }
    case 2: // MOVD, MOVQ with general registers
      return s.add({
        prefixes: [0x66],
        w: rng.chance(50),
        opcode: [0x0f, rng.pick([0x6e, 0x7e])],
        reg: xmm(s),
        rm: rng.chance(30) ? s.mem() : s.data(),
      });
    case 3: { // shifts by an immediate
      const [o, extensions] = rng.pick([[0x71, [2, 4, 6]], [0x72, [2, 4, 6]], [0x73, [2, 3, 6, 7]]] as const);
      const imm = rng.chance(80) ? rng.below(20) : rng.below(256);
      return s.add({
        prefixes: [0x66],
        opcode: [0x0f, o],
        reg: rng.pick(extensions),
        rm: xmm(s),
        imm: [imm],
      });
    }
    case 4:
      return add(
        s,
        rng.pick([[0x66, 0x70], [0xf2, 0x70], [0xf3, 0x70], [0, 0xc6], [0x66, 0xc6]] as const),
        rng.below(256),
      );
    case 5: {
      if (rng.chance(50)) {
        return s.add({
          prefixes: [0x66],
          opcode: [0x0f, 0xc4],
          reg: xmm(s),
          rm: rng.chance(30) ? s.mem() : s.data(),
          imm: [rng.below(256)],
        });
      }
      return s.add({
        prefixes: [0x66],
        opcode: [0x0f, 0xc5],
        reg: s.data(),
        rm: xmm(s),
        imm: [rng.below(256)],
      });
    }
    case 6: {
      const [p, o] = rng.pick([[0x66, 0xd7], [0, 0x50], [0x66, 0x50]] as const);
      return s.add({ prefixes: prefixes(p), opcode: [0x0f, o], reg: s.data(), rm: xmm(s) });
    }
    case 7:
      return rng.chance(70)
        ? s.add({ opcode: [0x0f, rng.pick([0x12, 0x16])], reg: xmm(s), rm: xmm(s) })
        : s.add({ w: rng.chance(50), opcode: [0x0f, 0xc3], reg: s.data(), rm: s.mem() });
    default:
      return add(s, [0x66, rng.pick(INTEGER)]);
  }
}

function float(s: Snippet, double: boolean): void {
  const rng = s.rng;
  s.lanes = double ? "f64" : "f32";
  s.randomRounding = true;
  const scalar = double ? 0xf2 : 0xf3, packed = double ? 0x66 : 0;
  switch (rng.below(8)) {
    case 0: // compares into flags
      return s.add({
        prefixes: prefixes(packed),
        opcode: [0x0f, rng.pick([0x2e, 0x2f])],
        reg: xmm(s),
        rm: xmmOrMemory(s),
      }, COMPARE);
    case 1:
      return add(s, [rng.pick([scalar, packed]), 0xc2], rng.below(8));
    case 2: // to integers
      return s.add({
        prefixes: [scalar],
        w: rng.chance(50),
        opcode: [0x0f, rng.pick([0x2c, 0x2d])],
        reg: s.data(),
        rm: xmmOrMemory(s),
      });
    case 3: // from integers
      return s.add({
        prefixes: [scalar],
        w: rng.chance(50),
        opcode: [0x0f, 0x2a],
        reg: xmm(s),
        rm: rng.chance(30) ? s.mem() : s.data(),
      });
    case 4:
      return rng.chance(50)
        ? add(s, double ? [0xf3, 0xe6] : [0, 0x5b])
        : rng.chance(50)
        ? s.add({ opcode: [0x0f, 0xae], reg: 3, rm: s.mem() })
        : add(s, rng.pick(MOVES));
    default:
      return add(s, rng.pick(double ? DOUBLE : SINGLE));
  }
}

export function sseSingle(s: Snippet): void {
  float(s, false);
}
export function sseDouble(s: Snippet): void {
  float(s, true);
}
