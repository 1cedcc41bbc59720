// Cases of MOVS, STOS, LODS, SCAS, CMPS with and without REP prefixes, in both directions.

import { sized, sizePrefix, SIZES, type Snippet } from "../snippet.ts";
import { EDGE, MIDDLE } from "../layout.ts";
import { type FlagEffect, FLAGS } from "../undefined_flags.ts";
import type { Rng } from "../rng.ts";

const MOVS = 0xa4, CMPS = 0xa6, STOS = 0xaa, LODS = 0xac, SCAS = 0xae;

export function string(s: Snippet): void {
  const rng = s.rng;
  s.randomDf = true;
  if (s.bytes.length && rng.chance(30)) {
    // Pointers in a known place again, or the other direction.
    return s.addBytes([rng.pick([0xfc, 0xfd])]);
  }
  const size = rng.pick(SIZES), opcode = rng.pick([MOVS, MOVS, CMPS, STOS, LODS, SCAS]);
  const compare = opcode === CMPS || opcode === SCAS;
  if (s.bytes.length === 0) setInputs(s, size, compare);
  const rep = rng.pick([0, 0xf3, 0xf3, 0xf2]);
  const prefixes = [...sizePrefix(size), ...(rep ? [rep] : [])];
  if (!s.layout.high && rng.chance(10)) prefixes.push(0x67);
  const effect: FlagEffect = !compare ? FLAGS.none : rep ? FLAGS.repCompare : FLAGS.arith;
  s.add({ prefixes, w: size === 8, opcode: sized(opcode, size) }, effect);
}

function setInputs(s: Snippet, size: number, compare: boolean): void {
  const same = s.rng.chance(30);
  const pointer = (r: Rng) => {
    if (r.chance(94)) s.setAddress(r, MIDDLE + r.between(-30, 30));
    else s.setAddress(r, EDGE - 30 - r.below(20)); // runs into the unmapped page
  };
  s.inputs.set(6, pointer);
  s.inputs.set(7, same ? (r) => s.setAddress(r, MIDDLE + 8 * r.between(-2, 2)) : pointer);
  s.inputs.set(1, (r) => {
    r.hi = r.chance(2) && compare ? 1 : 0;
    r.lo = r.chance(10) ? 0 : r.below(80 / size | 0);
  });
}
