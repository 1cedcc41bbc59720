// Segment registers, what user mode may ask of descriptor tables, and far returns (SDM vol. 2)

import { RSP } from "../cpu.ts";
import { type Instruction, type Operand, OPERAND_MEMORY } from "../decode/instruction.ts";
import { EXIT_BUDGET } from "../env.ts";
import * as h from "../helpers/segment.ts";
import { type Builder, isConst, memAt, memPlus } from "../ir/builder.ts";
import type { Value } from "../ir/op.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";

/** Slot with the selector of a segment register operand. */
export function readSegment(b: Builder, o: Operand): number {
  const t = b.temp();
  b.quick(h.readSelector, t, o.number);
  return t;
}
export function writeSegment(b: Builder, o: Operand, v: Value): void {
  if (o.number === h.CS) refuse();
  const t = b.temp();
  b.op("mov64", t, v);
  b.help(h.loadSelector, o.number, t);
}

/** LAR, LSL: the destination stays where there is no such descriptor. */
function ask(helper: typeof h.lar): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!, t = b.temp();
    // Of memory, only the selector is read.
    const selector = b.read(s.mem === undefined ? s : { ...s, size: 2 });
    if (isConst(selector)) refuse();
    b.op("mov64", t, d.slot);
    b.setFlags(helper, t, selector);
    if (d.size === 2) b.write(d, t);
    else b.op("mov64", d.slot, t);
  };
}
function verify(helper: typeof h.verr): Lowering {
  return (b, i) => {
    const s = b.read(i.ops[0]!);
    if (isConst(s)) refuse();
    b.setFlags(helper, s);
  };
}

/** SGDT and SIDT. */
function storeTable(what: number): Lowering {
  return (b, i) => b.op("vecpages", h.storeAsKernel, b.ipConst, i.ops[0]!.mem, what, h.TABLE_BYTES, 0, 0);
}
/** SMSW, SLDT, STR: memory gets 16 bits. Linux writes 32-bit registers as it finds them: the upper half stays. */
function storeWord(what: number): Lowering {
  return (b, i) => {
    const d = i.ops[0]!;
    if (d.kind === OPERAND_MEMORY) return b.op("vecpages", h.storeAsKernel, b.ipConst, d.mem, what, 2, 0, 0);
    const value = h.ANSWERS[what]!;
    if (d.size !== 4) return b.write(d, value);
    b.op("and64", d.slot, d.slot, { lo: 0, hi: -1 });
    b.op("or64", d.slot, d.slot, { lo: value.lo, hi: 0 });
  };
}

/** An offset and a selector in memory (m16:16, m16:32, m16:64): slots of the offset, zero-extended, and of the selector. */
function farPointer(b: Builder, o: Operand): readonly [offset: number, selector: number] {
  const size = o.size - 2, offset = b.temp(), selector = b.temp();
  if (size !== 2 && size !== 4 && size !== 8) refuse();
  b.op(size === 8 ? "ld64" : size === 4 ? "ld32" : "ld16u", offset, o.mem);
  b.op("ld16u", selector, memPlus(o.mem!, size));
  return [offset, selector];
}
export function farJump(b: Builder, o: Operand): void {
  const [offset, selector] = farPointer(b, o);
  b.help(h.checkFarTarget, selector);
  b.op("jumpTo", offset);
}
export function farCall(b: Builder, o: Operand): void {
  const [offset, selector] = farPointer(b, o), size = o.size - 2;
  b.help(h.checkFarTarget, selector);
  const store = size === 8 ? "st64" : size === 4 ? "st32" : "st16", next = b.temp();
  // Both pages of the stack must be writable before either is written.
  b.op("probe", memAt(RSP, -2 * size), 2 * size);
  b.op("mov64", next, b.nextConst);
  b.op(store, memAt(RSP, -size), { lo: h.USER_CS, hi: 0 });
  b.op(store, memAt(RSP, -2 * size), next);
  b.help(h.checkOffset, offset);
  b.op("lea64", RSP, memAt(RSP, -2 * size));
  b.op("jumpTo", offset);
}
/** LFS, LGS, LSS. */
function loadFar(number: number): Lowering {
  return (b, i) => {
    const [offset, selector] = farPointer(b, i.ops[1]!);
    b.help(h.loadSelector, number, selector);
    b.write(i.ops[0]!, offset);
  };
}

/** RETF: stack of a near return, with a selector. */
function farReturn(b: Builder, i: Instruction): void {
  const more = i.ops.length > 0 ? i.ops[0]!.lo & 0xffff : 0, size = (i.stackIncrement - more) / 2;
  const ip = b.temp(), cs = b.temp();
  const load = size === 8 ? "ld64" : size === 4 ? "ld32" : "ld16u";
  b.op(load, ip, memAt(RSP));
  b.op(load, cs, memAt(RSP, size));
  b.leave(h.farReturn, ip, cs, 2 * size + more);
}
/** IRET with the given operand size. */
function interruptReturn(size: number): Lowering {
  return (b) => {
    const t = b.temp(5), load = size === 8 ? "ld64" : size === 4 ? "ld32" : "ld16u";
    for (let k = 0; k < 5; k++) b.op(load, t + k, memAt(RSP, size * k));
    b.help(h.interruptReturn, t, size);
    // Through the dispatcher: the trap flag may be up.
    b.op("exit", t, EXIT_BUDGET);
  };
}

export const SEGMENT: Family = {
  Lar: ask(h.lar),
  Lsl: ask(h.lsl),
  Verr: verify(h.verr),
  Verw: verify(h.verw),
  Sgdt: storeTable(h.GDT),
  Sidt: storeTable(h.IDT),
  Sldt: storeWord(h.LDT),
  Str: storeWord(h.TASK_REGISTER),
  Smsw: storeWord(h.CR0),
  Lfs: loadFar(h.FS),
  Lgs: loadFar(h.GS),
  Lss: loadFar(h.SS),
  Retf: farReturn,
  Iretq: interruptReturn(8),
  Iretd: interruptReturn(4),
  Iret: interruptReturn(2),
};
