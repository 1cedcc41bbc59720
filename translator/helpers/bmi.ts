// PDEP, PEXT, ADCX, ADOX (SDM vol. 2)

import { CF, OF } from "../cpu.ts";
import { setStatusFlags, statusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";

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

/** Slot `d` = slots `a` + `b` + the flag `bit` (CF or OF), which becomes the carry; the other flags stay. */
function addThrough(c: number, d: number, a: number, b: number, size: number, bit: number): void {
  const flags = statusFlags(c);
  const low = (I32[c + 2 * a] >>> 0) + (I32[c + 2 * b] >>> 0) + (flags & bit ? 1 : 0);
  let carry = low > 0xffff_ffff, high = 0;
  if (size === 8) {
    high = (I32[c + 2 * a + 1] >>> 0) + (I32[c + 2 * b + 1] >>> 0) + (carry ? 1 : 0);
    carry = high > 0xffff_ffff;
  }
  I32[c + 2 * d] = low | 0;
  I32[c + 2 * d + 1] = high | 0;
  setStatusFlags(c, carry ? flags | bit : flags & ~bit);
}
export function adcx(c: number, d: number, a: number, b: number, size: number): void {
  addThrough(c, d, a, b, size, CF);
}
export function adox(c: number, d: number, a: number, b: number, size: number): void {
  addThrough(c, d, a, b, size, OF);
}
