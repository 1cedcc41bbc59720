// CPUID RDTSC, hints and fences, software interrupts, and what only the kernel may do (SDM vol. 2)

import { FS_BASE, GS_BASE, RBP, RSP } from "../cpu.ts";
import type { Instruction } from "../decode/instruction.ts";
import * as h from "../helpers/traps.ts";
import { type Builder, memAt } from "../ir/builder.ts";
import type { Family, Lowering } from "./lowering.ts";

const nothing: Lowering = () => {};

/** #GP(0), or with a selector's error code. */
export function protectedInstruction(b: Builder): void {
  b.op("leave1", h.generalProtection, b.ipConst, 0);
}

/** #UD where CPUID presents a lower level than the instruction belongs to. */
export function needLevel(b: Builder, level: number): void {
  b.help(h.needLevel, level);
}

/** INT n: user mode may use the gates of 3 and 4; for the others the error code names the gate. */
function int(b: Builder, i: Instruction): void {
  const n = i.ops[0]!.lo;
  if (n === 3) return b.op("leave0", h.breakpoint, b.nextConst);
  if (n === 4) return b.op("leave0", h.overflowTrap, b.nextConst);
  b.op("leave1", h.generalProtection, b.ipConst, (n & 255) << 3 | 2);
}

/** CLFLUSH checks its address like a load of a byte. */
function flush(b: Builder, i: Instruction): void {
  b.op("ld8u", b.temp(), i.ops[0]!.mem);
}

/** ENTER: all is stored before RBP and RSP change, so that a fault leaves them. */
function enter(size: number) {
  return (b: Builder, i: Instruction): void => {
    const bytes = i.ops[0]!.lo & 0xffff, level = i.ops[1]!.lo & 31;
    const store = size === 8 ? "st64" : "st16", load = size === 8 ? "ld64" : "ld16u";
    const frame = b.temp();
    b.op("lea64", frame, memAt(RSP, -size));
    b.op(store, memAt(RSP, -size), RBP);
    for (let n = 1; n < level; n++) {
      const t = b.temp();
      b.op(load, t, memAt(RBP, -size * n));
      b.op(store, memAt(RSP, -size * (n + 1)), t);
    }
    if (level > 0) b.op(store, memAt(RSP, -size * (level + 1)), frame);
    const space = -size * (level === 0 ? 1 : level + 1) - bytes;
    b.op("probe", memAt(RSP, space), size === 8 ? 8 : 2);
    b.op("lea64", RSP, memAt(RSP, space));
    b.op(size === 8 ? "mov64" : "ins16", RBP, frame);
  };
}

function readBase(slot: number): Lowering {
  return (b, i) => b.write(i.ops[0]!, slot);
}
function writeBase(slot: number): Lowering {
  return (b, i) => {
    const s = i.ops[0]!;
    if (s.size === 8) b.help(h.checkBase, s.slot);
    b.op(s.size === 8 ? "mov64" : "mov32", slot, s.slot);
  };
}
function random(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, t = b.temp();
  b.op("result2", h.randomNumber, t, d.size);
  b.write(d, t);
}

const ignored = [
  "Lfence",
  // What the 8087 and the 80287 had more, and nobody since.
  "Fneni",
  "Fndisi",
  "Fnsetpm",
  "Mfence",
  "Sfence",
  "Prefetch",
  "Prefetchw",
  "Prefetchwt1",
  "Prefetchnta",
  "Prefetcht0",
  "Prefetcht1",
  "Prefetcht2",
  "Reservednop",
  "Cldemote",
];
const kernelOnly = [
  "Hlt",
  "Cli",
  "Sti",
  "In",
  "Out",
  "Insb",
  "Insw",
  "Insd",
  "Outsb",
  "Outsw",
  "Outsd",
  "Clts",
  "Invd",
  "Wbinvd",
  "Invlpg",
  "Wrmsr",
  "Rdmsr",
  "Rdpmc",
  "Swapgs",
  "Xsetbv",
  "Sysretq",
  "Sysret",
  "Ltr",
  "Lldt",
  "Lgdt",
  "Lidt",
  "Lmsw",
];

const family: Record<string, Lowering> = {
  Cpuid: (b) => b.quick(h.cpuid),
  Rdtsc: (b) => b.quick(h.rdtsc),
  Rdtscp: (b) => b.quick(h.rdtscp),
  Rdpid: (b, i) => b.op("mov64", i.ops[0]!.slot, { lo: 0, hi: 0 }),
  Xgetbv: (b) => b.help(h.xgetbv),
  Rdrand: random,
  Rdseed: random,
  Rdfsbase: readBase(FS_BASE),
  Rdgsbase: readBase(GS_BASE),
  Wrfsbase: writeBase(FS_BASE),
  Wrgsbase: writeBase(GS_BASE),
  Clflush: flush,
  Clflushopt: flush,
  Clwb: flush,
  Int3: (b) => b.op("leave0", h.breakpoint, b.nextConst),
  Int1: (b) => b.op("leave0", h.debugTrap, b.nextConst),
  Int: int,
  Enter: (b, i) => enter(i.operand16 ? 2 : 8)(b, i),
};
for (const name of ignored) family[name] = nothing;
for (const name of kernelOnly) family[name] = protectedInstruction;

export const SYSTEM: Family = family;
