// The six status flags, and conditions, from lazy flags of a kind that is only known at run time (ir/flags.ts): wasm functions that regions
// import.

import { AF, CF, FLAG_A, FLAG_B, FLAG_R, FLAG_ROTATED, FLAGS, OF, PF, SF, STATUS_FLAGS, ZF } from "../cpu.ts";
import {
  ADD,
  EXPLICIT,
  RECORD,
  RESULT,
  ROTATED,
  ROTATED_LEFT,
  ROTATED_SIZE_SHIFT,
  SUB,
} from "../ir/flags.ts";
import { Code, I32, I64, OP, VOID, wasmModule } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import { ASK, STATUS, STEP } from "./imports.ts";
import { RUNNING_CPU } from "../ram.ts";

/** Pushes the status flags, as bits of RFLAGS. */
export function pushStatus(g: Generator): void {
  g.code.i32(RUNNING_CPU).call(STATUS);
}

/** Instantiates the functions for STATUS and CONDITION. */
export function statusFunctions(
  pages: number,
  memory: WebAssembly.Memory,
  table: WebAssembly.Table,
): { status: WebAssembly.ExportValue; condition: WebAssembly.ExportValue } {
  const bytes = wasmModule({
    pages,
    imports: [],
    globals: 0,
    functions: [
      {
        type: STEP,
        locals: [I32, I32, I64, I64, I64, I64, I64, I32, I32],
        code: statusCode(),
        name: "s",
      },
      { type: ASK, locals: [I32], code: conditionCode(), name: "c" },
    ],
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory, t: table } });
  return { status: exports["s"]!, condition: exports["c"]! };
}

/** Where the condition "less" is put beside the flags. */
const LESS = 0x10000;
/** Flags one of which must be set, by condition code without its lowest bit. */
const ANY = [OF, CF, ZF, CF | ZF, SF, PF, LESS, ZF | LESS];

function conditionCode(): Code {
  const C = 0;
  const CONDITION_CODE = 1, BITS = 2;
  const code = new Code();
  code.get(C).call(0).tee(BITS).get(BITS).i32(4).op(OP.i32ShrU).get(BITS).op(OP.i32Xor).i32(SF).op(OP.i32And);
  code.i32(Math.log2(LESS / SF)).op(OP.i32Shl, OP.i32Or).i32(0);
  ANY.forEach((mask, n) => {
    // select: the mask if this is the condition, else what there was
    code.set(BITS).i32(mask).get(BITS).get(CONDITION_CODE).i32(1).op(OP.i32ShrU).i32(n).op(
      OP.i32Eq,
      OP.select,
    );
  });
  code.op(OP.i32And).i32(0).op(OP.i32Ne).get(CONDITION_CODE).i32(1).op(OP.i32And, OP.i32Xor);
  return code;
}

function statusCode(): Code {
  const C = 0, STATE = 1, FORM = 2, A = 3, B = 4, R = 5, MASK = 6, TOP = 7, BITS = 8, KIND = 9;
  const code = new Code();
  code.get(C).i32(2).op(OP.i32Shl).tee(STATE).mem(OP.i32Load, 8 * FLAGS).tee(KIND).i32(RECORD).op(OP.i32And)
    .set(FORM);
  const top = (size: () => void) => {
    code.i64(8, 0);
    size();
    code.i32(3).op(OP.i32And, OP.i64ExtendI32U, OP.i64Shl).i64(1, 0).op(OP.i64Sub).set(TOP);
  };
  code.op(OP.block, I32);
  const class_ = (kind: number) => code.get(FORM).i32(~3).op(OP.i32And).i32(kind).op(OP.i32Eq);
  class_(EXPLICIT);
  code.op(OP.if, VOID).get(STATE).mem(OP.i32Load, 8 * FLAG_B).i32(STATUS_FLAGS).op(
    OP.i32And,
  ).br(1).op(OP.end);
  // TOP: number of the operand's top bit; MASK: its bits
  top(() => code.get(FORM));
  code.i64(-1, -1).i64(63, 0).get(TOP).op(OP.i64Sub, OP.i64ShrU).set(MASK);
  for (const [local, slot] of [[A, FLAG_A], [B, FLAG_B], [R, FLAG_R]] as const) {
    code.get(STATE).mem(OP.i64Load, 8 * slot).get(MASK).op(OP.i64And).set(local);
  }
  class_(RESULT);
  code.op(OP.if, VOID).get(B).op(OP.i32WrapI64).i32(CF | OF | AF).op(OP.i32And).set(BITS).op(OP.end);
  for (const [kind, opcode] of [[ADD, OP.i64Add], [SUB, OP.i64Sub]] as const) {
    class_(kind);
    code.op(OP.if, VOID).get(A).get(B).op(opcode).get(MASK).op(OP.i64And).set(R);
    code.get(A).get(B).op(OP.i64Xor).get(R).op(OP.i64Xor, OP.i32WrapI64).i32(AF).op(OP.i32And);
    if (kind === ADD) code.get(R).get(A);
    else code.get(A).get(B);
    code.op(OP.i64LtU, OP.i32Or);
    code.get(A).get(kind === ADD ? R : B).op(OP.i64Xor).get(kind === ADD ? B : A).get(R).op(
      OP.i64Xor,
      OP.i64And,
    );
    code.get(TOP).op(OP.i64ShrU, OP.i32WrapI64).i32(1).op(OP.i32And).i32(Math.log2(OF)).op(
      OP.i32Shl,
      OP.i32Or,
    );
    code.set(BITS).op(OP.end);
  }
  code.get(BITS).get(R).op(OP.i64Eqz).i32(Math.log2(ZF)).op(OP.i32Shl, OP.i32Or);
  code.get(R).get(TOP).op(OP.i64ShrU, OP.i32WrapI64).i32(Math.log2(SF)).op(OP.i32Shl, OP.i32Or);
  code.get(R).op(OP.i32WrapI64).i32(255).op(OP.i32And, OP.i32Popcnt).i32(1).op(OP.i32And, OP.i32Eqz);
  code.i32(Math.log2(PF)).op(OP.i32Shl, OP.i32Or, OP.end).set(BITS);
  // CF and OF of a rotate: to the left, bit 0 is the carry and the top bit the one to compare it with; to the right, the top bit and the next.
  code.get(KIND).i32(ROTATED).op(OP.i32And, OP.if, VOID);
  top(() => code.get(KIND).i32(ROTATED_SIZE_SHIFT).op(OP.i32ShrU));
  code.get(STATE).mem(OP.i64Load, 8 * FLAG_ROTATED).set(R);
  const oneOf = (toLeft: () => void, toRight: () => void) => {
    code.get(R);
    toLeft();
    toRight();
    code.get(KIND).i32(ROTATED_LEFT).op(OP.i32And, OP.select, OP.i64ShrU, OP.i32WrapI64).i32(1).op(OP.i32And);
  };
  oneOf(() => code.i64(0, 0), () => code.get(TOP));
  code.tee(FORM);
  oneOf(() => code.get(TOP), () => code.get(TOP).i64(1, 0).op(OP.i64Sub));
  code.get(FORM).op(OP.i32Xor).i32(Math.log2(OF)).op(OP.i32Shl, OP.i32Or);
  code.get(BITS).i32(~(CF | OF)).op(OP.i32And, OP.i32Or).set(BITS).op(OP.end).get(BITS);
  return code;
}
