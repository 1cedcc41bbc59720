// How do FCOM, FUCOM, FCOMI, FTST and FXAM answer?

import { EXPLICIT } from "../ir/flags.ts";
import { FLAG_B, FLAGS } from "../cpu.ts";
import { I32 } from "../ram.ts";
import {
  compare,
  DE,
  FINITE,
  IE,
  INF,
  Num,
  SNAN,
  status,
  unpack32,
  unpack64,
  unpackInt,
  UNSUPPORTED,
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
  finish,
  finishKeeping,
  free,
  isEmpty,
  pop,
  read,
  registerIndex,
  setTop,
  top,
  underflow,
} from "./stack.ts";

const A = new Num(), B = new Num();

/** Order of A and B (2: unordered), with the exceptions of the comparison. */
function order(quiet: boolean): number {
  const o = compare(A, B);
  if (o === 2) {
    if (!quiet || A.kind === SNAN || B.kind === SNAN || A.kind === UNSUPPORTED || B.kind === UNSUPPORTED) {
      status.flags |= IE;
    }
  } else if (A.denormal || B.denormal) status.flags |= DE;
  return o;
}

function codes(o: number): number {
  return o === 2 ? C3 | C2 | C0 : o === 0 ? C3 : o < 0 ? C0 : 0;
}

function end(c: number, o: number, pops: number): void {
  if (!blocked(c)) { while (pops-- > 0) pop(c); }
  finish(c, CONDITIONS, codes(o));
}

/** FCOM, FUCOM (`quiet`) of ST(0) with ST(i), popping `pops` registers. */
export function fcom(c: number, i: number, quiet: boolean, pops: number): void {
  begin(c);
  let o = 2;
  if (isEmpty(c, 0) || isEmpty(c, i)) underflow();
  else {
    read(c, 0, A);
    read(c, i, B);
    o = order(quiet);
  }
  end(c, o, pops);
}

function compareMemory(c: number, pops: number): void {
  let o = 2;
  if (isEmpty(c, 0)) underflow();
  else {
    read(c, 0, A);
    o = order(false);
  }
  end(c, o, pops);
}

export function fcomM32(c: number, bits: number, pops: number): void {
  begin(c);
  unpack32(B, bits);
  compareMemory(c, pops);
}

export function fcomM64(c: number, lo: number, hi: number, pops: number): void {
  begin(c);
  unpack64(B, hi, lo);
  compareMemory(c, pops);
}

export function fcomInt(c: number, value: number, pops: number): void {
  begin(c);
  unpackInt(B, value >> 31, value);
  compareMemory(c, pops);
}

export function ftst(c: number): void {
  begin(c);
  B.set(ZERO, 0, 0, 0, 0);
  compareMemory(c, 0);
}

/** FCOMI, FUCOMI: ZF PF CF; the other status flags become 0. */
export function fcomi(c: number, i: number, quiet: boolean, pops: number): void {
  begin(c);
  let o = 2;
  if (isEmpty(c, 0) || isEmpty(c, i)) underflow();
  else {
    read(c, 0, A);
    read(c, i, B);
    o = order(quiet);
  }
  if (!blocked(c)) { while (pops-- > 0) pop(c); }
  I32[c + 2 * FLAGS] = EXPLICIT;
  I32[c + 2 * FLAG_B] = o === 2 ? 0x45 : o === 0 ? 0x40 : o < 0 ? 1 : 0;
  finishKeeping(c);
}

export function fxam(c: number): void {
  begin(c);
  read(c, 0, A);
  const sign = (I32[registerIndex(c, 0) + 2] & 0x8000) !== 0 ? C1 : 0;
  const cls = isEmpty(c, 0)
    ? C3 | C0
    : A.kind === UNSUPPORTED
    ? 0
    : A.kind === ZERO
    ? C3
    : A.kind === INF
    ? C2 | C0
    : A.kind !== FINITE
    ? C0
    : A.denormal
    ? C3 | C2
    : C2;
  finish(c, CONDITIONS, sign | cls);
}

export function fincstp(c: number): void {
  begin(c);
  setTop(c, top(c) + 1);
  finish(c);
}

export function fdecstp(c: number): void {
  begin(c);
  setTop(c, top(c) - 1);
  finish(c);
}

/** FFREE; with `pops` the undocumented FFREEP. */
export function ffree(c: number, i: number, pops: number): void {
  begin(c);
  free(c, i);
  if (pops !== 0) pop(c);
  finish(c);
}
