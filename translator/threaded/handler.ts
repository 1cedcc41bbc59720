// Emits a handler: the wasm function that runs operations of one shape and goes on with the next one by a tail call (threaded code:
// J. R. Bell, CACM 16(6), 1973).
//
// The operations' own emitters are those of regions; here every value is in the CPU state, named by the operation's words. So a handler
// may stop anywhere: slow paths throw through it.

import { END, EXIT_FIRST, INDIRECT, LINK_FIRST } from "./results.ts";
import { EXEC_STAMP, LEFT_AT, QUOTA, RIP, RSP, TLB, XTLB_ADDEND, XTLB_ENTRIES } from "../cpu.ts";
import type { OpDef, Value } from "../ir/op.ts";
import { LENGTH_SHIFT, OFFSET_SHIFT, type Shape, SHAPE_MASK } from "../ir/words.ts";
import { condition } from "../wasm/conditions.ts";
import { Code, I32, OP, SIMD, VOID } from "../wasm/encoder.ts";
import type { FunctionBody, FunctionType } from "../wasm/module.ts";
import { CPU_AT, ENTRY, Generator, PHYS, X32, X64 } from "../wasm/generator.ts";
import { JUMP_ENTRY_SHIFT } from "../wasm/jump_table.ts";
import { IMPORTS, REGION } from "../wasm/imports.ts";
import { INTEGER, moveStack, pushValue, STACK_TOP } from "../wasm/ops_integer.ts";
import { REGION_QUOTA } from "../tunables.ts";
import { ANY_COUNT } from "../wasm/ops_shift.ts";
import { ALIGNED, VECTOR } from "../wasm/ops_vector.ts";
import {
  ENTRY_NODE,
  LINK_BYTES,
  LINK_TAG,
  NODE_ADDEND,
  NODE_CODE,
  NODE_FACTOR,
  NODE_LINKS,
  NODE_PAGE,
  NODE_REGION,
  NODE_SHIFT,
  NODE_STAMP,
  NODE_TABLE,
} from "./node.ts";
import { AT, HandlerCode, isSlotWord, operands, slotOffset, slotWord, Unsupported } from "./operands.ts";

/** Address of the operation, and of its block's node → what comes out (results.ts). */
export const HANDLER: FunctionType = { params: [I32, I32], results: [I32] };
export const HANDLER_TYPE = 0;
/** The import behind those of regions: runs the operation by JavaScript. */
const JAVASCRIPT: number = IMPORTS.length;
export const BY_JAVASCRIPT: FunctionType = { params: [I32, I32], results: [] };
/** Parameter: the node. */
export const NODE = 1;

export class HandlerGenerator extends Generator {
  /** A fault throws through the handler, so nothing leaves through here. */
  #faultLevel = 0;

  constructor() {
    super([], [], new Map(), new HandlerCode());
  }

  // Every value is in the CPU state.
  /** Pushes an address that `offset` is to be added to, for the 64 bits of a slot. */
  #place(slot: number): number {
    const { code } = this;
    if (!isSlotWord(slot)) {
      code.i32(CPU_AT);
      return 8 * slot;
    }
    code.get(AT).mem(OP.i32Load, 4 * slotWord(slot)).i32(2).op(OP.i32Shl);
    return CPU_AT + 8 * slotOffset(slot);
  }
  override get64(v: Value): void {
    if (typeof v === "object") return void this.code.i64(v.lo, v.hi);
    const offset = this.#place(v);
    this.code.mem(OP.i64Load, offset);
  }
  override get32(v: Value): void {
    if (typeof v === "object") return void this.code.i32(v.lo);
    const offset = this.#place(v);
    this.code.mem(OP.i32Load, offset);
  }
  override set64(d: number): void {
    const value = this.scratch(0x7e, 99);
    this.code.set(value);
    const offset = this.#place(d);
    this.code.get(value).mem(OP.i64Store, offset);
  }
  override vector(s: number): void {
    const offset = this.#place(s);
    this.code.simd(SIMD.load).op(0).u(offset);
  }
  override setVector(d: number, push: () => void): void {
    const offset = this.#place(d);
    push();
    this.code.simd(SIMD.store).op(0).u(offset);
  }
  override storeVector(_s: number): void {}
  override setKind(kind: number): void {
    this.storeKind(kind);
  }
  override setCarry(carry: number): void {
    this.storeCarry(carry);
  }
  protected override slotNumber(r: number): void {
    if (!isSlotWord(r)) return void this.code.i32(r);
    this.code.get(AT).mem(OP.i32Load, 4 * slotWord(r)).i32(1).op(OP.i32ShrU);
    this.code.i32(slotOffset(r)).op(OP.i32Add);
  }
  protected override pushTlb(): void {
    this.code.i32(CPU_AT).mem(OP.i32Load, 8 * TLB).i32(2).op(OP.i32Shl);
  }
  protected override pushIp(_ip: number): void {
    this.code.get(NODE).mem(OP.f64Load, NODE_PAGE).get(AT).mem(OP.i32Load, 0).i32(OFFSET_SHIFT).op(
      OP.i32ShrU,
    );
    this.code.i32(4095).op(OP.i32And, F64_CONVERT_I32U, OP.f64Add);
  }
  /** Where an emitter wants the operation's closure: JavaScript runs the operation. */
  override step(): number {
    return JAVASCRIPT;
  }
  override runStep(): void {
    this.code.get(AT).get(NODE).call(JAVASCRIPT);
  }
  override runStepOn(): void {
    this.runStep();
  }
  override runFaultingStep(): void {
    this.runStep();
  }

  // Ways on.
  /** Goes on with the operation at the address on the stack. */
  goOn(): void {
    const { code } = this;
    code.set(AT).get(AT).get(NODE).get(AT).mem(OP.i32Load16u, 0).i32(SHAPE_MASK).op(OP.i32And);
    code.op(OP.returnCallIndirect).u(HANDLER_TYPE).u(0);
  }
  next(words: number): void {
    this.code.get(AT).i32(4 * words).op(OP.i32Add);
    this.goOn();
  }
  /** Goes on with the block of the node in X32, unless the dispatcher is to get its turn. */
  #enter(): void {
    const { code } = this;
    code.i32(CPU_AT).i32(CPU_AT).mem(OP.i32Load, 8 * QUOTA).i32(1).op(OP.i32Sub).tee(ENTRY).mem(
      OP.i32Store,
      8 * QUOTA,
    );
    code.get(X32).set(NODE).get(ENTRY).i32(0).op(OP.i32LeS);
    this.open(OP.if);
    code.get(NODE).op(OP.return);
    this.close();
    code.get(NODE).mem(OP.i32Load, NODE_CODE);
    this.goOn();
  }
  leave(result: number): void {
    const { code } = this;
    code.i32(CPU_AT).get(NODE).mem(OP.i32Store, 8 * QUOTA + 4);
    code.i32(CPU_AT).get(AT).mem(OP.i32Store, 8 * LEFT_AT).i32(result).op(OP.return);
  }
  /** Pushes the address of the exec TLB entry for the address whose low word `push` pushes, and keeps it in PHYS. */
  #execEntry(push: () => void): void {
    const { code } = this;
    code.i32(CPU_AT).mem(OP.i32Load, 8 * TLB + 4).i32(2).op(OP.i32Shl);
    push();
    code.i32(12).op(OP.i32ShrU).i32(XTLB_ENTRIES - 1).op(OP.i32And).i32(4).op(OP.i32Shl, OP.i32Add).tee(PHYS);
  }
  /** Pushes whether the exec TLB has tag `tag` with the addend of the node in X32, for the page whose low word `low` pushes. */
  #current(low: () => void, tag: () => void): void {
    const { code } = this;
    this.#execEntry(low);
    code.mem(OP.i64Load, 0);
    tag();
    code.op(OP.i64Eq).get(PHYS).mem(OP.i32Load, 4 * XTLB_ADDEND).get(X32).mem(OP.i32Load, NODE_ADDEND);
    code.op(OP.i32Eq, OP.i32And);
  }
  /** Goes on at link `n` of the block. `near`: it leads to the same page. */
  follow(n: number, near: number): void {
    const { code } = this, at = NODE_LINKS + n * LINK_BYTES;
    code.get(NODE).mem(OP.i32Load, at).tee(X32);
    this.open(OP.if);
    if (near !== 1) {
      const tag = at + LINK_TAG;
      this.#current(() => code.get(NODE).mem(OP.i32Load, tag), () => code.get(NODE).mem(OP.i64Load, tag));
      this.open(OP.if);
    }
    this.#enter();
    if (near !== 1) this.close();
    this.close();
    this.leave(LINK_FIRST - n);
  }
  /** Goes on at the address in X64, where its node is known. */
  findNode(): void {
    const { code } = this;
    code.get(X64).op(OP.i32WrapI64).i32(NODE_FACTOR).op(OP.i32Mul).i32(NODE_SHIFT).op(OP.i32ShrU);
    code.i32(JUMP_ENTRY_SHIFT).op(OP.i32Shl).tee(ENTRY).mem(OP.i64Load, NODE_TABLE).get(X64).op(OP.i64Eq);
    this.open(OP.if);
    code.get(ENTRY).mem(OP.i32Load, NODE_TABLE + ENTRY_NODE).set(X32);
    this.#current(
      () => code.get(X64).op(OP.i32WrapI64),
      () => code.get(X64).i64(-4096, -1).op(OP.i64And),
    );
    this.open(OP.if);
    this.#enter();
    this.close();
    this.close();
  }
  /** Goes on at the address in X64. */
  jump(): void {
    this.findNode();
    this.code.i32(CPU_AT).get(X64).mem(OP.i64Store, 8 * RIP).i32(INDIRECT).op(OP.return);
  }
  /** When what is in X64 is no address of a user's, JavaScript runs the operation. */
  canonical(): void {
    this.code.get(X64).i64(47, 0).op(OP.i64ShrU, OP.i64Eqz, OP.i32Eqz);
    this.open(OP.if);
    this.leave(END);
    this.close();
  }
  beginBody(): void {
    this.#faultLevel = this.open(OP.block);
  }
  protected override faultLevel(): number {
    return this.#faultLevel;
  }
  endBody(): void {
    this.close();
    this.code.op(OP.unreachable);
  }
}
const F64_CONVERT_I32U = 0xb8;

/** Operations that end a block. */
function emitEnd(g: HandlerGenerator, def: OpDef, args: any[]): void {
  const { name } = def, { code } = g;
  /** X64 = the target. */
  const target = () => {
    g.get64(args[0]);
    code.set(X64);
    g.canonical();
  };
  if (name === "jump") return g.follow(0, args[1]);
  if (/^branch\d/.test(name) || name === "branchZero") {
    const zero = name === "branchZero";
    if (zero) {
      g.get64(args[0]);
      code.op(OP.i64Eqz);
    } else condition(g, Number(name.slice(6)), args[4]);
    g.open(OP.if);
    g.follow(0, args[zero ? 2 : 1]);
    g.close();
    return g.follow(1, args[zero ? 4 : 3]);
  }
  if (name === "call") {
    pushValue(g, () => g.get64(args[2]), 0);
    return g.follow(0, args[1]);
  }
  if (name === "jumpTo") {
    target();
    return g.jump();
  }
  if (name === "callTo") {
    target();
    pushValue(g, () => g.get64(args[1]), 0);
    return g.jump();
  }
  if (name === "ret") {
    g.load(STACK_TOP, 8, OP.i64Load, 0);
    code.set(X64);
    g.canonical();
    moveStack(g, 8);
    g.get64(RSP);
    code.i64(args[0], 0).op(OP.i64Add);
    g.set64(RSP);
    return g.jump();
  }
  if (name === "exit") {
    code.i32(CPU_AT);
    g.get64(args[0]);
    code.mem(OP.i64Store, 8 * RIP).i32(EXIT_FIRST - args[1]).op(OP.return);
    return;
  }
  throw new Unsupported(name);
}

/** Operations whose emitters have no use for the helper that is an argument. */
const OWN_CODE = /^(imul|mulx|adcx|adox)\d|^(ld|st)(128|256)a$/;

/** The handler for a shape, a function of this name; undefined when JavaScript must run its operations. */
export function emitHandler(shape: Shape, name: string): FunctionBody | undefined {
  const g = new HandlerGenerator(), args = operands(shape), { def } = shape;
  try {
    g.beginBody();
    if (def.ends) emitEnd(g, def, args);
    else {
      const emit = ANY_COUNT[def.name] ?? INTEGER[def.name] ?? VECTOR[def.name] ?? ALIGNED[def.name];
      if (emit === undefined || def.args.includes("o") && !OWN_CODE.test(def.name)) return undefined;
      emit(g, args, { def, args, ip: 0 });
      g.next(shape.words);
    }
    g.endBody();
  } catch (e) {
    if (e instanceof Unsupported) return undefined;
    throw e;
  }
  return { type: HANDLER, locals: g.locals, code: g.code, name };
}

/** Emits what runs an operation by JavaScript (import 0) and goes on, or leaves where it ends a block. */
export function emitStub(): HandlerGenerator {
  const g = new HandlerGenerator(), { code } = g;
  code.get(AT).mem(OP.i32Load, 0).i32(0).op(OP.i32LtS);
  g.open(OP.if);
  g.leave(END);
  g.close();
  code.get(AT).get(NODE).call(0).get(AT).get(AT).mem(OP.i32Load, 0).i32(LENGTH_SHIFT).op(OP.i32ShrU);
  code.i32(15).op(OP.i32And).i32(2).op(OP.i32Shl, OP.i32Add);
  g.goOn();
  return g;
}

/** Of PAUSE: enters the region of the node (functions: table 1), or leaves there. */
export function emitPause(): Code {
  const code = new Code();
  code.get(NODE).mem(OP.i32Load, NODE_REGION).op(OP.i32Eqz).get(NODE).mem(OP.i32Load, NODE_STAMP);
  code.i32(CPU_AT).mem(OP.i32Load, 8 * EXEC_STAMP).op(OP.i32Ne, OP.i32Or);
  code.op(OP.if, VOID).get(NODE).op(OP.return, OP.end);
  code.i32(CPU_AT).i32(0).mem(OP.i32Store, 8 * QUOTA + 4);
  // It runs many blocks.
  code.i32(CPU_AT).i32(CPU_AT).mem(OP.i32Load, 8 * QUOTA).i32(REGION_QUOTA).op(OP.i32Sub).mem(
    OP.i32Store,
    8 * QUOTA,
  );
  return code.i32(0).i64(-1, -1).get(NODE).mem(OP.i32Load, NODE_REGION).op(OP.returnCallIndirect).u(
    REGION_TYPE,
  ).u(1);
}
const REGION_TYPE = 1;
/** The types of the functions in both tables. */
export const BASE_TYPES: readonly FunctionType[] = [HANDLER, REGION];

/** What regions leave through (wasm/jump_table.ts, GO_ON): the block at RIP as threaded code, or their own result again. */
export function emitGoOn(): HandlerGenerator {
  const g = new HandlerGenerator(), { code } = g;
  const left = (value: number) => code.i32(CPU_AT).i32(value).mem(OP.i32Store, 8 * QUOTA + 4);
  left(1);
  code.i32(CPU_AT).mem(OP.i64Load, 8 * RIP).set(X64);
  g.findNode();
  left(0);
  code.i32(CPU_AT).mem(OP.i32Load, 8 * LEFT_AT);
  return g;
}
