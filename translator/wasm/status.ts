// The six status flags, and conditions, from lazy flags of a kind that is only known at run time (ir/flags.ts): wasm functions that regions
// import.

import { AF, CF, OF, PF, SF, STATUS_FLAGS, ZF } from "../cpu.ts";
import {
  ADD,
  CARRY_SHIFT,
  CARRY_SIZE_SHIFT,
  COUNT_SHIFT,
  CURRENT,
  EXPLICIT,
  type FlagSlots,
  KEPT,
  MUL,
  PUT_ASIDE,
  RECORD,
  RESULT,
  ROL,
  ROR,
  SAR,
  SAVED,
  SHL,
  SHR,
  SUB,
} from "../ir/flags.ts";
import { Code, I32, I64, OP, pushHighProduct, VOID } from "./encoder.ts";
import { wasmModule } from "./module.ts";
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
): Record<"status" | "condition" | "saved", WebAssembly.ExportValue> {
  const bytes = wasmModule({
    pages,
    imports: [],
    globals: 0,
    functions: [
      { type: STEP, locals: STATUS_LOCALS, code: statusCode(CURRENT), name: "s" },
      { type: STEP, locals: STATUS_LOCALS, code: statusCode(PUT_ASIDE), name: "saved" },
      { type: ASK, locals: [I32], code: conditionCode(), name: "c" },
    ],
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory, t: table } });
  return { status: exports["s"]!, condition: exports["c"]!, saved: exports["saved"]! };
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

const STATUS_LOCALS = [I32, I32, I64, I64, I64, I64, I64, I32, I32, I32, I32];
/** The number of the function for what has been put aside. */
const SAVED_FUNCTION = 1;

function statusCode(slots: FlagSlots): Code {
  const C = 0,
    STATE = 1,
    FORM = 2,
    A = 3,
    B = 4,
    R = 5,
    MASK = 6,
    TOP = 7,
    BITS = 8,
    KIND = 9,
    CARRY = 10,
    OVERFLOW = 11;
  const code = new Code();
  code.get(C).i32(2).op(OP.i32Shl).tee(STATE).mem(OP.i32Load, 8 * slots.kind).tee(KIND).i32(RECORD).op(
    OP.i32And,
  )
    .set(FORM);
  /** TOP = the number of the operand's top bit; `size` pushes a word whose low bits are the log2 of its bytes. */
  const setTop = (size: () => void) => {
    code.i64(8, 0);
    size();
    code.i32(3).op(OP.i32And, OP.i64ExtendI32U, OP.i64Shl).i64(1, 0).op(OP.i64Sub).set(TOP);
  };
  code.op(OP.block, I32);
  const class_ = (kind: number) => code.get(FORM).i32(~3).op(OP.i32And).i32(kind).op(OP.i32Eq);
  class_(EXPLICIT);
  code.op(OP.if, VOID).get(STATE).mem(OP.i32Load, 8 * slots.b).i32(STATUS_FLAGS).op(OP.i32And).br(1).op(
    OP.end,
  );
  setTop(() => code.get(FORM));
  // MASK: the operand's bits
  code.i64(-1, -1).i64(63, 0).get(TOP).op(OP.i64Sub, OP.i64ShrU).set(MASK);
  for (const [local, slot] of [[A, slots.a], [B, slots.b], [R, slots.r]] as const) {
    code.get(STATE).mem(OP.i64Load, 8 * slot).get(MASK).op(OP.i64And).set(local);
  }
  class_(MUL);
  code.op(OP.if, VOID);
  // Factors of 4 bytes have a product of 8; of those of 8, the upper half is to repeat the lower one's sign.
  code.get(TOP).i64(31, 0).op(OP.i64Eq, OP.if, I32);
  code.get(A).op(OP.i64Extend32S).get(B).op(OP.i64Extend32S, OP.i64Mul).tee(R).get(R).op(
    OP.i64Extend32S,
    OP.i64Ne,
  );
  code.op(OP.else);
  pushHighProduct(code, A, B, R, true);
  code.get(A).get(B).op(OP.i64Mul).i64(63, 0).op(OP.i64ShrS, OP.i64Ne, OP.end);
  code.set(BITS).i32(CF | OF).i32(0).get(BITS).op(OP.select).br(1).op(OP.end);
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

  // CF and OF from FLAG_C. Numbers of bits count modulo 64: those beyond the operand, for long shifts of short ones, find zeros.
  code.get(KIND).i32(CARRY_SHIFT).op(OP.i32ShrU).i32(7).op(OP.i32And).tee(FORM).op(OP.i32Eqz, OP.if, VOID);
  code.get(BITS).op(OP.return, OP.end);
  // What is put aside has not put anything aside itself.
  if (slots === CURRENT) {
    code.get(FORM).i32(SAVED).op(OP.i32Eq, OP.if, VOID).get(BITS).i32(~CF).op(OP.i32And);
    code.get(C).call(SAVED_FUNCTION).i32(CF).op(OP.i32And, OP.i32Or, OP.return, OP.end);
  }
  code.get(STATE).mem(OP.i64Load, 8 * slots.c).set(R);
  code.get(FORM).i32(KEPT).op(OP.i32Eq, OP.if, VOID);
  code.get(BITS).i32(~CF).op(OP.i32And).get(R).op(OP.i32WrapI64).i32(CF).op(
    OP.i32And,
    OP.i32Or,
    OP.return,
    OP.end,
  );
  setTop(() => code.get(KIND).i32(CARRY_SIZE_SHIFT).op(OP.i32ShrU));
  code.get(KIND).i32(COUNT_SHIFT).op(OP.i32ShrU, OP.i64ExtendI32U).set(A);
  const bit = (number: () => void) => {
    code.get(R);
    number();
    code.op(OP.i64ShrU, OP.i32WrapI64).i32(1).op(OP.i32And);
  };
  const minus = (x: number, y: number) => code.get(x).get(y).op(OP.i64Sub);
  const oneLess = (x: number) => code.get(x).i64(1, 0).op(OP.i64Sub);
  /** Carry, and what it differs from when it overflows (or whether it does). */
  const CASES: [number, () => void, (() => void) | undefined, boolean][] = [
    [ROL, () => code.i64(0, 0), () => code.get(TOP), true],
    [ROR, () => code.get(TOP), () => oneLess(TOP), true],
    [SHL, () => minus(TOP, A).i64(1, 0).op(OP.i64Add), () => minus(TOP, A), true],
    [SHR, () => oneLess(A), () => code.get(TOP), false],
    [SAR, () => oneLess(A), undefined, false],
  ];
  for (const [from, carry, other, differs] of CASES) {
    code.get(FORM).i32(from).op(OP.i32Eq, OP.if, VOID);
    bit(carry);
    code.set(CARRY);
    if (other === undefined) code.i32(0);
    else bit(other);
    if (differs) code.get(CARRY).op(OP.i32Xor);
    code.set(OVERFLOW).op(OP.end);
  }
  code.get(BITS).i32(~(CF | OF)).op(OP.i32And).get(CARRY).op(OP.i32Or);
  code.get(OVERFLOW).i32(Math.log2(OF)).op(OP.i32Shl, OP.i32Or);
  return code;
}
