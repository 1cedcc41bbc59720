// Which registers the operations of a region read and write.

import { RSP } from "../cpu.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import type { Mem, OpDef } from "../ir/op.ts";
import type { Generator } from "./generator.ts";
import { helperRegisters } from "./ops_mul_div.ts";
import { INTEGER } from "./ops_integer.ts";
import { ALIGNED, VECTOR } from "./ops_vector.ts";
import { GENERAL, isVectorSlot, NONE, type RegisterSet, slotsOf, union, withSlot } from "./register_set.ts";
import { pair } from "./values.ts";
import { isStep } from "./windows.ts";

/** Registers of an operation. */
export interface OpRegisters {
  readonly read: RegisterSet;
  readonly written: RegisterSet;
}

const STACK = /^(push64|pop64|call|callTo|ret)$/;

/** The registers that an operation with an emitter reads and writes, as RegisterSet has them. */
export function registersOf({ def, args }: IrOp): OpRegisters {
  let read = NONE, written = NONE;
  const add = (set: RegisterSet, slot: unknown) => {
    if (typeof slot !== "number" || slot < 0) return set;
    return slot < GENERAL ? withSlot(set, slot) : isVectorSlot(slot) ? withSlot(set, pair(slot)) : set;
  };
  const both = (slot: unknown) => {
    read = add(read, slot);
    written = add(written, slot);
  };
  // What closures do is stored before them, and loaded behind them.
  if (!isNative(def)) return { read, written };
  if (STACK.test(def.name)) both(RSP);
  helperRegisters(def.name, args).forEach(both);
  for (let i = 0; i < args.length; i++) {
    const a = args[i];
    switch (def.args[i]) {
      case "d":
        written = add(written, a);
        break;
      case "r":
        read = add(read, a);
        break;
      case "m":
        read = add(add(read, (a as Mem).base), (a as Mem).index);
        break;
    }
  }
  return { read, written };
}

/** The registers that operations of a region use: they get locals. */
export function usedRegisters(blocks: readonly IrBlock[], stubs: Iterable<IrBlock>): RegisterSet {
  let used = NONE;
  for (const block of [...blocks, ...stubs]) {
    for (const o of block.ops) {
      const { read, written } = registersOf(o);
      used = union(used, union(read, written));
    }
  }
  return used;
}

/** Operations that write all of their destination, whatever happens. */
const PLAIN =
  /^(mov(32|64)|sext32|ext|sign|bswap|ld(8|16|32)|ld64|pop64|lea|(add|sub|and|or|xor|not|inc|dec|imul)(32|64)f?$|set\d|ld128|ld256|movx|zerox|onesx|movlowx|movd|p(add|sub|cmp|min|max|shuf|mul|avg|ins|ext|mov)|(and|andn|or|xor)x|unpack)/;

/** Loads what it pays to have in locals before an operation: what it reads, and what arms of it may write. */
export function loadFor(g: Generator, o: IrOp): void {
  const { read, written } = registersOf(o);
  for (const slot of slotsOf(PLAIN.test(o.def.name) ? read : union(read, written))) g.hold(slot);
}

/** Whether the operation needs no closure. */
export function isNative(def: OpDef): boolean {
  const { name } = def;
  return def.ends || INTEGER[name] !== undefined || VECTOR[name] !== undefined || ALIGNED[name] !== undefined;
}

/** The general registers that an operation writes, other than RSP when it pushes or pops. */
export function generalWritten({ def, args }: IrOp): number[] {
  const found = [...helperRegisters(def.name, args)];
  args.forEach((d, i) => {
    if (def.args[i] === "d" && typeof d === "number" && d < GENERAL) found.push(d);
  });
  return found;
}

/** The general registers that an operation gives values which have nothing to do with those they had. */
export function pointsElsewhere(o: IrOp): number[] {
  const found = [...helperRegisters(o.def.name, o.args)];
  for (let i = 0; i < o.args.length; i++) {
    const d = o.args[i];
    if (o.def.args[i] === "d" && typeof d === "number" && d < 16 && !isStep(d, o)) found.push(d);
  }
  return found;
}
