// What do the packed integer instructions compute that are more than one expression a lane?
//
// `d` and `s` are physical byte addresses of 16-byte registers, which may be the same.

import { I16, I32, U16, U32, U8 } from "../ram.ts";

const words = new Int32Array(4), shorts = new Int16Array(words.buffer), bytes = new Uint8Array(words.buffer);

function put(d: number): void {
  for (let i = 0; i < 4; i++) I32[(d >> 2) + i] = words[i]!;
}

export function pmaddwd(d: number, s: number): void {
  const x = d >> 1, y = s >> 1;
  for (let i = 0; i < 4; i++) {
    words[i] = Math.imul(I16[x + 2 * i], I16[y + 2 * i]) + Math.imul(I16[x + 2 * i + 1], I16[y + 2 * i + 1]);
  }
  put(d);
}

export function psadbw(d: number, s: number): void {
  for (let half = 0; half < 2; half++) {
    let sum = 0;
    for (let i = 8 * half; i < 8 * half + 8; i++) sum += Math.abs(U8[d + i] - U8[s + i]);
    words[2 * half] = sum;
    words[2 * half + 1] = 0;
  }
  put(d);
}

export function pmuludq(d: number, s: number): void {
  for (let i = 0; i < 4; i += 2) {
    const a = U32[(d >> 2) + i], b = U32[(s >> 2) + i];
    const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
    const low = Math.imul(al, bl) >>> 0, mid = ah * bl + al * bh + (low >>> 16);
    words[i] = (low & 0xffff) | (mid << 16);
    words[i + 1] = ah * bh + Math.floor(mid / 65536);
  }
  put(d);
}

export function packsswb(d: number, s: number): void {
  for (let i = 0; i < 16; i++) {
    const v = I16[i < 8 ? (d >> 1) + i : (s >> 1) + i - 8];
    bytes[i] = v < -128 ? -128 : v > 127 ? 127 : v;
  }
  put(d);
}

export function packuswb(d: number, s: number): void {
  for (let i = 0; i < 16; i++) {
    const v = I16[i < 8 ? (d >> 1) + i : (s >> 1) + i - 8];
    bytes[i] = v < 0 ? 0 : v > 255 ? 255 : v;
  }
  put(d);
}

export function packssdw(d: number, s: number): void {
  for (let i = 0; i < 8; i++) {
    const v = I32[i < 4 ? (d >> 2) + i : (s >> 2) + i - 4];
    shorts[i] = v < -32768 ? -32768 : v > 32767 ? 32767 : v;
  }
  put(d);
}

/** The shift count in the low 64 bits at `s`, at most 64. */
function count(s: number): number {
  return I32[(s >> 2) + 1] !== 0 || U32[s >> 2] > 64 ? 64 : I32[s >> 2];
}

// Shifts by a register: counts past the lane's width give 0 or copies of the sign.
export function psllw(d: number, s: number): void {
  const n = count(s);
  for (let i = 0; i < 8; i++) U16[(d >> 1) + i] = n > 15 ? 0 : U16[(d >> 1) + i] << n;
}
export function psrlw(d: number, s: number): void {
  const n = count(s);
  for (let i = 0; i < 8; i++) U16[(d >> 1) + i] = n > 15 ? 0 : U16[(d >> 1) + i] >>> n;
}
export function psraw(d: number, s: number): void {
  const n = Math.min(15, count(s));
  for (let i = 0; i < 8; i++) I16[(d >> 1) + i] = I16[(d >> 1) + i] >> n;
}
export function pslld(d: number, s: number): void {
  const n = count(s);
  for (let i = 0; i < 4; i++) I32[(d >> 2) + i] = n > 31 ? 0 : I32[(d >> 2) + i] << n;
}
export function psrld(d: number, s: number): void {
  const n = count(s);
  for (let i = 0; i < 4; i++) I32[(d >> 2) + i] = n > 31 ? 0 : I32[(d >> 2) + i] >>> n;
}
export function psrad(d: number, s: number): void {
  const n = Math.min(31, count(s));
  for (let i = 0; i < 4; i++) I32[(d >> 2) + i] = I32[(d >> 2) + i] >> n;
}
export function psllq(d: number, s: number): void {
  const n = count(s);
  for (let i = d >> 2; i < (d >> 2) + 4; i += 2) {
    const lo = I32[i], hi = I32[i + 1];
    if (n === 0) continue;
    I32[i] = n > 31 ? 0 : lo << n;
    I32[i + 1] = n > 63 ? 0 : n > 31 ? lo << (n - 32) : (hi << n) | (lo >>> (32 - n));
  }
}
export function psrlq(d: number, s: number): void {
  const n = count(s);
  for (let i = d >> 2; i < (d >> 2) + 4; i += 2) {
    const lo = I32[i], hi = I32[i + 1];
    if (n === 0) continue;
    I32[i + 1] = n > 31 ? 0 : hi >>> n;
    I32[i] = n > 63 ? 0 : n > 31 ? hi >>> (n - 32) : (lo >>> n) | (hi << (32 - n));
  }
}

/** Bytes of `s` replace those of `d` where the mask at `mask` has its top bit set (MASKMOVDQU). */
export function maskedBytes(d: number, s: number, mask: number): void {
  for (let i = 0; i < 16; i++) if ((U8[mask + i] & 0x80) !== 0) U8[d + i] = U8[s + i];
}
