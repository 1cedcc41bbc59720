// What regions leave through, a function that all of them share: with it in each, small ones would be too large for V8 to put into their callers.

import { LEFT_AT, RIP } from "../cpu.ts";
import { Code, I32, OP, VOID } from "./encoder.ts";
import { LEAVE_TYPE, NEXT, REGION_TYPE, TYPES } from "./imports.ts";
import { functions, GO_ON, JUMP_FUNCTION, JUMP_MASK, JUMP_TABLE, NEXT_REGION } from "./jump_table.ts";
import { otherAddress } from "./link.ts";
import { CPU_AT, PAUSED, UNWOUND } from "./results.ts";
import { instantiate } from "./shared.ts";

// Parameters, and a local.
const DEPTH = 0, BACK = 1, RESULT = 2, TO = 3, ENTRY = 4;

/**
 * From the parameters of the region, its result and the address to go on at: what comes out. The region there takes over, if there is one, else threaded
 * code, unless there are regions below on the host's stack: it is for them to go on.
 */
function body(): Code {
  const code = new Code();
  // What unwinds the guest's stack unwinds the host's, too.
  code.get(RESULT).i32(PAUSED).op(OP.i32Ne).get(RESULT).i32(UNWOUND).op(OP.i32Ne).get(DEPTH);
  code.op(OP.i32Eqz, OP.i32Or, OP.i32And, OP.if, VOID);
  pushOther(code, TO, ENTRY);
  code.op(OP.i64Eqz, OP.if, VOID).get(DEPTH).get(BACK);
  pushFunction(code, ENTRY);
  code.op(OP.returnCallIndirect).u(REGION_TYPE).u(0).op(OP.end);
  code.get(DEPTH).op(OP.i32Eqz, OP.if, VOID).i32(CPU_AT).get(TO).mem(OP.i64Store, 8 * RIP);
  code.i32(CPU_AT).get(RESULT).mem(OP.i32Store, 8 * LEFT_AT);
  code.i32(0).i32(0).i32(GO_ON).op(OP.returnCallIndirect).u(LEAVE_TYPE).u(0).op(OP.end, OP.end);
  return code.i32(CPU_AT).get(TO).mem(OP.i64Store, 8 * RIP).get(RESULT);
}

/** Pushes 0 if there is a region for the address in local `to`: its entry in the jump table is what local `entry` says further on than the first; else another i64. */
export function pushOther(code: Code, to: number, entry: number): void {
  code.get(to).op(OP.i32WrapI64).i32(JUMP_MASK).op(OP.i32And).set(entry);
  otherAddress(code, () => code.get(entry), JUMP_TABLE, () => code.get(to));
}
/** Pushes the number of the function that pushOther() has found. */
export function pushFunction(code: Code, entry: number): void {
  code.get(entry).mem(OP.i32Load, JUMP_TABLE + JUMP_FUNCTION);
}

/** Puts it into the function table. */
export function installNext(): void {
  if (functions.get(NEXT_REGION) !== null) return;
  const { n } = instantiate({
    types: TYPES,
    functions: [{ type: NEXT, locals: [I32], code: body(), name: "n" }],
  });
  functions.set(NEXT_REGION, n as () => number);
}
