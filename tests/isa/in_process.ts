// What does the translator do? Runs the records of a suite directly over it, without a kernel: state goes from the record
// to the CPU state and back, faults become what a Linux signal handler would see.

import * as cpu from "../../translator/cpu.ts";
import { createExecutor, type Dispatcher } from "../../translator/dispatch.ts";
import * as env from "../../translator/env.ts";
import type { Block } from "../../translator/cache/block.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { FlatMemory } from "./flat_memory.ts";
import { loadFp, storeFp } from "./fp_state.ts";
import * as L from "./layout.ts";
import type { Suite } from "./suite.ts";

/** `region`: closures, and the first block of every snippet with what it reaches directly as one wasm function, as if it were hot. */
export type Tier = "threaded" | "closure" | "js" | "wasm" | "region";
export const TIERS: readonly Tier[] = ["threaded", "closure", "js", "wasm", "region"];

const HLT = 0xf4;
const SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11;
const SI_KERNEL = 0x80, FPE_INTDIV = 1, ILL_ILLOPN = 2, BUS_ADRALN = 1;
/** Blocks after which a case is taken to be endless. */
const LIMIT = 100_000;

export class InProcess {
  readonly #memory = new FlatMemory();
  readonly #executor: Dispatcher;
  readonly #tier: Tier;
  readonly #promoted = new WeakSet<Block>();

  private constructor(memory: FlatMemory, executor: Dispatcher, tier: Tier) {
    this.#memory = memory;
    this.#executor = executor;
    this.#tier = tier;
  }

  static async create(tier: Tier): Promise<InProcess> {
    const memory = new FlatMemory();
    const executor = await createExecutor(memory, { tier: tier === "region" ? "closure" : tier });
    return new InProcess(memory, executor, tier);
  }

  /** Runs every record of `suite` and returns the records as its program would print them. */
  run(suite: Suite): Uint8Array<ArrayBuffer> {
    const memory = this.#memory, executor = this.#executor, { c } = memory;
    for (const segment of suite.segments) if (segment.bytes !== suite.records) memory.map(segment);
    U8[memory.physical(suite.runner.epilogue)] = HLT;
    const windowA = memory.physical(suite.layout.base + L.WINDOW_A);
    const windowB = memory.physical(suite.layout.base + L.WINDOW_B);
    I32.fill(0, c, c + 2 * cpu.TLB);
    setSlot(c, cpu.FS_BASE, suite.layout.base + L.SCRATCH - L.FS_DISTANCE);
    setSlot(c, cpu.GS_BASE, suite.layout.base + L.SCRATCH - L.GS_DISTANCE);

    const out = suite.records.slice();
    const size = L.recordBytes(suite.kind);
    for (let at = 0; at < out.length; at += size) {
      const record = new DataView(out.buffer, at, size);
      U8.set(out.subarray(at + L.R_WINDOWS, at + L.R_WINDOWS + L.WINDOW_BYTES), windowA);
      U8.set(out.subarray(at + L.R_WINDOWS + L.WINDOW_BYTES, at + L.R_END_INT), windowB);
      for (let i = 0; i < 32; i++) I32[c + i] = record.getInt32(4 * i, true);
      executor.writeFlags(c, record.getInt32(L.R_FLAGS, true));
      I32[c + 2 * cpu.RIP] = record.getInt32(L.R_CODE, true);
      I32[c + 2 * cpu.RIP + 1] = record.getInt32(L.R_CODE + 4, true);
      if (suite.kind !== "int") loadFp(c, record, suite.kind);

      this.#runCase(suite, record);

      for (let i = 0; i < 32; i++) record.setInt32(4 * i, I32[c + i], true);
      record.setInt32(L.R_FLAGS, executor.readFlags(c), true);
      if (suite.kind !== "int") storeFp(c, record, suite.kind, record.getInt32(L.R_SIGNO, true) !== 0);
      out.set(U8.subarray(windowA, windowA + L.WINDOW_BYTES), at + L.R_WINDOWS);
      out.set(U8.subarray(windowB, windowB + L.WINDOW_BYTES), at + L.R_WINDOWS + L.WINDOW_BYTES);
    }
    // Nothing may be left for another executor of this process: regions share one jump table.
    memory.reset((frame) => executor.invalidateFrame(frame));
    return out;
  }

  #promote(address: number): void {
    const block = this.#executor.cache.find(this.#memory.c, address);
    if (this.#promoted.has(block)) return;
    this.#promoted.add(block);
    this.#executor.promoter.promote(block, this.#memory.c, true);
  }

  #runCase(suite: Suite, record: DataView): void {
    const { c } = this.#memory;
    const { epilogue } = suite.runner;
    if (this.#tier === "region") this.#promote(Number(record.getBigInt64(L.R_CODE, true)));
    for (let n = 0; n < LIMIT; n += 1000) {
      const exit = this.#executor.run(c, 1000);
      if (exit === env.EXIT_BUDGET) continue;
      if (exit === env.EXIT_SYSCALL) throw new Error("a case made a system call");
      if (I32[c + 2 * cpu.RIP] !== (epilogue | 0)) recordFault(c, record);
      return;
    }
    throw new Error(
      `a case of group ${suite.group} does not end (code at ${
        record.getBigInt64(L.R_CODE, true).toString(16)
      })`,
    );
  }
}

function setSlot(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value | 0;
  I32[c + 2 * slot + 1] = Math.floor(value / 0x1_0000_0000) | 0;
}

/** Linux's arch/x86 exception handlers: which signal, code and address an exception gives. */
function recordFault(c: number, record: DataView): void {
  const { fault } = env;
  const low = I32[c + 2 * cpu.RIP], high = I32[c + 2 * cpu.RIP + 1];
  const rip = high * 0x1_0000_0000 + (low >>> 0);
  const [signo, code, address] = fault.signal
    ? [fault.signal, fault.siCode, fault.address]
    : signalOf(fault.vector, rip, fault.address);
  L.put64(record, L.R_SIGNO, signo);
  L.put64(record, L.R_SICODE, code);
  L.put64(record, L.R_SIADDR, address);
  record.setInt32(L.R_RIP, low, true);
  record.setInt32(L.R_RIP + 4, high, true);
  L.put64(record, L.R_TRAP, fault.vector);
  L.put64(record, L.R_ERROR, fault.errorCode);
}

export function signalOf(vector: number, rip: number, address: number): [number, number, number] {
  switch (vector) {
    case env.VECTOR_DE:
      return [SIGFPE, FPE_INTDIV, rip];
    case env.VECTOR_DB: // TRAP_TRACE after a single step, TRAP_BRKPT otherwise
      return [SIGTRAP, env.fault.errorCode & 0x4000 ? 2 : 1, rip];
    case env.VECTOR_BP:
      return [SIGTRAP, SI_KERNEL, 0];
    case env.VECTOR_UD:
      return [SIGILL, ILL_ILLOPN, rip];
    case env.VECTOR_SS:
      return [SIGBUS, SI_KERNEL, 0];
    case env.VECTOR_AC:
      return [SIGBUS, BUS_ADRALN, 0];
    case env.VECTOR_MF:
    case env.VECTOR_XM:
      return [SIGFPE, 0, rip]; // the code depends on the status word; not compared
    case env.VECTOR_PF:
      return [SIGSEGV, 1, address];
    default:
      return [SIGSEGV, SI_KERNEL, 0];
  }
}
