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

/** Bytes of the state in a signal frame. */
export function frameStateBytes(c: number): number {
  return hasAvx(levelOf(c)) ? area.length : FXSAVE_BYTES;
}

/** The state for a signal frame; the array is reused by the next call. */
export function saveFrameState(c: number): Uint8Array {
  const legacy = saveFpState(c);
  if (!hasAvx(levelOf(c))) return legacy;
  area.fill(0);
  area.set(legacy);
  marks.setUint32(SOFTWARE, MAGIC1, true);
  marks.setUint32(SOFTWARE + 4, area.length, true);
  marks.setUint32(SOFTWARE + 8, XCR0, true);
  marks.setUint32(SOFTWARE + 16, XSAVE_BYTES, true);
  marks.setUint32(FXSAVE_BYTES, XCR0, true); // XSTATE_BV
  for (let i = 0; i < 16; i++) {
    const upper = (c + 2 * xmmSlot(i) + 4) << 2;
    area.set(U8.subarray(upper, upper + 16), XSAVE_AVX + 16 * i);
  }
  marks.setUint32(XSAVE_BYTES, MAGIC2, true);
  return area;
}

/**
 * Loads the state of a frame; `read` gives bytes of it, from an offset. False when it makes no sense. Without the marks, or with others,
 * it is FXSAVE's alone (check_xstate_in_sigframe() of arch/x86).
 */
export function restoreFrameState(c: number, read: (offset: number, count: number) => Uint8Array): boolean {
  const legacy = read(0, FXSAVE_BYTES).slice(), view = new DataView(legacy.buffer);
  const avx = hasAvx(levelOf(c));
  if (avx) U8.fill(0, (c + 2 * xmmSlot(0)) << 2, (c + 2 * xmmSlot(16)) << 2);
  const size = view.getUint32(SOFTWARE + 16, true);
  if (
    !avx || view.getUint32(SOFTWARE, true) !== MAGIC1 || size !== XSAVE_BYTES ||
    view.getUint32(SOFTWARE + 4, true) < size
  ) return restoreFpState(c, legacy);
  const magic2 = read(size, 4).slice();
  if (new DataView(magic2.buffer).getUint32(0, true) !== MAGIC2) return restoreFpState(c, legacy);
  const parts = view.getUint32(SOFTWARE + 8, true) & XCR0;
  resetFloatingPoint(c);
  return restoreXsave(c, read(0, XSAVE_BYTES).slice(), parts);
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
