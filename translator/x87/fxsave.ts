// How does floating-point state look in memory? The 512-byte image of FXSAVE (SDM vol. 1, table 10-2), in its 64-bit form; also
// the legacy region of XSAVE and of Linux signal frames.

import { FPU_CONTROL, FPU_DP, FPU_IP, FPU_REGS, FPU_TAG, MXCSR, xmmSlot } from "../cpu.ts";
import { I32, U8 } from "../ram.ts";
import { setControlWord, setStatus } from "./control.ts";

export const FXSAVE_BYTES = 512;
/** MXCSR bits that may be set: everything up to FTZ. */
export const MXCSR_MASK = 0xffff;

function put32(bytes: Uint8Array, at: number, v: number): void {
  bytes[at] = v;
  bytes[at + 1] = v >>> 8;
  bytes[at + 2] = v >>> 16;
  bytes[at + 3] = v >>> 24;
}

function get32(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Writes the image of CPU state `c` at `offset`. The last 96 bytes (reserved, or for software) are left as they are. */
export function writeFxsave(c: number, bytes: Uint8Array, offset: number): void {
  const control = 2 * FPU_CONTROL, status = I32[c + control + 1], top = (status >>> 11) & 7;
  put32(bytes, offset, (I32[c + control] & 0xffff) | (status << 16));
  put32(bytes, offset + 4, (I32[c + 2 * FPU_TAG] & 0xff) | (I32[c + 2 * FPU_TAG + 1] << 16));
  for (let i = 0; i < 2; i++) {
    put32(bytes, offset + 8 + 4 * i, I32[c + 2 * FPU_IP + i]);
    put32(bytes, offset + 16 + 4 * i, I32[c + 2 * FPU_DP + i]);
  }
  put32(bytes, offset + 24, I32[c + 2 * MXCSR]);
  put32(bytes, offset + 28, MXCSR_MASK);
  for (let i = 0; i < 8; i++) {
    const r = (c + 2 * (FPU_REGS + 2 * ((top + i) & 7))) << 2, to = offset + 32 + 16 * i;
    for (let k = 0; k < 10; k++) bytes[to + k] = U8[r + k];
    bytes.fill(0, to + 10, to + 16);
  }
  for (let i = 0; i < 16; i++) {
    const x = (c + 2 * xmmSlot(i)) << 2, to = offset + 160 + 16 * i;
    for (let k = 0; k < 16; k++) bytes[to + k] = U8[x + k];
  }
}

/** Loads the image at `offset`; reserved MXCSR bits are ignored (FXRSTOR itself checks them before, see {@link validFxsave}). */
export function readFxsave(c: number, bytes: Uint8Array, offset: number): void {
  const words = get32(bytes, offset), tags = get32(bytes, offset + 4);
  setControlWord(c, words & 0xffff);
  setStatus(c, words >>> 16);
  const top = (words >>> 27) & 7;
  I32[c + 2 * FPU_TAG] = tags & 0xff;
  I32[c + 2 * FPU_TAG + 1] = (tags >>> 16) & 0x7ff;
  for (let i = 0; i < 2; i++) {
    I32[c + 2 * FPU_IP + i] = get32(bytes, offset + 8 + 4 * i);
    I32[c + 2 * FPU_DP + i] = get32(bytes, offset + 16 + 4 * i);
  }
  I32[c + 2 * MXCSR] = get32(bytes, offset + 24) & MXCSR_MASK;
  for (let i = 0; i < 8; i++) {
    const r = c + 2 * (FPU_REGS + 2 * ((top + i) & 7)), from = offset + 32 + 16 * i;
    I32[r] = get32(bytes, from);
    I32[r + 1] = get32(bytes, from + 4);
    I32[r + 2] = get32(bytes, from + 8) & 0xffff;
    I32[r + 3] = 0;
  }
  for (let i = 0; i < 16; i++) {
    const x = c + 2 * xmmSlot(i), from = offset + 160 + 16 * i;
    for (let k = 0; k < 4; k++) I32[x + k] = get32(bytes, from + 4 * k);
  }
}

/** Whether FXRSTOR would accept the image's MXCSR. */
export function validFxsave(bytes: Uint8Array, offset: number): boolean {
  return (get32(bytes, offset + 24) & ~MXCSR_MASK) === 0;
}

/** Floating-point state of a new program (as after FNINIT and with MXCSR's default). */
export function resetFloatingPoint(c: number): void {
  setControlWord(c, 0x37f);
  setStatus(c, 0);
  I32.fill(0, c + 2 * FPU_TAG, c + 2 * (FPU_DP + 1));
  I32.fill(0, c + 2 * FPU_REGS, c + 2 * (FPU_REGS + 16));
  I32.fill(0, c + 2 * xmmSlot(0), c + 2 * xmmSlot(16));
  I32[c + 2 * MXCSR] = 0x1f80;
}
