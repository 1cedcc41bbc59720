// Capabilities: their numbers, and whether a task has one. A set is a number of 41 bits, so bit operators do not reach it.

import type { Task } from "./task.ts";

export const CAP_CHOWN = 0,
  CAP_KILL = 5,
  CAP_SETGID = 6,
  CAP_SETUID = 7,
  CAP_SETPCAP = 8,
  CAP_NET_ADMIN = 12,
  CAP_IPC_LOCK = 14,
  CAP_IPC_OWNER = 15;
export const CAP_SYS_PTRACE = 19,
  CAP_SYS_ADMIN = 21,
  CAP_SYS_NICE = 23,
  CAP_SYS_RESOURCE = 24,
  CAP_SYS_TIME = 25;
/** Highest capability of this kernel (CAP_CHECKPOINT_RESTORE). */
export const CAP_LAST = 40;
/** All of them. */
export const CAP_FULL = 2 ** (CAP_LAST + 1) - 1;
const HALF = 0x1_0000_0000;

export function hasBit(set: number, capability: number): boolean {
  return Math.floor(set / 2 ** capability) % 2 === 1;
}

/** Whether the task's effective set has the capability. */
export function capable(task: Task, capability: number): boolean {
  return hasBit(task.credentials.capEffective, capability);
}

export function lowOf(set: number): number {
  return set >>> 0;
}

export function highOf(set: number): number {
  return Math.floor(set / HALF) >>> 0;
}

export function joinSet(low: number, high: number): number {
  return (high >>> 0) * HALF + (low >>> 0);
}

export function and(a: number, b: number): number {
  return joinSet(lowOf(a) & lowOf(b), highOf(a) & highOf(b));
}

export function or(a: number, b: number): number {
  return joinSet(lowOf(a) | lowOf(b), highOf(a) | highOf(b));
}

export function without(a: number, b: number): number {
  return joinSet(lowOf(a) & ~lowOf(b), highOf(a) & ~highOf(b));
}
