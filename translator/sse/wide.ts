// What do AVX's and AVX2's own permutations and shifts compute?
//
// Addresses are physical bytes of 16-byte registers, or of 32-byte ones where it says so; they may be the same.

import { I32, U32 } from "../ram.ts";

const words = new Int32Array(8);
function put(d: number, count = 4): void {
  for (let i = 0; i < count; i++) I32[(d >> 2) + i] = words[i]!;
}

/** Lanes of d chosen by the lanes of s (VPERMILPS, VPERMILPD). */
export function permil32(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = I32[(d >> 2) + (I32[(s >> 2) + i] & 3)];
  put(d);
}
export function permil64(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = I32[(d >> 2) + (I32[(s >> 2) + (i & 2)] & 2) + (i & 1)];
  put(d);
}
/** 32 bytes: 32-bit lanes of s chosen by those of x (VPERMD, VPERMPS). */
export function permute32(d: number, x: number, s: number): void {
  for (let i = 0; i < 8; i++) words[i] = I32[(s >> 2) + (I32[(x >> 2) + i] & 7)];
  put(d, 8);
}

// Shifts of each lane of d by its own count in s.
export function psllvd(d: number, s: number): void {
  for (let i = 0; i < 4; i++) {
    const n = U32[(s >> 2) + i];
    words[i] = n > 31 ? 0 : I32[(d >> 2) + i] << n;
  }
  put(d);
}
export function psrlvd(d: number, s: number): void {
  for (let i = 0; i < 4; i++) {
    const n = U32[(s >> 2) + i];
    words[i] = n > 31 ? 0 : I32[(d >> 2) + i] >>> n;
  }
  put(d);
}
export function psravd(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = I32[(d >> 2) + i] >> Math.min(31, U32[(s >> 2) + i]);
  put(d);
}
function shift64(d: number, s: number, shift: (lo: number, hi: number, n: number, at: number) => void): void {
  for (let i = 0; i < 4; i += 2) {
    const y = (s >> 2) + i, n = I32[y + 1] !== 0 || U32[y] > 63 ? 64 : I32[y];
    if (n === 64) words[i] = words[i + 1] = 0;
    else shift(I32[(d >> 2) + i], I32[(d >> 2) + i + 1], n, i);
  }
  put(d);
}
export function psllvq(d: number, s: number): void {
  shift64(d, s, (lo, hi, n, at) => {
    words[at] = n > 31 ? 0 : lo << n;
    words[at + 1] = n > 31 ? lo << n - 32 : n === 0 ? hi : hi << n | lo >>> 32 - n;
  });
}
export function psrlvq(d: number, s: number): void {
  shift64(d, s, (lo, hi, n, at) => {
    words[at + 1] = n > 31 ? 0 : hi >>> n;
    words[at] = n > 31 ? hi >>> n - 32 : n === 0 ? lo : lo >>> n | hi << 32 - n;
  });
}
