// Removes flags that nothing reads and tells readers which kind of flags they find.
//
// Backwards: an operation whose flags are all overwritten before anybody can look at them is replaced by its plain form. Whoever can
// fault may show RFLAGS to a signal handler, so it counts as a reader of all of them, and so does the end of the block.
// Forwards: the kind left by the last writer is put into the `kindArg` of readers; their templates specialise on it.

import { STATUS_FLAGS } from "../cpu.ts";
import type { IrBlock } from "../ir/block.ts";
import { RECORD, smallKind, UNKNOWN } from "../ir/flags.ts";
import type { OpDef } from "../ir/op.ts";
import { OPS } from "../ir/ops.ts";

export function resolveFlags(block: IrBlock): void {
  dropFlags(block, STATUS_FLAGS);
  nameKinds(block, UNKNOWN, () => false);
}

/** Backwards; `live`: the flags that somebody may read behind the block. */
export function dropFlags(block: IrBlock, live: number): void {
  const { ops } = block;
  let dropped = false;
  for (let i = ops.length - 1; i >= 0; i--) {
    const o = ops[i]!;
    const def = o.def;
    if (def.writes !== 0 && (def.writes & live) === 0 && def.plain !== undefined) {
      if (def.plain === "") {
        o.def = NOTHING;
        dropped = true;
        continue;
      }
      o.def = OPS.get(def.plain)!;
    } else {
      live = live & ~def.writes | def.reads;
    }
    if (def.faults) live = STATUS_FLAGS;
  }
  if (dropped) block.ops = ops.filter((o) => o.def !== NOTHING);
}

/**
 * Forwards, once flags that are not needed are gone: `kind` is that of the flags before the block. Returns that of the flags behind it. `whole`: whether
 * an operation can make something of every kind, not of small ones only.
 */
export function nameKinds(block: IrBlock, kind: number, whole: (def: OpDef) => boolean): number {
  for (const { def, args } of block.ops) {
    if (def.kindArg >= 0) args[def.kindArg] = whole(def) ? kind : smallKind(kind, def.reads);
    if (def.kind !== undefined) kind = def.kind;
    if (def.carry !== undefined && kind !== UNKNOWN) kind = kind & RECORD | def.carry(args);
  }
  return kind;
}

const NOTHING = { ...OPS.get("mov64")!, name: "nothing" };
