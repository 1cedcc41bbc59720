// Cases of MUL, IMUL (one, two and three operands), DIV, IDIV: dividends that fit, and those that raise #DE.

import { le } from "../encode.ts";
import { immediate, sized, sizePrefix, SIZES, SIZES_NO_BYTE, type Snippet } from "../snippet.ts";
import { FLAGS } from "../undefined_flags.ts";

export function mul(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES), wide = rng.pick(SIZES_NO_BYTE);
  switch (rng.below(4)) {
    case 0:
    case 1:
      return s.add({
        prefixes: sizePrefix(size),
        w: size === 8,
        opcode: sized(0xf6, size),
        reg: rng.pick([4, 5]),
        rm: s.rm(size),
        rmIs8: size === 1,
      }, FLAGS.mul);
    case 2:
      return s.add({
        prefixes: sizePrefix(wide),
        w: wide === 8,
        opcode: [0x0f, 0xaf],
        reg: s.data(),
        rm: s.rm(wide),
      }, FLAGS.mul);
    default: {
      const short = rng.chance(50);
      return s.add({
        prefixes: sizePrefix(wide),
        w: wide === 8,
        opcode: [short ? 0x6b : 0x69],
        reg: s.data(),
        rm: s.rm(wide),
        imm: short ? le(rng.immediate(1), 1) : immediate(rng, wide),
      }, FLAGS.mul);
    }
  }
}

export function div(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES);
  if (rng.chance(70)) {
    // A sign- or zero-extended dividend: the quotient mostly fits.
    if (size === 1) s.add({ opcode: [0x0f, rng.pick([0xb6, 0xbe])], reg: 0, rm: s.reg(1), rmIs8: true });
    else if (rng.chance(50)) s.add({ prefixes: sizePrefix(size), w: size === 8, opcode: [0x99] });
    else s.add({ opcode: [0x83], reg: 4, rm: 2, imm: [rng.pick([0, 1, 3, 0x7f])] }, FLAGS.logic);
  }
  s.add({
    prefixes: sizePrefix(size),
    w: size === 8,
    opcode: sized(0xf6, size),
    reg: rng.pick([6, 7]),
    rm: s.rm(size, 30),
    rmIs8: size === 1,
  }, FLAGS.div);
}
