// Copying and clearing inside physical memory, by WebAssembly's own instructions.
//
// The memory is shared, and JavaScript copies shared memory carefully: set() with a subarray() takes 60 to 100 ns even for
// one byte, and fill() 1,400 ns for a page. memory.copy takes 12 ns and memory.fill as long as the host's memset.

import { memory } from "../../translator/ram.ts";

// deno-fmt-ignore
const MODULE = new Uint8Array([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  // Type 0: (i32, i32, i32) → ()
  1, 7, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0,
  // import "e" "m": the memory, shared, 32,768 pages
  2, 13, 1, 1, 0x65, 1, 0x6d, 2, 3, 0x80, 0x80, 2, 0x80, 0x80, 2,
  // Two functions of type 0, exported as "c" and "f"
  3, 3, 2, 0, 0,
  7, 9, 2, 1, 0x63, 0, 0, 1, 0x66, 0, 1,
  // local.get 0, 1, 2; memory.copy, memory.fill; end
  10, 26, 2,
  12, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 10, 0, 0, 0x0b,
  11, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 11, 0, 0x0b,
]);

const functions = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { e: { m: memory } }).exports;

/** Copies `count` bytes between physical addresses; they may overlap. */
export const copyPhysical: (to: number, from: number, count: number) => void = functions["c"] as never;
/** Sets `count` bytes at a physical address. */
export const fillPhysical: (at: number, byte: number, count: number) => void = functions["f"] as never;
