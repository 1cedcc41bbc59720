// Cases of XADD, CMPXCHG, CMPXCHG8B/16B, XCHG with memory, and LOCK in front of everything that takes it.

import { immediate, sized, sizePrefix, SIZES, SIZES_NO_BYTE, type Snippet } from "../snippet.ts";
import { FLAGS } from "../undefined_flags.ts";

export function atomic(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES), is8 = size === 1;
  const lock = rng.chance(50);
  const prefixes = [...sizePrefix(size), ...(lock ? [0xf0] : [])];
  const rm = lock ? s.mem() : s.rm(size);
  const common = { prefixes, w: size === 8, rm, rmIs8: is8, regIs8: is8 };
  switch (rng.below(8)) {
    case 0:
      return s.add({ ...common, opcode: [0x0f, ...sized(0xc0, size)], reg: s.reg(size) }, FLAGS.arith);
    case 1:
      // CPUs differ in whether a 32-bit register that does not compare equal is zero-extended.
      if (size === 4 && typeof rm === "number") return;
      if (rng.chance(50)) s.add({ w: true, opcode: [0x8b], reg: 0, rm }); // makes the comparison succeed
      return s.add({ ...common, opcode: [0x0f, ...sized(0xb0, size)], reg: s.reg(size) }, FLAGS.arith);
    case 2:
      return compareWide(s, lock);
    case 3:
      return s.add({ ...common, opcode: sized(0x86, size), reg: s.reg(size) });
    case 4:
      return s.add({ ...common, opcode: sized(0xf6, size), reg: 2 });
    case 5:
      return s.add({ ...common, opcode: sized(0xfe, size), reg: rng.below(2) }, FLAGS.incdec);
    case 6: {
      const wide = rng.pick(SIZES_NO_BYTE);
      return s.add({
        prefixes: [...sizePrefix(wide), 0xf0],
        w: wide === 8,
        opcode: [0x0f, 0xba],
        reg: 5 + rng.below(3),
        rm: s.mem(),
        imm: [rng.below(256)],
      }, FLAGS.bitTest);
    }
    default: {
      const operation = rng.pick([0, 1, 4, 5, 6]);
      const effect = operation === 0 || operation === 5 ? FLAGS.arith : FLAGS.logic;
      return rng.chance(50)
        ? s.add({ ...common, opcode: sized(8 * operation, size), reg: s.reg(size) }, effect)
        : s.add({ ...common, opcode: sized(0x80, size), reg: operation, imm: immediate(rng, size) }, effect);
    }
  }
}

/** CMPXCHG8B, CMPXCHG16B (which wants 16-byte alignment, or #GP). */
function compareWide(s: Snippet, lock: boolean): void {
  const rng = s.rng, w = rng.chance(50);
  const rm = s.mem();
  if (rng.chance(50) && rm.base >= 0 && !rm.rip) {
    const high = { ...rm, disp: rm.disp + (w ? 8 : 4) };
    if (high.disp <= 0x7fffffff) {
      s.add({ w, opcode: [0x8b], reg: 0, rm });
      s.add({ w, opcode: [0x8b], reg: 2, rm: high });
    }
  }
  s.add({ prefixes: lock ? [0xf0] : [], w, opcode: [0x0f, 0xc7], reg: 1, rm }, FLAGS.zero);
}
