// ROUNDPS and its like, DPPS, DPPD, and half-precision conversions (SDM vol. 2)
//
// `d` and `s` are physical byte addresses; conversions and exceptions are as in float.ts.

import { I32, U16 } from "../ram.ts";
import {
  DE,
  FINITE,
  IE,
  INF,
  integerHi,
  integerLo,
  NEAREST,
  pack32,
  pack64,
  packed,
  QNAN,
  SNAN,
  status,
  toInteger,
  UE,
  ZERO,
} from "../x87/softfloat.ts";
import { begin, commit } from "./float.ts";
import { A, ADD, lane32, lane64, load32, load64, MUL, result, Z } from "./lane.ts";

const words = new Int32Array(8), halves = new Uint16Array(words.buffer);

const PE = 32;
/** Z = A rounded to an integer, by bits 0–1 of n or MXCSR (bit 2); bit 3: without PE. */
function toIntegral(m: number, n: number): void {
  Z.copy(A);
  if (A.kind === SNAN) {
    status.flags |= IE;
    Z.set(QNAN, A.sign, 0, A.hi | 0x40000000, A.lo);
    return;
  }
  if (A.kind !== FINITE || A.exp >= 63) return;
  const before = status.flags;
  toInteger(A, n & 4 ? m >>> 13 & 3 : n & 3);
  if (n & 8) status.flags = before;
  Z.set(FINITE, A.sign, 63, integerHi, integerLo);
  if ((integerHi | integerLo) === 0) return Z.set(ZERO, A.sign, 0, 0, 0);
  while (Z.hi >= 0) {
    Z.hi = Z.hi << 1 | Z.lo >>> 31;
    Z.lo <<= 1;
    Z.exp--;
  }
}

export function round64(c: number, n: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c);
  for (let i = 0; i < 2 * lanes; i += 2) {
    load64(A, m, I32[(s >> 2) + i + 1], I32[(s >> 2) + i]);
    toIntegral(m, n);
    pack64(Z);
    words[i] = packed.lo;
    words[i + 1] = packed.hi;
  }
  commit(c, m, ip);
  for (let i = 0; i < 2 * lanes; i++) I32[(d >> 2) + i] = words[i]!;
}
export function round32(c: number, n: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c);
  for (let i = 0; i < lanes; i++) {
    load32(A, m, I32[(s >> 2) + i]);
    toIntegral(m, n);
    pack32(Z);
    words[i] = packed.lo;
  }
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) I32[(d >> 2) + i] = words[i]!;
}

/** DPPS: products that bits 4–7 of n choose, added pairwise, to the lanes that bits 0–3 choose; 4 or 8 lanes. */
export function dot32(c: number, n: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c), t = [0, 0, 0, 0];
  for (let half = 0; half < lanes; half += 4) {
    for (let i = 0; i < 4; i++) {
      t[i] = 0;
      if ((n >> 4 + i & 1) === 0) continue;
      lane32(MUL, m, I32[(d >> 2) + half + i], I32[(s >> 2) + half + i]);
      t[i] = result.lo;
    }
    // Products first, then sums: an unmasked exception of the former keeps the latter from being formed.
    words[half] = t[0]!;
    words[half + 1] = t[1]!;
    words[half + 2] = t[2]!;
    words[half + 3] = t[3]!;
  }
  commit(c, m, ip);
  const after = begin(c);
  for (let half = 0; half < lanes; half += 4) {
    lane32(ADD, after, words[half]!, words[half + 1]!);
    const low = result.lo;
    lane32(ADD, after, words[half + 2]!, words[half + 3]!);
    const high = result.lo;
    t[half >> 2] = low;
    t[2 + (half >> 2)] = high;
  }
  commit(c, after, ip);
  const last = begin(c);
  for (let half = 0; half < lanes; half += 4) {
    lane32(ADD, last, t[half >> 2]!, t[2 + (half >> 2)]!);
    for (let i = 0; i < 4; i++) words[half + i] = n >> i & 1 ? result.lo : 0;
  }
  commit(c, last, ip);
  for (let i = 0; i < lanes; i++) I32[(d >> 2) + i] = words[i]!;
}
export function dot64(c: number, n: number, d: number, s: number, _lanes: number, ip: number): void {
  const m = begin(c), x = d >> 2, y = s >> 2;
  for (let i = 0; i < 4; i += 2) {
    words[i] = words[i + 1] = 0;
    if ((n >> 4 + i / 2 & 1) === 0) continue;
    lane64(MUL, m, I32[x + i + 1], I32[x + i], I32[y + i + 1], I32[y + i]);
    words[i] = result.lo;
    words[i + 1] = result.hi;
  }
  commit(c, m, ip);
  const after = begin(c);
  lane64(ADD, after, words[1]!, words[0]!, words[3]!, words[2]!);
  commit(c, after, ip);
  for (let i = 0; i < 4; i += 2) {
    I32[x + i] = n >> i / 2 & 1 ? result.lo : 0;
    I32[x + i + 1] = n >> i / 2 & 1 ? result.hi : 0;
  }
}

/** VCVTPH2PS of `lanes` halves; denormals are never zeros, nor reported. */
export function fromHalves(c: number, _n: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c);
  for (let i = 0; i < lanes; i++) {
    const h = U16[(s >> 1) + i], sign = (h & 0x8000) << 16, e = h >> 10 & 31, f = h & 0x3ff;
    if (e === 31) {
      if (f !== 0 && (f & 0x200) === 0) status.flags |= IE;
      words[i] = sign | 0x7f800000 | f << 13 | (f !== 0 ? 0x400000 : 0);
    } else if (e !== 0) words[i] = sign | e + 112 << 23 | f << 13;
    else if (f === 0) words[i] = sign;
    else {
      const shift = Math.clz32(f) - 21;
      words[i] = sign | 113 - shift << 23 | (f << shift & 0x3ff) << 13;
    }
  }
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) I32[(d >> 2) + i] = words[i]!;
}

/** VCVTPS2PH of `lanes` singles; FTZ does not matter, and DAZ does. */
export function toHalves(c: number, n: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c), rc = n & 4 ? m >>> 13 & 3 : n & 3;
  for (let i = 0; i < lanes; i++) {
    load32(A, m, I32[(s >> 2) + i]);
    halves[i] = halfOf(m, rc);
  }
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) U16[(d >> 1) + i] = halves[i]!;
}
function halfOf(m: number, rc: number): number {
  const sign = A.sign << 15;
  if (A.kind === ZERO) return sign;
  if (A.kind === INF) return sign | 0x7c00;
  if (A.kind >= QNAN) {
    if (A.kind === SNAN) status.flags |= IE;
    return sign | 0x7e00 | A.hi >>> 21 & 0x1ff;
  }
  if (A.denormal) status.flags |= DE;
  return sign | roundHalf(m, rc);
}

/** A, finite, as the lower 15 bits of a half. */
function roundHalf(m: number, rc: number): number {
  // As an integer multiple of the least step there: 2^-24 at the bottom, else by the exponent.
  const before = status.flags;
  const bias = A.exp < -14 ? -24 : A.exp - 10;
  const step = A.exp - bias;
  const scaled = Z;
  scaled.copy(A);
  scaled.exp = step;
  status.flags = 0;
  toInteger(scaled, rc);
  const inexact = (status.flags & PE) !== 0, v = integerLo;
  status.flags = before;
  if (inexact) status.flags |= PE;
  // Tiny is what stays below the least normal number when rounded with an unbounded exponent.
  if (A.exp < -14) {
    let tiny = true;
    if (A.exp === -15) {
      scaled.copy(A);
      scaled.exp = 10;
      status.flags = 0;
      toInteger(scaled, rc);
      tiny = integerLo < 2048;
      status.flags = before | (inexact ? PE : 0);
    }
    if (tiny && (inexact || (m >>> 7 & UE) === 0)) status.flags |= UE;
    return v;
  }
  const e = v === 2048 ? A.exp + 1 : A.exp;
  if (e > 15) {
    status.flags |= 8 | PE;
    const away = rc === NEAREST || rc === (A.sign !== 0 ? 1 : 2);
    return away ? 0x7c00 : 0x7bff;
  }
  return v === 2048 ? e + 15 << 10 : e + 15 << 10 | v & 0x3ff;
}
