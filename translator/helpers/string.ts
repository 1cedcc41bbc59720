// String instructions under a REP prefix (SDM vol. 2, REP/REPE/REPNE; MOVS, STOS, LODS, SCAS, CMPS).
//
// Works in runs that stay within one source and one destination page. RCX, RSI and RDI are brought up to date after each
// run, before the next page is looked up: so a fault leaves them as the CPU does, and the instruction can be taken up again, which also
// serves to give way to the scheduler after a while. An element across two pages is a run of its own.

import {
  DF,
  FLAG_A,
  FLAG_B,
  FLAGS,
  RAX,
  RCX,
  RDI,
  RSI,
  TLB,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_WORDS,
  TLB_WRITE,
} from "../cpu.ts";
import { type Access, READ, WRITE } from "../env.ts";
import { kindOf, SUB } from "../ir/flags.ts";
import { DV, I32, U8 } from "../ram.ts";
import { linear, readAddress, type Runtime, writablePage } from "../runtime.ts";

export const MOVS = 0, STOS = 1, LODS = 2, SCAS = 3, CMPS = 4;
/** What ends SCAS and CMPS early. */
export const REPE = 1, REPNE = 2;
/** Bytes after which the scheduler gets a look. */
const SLICE_BYTES = 1 << 18;

/** Addresses in these 32 bits only. */
const ADDRESS_32 = 1;

/**
 * One REP string instruction: `operation`, elements of `size` bytes, `segment` of the source (slot or -1), REPE or REPNE, and whether
 * addresses and count have 32 bits. True when it is finished.
 */
export function repString(
  H: Runtime,
  c: number,
  operation: number,
  size: number,
  segment: number,
  condition: number,
  narrow: number,
): boolean {
  const step = (I32[c + 2 * FLAGS + 1] & DF) !== 0 ? -size : size;
  const readsSource = operation === MOVS || operation === LODS || operation === CMPS;
  const hasTarget = operation !== LODS;
  const access = operation === MOVS || operation === STOS ? WRITE : READ;
  for (let budget = SLICE_BYTES; budget > 0;) {
    const left = count(c, narrow);
    if (left === 0) return true;
    const from = readsSource ? address(c, RSI, segment, narrow, READ) : 0;
    const to = hasTarget ? address(c, RDI, -1, narrow, access) : 0;
    // Elements before either page ends, in the direction of the step.
    let n = Math.min(left, budget);
    if (readsSource) n = Math.min(n, elements(from, size, step));
    if (hasTarget) n = Math.min(n, elements(to, size, step));
    let done: number;
    if (n === 0) {
      n = done = 1;
      crossing(H, c, operation, size, readsSource ? from : -1, to);
    } else {
      // CMPS reads its second operand first: that is the one a fault on both reports.
      let q = operation === CMPS ? readable(H, c, to) : 0;
      const p = readsSource ? readable(H, c, from) : 0;
      if (operation !== CMPS && hasTarget) q = access === WRITE ? writable(H, c, to) : readable(H, c, to);
      done = run(c, operation, size, step, p, q, n, condition);
    }
    const stop = done < 0 ? (done = -done, true) : false;
    if (readsSource) move(c, RSI, done * step, narrow);
    if (hasTarget) move(c, RDI, done * step, narrow);
    move(c, RCX, -done, narrow);
    if (stop) return true;
    if (operation >= SCAS && n === 1 && done === 1 && ended(c, condition)) return true;
    budget -= done * size;
  }
  return false;
}

function count(c: number, narrow: number): number {
  const low = I32[c + 2 * RCX] >>> 0;
  return narrow === ADDRESS_32 ? low : (I32[c + 2 * RCX + 1] >>> 0) * 0x1_0000_0000 + low;
}

/** Guest address in `slot`; for the source its segment's base is added. Raises what a non-canonical one raises. */
function address(c: number, slot: number, segment: number, narrow: number, access: Access): number {
  let low = I32[c + 2 * slot], high = narrow === ADDRESS_32 ? 0 : I32[c + 2 * slot + 1];
  if (segment >= 0) {
    const sum = (low + I32[c + 2 * segment]) | 0;
    high = (high + I32[c + 2 * segment + 1] + ((sum >>> 0) < (low >>> 0) ? 1 : 0)) | 0;
    low = sum;
  }
  return linear(low, high, access);
}

function elements(va: number, size: number, step: number): number {
  const offset = va % 4096;
  if (offset + size > 4096) return 0;
  return step > 0 ? Math.floor((4096 - offset) / size) : Math.floor(offset / size) + 1;
}

/** Adds `by` (of at most 2^31) to a register. */
function move(c: number, slot: number, by: number, narrow: number): void {
  const low = I32[c + 2 * slot], sum = (low + by) | 0;
  I32[c + 2 * slot] = sum;
  I32[c + 2 * slot + 1] = narrow === ADDRESS_32
    ? 0
    : (I32[c + 2 * slot + 1] + (by < 0 ? -1 : 0) + ((sum >>> 0) < (low >>> 0) ? 1 : 0)) | 0;
}

function tlbEntry(c: number, low: number): number {
  return I32[c + 2 * TLB] + (low >>> 12 & (TLB_ENTRIES - 1)) * TLB_ENTRY_WORDS;
}
function readable(H: Runtime, c: number, va: number): number {
  const low = va | 0, e = tlbEntry(c, low);
  if (I32[e] === (low & -4096) && I32[e + 1] === Math.floor(va / 0x1_0000_0000)) {
    return (low + I32[e + TLB_ADDEND]) | 0;
  }
  return H.env.page(c, va, READ) + va % 4096;
}
function writable(H: Runtime, c: number, va: number): number {
  const low = va | 0, e = tlbEntry(c, low);
  if (I32[e + TLB_WRITE] === (low & -4096) && I32[e + TLB_WRITE + 1] === Math.floor(va / 0x1_0000_0000)) {
    return (low + I32[e + TLB_ADDEND]) | 0;
  }
  return writablePage(H.env, H.cache, c, va) + va % 4096;
}

/** `n` elements at physical addresses `p` and `q`. How many were done; negative when the condition ended it. */
function run(
  c: number,
  operation: number,
  size: number,
  step: number,
  p: number,
  q: number,
  n: number,
  condition: number,
): number {
  switch (operation) {
    case MOVS:
      copy(size, step, p, q, n);
      return n;
    case STOS:
      fill(c, size, step, q, n);
      return n;
    case LODS:
      load(c, size, p + (n - 1) * step);
      return n;
    case SCAS:
      return scan(c, size, step, q, n, condition);
    default:
      return compare(c, size, step, p, q, n, condition);
  }
}

function copy(size: number, step: number, p: number, q: number, n: number): void {
  const bytes = n * size;
  const low = step > 0 ? p : p - bytes + size, target = step > 0 ? q : q - bytes + size;
  // Where the target overlaps what is still to be read, element by element: programs repeat patterns that way.
  const overlaps = step > 0 ? target > low && target < low + bytes : low > target && low < target + bytes;
  if (!overlaps) {
    if (bytes > 32) U8.copyWithin(target, low, low + bytes);
    else if (target <= low) { for (let i = 0; i < bytes; i++) U8[target + i] = U8[low + i]; }
    else for (let i = bytes - 1; i >= 0; i--) U8[target + i] = U8[low + i];
    return;
  }
  for (; n > 0; n--, p += step, q += step) {
    switch (size) {
      case 1:
        U8[q] = U8[p];
        break;
      case 2:
        DV.setInt16(q, DV.getInt16(p, true), true);
        break;
      case 4:
        DV.setInt32(q, DV.getInt32(p, true), true);
        break;
      default: {
        const a = DV.getInt32(p, true), b = DV.getInt32(p + 4, true);
        DV.setInt32(q, a, true);
        DV.setInt32(q + 4, b, true);
      }
    }
  }
}

function fill(c: number, size: number, step: number, q: number, n: number): void {
  const low = I32[c + 2 * RAX], high = size === 8 ? I32[c + 2 * RAX + 1] : low;
  const start = step > 0 ? q : q - (n - 1) * size;
  const byte = low & 255, repeated = Math.imul(byte, 0x01010101) | 0;
  const uniform = size === 1 ||
    (size === 2 ? ((low ^ repeated) & 0xffff) === 0 : low === repeated && high === repeated);
  if (uniform) {
    U8.fill(byte, start, start + n * size);
    return;
  }
  for (let i = 0, at = start; i < n; i++, at += size) {
    if (size === 2) DV.setInt16(at, low, true);
    else DV.setInt32(at, low, true);
    if (size === 8) DV.setInt32(at + 4, high, true);
  }
}

function load(c: number, size: number, p: number): void {
  if (size === 1) I32[c] = I32[c] & -256 | U8[p];
  else if (size === 2) I32[c] = I32[c] & -65536 | DV.getUint16(p, true);
  else {
    I32[c] = DV.getInt32(p, true);
    I32[c + 1] = size === 8 ? DV.getInt32(p + 4, true) : 0;
  }
}

function low32(size: number, p: number): number {
  return size === 1 ? U8[p] : size === 2 ? DV.getUint16(p, true) : DV.getInt32(p, true);
}

/** Leaves the flags of `a - b`. */
function leaveFlags(c: number, size: number, a: number, ah: number, b: number, bh: number): void {
  I32[c + 2 * FLAGS] = kindOf(SUB, size);
  I32[c + 2 * FLAG_A] = a;
  I32[c + 2 * FLAG_A + 1] = ah;
  I32[c + 2 * FLAG_B] = b;
  I32[c + 2 * FLAG_B + 1] = bh;
}

function scan(c: number, size: number, step: number, q: number, n: number, condition: number): number {
  const cut = size === 1 ? 255 : size === 2 ? 65535 : -1;
  const a = I32[c + 2 * RAX] & cut, ah = size === 8 ? I32[c + 2 * RAX + 1] : 0;
  let b = 0, bh = 0;
  for (let i = 0; i < n; i++, q += step) {
    b = low32(size, q);
    if (size === 8) bh = DV.getInt32(q + 4, true);
    if ((a === b && ah === bh) === (condition === REPNE)) {
      leaveFlags(c, size, a, ah, b, bh);
      return -(i + 1);
    }
  }
  leaveFlags(c, size, a, ah, b, bh);
  return n;
}

function compare(
  c: number,
  size: number,
  step: number,
  p: number,
  q: number,
  n: number,
  condition: number,
): number {
  let a = 0, ah = 0, b = 0, bh = 0;
  for (let i = 0; i < n; i++, p += step, q += step) {
    a = low32(size, p);
    b = low32(size, q);
    if (size === 8) {
      ah = DV.getInt32(p + 4, true);
      bh = DV.getInt32(q + 4, true);
    }
    if ((a === b && ah === bh) === (condition === REPNE)) {
      leaveFlags(c, size, a, ah, b, bh);
      return -(i + 1);
    }
  }
  leaveFlags(c, size, a, ah, b, bh);
  return n;
}

/** One element of which at least one side lies on two pages. `from` is -1 when there is no source. */
function crossing(H: Runtime, c: number, operation: number, size: number, from: number, to: number): void {
  let a = 0, ah = 0;
  if (operation === CMPS) readAddress(H.env, c, to, size);
  if (from >= 0) {
    const p = readAddress(H.env, c, from, size);
    a = low32(size, p);
    if (size === 8) ah = DV.getInt32(p + 4, true);
  } else {
    a = I32[c + 2 * RAX] & (size === 1 ? 255 : size === 2 ? 65535 : -1);
    if (size === 8) ah = I32[c + 2 * RAX + 1];
  }
  switch (operation) {
    case MOVS:
    case STOS:
      if (to % 4096 + size <= 4096) {
        const q = writable(H, c, to);
        for (let i = 0; i < size; i++) U8[q + i] = i < 4 ? a >>> 8 * i : ah >>> 8 * i - 32;
      } else {
        const page = writablePage(H.env, H.cache, c, to), first = 4096 - to % 4096;
        const second = writablePage(H.env, H.cache, c, to + first);
        for (let i = 0; i < size; i++) {
          U8[i < first ? page + to % 4096 + i : second + i - first] = i < 4 ? a >>> 8 * i : ah >>> 8 * i - 32;
        }
      }
      return;
    case LODS:
      if (size === 2) I32[c] = I32[c] & -65536 | a;
      else {
        I32[c] = a;
        I32[c + 1] = ah;
      }
      return;
    default: {
      const q = readAddress(H.env, c, to, size);
      leaveFlags(c, size, a, ah, low32(size, q), size === 8 ? DV.getInt32(q + 4, true) : 0);
    }
  }
}

/** After one comparison: whether it ends the repetition. */
function ended(c: number, condition: number): boolean {
  const equal = I32[c + 2 * FLAG_A] === I32[c + 2 * FLAG_B] &&
    I32[c + 2 * FLAG_A + 1] === I32[c + 2 * FLAG_B + 1];
  return equal === (condition === REPNE);
}
