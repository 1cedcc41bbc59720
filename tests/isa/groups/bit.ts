// Cases of BT, BTS, BTR, BTC (memory bit offsets too), BSF, BSR, POPCNT, and the encodings of TZCNT and LZCNT.

import { le } from "../encode.ts";
import { sizePrefix, SIZES_NO_BYTE, type Snippet } from "../snippet.ts";
import { FLAGS } from "../undefined_flags.ts";

export function bit(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES_NO_BYTE);
  const common = { prefixes: sizePrefix(size), w: size === 8 };
  switch (rng.below(5)) {
    case 0:
      return s.add({
        ...common,
        opcode: [0x0f, 0xba],
        reg: 4 + rng.below(4),
        rm: s.rm(size),
        imm: [rng.below(256)],
      }, FLAGS.bitTest);
    case 1:
      return s.add(
        { ...common, opcode: [0x0f, 0xa3 + 8 * rng.below(4)], reg: s.reg(size), rm: s.data() },
        FLAGS.bitTest,
      );
    case 2: {
      // The bit string in memory: the offset register is signed and as wide as the operand. It is set here, for a
      // wild one would lead out of the windows.
      const offset = s.data();
      if (rng.chance(50)) s.add({ w: true, opcode: [0x0f, 0xbe], reg: offset, rm: s.data(), rmIs8: true });
      else s.add({ w: true, opcode: [0xc7], reg: 0, rm: offset, imm: le(rng.between(-500, 400), 4) });
      return s.add(
        { ...common, opcode: [0x0f, 0xa3 + 8 * rng.below(4)], reg: offset, rm: s.memTame() },
        FLAGS.bitTest,
      );
    }
    case 3: {
      // A zero source leaves the destination alone on every CPU we know, though its upper half with
      // 32-bit operands only on some: keep those non-zero.
      const source = s.data();
      if (size === 4) {
        s.add({ opcode: [0x81], reg: 1, rm: source, imm: [0, 0, 1 << rng.below(8), 0] }, FLAGS.logic);
      }
      return s.add(
        { ...common, opcode: [0x0f, rng.pick([0xbc, 0xbd])], reg: s.data(), rm: source },
        FLAGS.bitScan,
      );
    }
    default:
      return s.add({
        prefixes: [...sizePrefix(size), 0xf3],
        w: size === 8,
        opcode: [0x0f, 0xb8],
        reg: s.data(),
        rm: s.rm(size),
      }, FLAGS.popcnt);
  }
}
