// What do the x87 arithmetic instructions compute: FADD FMUL FSUB FDIV FSQRT FRNDINT FSCALE FXTRACT FPREM?
//
// (SDM vol. 1, chapter 8, and vol. 2.) Transcendental instructions are in transcendental.ts.

import {
  add,
  DE,
  div,
  FINITE,
  fromBigInt,
  INF,
  integerHi,
  integerLo,
  mul,
  normalise,
  Num,
  roundFinite,
  significand,
  sqrt,
  status,
  toInteger,
  unpack32,
  unpack64,
  unpackInt,
  UNSUPPORTED,
  ZE,
  ZERO,
} from "./softfloat.ts";
import {
  begin,
  blocked,
  C0,
  C1,
  C2,
  C3,
  CONDITIONS,
  controlWord,
  finish,
  finishKeeping,
  invalid,
  isEmpty,
  pop,
  propagateNan,
  read,
  registerIndex,
  setIndefinite,
  setTop,
  top,
  underflow,
  write,
  writeIndefinite,
  writeRaw,
} from "./stack.ts";
import { I32 } from "../ram.ts";

/** Operations as the encodings number them. */
export const ADD = 0, MUL = 1, SUB = 4, SUBR = 5, DIV = 6, DIVR = 7;

const A = new Num(), B = new Num(), Z = new Num();

/** Rounds a finite result to extended precision, or to what precision control says. */
export function roundExtended(c: number, z: Num, usePrecision: boolean): void {
  const cw = controlWord(c), pc = cw & 0x300;
  const precision = !usePrecision ? 64 : pc === 0 ? 24 : pc === 0x200 ? 53 : 64;
  roundFinite(z, precision, -16382, 16383, (cw >>> 10) & 3, cw & 0x3f, 24576);
}

function binary(c: number, op: number, a: Num, b: Num): void {
  if (op === SUBR || op === DIVR) {
    const t = a;
    a = b;
    b = t;
    op--;
  }
  if (a.kind === UNSUPPORTED || b.kind === UNSUPPORTED) return invalid(Z);
  if (a.kind > INF || b.kind > INF) return propagateNan(Z, a, b);
  const denormal = a.denormal || b.denormal;
  const rc = (controlWord(c) >>> 10) & 3;
  const sign = a.sign ^ b.sign;
  switch (op) {
    case ADD:
    case SUB: {
      const negate = op === SUB ? 1 : 0, bSign = b.sign ^ negate;
      if (a.kind === INF) {
        if (b.kind === INF && a.sign !== bSign) return invalid(Z);
        Z.set(INF, a.sign, 0, 0, 0);
      } else if (b.kind === INF) Z.set(INF, bSign, 0, 0, 0);
      else if (b.kind === ZERO) {
        if (a.kind === ZERO) Z.set(ZERO, a.sign === bSign ? bSign : rc === 1 ? 1 : 0, 0, 0, 0);
        else Z.copy(a);
      } else if (a.kind === ZERO) {
        Z.copy(b);
        Z.sign = bSign;
      } else add(Z, a, b, negate, rc);
      break;
    }
    case MUL:
      if (a.kind === INF || b.kind === INF) {
        if (a.kind === ZERO || b.kind === ZERO) return invalid(Z);
        Z.set(INF, sign, 0, 0, 0);
      } else if (a.kind === ZERO || b.kind === ZERO) Z.set(ZERO, sign, 0, 0, 0);
      else mul(Z, a, b);
      break;
    default:
      if (a.kind === INF) {
        if (b.kind === INF) return invalid(Z);
        Z.set(INF, sign, 0, 0, 0);
      } else if (b.kind === INF) Z.set(ZERO, sign, 0, 0, 0);
      else if (b.kind === ZERO) {
        if (a.kind === ZERO) return invalid(Z);
        // A denormal dividend is not reported beside division by zero.
        status.flags |= ZE;
        return Z.set(INF, sign, 0, 0, 0);
      } else if (a.kind === ZERO) Z.set(ZERO, sign, 0, 0, 0);
      else div(Z, a, b);
  }
  if (denormal) {
    status.flags |= DE;
    // An unmasked denormal operand stops the operation before it can round.
    if (blocked(c)) return;
  }
  if (Z.kind === FINITE) roundExtended(c, Z, true);
}

/** ST(d) = ST(d) op ST(s), popping `pops` registers. */
export function arithRegister(c: number, op: number, d: number, s: number, pops: number): void {
  begin(c);
  if (isEmpty(c, d) || isEmpty(c, s)) {
    underflow();
    setIndefinite(Z);
  } else {
    read(c, d, A);
    read(c, s, B);
    binary(c, op, A, B);
  }
  store(c, d, pops);
}

function store(c: number, d: number, pops: number): void {
  if (!blocked(c)) {
    write(c, d, Z);
    if (pops !== 0) pop(c);
  }
  finish(c);
}

function arithMemory(c: number, op: number): void {
  if (isEmpty(c, 0)) {
    underflow();
    setIndefinite(Z);
  } else {
    read(c, 0, A);
    binary(c, op, A, B);
  }
  store(c, 0, 0);
}

export function arithM32(c: number, op: number, bits: number): void {
  begin(c);
  unpack32(B, bits);
  arithMemory(c, op);
}

export function arithM64(c: number, op: number, lo: number, hi: number): void {
  begin(c);
  unpack64(B, hi, lo);
  arithMemory(c, op);
}

/** FIADD and the like: 16-bit operands come sign-extended. */
export function arithInt(c: number, op: number, value: number): void {
  begin(c);
  unpackInt(B, value >> 31, value);
  arithMemory(c, op);
}

/** Loads ST(0) into A for a one-operand instruction; true when Z already holds the result. */
function unary(c: number): boolean {
  begin(c);
  if (isEmpty(c, 0)) {
    underflow();
    setIndefinite(Z);
    return true;
  }
  read(c, 0, A);
  if (A.kind === UNSUPPORTED) {
    invalid(Z);
    return true;
  }
  if (A.kind > INF) {
    propagateNan(Z, A, A);
    return true;
  }
  return false;
}

export function fsqrt(c: number): void {
  if (!unary(c)) {
    if (A.kind === ZERO) Z.copy(A);
    else if (A.sign !== 0) invalid(Z);
    else {
      if (A.denormal) status.flags |= DE;
      if (A.kind === INF) Z.copy(A);
      else {
        sqrt(Z, A);
        if (!blocked(c)) roundExtended(c, Z, true);
      }
    }
  }
  store(c, 0, 0);
}

export function frndint(c: number): void {
  if (!unary(c)) {
    if (A.denormal) status.flags |= DE;
    Z.copy(A);
    if (A.kind === FINITE && A.exp < 63 && !blocked(c)) {
      toInteger(A, (controlWord(c) >>> 10) & 3);
      if ((integerHi | integerLo) === 0) Z.set(ZERO, A.sign, 0, 0, 0);
      else {
        Z.set(FINITE, A.sign, 63, integerHi, integerLo);
        normalise(Z);
      }
    }
  }
  store(c, 0, 0);
}

function changeSign(c: number, and: number, xor: number): void {
  begin(c);
  if (isEmpty(c, 0)) {
    underflow();
    if (!blocked(c)) writeIndefinite(c, 0);
  } else {
    const r = registerIndex(c, 0) + 2;
    I32[r] = (I32[r] & and) ^ xor;
  }
  finish(c);
}

export function fchs(c: number): void {
  changeSign(c, 0xffff, 0x8000);
}

export function fabs(c: number): void {
  changeSign(c, 0x7fff, 0);
}

/** Reads ST(0) and ST(1) into A and B; true when Z already holds the result. */
function two(c: number): boolean {
  begin(c);
  if (isEmpty(c, 0) || isEmpty(c, 1)) {
    underflow();
    setIndefinite(Z);
    return true;
  }
  read(c, 0, A);
  read(c, 1, B);
  if (A.kind === UNSUPPORTED || B.kind === UNSUPPORTED) {
    invalid(Z);
    return true;
  }
  if (A.kind > INF || B.kind > INF) {
    propagateNan(Z, A, B);
    return true;
  }
  return false;
}

export function fscale(c: number): void {
  if (!two(c)) scale(c);
  store(c, 0, 0);
}

function scale(c: number): void {
  if (B.kind === INF) {
    if (A.kind === (B.sign !== 0 ? INF : ZERO)) return invalid(Z);
    if (A.denormal) status.flags |= DE;
    Z.set(B.sign !== 0 ? ZERO : INF, A.sign, 0, 0, 0);
    return;
  }
  if (A.denormal || B.denormal) status.flags |= DE;
  Z.copy(A);
  if (A.kind !== FINITE || blocked(c)) return;
  if (B.kind === FINITE && B.exp >= 0) {
    const n = B.exp > 16 ? 0x10000 : B.hi >>> (31 - B.exp);
    Z.exp += B.sign !== 0 ? -n : n;
  }
  roundExtended(c, Z, false);
}

export function fxtract(c: number): void {
  begin(c);
  if (isEmpty(c, 0) || !isEmpty(c, 7)) {
    const overflow = !isEmpty(c, 0);
    underflow();
    status.up = overflow ? 1 : 0;
    setIndefinite(Z);
    B.copy(Z);
  } else {
    read(c, 0, A);
    if (A.kind === UNSUPPORTED) {
      invalid(Z);
      B.copy(Z);
    } else if (A.kind > INF) {
      propagateNan(Z, A, A);
      B.copy(Z);
    } else if (A.kind === ZERO) {
      status.flags |= ZE;
      B.set(INF, 1, 0, 0, 0);
      Z.copy(A);
    } else if (A.kind === INF) {
      B.set(INF, 0, 0, 0, 0);
      Z.copy(A);
    } else {
      if (A.denormal) status.flags |= DE;
      unpackInt(B, A.exp >> 31, A.exp);
      Z.copy(A);
      Z.exp = 0;
    }
  }
  if (!blocked(c)) {
    write(c, 0, B);
    setTop(c, top(c) - 1);
    write(c, 0, Z);
  }
  finish(c);
}

/** FPREM (`nearest` false) and FPREM1. */
export function fprem(c: number, nearest: boolean): void {
  let codes = 0, mask = CONDITIONS;
  if (two(c)) mask = C1 | C2;
  else if (A.kind === INF || B.kind === ZERO) {
    invalid(Z);
    mask = C1 | C2;
  } else {
    if (A.denormal || B.denormal) status.flags |= DE;
    if (A.kind === ZERO || B.kind === INF) {
      Z.copy(A);
      if (A.kind === FINITE && !blocked(c)) roundExtended(c, Z, false);
    } else if (!blocked(c)) codes = remainder(c, nearest);
  }
  if (!blocked(c)) write(c, 0, Z);
  else mask = C1 | C2;
  finish(c, mask, codes);
}

function remainder(c: number, nearest: boolean): number {
  const d = A.exp - B.exp;
  if (d < -1 || (d < 0 && !nearest)) {
    Z.copy(A);
    roundExtended(c, Z, false);
    return 0;
  }
  let q = 0n, codes = 0, sign = A.sign, scaleBits = B.exp - 63, r: bigint;
  const a = significand(A), b = significand(B);
  if (d >= 64) {
    // Too far apart for one step: subtract a multiple of 2^(d - n) × B and report "incomplete".
    const n = (d & 31) | 32, multiple = a << BigInt(n);
    r = multiple % b;
    scaleBits = A.exp - 63 - n;
    codes = C2;
  } else {
    const left = d < 0 ? a : a << BigInt(d), right = d < 0 ? b << 1n : b;
    if (d < 0) scaleBits = A.exp - 63;
    q = left / right;
    r = left % right;
    if (nearest) {
      const twice = r * 2n;
      if (twice > right || (twice === right && (q & 1n) !== 0n)) {
        r = right - r;
        q += 1n;
        sign ^= 1;
      }
    }
    const low = Number(q & 7n);
    codes = ((low & 1) !== 0 ? C1 : 0) | ((low & 2) !== 0 ? C3 : 0) | ((low & 4) !== 0 ? C0 : 0);
  }
  if (r === 0n) Z.set(ZERO, A.sign, 0, 0, 0);
  else {
    fromBigInt(Z, sign, r, scaleBits, false);
    roundExtended(c, Z, false);
  }
  return codes;
}

/** FCMOVcc when the condition holds (`move`), or only its stack check. */
export function fcmov(c: number, i: number, move: boolean): void {
  begin(c);
  if (isEmpty(c, 0) || isEmpty(c, i)) {
    underflow();
    if (!blocked(c)) writeIndefinite(c, 0);
  } else if (move) {
    const r = registerIndex(c, i);
    writeRaw(c, 0, I32[r + 2], I32[r + 1], I32[r]);
  }
  finishKeeping(c);
}

export function fxch(c: number, i: number): void {
  begin(c);
  if (isEmpty(c, 0) || isEmpty(c, i)) {
    underflow();
    if (!blocked(c)) {
      if (isEmpty(c, 0)) writeIndefinite(c, 0);
      if (isEmpty(c, i)) writeIndefinite(c, i);
    }
  }
  if (!blocked(c)) {
    const a = registerIndex(c, 0), b = registerIndex(c, i);
    for (let k = 0; k < 3; k++) {
      const t = I32[a + k];
      I32[a + k] = I32[b + k];
      I32[b + k] = t;
    }
  }
  finish(c);
}
