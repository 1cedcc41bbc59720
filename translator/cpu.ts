// Where each part of a guest CPU's state lives in physical memory, and the layout of the TLBs.
//
// A CPU state is CPU_BYTES long, 64-byte aligned, and named by `c`: the index of its first int32 in `I32`
// (byte address >>> 2). It is divided into 8-byte slots; slot `s` has its low half at I32[c + 2 * s], its high
// half at I32[c + 2 * s + 1], and is I64[(c >> 1) + s] or F64[(c >> 1) + s] as a whole.

/** General registers occupy slots 0–15 in the encoding's order. */
export const RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7;
export const R8 = 8, R9 = 9, R10 = 10, R11 = 11, R12 = 12, R13 = 13, R14 = 14, R15 = 15;
export const RIP = 16;
/** Low word: kind of the lazy flags (see ir/flags.ts). High word: the bits of RFLAGS outside the six status flags (DF, TF, AC, ID …). */
export const FLAGS = 17;
/** Operands of the lazy flags. */
export const FLAG_A = 18, FLAG_B = 19, FLAG_R = 20;
/** What CF and OF follow from where that is none of the others: the operand of a shift, the result of a rotate. */
export const FLAG_C = 57;
/** The kind (low word) and operands of flags whose CF outlives them (ir/flags.ts, SAVED). */
export const SAVED_FLAGS = 58, SAVED_A = 59, SAVED_B = 60, SAVED_R = 61, SAVED_C = 62;
export const FS_BASE = 21, GS_BASE = 22;
/** Low word: I32 index of the data TLB. High word: I32 index of the exec TLB. Both belong to the address space. */
export const TLB = 23;
/** Low word: MXCSR. High word: the level of the instruction set that CPUID presents (cpuid.ts). */
export const MXCSR = 24;
/** Low word: x87 control word. High word: status word (TOP in bits 11–13). */
export const FPU_CONTROL = 25;
/** Low word: abridged tag word (bit i set: physical register i is in use, as in FXSAVE). High word: last opcode. */
export const FPU_TAG = 26;
export const FPU_IP = 27, FPU_DP = 28;
/** Until control goes back to the dispatcher, which sets it: regions that may still be entered (low word), times that loops in them go round (high word). */
export const CHAIN = 29;
/** For threaded code. Low word: blocks until it returns to the dispatcher. High word: node where it left (threaded/node.ts), 0 when a region did. */
export const QUOTA = 30;
/** Low word: address of the operation where it left, or the result of the region. */
export const LEFT_AT = 31;
/** Eight 16-byte slots pairs, physical x87 registers R0–R7: 64-bit significand, then sign and exponent in the low 16 bits. */
export const FPU_REGS = 32;
/** Words 0, 3, 4 and 5: the selectors of ES, DS, FS and GS. */
export const SEGMENTS = 48;
/** Low word: which state of the executable pages of its address space this is (env.ts). */
export const EXEC_STAMP = 56;
/** Sixteen 32-byte YMM registers (4 slots each); XMM i is the low half, slots YMM + 4 * i and + 1. */
export const YMM = 64;
/** Temporaries of one block. */
export const TEMPS = 128, TEMP_COUNT = 64;
/** Where slow paths put together data that crosses a page. */
export const BOUNCE = 192;
export const CPU_BYTES = 2048;

/** Slot of XMM register `i`. */
export function xmmSlot(i: number): number {
  return YMM + 4 * i;
}

// Data TLB: direct-mapped by the page number's low bits. Entry: 8 words
//   0 read tag low, 1 read tag high, 2 write tag low, 3 write tag high, 4 addend, 5 unused, 6 and 7 see below
// A tag is the page's address (low 12 bits zero); an access of `size` bytes at `va` hits when
// tag == (va + size - 1) & ~0xfff, taken from the entry of va's page: so page crossers miss.
// The physical address is (low word of va + addend) | 0.
export const TLB_ENTRIES = 4096, TLB_ENTRY_WORDS = 8;
export const TLB_READ = 0, TLB_WRITE = 2, TLB_ADDEND = 4;
/**
 * With the tag, an entry gets the physical address of the record of an extent: a run of pages that all may be read (written) and have one addend. 0:
 * the page lies in none. Whether the record still covers the page has to be looked at, for extents grow, shrink and merge.
 */
export const TLB_READ_EXTENT = 6, TLB_WRITE_EXTENT = 7;
// Record, as of a window (wasm/places.ts): 8 words, of which bytes
//   0–7 address of the first page, 8–15 the run's length in bytes less EXTENT_MARGIN, 16–19 addend
/** Accesses of up to a byte more need not look whether they cross the end: the address less the first is below the length given. */
export const EXTENT_WORDS = 8, EXTENT_MARGIN = 7;
export const EXTENT_LENGTH = 8, EXTENT_ADDEND = 16;
// Exec TLB: entry of 4 words: 0 tag low, 1 tag high, 2 addend.
export const XTLB_ENTRIES = 4096, XTLB_ENTRY_WORDS = 4;
export const XTLB_TAG = 0, XTLB_ADDEND = 2;
/** A low tag word that no address can produce. */
export const TLB_INVALID = 1;
/** Both TLBs of an address space lie together: the data TLB, then the exec TLB, then the records of its extents (those in use, and empty ones). */
export const TLB_BYTES = TLB_ENTRIES * TLB_ENTRY_WORDS * 4;
export const XTLB_BYTES = XTLB_ENTRIES * XTLB_ENTRY_WORDS * 4;
export const EXTENTS = 64, EXTENTS_BYTES = EXTENTS * EXTENT_WORDS * 4;
export const READABLE_EXTENTS = TLB_BYTES + XTLB_BYTES, WRITABLE_EXTENTS = READABLE_EXTENTS + EXTENTS_BYTES;

// RFLAGS bits.
export const CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, TF = 0x100, DF = 0x400, OF = 0x800;
export const STATUS_FLAGS = CF | PF | AF | ZF | SF | OF;
