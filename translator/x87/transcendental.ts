// What do FSIN FCOS FSINCOS FPTAN FPATAN F2XM1 FYL2X FYL2XP1 compute?
//
// Results are correctly rounded but for ties that 190 bits do not settle, and always inexact (PE) unless an operand is special.
// Precision control does not apply (SDM vol. 1, 8.3.8).

import { atan, cos, divide, expm1, ln2, log, multiply, ONE, P, pi, sin } from "./fixed.ts";
import { roundExtended } from "./arith.ts";
import {
  DE,
  div,
  FINITE,
  fromBigInt,
  INF,
  mul,
  Num,
  PE,
  significand,
  status,
  UNSUPPORTED,
  ZE,
  ZERO,
} from "./softfloat.ts";
import {
  begin,
  blocked,
  C1,
  C2,
  finish,
  invalid,
  isEmpty,
  pop,
  propagateNan,
  read,
  setIndefinite,
  setTop,
  top,
  underflow,
  write,
} from "./stack.ts";

const A = new Num(), B = new Num(), Z = new Num(), Y = new Num(), T = new Num();

/** The finite `a` as signed fixed point. */
function fixed(a: Num): bigint {
  const shift = a.exp - 63 + P, s = significand(a);
  const v = shift >= 0 ? s << BigInt(shift) : s >> BigInt(-shift);
  return a.sign !== 0 ? -v : v;
}

/** z = v as fixed point, unrounded; exact zero never happens where this is called. */
function fromFixed(z: Num, v: bigint): void {
  const sign = v < 0n ? 1 : 0;
  fromBigInt(z, sign, sign !== 0 ? -v : v, -P, true);
}

/** z = a × (1 ∓ a little): for functions that are the identity near 0. */
function nearly(z: Num, a: Num, less: boolean): void {
  const v = significand(a) << 64n;
  fromBigInt(z, a.sign, less ? v - 1n : v + 1n, a.exp - 127, true);
}

function round(c: number, z: Num): void {
  if (z.kind === FINITE) roundExtended(c, z, false);
  status.flags |= PE;
}

/** The π of argument reduction has 68 bits, in Intel's and AMD's processors (SDM vol. 1, 8.3.8). */
const HALF_PI = 0xc90fdaa22168c234cn << BigInt(P - 67);

/** π/2 × quadrant + rest, |rest| ≤ π/4. */
let quadrant = 0, rest = 0n;
function reduce(a: Num): void {
  const x = fixed(a), half = HALF_PI;
  let q = x / half;
  rest = x - q * half;
  if (rest > half >> 1n) rest -= half, q += 1n;
  else if (-rest > half >> 1n) rest += half, q -= 1n;
  quadrant = Number(BigInt.asUintN(2, q));
}

const TINY = -34;

function sine(z: Num, a: Num): void {
  if (a.exp < TINY) return nearly(z, a, true);
  reduce(a);
  const v = (quadrant & 1) === 0 ? sin(rest) : cos(rest);
  fromFixed(z, (quadrant & 2) === 0 ? v : -v);
}

function cosine(z: Num, a: Num): void {
  if (a.exp < TINY) return fromFixed(z, ONE - 1n);
  reduce(a);
  const v = (quadrant & 1) === 0 ? cos(rest) : sin(rest);
  fromFixed(z, quadrant === 0 || quadrant === 3 ? v : -v);
}

function tangent(z: Num, a: Num): void {
  if (a.exp < TINY) return nearly(z, a, false);
  reduce(a);
  const s = sin(rest), k = cos(rest);
  fromFixed(z, (quadrant & 1) === 0 ? divide(s, k) : -divide(k, s));
}

/** Out of the range of the trigonometric instructions: C2 is set and nothing else happens. */
function tooLarge(c: number): boolean {
  if (A.kind !== FINITE || A.exp < 63) return false;
  finish(c, C1 | C2, C2);
  return true;
}

/** Loads ST(0) into A; true when Z already holds the result. */
function special(c: number): boolean {
  begin(c);
  if (isEmpty(c, 0)) {
    underflow();
    setIndefinite(Z);
    return true;
  }
  read(c, 0, A);
  if (A.kind === UNSUPPORTED) invalid(Z);
  else if (A.kind > INF) propagateNan(Z, A, A);
  else {
    if (A.denormal) status.flags |= DE;
    return false;
  }
  return true;
}

function done(c: number): void {
  if (!blocked(c)) write(c, 0, Z);
  finish(c, C1 | C2, status.up !== 0 ? C1 : 0);
}

export function fsin(c: number): void {
  if (!special(c)) {
    if (tooLarge(c)) return;
    if (A.kind === INF) invalid(Z);
    else if (A.kind === ZERO) Z.copy(A);
    else {
      sine(Z, A);
      round(c, Z);
    }
  }
  done(c);
}

export function fcos(c: number): void {
  if (!special(c)) {
    if (tooLarge(c)) return;
    if (A.kind === INF) invalid(Z);
    else if (A.kind === ZERO) Z.set(FINITE, 0, 0, 0x80000000 | 0, 0);
    else {
      cosine(Z, A);
      round(c, Z);
    }
  }
  done(c);
}

/** Writes Z over ST(0) and pushes Y. */
function doneAndPush(c: number): void {
  if (!isEmpty(c, 7)) {
    underflow();
    status.up = 1;
    setIndefinite(Z);
    Y.copy(Z);
  }
  if (!blocked(c)) {
    write(c, 0, Z);
    setTop(c, top(c) - 1);
    write(c, 0, Y);
  }
  finish(c, C1 | C2, status.up !== 0 ? C1 : 0);
}

export function fsincos(c: number): void {
  if (special(c)) Y.copy(Z);
  else {
    if (tooLarge(c)) return;
    if (A.kind === INF) {
      invalid(Z);
      Y.copy(Z);
    } else if (A.kind === ZERO) {
      Z.copy(A);
      Y.set(FINITE, 0, 0, 0x80000000 | 0, 0);
    } else {
      cosine(Y, A);
      round(c, Y);
      sine(Z, A);
      round(c, Z);
    }
  }
  doneAndPush(c);
}

export function fptan(c: number): void {
  if (special(c)) Y.copy(Z);
  else {
    if (tooLarge(c)) return;
    Y.set(FINITE, 0, 0, 0x80000000 | 0, 0);
    if (A.kind === INF) {
      invalid(Z);
      Y.copy(Z);
    } else if (A.kind === ZERO) Z.copy(A);
    else {
      tangent(Z, A);
      round(c, Z);
    }
  }
  doneAndPush(c);
}

export function f2xm1(c: number): void {
  if (!special(c)) {
    if (A.kind === ZERO) Z.copy(A);
    else if (A.kind === INF) {
      if (A.sign !== 0) Z.set(FINITE, 1, 0, 0x80000000 | 0, 0);
      else Z.copy(A);
    } else if (A.exp > 0) Z.copy(A); // undefined outside −1 … 1; AMD's processors leave the operand
    else if (A.exp < -70) {
      scaled(Z, ln2(), A, ONE_NUM);
      round(c, Z);
    } else if (A.exp === 0 && A.hi === (0x80000000 | 0) && A.lo === 0) {
      // 2^1 − 1 and 2^−1 − 1 are exact.
      Z.set(FINITE, A.sign, A.sign !== 0 ? -1 : 0, 0x80000000 | 0, 0);
    } else {
      fromFixed(Z, expm1(multiply(fixed(A), ln2())));
      round(c, Z);
    }
  }
  done(c);
}

/** Loads ST(1) into B and ST(0) into A; true when Z already holds the result. */
function special2(c: number): boolean {
  begin(c);
  if (isEmpty(c, 0) || isEmpty(c, 1)) {
    underflow();
    setIndefinite(Z);
    return true;
  }
  read(c, 0, A);
  read(c, 1, B);
  if (A.kind === UNSUPPORTED || B.kind === UNSUPPORTED) invalid(Z);
  else if (A.kind > INF || B.kind > INF) propagateNan(Z, A, B);
  else return false;
  return true;
}

function done2(c: number): void {
  if (!blocked(c)) {
    write(c, 1, Z);
    pop(c);
  }
  finish(c);
}

/** z = |v| × a × b, unrounded, with the product of all signs; v is fixed point and not zero. */
function scaled(z: Num, v: bigint, a: Num, b: Num): void {
  const sign = a.sign ^ b.sign ^ (v < 0n ? 1 : 0);
  fromBigInt(z, sign, (v < 0n ? -v : v) * significand(a) * significand(b), a.exp + b.exp - 126 - P, true);
}

const ONE_NUM = new Num();
ONE_NUM.set(FINITE, 0, 0, 0x80000000 | 0, 0);

function logTimes(lnSign: number): void {
  // log2 of A (lnSign: its sign, 0 when A is 1) times B, for special B or A.
  if (lnSign === 0) {
    if (B.kind === INF) return invalid(Z);
    return Z.set(ZERO, B.sign, 0, 0, 0);
  }
  const sign = B.sign ^ (lnSign < 0 ? 1 : 0);
  Z.set(B.kind, sign, 0, 0x80000000 | 0, 0);
}

export function fyl2x(c: number): void {
  if (!special2(c)) {
    const one = A.kind === FINITE && A.sign === 0 && A.exp === 0 && A.hi === (0x80000000 | 0) && A.lo === 0;
    if (A.kind === ZERO) {
      if (B.kind === ZERO) invalid(Z);
      else {
        if (B.kind === FINITE) status.flags |= ZE;
        Z.set(INF, B.sign ^ 1, 0, 0x80000000 | 0, 0);
      }
    } else if (A.sign !== 0) invalid(Z);
    else if (A.kind === INF) {
      if (B.kind === ZERO) invalid(Z);
      else {
        if (B.denormal) status.flags |= DE;
        Z.set(INF, B.sign, 0, 0x80000000 | 0, 0);
      }
    } else {
      if (A.denormal || B.denormal) status.flags |= DE;
      if (B.kind !== FINITE || one) logTimes(one ? 0 : A.exp < 0 ? -1 : 1);
      else if (!blocked(c)) {
        // m in (0.7, 1.5): no cancellation between the exponent and the logarithm of m.
        let exp = A.exp, m = significand(A) << BigInt(P - 63);
        if (A.hi >>> 0 > 0xb504f333) m >>= 1n, exp++;
        if (A.hi === (0x80000000 | 0) && A.lo === 0) exactPower(c, exp);
        else {
          scaled(Z, (BigInt(exp) << BigInt(P)) + divide(log(m), ln2()), B, ONE_NUM);
          round(c, Z);
        }
      }
    }
  }
  done2(c);
}

/** B × n, exact where it fits. */
function exactPower(c: number, n: number): void {
  fromBigInt(T, n < 0 ? 1 : 0, BigInt(Math.abs(n)), 0, false);
  mul(Z, B, T);
  roundExtended(c, Z, false);
}

export function fyl2xp1(c: number): void {
  if (!special2(c)) {
    if (A.kind === ZERO) {
      if (B.kind === INF) invalid(Z);
      else Z.set(ZERO, A.sign ^ B.sign, 0, 0, 0);
    } else if (A.kind === INF) {
      if (A.sign !== 0 || B.kind === ZERO) invalid(Z);
      else Z.set(INF, B.sign, 0, 0x80000000 | 0, 0);
    } else {
      if (A.denormal || B.denormal) status.flags |= DE;
      if (B.kind !== FINITE) logTimes(A.sign !== 0 ? -1 : 1);
      else if (blocked(c)) { /* DE unmasked */ }
      else if (A.exp >= 0) invalid(Z); // outside the defined range
      else {
        if (A.exp < -70) scaled(Z, divide(ONE, ln2()), A, B);
        else scaled(Z, divide(log(ONE + fixed(A)), ln2()), B, ONE_NUM);
        round(c, Z);
      }
    }
  }
  done2(c);
}

/** arctan(ST(1) / ST(0)) in the right quadrant. */
export function fpatan(c: number): void {
  if (!special2(c)) {
    if (A.denormal || B.denormal) status.flags |= DE;
    if (!blocked(c)) arctangent(c);
  }
  done2(c);
}

function angle(c: number, sign: number, eighths: bigint): void {
  const v = (pi() * eighths) >> 3n;
  fromFixed(Z, sign !== 0 ? -v : v);
  round(c, Z);
}

function arctangent(c: number): void {
  const x = A, y = B, sign = y.sign;
  if (y.kind === ZERO || (x.kind === INF && y.kind !== INF)) {
    if (x.sign === 0) Z.set(ZERO, sign, 0, 0, 0);
    else angle(c, sign, 8n);
    return;
  }
  if (x.kind === INF) return angle(c, sign, x.sign === 0 ? 2n : 6n);
  if (y.kind === INF || x.kind === ZERO) return angle(c, sign, 4n);
  const d = y.exp - x.exp;
  if (d < -70 && x.sign === 0) {
    div(Z, y, x);
    if (Z.ext === 0) {
      // A hair less than the quotient.
      const v = significand(Z) << 64n;
      fromBigInt(Z, sign, v - 1n, Z.exp - 127, true);
    } else Z.ext |= 1;
    Z.sign = sign;
    return round(c, Z);
  }
  if (d > 70 || d < -70) {
    // Near ±π/2 or ±π by less than half a unit of the last place.
    const v = d > 70 ? (pi() >> 1n) - (x.sign !== 0 ? -1n : 1n) : pi() - 1n;
    fromFixed(Z, sign !== 0 ? -v : v);
    return round(c, Z);
  }
  // Both as integers on a common scale.
  const low = Math.min(x.exp, y.exp);
  const xi = significand(x) << BigInt(x.exp - low), yi = significand(y) << BigInt(y.exp - low);
  let v = yi <= xi ? atan(divide(yi, xi)) : (pi() >> 1n) - atan(divide(xi, yi));
  if (x.sign !== 0) v = pi() - v;
  fromFixed(Z, sign !== 0 ? -v : v);
  round(c, Z);
}
