// PDEP, PEXT; LZCNT, TZCNT where they may be BSR and BSF (SDM vol. 2)

import { CF, ZF } from "../cpu.ts";
import { levelOf, V3 } from "../cpuid.ts";
import { setStatusFlags, statusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";

/** Slot `d` = number of zeros at the upper (`leading`) or lower end of slot `s`; the place of the first one on processors below v3, which know no count. */
export function countOrScan(c: number, d: number, s: number, size: number, leading: number): void {
  const high = size === 8 ? I32[c + 2 * s + 1]! : 0, word = I32[c + 2 * s]!;
  const low = size === 2 ? word & 0xffff : word;
  const empty = (low | high) === 0;
  const first = high !== 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low);
  const last = low !== 0 ? 31 - Math.clz32(low & -low) : 63 - Math.clz32(high & -high);
  const flags = statusFlags(c) & ~(CF | ZF);
  if (levelOf(c) < V3) {
    if (!empty) set(c, d, leading !== 0 ? first : last);
    return setStatusFlags(c, flags | (empty ? ZF : 0));
  }
  const count = empty ? 8 * size : leading !== 0 ? 8 * size - 1 - first : last;
  set(c, d, count);
  setStatusFlags(c, flags | (empty ? CF : 0) | (count === 0 ? ZF : 0));
}
function set(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value;
  I32[c + 2 * slot + 1] = 0;
}

/** What pdep() and pext() give, in two words. */
export const bits: { lo: number; hi: number } = { lo: 0, hi: 0 };

/** The lowest bits of a value go where a mask has ones. */
export function pdep(lo: number, hi: number, maskLo: number, maskHi: number): void {
  let k = 0;
  bits.lo = bits.hi = 0;
  for (let rest = maskLo; rest !== 0; rest &= rest - 1, k++) if (lo >>> k & 1) bits.lo |= rest & -rest;
  for (let rest = maskHi; rest !== 0; rest &= rest - 1, k++) {
    if ((k > 31 ? hi >>> k - 32 : lo >>> k) & 1) bits.hi |= rest & -rest;
  }
}
/** The bits of a value where a mask has ones, next to each other. */
export function pext(lo: number, hi: number, maskLo: number, maskHi: number): void {
  let k = 0;
  bits.lo = bits.hi = 0;
  const take = (one: number) => {
    if (one !== 0) k > 31 ? bits.hi |= 1 << k - 32 : bits.lo |= 1 << k;
    k++;
  };
  for (let rest = maskLo; rest !== 0; rest &= rest - 1) take(lo & rest & -rest);
  for (let rest = maskHi; rest !== 0; rest &= rest - 1) take(hi & rest & -rest);
}
