// How does one region get to another without JavaScript? A direct-mapped table in physical memory: guest address → index in the function
// table that all modules share. Regions look there at every exit and go on with a tail call.
//
// An entry is 16 bytes: address (8), stamp of the executable pages among which all code of the region is in place (4; env.ts), function index (4).

import type { Block } from "../cache/block.ts";
import { I32, PAGE_SIZE, RAM_BYTES, RESERVED_BYTES } from "../ram.ts";

/** Physical address of the table. */
export const JUMP_TABLE: number = RAM_BYTES - RESERVED_BYTES + PAGE_SIZE;
export const JUMP_ENTRY_SHIFT = 4, JUMP_STAMP = 8, JUMP_FUNCTION = 12;
export const JUMP_ENTRIES = 16384;
/** Functions at the most; later regions are reached through JavaScript. */
const FUNCTIONS = 16384;
/** The last ones are for functions that all regions share (shared.ts). */
export const SHARED_FUNCTIONS = 128, SHARED_FIRST: number = FUNCTIONS - SHARED_FUNCTIONS;
/** The one that is gone on with when no region follows another: goes on with threaded code, if there is any. */
export const GO_ON: number = SHARED_FIRST - 1;
/** The one that looks for it (next_region.ts). */
export const NEXT_REGION: number = GO_ON - 1;

export const functions: WebAssembly.Table = new WebAssembly.Table({ element: "anyfunc", initial: FUNCTIONS });
const free: number[] = [];
let next = 1;

/** Index of `run` in the function table; 0 when that is full. */
// deno-lint-ignore ban-types
export function addFunction(run: Function): number {
  const index = free.pop() ?? (next < NEXT_REGION ? next++ : 0);
  if (index !== 0) functions.set(index, run);
  return index;
}

/** Of an address, where its entry lies in the table: there is one for each 16 bytes, as functions are aligned, and indirect calls wait for it. */
export const JUMP_MASK: number = JUMP_ENTRIES - 1 << JUMP_ENTRY_SHIFT;

/** Physical address of the entry for an address, by its low word. */
export function jumpEntryAt(lo: number): number {
  return JUMP_TABLE + (lo & JUMP_MASK);
}

/** Regions of the address space with this stamp find `block` from now on. */
export function enterJump(block: Block, stamp: number): void {
  const at = jumpEntryAt(block.lo) >> 2;
  I32[at] = block.lo;
  I32[at + 1] = block.hi;
  I32[at + 2] = stamp;
  I32[at + 3] = block.entry;
}

/** High word of what is no address. */
const NOBODY = -1;
// Zeroes would be an entry for address 0.
I32[(jumpEntryAt(0) >> 2) + 1] = NOBODY;

/** No region finds `block` any longer. */
function leaveJump(block: Block): void {
  const at = jumpEntryAt(block.lo) >> 2;
  if (I32[at] === block.lo && I32[at + 1] === block.hi && I32[at + 3] === block.entry) {
    I32[at + 1] = NOBODY;
  }
}

/** The function of `block` is another one from now on, of which nobody knows yet whether it is in place. */
// deno-lint-ignore ban-types
export function replaceFunction(block: Block, run: Function): void {
  leaveJump(block);
  functions.set(block.entry, run);
}

/** `block` is dropped. */
export function removeJump(block: Block): void {
  leaveJump(block);
  functions.set(block.entry, null);
  free.push(block.entry);
  block.entry = 0;
}
