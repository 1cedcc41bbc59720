// Sets of the registers that may be in locals of a region: general registers, and 128-bit slots of vector registers by pair().

import { TEMPS, YMM } from "../cpu.ts";

/** A bit a register. */
export interface RegisterSet {
  readonly general: number;
  readonly vector: number;
}
export const NONE: RegisterSet = { general: 0, vector: 0 };

/** Slots below are general registers. */
export const GENERAL = 16;
/** Whether slot `s` is in a vector register. */
export const isVectorSlot = (s: number): boolean => s >= YMM && s < TEMPS;
const bit = (slot: number) => 1 << (slot < GENERAL ? slot : slot - YMM >> 1);

export function has(set: RegisterSet, slot: number): boolean {
  return ((slot < GENERAL ? set.general : set.vector) & bit(slot)) !== 0;
}
/** `set` and the register at `slot`. */
export function withSlot(set: RegisterSet, slot: number): RegisterSet {
  const { general, vector } = set;
  return slot < GENERAL ? { general: general | bit(slot), vector } : { general, vector: vector | bit(slot) };
}
export function union(a: RegisterSet, b: RegisterSet): RegisterSet {
  return { general: a.general | b.general, vector: a.vector | b.vector };
}
export function intersection(a: RegisterSet, b: RegisterSet): RegisterSet {
  return { general: a.general & b.general, vector: a.vector & b.vector };
}
/** Those of `a` that are not in `b`. */
export function difference(a: RegisterSet, b: RegisterSet): RegisterSet {
  return { general: a.general & ~b.general, vector: a.vector & ~b.vector };
}
export function isSame(a: RegisterSet, b: RegisterSet): boolean {
  return a.general === b.general && a.vector === b.vector;
}
/** The slots, in order. */
export function slotsOf({ general, vector }: RegisterSet): number[] {
  const slots: number[] = [];
  for (let rest = general; rest !== 0; rest &= rest - 1) slots.push(31 - Math.clz32(rest & -rest));
  for (let rest = vector; rest !== 0; rest &= rest - 1) {
    slots.push(YMM + 2 * (31 - Math.clz32(rest & -rest)));
  }
  return slots;
}

/** What locals and memory have on a way through a region. */
export interface Held {
  /** Registers whose locals are the truth. */
  readonly loaded: RegisterSet;
  /** Those of them of which memory may have an older value. */
  readonly changed: RegisterSet;
}
export const NOTHING: Held = { loaded: NONE, changed: NONE };
