// What do the packed integer instructions of SSSE3 and SSE4 compute?
//
// `d` and `s` are physical byte addresses of 16-byte registers, which may be the same; `n` is the immediate. Lanes are worked out
// in `words` before any is written.

import { I16, I32, I8, U16, U32, U8 } from "../ram.ts";

const words = new Int32Array(4);
const I = { 1: new Int8Array(words.buffer), 2: new Int16Array(words.buffer), 4: words } as const;
const U = { 1: new Uint8Array(words.buffer), 2: new Uint16Array(words.buffer) } as const;

function put(d: number): void {
  for (let i = 0; i < 4; i++) I32[(d >> 2) + i] = words[i]!;
}

const saturate16 = (v: number) => v < -32768 ? -32768 : v > 32767 ? 32767 : v;

export function pshufb(d: number, s: number): void {
  for (let i = 0; i < 16; i++) U[1][i] = U8[s + i] & 0x80 ? 0 : U8[d + (U8[s + i] & 15)];
  put(d);
}

/** The same for MMX registers, whose indices have three bits. */
export function pshufb64(d: number, s: number): void {
  for (let i = 0; i < 8; i++) U[1][i] = U8[s + i] & 0x80 ? 0 : U8[d + (U8[s + i] & 7)];
  put(d);
}

/** The bytes of s, then d, from byte n on (PALIGNR). */
export function palignr(d: number, s: number, n: number): void {
  for (let i = 0; i < 16; i++) {
    const k = i + n;
    U[1][i] = k < 16 ? U8[s + k] : k < 32 ? U8[d + k - 16] : 0;
  }
  put(d);
}
/** The same for MMX registers. */
export function palignr64(d: number, s: number, n: number): void {
  for (let i = 0; i < 8; i++) {
    const k = i + n;
    U[1][i] = k < 8 ? U8[s + k] : k < 16 ? U8[d + k - 8] : 0;
  }
  put(d);
}

// Neighbours of d, then of s, added or subtracted.
function horizontal16(d: number, s: number, sign: number, saturating: boolean): void {
  for (let i = 0; i < 8; i++) {
    const k = i < 4 ? (d >> 1) + 2 * i : (s >> 1) + 2 * (i - 4);
    const v = I16[k] + sign * I16[k + 1];
    I[2][i] = saturating ? saturate16(v) : v;
  }
  put(d);
}
function horizontal32(d: number, s: number, sign: number): void {
  for (let i = 0; i < 4; i++) {
    const k = i < 2 ? (d >> 2) + 2 * i : (s >> 2) + 2 * (i - 2);
    words[i] = I32[k] + sign * I32[k + 1];
  }
  put(d);
}
export function phaddw(d: number, s: number): void {
  horizontal16(d, s, 1, false);
}
export function phaddsw(d: number, s: number): void {
  horizontal16(d, s, 1, true);
}
export function phaddd(d: number, s: number): void {
  horizontal32(d, s, 1);
}
export function phsubw(d: number, s: number): void {
  horizontal16(d, s, -1, false);
}
export function phsubsw(d: number, s: number): void {
  horizontal16(d, s, -1, true);
}
export function phsubd(d: number, s: number): void {
  horizontal32(d, s, -1);
}

/** Unsigned bytes of d times signed bytes of s, neighbours added with saturation. */
export function pmaddubsw(d: number, s: number): void {
  for (let i = 0; i < 8; i++) {
    I[2][i] = saturate16(U8[d + 2 * i] * I8[s + 2 * i] + U8[d + 2 * i + 1] * I8[s + 2 * i + 1]);
  }
  put(d);
}
export function pmulhrsw(d: number, s: number): void {
  for (let i = 0; i < 8; i++) I[2][i] = (Math.imul(I16[(d >> 1) + i], I16[(s >> 1) + i]) >> 14) + 1 >> 1;
  put(d);
}

const signed = (v: number, by: number) => by < 0 ? -v : by === 0 ? 0 : v;
export function psignb(d: number, s: number): void {
  for (let i = 0; i < 16; i++) I[1][i] = signed(I8[d + i], I8[s + i]);
  put(d);
}
export function psignw(d: number, s: number): void {
  for (let i = 0; i < 8; i++) I[2][i] = signed(I16[(d >> 1) + i], I16[(s >> 1) + i]);
  put(d);
}
export function psignd(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = signed(I32[(d >> 2) + i], I32[(s >> 2) + i]);
  put(d);
}
export function pabsb(d: number, s: number): void {
  for (let i = 0; i < 16; i++) I[1][i] = Math.abs(I8[s + i]);
  put(d);
}
export function pabsw(d: number, s: number): void {
  for (let i = 0; i < 8; i++) I[2][i] = Math.abs(I16[(s >> 1) + i]);
  put(d);
}
export function pabsd(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = Math.abs(I32[(s >> 2) + i]);
  put(d);
}

export function packusdw(d: number, s: number): void {
  for (let i = 0; i < 8; i++) {
    const v = I32[i < 4 ? (d >> 2) + i : (s >> 2) + i - 4];
    U[2][i] = v < 0 ? 0 : v > 65535 ? 65535 : v;
  }
  put(d);
}
export function pmulld(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = Math.imul(I32[(d >> 2) + i], I32[(s >> 2) + i]);
  put(d);
}
/** Signed products of the even 32-bit lanes. */
export function pmuldq(d: number, s: number): void {
  for (let i = 0; i < 4; i += 2) {
    const a = I32[(d >> 2) + i], b = I32[(s >> 2) + i];
    words[i] = Math.imul(a, b);
    // High half of the unsigned product, less what the signs contribute.
    const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
    const middle = al * bh + ah * bl + (Math.imul(al, bl) >>> 16);
    words[i + 1] = ah * bh + Math.floor(middle / 65536) - (a < 0 ? b : 0) - (b < 0 ? a : 0);
  }
  put(d);
}
export function pcmpeqq(d: number, s: number): void {
  for (let i = 0; i < 4; i += 2) {
    const x = (d >> 2) + i, y = (s >> 2) + i;
    words[i] = words[i + 1] = I32[x] === I32[y] && I32[x + 1] === I32[y + 1] ? -1 : 0;
  }
  put(d);
}
export function pcmpgtq(d: number, s: number): void {
  for (let i = 0; i < 4; i += 2) {
    const x = (d >> 2) + i, y = (s >> 2) + i, h = I32[x + 1], k = I32[y + 1];
    words[i] = words[i + 1] = h > k || h === k && U32[x] > U32[y] ? -1 : 0;
  }
  put(d);
}

/** The least 16-bit lane of s and its number. */
export function phminposuw(d: number, s: number): void {
  let least = 0x10000, at = 0;
  for (let i = 0; i < 8; i++) {
    if (U16[(s >> 1) + i] < least) {
      least = U16[(s >> 1) + i];
      at = i;
    }
  }
  words[0] = least | at << 16;
  words[1] = words[2] = words[3] = 0;
  put(d);
}

/** Sums of absolute differences: four bytes of s, chosen by n, against eight places in d. */
export function mpsadbw(d: number, s: number, n: number): void {
  const from = d + (n & 4), block = s + 4 * (n & 3);
  for (let i = 0; i < 8; i++) {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += Math.abs(U8[from + i + k] - U8[block + k]);
    U[2][i] = sum;
  }
  put(d);
}

// Blends: lanes of s replace those of d.
export function blend16(d: number, s: number, n: number): void {
  for (let i = 0; i < 8; i++) if (n >> i & 1) U16[(d >> 1) + i] = U16[(s >> 1) + i];
}
export function blend32(d: number, s: number, n: number): void {
  for (let i = 0; i < 4; i++) if (n >> i & 1) I32[(d >> 2) + i] = I32[(s >> 2) + i];
}
export function blendSigns32(d: number, s: number, mask: number): void {
  for (let i = 0; i < 4; i++) words[i] = I32[((I32[(mask >> 2) + i] < 0 ? s : d) >> 2) + i];
  put(d);
}
export function blendSigns64(d: number, s: number, mask: number): void {
  for (let i = 0; i < 4; i++) words[i] = I32[((I32[(mask >> 2) + (i | 1)] < 0 ? s : d) >> 2) + i];
  put(d);
}

// Lanes of s widened to twice, four or eight times their size, from byte n of s on.
function widen(d: number, from: (i: number) => number, bits: number): void {
  const count = 128 / bits;
  for (let i = 0; i < count; i++) {
    const v = from(i);
    if (bits === 16) I[2][i] = v;
    else if (bits === 32) words[i] = v;
    else {
      words[2 * i] = v;
      words[2 * i + 1] = v < 0 ? -1 : 0;
    }
  }
  put(d);
}
export function signed8to16(d: number, s: number, n: number): void {
  widen(d, (i) => I8[s + n + i], 16);
}
export function signed8to32(d: number, s: number, n: number): void {
  widen(d, (i) => I8[s + n + i], 32);
}
export function signed8to64(d: number, s: number, n: number): void {
  widen(d, (i) => I8[s + n + i], 64);
}
export function signed16to32(d: number, s: number, n: number): void {
  widen(d, (i) => I16[(s + n >> 1) + i], 32);
}
export function signed16to64(d: number, s: number, n: number): void {
  widen(d, (i) => I16[(s + n >> 1) + i], 64);
}
export function signed32to64(d: number, s: number, n: number): void {
  widen(d, (i) => I32[(s + n >> 2) + i], 64);
}
export function unsigned8to16(d: number, s: number, n: number): void {
  widen(d, (i) => U8[s + n + i], 16);
}
export function unsigned8to32(d: number, s: number, n: number): void {
  widen(d, (i) => U8[s + n + i], 32);
}
export function unsigned8to64(d: number, s: number, n: number): void {
  widen(d, (i) => U8[s + n + i], 64);
}
export function unsigned16to32(d: number, s: number, n: number): void {
  widen(d, (i) => U16[(s + n >> 1) + i], 32);
}
export function unsigned16to64(d: number, s: number, n: number): void {
  widen(d, (i) => U16[(s + n >> 1) + i], 64);
}
export function unsigned32to64(d: number, s: number, n: number): void {
  widen(d, (i) => U32[(s + n >> 2) + i], 64);
}

const ZF = 0x40, CF = 1;
/** ZF: no bit of s AND d; CF: no bit of s AND NOT d; of the bits that `mask` (even words) and `maskHigh` (odd ones) name. */
export function testBits(d: number, s: number, count: number, mask: number, maskHigh: number): number {
  let and = 0, andNot = 0;
  for (let i = 0; i < count; i++) {
    const m = i & 1 ? maskHigh : mask, v = I32[(s >> 2) + i] & m, w = I32[(d >> 2) + i];
    and |= v & w;
    andNot |= v & ~w;
  }
  return (and === 0 ? ZF : 0) | (andNot === 0 ? CF : 0);
}
