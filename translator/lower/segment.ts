// Segment registers, what user mode may ask of descriptor tables, and far returns (SDM vol. 2)

import { RSP } from "../cpu.ts";
import type { Instruction, Operand } from "../decode/instruction.ts";
import { EXIT_BUDGET } from "../env.ts";
import * as h from "../helpers/segment.ts";
import { type Builder, isConst, memAt, memPlus } from "../ir/builder.ts";
import { nameAll } from "../ir/objects.ts";
import type { Value } from "../ir/op.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";

nameAll("segment", h);

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

/**
 * SGDT and SIDT, SMSW, SLDT, STR: what Linux answers for the processors that let it (umip.c of arch/x86): tables of no length at addresses of
 * the kernel's, the usual CR0, the task register and no local table.
 */
function storeTable(lo: number): Lowering {
  return (b, i) => {
    const m = i.ops[0]!.mem!;
    b.op("probe", m, 10);
    b.op("st16", m, { lo: 0, hi: 0 });
    b.op("st64", memPlus(m, 2), { lo, hi: -1 });
  };
}
const GDT = 0xfffe0000 | 0, IDT = 0xffff0000 | 0, CR0 = 0x80050033 | 0, TASK_REGISTER = 0x40;
/** A word, of which memory gets 16 bits. */
function storeWord(lo: number): Lowering {
  return (b, i) => {
    const d = i.ops[0]!;
    b.write(d.mem === undefined ? d : { ...d, size: 2 }, { lo, hi: 0 });
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
function interruptReturn(b: Builder): void {
  const t = b.temp(5);
  for (let k = 0; k < 5; k++) b.op("ld64", t + k, memAt(RSP, 8 * k));
  b.help(h.interruptReturn, t);
  // Through the dispatcher: the trap flag may be up.
  b.op("exit", t, EXIT_BUDGET);
}

export const SEGMENT: Family = {
  Lar: ask(h.lar),
  Lsl: ask(h.lsl),
  Verr: verify(h.verr),
  Verw: verify(h.verw),
  Sgdt: storeTable(GDT),
  Sidt: storeTable(IDT),
  Sldt: storeWord(0),
  Str: storeWord(TASK_REGISTER),
  Smsw: storeWord(CR0),
  Retf: farReturn,
  Iretq: interruptReturn,
};
