// How do numbers get into and out of the x87 register stack: FLD FST FILD FIST FISTTP FBLD FBSTP and the constants?
//
// Loads take the memory operand's words; stores leave theirs in `stored` and say whether memory is to be written. The caller has
// made sure that the store cannot fault before it calls.

import { I32 } from "../ram.ts";
import {
  DE,
  FINITE,
  IE,
  INF,
  integerHi,
  integerLo,
  integerOverflow,
  normalise,
  Num,
  OE,
  pack32,
  pack64,
  pack80,
  packed,
  PE,
  QNAN,
  roundFinite,
  roundUnbounded,
  SNAN,
  status,
  toInteger,
  TRUNCATE,
  UE,
  unpack32,
  unpack64,
  unpackInt,
  UNSUPPORTED,
  ZERO,
} from "./softfloat.ts";
import {
  begin,
  blocked,
  controlWord,
  finish,
  isEmpty,
  pop,
  push,
  read,
  registerIndex,
  setIndefinite,
  setTop,
  top,
  underflow,
  unmasked,
  writeRaw,
} from "./stack.ts";

const A = new Num();

/** Words of the last store, low to high. */
export const stored: Int32Array<ArrayBuffer> = new Int32Array(3);

function pushNum(c: number): void {
  if (A.kind === SNAN) {
    status.flags |= IE;
    A.kind = QNAN;
    A.hi |= 0x40000000;
  } else if (A.denormal) status.flags |= DE;
  pack80(A);
  // DE does not stop a load even when it is not masked.
  push(c, packed.se, packed.hi, packed.lo);
}

export function fldM32(c: number, bits: number): void {
  begin(c);
  unpack32(A, bits);
  pushNum(c);
}

export function fldM64(c: number, lo: number, hi: number): void {
  begin(c);
  unpack64(A, hi, lo);
  pushNum(c);
}

export function fldM80(c: number, lo: number, hi: number, se: number): void {
  begin(c);
  push(c, se & 0xffff, hi, lo);
}

export function fild(c: number, lo: number, hi: number): void {
  begin(c);
  unpackInt(A, hi, lo);
  pushNum(c);
}

export function fldRegister(c: number, i: number): void {
  begin(c);
  if (isEmpty(c, i)) {
    // Goes before a full stack.
    underflow();
    if (!blocked(c)) {
      setTop(c, top(c) - 1);
      writeRaw(c, 0, 0xffff, 0xc0000000 | 0, 0);
    }
    return finish(c);
  }
  const r = registerIndex(c, i);
  push(c, I32[r + 2], I32[r + 1], I32[r]);
}

/** FLD1 FLDL2T FLDL2E FLDPI FLDLG2 FLDLN2 FLDZ: sign-exponent, significand, and the 32 bits that follow it. */
const CONSTANTS: readonly (readonly [number, number, number, number])[] = [
  [0x3fff, 0x80000000, 0, 0],
  [0x4000, 0xd49a784b, 0xcd1b8afe, 0x492bf6ff],
  [0x3fff, 0xb8aa3b29, 0x5c17f0bb, 0xbe87fed0],
  [0x4000, 0xc90fdaa2, 0x2168c234, 0xc4c6628b],
  [0x3ffd, 0x9a209a84, 0xfbcff798, 0x8f8959ac],
  [0x3ffe, 0xb17217f7, 0xd1cf79ab, 0xc9e3b398],
  [0, 0, 0, 0],
];

export function fldConstant(c: number, n: number): void {
  begin(c);
  const [se, hi, lo, ext] = CONSTANTS[n]!;
  if (hi === 0) return push(c, 0, 0, 0);
  A.set(FINITE, 0, se - 16383, hi | 0, lo | 0);
  A.ext = ext | 0;
  roundUnbounded(A, 64, (controlWord(c) >>> 10) & 3);
  // The constants are not reported as inexact.
  status.flags = 0;
  status.up = 0;
  pack80(A);
  push(c, packed.se, packed.hi, packed.lo);
}

/** Finishes a store: whether memory gets the value, and the pop. */
function finishStore(c: number, post: number, pops: number): boolean {
  const write = !blocked(c) && !unmasked(c, post);
  if (unmasked(c, post)) {
    status.flags &= ~PE;
    status.up = 0;
  }
  if (write && pops !== 0) pop(c);
  finish(c);
  return write;
}

/** FST(P) m32 and m64. */
export function fstFloat(c: number, double: boolean, pops: number): boolean {
  begin(c);
  if (isEmpty(c, 0)) {
    underflow();
    setIndefinite(A);
  } else {
    read(c, 0, A);
    if (A.kind === UNSUPPORTED) {
      status.flags |= IE;
      setIndefinite(A);
    } else if (A.kind === SNAN) {
      status.flags |= IE;
      A.kind = QNAN;
      A.hi |= 0x40000000;
    } else if (A.kind === FINITE) {
      const cw = controlWord(c), rc = (cw >>> 10) & 3;
      if (double) roundFinite(A, 53, -1022, 1023, rc, cw & 0x3f, 0);
      else roundFinite(A, 24, -126, 127, rc, cw & 0x3f, 0);
    }
  }
  if (double) {
    pack64(A);
    stored[1] = packed.hi;
  } else pack32(A);
  stored[0] = packed.lo;
  return finishStore(c, OE | UE, pops);
}

/** FSTP m80: bits as they are. */
export function fstpM80(c: number): boolean {
  begin(c);
  if (isEmpty(c, 0)) {
    underflow();
    stored[0] = 0;
    stored[1] = 0xc0000000 | 0;
    stored[2] = 0xffff;
  } else {
    const r = registerIndex(c, 0);
    stored[0] = I32[r];
    stored[1] = I32[r + 1];
    stored[2] = I32[r + 2];
  }
  return finishStore(c, 0, 1);
}

/** FIST(P), FISTTP (`truncate`) of 16, 32 or 64 bits. */
export function fist(c: number, bits: number, pops: number, truncate: boolean): boolean {
  begin(c);
  let fits = false, lo = 0, hi = 0;
  if (isEmpty(c, 0)) underflow();
  else {
    read(c, 0, A);
    if (A.kind < INF) {
      toInteger(A, truncate ? TRUNCATE : (controlWord(c) >>> 10) & 3);
      lo = integerLo;
      hi = integerHi;
      if (!integerOverflow) {
        const negative = A.sign !== 0;
        if (bits === 64) fits = hi >= 0 || (negative && hi === (0x80000000 | 0) && lo === 0);
        else fits = hi === 0 && lo >>> 0 <= 2 ** (bits - 1) - (negative ? 0 : 1);
        if (negative) {
          lo = -lo | 0;
          hi = lo === 0 ? -hi | 0 : ~hi;
        }
      }
    }
    if (!fits) status.flags = IE;
  }
  if (!fits) {
    status.up = 0;
    lo = bits === 64 ? 0 : bits === 32 ? 0x80000000 | 0 : 0x8000;
    hi = 0x80000000 | 0;
  }
  stored[0] = lo;
  stored[1] = hi;
  return finishStore(c, 0, pops);
}

/** FST(P) ST(i): a copy. */
export function fstRegister(c: number, i: number, pops: number): void {
  begin(c);
  let se = 0xffff, hi = 0xc0000000 | 0, lo = 0;
  if (isEmpty(c, 0)) underflow();
  else {
    const r = registerIndex(c, 0);
    lo = I32[r];
    hi = I32[r + 1];
    se = I32[r + 2];
  }
  if (!blocked(c)) {
    writeRaw(c, i, se, hi, lo);
    if (pops !== 0) pop(c);
  }
  finish(c);
}

/** FSTPNCE (D9 /3 with a register, not in the manuals): FSTP ST(i) to which an empty ST(0) is no error; nothing is copied then. */
export function fstpNoCheck(c: number, i: number): void {
  begin(c);
  if (!isEmpty(c, 0)) {
    const r = registerIndex(c, 0);
    writeRaw(c, i, I32[r + 2], I32[r + 1], I32[r]);
  }
  pop(c);
  finish(c);
}

const DIGITS_LIMIT = 10n ** 18n;

/** FBLD: 18 packed decimal digits and a sign. */
export function fbld(c: number, w0: number, w1: number, w2: number): void {
  begin(c);
  let v = 0n;
  for (let i = 17; i >= 0; i--) {
    const word = i < 8 ? w0 : i < 16 ? w1 : w2;
    v = v * 10n + BigInt((word >>> (4 * (i & 7))) & 15);
  }
  const sign = (w2 >>> 15) & 1;
  if (v === 0n) A.set(ZERO, sign, 0, 0, 0);
  else {
    A.set(FINITE, sign, 63, Number(v >> 32n) | 0, Number(v & 0xffffffffn) | 0);
    normalise(A);
  }
  pushNum(c);
}

export function fbstp(c: number): boolean {
  begin(c);
  let ok = false;
  stored[0] = 0;
  stored[1] = 0xc0000000 | 0;
  stored[2] = 0xffff;
  if (isEmpty(c, 0)) underflow();
  else {
    read(c, 0, A);
    if (A.kind < INF) {
      toInteger(A, (controlWord(c) >>> 10) & 3);
      let v = (BigInt(integerHi >>> 0) << 32n) | BigInt(integerLo >>> 0);
      ok = !integerOverflow && v < DIGITS_LIMIT;
      if (ok) {
        const sign = A.sign !== 0 ? 0x8000 : 0;
        stored.fill(0);
        for (let i = 0; i < 18; i++) {
          stored[i >> 3]! |= Number(v % 10n) << (4 * (i & 7));
          v /= 10n;
        }
        stored[2]! |= sign;
      }
    }
    if (!ok) {
      status.flags = IE;
      status.up = 0;
    }
  }
  return finishStore(c, 0, 1);
}
