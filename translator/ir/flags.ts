// Lazy status flags: an instruction leaves its operands, and whoever needs a flag works it out.
//
// The lowest byte of the kind word (low word of slot FLAGS) is class << 2 | log2(operand bytes):
//   EXPLICIT  FLAG_B holds the six bits as in RFLAGS
//   ADD, SUB  of FLAG_A and FLAG_B            (8- and 16-bit operands are stored zero-extended)
//   LOGIC     CF = OF = AF = 0, rest from FLAG_R (zero-extended)
//   RESULT    ZF SF PF from FLAG_R; CF, OF, AF in FLAG_B as in RFLAGS
//   MUL       of FLAG_A and FLAG_B, 4 or 8 bytes: CF = OF = whether the signed product does not fit, the others are 0 (undefined on the CPU)
// AF after LOGIC is undefined on the CPU; real ones clear it, so do we.
//
// The bits above, if any (carryKind), say that CF and OF follow from FLAG_C instead: what shifts and rotates do to them. A rotate changes these two only
// and leaves the lowest byte as it is. INC and DEC keep CF: it is bit 0 of FLAG_C then; or, where nobody knows what kind of flags there were, these have been
// put aside as they were, and CF is that of them. Who leaves new flags replaces the whole word.

import {
  AF,
  CF,
  FLAG_A,
  FLAG_B,
  FLAG_C,
  FLAG_R,
  FLAGS,
  OF,
  PF,
  SAVED_A,
  SAVED_B,
  SAVED_C,
  SAVED_FLAGS,
  SAVED_R,
  SF,
  STATUS_FLAGS,
  ZF,
} from "../cpu.ts";
import { I32 } from "../ram.ts";

export const EXPLICIT = 0;
export const ADD = 4, SUB = 8, LOGIC = 12, RESULT = 16, MUL = 20;
export const UNKNOWN = -1;

/** kind of class `k` for operands of `size` bytes. */
export function kindOf(k: number, size: number): number {
  return k | (size === 1 ? 0 : size === 2 ? 1 : size === 4 ? 2 : 3);
}

/** Bits of the kind word that tell of the flags but CF and OF. */
export const RECORD = 0xff;
// Where CF and OF come from: bits 8–10 of the kind word. Bits 11–12: log2 of the operand's bytes. From bit 16 on: the count of a shift.
export const ROL = 1, ROR = 2, SHL = 3, SHR = 4, SAR = 5, KEPT = 6, SAVED = 7;
export const CARRY_SHIFT = 8, CARRY_SIZE_SHIFT = 11, COUNT_SHIFT = 16;

/** The bits of the kind word above RECORD. FLAG_C has the operand of a shift (SAR: sign-extended to 64 bits), the result of a rotate. */
export function carryKind(from: number, size: number, count = 0): number {
  return from << CARRY_SHIFT | kindOf(0, size) << CARRY_SIZE_SHIFT | count << COUNT_SHIFT;
}

/** Whether CF is that of the flags that have been put aside. */
export function isSaved(kind: number): boolean {
  return kind > RECORD && (kind >> CARRY_SHIFT & 7) === SAVED;
}

/** The kind that a reader of `reads` may be told where kinds are to be small: those without the bits above RECORD. */
export function smallKind(kind: number, reads: number): number {
  if (kind === UNKNOWN || (kind & RECORD & ~3) === MUL) return UNKNOWN;
  if (kind <= RECORD) return kind;
  return (reads & (CF | OF)) === 0 ? kind & RECORD : UNKNOWN;
}

/** Condition codes as encoded in Jcc: O NO B NB E NE BE NBE S NS P NP L NL LE NLE. */
export const COND_O = 0,
  COND_B = 2,
  COND_E = 4,
  COND_BE = 6,
  COND_S = 8,
  COND_P = 10,
  COND_L = 12,
  COND_LE = 14;
const COND_READS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, ZF | SF | OF];
/** Flags that condition `cc` depends on. */
export function conditionReads(cc: number): number {
  return COND_READS[cc >> 1]!;
}

const A = `I32[c+${2 * FLAG_A}]`, AH = `I32[c+${2 * FLAG_A + 1}]`;
const B = `I32[c+${2 * FLAG_B}]`, BH = `I32[c+${2 * FLAG_B + 1}]`;
const R = `I32[c+${2 * FLAG_R}]`, RH = `I32[c+${2 * FLAG_R + 1}]`;
const KIND = `I32[c+${2 * FLAGS}]`;

/** Statements that leave lazy flags. Operands are JavaScript expressions (low, high); high halves only for 8-byte sizes. `carry`: as of carryKind(). */
export function setFlags(
  k: number,
  size: number,
  first: [string, string],
  second?: [string, string],
  carry = 0,
): string {
  const wide = size === 8;
  let out = `${KIND}=${kindOf(k, size) | carry};`;
  if (k === LOGIC) return out + `${R}=${first[0]};` + (wide ? `${RH}=${first[1]};` : "");
  if (k === RESULT) {
    out += `${R}=${first[0]};` + (wide ? `${RH}=${first[1]};` : "");
    return out + `${B}=${second![0]};`;
  }
  out += `${A}=${first[0]};${B}=${second![0]};`;
  return wide ? out + `${AH}=${first[1]};${BH}=${second![1]};` : out;
}

const lessU64 = `((${AH}>>>0)<(${BH}>>>0)||${AH}===${BH}&&(${A}>>>0)<(${B}>>>0))`;
const lessS64 = `(${AH}<${BH}||${AH}===${BH}&&(${A}>>>0)<(${B}>>>0))`;
const diffHigh = `(${AH}-${BH}-((${A}>>>0)<(${B}>>>0)?1:0)|0)`;
const sumHigh = `(${AH}+${BH}+(((${A}+${B})>>>0)<(${A}>>>0)?1:0)|0)`;

/** JavaScript expression (boolean) for condition `cc` after flags of `kind`, a small one. */
export function conditionText(cc: number, kind: number): string {
  if (kind === UNKNOWN) return `H.condition(c,${cc})`;
  const text = positive(cc & ~1, kind);
  return cc & 1 ? `!(${text})` : text;
}

function positive(cc: number, kind: number): string {
  const size = 1 << (kind & 3), wide = size === 8;
  // Shift that brings the operand's sign bit to bit 31.
  const up = size === 1 ? "<<24" : size === 2 ? "<<16" : "";
  switch (kind & ~3) {
    case EXPLICIT: {
      const bit = (n: number) => `(${B}&${n})!==0`;
      const signs = `((${B}>>>4^${B})&${SF})!==0`; // OF is bit 11, SF bit 7
      switch (cc) {
        case COND_O:
          return bit(OF);
        case COND_B:
          return bit(CF);
        case COND_E:
          return bit(ZF);
        case COND_BE:
          return bit(CF | ZF);
        case COND_S:
          return bit(SF);
        case COND_P:
          return bit(PF);
        case COND_L:
          return signs;
        default:
          return `(${bit(ZF)}||${signs})`;
      }
    }
    case SUB:
      switch (cc) {
        case COND_O:
          return wide
            ? `((${AH}^${BH})&(${AH}^${diffHigh}))<0`
            : `(((${A}^${B})&(${A}^(${A}-${B})))${up || "|0"})<0`;
        case COND_B:
          return wide ? lessU64 : size === 4 ? `(${A}>>>0)<(${B}>>>0)` : `${A}<${B}`;
        case COND_E:
          return wide ? `(${A}===${B}&&${AH}===${BH})` : `${A}===${B}`;
        case COND_BE:
          return wide
            ? `((${AH}>>>0)<(${BH}>>>0)||${AH}===${BH}&&(${A}>>>0)<=(${B}>>>0))`
            : size === 4
            ? `(${A}>>>0)<=(${B}>>>0)`
            : `${A}<=${B}`;
        case COND_S:
          return wide ? `${diffHigh}<0` : `((${A}-${B})${up || "|0"})<0`;
        case COND_P:
          return `H.parity[(${A}-${B})&255]===1`;
        case COND_L:
          return wide ? lessS64 : `(${A}${up})<(${B}${up})`;
        default:
          return wide ? `(${AH}<${BH}||${AH}===${BH}&&(${A}>>>0)<=(${B}>>>0))` : `(${A}${up})<=(${B}${up})`;
      }
    case ADD: {
      const zero = wide ? `((${A}+${B}|0)===0&&${sumHigh}===0)` : `((${A}+${B})${up || "|0"})===0`;
      const sign = wide ? `${sumHigh}<0` : `((${A}+${B})${up || "|0"})<0`;
      const carry = wide
        ? `((${sumHigh}>>>0)<(${AH}>>>0)||${sumHigh}===${AH}&&((${A}+${B})>>>0)<(${A}>>>0))`
        : size === 4
        ? `((${A}+${B})>>>0)<(${A}>>>0)`
        : `${A}+${B}>${size === 1 ? 255 : 65535}`;
      const overflow = wide
        ? `((${AH}^${sumHigh})&(${BH}^${sumHigh}))<0`
        : `(((${A}^(${A}+${B}))&(${B}^(${A}+${B})))${up || "|0"})<0`;
      // 64-bit carry: the high sum wrapped, or is equal to A's high with a carry into an all-ones B.
      switch (cc) {
        case COND_O:
          return overflow;
        case COND_B:
          return wide ? `H.carry64(${A},${AH},${B},${BH})` : carry;
        case COND_E:
          return zero;
        case COND_BE:
          return wide ? `(H.carry64(${A},${AH},${B},${BH})||${zero})` : `(${carry}||${zero})`;
        case COND_S:
          return sign;
        case COND_P:
          return `H.parity[(${A}+${B})&255]===1`;
        case COND_L:
          return `(${sign})!==(${overflow})`;
        default:
          return `(${zero}||(${sign})!==(${overflow}))`;
      }
    }
    default: {
      // LOGIC and RESULT share ZF, SF, PF.
      const zero = wide ? `(${R}|${RH})===0` : `${R}===0`;
      const sign = wide ? `${RH}<0` : `(${R}${up})<0`;
      const logic = (kind & ~3) === LOGIC;
      const carry = logic ? "false" : `(${B}&${CF})!==0`;
      const overflow = logic ? "false" : `(${B}&${OF})!==0`;
      switch (cc) {
        case COND_O:
          return overflow;
        case COND_B:
          return carry;
        case COND_E:
          return zero;
        case COND_BE:
          return logic ? zero : `(${carry}||${zero})`;
        case COND_S:
          return sign;
        case COND_P:
          return `H.parity[${R}&255]===1`;
        case COND_L:
          return logic ? sign : `(${sign})!==(${overflow})`;
        default:
          return logic ? `(${zero}||${sign})` : `(${zero}||(${sign})!==(${overflow}))`;
      }
    }
  }
}

/** 1 where the byte has an even number of set bits. */
export const parity: Uint8Array<ArrayBuffer> = new Uint8Array(256);
for (let i = 0; i < 256; i++) {
  let ones = 0;
  for (let b = i; b; b >>= 1) ones += b & 1;
  parity[i] = ones & 1 ? 0 : 1;
}

/** Whether the 64-bit sum of two int32 pairs carries out. */
export function carry64(al: number, ah: number, bl: number, bh: number): boolean {
  const low = (al >>> 0) + (bl >>> 0) > 0xffff_ffff ? 1 : 0;
  return (ah >>> 0) + (bh >>> 0) + low > 0xffff_ffff;
}

/** A kind and operands of flags: slots. */
export interface FlagSlots {
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly r: number;
  readonly c: number;
}
export const CURRENT: FlagSlots = { kind: FLAGS, a: FLAG_A, b: FLAG_B, r: FLAG_R, c: FLAG_C };
export const PUT_ASIDE: FlagSlots = { kind: SAVED_FLAGS, a: SAVED_A, b: SAVED_B, r: SAVED_R, c: SAVED_C };

/** The six status flags of CPU state `c` as bits of RFLAGS. */
export function statusFlags(c: number): number {
  return flagsIn(c, CURRENT);
}

function flagsIn(c: number, slots: FlagSlots): number {
  const kind = I32[c + 2 * slots.kind], flags = recordFlags(c, kind & RECORD, slots);
  const from = kind >> CARRY_SHIFT & 7;
  if (from === 0) return flags;
  if (from === SAVED) return flags & ~CF | flagsIn(c, PUT_ASIDE) & CF;
  const low = I32[c + 2 * slots.c];
  if (from === KEPT) return flags & ~CF | low & CF;
  const bits = 8 << (kind >> CARRY_SIZE_SHIFT & 3), count = kind >> COUNT_SHIFT;
  const high = bits === 64 || from === SAR ? I32[c + 2 * slots.c + 1] : 0;
  const bit = (n: number) => n < 0 || n > 63 ? 0 : n < 32 ? low >>> n & 1 : high >>> n - 32 & 1;
  const top = bit(bits - 1);
  let carry = top, overflow = 0;
  switch (from) {
    case ROL:
      carry = bit(0);
      overflow = carry ^ top;
      break;
    case ROR:
      overflow = top ^ bit(bits - 2);
      break;
    case SHL:
      carry = bit(bits - count);
      overflow = carry ^ bit(bits - 1 - count);
      break;
    case SHR:
      carry = bit(count - 1);
      overflow = top;
      break;
    case SAR:
      carry = bit(count - 1);
  }
  return flags & ~(CF | OF) | (carry ? CF : 0) | (overflow ? OF : 0);
}

/** Whether the signed product of two 32-bit (64-bit) numbers does not fit as many bits. */
function productOverflows(al: number, ah: number, bl: number, bh: number, wide: boolean): boolean {
  if (!wide) {
    const product = al * bl; // |product| ≤ 2^62: rounding cannot bring it into range
    return product !== (product | 0);
  }
  if (ah === al >> 31 && bh === bl >> 31) return false;
  const whole = (low: number, high: number) => BigInt(high) << 32n | BigInt(low >>> 0);
  const product = whole(al, ah) * whole(bl, bh);
  return product !== BigInt.asIntN(64, product);
}

function recordFlags(c: number, kind: number, slots: FlagSlots): number {
  const a = I32[c + 2 * slots.a], ah = I32[c + 2 * slots.a + 1];
  const b = I32[c + 2 * slots.b], bh = I32[c + 2 * slots.b + 1];
  const size = 1 << (kind & 3);
  let low = I32[c + 2 * slots.r], high = I32[c + 2 * slots.r + 1];
  let bits = 0;
  switch (kind & ~3) {
    case EXPLICIT:
      return b & STATUS_FLAGS;
    case MUL:
      return productOverflows(a, ah, b, bh, size === 8) ? CF | OF : 0;
    case ADD: {
      low = (a + b) | 0;
      high = (ah + bh + ((low >>> 0) < (a >>> 0) ? 1 : 0)) | 0;
      const carry = size === 8
        ? carry64(a, ah, b, bh)
        : size === 4
        ? (low >>> 0) < (a >>> 0)
        : a + b > (size === 1 ? 255 : 65535);
      const x = size === 8 ? (ah ^ high) & (bh ^ high) : ((a ^ low) & (b ^ low)) << (32 - 8 * size);
      bits = (carry ? CF : 0) | (x < 0 ? OF : 0) | ((a ^ b ^ low) & AF);
      break;
    }
    case SUB: {
      low = (a - b) | 0;
      const borrow = (a >>> 0) < (b >>> 0);
      high = (ah - bh - (borrow ? 1 : 0)) | 0;
      const carry = size === 8 ? (ah >>> 0) < (bh >>> 0) || (ah === bh && borrow) : borrow;
      const x = size === 8 ? (ah ^ bh) & (ah ^ high) : ((a ^ b) & (a ^ low)) << (32 - 8 * size);
      bits = (carry ? CF : 0) | (x < 0 ? OF : 0) | ((a ^ b ^ low) & AF);
      break;
    }
    case LOGIC:
      break;
    case RESULT:
      bits = b & (CF | OF | AF);
      break;
  }
  const top = size === 8 ? high : low << (32 - 8 * size);
  const zero = size === 8 ? (low | high) === 0 : top === 0;
  return bits | (zero ? ZF : 0) | (top < 0 ? SF : 0) | (parity[low & 255] ? PF : 0);
}

/** Leaves explicit status flags. */
export function setStatusFlags(c: number, bits: number): void {
  I32[c + 2 * FLAGS] = EXPLICIT;
  I32[c + 2 * FLAG_B] = bits & STATUS_FLAGS;
}

/** Condition `cc` from whatever flags are there. */
export function condition(c: number, cc: number): boolean {
  const f = statusFlags(c);
  let is: boolean;
  switch (cc & ~1) {
    case COND_O:
      is = (f & OF) !== 0;
      break;
    case COND_B:
      is = (f & CF) !== 0;
      break;
    case COND_E:
      is = (f & ZF) !== 0;
      break;
    case COND_BE:
      is = (f & (CF | ZF)) !== 0;
      break;
    case COND_S:
      is = (f & SF) !== 0;
      break;
    case COND_P:
      is = (f & PF) !== 0;
      break;
    case COND_L:
      is = ((f >>> 4 ^ f) & SF) !== 0;
      break;
    default:
      is = (f & ZF) !== 0 || ((f >>> 4 ^ f) & SF) !== 0;
  }
  return (cc & 1) === 0 ? is : !is;
}

/** RFLAGS as PUSHF shows them: bit 1 always set, IF set. */
export function readFlags(c: number): number {
  return statusFlags(c) | I32[c + 2 * FLAGS + 1] | 0x202;
}

/** What user mode may change with POPF: status flags, TF, DF, NT, AC, ID. */
export const USER_FLAGS = STATUS_FLAGS | 0x100 | 0x400 | 0x4000 | 0x40000 | 0x200000;
export function writeFlags(c: number, rflags: number): void {
  setStatusFlags(c, rflags);
  I32[c + 2 * FLAGS + 1] = rflags & USER_FLAGS & ~STATUS_FLAGS;
}
