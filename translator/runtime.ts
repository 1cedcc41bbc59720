// What generated code calls when its fast path fails: TLB misses, page crossers, jumps that are not linked yet.
// Templates know it as `H`.

import type { Block, Link } from "./cache/block.ts";
import type { CodeCache } from "./cache/code_cache.ts";
import {
  BOUNCE,
  RIP,
  TLB,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_WORDS,
  TLB_WRITE,
  XTLB_ADDEND,
  XTLB_ENTRIES,
  XTLB_ENTRY_WORDS,
} from "./cpu.ts";
import type { Access, Env, Exit } from "./env.ts";
import {
  EXEC,
  fault,
  PF_FETCH,
  PF_PRESENT,
  PF_USER,
  PF_WRITE,
  raise,
  raiseNonCanonical,
  READ,
  VECTOR_GP,
  VECTOR_PF,
  WRITE,
} from "./env.ts";
import { carry64, condition, parity } from "./ir/flags.ts";
import { DV, FRAME_CODE, frameFlags, I32, U8 } from "./ram.ts";

/** See {@link Runtime.span}. */
export const NOT_TOGETHER = -2;
/** Thrown by a store into a page with translated code, before anything is written: the instruction must run again on its own. */
export const CODE_CHANGED = { toString: () => "code changed" };

/**
 * Guest address of `size` bytes from its halves. What no user page can be at faults: the kernel's half as a page fault (Linux always shows it as
 * a protection violation), the hole between the halves as #GP.
 */
export function linear(lo: number, hi: number, access: Access = READ, size = 1): number {
  // What reaches into the hole is not canonical either.
  if (hi === 0x7fff && (lo >>> 0) + size > 0x1_0000_0000) raiseNonCanonical();
  if (hi >>> 0 > 0x7fff) {
    if (hi >= -0x8000 && hi < 0) {
      const code = PF_PRESENT | PF_USER | (access === WRITE ? PF_WRITE : access === EXEC ? PF_FETCH : 0);
      raise(VECTOR_PF, code, hi * 0x1_0000_0000 + (lo >>> 0));
    }
    raiseNonCanonical();
  }
  return hi * 0x1_0000_0000 + (lo >>> 0);
}

export function setRip(c: number, ip: number): void {
  I32[c + 2 * RIP] = ip | 0;
  I32[c + 2 * RIP + 1] = Math.floor(ip / 0x1_0000_0000) | 0;
}

const JUMP_CACHE = 4096;

export class Runtime {
  readonly env: Env;
  cache!: CodeCache;
  /** Why the last block returned null. */
  reason: Exit = 0;
  readonly parity = parity;
  readonly condition = condition;
  readonly carry64 = carry64;
  readonly #jumps: (Block | null)[] = new Array(JUMP_CACHE).fill(null);

  constructor(env: Env) {
    this.env = env;
  }

  exit(reason: number): null {
    this.reason = reason as Exit;
    return null;
  }

  /** Physical address to read `size` (≤ 64) bytes from; page crossers are put together in the bounce slots. */
  read(c: number, lo: number, hi: number, size: number, ip: number): number {
    setRip(c, ip);
    return readAddress(this.env, c, linear(lo, hi, READ, size), size);
  }

  /**
   * Physical address of `size` bytes that may be read, or of -`size` bytes that the TLB lets be written, if they lie in one place as they do in the address
   * space. Otherwise NOT_TOGETHER, and RIP is `ip`: who uses them one by one gets what faults there are.
   */
  span(c: number, lo: number, hi: number, size: number, ip: number): number {
    setRip(c, ip);
    if (hi >>> 0 > 0x7fff) return NOT_TOGETHER;
    const { env } = this, va = hi * 0x1_0000_0000 + (lo >>> 0), offset = va % 4096;
    // Not all of them need be used: what nobody has written to stays as it is.
    const pageAt = (at: number) => size < 0 ? writtenPage(c, at) : env.page(c, at, READ);
    try {
      const page = pageAt(va), crosses = offset + Math.abs(size) > 4096;
      const together = page !== 0 && (!crosses || pageAt(va + 4096 - offset) === page + 4096);
      return together ? page + offset : NOT_TOGETHER;
    } catch (e) {
      if (e !== fault) throw e;
      return NOT_TOGETHER;
    }
  }

  /** A page to write to. Pages with translated code lose it, and the instruction starts anew. */
  writable(c: number, va: number): number {
    return writablePage(this.env, this.cache, c, va);
  }

  probeWrite(c: number, lo: number, hi: number, size: number, ip: number): void {
    setRip(c, ip);
    const va = linear(lo, hi, WRITE, size);
    this.writable(c, va);
    if ((lo & 4095) + size > 4096) this.writable(c, va + 4096 - va % 4096);
  }

  /** Physical address of byte `va + i` of a store that crosses pages. */
  write8(c: number, lo: number, hi: number, v: number, ip: number): void {
    setRip(c, ip);
    U8[this.writable(c, linear(lo, hi, WRITE)) + (lo & 4095)] = v;
  }
  write16(c: number, lo: number, hi: number, v: number, ip: number): void {
    setRip(c, ip);
    const va = linear(lo, hi, WRITE, 2);
    const page = this.writable(c, va);
    if ((lo & 4095) <= 4094) DV.setInt16(page + (lo & 4095), v, true);
    else this.#crossing(c, va, page, 2, v, 0);
  }
  write32(c: number, lo: number, hi: number, v: number, ip: number): void {
    setRip(c, ip);
    const va = linear(lo, hi, WRITE, 4);
    const page = this.writable(c, va);
    if ((lo & 4095) <= 4092) DV.setInt32(page + (lo & 4095), v, true);
    else this.#crossing(c, va, page, 4, v, 0);
  }
  write64(c: number, lo: number, hi: number, v: number, vh: number, ip: number): void {
    setRip(c, ip);
    const va = linear(lo, hi, WRITE, 8);
    const page = this.writable(c, va);
    if ((lo & 4095) <= 4088) {
      DV.setInt32(page + (lo & 4095), v, true);
      DV.setInt32(page + (lo & 4095) + 4, vh, true);
    } else this.#crossing(c, va, page, 8, v, vh);
  }
  /** Stores the 16 bytes at slot `slot` of the CPU state. */
  write128(c: number, lo: number, hi: number, slot: number, ip: number): void {
    setRip(c, ip);
    this.writeBytes(c, linear(lo, hi, WRITE, 16), (c << 2) + 8 * slot, 16);
  }

  /** Stores the 32 bytes at slot `slot`. */
  write256(c: number, lo: number, hi: number, slot: number, ip: number): void {
    setRip(c, ip);
    this.writeBytes(c, linear(lo, hi, WRITE, 32), (c << 2) + 8 * slot, 32);
  }

  #crossing(c: number, va: number, page: number, size: number, v: number, vh: number): void {
    const first = 4096 - va % 4096;
    const second = this.writable(c, va + first);
    for (let i = 0; i < size; i++) {
      const byte = i < 4 ? v >>> (8 * i) : vh >>> (8 * i - 32);
      U8[i < first ? page + va % 4096 + i : second + i - first] = byte;
    }
  }

  /** Stores `size` (≤ 4096) bytes from physical address `from`; both pages are made writable before anything is written. */
  writeBytes(c: number, va: number, from: number, size: number): void {
    const offset = va % 4096;
    const page = this.writable(c, va);
    if (offset + size <= 4096) {
      U8.copyWithin(page + offset, from, from + size);
      return;
    }
    const first = 4096 - offset;
    const second = this.writable(c, va + first);
    U8.copyWithin(page + offset, from, from + first);
    U8.copyWithin(second, from + first, from + size);
  }

  /** Resolves a link: finds or translates the target, and links to it for the next time. */
  follow(c: number, link: Link): Block {
    const block = this.cache.find(c, link.address);
    if (block.frame2 === 0) link.block = block;
    return block;
  }

  /** Where a link leads: what it is linked to, if this address space still has that there. */
  linked(c: number, link: Link): Block {
    const { block } = link;
    return block !== null && isCurrent(c, link.lo, link.hi, block) ? block : this.follow(c, link);
  }

  /** A branch target that is no user address: what is not canonical faults at the branch, the kernel's half when it is fetched from. */
  target(c: number, _lo: number, hi: number, ip: number): void {
    if (hi >= -0x8000 && hi < 0) return;
    setRip(c, ip);
    raise(VECTOR_GP);
  }

  forgetJumps(): void {
    this.#jumps.fill(null);
  }

  /** An indirect jump. */
  jump(c: number, lo: number, hi: number): Block {
    const slot = (lo ^ lo >>> 12) & (JUMP_CACHE - 1);
    const b = this.#jumps[slot]!;
    if (b !== null && b.lo === lo && b.hi === hi && isCurrent(c, lo, hi, b)) return b;
    if (hi >>> 0 > 0x7fff) {
      // RIP is the target when the jump itself succeeded; non-canonical targets fault as #GP.
      I32[c + 2 * RIP] = lo;
      I32[c + 2 * RIP + 1] = hi;
      linear(lo, hi, EXEC);
    }
    const block = this.cache.find(c, hi * 0x1_0000_0000 + (lo >>> 0));
    if (block.frame2 === 0) this.#jumps[slot] = block;
    return block;
  }
}

/** Physical page that the TLB lets be written at `va`; 0: none. */
function writtenPage(c: number, va: number): number {
  const page = va & -4096, hi = Math.floor(va / 0x1_0000_0000);
  const entry = I32[c + 2 * TLB] + (page >>> 12 & (TLB_ENTRIES - 1)) * TLB_ENTRY_WORDS;
  if (I32[entry + TLB_WRITE] !== page || I32[entry + TLB_WRITE + 1] !== hi) return 0;
  return (page + I32[entry + TLB_ADDEND]) | 0;
}

/** Whether the exec TLB shows, for the page of the address, the frame that `block` was translated from. */
function isCurrent(c: number, lo: number, hi: number, { addend }: Block): boolean {
  const x = I32[c + 2 * TLB + 1] + (lo >>> 12 & (XTLB_ENTRIES - 1)) * XTLB_ENTRY_WORDS;
  return I32[x] === (lo & -4096) && I32[x + 1] === hi && I32[x + XTLB_ADDEND] === addend;
}

/** Physical address of `size` readable bytes at `va`; bytes of two pages are put together in the bounce slots. RIP is set. */
export function readAddress(env: Env, c: number, va: number, size: number): number {
  const page = env.page(c, va, READ);
  const offset = va % 4096;
  if (offset + size <= 4096) return page + offset;
  const first = 4096 - offset;
  const second = env.page(c, va + first, READ);
  const bounce = (c << 2) + 8 * BOUNCE;
  U8.copyWithin(bounce, page + offset, page + 4096);
  U8.copyWithin(bounce + first, second, second + size - first);
  return bounce;
}

export function writablePage(env: Env, cache: CodeCache, c: number, va: number): number {
  const page = env.page(c, va, WRITE);
  const frame = page >>> 12;
  if (frameFlags[frame] & FRAME_CODE) {
    cache.invalidateFrame(frame);
    throw CODE_CHANGED;
  }
  return page;
}
