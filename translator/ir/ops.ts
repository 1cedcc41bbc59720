// The table of IR operations, assembled from the families. Names are unique.

import type { OpDef } from "./op.ts";
import { ALU_OPS } from "./ops_alu.ts";
import { AVX_OPS } from "./ops_avx.ts";
import { BMI_OPS } from "./ops_bmi.ts";
import { CONTROL_OPS } from "./ops_control.ts";
import { INTEGER_OPS } from "./ops_integer.ts";
import { MMX_OPS } from "./ops_mmx.ts";
import { MOVE_OPS } from "./ops_move.ts";
import { SHIFT_OPS } from "./ops_shift.ts";
import { SSE_OPS } from "./ops_sse.ts";
import { SSE_FLOAT_OPS } from "./ops_sse_float.ts";
import { X87_OPS } from "./ops_x87.ts";

const table = new Map<string, OpDef>();

/** Adds a family of operations (each ops_*.ts once, here). */
function register(ops: readonly OpDef[]): void {
  for (const def of ops) {
    if (table.has(def.name)) throw new Error(`IR operation ${def.name} is declared twice`);
    table.set(def.name, def);
  }
}

register(MOVE_OPS);
register(ALU_OPS);
register(CONTROL_OPS);
register(SHIFT_OPS);
register(INTEGER_OPS);
register(SSE_OPS);
register(SSE_FLOAT_OPS);
register(X87_OPS);
register(MMX_OPS);
register(BMI_OPS);
register(AVX_OPS);

export const OPS: ReadonlyMap<string, OpDef> = table;
