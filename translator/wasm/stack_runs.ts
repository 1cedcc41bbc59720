// Pushes in a row at the beginning of functions, and pops in a row at their ends with the return behind them: one comparison with the stack's window
// for all of them instead of one each. Where the window does not cover the run, its operations are done one by one.

import { RSP } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import { OP } from "./encoder.ts";
import { asksMemory } from "./flag_use.ts";
import { type Generator, X64 } from "./generator.ts";
import { loadFor } from "./registers.ts";
import { INTEGER, moveStack, STACK_TOP } from "./ops_integer.ts";

/** Registers are 64 bits, so no more than these are pushed in a row. */
const MOST = 15;

export interface StackRun {
  readonly operations: readonly IrOp[];
  readonly name: "push64" | "pop64";
  /** Pushes, or pops without the return. */
  readonly count: number;
  /** The block's last operation, a return, loads its address with the run. */
  readonly returns: boolean;
}

/** The run that begins with operation `i` of a block, if it has two stack accesses at least. */
export function stackRun(ops: readonly IrOp[], i: number): StackRun | undefined {
  const { name } = ops[i]!.def;
  if (name !== "push64" && name !== "pop64") return undefined;
  let count = 0, end = i;
  for (let k = i; k < ops.length && count < MOST; k++) {
    const o = ops[k]!, r = o.args[0];
    if (o.def.name === name && (typeof r === "object" || (r as number) < 16 && r !== RSP)) {
      count++;
      end = k + 1;
    } else if (!isBetween(o)) break;
  }
  const returns = name === "pop64" && end === ops.length - 1 && ops[end]!.def.name === "ret";
  if (count + Number(returns) < 2) return undefined;
  return { operations: ops.slice(i, end), name, count, returns };
}

/** May stand between the accesses of a run: works on registers other than RSP alone, and does not look at flags. */
function isBetween(o: IrOp): boolean {
  const { def, args } = o;
  return !def.faults && !def.ends && def.reads === 0 && /^[drnx]*$/.test(def.args) &&
    INTEGER[def.name] !== undefined && !asksMemory(o) && !args.includes(RSP);
}

/** Emits a run; with its return (an instruction at `ip`), X64 is the address returned to, and RSP still points to it. `each` emits one operation. */
export function emitStackRun(
  g: Generator,
  run: StackRun,
  ip: number,
  each: (o: IrOp, emit?: () => void) => void,
): void {
  const { operations, name, count, returns } = run, { code } = g;
  const bytes = 8 * (count + Number(returns));
  const fast = (at: number) => {
    let n = 0;
    for (const o of operations) {
      if (o.def.name !== name) each(o);
      else if (name === "push64") {
        const offset = bytes - 8 * ++n;
        each(o, () => {
          code.get(at);
          g.get64(o.args[0] as number);
          code.mem(OP.i64Store, offset);
        });
      } else {
        const offset = 8 * n++;
        each(o, () => {
          code.get(at).mem(OP.i64Load, offset);
          g.set64(o.args[0] as number);
        });
      }
    }
    moveStack(g, name === "push64" ? -bytes : 8 * count);
    if (returns) code.get(at).mem(OP.i64Load, 8 * count).set(X64);
  };
  const slow = () => {
    for (const o of operations) each(o);
    if (!returns) return;
    g.load(STACK_TOP, 8, OP.i64Load, ip);
    code.set(X64);
  };
  g.beginOperation(false);
  // Either way begins with the same registers in locals, and so ends with the same.
  for (const o of operations) loadFor(g, o);
  g.inStack(name === "push64" ? -bytes : 0, bytes, fast, slow);
}
