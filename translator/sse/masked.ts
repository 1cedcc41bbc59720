// VMASKMOV, VPMASKMOV and the gathers of AVX2: memory lane by lane, only where a mask says so (SDM vol. 2)
//
// RIP is set already. Registers are given as slots. What is masked off is not looked at.

import { READ, WRITE } from "../env.ts";
import { I32, U8 } from "../ram.ts";
import { linear, readAddress, type Runtime } from "../runtime.ts";

const scratch = new Int32Array(8);

/** Guest address `offset` (signed) bytes from `lo`, `hi`. */
function at(lo: number, hi: number, offset: number, access: typeof READ | typeof WRITE): number {
  const sum = (lo >>> 0) + offset, low = sum | 0;
  return linear(low, hi + Math.floor(sum / 0x1_0000_0000) | 0, access);
}

/** Whether lane `i` of `size` bytes of the mask that begins at word `m` has its top bit set. */
const chosen = (m: number, i: number, size: number) => I32[m + (size === 8 ? 2 * i + 1 : i)] < 0;

/** `bytes` bytes of slot `d` = lanes of `size` bytes at the address, or 0. */
export function maskLoad(
  H: Runtime,
  c: number,
  lo: number,
  hi: number,
  d: number,
  m: number,
  size: number,
  bytes: number,
): void {
  const words = size >> 2, mask = c + 2 * m;
  for (let i = 0; i < bytes / size; i++) {
    const p = chosen(mask, i, size) ? readAddress(H.env, c, at(lo, hi, i * size, READ), size) : -1;
    for (let w = 0; w < words; w++) scratch[i * words + w] = p < 0 ? 0 : word(p + 4 * w);
  }
  for (let w = 0; w < bytes >> 2; w++) I32[c + 2 * d + w] = scratch[w]!;
}
const word = (p: number) => U8[p] | U8[p + 1] << 8 | U8[p + 2] << 16 | U8[p + 3] << 24;

/** Stores the lanes of slot `s`; nothing is written before all of it can be. */
export function maskStore(
  H: Runtime,
  c: number,
  lo: number,
  hi: number,
  s: number,
  m: number,
  size: number,
  bytes: number,
): void {
  const mask = c + 2 * m, from = c + 2 * s << 2;
  for (let i = 0; i < bytes / size; i++) {
    if (!chosen(mask, i, size)) continue;
    const va = at(lo, hi, i * size, WRITE);
    H.writable(c, va);
    if (va % 4096 + size > 4096) H.writable(c, va - va % 4096 + 4096);
  }
  for (let i = 0; i < bytes / size; i++) {
    if (chosen(mask, i, size)) H.writeBytes(c, at(lo, hi, i * size, WRITE), from + i * size, size);
  }
}

/** Sizes of a gather's parts in one number. */
export interface GatherShape {
  readonly element: 4 | 8;
  readonly index: 4 | 8;
  readonly lanes: number;
  /** Logarithm. */
  readonly scale: number;
  /** Addresses have 32 bits; then, slot of a segment base that comes on top, else -1. */
  readonly narrow: boolean;
  readonly segment: number;
}
export function packShape({ element, index, lanes, scale, narrow, segment }: GatherShape): number {
  return element | index << 4 | lanes << 8 | scale << 12 | (narrow ? 1 << 16 | segment + 1 << 17 : 0);
}

/** What a shape is made of, unless its addresses have 32 bits. */
export function unpackShape(
  shape: number,
): Pick<GatherShape, "element" | "index" | "lanes" | "scale"> | undefined {
  if (shape >> 16 !== 0) return undefined;
  const element = (shape & 15) as 4 | 8, index = (shape >> 4 & 15) as 4 | 8;
  return { element, index, lanes: shape >> 8 & 15, scale: shape >> 12 & 3 };
}

/** Guest address `low` in the segment whose base is in slot `segment - 1`; 0: none. */
function inSegment(c: number, segment: number, low: number): number {
  if (segment === 0) return low;
  const base = c + 2 * (segment - 1), sum = (I32[base] >>> 0) + low;
  return linear(sum | 0, I32[base + 1] + (sum > 0xffff_ffff ? 1 : 0) | 0, READ);
}

/**
 * Lanes of slot `d` that the mask in slot `m` chooses are loaded from the address plus lane of slot `x`, scaled. Each is done, and its mask
 * cleared, before the next is looked at: so after a fault the instruction goes on where it was.
 */
export function gather(
  H: Runtime,
  c: number,
  lo: number,
  hi: number,
  d: number,
  x: number,
  m: number,
  shape: number,
): void {
  const element = shape & 15, index = shape >> 4 & 15, lanes = shape >> 8 & 15, scale = shape >> 12 & 3;
  const mask = c + 2 * m, words = element >> 2, to = c + 2 * d, narrow = (shape >> 16 & 1) !== 0;
  for (let i = 0; i < lanes; i++) {
    if (chosen(mask, i, element)) {
      const k = c + 2 * x + (index === 8 ? 2 * i : i),
        low = I32[k],
        high = index === 8 ? I32[k + 1] : low >> 31;
      const scaled = scale === 0 ? high : high << scale | low >>> 32 - scale;
      const al = (lo >>> 0) + ((low << scale) >>> 0), ah = hi + scaled + (al > 0xffff_ffff ? 1 : 0) | 0;
      const va = narrow ? inSegment(c, shape >> 17, al >>> 0) : linear(al | 0, ah, READ);
      const p = readAddress(H.env, c, va, element);
      for (let w = 0; w < words; w++) I32[to + words * i + w] = word(p + 4 * w);
    }
    for (let w = 0; w < words; w++) I32[mask + words * i + w] = 0;
  }
  I32.fill(0, mask, mask + 8);
  I32.fill(0, to + words * lanes, to + 8);
}
