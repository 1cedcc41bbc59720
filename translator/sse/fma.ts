// What is a × b + c with one rounding? (SDM vol. 1, 14.5.1; the FMA3 instructions)
//
// Ordinary numbers go through doubles: the product's and the sum's rounding errors are found exactly, added with rounding to odd,
// and that is what the last rounding sees (Boldo and Melquiond, 2008). All else is exact in integers.

import { F32, F64, I32 } from "../ram.ts";
import {
  DE,
  FINITE,
  fromBigInt,
  IE,
  INF,
  Num,
  QNAN,
  significand,
  SNAN,
  status,
  ZERO,
} from "../x87/softfloat.ts";
import { begin, commit } from "./float.ts";
import { A, B, load32, load64, result, roundZ, store32, store64, Z } from "./lane.ts";

/** What an instruction computes, in bits. */
export const NEGATE_PRODUCT = 1, SUBTRACT = 2, SUBTRACT_EVEN = 4, SUBTRACT_ODD = 8;

const C = new Num();
const scratch = new Int32Array(8);

/** Rounding to nearest, exceptions masked, no DAZ or FTZ, PE up. */
const RELEVANT = 0xffe0, ORDINARY = 0x1fa0;
const SPLIT = 134217729;
const number = new Float64Array(1), bits = new Int32Array(number.buffer);

/** s + e rounded to odd, where s is the sum rounded to nearest and e what is missing. */
function toOdd(s: number, e: number): number {
  if (e === 0) return s;
  number[0] = s;
  if ((bits[0]! & 1) === 0) {
    const up = (e > 0) === (s > 0) ? 1 : -1;
    const lo = bits[0]! + up | 0;
    if (up < 0 && bits[0] === 0) bits[1]!--;
    bits[0] = lo;
  }
  return number[0]!;
}

/** Numbers with which nothing overflows or underflows on the way. */
const middling = (v: number) => {
  const m = Math.abs(v);
  return m >= 1e-120 && m <= 1e120;
};

let value = 0;
/** Whether `value` is a × b + c in doubles, a normal number. */
function fast64(a: number, b: number, c: number): boolean {
  if (!middling(a) || !middling(b) || !(middling(c) || c === 0)) return false;
  const p = a * b;
  const at = SPLIT * a, ah = at - (at - a), al = a - ah, bt = SPLIT * b, bh = bt - (bt - b), bl = b - bh;
  const pl = al * bl - (p - ah * bh - al * bh - ah * bl);
  // c + pl, then p + its high part: the errors of both sums are what the last one must know.
  const th = c + pl, t = th - c, tl = (c - (th - t)) + (pl - t);
  const vh = p + th, v = vh - p, vl = (p - (vh - v)) + (th - v);
  const z = tl + vl, y = z - tl, e = (tl - (z - y)) + (vl - y);
  value = vh + toOdd(z, e);
  return middling(value);
}
/** The same in singles. */
function fast32(a: number, b: number, c: number): boolean {
  const p = a * b, s = p + c, t = s - p;
  value = Math.fround(toOdd(s, (p - (s - t)) + (c - t)));
  const m = Math.abs(value);
  return m > 1.1754943508222875e-38 && m <= 3.4028234663852886e38 && normal32(a) && normal32(b) &&
    (normal32(c) || c === 0);
}
const normal32 = (v: number) => Math.abs(v) >= 1.1754943508222875e-38 && Math.abs(v) <= 3.4028234663852886e38;

/** Z = A × B + C, unrounded but for the exponent's range; flags of the operands. */
function exact(kind: number, m: number, double: boolean): void {
  if (A.kind >= QNAN || B.kind >= QNAN || C.kind >= QNAN) {
    if (A.kind === SNAN || B.kind === SNAN || C.kind === SNAN) status.flags |= IE;
    const n = A.kind >= QNAN ? A : B.kind >= QNAN ? B : C;
    Z.set(QNAN, n.sign, 0, n.hi | 0x40000000, n.lo);
    return;
  }
  if (infiniteTimesZero()) return invalid();
  const sign = A.sign ^ B.sign ^ kind & NEGATE_PRODUCT;
  const addend = C.sign ^ (kind & SUBTRACT ? 1 : 0);
  if (A.kind === INF || B.kind === INF) {
    if (C.kind === INF && addend !== sign) return invalid();
    denormals();
    return Z.set(INF, sign, 0, 0, 0);
  }
  denormals();
  if (C.kind === INF) return Z.set(INF, addend, 0, 0, 0);
  const zero = A.kind === ZERO || B.kind === ZERO;
  if (zero && C.kind === ZERO) {
    return Z.set(ZERO, sign === addend ? sign : (m >>> 13 & 3) === 1 ? 1 : 0, 0, 0, 0);
  }
  if (zero) {
    Z.copy(C);
    Z.sign = addend;
    return roundZ(m, double);
  }
  let p = significand(A) * significand(B), scale = A.exp + B.exp - 126;
  if (C.kind === FINITE) {
    let c = significand(C), low = C.exp - 63;
    // Far apart, the smaller one only shows that something is there.
    const gap = scale + 127 - C.exp;
    if (gap > 400) c = 1n, low = scale - 200;
    else if (gap < -400) p = 1n, scale = low - 200;
    if (scale > low) p <<= BigInt(scale - low), scale = low;
    else c <<= BigInt(low - scale);
    p = (sign ? -p : p) + (addend ? -c : c);
  } else if (sign) p = -p;
  if (p === 0n) return Z.set(ZERO, (m >>> 13 & 3) === 1 ? 1 : 0, 0, 0, 0);
  fromBigInt(Z, p < 0n ? 1 : 0, p < 0n ? -p : p, scale, false);
  roundZ(m, double);
}

function infiniteTimesZero(): boolean {
  return A.kind === INF && B.kind === ZERO || A.kind === ZERO && B.kind === INF;
}
function invalid(): void {
  status.flags |= IE;
  Z.set(QNAN, 1, 0, 0xc0000000 | 0, 0);
}
function denormals(): void {
  if (A.denormal || B.denormal || C.denormal) status.flags |= DE;
}

/** The operation of one lane. */
function kindOf(kind: number, lane: number): number {
  const subtract = kind & (lane & 1 ? SUBTRACT_ODD : SUBTRACT_EVEN);
  return subtract ? kind | SUBTRACT : kind;
}

/** d = ±(a × b) ± s on `lanes` doubles. */
export function fma64(
  c: number,
  kind: number,
  d: number,
  a: number,
  b: number,
  s: number,
  lanes: number,
  ip: number,
): void {
  const m = begin(c), ordinary = (m & RELEVANT) === ORDINARY;
  for (let i = 0; i < lanes; i++) {
    const k = kindOf(kind, i), x = (a >> 3) + i, y = (b >> 3) + i, z = (s >> 3) + i;
    if (
      ordinary && fast64(k & NEGATE_PRODUCT ? -F64[x] : F64[x], F64[y], k & SUBTRACT ? -F64[z] : F64[z])
    ) {
      number[0] = value;
      scratch[2 * i] = bits[0]!;
      scratch[2 * i + 1] = bits[1]!;
      continue;
    }
    load64(A, m, I32[2 * x + 1], I32[2 * x]);
    load64(B, m, I32[2 * y + 1], I32[2 * y]);
    load64(C, m, I32[2 * z + 1], I32[2 * z]);
    exact(k, m, true);
    store64();
    scratch[2 * i] = result.lo;
    scratch[2 * i + 1] = result.hi;
  }
  commit(c, m, ip);
  for (let i = 0; i < 2 * lanes; i++) I32[(d >> 2) + i] = scratch[i]!;
}

export function fma32(
  c: number,
  kind: number,
  d: number,
  a: number,
  b: number,
  s: number,
  lanes: number,
  ip: number,
): void {
  const m = begin(c), ordinary = (m & RELEVANT) === ORDINARY;
  for (let i = 0; i < lanes; i++) {
    const k = kindOf(kind, i), x = (a >> 2) + i, y = (b >> 2) + i, z = (s >> 2) + i;
    if (
      ordinary && fast32(k & NEGATE_PRODUCT ? -F32[x] : F32[x], F32[y], k & SUBTRACT ? -F32[z] : F32[z])
    ) {
      single[0] = value;
      scratch[i] = singleBits[0]!;
      continue;
    }
    load32(A, m, I32[x]);
    load32(B, m, I32[y]);
    load32(C, m, I32[z]);
    exact(k, m, false);
    store32();
    scratch[i] = result.lo;
  }
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) I32[(d >> 2) + i] = scratch[i]!;
}
const single = new Float32Array(1), singleBits = new Int32Array(single.buffer);
