// The emitter of one region's function: its start, its ways out, and calls of other regions.
//
// Every way out stores what the region may have changed. Faults leave through exits of their own, one for all places where the same registers have
// changed, so the paths that do not fault carry no stores, and no register is kept for the sake of faults.

import { CF, CHAIN, FLAGS, RIP } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import { CARRY_SHIFT, CURRENT, PUT_ASIDE, SAVED } from "../ir/flags.ts";
import { RUNNING_CPU } from "../ram.ts";
import { CALL_DEPTH_LOG2 } from "../tunables.ts";
import { Access } from "./access.ts";
import { Code, OP, VOID } from "./encoder.ts";
import { CONDITION, NEXT_TYPE, REGION_TYPE, SAVED_STATUS, STEP_TYPE } from "./imports.ts";
import { NEXT_REGION } from "./jump_table.ts";
import { HOLE } from "./link.ts";
import { pushFunction, pushOther } from "./next_region.ts";
import { isSame, type RegisterSet } from "./register_set.ts";
import { BACK, CPU_AT, DEPTH, FAULTED, INDIRECT, PAUSED, RETURNED, UNWOUND, WHICH_SHIFT } from "./results.ts";
import { ENTRY, LABEL, RESULT, X32, X64 } from "./values.ts";

export * from "./results.ts";
export * from "./values.ts";

const lowOf = (address: number) => address | 0;
const highOf = (address: number) => Math.floor(address / 0x1_0000_0000) | 0;

interface Address {
  readonly lo: number;
  readonly hi: number;
}

export class Generator extends Access {
  /** Operations that are run by their closures. */
  readonly steps: IrOp[] = [];
  /** Levels of the common exits. */
  #exitLevel = 0;
  #rawLevel = 0;
  /** The registers that the exits for faults store. */
  readonly #faultExits: RegisterSet[] = [];

  /** `entries`: guest addresses where the region may be entered. LABEL tells which of several it is. */
  begin(entries: readonly number[]): void {
    const { code } = this;
    if (entries.length > 1) {
      code.get(DEPTH).i32(WHICH_SHIFT).op(OP.i32ShrU).set(LABEL);
      code.get(DEPTH).i32((1 << WHICH_SHIFT) - 1).op(OP.i32And).set(DEPTH);
    }
    // Too much in a row: back to the dispatcher.
    code.i32(CPU_AT).i32(CPU_AT).mem(OP.i32Load, 8 * CHAIN).i32(1).op(OP.i32Sub).tee(X32).mem(
      OP.i32Store,
      8 * CHAIN,
    );
    code.get(X32).i32(0).op(OP.i32LtS).hint(false);
    this.open(OP.if);
    code.i32(CPU_AT);
    entries.forEach((entry, n) => {
      code.i64(lowOf(entry), highOf(entry));
      if (n > 0) code.get(LABEL).i32(n).op(OP.i32Ne, OP.select);
    });
    code.mem(OP.i64Store, 8 * RIP).i32(PAUSED).op(OP.return);
    this.close();
    this.locateTlb();
    this.reload();
    this.floats.enter(this);
    this.#rawLevel = this.open(OP.block);
    this.#exitLevel = this.open(OP.block);
  }
  /** The whole function. */
  end(): Code {
    this.code.op(OP.unreachable); // the body never falls through
    this.close();
    this.code.get(DEPTH).get(BACK).get(RESULT).get(X64).i32(NEXT_REGION);
    this.code.op(OP.returnCallIndirect).u(NEXT_TYPE).u(0);
    this.close();
    this.code.i32(FAULTED);
    // The blocks that exits for faults end lie around all of that, the first one innermost, so that none moves another.
    const whole = new Code();
    for (const _ of this.#faultExits) whole.op(OP.block, VOID);
    whole.append(this.code);
    this.code.clear();
    for (const changed of this.#faultExits) {
      this.code.op(OP.return, OP.end);
      this.held = { loaded: changed, changed };
      this.spill();
      this.code.i32(FAULTED);
    }
    return whole.append(this.code);
  }
  protected override faultLevel(): number {
    const exits = this.#faultExits, { changed } = this.held;
    const n = exits.findIndex((other) => isSame(other, changed));
    return -(n >= 0 ? n : exits.push(changed) - 1);
  }

  /** Leaves to a fixed address: by link `n` of the region, if no other region takes over. */
  leaveByLink(n: number, { lo, hi }: Address): void {
    this.storeFlags();
    this.spill();
    this.code.hole(HOLE.goOn, n).i64(lo, hi).set(X64).hole(HOLE.link, n).set(RESULT);
    this.branch(this.#exitLevel);
  }
  /** Leaves to the address in X64. */
  leaveIndirect(): void {
    this.storeFlags();
    this.spill();
    this.code.i32(INDIRECT).set(RESULT);
    this.branch(this.#exitLevel);
  }
  /** Leaves for ending operation `n` of the region to be run by its closure. */
  leaveByEnd(n: number): void {
    this.storeFlags();
    this.spill();
    this.storeTemps();
    this.code.hole(HOLE.end, n).op(OP.return);
  }
  /** Leaves to the address in X64 through the dispatcher. */
  pause(): void {
    this.storeFlags();
    this.spill();
    this.code.i32(PAUSED).set(RESULT);
    this.branch(this.#exitLevel);
  }
  /** A return to the address in X64: to the caller on the host's stack, as a rule. `check` leaves if that is no address, `pop` takes it from the stack. */
  leaveByReturn(check: () => void, pop: () => void): void {
    const { code } = this;
    // Callers go on at addresses.
    code.get(X64).get(BACK).op(OP.i64Eq).tee(X32).op(OP.i32Eqz).hint(false);
    this.open(OP.if);
    check();
    this.close();
    pop();
    this.storeFlags();
    this.spill();
    code.get(X32).hint(true);
    this.open(OP.if);
    code.i32(RETURNED).op(OP.return);
    this.close();
    code.i32(UNWOUND).set(RESULT);
    this.branch(this.#exitLevel);
  }

  /**
   * Calls the region where link `link` of the region leads, or without one at the address in X64 (the return address is pushed already), and goes on behind
   * this when it returns to `back`. `otherwise` leaves when the function has no region yet, or calls are too deep on the host's stack.
   */
  callRegion(back: Address, otherwise: () => void, link?: number): void {
    const { code } = this;
    this.flushFlags();
    if (link === undefined) pushOther(code, X64, ENTRY);
    else code.hole(HOLE.find, link);
    code.get(DEPTH).i32(CALL_DEPTH_LOG2).op(OP.i32ShrU, OP.i64ExtendI32U, OP.i64Or, OP.i64Eqz, OP.i32Eqz);
    code.hint(false);
    this.open(OP.if);
    otherwise();
    this.close();
    this.spill();
    code.get(DEPTH).i32(1).op(OP.i32Add).i64(back.lo, back.hi);
    if (link === undefined) {
      pushFunction(code, ENTRY);
      code.op(OP.callIndirect).u(REGION_TYPE).u(0);
    } else code.hole(HOLE.call, link);
    code.tee(RESULT).i32(RETURNED).op(OP.i32Ne).hint(false);
    this.open(OP.if);
    code.get(RESULT).i32(INDIRECT).op(OP.i32Ne).get(RESULT).i32(UNWOUND).op(OP.i32Ne, OP.i32And);
    this.open(OP.if);
    code.get(RESULT).op(OP.return);
    this.close();
    // Somewhere else than expected: on from there.
    code.i32(CPU_AT).mem(OP.i64Load, 8 * RIP).set(X64).i32(INDIRECT).set(RESULT);
    this.branch(this.#exitLevel);
    this.close();
    this.reload();
    this.floats.closure(this);
  }

  /** The number of a step that runs `o` by its closure. */
  step(o: IrOp): number {
    return this.steps.push(o) - 1;
  }

  /** Runs an operation's closure (an index from step()) on the CPU state in memory. */
  runStep(index: number): void {
    if (this.isConditional && !this.hasStoredFlags) {
      throw new Error("the flags are stored on one way only");
    }
    this.flushFlags();
    this.spill();
    this.spillTemps();
    this.code.i32(RUNNING_CPU).hole(HOLE.step, index);
    this.branchIf(this.#rawLevel);
    this.reload();
    this.floats.closure(this);
  }

  /** runStep() on one arm of an `if`: the flags have been flushed, and of the temporaries the closure writes those among `writes` only. */
  runStepApart(index: number, writes: readonly number[]): void {
    this.spill();
    this.storeTemps();
    this.code.i32(RUNNING_CPU).hole(HOLE.step, index);
    this.branchIf(this.#rawLevel);
    this.reload();
    this.floats.closure(this);
    for (const slot of writes) this.reloadSlot(slot);
  }

  /**
   * The same for a closure that touches nothing but the 128-bit (or, outside vectors, 64-bit) slots `reads` and `writes` and what is never in
   * locals (MXCSR, x87 state). May stand on one arm of an `if`: which temporaries are in locals does not change.
   */
  runStepOn(index: number, reads: readonly number[], writes: readonly number[]): void {
    for (const slot of reads) this.spillSlot(slot);
    this.code.i32(RUNNING_CPU).hole(HOLE.step, index);
    this.faultIf();
    for (const slot of writes) this.reloadSlot(slot);
  }

  /** Goes back to the loop at `level`, unless the budget is used up: then it falls through. */
  loop(level: number): void {
    const { code } = this;
    code.i32(CPU_AT).i32(CPU_AT).mem(OP.i32Load, 8 * CHAIN + 4).i32(1).op(OP.i32Sub).tee(X32).mem(
      OP.i32Store,
      8 * CHAIN + 4,
    );
    code.get(X32).i32(0).op(OP.i32GtS).hint(true);
    this.open(OP.if);
    this.branch(level);
    this.close();
  }

  /** Calls a function of the shared table that takes the CPU state and returns an i32, which stays on the stack. */
  callShared(index: number): void {
    this.code.i32(RUNNING_CPU).i32(index).op(OP.callIndirect).u(STEP_TYPE).u(0);
  }

  /** Runs a step that always faults, on a path of its own. */
  runFaultingStep(index: number): void {
    this.storeFlags();
    this.spill();
    this.storeTemps();
    this.code.i32(RUNNING_CPU).hole(HOLE.step, index).op(OP.drop);
    this.branch(this.#rawLevel);
  }

  /** Pushes CF of the flags that have been put aside. */
  savedCarry(): void {
    this.code.i32(RUNNING_CPU).call(SAVED_STATUS).i32(CF).op(OP.i32And);
  }
  /** Puts the flags aside, which are in memory, unless the ones there were put aside are still what CF follows from. */
  saveFlags(): void {
    const { code } = this;
    code.i32(CPU_AT).mem(OP.i32Load, 8 * FLAGS).tee(X32).i32(7 << CARRY_SHIFT).op(OP.i32And);
    code.i32(SAVED << CARRY_SHIFT).op(OP.i32Ne);
    this.open(OP.if);
    code.i32(CPU_AT).get(X32).mem(OP.i32Store, 8 * PUT_ASIDE.kind);
    for (const operand of ["a", "b", "r", "c"] as const) {
      code.i32(CPU_AT).i32(CPU_AT).mem(OP.i64Load, 8 * CURRENT[operand]).mem(
        OP.i64Store,
        8 * PUT_ASIDE[operand],
      );
    }
    this.close();
  }

  /** Pushes condition `cc` of whatever flags there are, through JavaScript. */
  unknownCondition(cc: number): void {
    this.code.i32(RUNNING_CPU).i32(cc).call(CONDITION);
  }
}
