// Rotates through carry and double shifts (SDM vol. 2, RCL/RCR, SHLD, SHRD).

import { CF, FLAG_B, FLAG_R, FLAGS, OF } from "../cpu.ts";
import { kindOf, RESULT, setStatusFlags, statusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";

/** Slot `d` (zero-extended, `size` bytes) rotated left through CF by the low byte of slot `count`. */
export function rcl(c: number, d: number, count: number, size: number): void {
  rotateThroughCarry(c, d, I32[c + 2 * count] & (size === 8 ? 63 : 31), size, true);
}
export function rcr(c: number, d: number, count: number, size: number): void {
  rotateThroughCarry(c, d, I32[c + 2 * count] & (size === 8 ? 63 : 31), size, false);
}
/** The same by a constant, already masked. */
export function rclBy(c: number, d: number, count: number, size: number): void {
  rotateThroughCarry(c, d, count, size, true);
}
export function rcrBy(c: number, d: number, count: number, size: number): void {
  rotateThroughCarry(c, d, count, size, false);
}

function rotateThroughCarry(c: number, d: number, count: number, size: number, left: boolean): void {
  if (count === 0) return;
  const bits = 8 * size;
  if (size < 4) count %= bits + 1;
  let low = I32[c + 2 * d], high = I32[c + 2 * d + 1];
  const flags = statusFlags(c);
  let carry = flags & CF;
  // One bit after another: counts are small, and one is by far the commonest.
  if (size === 8) {
    for (; count > 0; count--) {
      if (left) {
        const out = high >>> 31;
        high = high << 1 | low >>> 31;
        low = low << 1 | carry;
        carry = out;
      } else {
        const out = low & 1;
        low = low >>> 1 | high << 31;
        high = high >>> 1 | carry << 31;
        carry = out;
      }
    }
  } else {
    const top = bits - 1;
    for (; count > 0; count--) {
      if (left) {
        const out = low >>> top & 1;
        low = low << 1 | carry;
        carry = out;
      } else {
        const out = low & 1;
        low = low >>> 1 | carry << top;
        carry = out;
      }
    }
    if (size < 4) low &= (1 << bits) - 1;
    high = 0;
  }
  I32[c + 2 * d] = low;
  I32[c + 2 * d + 1] = high;
  const top = size === 8 ? high >>> 31 : low >>> bits - 1 & 1;
  const next = size === 8 ? high >>> 30 & 1 : low >>> bits - 2 & 1;
  const overflow = (left ? top ^ carry : top ^ next) ? OF : 0;
  setStatusFlags(c, flags & ~(CF | OF) | carry | overflow);
}

/** Slot `d` shifted left, bits from slot `s` coming in, by the low byte of slot `count`. */
export function shld(c: number, d: number, s: number, count: number, size: number): void {
  doubleShift(c, d, s, I32[c + 2 * count] & (size === 8 ? 63 : 31), size, true);
}
export function shrd(c: number, d: number, s: number, count: number, size: number): void {
  doubleShift(c, d, s, I32[c + 2 * count] & (size === 8 ? 63 : 31), size, false);
}
export function shldBy(c: number, d: number, s: number, count: number, size: number): void {
  doubleShift(c, d, s, count, size, true);
}
export function shrdBy(c: number, d: number, s: number, count: number, size: number): void {
  doubleShift(c, d, s, count, size, false);
}

function doubleShift(c: number, d: number, s: number, n: number, size: number, left: boolean): void {
  if (n === 0) return;
  let low = I32[c + 2 * d], high = I32[c + 2 * d + 1];
  let carry: number;
  let sign: number; // of the destination before
  if (size === 8) {
    sign = high >>> 31;
    const inLow = I32[c + 2 * s], inHigh = I32[c + 2 * s + 1];
    if (left) {
      carry = bit64(low, high, 64 - n);
      [low, high] = or64(shift64(low, high, n), shift64(inLow, inHigh, n - 64));
    } else {
      carry = bit64(low, high, n - 1);
      [low, high] = or64(shift64(low, high, -n), shift64(inLow, inHigh, 64 - n));
    }
  } else if (size === 4) {
    sign = low >>> 31;
    const source = I32[c + 2 * s];
    carry = left ? low >>> 32 - n & 1 : low >>> n - 1 & 1;
    low = left ? low << n | source >>> 32 - n : low >>> n | source << 32 - n;
    high = 0;
  } else {
    // Counts above 16 are undefined; what comes out follows source:destination:source as a 48-bit string.
    sign = low >>> 15 & 1;
    const source = I32[c + 2 * s] & 0xffff;
    low &= 0xffff;
    if (left) {
      carry = n <= 16 ? low >>> 16 - n & 1 : source >>> 32 - n & 1;
      low = n <= 16 ? low << n | source >>> 16 - n : source << n - 16 | low >>> 32 - n;
    } else {
      carry = n <= 16 ? low >>> n - 1 & 1 : source >>> n - 17 & 1;
      low = n <= 16 ? low >>> n | source << 16 - n : source >>> n - 16 | low << 32 - n;
    }
    low &= 0xffff;
    high = 0;
  }
  I32[c + 2 * d] = low;
  I32[c + 2 * d + 1] = high;
  I32[c + 2 * FLAGS] = kindOf(RESULT, size);
  I32[c + 2 * FLAG_R] = low;
  I32[c + 2 * FLAG_R + 1] = high;
  const top = size === 8 ? high >>> 31 : low >>> 8 * size - 1 & 1;
  I32[c + 2 * FLAG_B] = carry | (top !== sign ? OF : 0);
}

function bit64(low: number, high: number, n: number): number {
  return n < 32 ? low >>> n & 1 : high >>> n - 32 & 1;
}

/** Logical shift left by `n`, right when negative. */
function shift64(low: number, high: number, n: number): [number, number] {
  if (n <= -64 || n >= 64) return [0, 0];
  if (n === 0) return [low, high];
  if (n > 0) return n >= 32 ? [0, low << n - 32] : [low << n, high << n | low >>> 32 - n];
  n = -n;
  return n >= 32 ? [high >>> n - 32, 0] : [low >>> n | high << 32 - n, high >>> n];
}

function or64(a: [number, number], b: [number, number]): [number, number] {
  return [a[0] | b[0], a[1] | b[1]];
}
