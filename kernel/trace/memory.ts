// Guest memory as the tracer reads it: a failed read gives undefined instead of the fault.

import type { UserMemory } from "../mm/user_memory.ts";
import { hex, pointer, quoted, STRING_LIMIT } from "./values.ts";

/** A copy of `length` bytes as a DataView; undefined where they cannot be read. */
export function view(memory: UserMemory, address: number, length: number): DataView | undefined {
  const copy = bytes(memory, address, length);
  return copy === undefined ? undefined : new DataView(copy.buffer);
}

export function bytes(
  memory: UserMemory,
  address: number,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  const copy = new Uint8Array(length);
  if (length === 0) return copy;
  if (address <= 0) return undefined;
  try {
    memory.read(address, copy, 0, length);
  } catch {
    return undefined;
  }
  return copy;
}

/** A 64-bit field as a number (exact below 2^53). */
export function u64(data: DataView, offset: number): number {
  return data.getUint32(offset, true) + data.getUint32(offset + 4, true) * 0x1_0000_0000;
}
export function i64(data: DataView, offset: number): number {
  return data.getUint32(offset, true) + data.getInt32(offset + 4, true) * 0x1_0000_0000;
}

/** A zero-terminated string, whole up to `limit` bytes. */
export function cString(memory: UserMemory, address: number, limit: number): string {
  if (address === 0) return "NULL";
  const text: number[] = [];
  // Byte by byte: the page behind the string may not be there.
  for (let i = 0; i <= limit; i++) {
    const byte = bytes(memory, address + i, 1);
    if (byte === undefined) return hex(address);
    if (byte[0] === 0) return quoted(Uint8Array.from(text));
    if (i < limit) text.push(byte[0]);
  }
  return quoted(Uint8Array.from(text), true);
}

/** `length` bytes of data, cut at the limit. */
export function data(memory: UserMemory, address: number, length: number): string {
  if (address === 0) return "NULL";
  const shown = bytes(memory, address, Math.min(Math.max(length, 0), STRING_LIMIT));
  return shown === undefined ? pointer(address) : quoted(shown, length > STRING_LIMIT);
}
