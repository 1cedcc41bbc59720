// What regions and the JavaScript around them agree on: parameters, results, imported globals.

import { RUNNING_CPU } from "../ram.ts";

/** Address of the CPU state. A constant, so that V8 need not check it against the memory's end. */
export const CPU_AT: number = 4 * RUNNING_CPU;

// Parameters of a region: how many calls of regions are on the host's stack below, and the guest address that the last of them returns to.
export const DEPTH = 0, BACK = 1;

// What a region's function returns.
/** The region faulted: the pending exception is to be thrown again. */
export const FAULTED = -1;
/** Go on at RIP. */
export const INDIRECT = -2;
/** As INDIRECT, from a return. */
export const UNWOUND = -3;
/** As INDIRECT, but the dispatcher gets its turn first. */
export const PAUSED = -4;
/** The function that was called has returned to where the caller expects it; RIP is not stored. */
export const RETURNED = -5;
/** Parameter BACK where no region has called: no address. */
export const NO_CALLER = -1n;
/** Parameter DEPTH has, from this bit on, the number of the entry. */
export const WHICH_SHIFT = 16;
/** n ≥ 0: link n is followed. FIRST_END - n: the closure of ending operation n says where to go. */
export const FIRST_END = -16;
/** Imported globals: whether the host fuses. */
export const GLOBALS = 1, GLOBAL_FUSES = 0;
