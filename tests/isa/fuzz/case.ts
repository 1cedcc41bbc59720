// What is a case of the fuzzer, and what comes of it? The layouts that runner.c knows as Header, Case and Result.

import { FS_DISTANCE, GS_DISTANCE, HIGH, type Layout, LOW, READ_ONLY, SCRATCH, SNIPPETS } from "../layout.ts";

// State, the beginning of both: general registers, RFLAGS, RIP, then floating point as FXSAVE has it, then the YMM registers.
export const GPR = 0, RFLAGS = 128, RIP = 136, MXCSR = 144, CS = 148, FCW = 152, FSW = 154, FTW = 156;
export const ST = 160, ST_BYTES = 16, YMM = 288, YMM_BYTES = 32;
// Case.
export const SEED = 800, CODE_BYTES = 804, CODE = 808, CODE_ROOM = 248;
export const CASE_BYTES = 1056;
// Result.
export const SIGNO = 800, SI_CODE = 804, SI_ADDR = 808, TRAP = 816, ERROR = 820, FS_BASE = 824, GS_BASE = 832;
export const STATUS = 840, STEP_COUNT = 844, HASHES = 848, SELECTORS = 1296, RESULT_BYTES = 1304;
export const DONE = 1, DIED = 2;
/** One step of a trace: RIP and the 16 bytes there. */
export const STEPS = 512, STEP_BYTES = 24;

export const HEADER_BYTES = 64;
export const CODE_PAGES = 4, DATA_PAGES = 2, PAGES = CODE_PAGES + DATA_PAGES + 1;
export const CHUNK = 256, CHUNKS = PAGES * 4096 / CHUNK;
/** Code may be written, too. */
export const CODE_AT = SNIPPETS - SNIPPETS % 4096, CODE_SIZE = CODE_PAGES * 4096;
export const DATA_AT = SCRATCH, DATA_SIZE = DATA_PAGES * 4096;
/** What lies behind a case's code and everywhere else in its pages: HLT. */
export const FILL = 0xf4;

export interface Batch {
  readonly seed: number;
  readonly layout: Layout;
  readonly count: number;
  /** Cases one behind the other. */
  readonly cases: Uint8Array<ArrayBuffer>;
}

export function layoutOf(seed: number): Layout {
  return seed & 1 ? LOW : HIGH;
}
export const fsBase = (layout: Layout): number => layout.base + SCRATCH - FS_DISTANCE;
export const gsBase = (layout: Layout): number => layout.base + SCRATCH - GS_DISTANCE;

/** What runner.c reads. */
export function batchFile({ layout, count, cases }: Batch): Uint8Array<ArrayBuffer> {
  const file = new Uint8Array(HEADER_BYTES + cases.length), view = new DataView(file.buffer);
  [layout.base, count, fsBase(layout), gsBase(layout), CODE_AT, DATA_AT, READ_ONLY, FILL].forEach((v, i) =>
    view.setBigInt64(8 * i, BigInt(v), true)
  );
  file.set(cases, HEADER_BYTES);
  return file;
}

/** The same as fill() of runner.c: what lies in the data pages before a case runs. */
export function fillData(words: Int32Array, seed: number, layout: Layout): void {
  const high = Math.floor(layout.base / 2 ** 32), base = layout.base | 0;
  let x = seed;
  for (let i = 0; i < words.length; i++) {
    x = Math.imul(x, 1664525) + 1013904223 | 0;
    const n = i & 1023;
    if ((n & 15) === 14) words[i] = base + DATA_AT + (x >>> 19);
    else if ((n & 31) === 28) words[i] = base + CODE_AT + (x >>> 18);
    else words[i] = (n & 15) === 15 || (n & 31) === 29 ? high : x;
  }
}

/** A sum of 256 bytes (FNV-1a over words). */
export function chunkHash(words: Int32Array, at: number): number {
  let hash = 2166136261;
  for (let i = 0; i < CHUNK / 4; i++) hash = Math.imul(hash ^ words[at + i]!, 16777619);
  return hash;
}
