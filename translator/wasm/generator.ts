// The state of emitting one region: which slots live in locals, how values get on the wasm stack, memory accesses, exits.
//
// General registers, the lazy flags, 128-bit registers and temporaries are locals (i64, v128; the kind of the flags i32). Everything
// else stays in the CPU state, where wasm reads it with constant offsets. A local is the truth while the region runs; it
// is stored at every way out and around operations that are run by their JavaScript closures. A fault leaves through
// one common exit, so the paths that do not fault carry no stores.

import {
  CHAIN,
  FLAG_A,
  FLAG_B,
  FLAG_R,
  FLAGS,
  RIP,
  TEMPS,
  TLB,
  TLB_ADDEND,
  TLB_ENTRIES,
  TLB_ENTRY_WORDS,
  TLB_WRITE,
  XTLB_ADDEND,
  XTLB_ENTRIES,
  YMM,
} from "../cpu.ts";
import { JUMP_ENTRIES, JUMP_ENTRY_SHIFT, JUMP_TABLE } from "./jump_table.ts";
import type { IrOp } from "../ir/block.ts";
import type { Mem, Value } from "../ir/op.ts";
import { FloatFacts } from "./float_facts.ts";
import { Code, F64, type FunctionType, I32, I64, OP, SIMD, V128, VOID } from "./encoder.ts";

const ENTRY_BYTES = TLB_ENTRY_WORDS * 4;
const ENTRY_SHIFT = 12 - Math.log2(ENTRY_BYTES);
const ENTRY_MASK = (TLB_ENTRIES - 1) * ENTRY_BYTES;

// Locals. Parameter: c, the I32 index of the CPU state.
const C = 0, BASE = 1, TLB_AT = 2, ENTRY = 3, PHYS = 4, RESULT = 5;
export const KIND = 6, BUDGET = 7, X32 = 8, Y32 = 9;
const ADDRESS = 10;
export const X64 = 11, Y64 = 12, Z64 = 13, W64 = 14;
const FIRST_SLOT_LOCAL = 15;

// Imported functions.
export const READ = 0,
  WRITE8 = 1,
  WRITE16 = 2,
  WRITE32 = 3,
  WRITE64 = 4,
  WRITE128 = 5,
  PROBE = 6,
  CONDITION = 7;
const slowWrite = (words: number): FunctionType => ({
  params: [I32, I32, I32, ...new Array(words).fill(I32), F64],
  results: [I32],
});
/** Types of the fixed imports, in the order above; closures of single operations follow. */
export const IMPORTS: readonly FunctionType[] = [
  { params: [I32, I32, I32, I32, F64], results: [I32] },
  slowWrite(1),
  slowWrite(1),
  slowWrite(1),
  slowWrite(2),
  slowWrite(1),
  slowWrite(1),
  { params: [I32, I32], results: [I32] },
];
export const STEP: FunctionType = { params: [I32], results: [I32] };

/** Result of a region that goes on at RIP. */
export const INDIRECT = -2;
/** Result of a region that faulted: the pending exception is to be thrown again. */
export const FAULTED = -1;

/** The 128-bit slot that 64-bit slot `s` is half of. */
export const pair = (s: number) => s & ~1;
/** Whether slot `s` is in a vector register. */
export const isVectorSlot = (s: number) => s >= YMM && s < TEMPS;

export class Generator {
  readonly code: Code = new Code();
  /** Operations that are run by their closures, in the order of the imports behind the fixed ones. */
  readonly steps: IrOp[] = [];
  readonly floats: FloatFacts = new FloatFacts();
  readonly #slotLocal = new Map<number, number>();
  /** The same for 128-bit slots (numbers as of pair()). */
  readonly #vectorLocal = new Map<number, number>();
  /** XMM registers whose low double has an f64 local of its own (the low half of their v128 local means nothing): as pair(). */
  readonly #lowLocal = new Map<number, number>();
  /** Types of the locals beyond the fixed ones. */
  readonly #extra: number[] = [];
  readonly #scratch = new Map<string, number>();
  /** Slots of registers and flags that the region reads or writes, and those it writes; vector registers as pair(). */
  readonly #used: readonly number[];
  readonly #written: readonly number[];
  /** Temporaries of the current instruction that are in their locals: scalars, vectors. */
  readonly #temps = new Set<number>();
  readonly #vectorTemps = new Set<number>();
  /** Open blocks; the exits are at the levels below. */
  depth = 0;
  #exitLevel = 0;
  #faultLevel = 0;
  #rawLevel = 0;

  /** `split`: XMM registers that hold scalar doubles for the most part. */
  constructor(used: Iterable<number>, written: Iterable<number>, split: Iterable<number> = []) {
    this.#used = [...used];
    this.#written = [...written];
    for (const slot of split) this.#lowLocal.set(slot, this.#newLocal(F64));
    for (const slot of this.#used) isVectorSlot(slot) ? this.#vector(slot) : this.#local(slot);
  }

  /** Types of all locals behind the parameter. */
  get locals(): number[] {
    const fixed = Array.from({ length: FIRST_SLOT_LOCAL - 1 }, (_, i) => i + 1 < ADDRESS ? I32 : I64);
    return [...fixed, ...this.#extra];
  }

  #newLocal(type: number): number {
    return FIRST_SLOT_LOCAL + this.#extra.push(type) - 1;
  }
  #local(slot: number): number {
    let local = this.#slotLocal.get(slot);
    if (local === undefined) this.#slotLocal.set(slot, local = this.#newLocal(I64));
    return local;
  }
  #vector(slot: number): number {
    let local = this.#vectorLocal.get(slot);
    if (local === undefined) this.#vectorLocal.set(slot, local = this.#newLocal(V128));
    return local;
  }
  /** Scratch local `n` of a type, for the insides of one operation. */
  scratch(type: number, n: number): number {
    const key = `${type} ${n}`;
    let local = this.#scratch.get(key);
    if (local === undefined) this.#scratch.set(key, local = this.#newLocal(type));
    return local;
  }

  /** Whether the slot's value is in an i64 local now. */
  #inLocal(slot: number): boolean {
    return slot >= TEMPS ? this.#temps.has(slot) : this.#slotLocal.has(slot);
  }
  /** The v128 local that holds 64-bit slot `slot` as one half, if one does. */
  #vectorOf(slot: number): number | undefined {
    if (slot < YMM) return undefined;
    const whole = pair(slot);
    return slot < TEMPS || this.#vectorTemps.has(whole) ? this.#vectorLocal.get(whole) : undefined;
  }

  /** The f64 local that holds 64-bit slot `slot`, if one does. */
  #lowOf(slot: number): number | undefined {
    return this.#lowLocal.get(slot);
  }

  // Blocks. Every opening instruction goes through open() so that depths are right.
  open(opcode: number, type: number = VOID): number {
    this.code.op(opcode, type);
    return ++this.depth;
  }
  close(): void {
    this.code.op(OP.end);
    this.depth--;
  }
  branch(level: number): void {
    this.code.br(this.depth - level);
  }
  branchIf(level: number): void {
    this.code.brIf(this.depth - level);
  }

  /** `entry`: guest address of the region. */
  begin(entry: number): void {
    const { code } = this;
    code.get(C).i32(2).op(OP.i32Shl).set(BASE);
    // Too much in a row (regions and loops count): back to the dispatcher.
    code.get(BASE).mem(OP.i32Load, 8 * CHAIN).i32(1).op(OP.i32Sub).tee(BUDGET).i32(0).op(OP.i32LtS);
    this.open(OP.if);
    code.get(BASE).i64(entry | 0, Math.floor(entry / 0x1_0000_0000)).mem(OP.i64Store, 8 * RIP);
    code.i32(INDIRECT).op(OP.return);
    this.close();
    code.get(BASE).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl).set(TLB_AT);
    this.reload();
    this.floats.enter(this);
    this.#rawLevel = this.open(OP.block);
    this.#faultLevel = this.open(OP.block);
    this.#exitLevel = this.open(OP.block);
  }

  end(): void {
    this.code.op(0x00); // unreachable: the body never falls through
    this.close();
    this.spill();
    this.code.get(BASE).get(BUDGET).mem(OP.i32Store, 8 * CHAIN);
    this.#chain();
    this.code.get(RESULT).op(OP.return);
    this.close();
    this.spill();
    this.code.i32(FAULTED).op(OP.return);
    this.close();
    this.code.i32(FAULTED);
  }

  /** Leaves the region with a result for its caller (js side), if no region takes over at `target` (undefined: no address). */
  exit(result: number, target?: { lo: number; hi: number }): void {
    this.code.i64(target?.lo ?? -1, target?.hi ?? -1);
    this.exitTo(result);
  }
  /** The same; the target is on the stack. */
  exitTo(result: number): void {
    this.code.set(X64).i32(result).set(RESULT);
    this.branch(this.#exitLevel);
  }

  /** Goes on with the region for the address in X64, if there is one; else stores it as RIP. */
  #chain(): void {
    const { code } = this;
    const jumpSlot = ENTRY, execSlot = PHYS;
    code.get(X64).op(OP.i32WrapI64).tee(X32).get(X32).i32(12).op(OP.i32ShrU, OP.i32Xor).i32(JUMP_ENTRIES - 1)
      .op(OP.i32And);
    code.i32(JUMP_ENTRY_SHIFT).op(OP.i32Shl).set(jumpSlot);
    code.get(jumpSlot).mem(OP.i64Load, JUMP_TABLE).get(X64).op(OP.i64Eq);
    this.open(OP.if);
    code.get(BASE).mem(OP.i32Load, 8 * TLB + 4).i32(2).op(OP.i32Shl);
    code.get(X32).i32(12).op(OP.i32ShrU).i32(XTLB_ENTRIES - 1).op(OP.i32And).i32(4).op(OP.i32Shl, OP.i32Add)
      .tee(execSlot);
    code.mem(OP.i64Load, 0).get(X64).i64(-4096, -1).op(OP.i64And, OP.i64Eq);
    code.get(execSlot).mem(OP.i32Load, 4 * XTLB_ADDEND).get(jumpSlot).mem(OP.i32Load, JUMP_TABLE + 8).op(
      OP.i32Eq,
      OP.i32And,
    );
    this.open(OP.if);
    code.get(C).get(jumpSlot).mem(OP.i32Load, JUMP_TABLE + 12).op(OP.returnCallIndirect).u(0).u(0);
    this.close();
    this.close();
    code.get(BASE).get(X64).mem(OP.i64Store, 8 * RIP);
  }

  /** Stores what the region may have changed. */
  spill(): void {
    for (const slot of this.#written) this.#store(slot);
    if (this.#written.includes(FLAG_A)) this.code.get(BASE).get(KIND).mem(OP.i32Store, 8 * FLAGS);
  }
  reload(): void {
    for (const slot of this.#used) this.#load(slot);
    if (this.#used.includes(FLAG_A)) this.code.get(BASE).mem(OP.i32Load, 8 * FLAGS).set(KIND);
  }
  #store(slot: number): void {
    this.code.get(BASE);
    if (isVectorSlot(slot)) {
      this.code.get(this.#vector(slot)).simd(SIMD.store).op(0).u(8 * slot);
      const low = this.#lowOf(slot);
      if (low !== undefined) this.code.get(BASE).get(low).mem(OP.f64Store, 8 * slot);
    } else this.code.get(this.#local(slot)).mem(OP.i64Store, 8 * slot);
  }
  #load(slot: number): void {
    this.code.get(BASE);
    if (isVectorSlot(slot)) {
      this.code.simd(SIMD.load).op(0).u(8 * slot).set(this.#vector(slot));
      const low = this.#lowOf(slot);
      if (low !== undefined) this.code.get(BASE).mem(OP.f64Load, 8 * slot).set(low);
    } else this.code.mem(OP.i64Load, 8 * slot).set(this.#local(slot));
  }

  /** A new guest instruction begins: its temporaries are all free. */
  newInstruction(): void {
    this.#temps.clear();
    this.#vectorTemps.clear();
  }

  /** Stores the current instruction's temporaries, for what is run by a closure. */
  #storeTemps(): void {
    for (const slot of this.#temps) this.#store(slot);
    for (const slot of this.#vectorTemps) this.#storeVectorTemp(slot);
  }
  #storeVectorTemp(slot: number): void {
    this.code.get(BASE).get(this.#vector(slot)).simd(SIMD.store).op(0).u(8 * slot);
  }
  spillTemps(): void {
    this.#storeTemps();
    this.newInstruction();
  }

  /** The import that runs `o` by its closure. */
  step(o: IrOp): number {
    return IMPORTS.length + this.steps.push(o) - 1;
  }

  /** Runs an operation's closure (an index from step()) on the CPU state in memory. */
  runStep(index: number): void {
    this.spill();
    this.spillTemps();
    this.code.get(C).call(index);
    this.branchIf(this.#rawLevel);
    this.reload();
    this.floats.closure(this);
  }

  /**
   * The same for a closure that touches nothing but the 128-bit (or, outside vectors, 64-bit) slots `reads` and `writes` and what is never in
   * locals (MXCSR, x87 state). May stand on one arm of an `if`: which temporaries are in locals does not change.
   */
  runStepOn(index: number, reads: readonly number[], writes: readonly number[]): void {
    for (const slot of reads) {
      if (this.#lowOf(pair(slot)) !== undefined) {
        this.#store(pair(slot));
        continue;
      }
      const vector = this.#vectorOf(slot);
      if (vector !== undefined) this.code.get(BASE).get(vector).simd(SIMD.store).op(0).u(8 * pair(slot));
      else if (this.#inLocal(slot)) this.#store(slot);
    }
    this.code.get(C).call(index);
    this.branchIf(this.#faultLevel);
    for (const slot of writes) {
      this.floats.written(slot, true);
      if (this.#lowOf(pair(slot)) !== undefined) {
        this.#load(pair(slot));
        continue;
      }
      const vector = this.#vectorOf(slot);
      if (vector !== undefined) this.code.get(BASE).simd(SIMD.load).op(0).u(8 * pair(slot)).set(vector);
      else if (this.#inLocal(slot)) this.code.get(BASE).mem(OP.i64Load, 8 * slot).set(this.#local(slot));
    }
  }

  /** Calls a function of the shared table that takes the CPU state and returns an i32, which stays on the stack. */
  callShared(index: number): void {
    this.code.get(C).i32(index).op(OP.callIndirect).u(0).u(0);
  }

  /** Runs a step that always faults, on a path of its own. */
  runFaultingStep(index: number): void {
    this.spill();
    this.#storeTemps();
    this.code.get(C).call(index).op(OP.drop);
    this.branch(this.#rawLevel);
  }

  // Values.
  get64(v: Value): void {
    if (typeof v === "object") this.code.i64(v.lo, v.hi);
    else if (this.#inLocal(v)) this.code.get(this.#local(v));
    else if (this.#lowOf(v) !== undefined) this.code.get(this.#lowOf(v)!).op(OP.i64ReinterpretF64);
    else {
      const vector = this.#vectorOf(v);
      if (vector !== undefined) this.code.get(vector).simd(SIMD.i64x2Extract).op(v & 1);
      else this.code.get(BASE).mem(OP.i64Load, 8 * v);
    }
  }
  get32(v: Value): void {
    if (typeof v === "object") this.code.i32(v.lo);
    else if (this.#inLocal(v)) this.code.get(this.#local(v)).op(OP.i32WrapI64);
    else if (this.#lowOf(v) !== undefined) {
      this.code.get(this.#lowOf(v)!).op(OP.i64ReinterpretF64, OP.i32WrapI64);
    } else {
      const vector = this.#vectorOf(v);
      if (vector !== undefined) this.code.get(vector).simd(SIMD.i32x4Extract).op(2 * (v & 1));
      else this.code.get(BASE).mem(OP.i32Load, 8 * v);
    }
  }
  /** Pops an i64 into slot `d`. */
  set64(d: number): void {
    this.floats.written(d, false);
    const low = this.#lowOf(d);
    if (low !== undefined) return void this.code.op(OP.f64ReinterpretI64).set(low);
    const vector = this.#vectorOf(d);
    if (vector !== undefined) {
      this.code.set(Z64).get(vector).get(Z64).simd(SIMD.i64x2Replace).op(d & 1).set(vector);
      return;
    }
    if (d >= TEMPS) this.#temps.add(d);
    if (this.#inLocal(d)) this.code.set(this.#local(d));
    else this.code.set(Z64).get(BASE).get(Z64).mem(OP.i64Store, 8 * d);
  }
  /** Pops an i32, zero-extended, into slot `d`. */
  set32(d: number): void {
    this.code.op(OP.i64ExtendI32U);
    this.set64(d);
  }

  // Vectors: `s` is the first of two consecutive slots.
  /** Pushes 128 bits. */
  vector(s: number): void {
    const { code } = this;
    const local = this.#vectorOf(s), low = this.#lowOf(s);
    if (low !== undefined) code.get(local!).get(low).simd(SIMD.f64x2Replace).op(0);
    else if (local !== undefined) code.get(local);
    else if (this.#temps.has(s) || this.#temps.has(s + 1)) {
      this.get64(s);
      code.simd(SIMD.i64x2Splat);
      this.get64(s + 1);
      code.simd(SIMD.i64x2Replace).op(1);
    } else code.get(BASE).simd(SIMD.load).op(0).u(8 * s);
  }
  /** Slot `d` = the 128 bits that `push` pushes. */
  setVector(d: number, push: () => void): void {
    const { code } = this;
    if (d < YMM) {
      code.get(BASE);
      push();
      code.simd(SIMD.store).op(0).u(8 * d);
      return;
    }
    push();
    this.floats.written(d, true);
    if (d >= TEMPS) {
      this.#temps.delete(d);
      this.#temps.delete(d + 1);
      this.#vectorTemps.add(d);
    }
    const low = this.#lowOf(d);
    if (low !== undefined) code.tee(this.#vector(d)).simd(SIMD.f64x2Extract).op(0).set(low);
    else code.set(this.#vector(d));
  }
  /** Whether the low double of XMM register `d` has a local of its own. */
  isSplit(d: Value): boolean {
    return typeof d === "number" && this.#lowOf(d) !== undefined;
  }
  /** Vector `d` = the f64 that `push` pushes, and 0. */
  setDouble(d: number, push: () => void): void {
    const low = this.#lowOf(d);
    this.setVector(d, () => {
      this.code.simd(SIMD.const).op(...new Array(16).fill(0));
      if (low !== undefined) return;
      push();
      this.code.simd(SIMD.f64x2Replace).op(0);
    });
    if (low === undefined) return;
    push();
    this.code.set(low);
  }
  /** Vector `d` = vector `s`. */
  copyVector(d: number, s: number): void {
    const to = this.#lowOf(d), from = this.#lowOf(s);
    if (to === undefined || from === undefined) return this.setVector(d, () => this.vector(s));
    this.floats.written(d, true);
    this.code.get(this.#vector(s)).set(this.#vector(d)).get(from).set(to);
  }
  /** Stores vector `s` where its slot lies, for slow paths. */
  storeVector(s: number): void {
    this.code.get(BASE);
    this.vector(s);
    this.code.simd(SIMD.store).op(0).u(8 * s);
  }
  /** Whether slot `s` is one half of a v128 local. */
  isVector(s: Value): s is number {
    return typeof s === "number" && this.#vectorOf(s) !== undefined;
  }
  /** Half `d` of a vector local = half `s` of one. */
  copyHalf(d: number, s: number): void {
    const low = this.#lowOf(d);
    if (low !== undefined) {
      this.floats.written(d, false);
      this.getF64(s);
      this.code.set(low);
      return;
    }
    const local = this.#vectorOf(d)!;
    this.floats.written(d, false);
    this.code.get(local);
    this.getF64(s);
    this.code.simd(SIMD.f64x2Replace).op(d & 1).set(local);
  }
  /** Pushes the low double (float) of slot `s`. */
  getF64(s: number): void {
    const local = this.#vectorOf(s), low = this.#lowOf(s);
    if (low !== undefined) this.code.get(low);
    else if (local !== undefined) this.code.get(local).simd(SIMD.f64x2Extract).op(s & 1);
    else {
      this.get64(s);
      this.code.op(OP.f64ReinterpretI64);
    }
  }
  getF32(s: number): void {
    const local = this.#vectorOf(s);
    if (local !== undefined && this.#lowOf(s) === undefined) {
      this.code.get(local).simd(SIMD.f32x4Extract).op(2 * (s & 1));
    } else {
      this.get32(s);
      this.code.op(OP.f32ReinterpretI32);
    }
  }
  /** The low double (float) of vector `d` = what `push` pushes; the rest stays. */
  setF64(d: number, push: () => void): void {
    const low = this.#lowOf(d);
    if (low !== undefined) {
      push();
      this.floats.written(d, false);
      this.code.set(low);
      return;
    }
    this.setVector(d, () => {
      this.vector(d);
      push();
      this.code.simd(SIMD.f64x2Replace).op(0);
    });
  }
  setF32(d: number, push: () => void): void {
    this.setVector(d, () => {
      this.vector(d);
      push();
      this.code.simd(SIMD.f32x4Replace).op(0);
    });
  }
  /** Address of the CPU state: use with offset 8 * slot. */
  base(): void {
    this.code.get(BASE);
  }

  /** Pushes the effective address. */
  effective(m: Mem): void {
    const { code } = this;
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

  #entry(size: number, tag: number): void {
    const { code } = this;
    code.get(ADDRESS).op(OP.i32WrapI64).i32(ENTRY_SHIFT).op(OP.i32ShrU).i32(ENTRY_MASK).op(OP.i32And);
    code.get(TLB_AT).op(OP.i32Add).tee(ENTRY).mem(OP.i64Load, 4 * tag);
    code.get(ADDRESS);
    if (size > 1) code.i64(size - 1, 0).op(OP.i64Add);
    code.i64(-4096, -1).op(OP.i64And, OP.i64Eq);
  }
  #physical(): void {
    this.code.get(ADDRESS).op(OP.i32WrapI64).get(ENTRY).mem(OP.i32Load, 4 * TLB_ADDEND).op(OP.i32Add);
  }
  /** c, low and high word of the address: the first arguments of the slow paths. */
  #slowArguments(): void {
    this.code.get(C).get(ADDRESS).op(OP.i32WrapI64);
    this.code.get(ADDRESS).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
  }

  /** Loads from `m` with a load instruction whose result stays on the stack. */
  load(m: Mem, size: number, opcode: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.loadAt(size, ip);
    this.code.mem(opcode, 0);
  }
  /** Pushes the physical address to read `size` bytes at the address in local ADDRESS. */
  loadAt(size: number, ip: number): void {
    const { code } = this;
    this.#entry(size, 0);
    this.code.hint(true);
    this.open(OP.if, I32);
    this.#physical();
    code.op(OP.else);
    this.#slowArguments();
    code.i32(size).f64Const(ip).call(READ).tee(PHYS).i32(0).op(OP.i32LtS);
    this.branchIf(this.#faultLevel);
    code.get(PHYS);
    this.close();
  }
  setAddress(): void {
    this.code.set(ADDRESS);
  }
  getAddress(): void {
    this.code.get(ADDRESS);
  }

  /** As load(), from a place that is written next. */
  loadForUpdate(m: Mem, size: number, opcode: number, ip: number): void {
    const { code } = this;
    this.effective(m);
    code.set(ADDRESS);
    this.#entry(size, TLB_WRITE);
    this.code.hint(true);
    this.open(OP.if, I32);
    this.#physical();
    code.op(OP.else);
    this.#slowArguments();
    code.i32(size).f64Const(ip).call(PROBE);
    this.branchIf(this.#faultLevel);
    this.#slowArguments();
    code.i32(size).f64Const(ip).call(READ).tee(PHYS).i32(0).op(OP.i32LtS);
    this.branchIf(this.#faultLevel);
    code.get(PHYS);
    this.close();
    code.mem(opcode, 0);
  }

  /** Makes `size` bytes at `m` writable. */
  probe(m: Mem, size: number, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.#entry(size, TLB_WRITE);
    this.code.hint(true);
    this.open(OP.if);
    this.code.op(OP.else);
    this.#slowArguments();
    this.code.i32(size).f64Const(ip).call(PROBE);
    this.branchIf(this.#faultLevel);
    this.close();
  }

  /** Stores to the address in local ADDRESS: `fast` pushes the value after the physical address; `words` pushes the slow call's arguments. */
  storeAt(size: number, opcode: number, slow: number, fast: () => void, words: () => void, ip: number): void {
    const { code } = this;
    this.#entry(size, TLB_WRITE);
    this.code.hint(true);
    this.open(OP.if);
    this.#physical();
    fast();
    if (opcode === V128_STORE) code.op(0xfd, 11, 0).u(0);
    else code.mem(opcode, 0);
    code.op(OP.else);
    this.#slowArguments();
    words();
    code.f64Const(ip).call(slow);
    this.branchIf(this.#faultLevel);
    this.close();
  }

  /** Stores the low `size` bytes of `v` at `m`. */
  store(m: Mem, size: number, v: Value, ip: number): void {
    this.effective(m);
    this.code.set(ADDRESS);
    this.storeValue(size, v, ip);
  }
  storeValue(size: number, v: Value, ip: number): void {
    const { code } = this;
    if (size === 8) {
      const inVector = this.isVector(v);
      this.storeAt(
        8,
        inVector ? OP.f64Store : OP.i64Store,
        WRITE64,
        () => inVector ? this.getF64(v) : this.get64(v),
        () => {
          this.get32(v);
          this.get64(v);
          code.i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
        },
        ip,
      );
      return;
    }
    if (size === 4 && this.isVector(v)) {
      return this.storeAt(4, OP.f32Store, WRITE32, () => this.getF32(v), () => this.get32(v), ip);
    }
    const opcode = size === 1 ? OP.i32Store8 : size === 2 ? 0x3b : OP.i32Store;
    const slow = size === 1 ? WRITE8 : size === 2 ? WRITE16 : WRITE32;
    this.storeAt(size, opcode, slow, () => this.get32(v), () => this.get32(v), ip);
  }

  /** Pops the condition flags' kind etc.: pushes condition `cc` of whatever flags there are, through JavaScript. */
  unknownCondition(cc: number): void {
    const { code } = this;
    for (const slot of [FLAG_A, FLAG_B, FLAG_R]) this.#store(slot);
    code.get(BASE).get(KIND).mem(OP.i32Store, 8 * FLAGS);
    code.get(C).i32(cc).call(CONDITION);
  }
  setKind(kind: number): void {
    this.code.i32(kind).set(KIND);
  }
}

/** Stands for v128.store in storeAt(). */
export const V128_STORE = -1;
