// How do x87 instructions reach their register stack, and how do they report exceptions?
//
// Every instruction calls `begin` first (pending unmasked exceptions fault there: #MF comes with the *next* waiting
// instruction), gathers flags in softfloat's `status`, and calls `finish` last, which merges them into the status
// word. Until `finish` or a register write nothing of the CPU state changes, so a memory fault in between is precise.

import { FPU_CONTROL, FPU_IP, FPU_REGS, FPU_TAG, RIP } from "../cpu.ts";
import { raise, VECTOR_MF } from "../env.ts";
import { I32 } from "../ram.ts";
import { DE, IE, type Num, pack80, packed, QNAN, SNAN, status, unpack80, ZE } from "./softfloat.ts";

export const C0 = 0x100, C1 = 0x200, C2 = 0x400, C3 = 0x4000, CONDITIONS = C0 | C1 | C2 | C3;
/** Stack fault, error summary, busy. */
export const SF = 0x40, ES = 0x80, BUSY = 0x8000;

const CW = 2 * FPU_CONTROL, SW = CW + 1, TAG = 2 * FPU_TAG, REGS = 2 * FPU_REGS, IP = 2 * FPU_IP;

export function controlWord(c: number): number {
  return I32[c + CW];
}

export function statusWord(c: number): number {
  return I32[c + SW];
}

export function setStatusWord(c: number, value: number): void {
  I32[c + SW] = value;
}

/** A pending unmasked exception faults now. */
export function check(c: number): void {
  if ((I32[c + SW] & ES) !== 0) raise(VECTOR_MF);
}

/** Every waiting instruction that computes starts here; RIP names it and becomes the last x87 instruction's address. */
export function begin(c: number): void {
  check(c);
  status.flags = 0;
  status.up = 0;
  I32[c + IP] = I32[c + 2 * RIP];
  I32[c + IP + 1] = I32[c + 2 * RIP + 1];
}

/** Merges the exceptions gathered, C1 and other condition codes into the status word; `mask` names the codes to replace. */
export function finish(c: number, mask: number = C1, conditions: number = status.up !== 0 ? C1 : 0): void {
  let sw = (I32[c + SW] & ~mask) | conditions | status.flags;
  if ((sw & ~I32[c + CW] & 0x3f) !== 0) sw |= ES | BUSY;
  I32[c + SW] = sw;
}

/** {@link finish} of instructions that leave C1 alone unless the stack faulted (FCMOVcc, FCOMI on AMD's processors). */
export function finishKeeping(c: number): void {
  if ((status.flags & SF) !== 0) finish(c);
  else finish(c, 0, 0);
}

/** An unmasked invalid, denormal or divide-by-zero exception: the instruction leaves its operands alone. */
export function blocked(c: number): boolean {
  return (status.flags & ~I32[c + CW] & (IE | DE | ZE)) !== 0;
}

export function unmasked(c: number, flags: number): boolean {
  return (status.flags & ~I32[c + CW] & flags) !== 0;
}

export function top(c: number): number {
  return (I32[c + SW] >>> 11) & 7;
}

export function setTop(c: number, t: number): void {
  I32[c + SW] = (I32[c + SW] & ~0x3800) | ((t & 7) << 11);
}

/** Whether ST(i) is empty. */
export function isEmpty(c: number, i: number): boolean {
  return ((I32[c + TAG] >>> ((top(c) + i) & 7)) & 1) === 0;
}

export function free(c: number, i: number): void {
  I32[c + TAG] &= ~(1 << ((top(c) + i) & 7));
}

export function pop(c: number): void {
  free(c, 0);
  setTop(c, top(c) + 1);
}

/** Index in I32 of the three words of ST(i). */
export function registerIndex(c: number, i: number): number {
  return c + REGS + 4 * ((top(c) + i) & 7);
}

export function read(c: number, i: number, into: Num): void {
  const r = registerIndex(c, i);
  unpack80(into, I32[r + 2], I32[r + 1], I32[r]);
}

export function writeRaw(c: number, i: number, se: number, hi: number, lo: number): void {
  const t = (top(c) + i) & 7, r = c + REGS + 4 * t;
  I32[r] = lo;
  I32[r + 1] = hi;
  I32[r + 2] = se;
  I32[c + TAG] |= 1 << t;
}

export function write(c: number, i: number, value: Num): void {
  pack80(value);
  writeRaw(c, i, packed.se, packed.hi, packed.lo);
}

export function writeIndefinite(c: number, i: number): void {
  writeRaw(c, i, 0xffff, 0xc0000000 | 0, 0);
}

/** The negative quiet NaN that masked invalid operations yield. */
export function setIndefinite(z: Num): void {
  z.set(QNAN, 1, 0, 0xc0000000 | 0, 0);
}

export function invalid(z: Num): void {
  status.flags |= IE;
  setIndefinite(z);
}

/** A source register is empty. */
export function underflow(): void {
  status.flags |= IE | SF;
  status.up = 0;
}

/** Pushes a value that is complete; a full stack gives the indefinite. Calls {@link finish}. */
export function push(c: number, se: number, hi: number, lo: number): void {
  if (!isEmpty(c, 7)) {
    status.flags = IE | SF;
    status.up = 1;
    se = 0xffff;
    hi = 0xc0000000 | 0;
    lo = 0;
  }
  if (!unmasked(c, IE)) {
    setTop(c, top(c) - 1);
    writeRaw(c, 0, se, hi, lo);
  }
  finish(c);
}

/** One NaN operand at least: quiets the one the x87 rule chooses into `z`. */
export function propagateNan(z: Num, a: Num, b: Num): void {
  if (a.kind === SNAN || b.kind === SNAN) status.flags |= IE;
  const aNan = a.kind === QNAN || a.kind === SNAN, bNan = b.kind === QNAN || b.kind === SNAN;
  let chosen = a;
  if (aNan && bNan) {
    // A quiet NaN goes before a signalling one; else the larger significand, else the positive one.
    if (a.kind !== b.kind) chosen = a.kind === QNAN ? a : b;
    else if (a.hi !== b.hi) chosen = a.hi >>> 0 > b.hi >>> 0 ? a : b;
    else if (a.lo !== b.lo) chosen = a.lo >>> 0 > b.lo >>> 0 ? a : b;
    else chosen = a.sign <= b.sign ? a : b;
  } else if (bNan) chosen = b;
  z.set(QNAN, chosen.sign, 0, chosen.hi | 0x40000000, chosen.lo);
}
