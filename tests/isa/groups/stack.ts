// Cases of PUSH, POP, ENTER, LEAVE, PUSHF, POPF, LAHF, SAHF, and the flag instructions.

import { immediate, sizePrefix, type Snippet } from "../snippet.ts";
import { FLAGS } from "../undefined_flags.ts";

export function stack(s: Snippet): void {
  const rng = s.rng, size = rng.chance(20) ? 2 : 8;
  const common = { prefixes: sizePrefix(size) };
  s.randomDf = true;
  s.inputs.set(5, (r) => s.setAddress(r, 0x3000_1000 + 8 * r.between(-10, 10) + (r.chance(10) ? 3 : 0)));
  switch (rng.below(14)) {
    case 0:
    case 1:
      return s.add({ ...common, opcode: [0x50], plus: s.source(size) });
    case 2:
    case 3:
      return s.add({ ...common, opcode: [0x58], plus: rng.chance(3) ? 4 : s.data() });
    case 4:
      return s.add({ ...common, opcode: [0xff], reg: 6, rm: rng.chance(10) ? 4 : s.rm(8) });
    case 5:
      return s.add({ ...common, opcode: [0x8f], reg: 0, rm: s.rm(8) });
    case 6:
      return rng.chance(50)
        ? s.add({ ...common, opcode: [0x6a], imm: immediate(rng, 1) })
        : s.add({ ...common, opcode: [0x68], imm: immediate(rng, size === 2 ? 2 : 4) });
    case 7:
      if (rng.chance(50)) return s.add({ opcode: [0xc9] });
      return s.add({ ...common, opcode: [0xc8], imm: [rng.below(32), 0, rng.chance(70) ? 0 : rng.below(4)] });
    case 8:
      s.need(FLAGS.pushf);
      return s.add({ ...common, opcode: [0x9c] }, FLAGS.pushf);
    case 9:
      // Never TF or AC: the popped word is first cleared of all but the status flags and DF.
      s.add({
        w: true,
        opcode: [0x81],
        reg: 4,
        rm: { base: 4, index: -1, scale: 0, disp: 0, segment: 0, addr32: false },
        imm: [0xd5, 0x0c, 0x20, 0],
      }, FLAGS.logic);
      return s.add({ ...common, opcode: [0x9d] }, FLAGS.popf);
    case 10:
      s.need(FLAGS.lahf);
      return s.add({ opcode: [0x9f] }, FLAGS.lahf);
    case 11:
      return s.add({ opcode: [0x9e] }, FLAGS.sahf);
    default:
      return flagBit(s);
  }
}

function flagBit(s: Snippet): void {
  const opcode = s.rng.pick([0xf5, 0xf8, 0xf9, 0xfc, 0xfd]);
  if (opcode === 0xf5) s.need(FLAGS.complement);
  s.add(
    { opcode: [opcode] },
    opcode === 0xf5 ? FLAGS.complement : opcode < 0xfc ? FLAGS.carryOnly : FLAGS.none,
  );
}
