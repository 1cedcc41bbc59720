// Which operations of a block leave flags that have to be in memory?
//
// Most flags are read by the next operations of their block, if at all, and are replaced before anything else could look at them: those stay in
// locals (values.ts).

import type { IrBlock, IrOp } from "../ir/block.ts";
import { UNKNOWN } from "../ir/flags.ts";
import type { OpDef } from "../ir/op.ts";

/** Operations that find the flags of a known kind where the last operation left them. The others look at memory. */
const READS_OPERANDS = /^(branch|set|cmov)\d|^(inc|dec|adc|sbb)\d|^bt[src]?\d/;

function readsOperands({ def, args }: IrOp): boolean {
  return def.kindArg >= 0 && args[def.kindArg] !== UNKNOWN && READS_OPERANDS.test(def.name);
}

/**
 * By operation, whether somebody may look at the flags it leaves other than by their locals. `live`: the flags that may be read behind the block;
 * `isNative`: whether an operation needs no closure.
 */
export function observed({ ops }: IrBlock, live: number, isNative: (def: OpDef) => boolean): boolean[] {
  const seen: boolean[] = new Array(ops.length).fill(true);
  let others = live !== 0;
  for (let i = ops.length - 1; i >= 0; i--) {
    const o = ops[i]!, { def } = o;
    const reads = def.reads !== 0, native = isNative(def);
    if (def.writes !== 0) {
      seen[i] = others;
      // What reads flags otherwise may leave some of them as they are.
      if (native && (!reads || readsOperands(o))) others = false;
    }
    if (def.faults || !native || reads && !readsOperands(o)) others = true;
  }
  return seen;
}
