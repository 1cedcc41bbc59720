// Wide products and division (SDM vol. 2, MUL, IMUL, DIV, IDIV).

import { CF, OF, RAX, RDX } from "../cpu.ts";
import { raise, VECTOR_DE } from "../env.ts";
import { setStatusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";
import { divide, divided } from "./divide.ts";

/** High 32 bits of the unsigned product of two 32-bit numbers, as an int32. */
export function umulh(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const middle = (Math.imul(ah, bl) + (Math.imul(al, bl) >>> 16)) | 0;
  const cross = (Math.imul(al, bh) + (middle & 0xffff)) | 0;
  return (Math.imul(ah, bh) + (middle >>> 16) + (cross >>> 16)) | 0;
}

const OVERFLOW = CF | OF;

/** The flags of a product of two 16-bit factors (sign-extended, in slots). */
export function mulFlags16(c: number, a: number, b: number): void {
  const product = I32[c + 2 * a] * I32[c + 2 * b];
  setStatusFlags(c, product !== product << 16 >> 16 ? OVERFLOW : 0);
}

const B32 = 32n;
function unsigned64(low: number, high: number): bigint {
  return BigInt(high >>> 0) << B32 | BigInt(low >>> 0);
}
function signed64(low: number, high: number): bigint {
  return BigInt(high) << B32 | BigInt(low >>> 0);
}
function put(c: number, slot: number, value: bigint): void {
  I32[c + 2 * slot] = Number(BigInt.asIntN(32, value));
  I32[c + 2 * slot + 1] = Number(BigInt.asIntN(32, value >> B32));
}

/** AX = AL * slot `s`. */
export function mul8(c: number, s: number): void {
  const product = (I32[c] & 255) * (I32[c + 2 * s] & 255);
  I32[c] = I32[c] & -65536 | product;
  setStatusFlags(c, product > 255 ? OVERFLOW : 0);
}
export function imul8(c: number, s: number): void {
  const product = (I32[c] << 24 >> 24) * (I32[c + 2 * s] << 24 >> 24);
  I32[c] = I32[c] & -65536 | product & 0xffff;
  setStatusFlags(c, product !== product << 24 >> 24 ? OVERFLOW : 0);
}
/** DX:AX = AX * slot `s`. */
export function mul16(c: number, s: number): void {
  const product = (I32[c] & 0xffff) * (I32[c + 2 * s] & 0xffff);
  wide16(c, product | 0);
  setStatusFlags(c, product > 0xffff ? OVERFLOW : 0);
}
export function imul16(c: number, s: number): void {
  const product = (I32[c] << 16 >> 16) * (I32[c + 2 * s] << 16 >> 16);
  wide16(c, product);
  setStatusFlags(c, product !== product << 16 >> 16 ? OVERFLOW : 0);
}
function wide16(c: number, product: number): void {
  I32[c] = I32[c] & -65536 | product & 0xffff;
  I32[c + 2 * RDX] = I32[c + 2 * RDX] & -65536 | product >>> 16;
}
/** EDX:EAX = EAX * slot `s`. */
export function mul32(c: number, s: number): void {
  const a = I32[c], b = I32[c + 2 * s], high = umulh(a, b);
  wide32(c, Math.imul(a, b), high);
  setStatusFlags(c, high !== 0 ? OVERFLOW : 0);
}
export function imul32(c: number, s: number): void {
  const a = I32[c], b = I32[c + 2 * s], low = Math.imul(a, b);
  const high = (umulh(a, b) - (a < 0 ? b : 0) - (b < 0 ? a : 0)) | 0;
  wide32(c, low, high);
  setStatusFlags(c, high !== low >> 31 ? OVERFLOW : 0);
}
function wide32(c: number, low: number, high: number): void {
  I32[c + 2 * RAX] = low;
  I32[c + 2 * RAX + 1] = 0;
  I32[c + 2 * RDX] = high;
  I32[c + 2 * RDX + 1] = 0;
}

/** RDX:RAX = RAX * slot `s`. */
export function mul64(c: number, s: number): void {
  multiply64(c, I32[c], I32[c + 1], I32[c + 2 * s], I32[c + 2 * s + 1], false);
  setStatusFlags(c, (I32[c + 2 * RDX] | I32[c + 2 * RDX + 1]) !== 0 ? OVERFLOW : 0);
}
export function imul64(c: number, s: number): void {
  multiply64(c, I32[c], I32[c + 1], I32[c + 2 * s], I32[c + 2 * s + 1], true);
  const sign = I32[c + 1] >> 31;
  setStatusFlags(c, I32[c + 2 * RDX] !== sign || I32[c + 2 * RDX + 1] !== sign ? OVERFLOW : 0);
}

/** Schoolbook with 32-bit digits; sums stay below 2^53. */
function multiply64(c: number, al: number, ah: number, bl: number, bh: number, signed: boolean): void {
  const w0 = Math.imul(al, bl);
  const s1 = (umulh(al, bl) >>> 0) + (Math.imul(al, bh) >>> 0) + (Math.imul(ah, bl) >>> 0);
  const s2 = (umulh(al, bh) >>> 0) + (umulh(ah, bl) >>> 0) + (Math.imul(ah, bh) >>> 0) +
    Math.floor(s1 / 0x1_0000_0000);
  let w2 = s2 | 0, w3 = (umulh(ah, bh) + Math.floor(s2 / 0x1_0000_0000)) | 0;
  if (signed) {
    if (ah < 0) [w2, w3] = minus(w2, w3, bl, bh);
    if (bh < 0) [w2, w3] = minus(w2, w3, al, ah);
  }
  I32[c + 2 * RAX] = w0;
  I32[c + 2 * RAX + 1] = s1 | 0;
  I32[c + 2 * RDX] = w2;
  I32[c + 2 * RDX + 1] = w3;
}
function minus(al: number, ah: number, bl: number, bh: number): [number, number] {
  return [(al - bl) | 0, (ah - bh - ((al >>> 0) < (bl >>> 0) ? 1 : 0)) | 0];
}

/** AL, AH = quotient and remainder of AX by slot `s`. */
export function div8(c: number, s: number): void {
  const a = I32[c] & 0xffff, b = I32[c + 2 * s] & 255;
  const q = b === 0 ? 256 : a / b | 0;
  if (q > 255) raise(VECTOR_DE);
  I32[c] = I32[c] & -65536 | a % b << 8 | q;
}
export function idiv8(c: number, s: number): void {
  const a = I32[c] << 16 >> 16, b = I32[c + 2 * s] << 24 >> 24;
  const q = b === 0 ? 256 : a / b | 0;
  if (q > 127 || q < -128) raise(VECTOR_DE);
  I32[c] = I32[c] & -65536 | (a % b & 255) << 8 | q & 255;
}
export function div16(c: number, s: number): void {
  const a = (I32[c] & 0xffff | I32[c + 2 * RDX] << 16) >>> 0, b = I32[c + 2 * s] & 0xffff;
  const q = b === 0 ? 0x10000 : Math.floor(a / b);
  if (q > 0xffff) raise(VECTOR_DE);
  divided16(c, q, a % b);
}
export function idiv16(c: number, s: number): void {
  const a = I32[c] & 0xffff | I32[c + 2 * RDX] << 16, b = I32[c + 2 * s] << 16 >> 16;
  const q = b === 0 ? 0x10000 : Math.trunc(a / b);
  if (q > 0x7fff || q < -0x8000) raise(VECTOR_DE);
  divided16(c, q, a % b);
}
function divided16(c: number, q: number, r: number): void {
  I32[c] = I32[c] & -65536 | q & 0xffff;
  I32[c + 2 * RDX] = I32[c + 2 * RDX] & -65536 | r & 0xffff;
}

export function div32(c: number, s: number): void {
  const low = I32[c] >>> 0, high = I32[c + 2 * RDX] >>> 0, b = I32[c + 2 * s] >>> 0;
  if (high >= b) raise(VECTOR_DE); // zero included
  if (high < 0x20_0000) {
    // Below 2^53 the floor of the rounded quotient is exact.
    const a = high * 0x1_0000_0000 + low, q = Math.floor(a / b);
    return wide32(c, q | 0, a - q * b | 0);
  }
  const a = unsigned64(low, high), d = BigInt(b);
  wide32(c, Number(BigInt.asIntN(32, a / d)), Number(BigInt.asIntN(32, a % d)));
}
export function idiv32(c: number, s: number): void {
  const low = I32[c], high = I32[c + 2 * RDX], b = I32[c + 2 * s];
  if (b === 0) raise(VECTOR_DE);
  if (high === low >> 31) {
    if (low === -0x8000_0000 && b === -1) raise(VECTOR_DE);
    return wide32(c, low / b | 0, low % b | 0);
  }
  const a = signed64(low, high), d = BigInt(b), q = a / d;
  if (q !== BigInt.asIntN(32, q)) raise(VECTOR_DE);
  wide32(c, Number(q), Number(a % d));
}

export function div64(c: number, s: number): void {
  const dl = I32[c + 2 * RDX], dh = I32[c + 2 * RDX + 1];
  const bl = I32[c + 2 * s], bh = I32[c + 2 * s + 1];
  if ((dl | dh) === 0) {
    if ((bl | bh) === 0) raise(VECTOR_DE);
    divide(I32[c], I32[c + 1], bl, bh);
    I32[c] = divided.quotientLow;
    I32[c + 1] = divided.quotientHigh;
    I32[c + 2 * RDX] = divided.remainderLow;
    I32[c + 2 * RDX + 1] = divided.remainderHigh;
    return;
  }
  const b = unsigned64(bl, bh), high = unsigned64(dl, dh);
  if (high >= b) raise(VECTOR_DE);
  const a = high << 64n | unsigned64(I32[c], I32[c + 1]);
  put(c, RAX, a / b);
  put(c, RDX, a % b);
}
export function idiv64(c: number, s: number): void {
  const al = I32[c], ah = I32[c + 1], dl = I32[c + 2 * RDX], dh = I32[c + 2 * RDX + 1];
  const bl = I32[c + 2 * s], bh = I32[c + 2 * s + 1];
  if ((bl | bh) === 0) raise(VECTOR_DE);
  const sign = ah >> 31;
  if (dl === sign && dh === sign) {
    // Magnitudes; the remainder takes the dividend's sign.
    const bSign = bh >> 31, negative = sign !== bSign;
    divide(
      negateLow(al, sign),
      negateHigh(al, ah, sign),
      negateLow(bl, bSign),
      negateHigh(bl, bh, bSign),
    );
    const { quotientLow: ql, quotientHigh: qh, remainderLow: rl, remainderHigh: rh } = divided;
    if (qh < 0 && !negative) raise(VECTOR_DE); // the least number by -1
    I32[c] = negateLow(ql, negative ? -1 : 0);
    I32[c + 1] = negateHigh(ql, qh, negative ? -1 : 0);
    I32[c + 2 * RDX] = negateLow(rl, sign);
    I32[c + 2 * RDX + 1] = negateHigh(rl, rh, sign);
    return;
  }
  const b = signed64(bl, bh), a = signed64(dl, dh) << 64n | unsigned64(al, ah), q = a / b;
  if (q !== BigInt.asIntN(64, q)) raise(VECTOR_DE);
  put(c, RAX, q);
  put(c, RDX, a % b);
}
/** Halves of the number `high`:`low`, negated when `sign` is -1, unchanged when 0. */
function negateLow(low: number, sign: number): number {
  return ((low ^ sign) - sign) | 0;
}
function negateHigh(low: number, high: number, sign: number): number {
  return ((high ^ sign) + (sign !== 0 && low === 0 ? 1 : 0)) | 0;
}
