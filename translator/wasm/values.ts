// Where values are while a region is emitted: which slots live in locals, and how they get on the wasm stack.
//
// General registers, 128-bit registers and temporaries are locals (i64, v128). A register is loaded where it is read first and is the truth in its
// local from there on; what has changed is stored at every way out and around operations that are run by their JavaScript closures, behind which
// nothing is loaded. Where ways meet, the region's plan (register_plan.ts) says what is in locals. Everything else stays in the CPU state, where
// wasm reads it with constant offsets. So do the lazy flags, which are written much oftener than anybody looks at them: locals that live on from
// block to block would take registers of the host away. What writes them leaves the operands in locals, for the readers that follow on the
// same way; they are stored where ways meet or leave, where others may look at them.

import { FLAG_A, FLAG_B, FLAG_C, FLAG_R, FLAGS, TEMPS, YMM } from "../cpu.ts";
import { ADD, COUNT_SHIFT, EXPLICIT, LOGIC, MUL, RECORD, RESULT as RESULT_FLAGS, SUB } from "../ir/flags.ts";
import type { Value } from "../ir/op.ts";
import { Code, F64, I32, I64, OP, SIMD, V128, VOID } from "./encoder.ts";
import { FloatFacts } from "./float_facts.ts";
import { CPU_AT } from "./results.ts";
import {
  difference,
  GENERAL,
  has,
  type Held,
  isVectorSlot,
  NOTHING,
  slotsOf,
  withSlot,
} from "./register_set.ts";

export { isVectorSlot };

// Fixed locals: i32, then i64.
export const TLB_AT = 2, ENTRY = 3, PHYS = 4, RESULT = 5;
export const X32 = 6, Y32 = 7, LABEL = 8;
export const ADDRESS = 9;
export const X64 = 10, Y64 = 11, Z64 = 12, W64 = 13, SPAN_ADDRESS = 14;
const FIRST_LOCAL = 2, FIRST_SLOT_LOCAL = 15;

/** The 128-bit slot that 64-bit slot `s` is half of. */
export const pair = (s: number): number => s & ~1;

/** Whether slot `s` is an operand of the lazy flags. */
const isFlag = (s: number): boolean => s >= FLAG_A && s <= FLAG_R || s === FLAG_C;

const FLAG_OPERANDS = [FLAG_A, FLAG_B, FLAG_R, FLAG_C];
const bitOf = (slot: number): number => 1 << FLAG_OPERANDS.indexOf(slot);
/** Operands of flags by class. */
const OPERANDS: Readonly<Record<number, number>> = {
  [EXPLICIT]: bitOf(FLAG_B),
  [ADD]: bitOf(FLAG_A) | bitOf(FLAG_B),
  [SUB]: bitOf(FLAG_A) | bitOf(FLAG_B),
  [LOGIC]: bitOf(FLAG_R),
  [RESULT_FLAGS]: bitOf(FLAG_B) | bitOf(FLAG_R),
  [MUL]: bitOf(FLAG_A) | bitOf(FLAG_B),
};

/**
 * What is known of the flags: operands (as of bitOf()) whose locals are the truth, those that memory does not have, the kind, if it does not have that,
 * and otherwise the bits above RECORD, if it does not have those (0).
 */
export interface FlagState {
  readonly fresh: number;
  readonly pending: number;
  readonly kind: number | undefined;
  readonly carry: number;
}
const IN_MEMORY: FlagState = { fresh: 0, pending: 0, kind: undefined, carry: 0 };

/** The emitter's model of the locals. Base of Generator (generator.ts). */
export class Values {
  readonly code: Code;
  readonly floats: FloatFacts = new FloatFacts();
  readonly #slotLocal = new Map<number, number>();
  /** The same for 128-bit slots (numbers as of pair()). */
  readonly #vectorLocal = new Map<number, number>();
  /** XMM registers whose low double has an f64 local of its own (the low half of their v128 local means nothing): as pair(). */
  readonly #lowLocal = new Map<number, number>();
  /** Types of the locals beyond the fixed ones. */
  readonly #extra: number[] = [];
  readonly #scratch = new Map<string, number>();
  /** Temporaries of the current instruction that are in their locals: scalars, vectors. */
  readonly #temps = new Set<number>();
  readonly #vectorTemps = new Set<number>();
  /** Open blocks. */
  depth = 0;
  #flags: FlagState = IN_MEMORY;
  /** Operands of the flags that the current operation puts into memory on some of its ways only. */
  #unsure = 0;
  #held: Held = NOTHING;
  /** Depth at which the current operation began. */
  #began = 0;

  /** `used`: registers that get locals, vector registers as pair(); `split`: XMM registers that hold scalar doubles for the most part. */
  constructor(used: Iterable<number>, split: Iterable<number>, code: Code = new Code()) {
    this.code = code;
    for (const slot of split) this.#lowLocal.set(slot, this.newLocal(F64));
    for (const slot of used) isVectorSlot(slot) ? this.#vector(slot) : this.#local(slot);
  }

  /** Types of all locals behind the parameters. */
  get locals(): number[] {
    const fixed = Array.from(
      { length: FIRST_SLOT_LOCAL - FIRST_LOCAL },
      (_, i) => i + FIRST_LOCAL < ADDRESS ? I32 : I64,
    );
    return [...fixed, ...this.#extra];
  }

  protected newLocal(type: number): number {
    return FIRST_SLOT_LOCAL + this.#extra.push(type) - 1;
  }
  #local(slot: number): number {
    let local = this.#slotLocal.get(slot);
    if (local === undefined) this.#slotLocal.set(slot, local = this.newLocal(I64));
    return local;
  }
  #vector(slot: number): number {
    let local = this.#vectorLocal.get(slot);
    if (local === undefined) this.#vectorLocal.set(slot, local = this.newLocal(V128));
    return local;
  }
  /** Scratch local `n` of a type, for the insides of one operation. */
  scratch(type: number, n: number): number {
    const key = `${type} ${n}`;
    let local = this.#scratch.get(key);
    if (local === undefined) this.#scratch.set(key, local = this.newLocal(type));
    return local;
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

  /**
   * Whether register `slot` (a vector register as pair()), which has a local, is in it: where all ways go on from here, it gets loaded. An arm that finds it in
   * memory leaves it there.
   */
  #hold(slot: number): boolean {
    const { loaded, changed } = this.#held;
    if (has(loaded, slot)) return true;
    if (this.isConditional) return false;
    this.#load(slot);
    this.#held = { loaded: withSlot(loaded, slot), changed };
    return true;
  }
  /** Whether what is written to register `slot` goes into its local. */
  #writesLocal(slot: number): boolean {
    return !this.isConditional || has(this.#held.loaded, slot);
  }
  /** The local of register `slot` has a new value. */
  #change(slot: number): void {
    const { loaded, changed } = this.#held;
    this.#held = { loaded: withSlot(loaded, slot), changed: withSlot(changed, slot) };
  }
  /** Loads what is read for certain soon. */
  hold(slot: number): void {
    if (slot < GENERAL ? this.#slotLocal.has(slot) : this.#vectorLocal.has(slot)) this.#hold(slot);
  }

  /** Whether the slot's value is in an i64 local now. */
  #inLocal(slot: number): boolean {
    if (isFlag(slot)) return (this.#flags.fresh & bitOf(slot)) !== 0;
    return slot >= TEMPS ? this.#temps.has(slot) : this.#slotLocal.has(slot) && this.#hold(slot);
  }
  /** The v128 local that holds 64-bit slot `slot` as one half, if one does. */
  #vectorOf(slot: number): number | undefined {
    if (slot < YMM) return undefined;
    const whole = pair(slot), local = this.#vectorLocal.get(whole);
    if (local === undefined) return undefined;
    return (slot < TEMPS ? this.#hold(whole) : this.#vectorTemps.has(whole)) ? local : undefined;
  }
  /** The f64 local that holds 64-bit slot `slot`, if one does. */
  #lowOf(slot: number): number | undefined {
    const local = this.#lowLocal.get(slot);
    return local !== undefined && this.#hold(slot) ? local : undefined;
  }

  /** Stores what memory may have an older value of. */
  spill(): void {
    for (const slot of slotsOf(this.#held.changed)) this.#store(slot);
  }
  /** Memory is the truth: something else may have changed it. */
  reload(): void {
    if (this.isConditional) { for (const slot of slotsOf(this.#held.loaded)) this.#load(slot); }
    else this.#held = NOTHING;
    this.flags = IN_MEMORY;
  }
  /** Which registers are in locals, on the way here. To be set where another way begins at the same place. */
  get held(): Held {
    return this.#held;
  }
  set held(held: Held) {
    this.#held = held;
  }
  /** Emits what brings registers to where `held` has them. */
  adapt(held: Held): void {
    for (const slot of slotsOf(difference(this.#held.changed, held.changed))) this.#store(slot);
    for (const slot of slotsOf(difference(held.loaded, this.#held.loaded))) this.#load(slot);
    this.#held = held;
  }

  /** An operation begins. `asksMemory`: it looks for the flags there. */
  beginOperation(asksMemory: boolean): void {
    const { fresh, pending } = this.#flags;
    this.#flags = { ...this.#flags, fresh: fresh & ~this.#unsure, pending: pending & ~this.#unsure };
    this.#unsure = 0;
    this.#began = this.depth;
    if (asksMemory) this.flushFlags();
  }
  /** To be set to what it was where another way begins at the same place. */
  get flags(): FlagState {
    return this.#flags;
  }
  set flags(flags: FlagState) {
    this.#flags = flags;
  }
  /** Ways meet here: all have stored the flags. */
  forgetFlags(): void {
    this.#flags = IN_MEMORY;
  }
  /** Stores the flags that memory does not have, on a way out. */
  storeFlags(): void {
    const { pending, kind, carry } = this.#flags;
    for (const slot of FLAG_OPERANDS) if ((pending & bitOf(slot)) !== 0) this.#store(slot);
    if (kind !== undefined) this.storeKind(kind);
    else if (carry !== 0) this.storeCarry(carry);
  }
  protected storeKind(kind: number): void {
    this.code.i32(CPU_AT).i32(kind).mem(OP.i32Store, 8 * FLAGS);
  }
  protected storeCarry(carry: number): void {
    this.code.i32(CPU_AT).i32(CPU_AT).mem(OP.i32Load, 8 * FLAGS).i32(RECORD).op(OP.i32And).i32(carry).op(
      OP.i32Or,
    );
    this.code.mem(OP.i32Store, 8 * FLAGS);
  }
  /** Whether memory has the flags. */
  protected get hasStoredFlags(): boolean {
    const { pending, kind, carry } = this.#flags;
    return pending === 0 && kind === undefined && carry === 0;
  }
  /** The same on the way that goes on. */
  flushFlags(): void {
    this.storeFlags();
    this.#flags = { ...IN_MEMORY, fresh: this.#flags.fresh };
  }
  /** What an arm leaves is not the truth on the others. */
  protected get isConditional(): boolean {
    return this.depth > this.#began;
  }
  /** Pops an i64 into operand `slot` of the flags. */
  #setFlag(slot: number): void {
    const { fresh, pending } = this.#flags, bit = bitOf(slot);
    this.code.set(this.#local(slot));
    if (this.isConditional) {
      this.#store(slot);
      this.#unsure |= bit;
    }
    this.#flags = {
      ...this.#flags,
      fresh: fresh | bit,
      pending: this.isConditional ? pending : pending | bit,
    };
  }
  /** The flags are of this kind; their operands have been set. */
  setKind(kind: number): void {
    if (this.isConditional) return this.storeKind(kind);
    const { fresh, pending } = this.#flags;
    const operands = OPERANDS[kind & RECORD & ~3]! | (kind > RECORD ? bitOf(FLAG_C) : 0);
    this.#flags = { fresh, pending: pending & operands & ~this.#unsure, kind, carry: 0 };
  }
  /** The same for a shift whose count, an i32, `push` pushes: where flags are in memory. */
  storeShiftKind(kind: number, push: () => void): void {
    this.code.i32(CPU_AT);
    push();
    this.code.i32(COUNT_SHIFT).op(OP.i32Shl).i32(kind).op(OP.i32Or).mem(OP.i32Store, 8 * FLAGS);
  }
  /** CF and OF follow from FLAG_C now (carryKind), the others stay. */
  setCarry(carry: number): void {
    if (this.isConditional) return this.storeCarry(carry);
    const { kind } = this.#flags;
    this.#flags = kind === undefined
      ? { ...this.#flags, carry }
      : { ...this.#flags, kind: kind & RECORD | carry };
  }
  #store(slot: number): void {
    this.code.i32(CPU_AT);
    if (isVectorSlot(slot)) {
      this.code.get(this.#vector(slot)).simd(SIMD.store).op(0).u(8 * slot);
      const low = this.#lowLocal.get(slot);
      if (low !== undefined) this.code.i32(CPU_AT).get(low).mem(OP.f64Store, 8 * slot);
    } else this.code.get(this.#local(slot)).mem(OP.i64Store, 8 * slot);
  }
  #load(slot: number): void {
    this.code.i32(CPU_AT);
    if (isVectorSlot(slot)) {
      this.code.simd(SIMD.load).op(0).u(8 * slot).set(this.#vector(slot));
      const low = this.#lowLocal.get(slot);
      if (low !== undefined) this.code.i32(CPU_AT).mem(OP.f64Load, 8 * slot).set(low);
    } else this.code.mem(OP.i64Load, 8 * slot).set(this.#local(slot));
  }

  /** A new guest instruction begins: its temporaries are all free. */
  newInstruction(): void {
    this.#temps.clear();
    this.#vectorTemps.clear();
  }
  /** Stores the current instruction's temporaries, for what is run by a closure. */
  storeTemps(): void {
    for (const slot of this.#temps) this.#store(slot);
    for (const slot of this.#vectorTemps) this.storeVector(slot);
  }
  spillTemps(): void {
    this.storeTemps();
    this.newInstruction();
  }

  /** Stores one slot (a whole vector, if it is in one) where its place in the CPU state is; nothing when it is there already. */
  spillSlot(slot: number): void {
    if (isFlag(slot)) return;
    const register = this.#register(slot);
    if (register !== undefined) {
      if (has(this.#held.changed, register)) this.#store(register);
      return;
    }
    const vector = this.#vectorOf(slot);
    if (vector !== undefined) this.code.i32(CPU_AT).get(vector).simd(SIMD.store).op(0).u(8 * pair(slot));
    else if (this.#inLocal(slot)) this.#store(slot);
  }
  /** The register that 64-bit slot `slot` is, or is half of, as RegisterSet has it. */
  #register(slot: number): number | undefined {
    return slot < GENERAL ? slot : isVectorSlot(slot) ? pair(slot) : undefined;
  }
  #flagInMemory(slot: number): void {
    const { fresh, pending } = this.#flags, bit = bitOf(slot);
    if (this.isConditional) this.#unsure |= bit;
    else this.#flags = { ...this.#flags, fresh: fresh & ~bit, pending: pending & ~bit };
  }
  reloadSlot(slot: number): void {
    if (isFlag(slot)) return this.#flagInMemory(slot);
    this.floats.written(slot, true);
    const register = this.#register(slot);
    if (register !== undefined) {
      if (has(this.#held.loaded, register)) this.#load(register);
      return;
    }
    const vector = this.#vectorOf(slot);
    if (vector !== undefined) this.code.i32(CPU_AT).simd(SIMD.load).op(0).u(8 * pair(slot)).set(vector);
    else if (this.#inLocal(slot)) this.code.i32(CPU_AT).mem(OP.i64Load, 8 * slot).set(this.#local(slot));
  }

  // Values.
  get64(v: Value): void {
    if (typeof v === "object") this.code.i64(v.lo, v.hi);
    else if (this.#inLocal(v)) this.code.get(this.#local(v));
    else if (this.#lowOf(v) !== undefined) this.code.get(this.#lowOf(v)!).op(OP.i64ReinterpretF64);
    else {
      const vector = this.#vectorOf(v);
      if (vector !== undefined) this.code.get(vector).simd(SIMD.i64x2Extract).op(v & 1);
      else this.code.i32(CPU_AT).mem(OP.i64Load, 8 * v);
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
      else this.code.i32(CPU_AT).mem(OP.i32Load, 8 * v);
    }
  }
  /** Pops an i64 into slot `d`. */
  set64(d: number): void {
    if (isFlag(d)) return this.#setFlag(d);
    this.floats.written(d, false);
    const low = this.#lowOf(d), vector = low ?? this.#vectorOf(d);
    if (low !== undefined) this.code.op(OP.f64ReinterpretI64).set(low);
    else if (vector !== undefined) {
      this.code.set(Z64).get(vector).get(Z64).simd(SIMD.i64x2Replace).op(d & 1).set(vector);
    }
    if (vector !== undefined) {
      if (d < TEMPS) this.#change(pair(d));
      return;
    }
    if (d >= TEMPS) this.#temps.add(d);
    if (d < GENERAL && this.#slotLocal.has(d) && this.#writesLocal(d)) this.#change(d);
    if (this.#inLocal(d)) this.code.set(this.#local(d));
    else this.code.set(Z64).i32(CPU_AT).get(Z64).mem(OP.i64Store, 8 * d);
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
    } else code.i32(CPU_AT).simd(SIMD.load).op(0).u(8 * s);
  }
  /** Slot `d` = the 128 bits that `push` pushes. */
  setVector(d: number, push: () => void): void {
    const { code } = this;
    if (d < YMM || d < TEMPS && !this.#writesLocal(d)) {
      code.i32(CPU_AT);
      push();
      code.simd(SIMD.store).op(0).u(8 * d);
      this.floats.written(d, true);
      return;
    }
    push();
    this.floats.written(d, true);
    if (d >= TEMPS) {
      this.#temps.delete(d);
      this.#temps.delete(d + 1);
      this.#vectorTemps.add(d);
    } else this.#change(d);
    const low = this.#lowLocal.get(d);
    if (low !== undefined) code.tee(this.#vector(d)).simd(SIMD.f64x2Extract).op(0).set(low);
    else code.set(this.#vector(d));
  }
  /** Whether the low double of XMM register `d` has a local of its own. */
  isSplit(d: Value): boolean {
    return typeof d === "number" && this.#lowOf(d) !== undefined;
  }
  /** The f64 local for the low double of XMM register `d` when that is written, if there is one. */
  #lowToWrite(d: number): number | undefined {
    const local = this.#lowLocal.get(d);
    return local !== undefined && this.#writesLocal(d) ? local : undefined;
  }
  /** Vector `d` = the f64 that `push` pushes, and 0. */
  setDouble(d: number, push: () => void): void {
    const low = this.#lowToWrite(d);
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
    const to = this.#lowToWrite(d), from = this.#lowOf(s);
    if (to === undefined || from === undefined) return this.setVector(d, () => this.vector(s));
    this.floats.written(d, true);
    this.#change(d);
    this.code.get(this.#vector(s)).set(this.#vector(d)).get(from).set(to);
  }
  /** Stores vector `s` where its slot lies, for slow paths. */
  storeVector(s: number): void {
    this.code.i32(CPU_AT);
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
      this.#change(d);
      return;
    }
    const local = this.#vectorOf(d)!;
    this.floats.written(d, false);
    if (d < TEMPS) this.#change(pair(d));
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
      this.#change(d);
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
  /** Upper halves of all YMM registers = 0. */
  zeroUpper(): void {
    const { code } = this;
    for (let i = 0; i < 16; i++) {
      const slot = YMM + 4 * i + 2;
      if (this.#vectorLocal.has(slot)) {
        this.setVector(slot, () => code.simd(SIMD.const).op(...new Array(16).fill(0)));
        continue;
      }
      code.i32(CPU_AT).simd(SIMD.const).op(...new Array(16).fill(0)).simd(SIMD.store).op(0).u(8 * slot);
    }
  }
  /** Address of the CPU state: use with offset 8 * slot. */
  base(): void {
    this.code.i32(CPU_AT);
  }
}
