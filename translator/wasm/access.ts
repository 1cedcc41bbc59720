// Memory accesses of a region: addresses, the TLB check, and windows.
//
// A window is one page that an access through the same registers is likely to hit again: the page's guest address and what to add to an address
// for the physical one. It is checked before the TLB. Windows lie in memory, at addresses that are constants, so they cost no registers and serve all
// regions (windows.ts); the environment empties them when an existing translation changes. A window that is none has an address that no user
// page can have, and adds 0: should a guest use an address there, it finds a page that belongs to nobody.

import { TLB, TLB_ADDEND, TLB_ENTRIES, TLB_ENTRY_WORDS, TLB_WRITE } from "../cpu.ts";
import type { Mem, Value } from "../ir/op.ts";
import { RUNNING_CPU } from "../ram.ts";
import { I32, I64, OP, SIMD } from "./encoder.ts";
import { ADDRESS, CPU_AT, ENTRY, PHYS, TLB_AT, Values } from "./values.ts";
import {
  MISS_READ,
  MISS_READ_WRITABLE,
  MISS_STORE,
  MISS_UPDATE,
  PROBE,
  READ,
  WRITE128,
  WRITE16,
  WRITE256,
  WRITE32,
  WRITE64,
  WRITE8,
} from "./imports.ts";
import { STACK, windowAt, windowNumber, type Windows } from "./windows.ts";

const ENTRY_BYTES = TLB_ENTRY_WORDS * 4;
const ENTRY_SHIFT = 12 - Math.log2(ENTRY_BYTES);
const ENTRY_MASK = (TLB_ENTRIES - 1) * ENTRY_BYTES;

interface Window {
  readonly at: number;
  readonly writable: boolean;
}

/** Pushes the address of the TLB entry for the address that `address` pushes (an i32), and keeps it in local `entry`. */
export function pushEntry(
  code: Values["code"],
  address: () => void,
  tlbAt: () => void,
  entry: number,
): void {
  address();
  code.i32(ENTRY_SHIFT).op(OP.i32ShrU).i32(ENTRY_MASK).op(OP.i32And);
  tlbAt();
  code.op(OP.i32Add).tee(entry);
}

export class Access extends Values {
  readonly #windows: Windows;
  /** The stack's window in locals: loads of it right behind pushes would often have to wait for stores that lie 4 KiB multiples away. */
  #stack: { readonly page: number; readonly addend: number } | undefined;
  /** The window for the effective address that was pushed last. */
  #window: Window | undefined;
  /** Where a fault goes: a level of open(). */
  protected faultLevel = 0;

  constructor(
    used: Iterable<number>,
    written: Iterable<number>,
    split: Iterable<number>,
    windows: Windows,
    code?: Values["code"],
  ) {
    super(used, written, split, code);
    this.#windows = windows;
    if (windows.has(STACK)) this.#stack = { page: this.newLocal(I64), addend: this.newLocal(I32) };
  }

  /** Loads what lies in memory, at the start and behind what may have changed it. */
  override reload(): void {
    super.reload();
    if (this.#stack === undefined) return;
    const { code } = this, { page, addend } = this.#stack, at = windowAt(STACK, true);
    code.i32(at).mem(OP.i64Load, 0).set(page).i32(at).mem(OP.i32Load, 8).set(addend);
  }

  /** Address of the TLB, once at the start. */
  protected locateTlb(): void {
    this.code.i32(CPU_AT).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl).set(TLB_AT);
  }

  #windowFor(n: number): Window | undefined {
    const writable = this.#windows.get(n);
    return writable === undefined ? undefined : { at: windowAt(n, writable), writable };
  }

  /** Pushes the effective address. */
  effective(m: Mem): void {
    const { code } = this;
    this.#window = this.#windows.size === 0 ? undefined : this.#windowFor(windowNumber(m));
    let terms = 0;
    const add = () => {
      if (terms++ > 0) code.op(OP.i64Add);
    };
    if (m.base >= 0) {
      this.get64(m.base);
      add();
    }
    if (m.index >= 0) {
      this.get64(m.index);
      if (m.scale > 0) code.i64(m.scale, 0).op(OP.i64Shl);
      add();
    }
    if (m.dispLo !== 0 || m.dispHi !== 0 || terms === 0) {
      code.i64(m.dispLo, m.dispHi);
      add();
    }
    if (m.address32) code.op(OP.i32WrapI64, OP.i64ExtendI32U);
    if (m.segment >= 0) {
      this.get64(m.segment);
      code.op(OP.i64Add);
    }
  }
  setAddress(): void {
    this.code.set(ADDRESS);
  }
  getAddress(): void {
    this.code.get(ADDRESS);
  }

  /** Pushes whether the TLB entry's tag matches; its address stays in ENTRY. */
  #entry(size: number, tag: number): void {
    const { code } = this;
    pushEntry(code, () => code.get(ADDRESS).op(OP.i32WrapI64), () => this.pushTlb(), ENTRY);
    code.mem(OP.i64Load, 4 * tag).get(ADDRESS);
    if (size > 1) code.i64(size - 1, 0).op(OP.i64Add);
    code.i64(-4096, -1).op(OP.i64And, OP.i64Eq);
  }
  #physical(): void {
    this.code.get(ADDRESS).op(OP.i32WrapI64).get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND).op(OP.i32Add);
  }
  /** Pushes the address of the instruction, `ip`. */
  protected pushIp(ip: number): void {
    this.code.f64Const(ip);
  }
  protected pushTlb(): void {
    this.code.get(TLB_AT);
  }
  /** c, low and high word of the address: the first arguments of the slow paths. */
  #slowArguments(): void {
    this.code.i32(RUNNING_CPU).get(ADDRESS).op(OP.i32WrapI64);
    this.code.get(ADDRESS).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
  }

  /** Pushes the physical address through a window: `miss` is the import that finds it otherwise, `more` pushes arguments of its own. */
  #through(w: Window, size: number, miss: number, ip: number, more?: () => void): void {
    const { code } = this;
    const stack = w.at === windowAt(STACK, true) ? this.#stack : undefined;
    code.get(ADDRESS);
    stack === undefined ? code.i32(w.at).mem(OP.i64Load, 0) : code.get(stack.page);
    code.op(OP.i64Sub).i64(4096 - size, 0).op(OP.i64LeU).hint(true);
    this.open(OP.if, I32);
    code.get(ADDRESS).op(OP.i32WrapI64);
    stack === undefined ? code.i32(w.at).mem(OP.i32Load, 8) : code.get(stack.addend);
    code.op(OP.i32Add, OP.else);
    code.i32(w.at).get(ADDRESS).i32(size);
    this.pushIp(ip);
    more?.();
    code.call(miss).tee(PHYS).i32(0).op(OP.i32LtS);
    this.branchIf(this.faultLevel);
    if (stack !== undefined) {
      code.i32(w.at).mem(OP.i64Load, 0).set(stack.page).i32(w.at).mem(OP.i32Load, 8).set(stack.addend);
    }
    code.get(PHYS);
    this.close();
  }

  /** Loads from `m` with a load instruction whose result stays on the stack. */
  load(m: Mem, size: number, opcode: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.loadAt(size, ip);
    this.code.mem(opcode, 0);
  }
  /** Pushes the physical address to read `size` bytes at the effective address, which is in local ADDRESS now. */
  loadAt(size: number, ip: number): void {
    const { code } = this;
    const window = this.#window;
    if (window !== undefined) {
      return this.#through(window, size, window.writable ? MISS_READ_WRITABLE : MISS_READ, ip);
    }
    this.#entry(size, 0);
    code.hint(true);
    this.open(OP.if, I32);
    this.#physical();
    code.op(OP.else);
    this.#slowArguments();
    code.i32(size);
    this.pushIp(ip);
    code.call(READ).tee(PHYS).i32(0).op(OP.i32LtS);
    this.branchIf(this.faultLevel);
    code.get(PHYS);
    this.close();
  }

  /** As load(), from a place that is written next. */
  loadForUpdate(m: Mem, size: number, opcode: number, ip: number): void {
    const { code } = this;
    this.effective(m);
    code.set(ADDRESS);
    if (this.#window?.writable) this.#through(this.#window, size, MISS_UPDATE, ip);
    else {
      this.#entry(size, TLB_WRITE);
      code.hint(true);
      this.open(OP.if, I32);
      this.#physical();
      code.op(OP.else);
      this.#slowArguments();
      code.i32(size);
      this.pushIp(ip);
      code.call(PROBE);
      this.branchIf(this.faultLevel);
      this.#slowArguments();
      code.i32(size);
      this.pushIp(ip);
      code.call(READ).tee(PHYS).i32(0).op(OP.i32LtS);
      this.branchIf(this.faultLevel);
      code.get(PHYS);
      this.close();
    }
    code.mem(opcode, 0);
  }

  /** Pushes the physical address of the byte whose address is in ADDRESS, to be written or read up to the page's end; 0 when the TLB has no such entry. */
  pagePlace(write: boolean): void {
    this.#entry(1, write ? TLB_WRITE : 0);
    this.open(OP.if, I32);
    this.#physical();
    this.code.op(OP.else).i32(0);
    this.close();
  }

  /** Makes `size` bytes at `m` writable. */
  probe(m: Mem, size: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    if (this.#window?.writable) {
      this.#through(this.#window, size, MISS_UPDATE, ip);
      this.code.op(OP.drop);
      return;
    }
    this.#entry(size, TLB_WRITE);
    this.code.hint(true);
    this.open(OP.if);
    this.code.op(OP.else);
    this.#slowArguments();
    this.code.i32(size);
    this.pushIp(ip);
    this.code.call(PROBE);
    this.branchIf(this.faultLevel);
    this.close();
  }

  /**
   * Stores to the effective address, which is in local ADDRESS now: `fast` pushes the value after the physical address and `opcode` stores it;
   * `words` pushes the slow call's arguments, `whole` the same as one i64.
   */
  #storeAt(
    size: number,
    slow: number,
    fast: () => void,
    words: () => void,
    whole: () => void,
    ip: number,
  ): void {
    const { code } = this;
    const window = this.#window;
    if (window?.writable) {
      this.#through(window, size, MISS_STORE, ip, whole);
      return fast();
    }
    this.#entry(size, TLB_WRITE);
    code.hint(true);
    this.open(OP.if);
    this.#physical();
    fast();
    code.op(OP.else);
    this.#slowArguments();
    words();
    this.pushIp(ip);
    code.call(slow);
    this.branchIf(this.faultLevel);
    this.close();
  }

  /** Stores the low `size` bytes of `v` at `m`. */
  store(m: Mem, size: number, v: Value, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.storeValue(size, v, ip);
  }
  /** The same to the effective address in ADDRESS. */
  storeValue(size: number, v: Value, ip: number): void {
    const { code } = this;
    const whole = () => this.get64(v);
    if (size === 8) {
      const words = () => {
        this.get32(v);
        this.get64(v);
        code.i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
      };
      const fast = this.isVector(v)
        ? () => {
          this.getF64(v);
          code.mem(OP.f64Store, 0);
        }
        : () => {
          this.get64(v);
          code.mem(OP.i64Store, 0);
        };
      return this.#storeAt(8, WRITE64, fast, words, whole, ip);
    }
    const word = () => this.get32(v);
    if (size === 4 && this.isVector(v)) {
      const fast = () => {
        this.getF32(v);
        code.mem(OP.f32Store, 0);
      };
      return this.#storeAt(4, WRITE32, fast, word, whole, ip);
    }
    const [opcode, slow] = size === 1
      ? [OP.i32Store8, WRITE8]
      : size === 2
      ? [OP.i32Store16, WRITE16]
      : [OP.i32Store, WRITE32];
    const fast = () => {
      this.get32(v);
      code.mem(opcode, 0);
    };
    this.#storeAt(size, slow, fast, word, whole, ip);
  }
  /** Stores the i64 that `push` pushes to the effective address in ADDRESS. */
  storePushed(push: () => void, ip: number): void {
    const { code } = this;
    const fast = () => {
      push();
      code.mem(OP.i64Store, 0);
    };
    const words = () => {
      push();
      code.op(OP.i32WrapI64);
      push();
      code.i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
    };
    this.#storeAt(8, WRITE64, fast, words, push, ip);
  }
  /** Pushes the number of slot `r`. */
  protected slotNumber(r: number): void {
    this.code.i32(r);
  }
  /** Stores the 256 bits of slots `r` and `r` + 2 at `m`. */
  storeWideAt(m: Mem, r: number, ip: number): void {
    const { code } = this;
    this.effective(m);
    code.set(ADDRESS);
    const spill = () => {
      this.storeVector(r);
      this.storeVector(r + 2);
    };
    this.#storeAt(
      32,
      WRITE256,
      () => {
        // The physical address is on the stack.
        code.tee(PHYS);
        this.vector(r);
        code.simd(SIMD.store).op(0).u(0).get(PHYS);
        this.vector(r + 2);
        code.simd(SIMD.store).op(0).u(16);
      },
      () => {
        spill();
        this.slotNumber(r);
      },
      () => {
        spill();
        code.i64(r, 0);
      },
      ip,
    );
  }
  /** Stores 128-bit slot `r` at `m`. */
  storeVectorAt(m: Mem, r: number, ip: number): void {
    const { code } = this;
    this.effective(m);
    code.set(ADDRESS);
    this.#storeAt(
      16,
      WRITE128,
      () => {
        this.vector(r);
        code.simd(SIMD.store).op(0).u(0);
      },
      () => {
        this.storeVector(r);
        this.slotNumber(r);
      },
      () => {
        this.storeVector(r);
        code.i64(r, 0);
      },
      ip,
    );
  }
}
