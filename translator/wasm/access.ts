// Memory accesses of a region: loads and stores where places.ts finds the address.

import { TLB_ADDEND, TLB_READ, TLB_WRITE } from "../cpu.ts";
import type { Mem, Value } from "../ir/op.ts";
import { I32, OP, SIMD } from "./encoder.ts";
import { MISS_READ, MISS_STORE, MISS_UPDATE } from "./imports.ts";
import { Places } from "./places.ts";
import { ADDRESS, ENTRY, PHYS } from "./values.ts";

export class Access extends Places {
  /** Loads from `m` with a load instruction whose result stays on the stack. */
  load(m: Mem, size: number, opcode: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.code.mem(opcode, this.loadAt(size, ip));
  }
  /**
   * Pushes a physical address, and returns what is to be added to it for `size` bytes to read at the effective address, which is in local ADDRESS
   * now.
   */
  loadAt(size: number, ip: number): number {
    return this.place(MISS_READ, size, ip);
  }

  /** As load(), from a place that is written next. */
  loadForUpdate(m: Mem, size: number, opcode: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.code.mem(opcode, this.place(MISS_UPDATE, size, ip));
  }

  /** Pushes the physical address of the byte whose address is in ADDRESS, to be written or read up to the page's end; 0 when the TLB has no such entry. */
  pagePlace(write: boolean): void {
    const { code } = this;
    this.pushEntryOf(ADDRESS);
    code.mem(OP.i64Load, 4 * (write ? TLB_WRITE : TLB_READ)).get(ADDRESS).i64(-4096, -1).op(
      OP.i64And,
      OP.i64Eq,
    );
    this.open(OP.if, I32);
    code.get(ADDRESS).op(OP.i32WrapI64).get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND);
    code.op(OP.i32Add, OP.else).i32(0);
    this.close();
  }

  /** Makes `size` bytes at `m` writable. */
  probe(m: Mem, size: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.place(MISS_UPDATE, size, ip);
    this.code.op(OP.drop);
  }

  /**
   * Stores to the effective address, which is in local ADDRESS now: `fast` stores `at` bytes behind the physical address on the stack; `whole` pushes
   * the value as one i64, or the number of the slot where it is.
   */
  #storeAt(size: number, fast: (at: number) => void, whole: () => void, ip: number): void {
    fast(this.place(MISS_STORE, size, ip, whole));
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
    const fast = (at: number) => {
      if (size === 8) {
        if (this.isVector(v)) {
          this.getF64(v);
          code.mem(OP.f64Store, at);
        } else {
          this.get64(v);
          code.mem(OP.i64Store, at);
        }
      } else if (size === 4 && this.isVector(v)) {
        this.getF32(v);
        code.mem(OP.f32Store, at);
      } else {
        this.get32(v);
        code.mem(size === 1 ? OP.i32Store8 : size === 2 ? OP.i32Store16 : OP.i32Store, at);
      }
    };
    this.#storeAt(size, fast, () => this.get64(v), ip);
  }
  /** Stores the i64 that `push` pushes to the effective address in ADDRESS. */
  storePushed(push: () => void, ip: number): void {
    const fast = (at: number) => {
      push();
      this.code.mem(OP.i64Store, at);
    };
    this.#storeAt(8, fast, push, ip);
  }
  /** Pushes the number of slot `r`. */
  protected slotNumber(r: number): void {
    this.code.i32(r);
  }
  /** Stores the vectors in slots `r`, `r` + 2, … at `m`, `count` of them. */
  #storeVectors(m: Mem, r: number, count: number, ip: number): void {
    const { code } = this;
    this.effective(m);
    code.set(ADDRESS);
    const fast = (at: number) => {
      code.set(PHYS);
      for (let i = 0; i < count; i++) {
        code.get(PHYS);
        this.vector(r + 2 * i);
        code.simd(SIMD.store).op(0).u(at + 16 * i);
      }
    };
    const slot = () => {
      for (let i = 0; i < count; i++) this.storeVector(r + 2 * i);
      this.slotNumber(r);
      code.op(OP.i64ExtendI32U);
    };
    this.#storeAt(16 * count, fast, slot, ip);
  }
  /** Stores the 256 bits of slots `r` and `r` + 2 at `m`. */
  storeWideAt(m: Mem, r: number, ip: number): void {
    this.#storeVectors(m, r, 2, ip);
  }
  /** Stores 128-bit slot `r` at `m`. */
  storeVectorAt(m: Mem, r: number, ip: number): void {
    this.#storeVectors(m, r, 1, ip);
  }
}
