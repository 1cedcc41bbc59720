// Did a case end as on the CPU, apart from what the architecture leaves open? Where it did not, the instructions that the CPU ran are looked at: a difference
// counts unless one of them is of those listed here, or reads a flag that another left undefined.

import * as iced from "iced-x86";
import { GPR_NAMES } from "../compare.ts";
import { ALL } from "../undefined_flags.ts";
import * as C from "./case.ts";
import { hex } from "./denix.ts";

const { CpuidFeature, EncodingKind, Mnemonic, OpKind, Register, RflagsBits } = iced;

export type Verdict =
  | { readonly kind: "same" }
  | { readonly kind: "open"; readonly reason: string }
  | { readonly kind: "differs"; readonly fields: readonly string[] };

const SAME: Verdict = { kind: "same" };
const USER_CS = 0x33;
const RESUME_FLAG = 0x1_0000, ALIGNMENT_CHECK = 0x4_0000;
const SIGTRAP = 5, TRAP_TRACE = 2, SIGFPE = 8, SIGSYS = 31, SIGVTALRM = 26;
const TRAP_PAGE_FAULT = 14, TRAP_X87 = 16;

/** Mnemonics that a difference may come from, by why. */
const OPEN: Readonly<Record<string, RegExp>> = {
  "the machine's own answer": /^(Cpuid|Rdtscp?|Rdpid|Rdrand|Rdseed|Xgetbv|Rdpru|Rdpmc|Mcommit)$/,
  "an estimate": /^V?(rcp|rsqrt)[sp]s$/i,
  "a transcendental function": /^(Fsin|Fcos|Fsincos|Fptan|Fpatan|F2xm1|Fyl2x|Fyl2xp1)$/,
  "pointers of the last x87 instruction":
    /^(Fxsave|Fxsave64|Xsave|Xsave64|Xsavec|Xsavec64|Xsaveopt|Xsaveopt64|Fnsave|Fnstenv)$/,
  "an undefined result": /^(Bsf|Bsr|Shld|Shrd|Bswap)$/,
  "32-bit system calls": /^(Sysenter|Sysexit)$/,
  // A trap: RIP is behind it. Under KVM it is found at it.
  "INT1 under a hypervisor": /^Int1$/,
};

/** Features that the guest's processor does not have, and the one of the tests may. */
const PRESENT = new Set(
  ("ADX AES AVX AVX2 BMI1 BMI2 CET_IBT CET_SS CLDEMOTE CLFLUSHOPT CLFSH CLWB CMOV CMPXCHG16B CPUID CX8 F16C FMA FPU FPU287 FPU387 " +
    "FSGSBASE FXSR INTEL186 INTEL286 INTEL386 INTEL486 INTEL8086 LZCNT MMX MOVBE MPX MSR MULTIBYTENOP PAUSE PCLMULQDQ POPCNT PREFETCHW " +
    "PREFETCHWT1 RDPID RDPMC RDRAND RDSEED RDTSCP SHA SSE SSE2 SSE3 SSE4_1 SSE4_2 SSSE3 SYSCALL TSC X64 XSAVE")
    .split(" "),
);

interface Step {
  readonly rip: bigint;
  readonly bytes: Uint8Array;
}

/** What the CPU ran, from a trace. */
export function stepsOf(native: DataView, steps: Uint8Array, index: number): Step[] {
  const count = native.getInt32(C.STEP_COUNT, true), out: Step[] = [];
  for (let n = 0; n < count; n++) {
    const at = C.STEP_BYTES * (C.STEPS * index + n);
    out.push({
      rip: new DataView(steps.buffer, steps.byteOffset + at).getBigUint64(0, true),
      bytes: steps.slice(at + 8, at + C.STEP_BYTES),
    });
  }
  return out;
}

const FLAG_BITS = [
  [RflagsBits.CF, 1],
  [RflagsBits.PF, 4],
  [RflagsBits.AF, 0x10],
  [RflagsBits.ZF, 0x40],
  [RflagsBits.SF, 0x80],
  [RflagsBits.OF, 0x800],
] as const;
const flagBits = (bits: number) => FLAG_BITS.reduce((out, [from, to]) => bits & from ? out | to : out, 0);
/** A count of zero writes no flags, so they make none defined. */
const MAYBE = /^(Sh[lr]d?|Sar|Rc[lr]|Ro[lr]|Cmps|Scas)/;

/** Why the result of these steps is open, or which flags it leaves undefined. */
function analyse(
  steps: readonly Step[],
  end: bigint,
): { reason?: string; undefinedFlags: number; everUndefined: number; name: string; based: boolean } {
  let undef = 0, ever = 0, reason: string | undefined, name = "", based = false;
  const trace = [...steps];
  for (let n = 0; n < trace.length; n++) {
    const { bytes, rip } = trace[n]!;
    // The one that faults writes no flags.
    const last = rip === end;
    const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
    decoder.ip = rip;
    const i = decoder.decode();
    reason ??= openReason(i, bytes);
    name = Mnemonic[i.mnemonic]!;
    based = i.memorySegment === Register.FS || i.memorySegment === Register.GS;
    if (flagBits(i.rflagsRead) & undef) reason ??= "an undefined flag is read";
    const written = MAYBE.test(name) ? 0 : i.rflagsWritten | i.rflagsCleared | i.rflagsSet;
    undef = undef & (last ? ~0 : ~flagBits(written)) | flagBits(i.rflagsUndefined);
    ever |= undef;
    const next = i.length;
    i.free();
    decoder.free();
    // The kernel answers for it and goes on without a trap: the instruction behind it is not in the trace.
    if (ANSWERED.test(name) && n + 1 < trace.length) {
      trace.splice(n + 1, 0, { rip: rip + BigInt(next), bytes: bytes.subarray(next) });
    }
  }
  return { reason, undefinedFlags: undef, everUndefined: ever, name, based };
}

function openReason(i: iced.Instruction, bytes: Uint8Array): string | undefined {
  const name = Mnemonic[i.mnemonic]!;
  for (const [reason, names] of Object.entries(OPEN)) if (names.test(name)) return reason;
  if (i.mnemonic === Mnemonic.INVALID) {
    // What iced-x86 does not take for Intel's may be AMD's.
    const [first, map, , code] = opcodeOf(bytes);
    if (first === 0x8f && (map! & 0x1f) >= 8) return "not presented: XOP";
    if (first === 0xc4 && (map! & 0x1f) === 3 && code! < 2) return "VPERMQ, VPERMPD: AMD ignores W";
    if (first === 0x0f && (map! & 0xfd) === 0x20) return "LOCK MOV from or to CR0: CR8 to AMD";
    const mapIsOne = first === 0xc5 || first === 0xc4 && (map! & 0x1f) === 1;
    const vex = first === 0xc5 ? opcodeOf(bytes)[2]! : code!;
    // K instructions whose other fields are wrong.
    if (mapIsOne && /^4[124567ab]$|^9[012389]$/.test(vex.toString(16))) {
      return "not presented: mask registers";
    }
    if (first === 0xc4 && (map! & 0x1f) === 3 && code! >= 0x30 && code! <= 0x33) {
      return "not presented: mask registers";
    }
    return undefined;
  }
  if (i.encoding !== EncodingKind.Legacy && i.encoding !== EncodingKind.VEX) {
    return `not presented: ${EncodingKind[i.encoding]}`;
  }
  const missing = [...i.cpuidFeatures()].map((f) => CpuidFeature[f]!).filter((f) => !PRESENT.has(f));
  // VAES and VPCLMULQDQ are known to the translator.
  if (missing.some((f) => f !== "VAES" && f !== "VPCLMULQDQ")) return `not presented: ${missing}`;
  const opcode = opcodeOf(bytes);
  if (opcode[0] === 0x0f && opcode[1] === 0x0d && opcode[2]! >= 0xc0) {
    return "0F 0D with a register: NOP to Intel, #UD to AMD";
  }
  if (name === "Int" && i.immediate8 === 0x80) return "32-bit system calls";
  if (name === "Pause" && bytes.subarray(0, i.length).some((b) => (b & 0xf1) === 0x41)) {
    return "F3 90 with REX.B: XCHG to AMD";
  }
  if (/^Loop(n?e)$/.test(name) && (hasPrefix(bytes, 0xf2) || hasPrefix(bytes, 0xf3))) {
    return "LOOPE, LOOPNE with REP: the prefix decides for AMD";
  }
  const branch = i.opCount > 0 && i.opKind(0) >= OpKind.NearBranch16 && i.opKind(0) <= OpKind.NearBranch64;
  if ((branch || name === "Ret" || name === "Jmp" || name === "Call") && hasPrefix(bytes, 0x66)) {
    return "branches with 16-bit operands: Intel's and AMD's differ";
  }
  if (i.opCount > 0 && i.opKind(0) === OpKind.Register && i.op0Register === Register.None) {
    return "no operand";
  }
  return undefined;
}
const PREFIX = [0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65];
function hasPrefix(bytes: Uint8Array, prefix: number): boolean {
  for (const b of bytes) {
    if (b === prefix) return true;
    if (!PREFIX.includes(b) && (b & 0xf0) !== 0x40) return false;
  }
  return false;
}
/** From the opcode (or VEX) on. */
function opcodeOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.findIndex((b) => !PREFIX.includes(b) && (b & 0xf0) !== 0x40));
}

/** Where an instruction has more than one fault to report, which one it reports is left to the processor; here of those that leave for another place. */
const FAULT_FIELDS = /^(trap|si_code|si_addr|error|signo)$/;
const TWO_OPERANDS = /^(Cmps|Movs)[bwdq]$/;
const PARTS =
  /^(Fldenv|Fnstenv|Frstor|Fnsave|Fxrstor|Fxrstor64|Fxsave|Fxsave64|Xsave|Xrstor|Xsave64|Xrstor64|Enter|Jmp|Call|Lss|Lfs|Lgs|Retf)$/;
const LEAVES = /^(Push|Pop|Call|Ret|Retf|Jmp|Iretq|Iretd|Iret)$/;
/** The kernel answers for these, with whatever address. */
const ANSWERED = /^(Sgdt|Sidt|Sldt|Str|Smsw)$/;
function twoFaults(fields: readonly string[], last: string, based: boolean): string | undefined {
  if (PARTS.test(last) && fields.join() === "si_addr") {
    return "which part of a large operand is looked at first";
  }
  if ((LEAVES.test(last) || TWO_OPERANDS.test(last)) && fields.every((name) => FAULT_FIELDS.test(name))) {
    return "one of two faults";
  }
  if (ANSWERED.test(last) && fields.join() === "si_addr") {
    return "addresses that are none, in more than 53 bits";
  }
  // AMD's looks at the address before the base is added, too.
  if (based && fields.every((field) => FAULT_FIELDS.test(field))) {
    return "addresses that only a segment base makes good";
  }
  return undefined;
}

/** Whether two results differ in what any CPU would do the same. Undefined flags count here. */
function differences(e: DataView, a: DataView, flagsIgnored: number): string[] {
  const fields: string[] = [];
  const word = (name: string, at: number) => {
    if (e.getInt32(at, true) !== a.getInt32(at, true)) fields.push(name);
  };
  const long = (name: string, at: number) => {
    if (e.getBigInt64(at, true) !== a.getBigInt64(at, true)) fields.push(name);
  };
  const short = (name: string, at: number) => {
    if (e.getUint16(at, true) !== a.getUint16(at, true)) fields.push(name);
  };
  word("signo", C.SIGNO);
  const signo = e.getInt32(C.SIGNO, true);
  for (let r = 0; r < 16; r++) long(GPR_NAMES[r]!, C.GPR + 8 * r);
  const flags = e.getInt32(C.RFLAGS, true) ^ a.getInt32(C.RFLAGS, true);
  if (flags & ~RESUME_FLAG & ~flagsIgnored) fields.push("rflags");
  long("rip", C.RIP);
  if (signo !== SIGSYS && fields.length === 0) {
    const trap = e.getInt32(C.TRAP, true);
    word("trap", C.TRAP);
    if (!(signo === SIGFPE && trap >= TRAP_X87)) word("si_code", C.SI_CODE);
    long("si_addr", C.SI_ADDR);
    if (trap === TRAP_PAGE_FAULT && (e.getInt32(C.ERROR, true) ^ a.getInt32(C.ERROR, true)) & 0x12) {
      fields.push("error");
    }
  }
  long("fs_base", C.FS_BASE);
  long("gs_base", C.GS_BASE);
  // The kernel's return to the signal handler makes 0 of the null selectors 1, 2 and 3.
  const selector = (view: DataView, i: number) => {
    const value = view.getUint16(C.SELECTORS + 2 * i, true);
    return value < 4 ? 0 : value;
  };
  ["es", "ds", "fs", "gs"].forEach((name, i) => {
    if (selector(e, i) !== selector(a, i)) fields.push(name);
  });
  word("mxcsr", C.MXCSR);
  short("fcw", C.FCW);
  short("fsw", C.FSW);
  short("ftw", C.FTW);
  const top = e.getUint16(C.FSW, true) >> 11, used = e.getUint16(C.FTW, true);
  for (let i = 0; i < 8; i++) {
    if ((used >> (top + i & 7) & 1) === 0) continue;
    const at = C.ST + C.ST_BYTES * i;
    if (
      e.getBigInt64(at, true) !== a.getBigInt64(at, true) ||
      e.getUint16(at + 8, true) !== a.getUint16(at + 8, true)
    ) {
      fields.push(`st${i}`);
    }
  }
  for (let i = 0; i < 64; i++) {
    if (e.getBigInt64(C.YMM + 8 * i, true) !== a.getBigInt64(C.YMM + 8 * i, true)) {
      fields.push(`ymm${i >> 2}.${i & 3}`);
    }
  }
  for (let i = 0; i < C.CHUNKS; i++) {
    if (e.getInt32(C.HASHES + 4 * i, true) !== a.getInt32(C.HASHES + 4 * i, true)) {
      fields.push(`memory chunk ${i}`);
    }
  }
  return fields;
}

export function same(e: DataView, a: DataView): boolean {
  return e.getInt32(C.STATUS, true) !== C.DONE || differences(e, a, 0).length === 0;
}

/** For a case that is not the same: what to make of it. */
export function judge(e: DataView, a: DataView, steps: readonly Step[]): Verdict {
  if (e.getInt32(C.STATUS, true) !== C.DONE) {
    return { kind: "open", reason: "the CPU's process did not survive it" };
  }
  if (e.getInt32(C.SIGNO, true) === SIGVTALRM || a.getInt32(C.SIGNO, true) === SIGVTALRM) {
    return { kind: "open", reason: "one of them ran out of time" };
  }
  if (e.getInt32(C.CS, true) !== USER_CS) return { kind: "open", reason: "32-bit code" };
  if ((e.getInt32(C.RFLAGS, true) | a.getInt32(C.RFLAGS, true)) & ALIGNMENT_CHECK) {
    return { kind: "open", reason: "alignment check" };
  }
  const { reason: listed, undefinedFlags, everUndefined, name, based } = analyse(
    steps,
    e.getBigUint64(C.RIP, true),
  );
  // A case that raised TF itself ended within its trace.
  const stepped = e.getInt32(C.SIGNO, true) === SIGTRAP && e.getInt32(C.SI_CODE, true) === TRAP_TRACE;
  const fields = differences(e, a, (stepped ? everUndefined : undefinedFlags) & ALL);
  if (fields.length === 0) return SAME;
  const reason = listed ?? twoFaults(fields, name, based);
  if (reason !== undefined) return { kind: "open", reason };
  if (steps.length >= C.STEPS) return { kind: "open", reason: "too long to tell" };
  return { kind: "differs", fields };
}

/** A difference for a person. */
export function describe(
  batch: C.Batch,
  index: number,
  e: DataView,
  a: DataView,
  steps: readonly Step[],
  fields: readonly string[],
): string {
  const input = new DataView(batch.cases.buffer, C.CASE_BYTES * index, C.CASE_BYTES);
  const lines = [
    `seed ${batch.seed} case ${index}: ${fields.join(" ")}`,
    `  code ${
      hex(batch.cases.subarray(C.CASE_BYTES * index + C.CODE).subarray(0, input.getInt32(C.CODE_BYTES, true)))
    }`,
  ];
  for (const { rip, bytes } of steps.slice(-12)) {
    const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
    decoder.ip = rip;
    const i = decoder.decode();
    lines.push(`  ${rip.toString(16)}  ${hex(bytes.subarray(0, Math.max(i.length, 1))).padEnd(24)} ${i}`);
    i.free();
    decoder.free();
  }
  const value = (view: DataView, at: number) => view.getBigUint64(at, true).toString(16);
  const ending = (view: DataView) =>
    `signal ${view.getInt32(C.SIGNO, true)} code ${view.getInt32(C.SI_CODE, true)} address ${
      value(view, C.SI_ADDR)
    } trap ${view.getInt32(C.TRAP, true)} rip ${value(view, C.RIP)} flags ${value(view, C.RFLAGS)} mxcsr ${
      view.getInt32(C.MXCSR, true).toString(16)
    } fsw ${view.getUint16(C.FSW, true).toString(16)} ftw ${view.getUint16(C.FTW, true).toString(16)} fcw ${
      view.getUint16(C.FCW, true).toString(16)
    }`;
  lines.push(`  CPU:   ${ending(e)}`, `  denix: ${ending(a)}`);
  for (const field of fields.slice(0, 8)) {
    const r = GPR_NAMES.indexOf(field), y = /^ymm(\d+)\.(\d)/.exec(field), st = /^st(\d)/.exec(field);
    const at = r >= 0 ? C.GPR + 8 * r : y ? C.YMM + 32 * +y[1]! + 8 * +y[2]! : st ? C.ST + 16 * +st[1]! : -1;
    if (at < 0) continue;
    lines.push(`  ${field}: start ${value(input, at)} CPU ${value(e, at)} denix ${value(a, at)}`);
  }
  return lines.join("\n");
}
