// AES, SHA, carry-less products and CRC-32C (FIPS 197; FIPS 180-4; SDM vol. 2, "CRC32")
//
// `d` and `s` are physical byte addresses of 16-byte registers, which may be the same.

import { I32, U8 } from "../ram.ts";

const words = new Int32Array(4), bytes = new Uint8Array(words.buffer);
function put(d: number): void {
  for (let i = 0; i < 4; i++) I32[(d >> 2) + i] = words[i]!;
}

// --- AES -----------------------------------------------------------------------------------------------------

/** Product in GF(2^8). */
function gf(a: number, b: number): number {
  let out = 0;
  for (; b > 0; b >>= 1) {
    if (b & 1) out ^= a;
    a = a << 1 ^ (a & 0x80 ? 0x11b : 0);
  }
  return out;
}
/** Substitutions of AES and of its inverse. */
export const SBOX: Uint8Array<ArrayBuffer> = new Uint8Array(256);
export const INVERSE: Uint8Array<ArrayBuffer> = new Uint8Array(256);
// 3 generates the field's multiplicative group.
const powers = new Uint8Array(255), logarithms = new Uint8Array(256);
for (let i = 0, power = 1; i < 255; i++, power = gf(power, 3)) {
  powers[i] = power;
  logarithms[power] = i;
}
for (let i = 0; i < 256; i++) {
  const inverse = i === 0 ? 0 : powers[(255 - logarithms[i]!) % 255]!;
  let v = inverse;
  for (let k = 1; k < 5; k++) v ^= (inverse << k | inverse >> (8 - k)) & 255;
  SBOX[i] = v ^ 0x63;
  INVERSE[v ^ 0x63] = i;
}
const times = (n: number) => Uint8Array.from({ length: 256 }, (_, i) => gf(i, n));
const BY = { 2: times(2), 3: times(3), 9: times(9), 11: times(11), 13: times(13), 14: times(14) } as const;

/** `bytes` = the state at `d`, rows shifted by `step` columns for each row, through `box`. */
function substitute(d: number, box: Uint8Array, step: number): void {
  for (let i = 0; i < 16; i++) bytes[i] = box[U8[d + (i + 4 * step * (i & 3) & 15)]!]!;
}
function mixColumns(): void {
  for (let i = 0; i < 16; i += 4) {
    const a = bytes[i]!, b = bytes[i + 1]!, c = bytes[i + 2]!, e = bytes[i + 3]!;
    bytes[i] = BY[2][a]! ^ BY[3][b]! ^ c ^ e;
    bytes[i + 1] = a ^ BY[2][b]! ^ BY[3][c]! ^ e;
    bytes[i + 2] = a ^ b ^ BY[2][c]! ^ BY[3][e]!;
    bytes[i + 3] = BY[3][a]! ^ b ^ c ^ BY[2][e]!;
  }
}
function unmixColumns(): void {
  for (let i = 0; i < 16; i += 4) {
    const a = bytes[i]!, b = bytes[i + 1]!, c = bytes[i + 2]!, e = bytes[i + 3]!;
    bytes[i] = BY[14][a]! ^ BY[11][b]! ^ BY[13][c]! ^ BY[9][e]!;
    bytes[i + 1] = BY[9][a]! ^ BY[14][b]! ^ BY[11][c]! ^ BY[13][e]!;
    bytes[i + 2] = BY[13][a]! ^ BY[9][b]! ^ BY[14][c]! ^ BY[11][e]!;
    bytes[i + 3] = BY[11][a]! ^ BY[13][b]! ^ BY[9][c]! ^ BY[14][e]!;
  }
}
function addKey(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i]! ^= I32[(s >> 2) + i];
  put(d);
}
export function aesenc(d: number, s: number): void {
  substitute(d, SBOX, 1);
  mixColumns();
  addKey(d, s);
}
export function aesenclast(d: number, s: number): void {
  substitute(d, SBOX, 1);
  addKey(d, s);
}
export function aesdec(d: number, s: number): void {
  substitute(d, INVERSE, -1);
  unmixColumns();
  addKey(d, s);
}
export function aesdeclast(d: number, s: number): void {
  substitute(d, INVERSE, -1);
  addKey(d, s);
}
export function aesimc(d: number, s: number): void {
  for (let i = 0; i < 4; i++) words[i] = I32[(s >> 2) + i];
  unmixColumns();
  put(d);
}
export function aeskeygenassist(d: number, s: number, n: number): void {
  for (const [from, to] of [[4, 0], [12, 8]] as const) {
    for (let i = 0; i < 4; i++) bytes[to + i] = SBOX[U8[s + from + i]!]!;
    words[to / 4 + 1] = (words[to / 4]! >>> 8 | words[to / 4]! << 24) ^ n;
  }
  put(d);
}

// --- Carry-less product --------------------------------------------------------------------------------------

/** Of one 64-bit half of d and one of s, by bits 0 and 4 of n. */
export function pclmulqdq(d: number, s: number, n: number): void {
  const x = (d >> 2) + (n & 1 ? 2 : 0), y = (s >> 2) + (n & 16 ? 2 : 0);
  const al = I32[x], ah = I32[x + 1];
  words.fill(0);
  for (let k = 0; k < 64; k++) {
    if ((I32[y + (k >> 5)] >>> (k & 31) & 1) === 0) continue;
    const w = k >> 5, b = k & 31;
    words[w]! ^= al << b;
    words[w + 1]! ^= b === 0 ? ah : ah << b | al >>> 32 - b;
    if (b !== 0) words[w + 2]! ^= ah >>> 32 - b;
  }
  put(d);
}

// --- SHA -----------------------------------------------------------------------------------------------------

const rol = (v: number, n: number) => v << n | v >>> 32 - n;
const ror = (v: number, n: number) => v >>> n | v << 32 - n;
const SHA1_K = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc | 0, 0xca62c1d6 | 0];

/** Four rounds of SHA-1: A B C D in the words of d from the top, W + E (then W) in those of s. */
export function sha1rnds4(d: number, s: number, n: number): void {
  const x = d >> 2, y = s >> 2, k = n & 3;
  let a = I32[x + 3], b = I32[x + 2], c = I32[x + 1], e = I32[x], next = 0;
  for (let i = 0; i < 4; i++) {
    const f = k === 0 ? b & c ^ ~b & e : k === 2 ? b & c ^ b & e ^ c & e : b ^ c ^ e;
    const t = f + rol(a, 5) + I32[y + 3 - i] + next + SHA1_K[k]! | 0;
    next = e;
    e = c;
    c = rol(b, 30);
    b = a;
    a = t;
  }
  words[3] = a;
  words[2] = b;
  words[1] = c;
  words[0] = e;
  put(d);
}
export function sha1nexte(d: number, s: number): void {
  const e = rol(I32[(d >> 2) + 3], 30);
  for (let i = 0; i < 4; i++) words[i] = I32[(s >> 2) + i];
  words[3] = words[3]! + e;
  put(d);
}
export function sha1msg1(d: number, s: number): void {
  const x = d >> 2, y = s >> 2;
  words[3] = I32[x + 1] ^ I32[x + 3];
  words[2] = I32[x] ^ I32[x + 2];
  words[1] = I32[y + 3] ^ I32[x + 1];
  words[0] = I32[y + 2] ^ I32[x];
  put(d);
}
export function sha1msg2(d: number, s: number): void {
  const x = d >> 2, y = s >> 2;
  words[3] = rol(I32[x + 3] ^ I32[y + 2], 1);
  words[2] = rol(I32[x + 2] ^ I32[y + 1], 1);
  words[1] = rol(I32[x + 1] ^ I32[y], 1);
  words[0] = rol(I32[x] ^ words[3]!, 1);
  put(d);
}

/** Two rounds of SHA-256: C D G H in d, A B E F in s, W + K in the low half of the register at `w`. */
export function sha256rnds2(d: number, s: number, w: number): void {
  const x = d >> 2, y = s >> 2;
  let a = I32[y + 3], b = I32[y + 2], c = I32[x + 3], e = I32[x + 2];
  let f = I32[y + 1], g = I32[y], h = I32[x + 1], i = I32[x];
  for (let k = 0; k < 2; k++) {
    const t = (f & g ^ ~f & h) + (ror(f, 6) ^ ror(f, 11) ^ ror(f, 25)) + I32[(w >> 2) + k] + i | 0;
    const u = (a & b ^ a & c ^ b & c) + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) | 0;
    i = h;
    h = g;
    g = f;
    f = e + t | 0;
    e = c;
    c = b;
    b = a;
    a = t + u | 0;
  }
  words[3] = a;
  words[2] = b;
  words[1] = f;
  words[0] = g;
  put(d);
}
const sigma0 = (v: number) => ror(v, 7) ^ ror(v, 18) ^ v >>> 3;
const sigma1 = (v: number) => ror(v, 17) ^ ror(v, 19) ^ v >>> 10;
export function sha256msg1(d: number, s: number): void {
  for (let i = 0; i < 4; i++) {
    words[i] = I32[(d >> 2) + i] + sigma0(i < 3 ? I32[(d >> 2) + i + 1] : I32[s >> 2]);
  }
  put(d);
}
export function sha256msg2(d: number, s: number): void {
  const x = d >> 2, y = s >> 2;
  words[0] = I32[x] + sigma1(I32[y + 2]);
  words[1] = I32[x + 1] + sigma1(I32[y + 3]);
  words[2] = I32[x + 2] + sigma1(words[0]!);
  words[3] = I32[x + 3] + sigma1(words[1]!);
  put(d);
}

// --- CRC-32C -------------------------------------------------------------------------------------------------

/** The sums of single bytes. */
export const CRC: Int32Array = Int32Array.from({ length: 256 }, (_, i) => {
  for (let k = 0; k < 8; k++) i = i & 1 ? i >>> 1 ^ 0x82f63b78 : i >>> 1;
  return i;
});
/** The low `count` (1–4) bytes of v, and with 8 those of `high` behind them. */
export function crc32(crc: number, v: number, high: number, count: number): number {
  for (let i = 0; i < count; i++) {
    crc = crc >>> 8 ^ CRC[(crc ^ (i < 4 ? v >>> 8 * i : high >>> 8 * i - 32)) & 255]!;
  }
  return crc | 0;
}
