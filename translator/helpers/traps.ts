// Instructions that only raise an exception in user mode, and those that ask for the processor's identity or time.

import { RAX, RBX, RCX, RDX } from "../cpu.ts";
import { cpuid as leafOf } from "../cpuid.ts";
import { raise, VECTOR_BP, VECTOR_DB, VECTOR_GP, VECTOR_OF } from "../env.ts";
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

export function cpuid(c: number): void {
  const [a, b, cx, d] = leafOf(I32[c + 2 * RAX] >>> 0, I32[c + 2 * RCX] >>> 0);
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

function set(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value;
  I32[c + 2 * slot + 1] = 0;
}
