// PDEP, PEXT, MULX, ADCX, ADOX (SDM vol. 2)

import { CF, OF } from "../cpu.ts";
import { setStatusFlags, statusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";
import { umulh } from "./mul_div.ts";

/** The lowest bits of slot `s` go where slot `m` has ones; all of them slots. `size` is 4 or 8. */
export function pdep(c: number, d: number, s: number, m: number, size: number): void {
  const x = c + 2 * s, y = c + 2 * m, masks = [I32[y], size === 8 ? I32[y + 1] : 0], out = [0, 0];
  let k = 0;
  for (let w = 0; w < 2; w++) {
    for (let rest = masks[w]!; rest !== 0; rest &= rest - 1, k++) {
      if (I32[x + (k >> 5)] >>> (k & 31) & 1) out[w]! |= rest & -rest;
    }
  }
  I32[c + 2 * d] = out[0]!;
  I32[c + 2 * d + 1] = out[1]!;
}
/** The bits of slot `s` where slot `m` has ones, next to each other. */
export function pext(c: number, d: number, s: number, m: number, size: number): void {
  const x = c + 2 * s, y = c + 2 * m, masks = [I32[y], size === 8 ? I32[y + 1] : 0], out = [0, 0];
  let k = 0;
  for (let w = 0; w < 2; w++) {
    const v = I32[x + w];
    for (let rest = masks[w]!; rest !== 0; rest &= rest - 1, k++) {
      if (v & rest & -rest) out[k >> 5]! |= 1 << (k & 31);
    }
  }
  I32[c + 2 * d] = out[0]!;
  I32[c + 2 * d + 1] = out[1]!;
}

/** Slots `high` and `low` (the former last) = product of slots `a` and `b`. */
export function mulx(c: number, high: number, low: number, a: number, b: number): void {
  const al = I32[c + 2 * a], ah = I32[c + 2 * a + 1], bl = I32[c + 2 * b], bh = I32[c + 2 * b + 1];
  const lh = umulh(al, bl) >>> 0, m1 = Math.imul(al, bh) >>> 0, m2 = Math.imul(ah, bl) >>> 0;
  const middle = lh + m1 + m2;
  const upper = (umulh(al, bh) >>> 0) + (umulh(ah, bl) >>> 0) + (Math.imul(ah, bh) >>> 0) +
    Math.floor(middle / 0x1_0000_0000);
  const top = umulh(ah, bh) + Math.floor(upper / 0x1_0000_0000);
  I32[c + 2 * low] = Math.imul(al, bl);
  I32[c + 2 * low + 1] = middle | 0;
  I32[c + 2 * high] = upper | 0;
  I32[c + 2 * high + 1] = top | 0;
}
export function mulx32(c: number, high: number, low: number, a: number, b: number): void {
  const x = I32[c + 2 * a], y = I32[c + 2 * b];
  I32[c + 2 * low] = Math.imul(x, y);
  I32[c + 2 * low + 1] = 0;
  I32[c + 2 * high] = umulh(x, y);
  I32[c + 2 * high + 1] = 0;
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
