// The wasm functions of finder.ts: the entrance of threaded code, which follows links and jumps to blocks of earlier runs, and what finds their nodes.

import {
  ADOPT,
  ADOPTED,
  FIND,
  IMAGE_STATES,
  pushBytes,
  pushFirst,
  pushLinks,
  RECORD,
} from "../cache/image.ts";
import { BYTES, CROSSING } from "../cache/record.ts";
import { QUOTA, RIP, TLB, XTLB_ADDEND, XTLB_ENTRIES } from "../cpu.ts";
import { SHAPE_MASK } from "../ir/words.ts";
import { FRAME_TABLE, RUNNING_CPU, THREADED_END } from "../ram.ts";
import { Code, I32 as TYPE_I32, OP, VOID } from "../wasm/encoder.ts";
import type { FunctionBody, FunctionType } from "../wasm/module.ts";
import { JUMP_ENTRY_SHIFT } from "../wasm/jump_table.ts";
import { ARENA_NEXT, NODES_FOUND } from "./arena.ts";
import {
  ENTRY_NODE,
  LINK_BYTES,
  LINK_LOW,
  LINK_TAG,
  NODE_ADDEND,
  NODE_BLOCK,
  NODE_CODE,
  NODE_FACTOR,
  NODE_LINKS,
  NODE_LOW,
  NODE_NEXT,
  NODE_PAGE,
  NODE_RECORD,
  NODE_REGION,
  NODE_SHIFT,
  NODE_STAMP,
  NODE_TABLE,
} from "./node.ts";
import { INDIRECT, LINK_FIRST } from "./results.ts";

import { ADOPT_INDEX, FIND_INDEX, FRAME_IMAGE, FRAME_NODES, RECORD_INDEX } from "./finder.ts";

const CPU_AT = 4 * RUNNING_CPU, LEFT = CPU_AT + 8 * QUOTA + 4;

/** Types of the imported functions that finder.ts gives. */
export const FINDER_IMPORTS: readonly FunctionType[] = [FIND, RECORD, ADOPT];

const HANDLER: FunctionType = { params: [TYPE_I32, TYPE_I32], results: [TYPE_I32] };
const NODE_AT: FunctionType = { params: [TYPE_I32, TYPE_I32, TYPE_I32], results: [TYPE_I32] };

/** `enter` and `nodeAt`; `first`: number of the first of them in its module. Functions of handlers have type 0 there. */
export function finderFunctions(first: number): FunctionBody[] {
  return [
    { type: HANDLER, locals: Array(5).fill(TYPE_I32), code: emitEnter(first + 1), name: "enter" },
    { type: NODE_AT, locals: Array(13).fill(TYPE_I32), code: emitNodeAt(), name: "nodeAt" },
  ];
}

/** Runs threaded code from an operation of a node on, and goes on as long as nodes are found; returns what cannot be followed here. */
function emitEnter(nodeAt: number): Code {
  const at = 0, node = 1, result = 2, lo = 3, hi = 4, entry = 5, link = 6;
  const code = new Code();
  const leaves = () => code.get(result).op(OP.return, OP.end);
  code.op(OP.loop, VOID);
  code.get(at).get(node).get(at).mem(OP.i32Load16u, 0).i32(SHAPE_MASK).op(OP.i32And, OP.callIndirect).u(0).u(
    0,
  );
  code.set(result).i32(LEFT).mem(OP.i32Load, 0).op(OP.i32Eqz, OP.if, VOID);
  leaves();
  // The address to go on at, and the word that is to lead there from now on.
  code.get(result).i32(INDIRECT).op(OP.i32Eq, OP.if, VOID);
  code.i32(CPU_AT).mem(OP.i32Load, 8 * RIP).set(lo).i32(CPU_AT).mem(OP.i32Load, 8 * RIP + 4).set(hi);
  code.op(OP.else).get(result).i32(LINK_FIRST).op(OP.i32GtS, OP.if, VOID);
  leaves();
  code.i32(LINK_FIRST).get(result).op(OP.i32Sub).i32(LINK_BYTES).op(OP.i32Mul).i32(LEFT).mem(OP.i32Load, 0);
  code.op(OP.i32Add).i32(NODE_LINKS).op(OP.i32Add).tee(link).mem(OP.i32Load, LINK_LOW).set(lo);
  code.get(link).mem(OP.i32Load, LINK_TAG + 4).set(hi).op(OP.end);
  // Its page, from the exec TLB.
  code.i32(CPU_AT).mem(OP.i32Load, 8 * TLB + 4).i32(2).op(OP.i32Shl);
  code.get(lo).i32(12).op(OP.i32ShrU).i32(XTLB_ENTRIES - 1).op(OP.i32And).i32(4).op(OP.i32Shl, OP.i32Add);
  code.tee(entry).mem(OP.i32Load, 0).get(lo).i32(-4096).op(OP.i32And, OP.i32Ne);
  code.get(entry).mem(OP.i32Load, 4).get(hi).op(OP.i32Ne, OP.i32Or, OP.if, VOID);
  leaves();
  code.get(lo).get(hi).get(lo).i32(-4096).op(OP.i32And).get(entry).mem(OP.i32Load, 4 * XTLB_ADDEND);
  code.op(OP.i32Add).call(nodeAt).tee(node).op(OP.i32Eqz, OP.if, VOID);
  leaves();
  code.get(result).i32(INDIRECT).op(OP.i32Eq, OP.if, VOID);
  code.get(lo).i32(NODE_FACTOR).op(OP.i32Mul).i32(NODE_SHIFT).op(OP.i32ShrU).i32(JUMP_ENTRY_SHIFT);
  code.op(OP.i32Shl).tee(entry).get(lo).mem(OP.i32Store, NODE_TABLE);
  code.get(entry).get(hi).mem(OP.i32Store, NODE_TABLE + 4);
  code.get(entry).get(node).mem(OP.i32Store, NODE_TABLE + ENTRY_NODE);
  code.op(OP.else).get(link).get(node).mem(OP.i32Store, 0).op(OP.end);
  // The dispatcher may want its turn.
  code.i32(CPU_AT).i32(CPU_AT).mem(OP.i32Load, 8 * QUOTA).i32(1).op(OP.i32Sub).tee(result);
  code.mem(OP.i32Store, 8 * QUOTA).get(result).i32(0).op(OP.i32LeS, OP.if, VOID);
  code.get(node).op(OP.return, OP.end);
  return code.get(node).mem(OP.i32Load, NODE_CODE).set(at).br(0).op(OP.end, OP.unreachable);
}

/** The node for the guest address of two halves, whose page lies at a physical address; 0 when it is not found here. */
function emitNodeAt(): Code {
  const lo = 0,
    hi = 1,
    page = 2,
    frame = 3,
    image = 4,
    n = 5,
    state = 6,
    node = 7,
    record = 8,
    from = 9,
    to = 10;
  const end = 11, first = 12, count = 13, link = 14, target = 15;
  const code = new Code();
  const refuses = () => code.op(OP.if, VOID).i32(0).op(OP.return, OP.end);
  const next = (local: number, bytes: number) => code.get(local).i32(bytes).op(OP.i32Add).set(local);
  code.get(page).i32(12).op(OP.i32ShrU).i32(3).op(OP.i32Shl).tee(frame);
  code.mem(OP.i32Load, FRAME_TABLE + FRAME_IMAGE).tee(image).op(OP.i32Eqz);
  refuses();
  const address = () =>
    code.get(lo).op(OP.i64ExtendI32U).get(hi).op(OP.i64ExtendI32U).i64(32, 0).op(OP.i64Shl, OP.i64Or);
  code.get(image);
  address().op(OP.f64ConvertI64S).call(FIND_INDEX).tee(n).op(OP.i32Eqz);
  refuses();
  // It may have a node, if that is of the same frame.
  code.get(image).mem(OP.i32Load, 4 * IMAGE_STATES).get(n).i32(2).op(OP.i32Shl, OP.i32Add).i32(4);
  code.op(OP.i32Sub).tee(state).mem(OP.i32Load, 0).tee(node).i32(ADOPTED).op(OP.i32GtU, OP.if, VOID);
  code.get(node).mem(OP.i32Load, NODE_ADDEND).get(page).get(lo).i32(-4096).op(OP.i32And, OP.i32Sub, OP.i32Eq);
  code.op(OP.if, VOID).get(node).op(OP.return, OP.end, OP.end);
  // The record's bytes are compared, eight at a time and then one by one. What goes on to the next page is left to JavaScript.
  code.get(image).get(n).call(RECORD_INDEX).tee(record).op(OP.i32Eqz);
  refuses();
  code.get(record).mem(OP.i32Load, 0).i32(BYTES).op(OP.i32And).tee(count);
  code.get(lo).i32(4095).op(OP.i32And, OP.i32Add).i32(4096).op(OP.i32GtU);
  code.get(record).mem(OP.i32Load, 0).i32(CROSSING).op(OP.i32And, OP.i32Or);
  refuses();
  pushBytes(code, record).set(from);
  code.get(page).get(lo).i32(4095).op(OP.i32And, OP.i32Add).tee(to).get(count).op(OP.i32Add).set(end);
  const compare = (bytes: number, load: number, differ: number) => {
    code.op(OP.block, VOID, OP.loop, VOID);
    code.get(to).i32(bytes).op(OP.i32Add).get(end).op(OP.i32GtU).brIf(1);
    code.get(to).mem(load, 0).get(from).mem(load, 0).op(differ);
    refuses();
    next(to, bytes);
    next(from, bytes);
    code.br(0).op(OP.end, OP.end);
  };
  compare(8, OP.i64Load, OP.i64Ne);
  compare(1, OP.i32Load8u, OP.i32Ne);
  code.get(image).get(n).get(record).call(ADOPT_INDEX).op(OP.i32Eqz);
  refuses();
  // A node of its own (node.ts).
  pushFirst(code, record).set(first);
  pushLinks(code, record).set(count);
  code.i32(ARENA_NEXT).mem(OP.i32Load, 0).i32(1).op(OP.i32Add).i32(-2).op(OP.i32And).i32(2).op(OP.i32Shl);
  code.tee(node).i32(NODE_LINKS).op(OP.i32Add).tee(link).get(count).i32(LINK_BYTES).op(OP.i32Mul, OP.i32Add);
  code.tee(end).i32(THREADED_END).op(OP.i32GtU);
  refuses();
  code.i32(ARENA_NEXT).get(end).i32(2).op(OP.i32ShrU).mem(OP.i32Store, 0);
  const field = (offset: number, push: () => void, store: number = OP.i32Store) => {
    code.get(node);
    push();
    code.mem(store, offset);
  };
  const zero = () => void code.i32(0);
  field(NODE_CODE, () => code.get(first));
  field(NODE_ADDEND, () => code.get(page).get(lo).i32(-4096).op(OP.i32And, OP.i32Sub));
  field(NODE_BLOCK, zero);
  field(NODE_REGION, zero);
  field(NODE_PAGE, () => address().i64(-4096, -1).op(OP.i64And, OP.f64ConvertI64S), OP.f64Store);
  field(NODE_STAMP, zero);
  field(NODE_RECORD, () => code.get(record));
  field(NODE_LOW, () => code.get(lo));
  field(NODE_NEXT, () => code.get(frame).mem(OP.i32Load, FRAME_TABLE + FRAME_NODES));
  code.get(frame).get(node).mem(OP.i32Store, FRAME_TABLE + FRAME_NODES);
  code.get(state).get(node).mem(OP.i32Store, 0);
  code.i32(NODES_FOUND).i32(NODES_FOUND).mem(OP.i32Load, 0).i32(1).op(OP.i32Add).mem(OP.i32Store, 0);
  // Links: their addresses are those of the record.
  code.get(record).set(from).op(OP.block, VOID, OP.loop, VOID).get(link).get(end).op(OP.i32GeU).brIf(1);
  code.get(link).i32(0).mem(OP.i32Store, 0);
  code.get(link).get(from).mem(OP.i32Load, 8).tee(target).mem(OP.i32Store, LINK_LOW);
  code.get(link).get(target).i32(-4096).op(OP.i32And).mem(OP.i32Store, LINK_TAG);
  code.get(link).get(from).mem(OP.i32Load, 12).mem(OP.i32Store, LINK_TAG + 4);
  next(link, LINK_BYTES);
  next(from, 8);
  return code.br(0).op(OP.end, OP.end).get(node);
}
