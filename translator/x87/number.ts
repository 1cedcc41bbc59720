// How are floating-point numbers of all formats taken apart and put together?
//
// Unpacked, a number is a `Num` record: a kind, a sign, an unbiased exponent and a significand of 64 bits in two int32
// (bit 31 of `hi` is the integer bit), with 32 more bits in `ext` whose lowest is sticky. Operations on them and rounding
// are in softfloat.ts.

export const ZERO = 0, FINITE = 1, INF = 2, QNAN = 3, SNAN = 4, UNSUPPORTED = 5;

/** Exception flags, at the bits that MXCSR and the x87 status word share. */
export const IE = 1, DE = 2, ZE = 4, OE = 8, UE = 16, PE = 32;

/** Rounding control as MXCSR and the x87 control word encode it. */
export const NEAREST = 0, DOWN = 1, UP = 2, TRUNCATE = 3;

export class Num {
  kind = ZERO;
  sign = 0;
  exp = 0;
  hi = 0;
  lo = 0;
  ext = 0;
  denormal = false;

  set(kind: number, sign: number, exp: number, hi: number, lo: number): void {
    this.kind = kind;
    this.sign = sign;
    this.exp = exp;
    this.hi = hi;
    this.lo = lo;
    this.ext = 0;
    this.denormal = false;
  }

  copy(o: Num): void {
    this.set(o.kind, o.sign, o.exp, o.hi, o.lo);
    this.ext = o.ext;
    this.denormal = o.denormal;
  }
}

/** Exceptions of the operation in progress; `up` tells that the last rounding enlarged the magnitude (C1). */
export const status: { flags: number; up: number } = { flags: 0, up: 0 };

/** Makes a finite, nonzero significand start at bit 31 of `hi`. */
export function normalise(z: Num): void {
  if (z.hi === 0) {
    if (z.lo === 0) {
      z.hi = z.ext;
      z.lo = 0;
      z.ext = 0;
      z.exp -= 64;
    } else {
      z.hi = z.lo;
      z.lo = z.ext;
      z.ext = 0;
      z.exp -= 32;
    }
  }
  const n = Math.clz32(z.hi);
  if (n > 0) {
    z.hi = (z.hi << n) | (z.lo >>> (32 - n));
    z.lo = (z.lo << n) | (z.ext >>> (32 - n));
    z.ext = z.ext << n;
    z.exp -= n;
  }
}

// --- Unpacking -----------------------------------------------------------------------------------------------

export function unpack80(o: Num, se: number, hi: number, lo: number): void {
  const sign = (se >>> 15) & 1, e = se & 0x7fff;
  if (e === 0) {
    if ((hi | lo) === 0) return o.set(ZERO, sign, 0, 0, 0);
    o.set(FINITE, sign, -16382, hi, lo);
    normalise(o);
    o.denormal = true;
  } else if (hi >= 0) {
    o.set(UNSUPPORTED, sign, 0, hi, lo);
  } else if (e !== 0x7fff) {
    o.set(FINITE, sign, e - 16383, hi, lo);
  } else if (hi === (0x80000000 | 0) && lo === 0) {
    o.set(INF, sign, 0, hi, lo);
  } else {
    o.set((hi & 0x40000000) !== 0 ? QNAN : SNAN, sign, 0, hi, lo);
  }
}

export function unpack64(o: Num, hi: number, lo: number): void {
  const sign = hi >>> 31, e = (hi >>> 20) & 0x7ff;
  const h = (hi << 11) | (lo >>> 21), l = lo << 11;
  if (e === 0) {
    if (((h & 0x7fffffff) | l) === 0) return o.set(ZERO, sign, 0, 0, 0);
    o.set(FINITE, sign, -1022, h & 0x7fffffff, l);
    normalise(o);
    o.denormal = true;
  } else if (e !== 0x7ff) {
    o.set(FINITE, sign, e - 1023, h | 0x80000000, l);
  } else if (((h & 0x7fffffff) | l) === 0) {
    o.set(INF, sign, 0, 0x80000000 | 0, 0);
  } else {
    o.set((h & 0x40000000) !== 0 ? QNAN : SNAN, sign, 0, h | 0x80000000, l);
  }
}

export function unpack32(o: Num, bits: number): void {
  const sign = bits >>> 31, e = (bits >>> 23) & 0xff, h = bits << 8;
  if (e === 0) {
    if ((h & 0x7fffffff) === 0) return o.set(ZERO, sign, 0, 0, 0);
    o.set(FINITE, sign, -126, h & 0x7fffffff, 0);
    normalise(o);
    o.denormal = true;
  } else if (e !== 0xff) {
    o.set(FINITE, sign, e - 127, h | 0x80000000, 0);
  } else if ((h & 0x7fffffff) === 0) {
    o.set(INF, sign, 0, 0x80000000 | 0, 0);
  } else {
    o.set((h & 0x40000000) !== 0 ? QNAN : SNAN, sign, 0, h | 0x80000000, 0);
  }
}

/** A signed integer of 64 bits. */
export function unpackInt(o: Num, hi: number, lo: number): void {
  if ((hi | lo) === 0) return o.set(ZERO, 0, 0, 0, 0);
  const sign = hi >>> 31;
  if (sign !== 0) {
    lo = -lo | 0;
    hi = lo === 0 ? -hi | 0 : ~hi;
  }
  o.set(FINITE, sign, 63, hi, lo);
  normalise(o);
}

// --- Packing a rounded number ----------------------------------------------------------------------------------

/** Words of the last packed number. */
export const packed: { se: number; hi: number; lo: number } = { se: 0, hi: 0, lo: 0 };

export function pack80(z: Num): void {
  const s = z.sign << 15;
  packed.hi = z.hi;
  packed.lo = z.lo;
  switch (z.kind) {
    case ZERO:
      packed.se = s;
      packed.hi = 0;
      packed.lo = 0;
      return;
    case FINITE:
      packed.se = s | (z.hi < 0 ? z.exp + 16383 : 0);
      return;
    case INF:
      packed.hi = 0x80000000 | 0;
      packed.lo = 0;
      packed.se = s | 0x7fff;
      return;
    default:
      packed.se = s | 0x7fff;
  }
}

export function pack64(z: Num): void {
  const s = z.sign << 31;
  packed.lo = (z.lo >>> 11) | (z.hi << 21);
  switch (z.kind) {
    case ZERO:
      packed.hi = s;
      packed.lo = 0;
      return;
    case FINITE:
      packed.hi = s | ((z.hi & 0x7fffffff) >>> 11) | (z.hi < 0 ? (z.exp + 1023) << 20 : 0);
      return;
    case INF:
      packed.hi = s | 0x7ff00000;
      packed.lo = 0;
      return;
    default:
      packed.hi = s | 0x7ff00000 | ((z.hi & 0x7fffffff) >>> 11);
  }
}

export function pack32(z: Num): void {
  const s = z.sign << 31;
  switch (z.kind) {
    case ZERO:
      packed.lo = s;
      return;
    case FINITE:
      packed.lo = s | ((z.hi & 0x7fffffff) >>> 8) | (z.hi < 0 ? (z.exp + 127) << 23 : 0);
      return;
    case INF:
      packed.lo = s | 0x7f800000;
      return;
    default:
      packed.lo = s | 0x7f800000 | ((z.hi & 0x7fffffff) >>> 8);
  }
}
