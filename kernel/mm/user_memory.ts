// How does the kernel read and write the memory of a program?
//
// The only way in or out. Accesses obey the program's own rights, page in and copy on write as the program's would;
// where it may not, EFAULT_SENTINEL is thrown and the system-call dispatcher makes -EFAULT of it. Small accesses look at the TLB
// as translated code does; big ones go page by page.

import { TLB_ADDEND, TLB_ENTRIES, TLB_ENTRY_WORDS, TLB_READ, TLB_WRITE } from "../../translator/cpu.ts";
import { type Access, READ, WRITE } from "../../translator/env.ts";
import { DV, FRAME_CODE, frameFlags, I32, PAGE_SHIFT, PAGE_SIZE, U8 } from "../../translator/ram.ts";
import { E2BIG, ENAMETOOLONG, ENOENT } from "../abi/errno.ts";
import { decodeName } from "../abi/text.ts";
import { frames } from "./frames.ts";
import type { Mm } from "./mm.ts";

/** Thrown where a system call would return EFAULT. One object for ever: no stack trace is made. */
export const EFAULT_SENTINEL: { readonly name: "EFAULT" } = { name: "EFAULT" };

const PATH_MAX = 4096;
const TWO_32 = 0x1_0000_0000;
/** From this length on, bulk copies beat a loop (measured: 64 bytes take 70 ns either way). */
const LOOP_LIMIT = 64;
/** Where strings are gathered. */
const scratch = new Uint8Array(PATH_MAX);
/** Short strings that were read lately, by hash: programs name the same files again and again. */
const KNOWN_SLOTS = 512, KNOWN_BYTES = 96;
const known: ({ readonly bytes: Uint8Array; readonly text: string } | undefined)[] = new Array(KNOWN_SLOTS)
  .fill(undefined);

/** The string in `scratch`, made anew only when it is not the one that its slot remembers. */
function scratchText(length: number): string {
  let hash = length;
  for (let i = 0; i < length; i++) hash = Math.imul(hash ^ scratch[i]!, 0x01000193);
  const slot = (hash ^ hash >>> 16) & (KNOWN_SLOTS - 1), old = known[slot];
  if (old !== undefined && old.bytes.length === length) {
    const { bytes } = old;
    let i = 0;
    while (i < length && bytes[i] === scratch[i]) i++;
    if (i === length) return old.text;
  }
  const text = decodeName(scratch, 0, length);
  known[slot] = { bytes: scratch.slice(0, length), text };
  return text;
}

export class UserMemory {
  constructor(readonly mm: Mm) {}

  /** Physical address behind `va` for an access inside one page. */
  #physical(va: number, access: Access): number {
    const low = va | 0, tag = low & ~0xfff;
    const entry = this.mm.tlbWords + ((low >>> 12) & (TLB_ENTRIES - 1)) * TLB_ENTRY_WORDS;
    const word = entry + (access === WRITE ? TLB_WRITE : TLB_READ);
    if (I32[word] === tag && I32[word + 1] * TWO_32 + (low >>> 0) === va) {
      return (low + I32[entry + TLB_ADDEND]) | 0;
    }
    const page = this.mm.kernelPage(va, access);
    if (page < 0) throw EFAULT_SENTINEL;
    if (access === WRITE && (frameFlags[page >>> PAGE_SHIFT] & FRAME_CODE) !== 0) {
      frames.touch(page >>> PAGE_SHIFT);
    }
    return page + (low & 0xfff);
  }

  /** The same, for bulk transfers; -1 where the program may not. */
  physical(va: number, access: Access): number {
    try {
      return this.#physical(va, access);
    } catch (error) {
      if (error !== EFAULT_SENTINEL) throw error;
      return -1;
    }
  }

  readU8(va: number): number {
    return U8[this.#physical(va, READ)];
  }
  readU16(va: number): number {
    if ((va & 0xfff) > 0xffe) return this.readU8(va) | (this.readU8(va + 1) << 8);
    return DV.getUint16(this.#physical(va, READ), true);
  }
  readI32(va: number): number {
    if ((va & 0xfff) > 0xffc) return this.readU16(va) | (this.readU16(va + 2) << 16);
    const p = this.#physical(va, READ);
    return (p & 3) === 0 ? I32[p >>> 2] : DV.getInt32(p, true);
  }
  readU32(va: number): number {
    return this.readI32(va) >>> 0;
  }
  /** As a number: exact below 2^53, rounded above. */
  readU64(va: number): number {
    return this.readU64High(va) * TWO_32 + this.readU64Low(va);
  }
  /** Signed; exact between -2^53 and 2^53. */
  readI64(va: number): number {
    return this.readI32(va + 4) * TWO_32 + this.readU64Low(va);
  }
  readU64Low(va: number): number {
    return this.readI32(va) >>> 0;
  }
  readU64High(va: number): number {
    return this.readI32(va + 4) >>> 0;
  }

  writeU8(va: number, value: number): void {
    U8[this.#physical(va, WRITE)] = value;
  }
  writeU16(va: number, value: number): void {
    if ((va & 0xfff) > 0xffe) {
      this.writeU8(va, value);
      this.writeU8(va + 1, value >>> 8);
    } else DV.setUint16(this.#physical(va, WRITE), value, true);
  }
  writeU32(va: number, value: number): void {
    if ((va & 0xfff) > 0xffc) {
      this.writeU16(va, value);
      this.writeU16(va + 2, value >>> 16);
      return;
    }
    const p = this.#physical(va, WRITE);
    if ((p & 3) === 0) I32[p >>> 2] = value;
    else DV.setInt32(p, value, true);
  }
  writeI32(va: number, value: number): void {
    this.writeU32(va, value);
  }
  /** `value` is a non-negative or negative integer; 64-bit two's complement of it is stored. */
  writeU64(va: number, value: number): void {
    const high = Math.floor(value / TWO_32);
    this.writeU32(va, value - high * TWO_32);
    this.writeU32(va + 4, high);
  }
  writeI64(va: number, value: number): void {
    this.writeU64(va, value);
  }
  /** Two 32-bit halves. */
  writeU64Words(va: number, low: number, high: number): void {
    this.writeU32(va, low);
    this.writeU32(va + 4, high);
  }

  /** `length` bytes at `va` go to `target` from `offset` on. */
  read(va: number, target: Uint8Array, offset = 0, length: number = target.length - offset): void {
    while (length > 0) {
      const n = Math.min(length, PAGE_SIZE - (va & 0xfff));
      const p = this.#physical(va, READ);
      if (n <= LOOP_LIMIT) { for (let i = 0; i < n; i++) target[offset + i] = U8[p + i]; }
      else target.set(U8.subarray(p, p + n), offset);
      va += n;
      offset += n;
      length -= n;
    }
  }

  /** `length` bytes of `source` from `offset` on go to `va`. */
  write(va: number, source: Uint8Array, offset = 0, length: number = source.length - offset): void {
    while (length > 0) {
      const n = Math.min(length, PAGE_SIZE - (va & 0xfff));
      const p = this.#physical(va, WRITE);
      if (n <= LOOP_LIMIT) { for (let i = 0; i < n; i++) U8[p + i] = source[offset + i]; }
      else if (n === source.length) U8.set(source, p);
      else U8.set(source.subarray(offset, offset + n), p);
      va += n;
      offset += n;
      length -= n;
    }
  }

  fill(va: number, byte: number, length: number): void {
    while (length > 0) {
      const n = Math.min(length, PAGE_SIZE - (va & 0xfff));
      const p = this.#physical(va, WRITE);
      U8.fill(byte, p, p + n);
      va += n;
      length -= n;
    }
  }

  /** A copy of `length` bytes. */
  readBytes(va: number, length: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(length);
    this.read(va, bytes, 0, length);
    return bytes;
  }

  /**
   * How many of `length` bytes at `va` may be read (or written): what a partial transfer may move before EFAULT. All
   * of them are made present.
   */
  accessible(va: number, length: number, access: Access): number {
    let done = 0;
    while (done < length) {
      if (this.mm.kernelPage(va + done, access) < 0) break;
      done += PAGE_SIZE - ((va + done) & 0xfff);
    }
    return Math.min(done, length);
  }

  /** Throws if `length` bytes at `va` cannot all be read. */
  probeRead(va: number, length: number): void {
    if (length > 0 && this.accessible(va, length, READ) < length) throw EFAULT_SENTINEL;
  }

  /** Throws if `length` bytes at `va` cannot all be written. */
  probeWrite(va: number, length: number): void {
    if (length > 0 && this.accessible(va, length, WRITE) < length) throw EFAULT_SENTINEL;
  }

  /** Length of the zero-terminated string at `va`, at most `max`: `max` means there is no zero so far. */
  stringLength(va: number, max: number): number {
    let length = 0;
    while (length < max) {
      const p = this.#physical(va + length, READ);
      const n = Math.min(max - length, PAGE_SIZE - ((va + length) & 0xfff));
      for (let i = 0; i < n; i++) if (U8[p + i] === 0) return length + i;
      length += n;
    }
    return max;
  }

  /** The zero-terminated string at `va`, of fewer than `max` bytes; undefined when it is longer. */
  readString(va: number, max: number = PATH_MAX): string | undefined {
    const buffer = max <= scratch.length ? scratch : new Uint8Array(max);
    let length = 0;
    while (length < max) {
      const p = this.#physical(va + length, READ);
      const n = Math.min(max - length, PAGE_SIZE - ((va + length) & 0xfff));
      for (let i = 0; i < n; i++) {
        const byte = U8[p + i];
        if (byte === 0) {
          const end = length + i;
          return end <= KNOWN_BYTES && buffer === scratch ? scratchText(end) : decodeName(buffer, 0, end);
        }
        buffer[length + i] = byte;
      }
      length += n;
    }
    return undefined;
  }

  /** A path argument that may be empty (AT_EMPTY_PATH); -ENAMETOOLONG. */
  readPathOrEmpty(va: number): string | number {
    return this.readString(va, PATH_MAX) ?? -ENAMETOOLONG;
  }

  /** A path argument: -ENAMETOOLONG, or -ENOENT when it is empty. */
  readPath(va: number): string | number {
    const path = this.readString(va, PATH_MAX);
    return path === undefined ? -ENAMETOOLONG : path === "" ? -ENOENT : path;
  }

  /**
   * The strings of a zero-terminated array of pointers (argv, envp), without their zeros; a null array is empty. -E2BIG when
   * one is longer than `maxString` with its zero, or all of them with their pointers longer than `maxTotal`.
   */
  readStrings(va: number, maxString = 131072, maxTotal = 6 * 1024 * 1024): Uint8Array[] | number {
    const strings: Uint8Array[] = [];
    if (va === 0) return strings;
    let total = 0;
    for (;; va += 8) {
      const pointer = this.readU64(va);
      if (pointer === 0) return strings;
      const length = this.stringLength(pointer, maxString);
      if (length >= maxString) return -E2BIG;
      total += length + 1 + 8;
      if (total > maxTotal) return -E2BIG;
      strings.push(this.readBytes(pointer, length));
    }
  }
}
