// Which registers the operations of a region read and write.

import { RSP } from "../cpu.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import type { Mem, OpDef } from "../ir/op.ts";
import { helperRegisters } from "./ops_mul_div.ts";
import { INTEGER } from "./ops_integer.ts";
import { ALIGNED, VECTOR } from "./ops_vector.ts";
import { isVectorSlot, pair } from "./values.ts";
import { isStep } from "./windows.ts";

/** Registers that native operations read or write, and those they write; vector registers by pair(). */
export function slots(
  blocks: readonly IrBlock[],
  stubs: Iterable<IrBlock>,
): { used: Set<number>; written: Set<number> } {
  const used = new Set<number>(), written = new Set<number>();
  let zeroes = false;
  const add = (set: Set<number>, slot: unknown) => {
    if (typeof slot !== "number" || slot < 0) return;
    if (slot < 16) set.add(slot);
    else if (isVectorSlot(slot)) set.add(pair(slot));
  };
  for (const block of [...blocks, ...stubs]) {
    for (const { def, args } of block.ops) {
      // A nested call moves the stack, too.
      if (/^(push64|pop64|call|callTo|ret)$/.test(def.name)) {
        used.add(RSP);
        written.add(RSP);
      }
      for (const slot of helperRegisters(def.name, args)) {
        add(used, slot);
        add(written, slot);
      }
      // What closures do is stored and loaded around them.
      if (!isNative(def)) continue;
      zeroes ||= def.name === "zeroupper";
      for (let i = 0; i < args.length; i++) {
        const a = args[i];
        switch (def.args[i]) {
          case "d":
            add(used, a);
            add(written, a);
            break;
          case "r":
            add(used, a);
            break;
          case "m":
            add(used, (a as Mem).base);
            add(used, (a as Mem).index);
            break;
        }
      }
    }
  }
  // It is said of those only that something else uses.
  if (zeroes) { for (const slot of used) if (isVectorSlot(slot) && slot % 4 === 2) written.add(slot); }
  return { used, written };
}

/** Whether the operation needs no closure. */
export function isNative(def: OpDef): boolean {
  const { name } = def;
  return def.ends || INTEGER[name] !== undefined || VECTOR[name] !== undefined || ALIGNED[name] !== undefined;
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
