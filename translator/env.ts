// What the translator asks of whoever runs it (the kernel): pages, and nothing else. Guest addresses are
// JavaScript numbers here: user addresses have 47 bits, and anything outside faults before it matters.

import type { CodeSource } from "./cache/code_store.ts";

import { EXTENT_ADDEND, EXTENT_LENGTH } from "./cpu.ts";
import {
  I32,
  LISTED_WINDOWS,
  SCRATCH_PAGE,
  WINDOW_BYTES,
  WINDOW_COUNT,
  WINDOW_LIST,
  WINDOWS,
} from "./ram.ts";

export type Access = 0 | 1 | 2;
export const READ = 0, WRITE = 1, EXEC = 2;

export interface Env {
  /**
   * Makes the page that holds guest address `va` present for `access` in the address space of CPU state `c`, enters it
   * in the TLB, and returns the physical address of its first byte. Throws the {@link fault} when the guest
   * may not do that. A frame with FRAME_CODE gets no write tag, but is still returned for WRITE.
   */
  page(c: number, va: number, access: Access): number;
  /** `frame` starts to hold translated code: no TLB may keep a write tag for it. FRAME_CODE is already set. */
  codeAdded(frame: number): void;
  /** Windows miss often, since extents (cpu.ts) are many: the address space of CPU state `c` may make them fewer. */
  crowded?(c: number): void;
  /** The file that the code at `va` comes from, when its bytes are still the file's: names where translations are kept. */
  codeSource?(va: number): CodeSource | undefined;
}

/**
 * `changed` counts what takes a right away from a page that is present, or gives it another frame: whoever keeps a translation while it may call
 * {@link Env.page} compares. Entering a new page does not count.
 */
export const translations: { readonly changed: number } = { changed: 0 };

/** Halves of the address that stands for no page: not canonical, low word as of the scratch page. */
export const NO_PAGE: { readonly lo: number; readonly hi: number } = {
  lo: SCRATCH_PAGE,
  hi: 0xa55a5aa5 | 0,
};
/** Words of the first window: how many windows were filled (those at WINDOW_LIST, while there is room); how often windows may still miss before somebody looks (wasm/window_misses.ts). */
export const WINDOWS_USED = 5, MISSES_LEFT = 7;
/** Length of a window without a page: as much as comparisons may take off (EXTENT_MARGIN, wasm/spans.ts). */
const NO_LENGTH = 2048;

/** The window at I32 index `at` has no page. */
function emptyWindow(at: number): void {
  I32[at] = NO_PAGE.lo;
  I32[at + 1] = NO_PAGE.hi;
  I32[at + EXTENT_LENGTH / 4] = NO_LENGTH;
  I32[at + EXTENT_LENGTH / 4 + 1] = I32[at + EXTENT_ADDEND / 4] = 0;
}
function emptyWindows(): void {
  for (let n = 0; n < WINDOW_COUNT; n++) emptyWindow((WINDOWS + n * WINDOW_BYTES) / 4);
}
emptyWindows();

/** The environment says so, also when another address space gets the CPU. */
export function translationsChanged(): void {
  (translations as { changed: number }).changed++;
  const used = I32[WINDOWS / 4 + WINDOWS_USED]!;
  if (used === 0) return;
  I32[WINDOWS / 4 + WINDOWS_USED] = 0;
  if (used > LISTED_WINDOWS) emptyWindows();
  else for (let i = 0; i < used; i++) emptyWindow(I32[WINDOW_LIST / 4 + i]! / 4);
}

let lastStamp = 0;
/**
 * A number for the executable pages of an address space as they are. It gets a new one when one of them goes or gets another frame, so code that was
 * found in place once is in place as long as the number in the CPU state (EXEC_STAMP) is the same. Never 0, which says that code is not in place.
 */
export function newStamp(): number {
  return lastStamp = (lastStamp + 1 | 0) || 1;
}

/** Exception vectors (SDM vol. 3, table 6-1). */
export const VECTOR_DE = 0, VECTOR_DB = 1, VECTOR_BP = 3, VECTOR_OF = 4, VECTOR_BR = 5, VECTOR_UD = 6;
export const VECTOR_NP = 11, VECTOR_SS = 12, VECTOR_GP = 13, VECTOR_PF = 14, VECTOR_MF = 16, VECTOR_AC = 17;
export const VECTOR_XM = 19;
/** Page-fault error code bits: present (a protection violation), write, user, instruction fetch. */
export const PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_FETCH = 16;

/** The one fault object: thrown by guest accesses and instructions, caught by {@link Executor.run}. Never allocated anew. */
export class GuestFault {
  vector = 0;
  errorCode = 0;
  /** Faulting address as the guest sees it (CR2), 0 where the vector has none. Addresses of the kernel's half are negative. */
  address = 0;
  /** When the environment already knows the signal (SIGBUS past the end of a file): number and si_code; else 0. */
  signal = 0;
  siCode = 0;
  /** A #GP because of a non-canonical address (the dispatcher makes it #SS where it must be). */
  nonCanonical = false;
}
export const fault: GuestFault = new GuestFault();

/** Throws the fault. RIP of the CPU state must already name the instruction at fault. */
export function raise(vector: number, errorCode = 0, address = 0, signal = 0, siCode = 0): never {
  fault.vector = vector;
  fault.errorCode = errorCode;
  fault.address = address;
  fault.signal = signal;
  fault.siCode = siCode;
  fault.nonCanonical = false;
  throw fault;
}

/** Throws #GP for a non-canonical address. */
export function raiseNonCanonical(): never {
  fault.vector = VECTOR_GP;
  fault.errorCode =
    fault.address =
    fault.signal =
    fault.siCode =
      0;
  fault.nonCanonical = true;
  throw fault;
}

/** Why {@link Executor.run} came back. RIP and all registers are stored. */
export type Exit = 0 | 1 | 2;
/** A `syscall` instruction; RIP is behind it, RCX and R11 are set. */
export const EXIT_SYSCALL = 0;
/** The budget ran out, or {@link Executor.requestExit} was called. */
export const EXIT_BUDGET = 1;
/** {@link fault} says what; RIP is as the CPU would push it. */
export const EXIT_FAULT = 2;

/** The translator as the kernel sees it (made by `translator/dispatch.ts`). */
export interface Executor {
  /** Runs guest code of CPU state `c` for about `budget` blocks. */
  run(c: number, budget: number): Exit;
  /** The bytes of `frame` change or the frame is freed: drop what was translated from it (clears FRAME_CODE). */
  invalidateFrame(frame: number): void;
  /** RFLAGS of a CPU state as the guest would see it with PUSHF (lazy flags made real). */
  readFlags(c: number): number;
  /** Sets RFLAGS of a CPU state (for sigreturn, execve). */
  writeFlags(c: number, rflags: number): void;
}
