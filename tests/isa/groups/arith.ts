// Cases of ADD … CMP, AND … TEST, INC, DEC, NEG, NOT.

import { immediate, sized, sizePrefix, SIZES, type Snippet } from "../snippet.ts";
import { type FlagEffect, FLAGS } from "../undefined_flags.ts";
import { conditionEffect } from "../undefined_flags.ts";
import { le } from "../encode.ts";

/** One of the eight operations of opcode row 00–3F: ADD OR ADC SBB AND SUB XOR CMP. */
function binary(s: Snippet, operation: number, effect: FlagEffect): void {
  const rng = s.rng, size = rng.pick(SIZES), row = operation * 8, is8 = size === 1;
  const common = { prefixes: sizePrefix(size), w: size === 8 };
  s.need(effect);
  switch (rng.below(5)) {
    case 0:
      return s.add({
        ...common,
        opcode: sized(row, size),
        reg: s.source(size),
        rm: s.rm(size),
        regIs8: is8,
        rmIs8: is8,
      }, effect);
    case 1:
      return s.add({
        ...common,
        opcode: sized(row + 2, size),
        reg: s.reg(size),
        rm: s.rm(size),
        regIs8: is8,
        rmIs8: is8,
      }, effect);
    case 2:
      return s.add({ ...common, opcode: sized(row + 4, size), imm: immediate(rng, size) }, effect);
    case 3:
      return s.add({
        ...common,
        opcode: sized(0x80, size),
        reg: operation,
        rm: s.rm(size),
        rmIs8: is8,
        imm: immediate(rng, size),
      }, effect);
    default:
      return is8
        ? s.add({ opcode: [0x80], reg: operation, rm: s.rm(1), rmIs8: true, imm: immediate(rng, 1) }, effect)
        : s.add(
          { ...common, opcode: [0x83], reg: operation, rm: s.rm(size), imm: le(rng.immediate(1), 1) },
          effect,
        );
  }
}

/** An instruction that reads flags, so that lazily kept ones are really looked at. */
export function readFlags(s: Snippet): void {
  const cc = s.rng.below(16), effect = conditionEffect(cc);
  s.need(effect);
  s.add({ opcode: [0x0f, 0x90 + cc], reg: 0, rm: s.rm(1, 10), rmIs8: true }, effect);
}

export function arith(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES), is8 = size === 1;
  const common = { prefixes: sizePrefix(size), w: size === 8, rm: s.rm(size), rmIs8: is8 };
  switch (rng.below(8)) {
    case 0:
      return s.add({ ...common, opcode: sized(0xfe, size), reg: 0 }, FLAGS.incdec);
    case 1:
      return s.add({ ...common, opcode: sized(0xfe, size), reg: 1 }, FLAGS.incdec);
    case 2:
      return s.add({ ...common, opcode: sized(0xf6, size), reg: 3 }, FLAGS.arith);
    case 3:
      return binary(s, rng.pick([2, 3]), FLAGS.carry);
    case 4:
      return readFlags(s);
    default:
      return binary(s, rng.pick([0, 5, 7]), FLAGS.arith);
  }
}

export function logic(s: Snippet): void {
  const rng = s.rng, size = rng.pick(SIZES), is8 = size === 1;
  const common = { prefixes: sizePrefix(size), w: size === 8 };
  switch (rng.below(8)) {
    case 0:
      return s.add({ ...common, opcode: sized(0xf6, size), reg: 2, rm: s.rm(size), rmIs8: is8 });
    case 1:
      return s.add({
        ...common,
        opcode: sized(0x84, size),
        reg: s.reg(size),
        rm: s.rm(size),
        regIs8: is8,
        rmIs8: is8,
      }, FLAGS.logic);
    case 2:
      return rng.chance(30)
        ? s.add({ ...common, opcode: sized(0xa8, size), imm: immediate(rng, size) }, FLAGS.logic)
        : s.add({
          ...common,
          opcode: sized(0xf6, size),
          reg: rng.pick([0, 1]),
          rm: s.rm(size),
          rmIs8: is8,
          imm: immediate(rng, size),
        }, FLAGS.logic);
    case 3:
      return readFlags(s);
    default:
      return binary(s, rng.pick([1, 4, 6]), FLAGS.logic);
  }
}
