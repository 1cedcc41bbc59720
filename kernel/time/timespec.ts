// struct timespec and struct timeval in guest memory.

import { EINVAL } from "../abi/errno.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import { SECOND } from "./clock.ts";

/** Nanoseconds of a timespec; -EINVAL for what is not a time. Far times lose precision, not order. */
export function readTimespecNs(memory: UserMemory, address: number): number {
  const sec = memory.readI64(address), nsec = memory.readI64(address + 8);
  if (sec < 0 || nsec < 0 || nsec >= SECOND) return -EINVAL;
  return sec * SECOND + nsec;
}

/** Nanoseconds of a timeval; -EINVAL. */
export function readTimevalNs(memory: UserMemory, address: number): number {
  const sec = memory.readI64(address), usec = memory.readI64(address + 8);
  if (sec < 0 || usec < 0 || usec >= 1_000_000) return -EINVAL;
  return sec * SECOND + usec * 1000;
}

export function writeTimespec(memory: UserMemory, address: number, sec: number, nsec: number): void {
  memory.writeU64(address, sec);
  memory.writeU64(address + 8, nsec);
}

export function writeTimespecNs(memory: UserMemory, address: number, ns: number): void {
  const sec = Math.floor(ns / SECOND);
  writeTimespec(memory, address, sec, ns - sec * SECOND);
}

/** Rounds up, so that a timer that runs never reads as zero. */
export function writeTimevalNs(memory: UserMemory, address: number, ns: number): void {
  const us = Math.ceil(ns / 1000), sec = Math.floor(us / 1_000_000);
  memory.writeU64(address, sec);
  memory.writeU64(address + 8, us - sec * 1_000_000);
}
