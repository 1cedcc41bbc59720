// Cases of x87: everything whose result the architecture fixes to the last bit. The transcendental instructions, whose last bit is
// the implementation's own, are tested beside translator/x87.

import type { Snippet } from "../snippet.ts";
import { FLAGS } from "../undefined_flags.ts";
import { conditionEffect } from "../undefined_flags.ts";

/** One-byte-operand forms D9 xx that take nothing else. */
const PLAIN = [
  0xe0,
  0xe1,
  0xe4,
  0xe5,
  0xe8,
  0xe9,
  0xea,
  0xeb,
  0xec,
  0xed,
  0xee,
  0xf4,
  0xf5,
  0xf6,
  0xf7,
  0xf8,
  0xfa,
  0xfc,
  0xfd,
  0xd0,
];
/** Memory forms: opcode and its extensions. Environments and FNSTSW/FNSTCW apart. */
const MEMORY: readonly (readonly [number, readonly number[]])[] = [
  [0xd8, [0, 1, 2, 3, 4, 5, 6, 7]],
  [0xd9, [0, 2, 3]],
  [0xda, [0, 1, 2, 3, 4, 5, 6, 7]],
  [0xdb, [0, 1, 2, 3, 5, 7]],
  [0xdc, [0, 1, 2, 3, 4, 5, 6, 7]],
  [0xdd, [0, 1, 2, 3]],
  [0xde, [0, 1, 2, 3, 4, 5, 6, 7]],
  [0xdf, [0, 1, 2, 3, 5, 6, 7]],
];
/** Register forms: opcode and second bytes without the register number. */
const REGISTER: readonly (readonly [number, readonly number[]])[] = [
  [0xd8, [0xc0, 0xc8, 0xd0, 0xd8, 0xe0, 0xe8, 0xf0, 0xf8]],
  [0xd9, [0xc0, 0xc8]],
  [0xdc, [0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8]],
  [0xdd, [0xc0, 0xd0, 0xd8, 0xe0, 0xe8]],
  [0xde, [0xc0, 0xc8, 0xe0, 0xe8, 0xf0, 0xf8]],
];

export function x87(s: Snippet): void {
  const rng = s.rng;
  s.usesX87 = true;
  s.randomRounding = true;
  if (rng.chance(60)) s.lanes = "f64";
  switch (rng.below(9)) {
    case 0:
    case 1:
    case 2: {
      const [o, extensions] = rng.pick(MEMORY);
      return s.add({ opcode: [o], reg: rng.pick(extensions), rm: s.mem() });
    }
    case 3:
    case 4: {
      const [o, seconds] = rng.pick(REGISTER);
      return s.addBytes([o, rng.pick(seconds) + register(s)]);
    }
    case 5: // FCOMI and so on
      return s.addBytes([rng.pick([0xdb, 0xdf]), rng.pick([0xe8, 0xf0]) + register(s)], FLAGS.arith);
    case 6: {
      const n = rng.below(8), cc = [2, 4, 6, 10][n & 3];
      const effect = conditionEffect(cc);
      s.need(effect);
      return s.addBytes([n < 4 ? 0xda : 0xdb, 0xc0 + 8 * (n & 3) + register(s)], effect);
    }
    case 7:
      return rng.chance(60)
        ? s.addBytes([0xdf, 0xe0]) // FNSTSW AX
        : rng.chance(50)
        ? s.addBytes(rng.pick([[0xde, 0xd9], [0xda, 0xe9], [0xdb, 0xe2], [0x9b]]))
        : s.add({ opcode: [rng.pick([0xd9, 0xdd])], reg: 7, rm: s.mem() });
    default:
      return s.addBytes([0xd9, rng.pick(PLAIN)]);
  }
}

function register(s: Snippet): number {
  return s.rng.chance(70) ? s.rng.below(4) : s.rng.below(8);
}
