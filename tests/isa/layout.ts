// Where does everything lie in a test program, and in the record of one case?
//
// A program is an image of five segments at fixed distances from a base: low (base 0, so that 32-bit addresses
// and absolute displacements reach it) or high (as position-independent programs lie). A record holds the state
// a case starts from; the program replaces it by the state it ends with and writes all records out at the end.

export interface Layout {
  base: number;
  high: boolean;
}
export const LOW: Layout = { base: 0, high: false };
export const HIGH: Layout = { base: 0x5a3c_0000_0000, high: true };

// Offsets from the base.
export const RUNNER = 0x0040_0000;
export const SNIPPETS = 0x0041_0000;
/** Variables of the runner, its stack and the signal stack. */
export const DATA = 0x2000_0000, DATA_BYTES = 0x2_0000;
/** Two writable pages between unmapped ones; then a read-only page. */
export const SCRATCH = 0x3000_0000, SCRATCH_PAGES = 2;
export const READ_ONLY = 0x3000_4000;
/** An address, not an offset: where no 32-bit address of a case gone astray leads. */
export const RECORDS = 0x2b00_0000_0000;

/** The windows of the scratch pages that records carry: around the page boundary, and up to the unmapped page. */
export const WINDOW_BYTES = 512;
export const WINDOW_A = SCRATCH + 0x1000 - WINDOW_BYTES / 2;
export const WINDOW_B = SCRATCH + 0x2000 - WINDOW_BYTES;
export const MIDDLE = SCRATCH + 0x1000;
export const EDGE = SCRATCH + 0x2000;

// Segment bases: memory operands with FS or GS reach the scratch pages with these subtracted.
export const FS_DISTANCE = 0x1234_5000, GS_DISTANCE = 0x0222_2000;

// Fields of a record (bytes).
export const R_GPR = 0,
  R_FLAGS = 128,
  R_CODE = 136,
  R_SIGNO = 144,
  R_SICODE = 152,
  R_SIADDR = 160,
  R_RIP = 168;
export const R_TRAP = 176, R_ERROR = 184, R_WINDOWS = 192;
export const R_END_INT = R_WINDOWS + 2 * WINDOW_BYTES;
/** With floating point: XMM0–15, MXCSR, and the 108-byte image of FNSAVE. */
export const R_XMM = R_END_INT, R_MXCSR = R_XMM + 256, R_X87 = R_MXCSR + 16;
export const R_END_FP = R_X87 + 112;
/** With AVX: the upper halves of YMM0–15. */
export const R_UPPER = R_END_FP, R_END_AVX = R_UPPER + 256;

/** What a record holds: general registers, floating point as well, upper halves of the YMM registers as well. */
export type Kind = "int" | "fp" | "avx";
export function recordBytes(kind: Kind): number {
  return kind === "int" ? R_END_INT : kind === "fp" ? R_END_FP : R_END_AVX;
}

/** Writes a 64-bit number below 2^53 (or a small negative one). */
export function put64(view: DataView, offset: number, value: number): void {
  view.setInt32(offset, value | 0, true);
  view.setInt32(offset + 4, Math.floor(value / 0x1_0000_0000) | 0, true);
}
