// Division of 64-bit numbers without BigInt, which would allocate: in doubles, where 53 bits are exact.

import { umulh } from "./mul_div.ts";

/** Quotient and remainder of the last {@link divide}. */
export const divided = { quotientLow: 0, quotientHigh: 0, remainderLow: 0, remainderHigh: 0 };

const TWO_32 = 0x1_0000_0000;
/** High word from which a divisor goes into any dividend at most three times. */
const LARGE = 0x4000_0000;

/** Divides unsigned numbers given as int32 halves. The divisor is not zero. */
export function divide(al: number, ah: number, bl: number, bh: number): void {
  if (bh === 0) byWord(al, ah, bl >>> 0);
  else if (bh >>> 0 >= LARGE) bySubtraction(al, ah, bl, bh);
  else byEstimate(al, ah, bl, bh);
}

/** Schoolbook, in a digit of 32 and two of 16 bits: every partial dividend has at most 48 bits. */
function byWord(al: number, ah: number, b: number): void {
  const high = ah >>> 0;
  const q1 = Math.floor(high / b);
  let t = (high - q1 * b) * 0x1_0000 + (al >>> 16);
  const q2 = Math.floor(t / b);
  t = (t - q2 * b) * 0x1_0000 + (al & 0xffff);
  const q3 = Math.floor(t / b);
  divided.quotientHigh = q1 | 0;
  divided.quotientLow = q2 << 16 | q3;
  divided.remainderHigh = 0;
  divided.remainderLow = (t - q3 * b) | 0;
}

function bySubtraction(al: number, ah: number, bl: number, bh: number): void {
  let q = 0;
  while (ah >>> 0 > bh >>> 0 || (ah === bh && al >>> 0 >= bl >>> 0)) {
    const borrow = al >>> 0 < bl >>> 0 ? 1 : 0;
    al = (al - bl) | 0;
    ah = (ah - bh - borrow) | 0;
    q++;
  }
  set(q, al, ah);
}

/** The quotient has at most 32 bits, and doubles give it with an error of one at most; the remainder, then between -b and 2b, tells. */
function byEstimate(al: number, ah: number, bl: number, bh: number): void {
  const a = (ah >>> 0) * TWO_32 + (al >>> 0), b = (bh >>> 0) * TWO_32 + (bl >>> 0);
  let q = Math.min(Math.floor(a / b), TWO_32 - 1);
  const pl = Math.imul(q, bl), ph = (umulh(q, bl) + Math.imul(q, bh)) | 0;
  let rh = (ah - ph - (al >>> 0 < pl >>> 0 ? 1 : 0)) | 0, rl = (al - pl) | 0;
  if (rh < 0) {
    q--;
    const sum = (rl + bl) | 0;
    rh = (rh + bh + (sum >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
    rl = sum;
  } else if (rh > bh || (rh === bh && rl >>> 0 >= bl >>> 0)) {
    q++;
    rh = (rh - bh - (rl >>> 0 < bl >>> 0 ? 1 : 0)) | 0;
    rl = (rl - bl) | 0;
  }
  set(q, rl, rh);
}

function set(q: number, rl: number, rh: number): void {
  divided.quotientLow = q | 0;
  divided.quotientHigh = 0;
  divided.remainderLow = rl;
  divided.remainderHigh = rh;
}
