// Cases of shifts and rotates: by 1, by an immediate, by CL; and the double shifts.

import { sized, sizePrefix, SIZES, SIZES_NO_BYTE, type Snippet } from "../snippet.ts";
import { type FlagEffect, FLAGS } from "../undefined_flags.ts";
import { readFlags } from "./arith.ts";

// ModRM.reg of the shift groups.
const ROL = 0, RCL = 2, RCR = 3, SHL = 4, SHR = 5, SAL = 6, SAR = 7;

function shiftEffect(operation: number, size: number, count: number | undefined): FlagEffect {
  const masked = count === undefined ? undefined : count & (size === 8 ? 63 : 31);
  if (masked === 0) return FLAGS.none;
  if (operation >= SHL) {
    if (masked === 1) return FLAGS.shift1;
    const lost = operation !== SAR && size < 4 && (masked === undefined || masked >= 8 * size);
    return lost ? FLAGS.shiftCarryLost : FLAGS.shift;
  }
  if (operation >= RCL) return masked === 1 ? FLAGS.rotateCarry1 : FLAGS.rotateCarry;
  return masked === 1 ? FLAGS.rotate1 : FLAGS.rotate;
}

export function shift(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES), is8 = size === 1;
  const operation = rng.pick([ROL, 1, RCL, RCR, SHL, SHR, SAL, SAR, SHL, SHR, SAR]);
  if (rng.chance(10)) return readFlags(s);
  const common = { prefixes: sizePrefix(size), w: size === 8, rm: s.rm(size), rmIs8: is8, reg: operation };
  const add = (opcode: number, count: number | undefined, imm?: number[]) => {
    const effect = shiftEffect(operation, size, count);
    s.need(effect);
    s.add({ ...common, opcode: sized(opcode, size), imm }, effect);
  };
  switch (rng.below(3)) {
    case 0:
      return add(0xd0, 1);
    case 1: {
      const count = rng.chance(80) ? rng.below(8 * size + 1) : rng.below(256);
      return add(0xc0, count, [count]);
    }
    default:
      s.inputs.set(1, shiftCount);
      return add(0xd2, undefined);
  }
}

/** RCX of which CL is often a sensible count. */
function shiftCount(
  rng: { value64(): void; lo: number; below(n: number): number; chance(p: number): boolean },
): void {
  rng.value64();
  if (rng.chance(70)) rng.lo = (rng.lo & ~0xff) | rng.below(rng.chance(50) ? 9 : 66);
}

export function doubleShift(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES_NO_BYTE);
  if (rng.chance(10)) return readFlags(s);
  const right = rng.chance(50) ? 8 : 0;
  const common = {
    prefixes: sizePrefix(size),
    w: size === 8,
    reg: s.dataBut(1),
    rm: rng.chance(40) ? s.mem() : s.dataBut(1),
  };
  if (rng.chance(50)) {
    // Counts above 16 leave a 16-bit result undefined.
    const count = size === 2 ? rng.below(17) : rng.below(rng.chance(80) ? 8 * size : 256);
    const masked = count & (size === 8 ? 63 : 31);
    const effect = masked === 0 ? FLAGS.none : masked === 1 ? FLAGS.doubleShift1 : FLAGS.doubleShift;
    return s.add({ ...common, opcode: [0x0f, 0xa4 + right], imm: [count] }, effect);
  }
  s.inputs.set(1, shiftCount);
  if (size === 2) {
    s.add({ opcode: [0x80], reg: 4, rm: 1, rmIs8: true, imm: [rng.pick([15, 7, 16])] }, FLAGS.logic);
  }
  s.add({ ...common, opcode: [0x0f, 0xa5 + right] }, FLAGS.doubleShift);
}
