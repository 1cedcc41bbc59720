// The machine's physical memory: one shared WebAssembly.Memory and the typed-array views of it.
//
// Everything guest code can touch lives here: page frames, page tables, TLBs and CPU states, so that executor
// workers can later map the same bytes. `initial == maximum` keeps the views valid for ever. The host commits
// a page only when it is first touched, so the reservation itself costs nothing; how much of it guests may use
// is the frame allocator's limit (`--memory`). 2 GiB keeps every physical address a non-negative int32.

/** Bytes of physical memory reserved. */
export const RAM_BYTES = 0x8000_0000;
export const PAGE_SHIFT = 12;
export const PAGE_SIZE = 4096;
/** Number of 4 KiB frames. Frame 0 is never handed out: physical address 0 means "none". */
export const FRAME_COUNT = RAM_BYTES / PAGE_SIZE;

/**
 * The last bytes belong to the translator: a page with the state of the CPU that runs (cpu.ts), the tables of regions (wasm/jump_table.ts) and of
 * threaded code (threaded/node.ts), that code itself, a table of all frames (threaded/finder.ts), and a page that nobody reads. No frame lies there.
 */
export const RESERVED_BYTES = 0x451_0000;
/** I32 index of the CPU state that runs: WebAssembly knows its address as a constant. */
export const RUNNING_CPU: number = (RAM_BYTES - RESERVED_BYTES) / 4;
export const SCRATCH_PAGE: number = RAM_BYTES - PAGE_SIZE;
/** Behind the tables: the windows of regions (wasm/windows.ts), each like the record of an extent (cpu.ts). */
export const WINDOWS: number = RAM_BYTES - RESERVED_BYTES + 0x14_1000, WINDOW_COUNT = 512, WINDOW_BYTES = 32;
/** Behind those, the addresses of the windows that have a page, unless they are more (env.ts). */
export const WINDOW_LIST: number = WINDOWS + WINDOW_COUNT * WINDOW_BYTES, LISTED_WINDOWS = 63;
/** Behind those, tables of 1 KiB that functions of regions look into: the sums of CRC32 for single bytes (wasm/bit_functions.ts), AES's rounds (wasm/crypto_functions.ts). */
export const CRC_TABLE: number = WINDOW_LIST + 4 * (LISTED_WINDOWS + 1),
  AES_TABLES: number = CRC_TABLE + 1024;
/** Behind those, the stamps of regions (wasm/compile.ts). */
export const STAMPS: number = CRC_TABLE + 8192, STAMP_COUNT = 16384;
/** Eight bytes for each frame (threaded/finder.ts). */
export const FRAME_TABLE: number = SCRATCH_PAGE - 8 * FRAME_COUNT;
/** Between them: threaded code. */
export const THREADED_CODE: number = STAMPS + 4 * STAMP_COUNT,
  THREADED_END: number = FRAME_TABLE;

export const memory: WebAssembly.Memory = new WebAssembly.Memory({
  initial: RAM_BYTES / 65536,
  maximum: RAM_BYTES / 65536,
  shared: true,
});

const buffer = memory.buffer as SharedArrayBuffer;
export const U8: Uint8Array<SharedArrayBuffer> = new Uint8Array(buffer);
export const I8: Int8Array<SharedArrayBuffer> = new Int8Array(buffer);
export const U16: Uint16Array<SharedArrayBuffer> = new Uint16Array(buffer);
export const I16: Int16Array<SharedArrayBuffer> = new Int16Array(buffer);
export const U32: Uint32Array<SharedArrayBuffer> = new Uint32Array(buffer);
export const I32: Int32Array<SharedArrayBuffer> = new Int32Array(buffer);
export const U64: BigUint64Array<SharedArrayBuffer> = new BigUint64Array(buffer);
export const I64: BigInt64Array<SharedArrayBuffer> = new BigInt64Array(buffer);
export const F32: Float32Array<SharedArrayBuffer> = new Float32Array(buffer);
export const F64: Float64Array<SharedArrayBuffer> = new Float64Array(buffer);
/** For accesses that need not be aligned. Always pass `true` (little endian). */
export const DV: DataView<SharedArrayBuffer> = new DataView(buffer);

/** One byte of `FRAME_*` bits per frame. */
export const frameFlags: Uint8Array<ArrayBuffer> = new Uint8Array(FRAME_COUNT);
/** Translated code was made from this frame: no TLB may hold a write tag for it (see cache/). */
export const FRAME_CODE = 1;
