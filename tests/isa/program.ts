// How does a list of test cases become an executable? A static ELF made without a toolchain: the runner loads
// each record's state, jumps to its snippet, stores the state the snippet ends with (or what a signal handler
// found), and writes all records to standard output at the end.

import { encode, type Encoding, le, type Mem } from "./encode.ts";
import * as L from "./layout.ts";
import type { Layout } from "./layout.ts";

// Variables, from DATA.
const V_CURRENT = 0,
  V_RAX = 8,
  V_RSP = 16,
  V_JUMP = 24,
  V_ACTION = 32,
  V_ALTSTACK = 64,
  V_END = 96,
  V_LEFT = 104;
const STACK_TOP = 0x8000, ALTSTACK = 0x8000, ALTSTACK_BYTES = 0x1_8000;

const SYS_WRITE = 1, SYS_RT_SIGACTION = 13, SYS_EXIT = 60, SYS_SIGALTSTACK = 131, SYS_ARCH_PRCTL = 158;
const ARCH_SET_GS = 0x1001, ARCH_SET_FS = 0x1002;
const SA_SIGINFO = 4, SA_ONSTACK = 0x0800_0000, SA_NODEFER = 0x4000_0000, SA_RESTORER = 0x0400_0000;
const SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11;
/** Offsets in the ucontext: the saved registers, and the pointer to the FXSAVE image. */
const UC_GREGS = 40, UC_FPSTATE = 40 + 23 * 8;
const GREG_ORDER = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 3, 2, 0, 1, 4];

const INSERT = 0x18, EXTRACT = 0x19;
/** Where an XSAVE area has the upper halves of the YMM registers. */
const XSAVE_AVX = 576;

const RAX = 0, RCX = 1, RDX = 2, RSP = 4, RSI = 6, RDI = 7;

class Assembler {
  bytes: number[] = [];
  constructor(readonly layout: Layout) {}

  get here(): number {
    return this.layout.base + L.RUNNER + this.bytes.length;
  }
  op(e: Encoding): void {
    this.bytes.push(...encode(e, this.here));
  }
  at(base: number, disp: number): Mem {
    return { base, index: -1, scale: 0, disp, segment: 0, addr32: false };
  }
  /** RIP-relative: `offset` from the image's base. */
  near(offset: number): Mem {
    return { ...this.at(-1, this.layout.base + offset), rip: true };
  }
  load(r: number, m: Mem): void {
    this.op({ w: true, opcode: [0x8b], reg: r, rm: m });
  }
  store(m: Mem, r: number): void {
    this.op({ w: true, opcode: [0x89], reg: r, rm: m });
  }
  lea(r: number, m: Mem): void {
    this.op({ w: true, opcode: [0x8d], reg: r, rm: m });
  }
  constant(r: number, value: number): void {
    this.op({
      w: true,
      opcode: [0xb8],
      plus: r,
      imm: [...le(value | 0, 4), ...le(Math.floor(value / 2 ** 32), 4)],
    });
  }
  /** VINSERTF128 or VEXTRACTF128 of the upper half of YMM register `r` from or to RAX + disp. */
  upperHalf(opcode: number, r: number, disp: number): void {
    const source = opcode === INSERT ? ~r & 15 : 15;
    this.bytes.push(
      0xc4,
      (r < 8 ? 0x80 : 0) | 0x63,
      source << 3 | 5,
      opcode,
      0x80 | (r & 7) << 3,
      ...le(disp, 4),
      1,
    );
  }
  jump(opcode: number[], target: number): void {
    this.bytes.push(...opcode, ...le(target - (this.here + opcode.length + 4), 4));
  }
  syscall(nr: number, a: number | Mem, b: number | Mem, c: number | Mem, d = 0): void {
    [a, b, c].forEach((v, i) =>
      typeof v === "number" ? this.constant([RDI, RSI, RDX][i], v) : this.lea([RDI, RSI, RDX][i], v)
    );
    this.constant(10, d);
    this.constant(RAX, nr);
    this.bytes.push(0x0f, 0x05);
  }
}

export interface Runner {
  code: Uint8Array;
  entry: number;
  /** Where a snippet jumps when it is done. */
  epilogue: number;
  handler: number;
}

/** The runner's code. `kind` says whether records carry floating-point state. */
export function assembleRunner(layout: Layout, kind: L.Kind): Runner {
  const a = new Assembler(layout);
  const base = layout.base;

  // Store the state after a snippet: RAX and RSP first, which the runner itself needs.
  const epilogue = a.here;
  a.store(a.near(L.DATA + V_RSP), RSP);
  a.store(a.near(L.DATA + V_RAX), RAX);
  a.load(RAX, a.near(L.DATA + V_CURRENT));
  for (let r = 1; r < 16; r++) if (r !== RSP) a.store(a.at(RAX, 8 * r), r);
  a.load(RCX, a.near(L.DATA + V_RAX));
  a.store(a.at(RAX, 0), RCX);
  a.load(RCX, a.near(L.DATA + V_RSP));
  a.store(a.at(RAX, 8 * RSP), RCX);
  a.lea(RSP, a.near(L.DATA + STACK_TOP));
  a.op({ opcode: [0x9c] });
  a.op({ opcode: [0x58], plus: RCX });
  a.store(a.at(RAX, L.R_FLAGS), RCX);
  if (kind !== "int") {
    for (let i = 0; i < 16; i++) a.op({ opcode: [0x0f, 0x11], reg: i, rm: a.at(RAX, L.R_XMM + 16 * i) });
    if (kind === "avx") { for (let i = 0; i < 16; i++) a.upperHalf(EXTRACT, i, L.R_UPPER + 16 * i); }
    a.op({ opcode: [0x0f, 0xae], reg: 3, rm: a.at(RAX, L.R_MXCSR) });
    a.op({ opcode: [0xdd], reg: 6, rm: a.at(RAX, L.R_X87) }); // FNSAVE
  }

  // Copy the windows back and go on with the next record.
  const finish = a.here;
  for (let i = 0; i < L.WINDOW_BYTES; i += 8) {
    a.load(RCX, a.near(L.WINDOW_A + i));
    a.store(a.at(RAX, L.R_WINDOWS + i), RCX);
    a.load(RCX, a.near(L.WINDOW_B + i));
    a.store(a.at(RAX, L.R_WINDOWS + L.WINDOW_BYTES + i), RCX);
  }
  a.op({ w: true, opcode: [0x81], reg: 0, rm: RAX, imm: le(L.recordBytes(kind), 4) });
  a.store(a.near(L.DATA + V_CURRENT), RAX);

  // Load the state of the record in RAX, or end.
  const next = a.here;
  a.op({ w: true, opcode: [0x3b], reg: RAX, rm: a.near(L.DATA + V_END) });
  const toEnd = a.bytes.length;
  a.jump([0x0f, 0x83], next);
  for (let i = 0; i < L.WINDOW_BYTES; i += 8) {
    a.load(RCX, a.at(RAX, L.R_WINDOWS + i));
    a.store(a.near(L.WINDOW_A + i), RCX);
    a.load(RCX, a.at(RAX, L.R_WINDOWS + L.WINDOW_BYTES + i));
    a.store(a.near(L.WINDOW_B + i), RCX);
  }
  if (kind !== "int") {
    for (let i = 0; i < 16; i++) a.op({ opcode: [0x0f, 0x10], reg: i, rm: a.at(RAX, L.R_XMM + 16 * i) });
    if (kind === "avx") { for (let i = 0; i < 16; i++) a.upperHalf(INSERT, i, L.R_UPPER + 16 * i); }
    a.op({ opcode: [0xdd], reg: 4, rm: a.at(RAX, L.R_X87) }); // FRSTOR
    a.op({ opcode: [0x0f, 0xae], reg: 2, rm: a.at(RAX, L.R_MXCSR) });
  }
  a.load(RCX, a.at(RAX, L.R_CODE));
  a.store(a.near(L.DATA + V_JUMP), RCX);
  a.lea(RSP, a.near(L.DATA + STACK_TOP));
  a.op({ opcode: [0xff], reg: 6, rm: a.at(RAX, L.R_FLAGS) });
  a.op({ opcode: [0x9d] });
  for (let r = 1; r < 16; r++) a.load(r, a.at(RAX, 8 * r));
  a.load(RAX, a.at(RAX, 0));
  a.op({ opcode: [0xff], reg: 4, rm: a.near(L.DATA + V_JUMP) });

  // write() everything, exit(0).
  const end = a.bytes.length;
  le(end - (toEnd + 6), 4).forEach((b, i) => a.bytes[toEnd + 2 + i] = b);
  a.bytes.push(0xfc);
  a.constant(RSI, L.RECORDS);
  a.store(a.near(L.DATA + V_JUMP), RSI);
  const writeMore = a.here;
  a.constant(RDI, 1);
  a.load(RSI, a.near(L.DATA + V_JUMP));
  a.load(RDX, a.near(L.DATA + V_LEFT));
  a.constant(RAX, SYS_WRITE);
  a.bytes.push(0x0f, 0x05);
  a.op({ w: true, opcode: [0x01], reg: RAX, rm: a.near(L.DATA + V_JUMP) });
  a.op({ w: true, opcode: [0x29], reg: RAX, rm: a.near(L.DATA + V_LEFT) });
  a.jump([0x0f, 0x8f], writeMore);
  a.syscall(SYS_EXIT, 0, 0, 0);

  // The signal handler: RDI signo, RSI siginfo, RDX ucontext. It never returns from the signal.
  const handler = a.here;
  a.load(RAX, a.near(L.DATA + V_CURRENT));
  a.store(a.at(RAX, L.R_SIGNO), RDI);
  const copy = (from: number, offset: number, to: number) => {
    a.load(RCX, a.at(from, offset));
    a.store(a.at(RAX, to), RCX);
  };
  copy(RSI, 8, L.R_SICODE);
  copy(RSI, 16, L.R_SIADDR);
  GREG_ORDER.forEach((r, i) => copy(RDX, UC_GREGS + 8 * i, 8 * r));
  copy(RDX, UC_GREGS + 16 * 8, L.R_RIP);
  copy(RDX, UC_GREGS + 17 * 8, L.R_FLAGS);
  copy(RDX, UC_GREGS + 19 * 8, L.R_ERROR);
  copy(RDX, UC_GREGS + 20 * 8, L.R_TRAP);
  if (kind !== "int") {
    // The frame has FXSAVE's image: two bytes each of control, status and abridged tag word; registers are 16 bytes apart.
    a.load(RDX, a.at(RDX, UC_FPSTATE));
    for (let i = 0; i < 256; i += 8) copy(RDX, 160 + i, L.R_XMM + i);
    // Behind it and its header, XSAVE's.
    if (kind === "avx") { for (let i = 0; i < 256; i += 8) copy(RDX, XSAVE_AVX + i, L.R_UPPER + i); }
    a.op({ opcode: [0x8b], reg: RCX, rm: a.at(RDX, 24) });
    a.op({ opcode: [0x89], reg: RCX, rm: a.at(RAX, L.R_MXCSR) });
    a.op({ w: true, opcode: [0x31], reg: RCX, rm: RCX });
    for (let i = 0; i < 112; i += 8) a.store(a.at(RAX, L.R_X87 + i), RCX);
    for (let i = 0; i < 3; i++) copy(RDX, 2 * i, L.R_X87 + 4 * i);
    for (let i = 0; i < 8; i++) {
      for (const part of [0, 2]) copy(RDX, 32 + 16 * i + part, L.R_X87 + 28 + 10 * i + part);
    }
  }
  a.jump([0xe9], finish);

  const entry = a.here;
  a.syscall(SYS_ARCH_PRCTL, ARCH_SET_FS, base + L.SCRATCH - L.FS_DISTANCE, 0);
  a.syscall(SYS_ARCH_PRCTL, ARCH_SET_GS, base + L.SCRATCH - L.GS_DISTANCE, 0);
  a.syscall(SYS_SIGALTSTACK, a.near(L.DATA + V_ALTSTACK), 0, 0);
  for (const signal of [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV]) {
    a.syscall(SYS_RT_SIGACTION, signal, a.near(L.DATA + V_ACTION), 0, 8);
  }
  a.constant(RAX, L.RECORDS);
  a.store(a.near(L.DATA + V_CURRENT), RAX);
  a.jump([0xe9], next);
  if (a.bytes.length > L.SNIPPETS - L.RUNNER) throw new Error("the runner has grown into the snippets");
  return { code: Uint8Array.from(a.bytes), entry, epilogue, handler };
}

/** The runner's variables as the program starts. */
export function dataSegment(layout: Layout, runner: Runner, recordsBytes: number): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(V_LEFT + 8);
  const view = new DataView(data.buffer);
  const base = layout.base;
  L.put64(view, V_ACTION, runner.handler);
  L.put64(view, V_ACTION + 8, SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER);
  L.put64(view, V_ACTION + 16, runner.epilogue); // the restorer, which is never called
  L.put64(view, V_ALTSTACK, base + L.DATA + ALTSTACK);
  L.put64(view, V_ALTSTACK + 16, ALTSTACK_BYTES);
  L.put64(view, V_END, L.RECORDS + recordsBytes);
  L.put64(view, V_LEFT, recordsBytes);
  return data;
}
