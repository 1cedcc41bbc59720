// MOV MOVZX MOVSX MOVSXD LEA XCHG BSWAP MOVBE CMOVcc SETcc CBW CWDE CDQE CWD CDQ CQO (SDM vol. 2)

import { RAX, RDX } from "../cpu.ts";
import { CLASS_SEGMENT, type Instruction, OPERAND_MEMORY, OPERAND_REGISTER } from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import type { Family } from "./lowering.ts";
import { readSegment, writeSegment } from "./segment.ts";
import { protectedInstruction } from "./system.ts";

function mov(b: Builder, i: Instruction): void {
  const [d, s] = i.ops as [typeof i.ops[0], typeof i.ops[0]];
  if (s!.class === CLASS_SEGMENT) {
    // Into a register the selector is zero-extended to the operand size; into memory it is always 16 bits.
    const value = readSegment(b, s!);
    if (d!.kind === OPERAND_MEMORY) b.op("st16", d!.mem, value);
    else b.write(d!, value);
    return;
  }
  if (d!.class === CLASS_SEGMENT && d!.kind === OPERAND_REGISTER) {
    return writeSegment(b, d!, b.read(s!.kind === OPERAND_MEMORY ? { ...s!, size: 2 } : s!));
  }
  // What is left without a slot are control and debug registers.
  if (d!.kind === OPERAND_REGISTER && d!.slot < 0) return protectedInstruction(b);
  if (s!.kind === OPERAND_REGISTER && s!.slot < 0) return protectedInstruction(b);
  if (s!.kind === OPERAND_MEMORY && d!.size >= 4) {
    b.op(d!.size === 8 ? "ld64" : "ld32", d!.slot, s!.mem);
    return;
  }
  if (d!.kind === OPERAND_MEMORY && s!.kind === OPERAND_REGISTER) {
    const name = d!.size === 1
      ? (s!.high ? "st8h" : "st8")
      : d!.size === 2
      ? "st16"
      : d!.size === 4
      ? "st32"
      : "st64";
    b.op(name, d!.mem, s!.slot);
    return;
  }
  if (s!.kind === OPERAND_REGISTER && s!.size < 4 && !s!.high && d!.kind === OPERAND_REGISTER) {
    b.write(d!, s!.slot); // ins8 and ins16 cut their source themselves
    return;
  }
  b.write(d!, b.read(s!));
}

function extend(signed: boolean) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!, s = i.ops[1]!;
    const to = d.size;
    const slot = to === 2 ? b.temp() : d.slot;
    const wide = to === 8 ? "64" : "32";
    if (s.kind === OPERAND_MEMORY) {
      const name = s.size === 4
        ? (signed && to === 8 ? "ld32s64" : "ld32")
        : `ld${8 * s.size}${signed ? `s${wide}` : "u"}`;
      b.op(name, slot, s.mem);
    } else if (s.size === 1) {
      b.op(signed ? `ext8s${wide}` : "ext8u", slot, s.slot, s.high ? 1 : 0);
    } else if (s.size === 2) {
      b.op(signed ? `ext16s${wide}` : "ext16u", slot, s.slot);
    } else {
      b.op(signed && to === 8 ? "sext32" : "mov32", slot, s.slot);
    }
    if (to === 2) b.write(d, slot);
  };
}

function lea(b: Builder, i: Instruction): void {
  const d = i.ops[0]!;
  const mem = { ...i.ops[1]!.mem!, segment: -1 };
  if (d.size === 8) b.op("lea64", d.slot, mem);
  else if (d.size === 4) b.op("lea32", d.slot, mem);
  else {
    const t = b.temp();
    b.op("lea32", t, mem);
    b.write(d, t);
  }
}

function xchg(b: Builder, i: Instruction): void {
  const x = i.ops[0]!, y = i.ops[1]!;
  if (x.kind === OPERAND_REGISTER && y.kind === OPERAND_REGISTER) {
    if (x.size === 8) return b.op("xchg64", x.slot, y.slot);
    const t = b.temp(), u = b.temp();
    b.op("mov64", t, b.read(x));
    b.op("mov64", u, b.read(y));
    b.write(x, u);
    b.write(y, t);
    return;
  }
  const m = x.kind === OPERAND_MEMORY ? x : y, r = x.kind === OPERAND_MEMORY ? y : x;
  const old = b.readForUpdate(m);
  b.write(m, b.read(r));
  b.write(r, old);
}

function bswap(b: Builder, i: Instruction): void {
  const d = i.ops[0]!;
  if (d.size === 2) return b.op("ins16", d.slot, { lo: 0, hi: 0 }); // undefined by the SDM; CPUs give zero
  b.op(d.size === 8 ? "bswap64" : "bswap32", d.slot, d.slot);
}

function movbe(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!;
  const t = b.temp();
  b.op(d.size === 8 ? "bswap64" : d.size === 4 ? "bswap32" : "bswap16", t, b.read(s));
  b.write(d, t);
}

/** CMOVcc: the source is read (and may fault) whatever the condition; a 32-bit destination is zero-extended either way. */
function cmov(cc: number) {
  return (b: Builder, i: Instruction): void => {
    const d = i.ops[0]!, s = b.read(i.ops[1]!);
    if (d.size === 8) return b.op(`cmov${cc}`, d.slot, s, -1);
    const t = b.temp();
    b.op("mov64", t, b.read(d));
    b.op(`cmov${cc}`, t, s, -1);
    b.write(d, t);
  };
}

function set(cc: number) {
  return (b: Builder, i: Instruction): void => {
    const t = b.temp();
    b.op(`set${cc}`, t, -1);
    b.write(i.ops[0]!, t);
  };
}

/** Suffixes of condition codes 0–15, in iced-x86's spelling. */
export const CONDITIONS = [
  "o",
  "no",
  "b",
  "ae",
  "e",
  "ne",
  "be",
  "a",
  "s",
  "ns",
  "p",
  "np",
  "l",
  "ge",
  "le",
  "g",
];
const conditional: Record<string, (b: Builder, i: Instruction) => void> = {};
CONDITIONS.forEach((name, cc) => {
  conditional[`Cmov${name}`] = cmov(cc);
  conditional[`Set${name}`] = set(cc);
});

export const MOVE: Family = {
  Mov: mov,
  Movzx: extend(false),
  Movsx: extend(true),
  Movsxd: extend(true),
  Lea: lea,
  Xchg: xchg,
  Bswap: bswap,
  Movbe: movbe,
  Cbw: (b) => {
    const t = b.temp();
    b.op("ext8s32", t, RAX, 0);
    b.op("ins16", RAX, t);
  },
  Cwde: (b) => b.op("ext16s32", RAX, RAX),
  Cdqe: (b) => b.op("sext32", RAX, RAX),
  Cwd: (b) => {
    const t = b.temp();
    b.op("ext16s32", t, RAX);
    b.op("sign32", t, t);
    b.op("ins16", RDX, t);
  },
  Cdq: (b) => b.op("sign32", RDX, RAX),
  Cqo: (b) => b.op("sign64", RDX, RAX),
  ...conditional,
};
