// Cases of float instructions in loops and behind branches, as hot code has them: what is known of a register's value on one way must not
// be believed on another. MXCSR changes in between now and then.

import { le } from "../encode.ts";
import type { Snippet } from "../snippet.ts";
import { conditionEffect, FLAGS } from "../undefined_flags.ts";
import { branch } from "./control.ts";
import { sseDouble, sseSingle } from "./sse.ts";

const RCX = 1;
/** Ordinary states, and flush-to-zero, denormals-are-zero, another rounding. */
const STATES = [0x1f80, 0x1fa0, 0x1fa0, 0x9fe0, 0x3fa0, 0x5f80];

/** Converts and moves between registers; no memory operands, which would end the case early. */
function mixture(s: Snippet): void {
  const rng = s.rng, double = rng.chance(70);
  const xmm = () => rng.below(5);
  switch (rng.below(8)) {
    case 0: // MOVAPS
      return s.add({ opcode: [0x0f, 0x28], reg: xmm(), rm: xmm() });
    case 1: // MOVSD, MOVSS
      return s.add({ prefixes: [double ? 0xf2 : 0xf3], opcode: [0x0f, 0x10], reg: xmm(), rm: xmm() });
    case 2: { // UNPCKLPD, UNPCKHPD, MOVLHPS, MOVHLPS
      const [p, o] = rng.pick([[0x66, 0x14], [0x66, 0x15], [0, 0x12], [0, 0x16]] as const);
      return s.add({ prefixes: p ? [p] : [], opcode: [0x0f, o], reg: xmm(), rm: xmm() });
    }
    case 3: // XORPS
      return s.add({ opcode: [0x0f, 0x57], reg: xmm(), rm: rng.chance(70) ? xmm() : s.mem() });
    case 4: { // CVTSI2SD, MOVQ
      const integer = s.data();
      return rng.chance(50)
        ? s.add({ prefixes: [0xf2], w: rng.chance(50), opcode: [0x0f, 0x2a], reg: xmm(), rm: integer })
        : s.add({ prefixes: [0x66], w: true, opcode: [0x0f, 0x6e], reg: xmm(), rm: integer });
    }
    default: {
      const prefix = rng.pick(double ? [0xf2, 0xf2, 0xf2, 0x66] : [0xf3, 0xf3, 0]);
      return s.add({
        prefixes: prefix ? [prefix] : [],
        opcode: [0x0f, rng.pick([0x58, 0x59, 0x59, 0x5c, 0x5e, 0x5d, 0x5f, 0x51])],
        reg: xmm(),
        rm: rng.chance(85) ? xmm() : s.mem(),
      });
    }
  }
}

function body(s: Snippet): void {
  const rng = s.rng;
  for (let n = rng.between(2, 6); n > 0; n--) {
    if (rng.chance(75)) mixture(s);
    else rng.chance(60) ? sseDouble(s) : sseSingle(s);
  }
}

function setState(s: Snippet): void {
  const at = s.mem();
  s.add({ opcode: [0xc7], reg: 0, rm: at, imm: le(s.rng.pick(STATES), 4) });
  s.add({ opcode: [0x0f, 0xae], reg: 2, rm: at });
}

/** Instructions after a comparison, done or left out. */
function conditional(s: Snippet): void {
  const { rng } = s, cc = rng.pick([2, 3, 4, 5, 6, 7]);
  s.add({ prefixes: [0x66], opcode: [0x0f, 0x2e], reg: rng.below(5), rm: rng.below(5) }, FLAGS.arith);
  const land = branch(s, [0x0f, 0x80 + cc], true, conditionEffect(cc));
  body(s);
  land();
}

export function floatFlow(s: Snippet): void {
  const { rng } = s;
  s.lanes = "f64";
  s.randomRounding = true;
  s.withhold(RCX);
  if (rng.chance(60)) body(s);
  s.add({ opcode: [0xb8], plus: RCX, imm: le(rng.between(1, 4), 4) });
  const top = s.bytes.length;
  body(s);
  if (rng.chance(50)) conditional(s);
  if (rng.chance(15)) setState(s);
  if (rng.chance(40)) body(s);
  // DEC ECX; JNZ
  s.add({ opcode: [0xff], reg: 1, rm: RCX }, FLAGS.incdec);
  const from = s.bytes.length + 6;
  s.addBytes([0x0f, 0x85, ...le(top - from, 4)], conditionEffect(5));
  body(s);
}
