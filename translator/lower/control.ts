// JMP Jcc CALL RET SYSCALL, PUSH POP LEAVE, NOP and what is one (SDM vol. 2)

import { RBP, RCX, RSP } from "../cpu.ts";
import {
  CLASS_SEGMENT,
  type Instruction,
  OPERAND_BRANCH,
  OPERAND_IMMEDIATE,
  OPERAND_MEMORY,
} from "../decode/instruction.ts";
import { EXIT_SYSCALL } from "../env.ts";
import { saveFlags } from "../helpers/flags.ts";
import { undefinedInstruction } from "../helpers/traps.ts";
import { type Builder, memAt } from "../ir/builder.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";
import { CONDITIONS } from "./move.ts";
import { farCall, farJump, readSegment, writeSegment } from "./segment.ts";

function jmp(b: Builder, i: Instruction): void {
  const o = i.ops[0]!;
  if (o.kind === OPERAND_BRANCH) return b.jump(o.target);
  if (o.size === 8) return b.op("jumpTo", b.read(o));
  farJump(b, o);
}

function call(b: Builder, i: Instruction): void {
  const o = i.ops[0]!;
  if (o.kind === OPERAND_BRANCH) {
    const link = b.link(o.target);
    return b.op("call", link, b.near(link), b.nextConst);
  }
  if (o.size === 8) return b.op("callTo", b.read(o), b.nextConst);
  farCall(b, o);
}

function push(b: Builder, i: Instruction): void {
  const o = i.ops[0]!;
  if (o.class === CLASS_SEGMENT && o.kind !== OPERAND_IMMEDIATE && o.kind !== OPERAND_MEMORY) {
    const selector = readSegment(b, o);
    if (i.stackIncrement !== -2) return b.op("push64", selector);
    b.op("st16", memAt(RSP, -2), selector);
    return b.op("add64", RSP, RSP, { lo: -2, hi: -1 });
  }
  if (i.stackIncrement === -2) {
    const v = b.read(o);
    b.op("st16", memAt(RSP, -2), v);
    b.op("add64", RSP, RSP, { lo: -2, hi: -1 });
    return;
  }
  b.op("push64", o.kind === OPERAND_MEMORY || o.kind === OPERAND_IMMEDIATE ? b.read(o) : o.slot);
}

function pop(b: Builder, i: Instruction): void {
  const o = i.ops[0]!;
  const wide = i.stackIncrement !== 2;
  if (o.class === CLASS_SEGMENT && o.kind !== OPERAND_MEMORY) {
    const t = b.temp();
    b.op(wide ? "ld64" : "ld16u", t, memAt(RSP));
    writeSegment(b, o, t);
    return b.op("add64", RSP, RSP, { lo: wide ? 8 : 2, hi: 0 });
  }
  if (o.kind !== OPERAND_MEMORY) {
    if (wide) return b.op("pop64", o.slot);
    const t = b.temp();
    b.op("ld16u", t, memAt(RSP));
    b.op("add64", RSP, RSP, { lo: 2, hi: 0 });
    return b.op("ins16", o.slot, t);
  }
  // The destination's address is computed after RSP was incremented, yet a fault must leave RSP as it was.
  const t = b.temp();
  b.op(wide ? "ld64" : "ld16u", t, memAt(RSP));
  const bytes = wide ? 8 : 2;
  let mem = o.mem!;
  if (mem.base === RSP) {
    const lo = (mem.dispLo + bytes) | 0;
    mem = { ...mem, dispLo: lo, dispHi: lo < 0 ? -1 : 0 };
  }
  b.op(wide ? "st64" : "st16", mem, t);
  b.op("add64", RSP, RSP, { lo: bytes, hi: 0 });
}

/** SYSCALL: RCX = next RIP, R11 = RFLAGS; the kernel does the rest. */
function syscall(b: Builder, i: Instruction): void {
  b.op("mov64", RCX, b.nextConst);
  b.quickFlags(saveFlags);
  b.exit(i.next, EXIT_SYSCALL);
}
function leave(b: Builder, i: Instruction): void {
  const t = b.temp();
  if (i.operand16) {
    b.op("ld16u", t, memAt(RBP));
    b.op("lea64", RSP, memAt(RBP, 2));
    return b.op("ins16", RBP, t);
  }
  b.op("ld64", t, memAt(RBP));
  b.op("lea64", RSP, memAt(RBP, 8));
  b.op("mov64", RBP, t);
}

const undefinedOpcode: Lowering = (b) => b.leave(undefinedInstruction);

const branches: Record<string, (b: Builder, i: Instruction) => void> = {};
CONDITIONS.forEach((name, cc) => {
  branches[`J${name}`] = (b, i) => b.branch(cc, i.ops[0]!.target);
});

export const CONTROL: Family = {
  Ud0: undefinedOpcode,
  Ud1: undefinedOpcode,
  Ud2: undefinedOpcode,
  Jmp: jmp,
  Call: call,
  Ret: (b, i) => {
    if (i.stackIncrement < 8) return refuse();
    b.op("ret", i.ops.length > 0 ? i.ops[0]!.lo : 0);
  },
  Push: push,
  Pop: pop,
  Leave: leave,
  Syscall: syscall,
  Nop: () => {},
  Endbr64: () => {},
  Endbr32: () => {},
  // Without shadow stacks these are NOPs: unwinders look whether the register they cleared stays 0.
  Rdsspd: () => {},
  Rdsspq: () => {},
  Pause: () => {},
  ...branches,
};
