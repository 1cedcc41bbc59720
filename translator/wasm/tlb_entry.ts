// Where the TLB's entry for an address lies, as wasm.

import { TLB_ENTRIES, TLB_ENTRY_WORDS } from "../cpu.ts";
import { type Code, OP } from "./encoder.ts";

const ENTRY_BYTES = TLB_ENTRY_WORDS * 4;
const ENTRY_SHIFT = 12 - Math.log2(ENTRY_BYTES);
const ENTRY_MASK = (TLB_ENTRIES - 1) * ENTRY_BYTES;

/** Pushes the address of the TLB entry for the address that `address` pushes (an i32), and keeps it in local `entry`. */
export function pushEntry(
  code: Code,
  address: () => void,
  tlbAt: () => void,
  entry: number,
): void {
  address();
  code.i32(ENTRY_SHIFT).op(OP.i32ShrU).i32(ENTRY_MASK).op(OP.i32And);
  tlbAt();
  code.op(OP.i32Add).tee(entry);
}
