// What do SSE's floating-point instructions do where the inline fast path does not apply?
//
// Operands are physical byte addresses of whole registers or lanes. All lanes are worked out before any is written,
// and unmasked exceptions raise #XM before that, so the instruction is precise.

import { MXCSR, RIP } from "../cpu.ts";
import { raise, VECTOR_XM } from "../env.ts";
import { F64, I32 } from "../ram.ts";
import { status } from "../x87/softfloat.ts";
import {
  A,
  B,
  compare32,
  compare64,
  exact64,
  exactly,
  lane32,
  lane64,
  load32,
  load64,
  MAX,
  MIN,
  orderedFlags,
  result,
} from "./lane.ts";

const M = 2 * MXCSR;
/** Room for 256 bits. */
const scratch = new Int32Array(8);

export function begin(c: number): number {
  status.flags = 0;
  return I32[c + M];
}

/** Merges the exceptions into MXCSR; raises #XM at instruction `ip` when one of them is not masked. */
export function commit(c: number, mxcsr: number, ip: number): void {
  // IE, DE and ZE come before the operation: unmasked, they keep it from finding the others.
  if ((status.flags & ~(mxcsr >>> 7) & 7) !== 0) status.flags &= 7;
  I32[c + M] = mxcsr | status.flags;
  if ((status.flags & ~(mxcsr >>> 7) & 0x3f) !== 0) {
    I32[c + 2 * RIP] = ip | 0;
    I32[c + 2 * RIP + 1] = Math.floor(ip / 0x1_0000_0000) | 0;
    raise(VECTOR_XM);
  }
}

/** d = d op s on `lanes` doubles (SQRT: d = √s). */
export function arith64(c: number, op: number, d: number, s: number, lanes: number, ip: number): void {
  if (lanes === 1 && (I32[c + M] & 0xffc0) === 0x1f80 && op !== MIN && op !== MAX) {
    // The default state before anything was inexact: programs that only count in doubles stay here.
    if (exact64(op, F64[d >> 3], F64[s >> 3])) {
      F64[d >> 3] = exactly.value;
      return;
    }
  }
  const m = begin(c), x = d >> 2, y = s >> 2;
  for (let i = 0; i < 2 * lanes; i += 2) {
    lane64(op, m, I32[x + i + 1], I32[x + i], I32[y + i + 1], I32[y + i]);
    scratch[i] = result.lo;
    scratch[i + 1] = result.hi;
  }
  commit(c, m, ip);
  for (let i = 0; i < 2 * lanes; i++) I32[x + i] = scratch[i]!;
}

export function arith32(c: number, op: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c), x = d >> 2, y = s >> 2;
  for (let i = 0; i < lanes; i++) {
    lane32(op, m, I32[x + i], I32[y + i]);
    scratch[i] = result.lo;
  }
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) I32[x + i] = scratch[i]!;
}

export function cmp64(c: number, predicate: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c), x = d >> 2, y = s >> 2;
  for (let i = 0; i < 2 * lanes; i += 2) {
    scratch[i] = scratch[i + 1] = compare64(
      predicate,
      m,
      I32[x + i + 1],
      I32[x + i],
      I32[y + i + 1],
      I32[y + i],
    );
  }
  commit(c, m, ip);
  for (let i = 0; i < 2 * lanes; i++) I32[x + i] = scratch[i]!;
}

export function cmp32(c: number, predicate: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c), x = d >> 2, y = s >> 2;
  for (let i = 0; i < lanes; i++) scratch[i] = compare32(predicate, m, I32[x + i], I32[y + i]);
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) I32[x + i] = scratch[i]!;
}

/** RFLAGS bits of (U)COMISD. */
export function comi64(c: number, quietToo: boolean, d: number, s: number, ip: number): number {
  const m = begin(c), x = d >> 2, y = s >> 2;
  load64(A, m, I32[x + 1], I32[x]);
  load64(B, m, I32[y + 1], I32[y]);
  const flags = orderedFlags(quietToo);
  commit(c, m, ip);
  return flags;
}

export function comi32(c: number, quietToo: boolean, d: number, s: number, ip: number): number {
  const m = begin(c);
  load32(A, m, I32[d >> 2]);
  load32(B, m, I32[s >> 2]);
  const flags = orderedFlags(quietToo);
  commit(c, m, ip);
  return flags;
}

const ADD = 0, SUB = 2;

/** HADDPD HSUBPD ADDSUBPD (`kind` 0, 1, 2) on doubles, 128 bits by 128 bits. */
export function horizontal64(c: number, kind: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c);
  for (let i = 0; i < 2 * lanes; i += 4) pairs64(kind, m, (d >> 2) + i, (s >> 2) + i, i);
  commit(c, m, ip);
  for (let i = 0; i < 2 * lanes; i++) I32[(d >> 2) + i] = scratch[i]!;
}
function pairs64(kind: number, m: number, x: number, y: number, to: number): void {
  if (kind === 2) {
    lane64(SUB, m, I32[x + 1], I32[x], I32[y + 1], I32[y]);
    scratch[to] = result.lo, scratch[to + 1] = result.hi;
    lane64(ADD, m, I32[x + 3], I32[x + 2], I32[y + 3], I32[y + 2]);
  } else {
    const op = kind === 0 ? ADD : SUB;
    lane64(op, m, I32[x + 1], I32[x], I32[x + 3], I32[x + 2]);
    scratch[to] = result.lo, scratch[to + 1] = result.hi;
    lane64(op, m, I32[y + 1], I32[y], I32[y + 3], I32[y + 2]);
  }
  scratch[to + 2] = result.lo, scratch[to + 3] = result.hi;
}

export function horizontal32(c: number, kind: number, d: number, s: number, lanes: number, ip: number): void {
  const m = begin(c), x = d >> 2, y = s >> 2;
  for (let i = 0; i < lanes; i++) {
    if (kind === 2) lane32((i & 1) === 0 ? SUB : ADD, m, I32[x + i], I32[y + i]);
    else {
      const k = i & 3, z = (i & 4) + (k < 2 ? x + 2 * k : y + 2 * (k - 2));
      lane32(kind === 0 ? ADD : SUB, m, I32[z], I32[z + 1]);
    }
    scratch[i] = result.lo;
  }
  commit(c, m, ip);
  for (let i = 0; i < lanes; i++) I32[x + i] = scratch[i]!;
}

/** RCPPS and RSQRTPS: 12 bits are promised; the value is what the CPU's own estimate is rounded to 12 bits. */
export function estimate32(d: number, s: number, lanes: number, root: boolean): void {
  for (let i = 0; i < lanes; i++) I32[(d >> 2) + i] = estimate(I32[(s >> 2) + i], root);
}

const one = new Float32Array(1), oneBits = new Int32Array(one.buffer);
function estimate(bits: number, root: boolean): number {
  const e = (bits >>> 23) & 0xff, sign = bits & 0x80000000;
  if (e === 0xff) {
    if ((bits & 0x7fffff) !== 0) return bits | 0x400000;
    return root ? (sign !== 0 ? 0xffc00000 | 0 : 0) : sign;
  }
  // Denormals count as zero.
  if (e === 0) return sign | 0x7f800000;
  if (root && sign !== 0) return 0xffc00000 | 0;
  oneBits[0] = bits;
  one[0] = root ? 1 / Math.sqrt(one[0]!) : 1 / one[0]!;
  // Tiny results are flushed.
  if (((oneBits[0]! >>> 23) & 0xff) === 0) return sign;
  return (oneBits[0]! + 0x400) & ~0x7ff;
}
