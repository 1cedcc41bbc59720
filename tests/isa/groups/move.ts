// Cases of data movement: MOV, LEA, XCHG, MOVZX/SX/SXD, CMOV, SETcc, BSWAP, MOVBE, XLAT, CBW … CQO.

import { le } from "../encode.ts";
import { immediate, sized, sizePrefix, SIZES, SIZES_NO_BYTE, type Snippet } from "../snippet.ts";
import { conditionEffect } from "../undefined_flags.ts";

export function move(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES), wide = rng.pick(SIZES_NO_BYTE);
  const common = { prefixes: sizePrefix(size), w: size === 8 };
  const commonWide = { prefixes: sizePrefix(wide), w: wide === 8 };
  switch (rng.below(16)) {
    case 0:
    case 1:
      return s.add({
        ...common,
        opcode: sized(0x88, size),
        reg: s.source(size),
        rm: s.rm(size),
        regIs8: size === 1,
        rmIs8: size === 1,
      });
    case 2:
    case 3:
      return s.add({
        ...common,
        opcode: sized(0x8a, size),
        reg: s.reg(size),
        rm: s.rm(size, 80),
        regIs8: size === 1,
        rmIs8: size === 1,
      });
    case 4:
      return s.add({
        ...common,
        opcode: sized(0xc6, size),
        reg: 0,
        rm: s.rm(size),
        rmIs8: size === 1,
        imm: immediate(rng, size),
      });
    case 5: {
      const imm = size < 8 ? immediate(rng, size) : [...immediate(rng, 4), ...immediate(rng, 4)];
      return s.add({
        ...common,
        opcode: [size === 1 ? 0xb0 : 0xb8],
        plus: s.reg(size),
        regIs8: size === 1,
        imm,
      });
    }
    case 6:
      return s.add({ ...commonWide, opcode: [0x8d], reg: s.data(), rm: s.mem() });
    case 7:
      return s.add({
        ...common,
        opcode: sized(0x86, size),
        reg: s.reg(size),
        rm: s.rm(size),
        regIs8: size === 1,
        rmIs8: size === 1,
      });
    case 8:
      return rng.chance(20)
        ? s.add({ ...commonWide, opcode: [0x90], plus: rng.chance(30) ? 0 : s.data() })
        : s.add({
          ...commonWide,
          opcode: [0x0f, rng.pick([0xb6, 0xbe])],
          reg: s.data(),
          rm: s.rm(1),
          rmIs8: true,
        });
    case 9:
      return s.add({ ...commonWide, opcode: [0x0f, rng.pick([0xb7, 0xbf])], reg: s.data(), rm: s.rm(2) });
    case 10:
      // With 16 bits some CPUs read two bytes and others four: registers only.
      return s.add({ ...commonWide, opcode: [0x63], reg: s.data(), rm: wide === 2 ? s.data() : s.rm(4) });
    case 11:
    case 12: {
      const cc = rng.below(16), effect = conditionEffect(cc);
      s.need(effect);
      return rng.chance(50)
        ? s.add({ ...commonWide, opcode: [0x0f, 0x40 + cc], reg: s.data(), rm: s.rm(wide) }, effect)
        : s.add({ opcode: [0x0f, 0x90 + cc], reg: rng.below(8), rm: s.rm(1), rmIs8: true }, effect);
    }
    case 13:
      return rng.chance(50)
        ? s.add({ w: rng.chance(50), opcode: [0x0f, 0xc8], plus: s.data() })
        : s.add({ ...commonWide, opcode: [0x0f, 0x38, rng.pick([0xf0, 0xf1])], reg: s.data(), rm: s.mem() });
    case 14:
      return s.add({ ...commonWide, opcode: [rng.pick([0x98, 0x99])] });
    default:
      return moveOffset(s);
  }
}

/** The MOV forms with a 64-bit absolute address (A0–A3), and XLAT. */
function moveOffset(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES);
  if (rng.chance(30)) {
    const table = { base: -1, index: -1, scale: 0, segment: 0, addr32: false, rip: true };
    s.add({ w: true, opcode: [0x8d], reg: 3, rm: { ...table, disp: s.layout.base + 0x3000_0f80 } });
    return s.add({ opcode: [0xd7] });
  }
  const target = s.layout.base + 0x3000_1000 + rng.between(-100, 90);
  const imm = [...le(target | 0, 4), ...le(Math.floor(target / 0x1_0000_0000), 4)];
  s.add({ prefixes: sizePrefix(size), w: size === 8, opcode: sized(rng.pick([0xa0, 0xa2]), size), imm });
}
