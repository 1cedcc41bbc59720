// Instructions that move or set flags (SDM vol. 2: CLC STC CMC, CLD STD, LAHF SAHF, PUSHF POPF).

import { AF, CF, DF, FLAGS, OF, PF, R11, RAX, SF, ZF } from "../cpu.ts";
import { readFlags, setStatusFlags, statusFlags, writeFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";

export function clc(c: number): void {
  setStatusFlags(c, statusFlags(c) & ~CF);
}
export function stc(c: number): void {
  setStatusFlags(c, statusFlags(c) | CF);
}
export function cmc(c: number): void {
  setStatusFlags(c, statusFlags(c) ^ CF);
}
export function cld(c: number): void {
  I32[c + 2 * FLAGS + 1] &= ~DF;
}
export function std(c: number): void {
  I32[c + 2 * FLAGS + 1] |= DF;
}

const LOW = CF | PF | AF | ZF | SF;
export function lahf(c: number): void {
  I32[c + 2 * RAX] = I32[c + 2 * RAX] & ~0xff00 | (statusFlags(c) & LOW | 2) << 8;
}
export function sahf(c: number): void {
  setStatusFlags(c, statusFlags(c) & OF | I32[c + 2 * RAX] >> 8 & LOW);
}

/** Slot `d` = RFLAGS as PUSHF stores them. */
export function readInto(c: number, d: number): void {
  I32[c + 2 * d] = readFlags(c);
  I32[c + 2 * d + 1] = 0;
}
/** POPF of 64 or (size 2) 16 bits in slot `s`. */
export function writeFrom(c: number, s: number, size: number): void {
  const value = I32[c + 2 * s];
  writeFlags(c, size === 2 ? readFlags(c) & ~0xffff | value & 0xffff : value);
}

/** R11 = RFLAGS, for SYSCALL. */
export function saveFlags(c: number): void {
  I32[c + 2 * R11] = readFlags(c);
  I32[c + 2 * R11 + 1] = 0;
}
