// The floating-point state in signal frames, and what the kernel asks of it: the image of FXSAVE
// (translator/x87/fxsave.ts).

import { FPU_CONTROL, MXCSR } from "../../translator/cpu.ts";
import { I32, U16 } from "../../translator/ram.ts";
import { FXSAVE_BYTES, readFxsave, validFxsave, writeFxsave } from "../../translator/x87/fxsave.ts";

export { FXSAVE_BYTES, resetFloatingPoint as resetFpState } from "../../translator/x87/fxsave.ts";

const bytes = new Uint8Array(FXSAVE_BYTES);

/** The floating-point state of CPU `c` as FXSAVE64 would store it; the array is reused by the next call. */
export function saveFpState(c: number): Uint8Array {
  writeFxsave(c, bytes, 0);
  return bytes;
}

/** Loads the state from an FXSAVE image; false when FXRSTOR would fault (reserved bits of MXCSR). */
export function restoreFpState(c: number, image: Uint8Array): boolean {
  if (!validFxsave(image, 0)) return false;
  readFxsave(c, image, 0);
  return true;
}

/** Status word, as #MF's si_code needs it, without unmasked-out exceptions. */
export function unmaskedX87(c: number): number {
  const control = U16[(c + 2 * FPU_CONTROL) << 1];
  return I32[c + 2 * FPU_CONTROL + 1] & ~control & 0x3f;
}

export function unmaskedSse(c: number): number {
  const mxcsr = I32[c + 2 * MXCSR];
  return mxcsr & ~(mxcsr >>> 7) & 0x3f;
}
