// The comparing half of CMPXCHG8B and CMPXCHG16B (SDM vol. 2): the lowering loads the destination and stores what is left here.

import { RAX, RBX, RCX, RDX, ZF } from "../cpu.ts";
import { raise, VECTOR_GP } from "../env.ts";
import { setStatusFlags, statusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";

function setZero(c: number, equal: boolean): void {
  setStatusFlags(c, statusFlags(c) & ~ZF | (equal ? ZF : 0));
}

/** Slot `x`: the 64 bits in memory; then what is to be stored there. */
export function compare8(c: number, x: number): void {
  const low = I32[c + 2 * x], high = I32[c + 2 * x + 1];
  const equal = low === I32[c + 2 * RAX] && high === I32[c + 2 * RDX];
  if (equal) {
    I32[c + 2 * x] = I32[c + 2 * RBX];
    I32[c + 2 * x + 1] = I32[c + 2 * RCX];
  } else {
    I32[c + 2 * RAX] = low;
    I32[c + 2 * RAX + 1] = 0;
    I32[c + 2 * RDX] = high;
    I32[c + 2 * RDX + 1] = 0;
  }
  setZero(c, equal);
}

/** Slots `x`, `y`: low and high 64 bits in memory; then what is to be stored there. */
export function compare16(c: number, x: number, y: number): void {
  const equal = same(c, x, RAX) && same(c, y, RDX);
  copy(c, equal ? RBX : x, equal ? x : RAX);
  copy(c, equal ? RCX : y, equal ? y : RDX);
  setZero(c, equal);
}
function same(c: number, a: number, b: number): boolean {
  return I32[c + 2 * a] === I32[c + 2 * b] && I32[c + 2 * a + 1] === I32[c + 2 * b + 1];
}
function copy(c: number, from: number, to: number): void {
  I32[c + 2 * to] = I32[c + 2 * from];
  I32[c + 2 * to + 1] = I32[c + 2 * from + 1];
}

/** #GP unless the address in slot `x` is a multiple of 16. */
export function aligned16(c: number, x: number): void {
  if ((I32[c + 2 * x] & 15) !== 0) raise(VECTOR_GP);
}
