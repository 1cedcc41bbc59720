// What is the exactly rounded result of a floating-point operation, in any rounding mode and precision?
//
// The core under the x87 instructions and under the slow paths of SSE. Operations on `Num` records (number.ts) leave an unrounded
// `Num`; `roundFinite` then rounds to a format and gathers the exception flags in `status`. Nothing here
// allocates but division and square root (BigInt).

import {
  DOWN,
  FINITE,
  INF,
  NEAREST,
  normalise,
  type Num,
  OE,
  PE,
  status,
  TRUNCATE,
  UE,
  UP,
  ZERO,
} from "./number.ts";
export * from "./number.ts";

// Results of the 96-bit helpers.
let sHi = 0, sLo = 0, sExt = 0;

/** (hi, lo, ext) >> n, keeping whatever falls out in the sticky bit. */
function shiftRightSticky(hi: number, lo: number, ext: number, n: number): void {
  if (n >= 96) {
    sExt = (hi | lo | ext) !== 0 ? 1 : 0;
    sHi = 0;
    sLo = 0;
    return;
  }
  let lost = 0;
  while (n >= 32) {
    lost |= ext;
    ext = lo;
    lo = hi;
    hi = 0;
    n -= 32;
  }
  if (n > 0) {
    lost |= ext << (32 - n);
    ext = (ext >>> n) | (lo << (32 - n));
    lo = (lo >>> n) | (hi << (32 - n));
    hi = hi >>> n;
  }
  sHi = hi | 0;
  sLo = lo | 0;
  sExt = ext | (lost !== 0 ? 1 : 0);
}

// --- Rounding ------------------------------------------------------------------------------------------------

let rHi = 0, rLo = 0, rCarry = false, rInexact = false, rUp = 0;

/** Rounds a significand to `precision` bits (24, 53 or 64) of its 64. */
function roundSignificand(
  hi: number,
  lo: number,
  ext: number,
  precision: number,
  sign: number,
  rc: number,
): void {
  let half: number, rest: number, odd: number;
  if (precision === 64) {
    half = ext >>> 31;
    rest = ext << 1;
    odd = lo & 1;
  } else if (precision === 53) {
    half = (lo >>> 10) & 1;
    rest = (lo & 0x3ff) | ext;
    odd = (lo >>> 11) & 1;
    lo &= ~0x7ff;
  } else {
    half = (hi >>> 7) & 1;
    rest = (hi & 0x7f) | lo | ext;
    odd = (hi >>> 8) & 1;
    hi &= ~0xff;
    lo = 0;
  }
  rInexact = (half | rest) !== 0;
  rCarry = false;
  rUp = 0;
  if (rInexact) {
    rUp = rc === NEAREST
      ? half & (rest !== 0 ? 1 : odd)
      : rc === TRUNCATE
      ? 0
      : (rc === UP) === (sign === 0)
      ? 1
      : 0;
    if (rUp !== 0) {
      if (precision === 64) {
        lo = (lo + 1) | 0;
        if (lo === 0) hi = (hi + 1) | 0, rCarry = hi === 0;
      } else if (precision === 53) {
        lo = (lo + 0x800) | 0;
        if (lo === 0) hi = (hi + 1) | 0, rCarry = hi === 0;
      } else {
        hi = (hi + 0x100) | 0;
        rCarry = hi === 0;
      }
    }
  }
  rHi = hi;
  rLo = lo;
}

/** Rounds `z` to `precision` bits with no bound on the exponent. */
export function roundUnbounded(z: Num, precision: number, rc: number): void {
  roundSignificand(z.hi, z.lo, z.ext, precision, z.sign, rc);
  z.hi = rHi;
  z.lo = rLo;
  z.ext = 0;
  if (rCarry) z.hi = 0x80000000 | 0, z.exp++;
  if (rInexact) status.flags |= PE;
  status.up = rUp;
}

/**
 * Rounds the finite, normalised `z` in place to a format of `precision` bits with exponents `emin..emax`.
 * `masks` are the mask bits (IE … PE, set = masked): an unmasked overflow or underflow leaves the exponent wrapped
 * by `wrap` when that is not zero (x87 registers) and brings it into range.
 */
export function roundFinite(
  z: Num,
  precision: number,
  emin: number,
  emax: number,
  rc: number,
  masks: number,
  wrap: number,
): void {
  let tiny = false, shifted = false;
  if (z.exp < emin) {
    tiny = true;
    if (z.exp === emin - 1) {
      // Tininess is detected after rounding, as if the exponent had no bound.
      roundSignificand(z.hi, z.lo, z.ext, precision, z.sign, rc);
      if (rCarry) tiny = false;
    }
    if (tiny && (masks & UE) === 0 && wrap !== 0 && z.exp + wrap >= emin) {
      z.exp += wrap;
      status.flags |= UE;
      tiny = false;
    }
    if (tiny && (masks & UE) === 0 && wrap !== 0) {
      // What wrapping does not bring into range (FSCALE) becomes a zero in every rounding mode.
      status.flags |= UE | PE;
      status.up = 0;
      z.kind = ZERO;
      return;
    }
    if (tiny && (masks & UE) === 0 && wrap === 0) {
      // Nothing will be stored; whether it is inexact is a question for the unbounded exponent.
      roundSignificand(z.hi, z.lo, z.ext, precision, z.sign, rc);
      status.flags |= rInexact ? UE | PE : UE;
      status.up = 0;
      return;
    }
    if (z.exp < emin) {
      shiftRightSticky(z.hi, z.lo, z.ext, emin - z.exp);
      z.hi = sHi;
      z.lo = sLo;
      z.ext = sExt;
      z.exp = emin;
      shifted = true;
      if (tiny && (masks & UE) === 0) status.flags |= UE;
    }
  }
  roundSignificand(z.hi, z.lo, z.ext, precision, z.sign, rc);
  z.hi = rHi;
  z.lo = rLo;
  z.ext = 0;
  status.up = rUp;
  if (rInexact) {
    status.flags |= PE;
    if (tiny) status.flags |= UE;
  }
  if (rCarry) {
    z.hi = 0x80000000 | 0;
    z.exp++;
  }
  if (shifted && (z.hi | z.lo) === 0) {
    z.kind = ZERO;
    return;
  }
  if (z.exp > emax) {
    status.flags |= OE;
    if ((masks & OE) === 0 && wrap !== 0 && z.exp - wrap <= emax) {
      z.exp -= wrap;
      return;
    }
    const unmasked = (masks & OE) === 0;
    if (!unmasked || wrap !== 0) status.flags |= PE;
    // What wrapping does not bring into range (FSCALE) becomes an infinity in every rounding mode.
    if ((unmasked && wrap !== 0) || rc === NEAREST || (rc !== TRUNCATE && (rc === UP) === (z.sign === 0))) {
      z.kind = INF;
      z.hi = 0x80000000 | 0;
      z.lo = 0;
      status.up = 1;
    } else {
      z.exp = emax;
      z.hi = precision === 24 ? ~0xff : -1;
      z.lo = precision === 64 ? -1 : precision === 53 ? ~0x7ff : 0;
      status.up = 0;
    }
  }
}

// --- Arithmetic on finite, nonzero operands ---------------------------------------------------------------------

/** z = a + b (b's sign flipped when `negate` is 1), unrounded. An exact zero gets the sign that `rc` asks for. */
export function add(z: Num, a: Num, b: Num, negate: number, rc: number): void {
  let bSign = b.sign ^ negate, aSign = a.sign;
  if (
    a.exp < b.exp ||
    (a.exp === b.exp && (a.hi >>> 0 < b.hi >>> 0 || (a.hi === b.hi && a.lo >>> 0 < b.lo >>> 0)))
  ) {
    const t = a, s = aSign;
    a = b;
    b = t;
    aSign = bSign;
    bSign = s;
  }
  const exp = a.exp, aHi = a.hi, aLo = a.lo;
  shiftRightSticky(b.hi, b.lo, 0, exp - b.exp);
  if (aSign === bSign) {
    const lo = (aLo >>> 0) + (sLo >>> 0);
    const hi = (aHi >>> 0) + (sHi >>> 0) + (lo >= 0x1_0000_0000 ? 1 : 0);
    if (hi >= 0x1_0000_0000) {
      z.set(FINITE, aSign, exp + 1, (hi >>> 1) | 0x80000000, (lo >>> 1) | (hi << 31));
      z.ext = (sExt >>> 1) | (lo << 31) | (sExt & 1);
    } else {
      z.set(FINITE, aSign, exp, hi | 0, lo | 0);
      z.ext = sExt;
    }
    return;
  }
  const ext = -sExt | 0;
  let borrow = sExt !== 0 ? 1 : 0;
  const lo = (aLo >>> 0) - (sLo >>> 0) - borrow;
  borrow = lo < 0 ? 1 : 0;
  const hi = ((aHi >>> 0) - (sHi >>> 0) - borrow) | 0;
  if ((hi | lo | ext) === 0) return z.set(ZERO, rc === DOWN ? 1 : 0, 0, 0, 0);
  z.set(FINITE, aSign, exp, hi, lo | 0);
  z.ext = ext;
  normalise(z);
}

let mHi = 0, mLo = 0;
/** 32 × 32 → 64 unsigned. */
function mul32(a: number, b: number): void {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const ll = Math.imul(al, bl), lh = al * bh, hl = ah * bl;
  const mid = lh + hl + (ll >>> 16);
  mLo = (ll & 0xffff) | (mid << 16);
  mHi = (ah * bh + Math.floor(mid / 65536)) | 0;
}

/** z = a × b, unrounded. */
export function mul(z: Num, a: Num, b: Num): void {
  mul32(a.lo, b.lo);
  let r0 = mLo, r1 = mHi >>> 0;
  mul32(a.hi, b.lo);
  r1 += mLo >>> 0;
  let r2 = mHi >>> 0;
  mul32(a.lo, b.hi);
  r1 += mLo >>> 0;
  r2 += mHi >>> 0;
  r2 += Math.floor(r1 / 0x1_0000_0000);
  mul32(a.hi, b.hi);
  r2 += mLo >>> 0;
  let r3 = ((mHi >>> 0) + Math.floor(r2 / 0x1_0000_0000)) | 0;
  r1 |= 0;
  r2 |= 0;
  let exp = a.exp + b.exp + 1;
  if (r3 >= 0) {
    r3 = (r3 << 1) | (r2 >>> 31);
    r2 = (r2 << 1) | (r1 >>> 31);
    r1 = (r1 << 1) | (r0 >>> 31);
    r0 <<= 1;
    exp--;
  }
  z.set(FINITE, a.sign ^ b.sign, exp, r3, r2);
  z.ext = r1 | (r0 !== 0 ? 1 : 0);
}

/** The 64-bit significand as a BigInt. */
export function significand(a: Num): bigint {
  return (BigInt(a.hi >>> 0) << 32n) | BigInt(a.lo >>> 0);
}

/** z = ±v × 2^(scale), unrounded, `sticky` telling that v was cut off. v may have any length; v > 0. */
export function fromBigInt(z: Num, sign: number, v: bigint, scale: number, sticky: boolean): void {
  const bits = bitLength(v);
  const shift = bits - 96;
  let m = v;
  if (shift > 0) {
    m = v >> BigInt(shift);
    if (m << BigInt(shift) !== v) sticky = true;
  } else if (shift < 0) {
    m = v << BigInt(-shift);
  }
  z.set(
    FINITE,
    sign,
    scale + bits - 1,
    Number(m >> 64n) | 0,
    Number((m >> 32n) & 0xffffffffn) | 0,
  );
  z.ext = Number(m & 0xffffffffn) | (sticky ? 1 : 0);
}

export function bitLength(v: bigint): number {
  if (v < 0x1_0000_0000n) return 32 - Math.clz32(Number(v));
  const text = v.toString(16);
  return text.length * 4 - (Math.clz32(parseInt(text[0], 16)) - 28);
}

/** z = a ÷ b, unrounded. */
export function div(z: Num, a: Num, b: Num): void {
  const n = significand(a) << 96n, d = significand(b);
  const q = n / d;
  fromBigInt(z, a.sign ^ b.sign, q, a.exp - b.exp - 96, q * d !== n);
}

/** Floor of the square root of a number below 2^1023. */
export function isqrt(n: bigint): bigint {
  if (n < 2n) return n;
  // Newton from above: the root of the nearest double is off by less than one in 2^52.
  const near = BigInt(Math.floor(Math.sqrt(Number(n))));
  let x = near + (near >> 50n) + 1n;
  for (;;) {
    const y = (x + n / x) >> 1n;
    if (y >= x) return x;
    x = y;
  }
}

/** z = √a for positive a, unrounded. */
export function sqrt(z: Num, a: Num): void {
  // a = s × 2^(exp − 63); make the exponent of s even and the root 97 bits or so.
  let shift = 130;
  if (((a.exp - 63 - shift) & 1) !== 0) shift++;
  const n = significand(a) << BigInt(shift);
  const r = isqrt(n);
  fromBigInt(z, 0, r, (a.exp - 63 - shift) / 2, r * r !== n);
}

/** −1, 0, 1 as |a| is less than, equal to, greater than |b|; both finite and nonzero. */
export function compareMagnitude(a: Num, b: Num): number {
  if (a.exp !== b.exp) return a.exp < b.exp ? -1 : 1;
  if (a.hi !== b.hi) return a.hi >>> 0 < b.hi >>> 0 ? -1 : 1;
  if (a.lo !== b.lo) return a.lo >>> 0 < b.lo >>> 0 ? -1 : 1;
  return 0;
}

/** −1, 0, 1, or 2 when a NaN or an unsupported encoding makes the two unordered. */
export function compare(a: Num, b: Num): number {
  if (a.kind > INF || b.kind > INF) return 2;
  if (a.kind === ZERO) return b.kind === ZERO ? 0 : b.sign !== 0 ? 1 : -1;
  if (b.kind === ZERO || a.sign !== b.sign) return a.sign !== 0 ? -1 : 1;
  const flip = a.sign !== 0 ? -1 : 1;
  if (a.kind === INF) return b.kind === INF ? 0 : flip;
  if (b.kind === INF) return -flip;
  return flip * compareMagnitude(a, b) + 0;
}

/** Integer magnitude of the last {@link toInteger}: 64 bits; `integerOverflow` when it needs more. */
export let integerHi = 0, integerLo = 0, integerOverflow = false;

/** Rounds |z| to an integer under `rc`; sets PE and `status.up`. The sign stays with `z`. */
export function toInteger(z: Num, rc: number): void {
  integerHi = integerLo = 0;
  integerOverflow = false;
  status.up = 0;
  if (z.kind === ZERO) return;
  if (z.exp > 63) {
    integerOverflow = true;
    return;
  }
  shiftRightSticky(z.hi, z.lo, 0, 63 - z.exp);
  roundSignificand(sHi, sLo, sExt, 64, z.sign, rc);
  integerHi = rHi;
  integerLo = rLo;
  integerOverflow = rCarry;
  status.up = rUp;
  if (rInexact) status.flags |= PE;
}
