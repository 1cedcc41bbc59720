// Instructions that only raise an exception in user mode, and those that ask for the processor's identity or time.

import { CF, MXCSR, RAX, RBX, RCX, RDX, RIP } from "../cpu.ts";
import { cpuid as leafOf, hasAvx, levelOf, XCR0 } from "../cpuid.ts";
import { raise, VECTOR_BP, VECTOR_DB, VECTOR_GP, VECTOR_OF, VECTOR_UD } from "../env.ts";
import { setStatusFlags } from "../ir/flags.ts";
import { I32 } from "../ram.ts";

/** Privileged, or through a gate that user mode may not use. */
export function generalProtection(_c: number, errorCode: number): void {
  raise(VECTOR_GP, errorCode);
}
/** Traps: RIP is already behind the instruction. */
export function breakpoint(): void {
  raise(VECTOR_BP);
}
export function debugTrap(): void {
  raise(VECTOR_DB);
}
export function overflowTrap(): void {
  raise(VECTOR_OF);
}

export function undefinedInstruction(): void {
  raise(VECTOR_UD);
}
/** A memory operand is not aligned. */
export function misaligned(c: number, ip: number): void {
  I32[c + 2 * RIP] = ip | 0;
  I32[c + 2 * RIP + 1] = Math.floor(ip / 0x1_0000_0000) | 0;
  raise(VECTOR_GP);
}
/** LDMXCSR with the value in `slot`. */
export function loadMxcsr(c: number, slot: number): void {
  const value = I32[c + 2 * slot];
  if ((value & ~0xffff) !== 0) raise(VECTOR_GP);
  I32[c + 2 * MXCSR] = value;
}

export function cpuid(c: number): void {
  const [a, b, cx, d] = leafOf(I32[c + 2 * RAX] >>> 0, I32[c + 2 * RCX] >>> 0, levelOf(c));
  set(c, RAX, a);
  set(c, RBX, b);
  set(c, RCX, cx);
  set(c, RDX, d);
}

/** The time-stamp counter counts nanoseconds: as fine as the host's clock is. */
export function rdtsc(c: number): void {
  const ns = performance.now() * 1e6;
  set(c, RAX, ns % 0x1_0000_0000);
  set(c, RDX, ns / 0x1_0000_0000);
}

/** RDTSCP: with the number of the processor, which is 0. */
export function rdtscp(c: number): void {
  rdtsc(c);
  set(c, RCX, 0);
}

/** XCR0; there is no other such register. */
export function xgetbv(c: number): void {
  if (!hasAvx(levelOf(c))) raise(VECTOR_UD);
  if (I32[c + 2 * RCX] !== 0) raise(VECTOR_GP);
  set(c, RAX, XCR0);
  set(c, RDX, 0);
}

export function needLevel(c: number, level: number): void {
  if (levelOf(c) < level) raise(VECTOR_UD);
}

const random = new Int32Array(2);
/** RDRAND, RDSEED: `size` random bytes in slot `d`; there always are some. */
export function randomNumber(c: number, d: number, size: number): void {
  crypto.getRandomValues(random);
  I32[c + 2 * d] = size === 2 ? random[0]! & 0xffff : random[0]!;
  I32[c + 2 * d + 1] = size === 8 ? random[1]! : 0;
  setStatusFlags(c, CF);
}

/** WRFSBASE, WRGSBASE: the base must be canonical. */
export function checkBase(c: number, s: number): void {
  if (I32[c + 2 * s + 1] >> 15 !== I32[c + 2 * s + 1] >> 31) raise(VECTOR_GP);
}

function set(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value;
  I32[c + 2 * slot + 1] = 0;
}
