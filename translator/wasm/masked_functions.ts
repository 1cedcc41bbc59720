// VMASKMOV, VPMASKMOV and the gathers as WebAssembly functions that all regions share (shared.ts): where the TLB has all the pages that are looked at. Else they
// decline, with nothing done, and the region runs the closure, which finds the pages and the faults.

import { BOUNCE, TLB, TLB_ADDEND, TLB_READ, TLB_WRITE } from "../cpu.ts";
import { pushEntry } from "./tlb_entry.ts";
import { Code, I32, I64, OP, SIMD, VOID } from "./encoder.ts";
import { type Body, declareShared } from "./shared.ts";
import { CPU_AT } from "./results.ts";

/** Slots of the arguments: address, logarithm of a gather's scale; then, of 32 bytes each, mask, indices, and what is loaded or stored. */
export const MASK_ADDRESS: number = BOUNCE, MASK_SCALE: number = BOUNCE + 1;
export const MASK: number = BOUNCE + 2, MASK_INDEX: number = BOUNCE + 6, MASK_DATA: number = BOUNCE + 10;

const AND = 78, BIT_SELECT = 82, SHR_S = { 4: 172, 8: 204 } as const;
const LANE_BITS = { 4: 31, 8: 63 } as const;

class Masked {
  readonly code = new Code();
  readonly locals: number[] = [];
  readonly #entry: number;

  constructor() {
    this.#entry = this.local(I32);
  }
  /** A new local, behind the parameter. */
  local(type: number): number {
    return this.locals.push(type);
  }
  /** Pushes the physical address of `bytes` bytes at the guest address in `va`; declines where they are not in one page that the TLB has. */
  place(va: number, bytes: number, tag: number): void {
    const { code } = this, entry = this.#entry;
    pushEntry(
      code,
      () => code.get(va).op(OP.i32WrapI64),
      () => code.i32(CPU_AT).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl),
      entry,
    );
    code.mem(OP.i64Load, 4 * tag).get(va).i64(bytes - 1, 0).op(OP.i64Add).i64(-4096, -1).op(
      OP.i64And,
      OP.i64Ne,
    );
    code.hint(false).op(OP.if, VOID).i32(0).op(OP.return, OP.end);
    code.get(va).op(OP.i32WrapI64).get(entry).mem(OP.i32Load, 4 * TLB_ADDEND).op(OP.i32Add);
  }
  load(slot: number, half: number): Code {
    return this.code.i32(CPU_AT).simd(SIMD.load).op(0).u(8 * slot + 16 * half);
  }
  /** Pushes a half of the mask: all bits of the lanes that are chosen. */
  mask(size: 4 | 8, half: number): void {
    this.load(MASK, half).i32(LANE_BITS[size]).simd(SHR_S[size]);
  }
  get body(): Body {
    this.code.i32(1);
    return this;
  }
}

function move(store: boolean, size: 4 | 8, bytes: number): Body {
  const f = new Masked(), { code } = f, va = f.local(I64), at = f.local(I32);
  code.i32(CPU_AT).mem(OP.i64Load, 8 * MASK_ADDRESS).set(va);
  f.place(va, bytes, store ? TLB_WRITE : TLB_READ);
  code.set(at);
  for (let half = 0; half < bytes / 16; half++) {
    const there = () => code.get(at).simd(SIMD.load).op(0).u(16 * half);
    if (store) {
      // What is not chosen is written as it was: nobody else runs in between.
      code.get(at);
      f.load(MASK_DATA, half);
      there();
      f.mask(size, half);
      code.simd(BIT_SELECT).simd(SIMD.store).op(0).u(16 * half);
    } else {
      code.i32(CPU_AT);
      there();
      f.mask(size, half);
      code.simd(AND).simd(SIMD.store).op(0).u(8 * MASK_DATA + 16 * half);
    }
  }
  return f.body;
}

function gather(element: 4 | 8, index: 4 | 8, lanes: number): Body {
  const f = new Masked(), { code } = f, va = f.local(I64), scale = f.local(I64), at = f.local(I32);
  code.i32(CPU_AT).mem(OP.i64Load32u, 8 * MASK_SCALE).set(scale);
  for (let i = 0; i < lanes; i++) {
    code.i32(CPU_AT).mem(OP.i32Load, 8 * MASK + element * i + element - 4).i32(0).op(OP.i32LtS, OP.if, VOID);
    code.i32(CPU_AT).mem(index === 8 ? OP.i64Load : OP.i64Load32s, 8 * MASK_INDEX + index * i).get(scale).op(
      OP.i64Shl,
    );
    code.i32(CPU_AT).mem(OP.i64Load, 8 * MASK_ADDRESS).op(OP.i64Add).set(va);
    f.place(va, element, TLB_READ);
    code.set(at).i32(CPU_AT).get(at);
    if (element === 8) code.mem(OP.i64Load, 0).mem(OP.i64Store, 8 * MASK_DATA + element * i);
    else code.mem(OP.i32Load, 0).mem(OP.i32Store, 8 * MASK_DATA + element * i);
    code.op(OP.end);
  }
  for (let b = element * lanes; b < 32; b += 8) {
    code.i32(CPU_AT).i64(0, 0).mem(OP.i64Store, 8 * MASK_DATA + b);
  }
  return f.body;
}

export const moveName = (store: boolean, size: number, bytes: number): string =>
  `mask ${store ? "store" : "load"} ${size} ${bytes}`;
export const gatherName = (element: number, index: number, lanes: number): string =>
  `gather ${element} ${index} ${lanes}`;

for (const store of [false, true]) {
  for (const size of [4, 8] as const) {
    for (const bytes of [16, 32]) declareShared(moveName(store, size, bytes), () => move(store, size, bytes));
  }
}
for (const element of [4, 8] as const) {
  for (const index of [4, 8] as const) {
    const most = 32 / Math.max(element, index);
    for (const lanes of [most / 2, most]) {
      declareShared(gatherName(element, index, lanes), () => gather(element, index, lanes));
    }
  }
}
