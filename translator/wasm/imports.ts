// The functions that modules import ("f" "0", "1", …), in this order: regions and handlers those of IMPORTS, with what is their own behind them; the
// window misses the slow paths.

import { F64, I32, I64 } from "./encoder.ts";
import type { FunctionType } from "./module.ts";

/** Slow paths in JavaScript (compile.ts, threaded/tier.ts). */
export const READ = 0,
  WRITE8 = 1,
  WRITE16 = 2,
  WRITE32 = 3,
  WRITE64 = 4,
  WRITE128 = 5,
  WRITE256 = 6,
  PROBE = 7,
  SPAN = 8;
/** Window misses, in WebAssembly (miss.ts): of single accesses, and of several that are looked for together (spans.ts). */
export const MISS_READ = 0, MISS_READ_WRITABLE = 1, MISS_UPDATE = 2, MISS_STORE = 3;
export const SPAN_READ = 4, SPAN_READ_WRITABLE = 5, SPAN_WRITE = 6;
/** The status flags that c has; whether condition cc holds; the flags that have been put aside: in WebAssembly (status.ts). */
export const STATUS = 7, CONDITION = 8, SAVED_STATUS = 9;

const slowWrite = (words: number): FunctionType => ({
  params: [I32, I32, I32, ...new Array(words).fill(I32), F64],
  results: [I32],
});
const miss = (...more: number[]): FunctionType => ({
  params: [I32, I64, I32, F64, ...more],
  results: [I32],
});

/**
 * c, low and high word of the address, then size or value, and the instruction's address. READ and SPAN: the physical address or < 0; others: 1 for a fault. SPAN's
 * size is negative where the bytes are to be written, too.
 */
export const SLOW: readonly FunctionType[] = [
  { params: [I32, I32, I32, I32, F64], results: [I32] },
  slowWrite(1),
  slowWrite(1),
  slowWrite(1),
  slowWrite(2),
  slowWrite(1),
  slowWrite(1),
  slowWrite(1),
  { params: [I32, I32, I32, I32, F64], results: [I32] },
];
/** Where the window lies, address, size, the instruction's address (and for MISS_STORE the value): physical address (< 0: fault). */
export const MISS: readonly FunctionType[] = [miss(), miss(), miss(), miss(I64), miss(), miss(), miss()];
/** A step: c → 1 for a fault. */
export const STEP: FunctionType = { params: [I32], results: [I32] };
/** c, condition code → 0 or 1. */
export const ASK: FunctionType = { params: [I32, I32], results: [I32] };
export const IMPORTS: readonly FunctionType[] = [...MISS, STEP, ASK, STEP];
/** A region: depth of nested calls, and the address that the caller on the host's stack goes on at (NO_CALLER: nobody) → see generator.ts. */
export const REGION: FunctionType = { params: [I32, I64], results: [I32] };
/** What goes on where no region follows. */
export const LEAVE: FunctionType = { params: [I32, I32], results: [I32] };
/** What a region leaves through (next_region.ts). */
export const NEXT: FunctionType = { params: [I32, I64, I32, I64], results: [I32] };
/** The types that a region's module begins with, for indirect calls, and their numbers. */
export const TYPES: readonly FunctionType[] = [REGION, STEP, LEAVE, NEXT];
export const REGION_TYPE = 0, STEP_TYPE = 1, LEAVE_TYPE = 2, NEXT_TYPE = 3;
