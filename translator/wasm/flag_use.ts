// Which operations look for the flags in memory? The others find them where the last operation on the way left them (values.ts).

import type { IrOp } from "../ir/block.ts";
import { UNKNOWN } from "../ir/flags.ts";
import { isNative } from "./registers.ts";

/** Operations that ask for operands of flags of a known kind. */
const READS_OPERANDS = /^(branch|set|cmov)\d|^(inc|dec|adc|sbb)\d/;

/** Native operations that run their closure on some of their ways. */
const MAY_STEP = /^(repRun|vecpages$)/;

/** Also said of those that may leave some flags as they are. */
export function asksMemory({ def, args }: IrOp): boolean {
  if (!isNative(def) || MAY_STEP.test(def.name)) return true;
  if (def.reads === 0) return false;
  return def.kindArg < 0 || args[def.kindArg] === UNKNOWN || !READS_OPERANDS.test(def.name);
}
