// XSAVE and XRSTOR in the standard format (SDM vol. 1, chapter 13): FXSAVE's image, a header, the upper halves of the YMM registers.
//
// RIP is set already. What may be in its initial state is saved as if it were not.

import { BOUNCE, MXCSR, RAX, YMM } from "../cpu.ts";
import { XCR0, XSAVE_AVX, XSAVE_AVX_BYTES, XSAVE_BYTES } from "../cpuid.ts";
import { type Access, raise, READ, VECTOR_GP, WRITE } from "../env.ts";
import { I32, U8 } from "../ram.ts";
import { linear, readAddress, type Runtime } from "../runtime.ts";
import { FXSAVE_BYTES, MXCSR_MASK, readFxsave, writeFxsave } from "../x87/fxsave.ts";

export const X87 = 1, SSE = 2, AVX = 4;
/** Places in the area: x87 registers, MXCSR and its mask, x87 registers, XMM registers, header, its end. */
const X87_REGISTERS = 32, MXCSR_AT = 24, XMM_REGISTERS = 160, RESERVED = 416, HEADER = 512, HEADER_BYTES = 64;

/** Guest address of an area: what is not aligned is #GP, wherever it is. */
function areaAt(lo: number, hi: number, access: Access): number {
  if (lo % 64 !== 0) raise(VECTOR_GP);
  return linear(lo, hi, access);
}

/** The components that EDX:EAX asks for. */
const requested = (c: number) => I32[c + 2 * RAX] & XCR0;

/** Copies the upper halves of the YMM registers to (or from) `at`, in pieces of 16 bytes. */
function upperHalves(c: number, at: number, store: boolean): void {
  for (let i = 0; i < 16; i++) {
    const register = (c + 2 * (YMM + 4 * i + 2)) << 2;
    if (store) U8.copyWithin(at + 16 * i, register, register + 16);
    else U8.copyWithin(register, at + 16 * i, at + 16 * i + 16);
  }
}

export function xsave(H: Runtime, c: number, lo: number, hi: number, wide: number): void {
  const va = areaAt(lo, hi, WRITE), parts = requested(c), bounce = (c << 2) + 8 * BOUNCE;
  H.writable(c, va);
  if (va % 4096 + XSAVE_BYTES > 4096) H.writable(c, va - va % 4096 + 4096);
  const header = readAddress(H.env, c, va + HEADER, 8), saved = U8[header] & ~parts | parts;
  writeFxsave(c, U8, bounce);
  // Without REX.W the pointers have 32 bits and a selector, which is not kept.
  if (wide === 0) I32[bounce + 12 >> 2] = I32[bounce + 20 >> 2] = 0;
  const put = (from: number, to: number) => H.writeBytes(c, va + from, bounce + from, to - from);
  if (parts & X87) {
    put(0, MXCSR_AT);
    put(X87_REGISTERS, XMM_REGISTERS);
  }
  if (parts & (SSE | AVX)) put(MXCSR_AT, X87_REGISTERS);
  if (parts & SSE) put(XMM_REGISTERS, RESERVED);
  U8[bounce] = saved;
  H.writeBytes(c, va + HEADER, bounce, 1);
  if (parts & AVX) {
    upperHalves(c, bounce, true);
    H.writeBytes(c, va + XSAVE_AVX, bounce, XSAVE_AVX_BYTES);
  }
}

const image = new Uint8Array(XSAVE_BYTES), initial = new Uint8Array(FXSAVE_BYTES);

export function xrstor(H: Runtime, c: number, lo: number, hi: number, _wide: number): void {
  const va = areaAt(lo, hi, READ), parts = requested(c);
  for (let at = 0; at < XSAVE_BYTES; at += 64) {
    const p = readAddress(H.env, c, va + at, 64);
    image.set(U8.subarray(p, p + 64), at);
  }
  if (!restoreXsave(c, image, parts)) raise(VECTOR_GP);
}

/** Loads `parts` from an XSAVE image; false (and nothing is loaded) when XRSTOR would fault. */
export function restoreXsave(c: number, bytes: Uint8Array, parts: number): boolean {
  // Compacted, unknown components, reserved bits of the header or MXCSR.
  for (let i = 1; i < HEADER_BYTES; i++) if (i < 24 && bytes[HEADER + i] !== 0) return false;
  const present = bytes[HEADER]!,
    mxcsr = new DataView(bytes.buffer, bytes.byteOffset).getInt32(MXCSR_AT, true);
  if (present & ~XCR0) return false;
  if (parts & (SSE | AVX) && (mxcsr & ~MXCSR_MASK) !== 0) return false;
  if (parts === XCR0 && present === XCR0) {
    readFxsave(c, bytes, 0);
    upperHalvesFrom(c, bytes);
    return true;
  }
  // An image of what is to be: from the area, initial, or as it is.
  writeFxsave(c, initial, 0);
  const next = initial.slice();
  const take = (part: number, from: number, to: number) => {
    if ((parts & part) === 0) return;
    if (present & part) next.set(bytes.subarray(from, to), from);
    else next.fill(0, from, to);
  };
  take(X87, 0, MXCSR_AT);
  take(X87, X87_REGISTERS, XMM_REGISTERS);
  if (parts & X87 && (present & X87) === 0) next.set([0x7f, 3], 0);
  take(SSE, XMM_REGISTERS, RESERVED);
  readFxsave(c, next, 0);
  if (parts & (SSE | AVX)) I32[c + 2 * MXCSR] = mxcsr;
  if ((parts & AVX) === 0) return true;
  upperHalvesFrom(c, present & AVX ? bytes : undefined);
  return true;
}

/** The upper halves of the YMM registers from an XSAVE image, or 0. */
function upperHalvesFrom(c: number, bytes: Uint8Array | undefined): void {
  for (let i = 0; i < 16; i++) {
    const register = (c + 2 * (YMM + 4 * i + 2)) << 2, from = XSAVE_AVX + 16 * i;
    for (let k = 0; k < 16; k++) U8[register + k] = bytes === undefined ? 0 : bytes[from + k]!;
  }
}
