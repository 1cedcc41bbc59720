// What do the SSE conversions between integers, singles and doubles give?
//
// Addresses are physical bytes of register slots (see float.ts). Out-of-range and NaN sources give the "integer
// indefinite" (top bit alone) with IE; otherwise rounding is MXCSR.RC's, or truncation in the CVTT forms.

import { I32 } from "../ram.ts";
import {
  IE,
  INF,
  integerHi,
  integerLo,
  integerOverflow,
  type Num,
  status,
  toInteger,
  TRUNCATE,
  unpackInt,
} from "../x87/softfloat.ts";
import { begin, commit } from "./float.ts";
import { A, convertFloat, load32, load64, result, roundZ, store32, store64, Z } from "./lane.ts";

/** Room for 256 bits. */
const scratch = new Int32Array(8);
const int = { hi: 0, lo: 0 };

/** A to an integer of 32 or 64 bits in `int`. */
function toInt(m: number, wide: boolean, truncate: boolean): void {
  const a: Num = A;
  // Integer conversions do not report denormals.
  if (a.kind <= INF && a.kind !== INF) {
    const flags = status.flags;
    toInteger(a, truncate ? TRUNCATE : (m >>> 13) & 3);
    let hi = integerHi, lo = integerLo;
    const fits = !integerOverflow &&
      (wide
        ? hi >= 0 || (a.sign !== 0 && hi === (0x80000000 | 0) && lo === 0)
        : hi === 0 && (lo >= 0 || (a.sign !== 0 && lo === (0x80000000 | 0))));
    if (fits) {
      if (a.sign !== 0) {
        lo = -lo | 0;
        hi = lo === 0 ? -hi | 0 : ~hi;
      }
      int.hi = hi;
      int.lo = lo;
      return;
    }
    status.flags = flags;
  }
  status.flags |= IE;
  int.hi = 0x80000000 | 0;
  int.lo = wide ? 0 : 0x80000000 | 0;
}

/** CVT(T)SD2SI and CVT(T)SS2SI; `d` is the byte address of the general register. */
export function floatToInt(
  c: number,
  d: number,
  s: number,
  double: boolean,
  wide: boolean,
  truncate: boolean,
  ip: number,
): void {
  const m = begin(c);
  if (double) load64(A, m, I32[(s >> 2) + 1], I32[s >> 2]);
  else load32(A, m, I32[s >> 2]);
  toInt(m, wide, truncate);
  commit(c, m, ip);
  I32[d >> 2] = int.lo;
  I32[(d >> 2) + 1] = wide ? int.hi : 0;
}

/** CVTSI2SD and CVTSI2SS from a sign-extended integer. */
export function intToFloat(c: number, d: number, hi: number, lo: number, double: boolean, ip: number): void {
  const m = begin(c);
  unpackInt(Z, hi, lo);
  roundZ(m, double);
  if (double) store64();
  else store32();
  commit(c, m, ip);
  I32[d >> 2] = result.lo;
  if (double) I32[(d >> 2) + 1] = result.hi;
}

/** CVTSD2SS, CVTSS2SD. */
export function floatToFloat(c: number, d: number, s: number, toDouble: boolean, ip: number): void {
  const m = begin(c);
  if (toDouble) {
    load32(A, m, I32[s >> 2]);
    convertFloat(m, true);
    store64();
  } else {
    load64(A, m, I32[(s >> 2) + 1], I32[s >> 2]);
    convertFloat(m, false);
    store32();
  }
  commit(c, m, ip);
  I32[d >> 2] = result.lo;
  if (toDouble) I32[(d >> 2) + 1] = result.hi;
}

function put(d: number, words = 4): void {
  for (let i = 0; i < words; i++) I32[(d >> 2) + i] = scratch[i]!;
}

// On 2 or 4 doubles, 4 or 8 singles. What has half the size fills up a 128-bit register with zeros. `_x` is for conversions that need
// to be told more.
export function singlesToDoubles(
  c: number,
  _x: number,
  d: number,
  s: number,
  lanes: number,
  ip: number,
): void {
  const m = begin(c);
  for (let i = 0; i < lanes; i++) {
    load32(A, m, I32[(s >> 2) + i]);
    convertFloat(m, true);
    store64();
    scratch[2 * i] = result.lo;
    scratch[2 * i + 1] = result.hi;
  }
  commit(c, m, ip);
  put(d, 2 * lanes);
}

export function doublesToSingles(
  c: number,
  _x: number,
  d: number,
  s: number,
  lanes: number,
  ip: number,
): void {
  const m = begin(c);
  scratch[2] = scratch[3] = 0;
  for (let i = 0; i < lanes; i++) {
    load64(A, m, I32[(s >> 2) + 2 * i + 1], I32[(s >> 2) + 2 * i]);
    convertFloat(m, false);
    store32();
    scratch[i] = result.lo;
  }
  commit(c, m, ip);
  put(d);
}

/** CVT(T)PS2DQ and CVT(T)PD2DQ. */
export function floatsToInts(
  c: number,
  d: number,
  s: number,
  double: boolean,
  truncate: boolean,
  ip: number,
  lanes = double ? 2 : 4,
): void {
  const m = begin(c);
  scratch[2] = scratch[3] = 0;
  for (let i = 0; i < lanes; i++) {
    if (double) load64(A, m, I32[(s >> 2) + 2 * i + 1], I32[(s >> 2) + 2 * i]);
    else load32(A, m, I32[(s >> 2) + i]);
    toInt(m, false, truncate);
    scratch[i] = int.lo;
  }
  commit(c, m, ip);
  put(d, Math.max(lanes, 4));
}
/** The same; `x` tells whether to truncate. */
export function singlesToInts(c: number, x: number, d: number, s: number, lanes: number, ip: number): void {
  floatsToInts(c, d, s, false, x !== 0, ip, lanes);
}
export function doublesToInts(c: number, x: number, d: number, s: number, lanes: number, ip: number): void {
  floatsToInts(c, d, s, true, x !== 0, ip, lanes);
}

export function intsToSingles(c: number, _x: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c);
  for (let i = 0; i < lanes; i++) {
    const v = I32[(s >> 2) + i];
    unpackInt(Z, v >> 31, v);
    roundZ(m, false);
    store32();
    scratch[i] = result.lo;
  }
  commit(c, m, ip);
  put(d, lanes);
}

// The instructions, by the names the lowering uses.
export function cvtps2pd(c: number, d: number, s: number, ip: number): void {
  singlesToDoubles(c, 0, d, s, 2, ip);
}
export function cvtpd2ps(c: number, d: number, s: number, ip: number): void {
  doublesToSingles(c, 0, d, s, 2, ip);
}
export function cvtdq2ps(c: number, d: number, s: number, ip: number): void {
  intsToSingles(c, 0, d, s, 4, ip);
}
export function cvtps2dq(c: number, d: number, s: number, ip: number): void {
  floatsToInts(c, d, s, false, false, ip);
}
export function cvttps2dq(c: number, d: number, s: number, ip: number): void {
  floatsToInts(c, d, s, false, true, ip);
}
export function cvtpd2dq(c: number, d: number, s: number, ip: number): void {
  floatsToInts(c, d, s, true, false, ip);
}
export function cvttpd2dq(c: number, d: number, s: number, ip: number): void {
  floatsToInts(c, d, s, true, true, ip);
}
