// How do FNINIT FNCLEX FLDCW FNSTCW FNSTSW FNSTENV FLDENV FNSAVE FRSTOR work on the x87 state?
//
// Environments have the 32-bit protected-mode layout that 64-bit mode uses too (SDM vol. 1, figure 8-9): 7 words, control, status, tag
// (two bits a register), instruction pointer, opcode, operand pointer; FNSAVE appends ST(0)–ST(7). With a 16-bit
// operand size the words are half as wide.

import { FPU_CONTROL, FPU_DP, FPU_IP, FPU_REGS, FPU_TAG } from "../cpu.ts";
import { I32, U16, U8 } from "../ram.ts";
import { BUSY, ES } from "./stack.ts";

const CW = 2 * FPU_CONTROL, SW = CW + 1, TAG = 2 * FPU_TAG, OPCODE = TAG + 1;

export function fninit(c: number): void {
  I32[c + CW] = 0x37f;
  I32[c + SW] = 0;
  I32[c + TAG] = 0;
  I32[c + OPCODE] = 0;
  for (let i = 0; i < 2; i++) I32[c + 2 * FPU_IP + i] = I32[c + 2 * FPU_DP + i] = 0;
}

export function fnclex(c: number): void {
  I32[c + SW] &= 0x7f00;
}

/** Sets the error summary as the flags and masks say. */
function summarise(c: number): void {
  if ((I32[c + SW] & ~I32[c + CW] & 0x3f) !== 0) I32[c + SW] |= ES | BUSY;
  else I32[c + SW] &= ~(ES | BUSY);
}

export function setControlWord(c: number, value: number): void {
  I32[c + CW] = (value & 0x1f3f) | 0x40;
  summarise(c);
}

export function setStatus(c: number, value: number): void {
  I32[c + SW] = value & 0xffff;
  summarise(c);
}

/** The two tag bits of physical register `p`: valid, zero, special, empty. */
export function fullTag(c: number, p: number): number {
  if (((I32[c + TAG] >>> p) & 1) === 0) return 3;
  const r = c + 2 * (FPU_REGS + 2 * p), e = I32[r + 2] & 0x7fff;
  if (e === 0) return (I32[r] | I32[r + 1]) === 0 ? 1 : 2;
  return e === 0x7fff || I32[r + 1] >= 0 ? 2 : 0;
}

function tagWord(c: number): number {
  let tags = 0;
  for (let p = 0; p < 8; p++) tags |= fullTag(c, p) << (2 * p);
  return tags;
}

/** Writes the environment to physical address `at`; FNSTENV then masks all exceptions. */
export function storeEnvironment(c: number, at: number, wide: boolean): void {
  const values = [
    I32[c + CW],
    I32[c + SW],
    tagWord(c),
    I32[c + 2 * FPU_IP],
    I32[c + OPCODE] << 16,
    I32[c + 2 * FPU_DP],
    0,
  ];
  if (wide) {
    const words = [
      values[0]! | -65536,
      values[1]! | -65536,
      values[2]! | -65536,
      ...values.slice(3, 6),
      -65536,
    ];
    words.forEach((v, i) => I32[(at >> 2) + i] = v);
  } else values.forEach((v, i) => U16[(at >> 1) + i] = v);
}

export function loadEnvironment(c: number, at: number, wide: boolean): void {
  const word = (i: number) => wide ? I32[(at >> 2) + i] : U16[(at >> 1) + i];
  const tags = word(2);
  let used = 0;
  for (let p = 0; p < 8; p++) if (((tags >>> (2 * p)) & 3) !== 3) used |= 1 << p;
  I32[c + TAG] = used;
  I32[c + 2 * FPU_IP] = word(3);
  I32[c + 2 * FPU_IP + 1] = 0;
  I32[c + OPCODE] = wide ? (word(4) >>> 16) & 0x7ff : 0;
  I32[c + 2 * FPU_DP] = word(5);
  I32[c + 2 * FPU_DP + 1] = 0;
  I32[c + CW] = (word(0) & 0x1f3f) | 0x40;
  setStatus(c, word(1));
}

/** ST(0)–ST(7), ten bytes each, between physical address `at` and the registers. */
export function storeRegisters(c: number, at: number): void {
  const top = (I32[c + SW] >>> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const r = (c + 2 * (FPU_REGS + 2 * ((top + i) & 7))) << 2;
    U8.copyWithin(at + 10 * i, r, r + 10);
  }
}

export function loadRegisters(c: number, at: number): void {
  const top = (I32[c + SW] >>> 11) & 7;
  for (let i = 0; i < 8; i++) {
    const r = (c + 2 * (FPU_REGS + 2 * ((top + i) & 7))) << 2;
    U8.copyWithin(r, at + 10 * i, at + 10 * i + 10);
    I32[(r >> 2) + 2] &= 0xffff;
  }
}
