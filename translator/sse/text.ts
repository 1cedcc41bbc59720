// What do PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM find? (SDM vol. 2, section 4.1)
//
// Two strings of up to 16 bytes or 8 words; the immediate says what is compared (bits 0-1: signs and size), how (2-3), what
// becomes of the bits (4-5), and which end or kind of mask is the answer (6).

import { FLAG_B, FLAGS, RAX, RCX, RDX, xmmSlot } from "../cpu.ts";
import { EXPLICIT } from "../ir/flags.ts";
import { I16, I32, I8, U16, U8 } from "../ram.ts";

const EQUAL_ANY = 0, RANGES = 1, EQUAL_EACH = 2;
const CF = 1, ZF = 0x40, SF = 0x80, OF = 0x800;

/** Elements of the string at `a` up to a zero. */
function implicitLength(a: number, n: number): number {
  const count = n & 1 ? 8 : 16;
  for (let i = 0; i < count; i++) if ((n & 1 ? U16[(a >> 1) + i] : U8[a + i]) === 0) return i;
  return count;
}
/** Length from a register: its magnitude, at most all elements. */
function explicitLength(c: number, slot: number, wide: boolean, n: number): number {
  const count = n & 1 ? 8 : 16, lo = I32[c + 2 * slot], hi = wide ? I32[c + 2 * slot + 1] : lo >> 31;
  const length = Math.abs(hi * 0x1_0000_0000 + (lo >>> 0));
  return length > count ? count : length;
}

function element(a: number, i: number, n: number): number {
  switch (n & 3) {
    case 0:
      return U8[a + i];
    case 1:
      return U16[(a >> 1) + i];
    case 2:
      return I8[a + i];
    default:
      return I16[(a >> 1) + i];
  }
}

/** Bits of the elements of `s` for which the comparison with the string at `d` holds, and the flags. */
function compare(c: number, d: number, s: number, lengthD: number, lengthS: number, n: number): number {
  const count = n & 1 ? 8 : 16, mode = n >> 2 & 3;
  let bits = 0;
  for (let i = 0; i < count; i++) if (holds(mode, d, s, i, lengthD, lengthS, n)) bits |= 1 << i;
  // Negative polarity: of all elements, or (masked) of the valid ones.
  if (n & 0x10) bits ^= n & 0x20 ? (1 << lengthS) - 1 : (1 << count) - 1;
  I32[c + 2 * FLAGS] = EXPLICIT;
  I32[c + 2 * FLAG_B] = (bits !== 0 ? CF : 0) | (lengthS < count ? ZF : 0) | (lengthD < count ? SF : 0) |
    (bits & 1 ? OF : 0);
  return bits;
}

function holds(
  mode: number,
  d: number,
  s: number,
  i: number,
  lengthD: number,
  lengthS: number,
  n: number,
): boolean {
  const v = element(s, i, n);
  if (mode === EQUAL_ANY) {
    if (i >= lengthS) return false;
    for (let k = 0; k < lengthD; k++) if (element(d, k, n) === v) return true;
    return false;
  }
  if (mode === RANGES) {
    if (i >= lengthS) return false;
    for (let k = 0; k + 1 < lengthD; k += 2) {
      if (element(d, k, n) <= v && v <= element(d, k + 1, n)) return true;
    }
    return false;
  }
  if (mode === EQUAL_EACH) {
    if (i >= lengthD || i >= lengthS) return i >= lengthD && i >= lengthS;
    return element(d, i, n) === v;
  }
  // Equal ordered: the string at d begins at element i, as far as there are elements.
  const count = n & 1 ? 8 : 16;
  for (let k = 0; k < lengthD && i + k < count; k++) {
    if (i + k >= lengthS || element(d, k, n) !== element(s, i + k, n)) return false;
  }
  return true;
}

/** RCX = number of the lowest or highest bit, or of elements. */
function index(c: number, bits: number, n: number): void {
  I32[c + 2 * RCX] = bits === 0
    ? n & 1 ? 8 : 16
    : n & 0x40
    ? 31 - Math.clz32(bits)
    : 31 - Math.clz32(bits & -bits);
  I32[c + 2 * RCX + 1] = 0;
}
/** XMM0 = the bits, or elements of all ones. */
function mask(c: number, bits: number, n: number): void {
  const x = (c + 2 * xmmSlot(0)) << 2;
  for (let i = 0; i < 4; i++) I32[(x >> 2) + i] = 0;
  if ((n & 0x40) === 0) I32[x >> 2] = bits;
  else if (n & 1) { for (let i = 0; i < 8; i++) U16[(x >> 1) + i] = bits >> i & 1 ? 0xffff : 0; }
  else for (let i = 0; i < 16; i++) U8[x + i] = bits >> i & 1 ? 0xff : 0;
}

const at = (c: number, slot: number) => (c + 2 * slot) << 2;
function implicitBits(c: number, d: number, s: number, n: number): number {
  return compare(c, at(c, d), at(c, s), implicitLength(at(c, d), n), implicitLength(at(c, s), n), n);
}
function explicitBits(c: number, d: number, s: number, n: number, wide: number): number {
  const first = explicitLength(c, RAX, wide !== 0, n), second = explicitLength(c, RDX, wide !== 0, n);
  return compare(c, at(c, d), at(c, s), first, second, n);
}

// The instructions; `d` and `s` are slots.
export function pcmpistri(c: number, d: number, s: number, n: number): void {
  index(c, implicitBits(c, d, s, n), n);
}
export function pcmpistrm(c: number, d: number, s: number, n: number): void {
  mask(c, implicitBits(c, d, s, n), n);
}
export function pcmpestri(c: number, d: number, s: number, n: number, wide: number): void {
  index(c, explicitBits(c, d, s, n, wide), n);
}
export function pcmpestrm(c: number, d: number, s: number, n: number, wide: number): void {
  mask(c, explicitBits(c, d, s, n, wide), n);
}
