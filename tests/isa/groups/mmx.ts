// Cases of MMX and of what SSE, SSE2 and SSE3 added to it, with x87 instructions in between: they share registers, and exceptions
// that an x87 instruction leaves pending are MMX's to report.

import type { Mem, Reg } from "../encode.ts";
import { EDGE, MIDDLE, READ_ONLY } from "../layout.ts";
import type { Snippet } from "../snippet.ts";
import { x87 } from "./x87.ts";

const RDI = 7;

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** mm, mm/m64 of 0F: packed integers. */
const INTEGER = [
  ...range(0x60, 0x6b),
  ...range(0x74, 0x76),
  ...range(0xd1, 0xd5),
  ...range(0xd8, 0xe5),
  ...range(0xe8, 0xef),
  ...range(0xf1, 0xf6),
  ...range(0xf8, 0xfe),
];
/** Shifts by an immediate: opcode and its extensions. */
const SHIFTS: readonly (readonly [number, readonly number[]])[] = [
  [0x71, [2, 4, 6]],
  [0x72, [2, 4, 6]],
  [0x73, [2, 6]],
];

/** Registers of an encoding's number above 7 are the same ones: REX.R and REX.B mean nothing here. */
function mm(s: Snippet): Reg {
  return s.rng.below(s.rng.chance(95) ? 8 : 16);
}
function mmOrMemory(s: Snippet): Reg | Mem {
  return s.rng.chance(35) ? s.mem() : mm(s);
}
function generalOrMemory(s: Snippet): Reg | Mem {
  return s.rng.chance(30) ? s.mem() : s.data();
}
function xmm(s: Snippet): Reg {
  return s.rng.below(16);
}

/** MASKMOVQ stores at RDI. */
function maskMove(s: Snippet): void {
  s.inputs.set(RDI, (rng) => {
    const tame = MIDDLE + rng.between(-20, 20);
    s.setAddress(rng, rng.chance(90) ? tame : rng.pick([EDGE - rng.below(12), EDGE, READ_ONLY + 64]));
  });
  s.add({ opcode: [0x0f, 0xf7], reg: mm(s), rm: mm(s) });
}

function conversion(s: Snippet): void {
  const { rng } = s, prefixes = rng.pick([[], [0x66]]), o = rng.pick([0x2a, 0x2c, 0x2d]);
  s.lanes = rng.pick(["f32", "f64"]);
  s.randomRounding = true;
  if (o === 0x2a) s.add({ prefixes, opcode: [0x0f, o], reg: xmm(s), rm: mmOrMemory(s) });
  else s.add({ prefixes, opcode: [0x0f, o], reg: mm(s), rm: rng.chance(35) ? s.mem() : xmm(s) });
}

export function mmx(s: Snippet): void {
  const rng = s.rng;
  s.usesX87 = s.usesMmx = true;
  switch (rng.below(16)) {
    case 0:
      return s.add({
        w: rng.chance(50),
        opcode: [0x0f, rng.pick([0x6e, 0x7e])],
        reg: mm(s),
        rm: generalOrMemory(s),
      });
    case 1:
      return s.add({ opcode: [0x0f, rng.pick([0x6f, 0x7f])], reg: mm(s), rm: mmOrMemory(s) });
    case 2: {
      const [o, extensions] = rng.pick(SHIFTS);
      const imm = [rng.chance(80) ? rng.below(20) : rng.below(256)];
      return s.add({ opcode: [0x0f, o], reg: rng.pick(extensions), rm: mm(s), imm });
    }
    case 3:
      return s.add({ opcode: [0x0f, 0x70], reg: mm(s), rm: mmOrMemory(s), imm: [rng.below(256)] });
    case 4:
      return s.add({ opcode: [0x0f, 0xc4], reg: mm(s), rm: generalOrMemory(s), imm: [rng.below(256)] });
    case 5:
      return rng.chance(50)
        ? s.add({ opcode: [0x0f, 0xc5], reg: s.data(), rm: mm(s), imm: [rng.below(256)] })
        : s.add({ opcode: [0x0f, 0xd7], reg: s.data(), rm: mm(s) });
    case 6:
      return conversion(s);
    case 7:
      return rng.chance(50)
        ? s.add({ prefixes: [0xf3], opcode: [0x0f, 0xd6], reg: xmm(s), rm: mm(s) })
        : s.add({ prefixes: [0xf2], opcode: [0x0f, 0xd6], reg: mm(s), rm: xmm(s) });
    case 8:
      return rng.chance(50) ? maskMove(s) : s.add({ opcode: [0x0f, 0xe7], reg: mm(s), rm: s.mem() });
    case 9:
      return rng.chance(60) ? x87(s) : s.addBytes([0x0f, 0x77]); // EMMS
    default:
      return s.add({ opcode: [0x0f, rng.pick(INTEGER)], reg: mm(s), rm: mmOrMemory(s) });
  }
}
