// MOVAPS MOVUPS MOVDQA MOVDQU MOVQ MOVD MOVSS MOVSD MOVHLPS MOVLHPS MOVH/LPS MOVNT* MOVDDUP MOVSH/LDUP LDDQU MASKMOVDQU,
// LDMXCSR STMXCSR (SDM vol. 2)

import { MXCSR } from "../cpu.ts";
import { CLASS_MMX, type Instruction, OPERAND_MEMORY } from "../decode/instruction.ts";
import { loadMxcsr, misaligned } from "../helpers/traps.ts";
import type { Builder } from "../ir/builder.ts";
import { maskedBytes } from "../sse/integer.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";
import { source128, xmm } from "./sse_operands.ts";

function move128(aligned: boolean): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!;
    if (d.kind === OPERAND_MEMORY) {
      if (aligned) b.op("st128a", misaligned, d.mem, xmm(s));
      else b.op("st128", d.mem, xmm(s));
    } else if (s.kind === OPERAND_MEMORY) {
      if (aligned) b.op("ld128a", misaligned, xmm(d), s.mem);
      else b.op("ld128", xmm(d), s.mem);
    } else b.op("movx", xmm(d), xmm(s));
  };
}

function movq(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  if (d.class === CLASS_MMX || s.class === CLASS_MMX) refuse();
  if (d.kind === OPERAND_MEMORY) b.op("st64", d.mem, xmm(s));
  else if (s.kind === OPERAND_MEMORY) b.op("ldlow64", xmm(d), s.mem);
  else if (d.size === 16) b.op("movlowx", d.slot, s.slot);
  else b.op("mov64", d.slot, s.slot);
}

function movd(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  if (d.class === CLASS_MMX || s.class === CLASS_MMX) refuse();
  if (d.kind === OPERAND_MEMORY) b.op("st32", d.mem, xmm(s));
  else if (s.kind === OPERAND_MEMORY) b.op("ldlow32", xmm(d), s.mem);
  else if (d.size === 16) b.op("movd", d.slot, s.slot);
  else b.op("mov32", d.slot, s.slot);
}

function movss(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  if (d.kind === OPERAND_MEMORY) b.op("st32", d.mem, xmm(s));
  else if (s.kind === OPERAND_MEMORY) b.op("ldlow32", xmm(d), s.mem);
  else b.op("movlow32", xmm(d), xmm(s));
}

/** MOVSD between XMM registers and memory (the string instruction of that name is another's). */
export function movsdVector(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  if (d.kind === OPERAND_MEMORY) b.op("st64", d.mem, xmm(s));
  else if (s.kind === OPERAND_MEMORY) b.op("ldlow64", xmm(d), s.mem);
  else b.op("mov64", xmm(d), xmm(s));
}

/** MOVLPS, MOVHPS and so on: `half` is the slot of the register that memory or the other register's half goes to. */
function moveHalf(half: number): Lowering {
  return (b, i) => {
    const d = i.ops[0]!, s = i.ops[1]!;
    if (d.kind === OPERAND_MEMORY) b.op("st64", d.mem, xmm(s) + half);
    else b.op("ld64", xmm(d) + half, s.mem);
  };
}

function movddup(b: Builder, i: Instruction): void {
  const d = xmm(i.ops[0]!), s = i.ops[1]!;
  if (s.kind === OPERAND_MEMORY) b.op("ld64", d, s.mem);
  else b.op("mov64", d, xmm(s));
  b.op("mov64", d + 1, d);
}

function maskmovdqu(b: Builder, i: Instruction): void {
  const m = i.ops[0]!.mem!, data = xmm(i.ops[1]!), mask = xmm(i.ops[2]!);
  const t = b.temp(2);
  b.op("probe", m, 16);
  b.op("ld128", t, m);
  b.op("vecm", maskedBytes, t, data, mask);
  b.op("st128", m, t);
}

export const SSE_MOVE: Family = {
  Movaps: move128(true),
  Movapd: move128(true),
  Movdqa: move128(true),
  Movups: move128(false),
  Movupd: move128(false),
  Movdqu: move128(false),
  Lddqu: move128(false),
  Movntdq: move128(true),
  Movntps: move128(true),
  Movntpd: move128(true),
  Movnti: (b, i) => b.write(i.ops[0]!, i.ops[1]!.slot),
  Movq: movq,
  Movd: movd,
  Movss: movss,
  Movlps: moveHalf(0),
  Movlpd: moveHalf(0),
  Movhps: moveHalf(1),
  Movhpd: moveHalf(1),
  Movhlps: (b, i) => b.op("mov64", xmm(i.ops[0]!), xmm(i.ops[1]!) + 1),
  Movlhps: (b, i) => b.op("mov64", xmm(i.ops[0]!) + 1, xmm(i.ops[1]!)),
  Movddup: movddup,
  Movshdup: (b, i) => b.op("pshufd", xmm(i.ops[0]!), source128(b, i.ops[1]!), 0xf5),
  Movsldup: (b, i) => b.op("pshufd", xmm(i.ops[0]!), source128(b, i.ops[1]!), 0xa0),
  Maskmovdqu: maskmovdqu,
  Movmskps: (b, i) => b.op("movmskps", i.ops[0]!.slot, xmm(i.ops[1]!)),
  Movmskpd: (b, i) => b.op("movmskpd", i.ops[0]!.slot, xmm(i.ops[1]!)),
  Pmovmskb: (b, i) => b.op("pmovmskb", i.ops[0]!.slot, xmm(i.ops[1]!)),
  Ldmxcsr: (b, i) => {
    const t = b.temp();
    b.op("ld32", t, i.ops[0]!.mem);
    b.help(loadMxcsr, t);
  },
  Stmxcsr: (b, i) => b.op("st32", i.ops[0]!.mem, MXCSR),
};
