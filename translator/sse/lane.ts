// What does SSE arithmetic on one lane give in any MXCSR state, and which exceptions does it raise?
//
// The exact form behind the inline fast paths (ir/ops_sse_float.ts): every operand class, rounding mode, DAZ and FTZ.
// The results are left in `result`; the exceptions add up in softfloat's `status.flags`.

import {
  add,
  compare,
  DE,
  div,
  FINITE,
  IE,
  INF,
  mul,
  Num,
  pack32,
  pack64,
  packed,
  PE,
  QNAN,
  roundFinite,
  SNAN,
  sqrt,
  status,
  UE,
  unpack32,
  unpack64,
  ZE,
  ZERO,
} from "../x87/softfloat.ts";

export const ADD = 0, MUL = 1, SUB = 2, MIN = 3, DIV = 4, MAX = 5, SQRT = 6;

/** Bits of the last result; `hi` only for doubles. */
export const result: { hi: number; lo: number } = { hi: 0, lo: 0 };

export const A: Num = new Num(), B: Num = new Num(), Z: Num = new Num();

const DAZ = 0x40, FTZ = 0x8000;

function daz(o: Num, mxcsr: number): void {
  if (o.denormal && (mxcsr & DAZ) !== 0) o.set(ZERO, o.sign, 0, 0, 0);
}

function quiet(o: Num): void {
  Z.set(QNAN, o.sign, 0, o.hi | 0x40000000, o.lo);
}

function invalid(): void {
  status.flags |= IE;
  Z.set(QNAN, 1, 0, 0xc0000000 | 0, 0);
}

/** Rounds Z to a double or single, flushing what is tiny when FTZ asks for it. */
export function roundZ(mxcsr: number, double: boolean): void {
  if (Z.kind !== FINITE) return;
  const before = status.flags;
  status.flags = 0;
  const rc = (mxcsr >>> 13) & 3, masks = (mxcsr >>> 7) & 0x3f;
  // Tininess must be seen even when the result is exact, so FTZ rounds with the underflow mask cleared.
  const ftz = (mxcsr & FTZ) !== 0 && (masks & UE) !== 0;
  const m = ftz ? masks & ~UE : masks;
  if (double) roundFinite(Z, 53, -1022, 1023, rc, m, 0);
  else roundFinite(Z, 24, -126, 127, rc, m, 0);
  if (ftz && (status.flags & UE) !== 0) {
    Z.set(ZERO, Z.sign, 0, 0, 0);
    status.flags |= PE;
  }
  status.flags |= before;
}

function compute(op: number, mxcsr: number, double: boolean): void {
  const a = A, b = B;
  if (op === SQRT) {
    if (b.kind >= QNAN) {
      if (b.kind === SNAN) status.flags |= IE;
      return quiet(b);
    }
    if (b.kind === ZERO) return Z.copy(b);
    if (b.sign !== 0) return invalid();
    if (b.kind === INF) return Z.copy(b);
    if (b.denormal) status.flags |= DE;
    sqrt(Z, b);
    return roundZ(mxcsr, double);
  }
  if (a.kind >= QNAN || b.kind >= QNAN) {
    if (a.kind === SNAN || b.kind === SNAN) status.flags |= IE;
    return quiet(a.kind >= QNAN ? a : b);
  }
  const rc = (mxcsr >>> 13) & 3, sign = a.sign ^ b.sign;
  switch (op) {
    case ADD:
    case SUB: {
      const negate = op === SUB ? 1 : 0, bSign = b.sign ^ negate;
      if (a.kind === INF) {
        if (b.kind === INF && a.sign !== bSign) return invalid();
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
        if (a.kind === ZERO || b.kind === ZERO) return invalid();
        Z.set(INF, sign, 0, 0, 0);
      } else if (a.kind === ZERO || b.kind === ZERO) Z.set(ZERO, sign, 0, 0, 0);
      else mul(Z, a, b);
      break;
    default:
      if (a.kind === INF) {
        if (b.kind === INF) return invalid();
        Z.set(INF, sign, 0, 0, 0);
      } else if (b.kind === INF) Z.set(ZERO, sign, 0, 0, 0);
      else if (b.kind === ZERO) {
        if (a.kind === ZERO) return invalid();
        // A denormal dividend is not reported beside division by zero.
        status.flags |= ZE;
        Z.set(INF, sign, 0, 0, 0);
        return;
      } else if (a.kind === ZERO) Z.set(ZERO, sign, 0, 0, 0);
      else div(Z, a, b);
  }
  if (a.denormal || b.denormal) status.flags |= DE;
  roundZ(mxcsr, double);
}

const f64 = new Float64Array(3), w64 = new Int32Array(f64.buffer);

const MIN_NORMAL = 2.2250738585072014e-308, MAX_DOUBLE = 1.7976931348623157e308;

export const exactly: { value: number } = { value: 0.5 };

/** No denormal and no NaN. */
function ordinary(v: number): boolean {
  return Math.abs(v) >= MIN_NORMAL || v === 0;
}

/** Whether a op b is exact and raises nothing: then `exactly.value` holds it. Only says yes when that is certain. */
export function exact64(op: number, a: number, b: number): boolean {
  let r: number;
  switch (op) {
    case ADD:
    case SUB: {
      const y = op === SUB ? -b : b;
      r = a + y;
      // Knuth's two-sum: the rounding error itself, exact unless something overflows (then it is a NaN).
      const t = r - a;
      if ((a - (r - t)) + (y - t) !== 0) return false;
      break;
    }
    case MUL:
      r = a * b;
      if (Math.fround(a) !== a || Math.fround(b) !== b) {
        if (!(Math.abs(r) <= 9007199254740992 && Math.trunc(a) === a && Math.trunc(b) === b)) return false;
      }
      break;
    case DIV:
      r = a / b;
      if (Math.fround(r) !== r || Math.fround(b) !== b || r * b !== a) return false;
      break;
    default:
      r = Math.sqrt(b);
      if (Math.fround(r) !== r || r * r !== b) return false;
      a = b;
  }
  if (!(Math.abs(r) <= MAX_DOUBLE && ordinary(a) && ordinary(b))) return false;
  // Tiny sums are exact; tiny products and quotients are left to the caller, true zeros apart.
  if (op > SUB || op === MUL) {
    if (!(Math.abs(r) >= MIN_NORMAL || (r === 0 && (a === 0 || b === 0)))) return false;
  }
  exactly.value = r;
  return true;
}

/** MIN and MAX of A and B: whether the result is the first operand, as it is. */
function takesFirst(op: number): boolean {
  if (A.kind >= QNAN || B.kind >= QNAN) {
    status.flags |= IE;
    return false;
  }
  if (A.denormal || B.denormal) status.flags |= DE;
  const order = compare(A, B);
  return op === MIN ? order < 0 : order > 0;
}

/** One double lane: a op b (SQRT: of b). */
export function lane64(op: number, mxcsr: number, ah: number, al: number, bh: number, bl: number): void {
  if ((mxcsr & 0xe000) === 0 && op !== MIN && op !== MAX) {
    w64[0] = al;
    w64[1] = ah;
    w64[2] = bl;
    w64[3] = bh;
    if (exact64(op, f64[0]!, f64[1]!)) {
      f64[2] = exactly.value;
      result.lo = w64[4]!;
      result.hi = w64[5]!;
      return;
    }
  }
  unpack64(A, ah, al);
  unpack64(B, bh, bl);
  daz(A, mxcsr);
  daz(B, mxcsr);
  if (op === MIN || op === MAX) {
    const first = takesFirst(op), z = first ? A : B;
    result.hi = first ? ah : bh;
    result.lo = first ? al : bl;
    if (z.kind === ZERO) result.hi &= 0x80000000, result.lo = 0;
    return;
  }
  compute(op, mxcsr, true);
  store64();
}

export function lane32(op: number, mxcsr: number, a: number, b: number): void {
  unpack32(A, a);
  unpack32(B, b);
  daz(A, mxcsr);
  daz(B, mxcsr);
  if (op === MIN || op === MAX) {
    const first = takesFirst(op), z = first ? A : B;
    result.lo = first ? a : b;
    if (z.kind === ZERO) result.lo &= 0x80000000;
    return;
  }
  compute(op, mxcsr, false);
  store32();
}

export function store64(): void {
  pack64(Z);
  result.hi = packed.hi;
  result.lo = packed.lo;
}

export function store32(): void {
  pack32(Z);
  result.lo = packed.lo;
}

/** Orders of two numbers, as bits. */
const LESS = 1, EQUAL = 2, GREATER = 4, UNORDERED = 8;
const ACCEPTED = [
  EQUAL,
  LESS,
  LESS | EQUAL,
  UNORDERED,
  LESS | GREATER | UNORDERED,
  EQUAL | GREATER | UNORDERED,
  GREATER | UNORDERED,
  LESS | EQUAL | GREATER,
  EQUAL | UNORDERED,
  LESS | UNORDERED,
  LESS | EQUAL | UNORDERED,
  0,
  LESS | GREATER,
  EQUAL | GREATER,
  GREATER,
  LESS | EQUAL | GREATER | UNORDERED,
];
/** Orders for which a predicate (0–31) holds. */
export function accepted(predicate: number): number {
  return ACCEPTED[predicate & 15]!;
}

/** Compares A and B as CMPxx with `predicate` 0–31 (unpacked by the caller): all ones or 0. */
function comparePredicate(predicate: number): number {
  const order = compare(A, B);
  if (order === 2) {
    const signalling = A.kind === SNAN || B.kind === SNAN;
    // Of the first 16 these report quiet NaNs, of the others the rest.
    const ordered = (predicate & 3) === 1 || (predicate & 3) === 2;
    if (signalling || ordered !== (predicate & 16) > 0) status.flags |= IE;
  } else if (A.denormal || B.denormal) status.flags |= DE;
  const is = order === 2 ? UNORDERED : order < 0 ? LESS : order === 0 ? EQUAL : GREATER;
  return accepted(predicate) & is ? -1 : 0;
}

export function compare64(
  predicate: number,
  mxcsr: number,
  ah: number,
  al: number,
  bh: number,
  bl: number,
): number {
  unpack64(A, ah, al);
  unpack64(B, bh, bl);
  daz(A, mxcsr);
  daz(B, mxcsr);
  return comparePredicate(predicate);
}

export function compare32(predicate: number, mxcsr: number, a: number, b: number): number {
  unpack32(A, a);
  unpack32(B, b);
  daz(A, mxcsr);
  daz(B, mxcsr);
  return comparePredicate(predicate);
}

/** COMISx (`quietToo`: a quiet NaN is invalid as well) and UCOMISx: ZF PF CF as in RFLAGS. */
export function orderedFlags(quietToo: boolean): number {
  const order = compare(A, B);
  if (order === 2) {
    if (quietToo || A.kind === SNAN || B.kind === SNAN) status.flags |= IE;
    return 0x45;
  }
  if (A.denormal || B.denormal) status.flags |= DE;
  return order === 0 ? 0x40 : order < 0 ? 1 : 0;
}

export function load64(o: Num, mxcsr: number, hi: number, lo: number): void {
  unpack64(o, hi, lo);
  daz(o, mxcsr);
}

export function load32(o: Num, mxcsr: number, bits: number): void {
  unpack32(o, bits);
  daz(o, mxcsr);
}

/** Z = A converted to a double or a single. */
export function convertFloat(mxcsr: number, double: boolean): void {
  if (A.kind >= QNAN) {
    if (A.kind === SNAN) status.flags |= IE;
    return quiet(A);
  }
  if (A.denormal) status.flags |= DE;
  Z.copy(A);
  roundZ(mxcsr, double);
}
