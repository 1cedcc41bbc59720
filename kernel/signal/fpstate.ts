// The floating-point state in a signal frame: the image of FXSAVE (translator/x87/fxsave.ts); where the processor has AVX, as an XSAVE
// area, with Linux's marks on it (struct _fpx_sw_bytes of arch/x86): without them, the frame has FXSAVE's state only.

import { FPU_CONTROL, MXCSR, xmmSlot } from "../../translator/cpu.ts";
import { hasAvx, levelOf, XCR0, XSAVE_AVX, XSAVE_BYTES } from "../../translator/cpuid.ts";
import { restoreXsave } from "../../translator/helpers/xsave.ts";
import { I32, U16, U8 } from "../../translator/ram.ts";
import {
  FXSAVE_BYTES,
  readFxsave,
  resetFloatingPoint,
  validFxsave,
  writeFxsave,
} from "../../translator/x87/fxsave.ts";

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

// Linux's marks: in the FXSAVE image's last bytes, and behind the area.
const SOFTWARE = 464, MAGIC1 = 0x46505853, MAGIC2 = 0x46505845;
const area = new Uint8Array(XSAVE_BYTES + 4), marks = new DataView(area.buffer);
const areaWords = new Int32Array(area.buffer);
/** A frame's state that is being loaded. */
const frame = new Uint8Array(XSAVE_BYTES + 4), frameView = new DataView(frame.buffer);

/** Bytes of the state in a signal frame. */
export function frameStateBytes(c: number): number {
  return hasAvx(levelOf(c)) ? area.length : FXSAVE_BYTES;
}

/** The state for a signal frame; the array is reused by the next call. */
export function saveFrameState(c: number): Uint8Array {
  const legacy = saveFpState(c);
  if (!hasAvx(levelOf(c))) return legacy;
  area.set(legacy);
  marks.setUint32(SOFTWARE, MAGIC1, true);
  marks.setUint32(SOFTWARE + 4, area.length, true);
  marks.setUint32(SOFTWARE + 8, XCR0, true);
  marks.setUint32(SOFTWARE + 16, XSAVE_BYTES, true);
  marks.setUint32(FXSAVE_BYTES, XCR0, true); // XSTATE_BV
  for (let i = 0; i < 16; i++) {
    const upper = c + 2 * xmmSlot(i) + 4, to = XSAVE_AVX / 4 + 4 * i;
    for (let k = 0; k < 4; k++) areaWords[to + k] = I32[upper + k]!;
  }
  marks.setUint32(XSAVE_BYTES, MAGIC2, true);
  return area;
}

/**
 * Loads the state of a frame; `read` gives bytes of it, from an offset. False when it makes no sense. Without the marks, or with others,
 * it is FXSAVE's alone (check_xstate_in_sigframe() of arch/x86).
 */
export function restoreFrameState(c: number, read: (offset: number, count: number) => Uint8Array): boolean {
  frame.set(read(0, FXSAVE_BYTES));
  const avx = hasAvx(levelOf(c));
  if (!avx || !isExtended(read)) {
    if (avx) U8.fill(0, (c + 2 * xmmSlot(0)) << 2, (c + 2 * xmmSlot(16)) << 2);
    return restoreFpState(c, frame);
  }
  const parts = frameView.getUint32(SOFTWARE + 8, true) & XCR0;
  if (parts !== XCR0) resetFloatingPoint(c);
  return restoreXsave(c, frame, parts);
}

/** Whether the state whose first bytes are in `frame` has the marks of an XSAVE area; then all of it is there. */
function isExtended(read: (offset: number, count: number) => Uint8Array): boolean {
  const size = frameView.getUint32(SOFTWARE + 16, true);
  if (
    frameView.getUint32(SOFTWARE, true) !== MAGIC1 || size !== XSAVE_BYTES ||
    frameView.getUint32(SOFTWARE + 4, true) < size
  ) return false;
  frame.set(read(FXSAVE_BYTES, frame.length - FXSAVE_BYTES), FXSAVE_BYTES);
  return frameView.getUint32(XSAVE_BYTES, true) === MAGIC2;
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
