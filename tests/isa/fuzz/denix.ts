// What does the translator do with a batch? Runs it directly, without a kernel, in one tier.

import * as cpu from "../../../translator/cpu.ts";
import { createExecutor, type Dispatcher } from "../../../translator/dispatch.ts";
import * as env from "../../../translator/env.ts";
import { verify } from "../../../translator/ir/verify.ts";
import { I32, U8 } from "../../../translator/ram.ts";
import { FlatMemory } from "../flat_memory.ts";
import { signalOf, type Tier } from "../in_process.ts";
import { type Layout, READ_ONLY } from "../layout.ts";
import * as C from "./case.ts";

/** A case is taken to be endless after so many milliseconds or blocks. Code that changes itself all the time is slow where each block is compiled. */
const LIMIT_MS = 500, LIMIT = 300_000, SLICE = 500;
const SIGSYS = 31, SIGVTALRM = 26;

export class DenixRunner {
  readonly #memory: FlatMemory;
  readonly #executor: Dispatcher;
  readonly #tier: Tier;
  #layout: Layout | undefined;
  /** Physical addresses: code, data, read-only page. */
  #pages: readonly [number, number, number] = [0, 0, 0];

  private constructor(memory: FlatMemory, executor: Dispatcher, tier: Tier) {
    this.#memory = memory;
    this.#executor = executor;
    this.#tier = tier;
    executor.translator.onBlock = verify;
  }

  static async create(tier: Tier): Promise<DenixRunner> {
    const memory = new FlatMemory();
    const executor = await createExecutor(memory, { tier: tier === "region" ? "closure" : tier });
    return new DenixRunner(memory, executor, tier);
  }

  /** Results as runner.c would write them. An error of the translator's is thrown with the case's number. */
  run(batch: C.Batch): Uint8Array<ArrayBuffer> {
    this.#map(batch.layout);
    const out = new Uint8Array(batch.count * C.RESULT_BYTES);
    for (let i = 0; i < batch.count; i++) {
      const input = new DataView(batch.cases.buffer, C.CASE_BYTES * i, C.CASE_BYTES);
      try {
        this.#case(input, new DataView(out.buffer, C.RESULT_BYTES * i, C.RESULT_BYTES), batch.layout);
      } catch (e) {
        const code = batch.cases.subarray(C.CASE_BYTES * i + C.CODE);
        throw new Error(
          `tier ${this.#tier}, seed ${batch.seed}, case ${i}, code ${
            hex(code.subarray(0, input.getInt32(C.CODE_BYTES, true)))
          }: ${e instanceof Error ? e.stack : e}`,
        );
      }
    }
    return out;
  }

  /** Nothing may be left for another executor of this process. */
  release(): void {
    this.#memory.reset((frame) => this.#executor.invalidateFrame(frame));
    this.#layout = undefined;
  }

  #map(layout: Layout): void {
    if (this.#layout === layout) return;
    const memory = this.#memory, none = new Uint8Array(0);
    memory.reset((frame) => this.#executor.invalidateFrame(frame));
    const { base } = layout;
    memory.map({ address: base + C.CODE_AT, bytes: none, size: C.CODE_SIZE, write: true, execute: true });
    memory.map({ address: base + C.DATA_AT, bytes: none, size: C.DATA_SIZE, write: true, execute: false });
    memory.map({ address: base + READ_ONLY, bytes: none, size: 4096, write: false, execute: false });
    this.#pages = [
      memory.physical(base + C.CODE_AT),
      memory.physical(base + C.DATA_AT),
      memory.physical(base + READ_ONLY),
    ];
    this.#layout = layout;
  }

  #case(input: DataView<ArrayBuffer>, result: DataView<ArrayBuffer>, layout: Layout): void {
    const executor = this.#executor, { c } = this.#memory, [code, data, readOnly] = this.#pages;
    for (let page = 0; page < C.CODE_PAGES; page++) executor.invalidateFrame((code >>> 12) + page);
    this.#memory.flush();
    U8.fill(C.FILL, code, code + C.CODE_SIZE);
    const offset = Number(input.getBigInt64(C.RIP, true)) - layout.base - C.CODE_AT;
    U8.set(
      new Uint8Array(input.buffer, input.byteOffset + C.CODE, input.getInt32(C.CODE_BYTES, true)),
      code + offset,
    );
    C.fillData(I32.subarray(data >>> 2, data + C.DATA_SIZE >>> 2), input.getInt32(C.SEED, true), layout);
    loadState(c, input, layout, (flags) => executor.writeFlags(c, flags));
    if (this.#tier === "region") {
      executor.promoter.promote(executor.cache.find(c, Number(input.getBigInt64(C.RIP, true))), c, true);
    }
    this.#execute(c, result);
    storeState(c, result, executor.readFlags(c));
    let at = C.HASHES;
    for (const [start, pages] of [[code, C.CODE_PAGES], [data, C.DATA_PAGES], [readOnly, 1]] as const) {
      for (let n = 0; n < pages * 4096; n += C.CHUNK, at += 4) {
        result.setInt32(at, C.chunkHash(I32, start + n >>> 2), true);
      }
    }
    result.setInt32(C.STATUS, C.DONE, true);
  }

  #execute(c: number, result: DataView): void {
    let exit: number = env.EXIT_BUDGET;
    const start = performance.now();
    for (let n = 0; n < LIMIT && exit === env.EXIT_BUDGET; n += SLICE) {
      if (performance.now() - start > LIMIT_MS) break;
      exit = this.#executor.run(c, SLICE);
    }
    if (exit === env.EXIT_BUDGET) return result.setInt32(C.SIGNO, SIGVTALRM, true);
    if (exit === env.EXIT_SYSCALL) return result.setInt32(C.SIGNO, SIGSYS, true);
    const { fault } = env;
    const rip = I32[c + 2 * cpu.RIP + 1]! * 2 ** 32 + (I32[c + 2 * cpu.RIP]! >>> 0);
    const [signo, code, address] = fault.signal
      ? [fault.signal, fault.siCode, fault.address]
      : signalOf(fault.vector, rip, fault.address);
    result.setInt32(C.SIGNO, signo, true);
    result.setInt32(C.SI_CODE, code, true);
    result.setBigInt64(C.SI_ADDR, BigInt(address), true);
    result.setInt32(C.TRAP, fault.vector, true);
    result.setInt32(C.ERROR, fault.errorCode, true);
  }
}

export function hex(bytes: Uint8Array): string {
  return [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
}

function loadState(c: number, s: DataView, layout: Layout, writeFlags: (flags: number) => void): void {
  I32.fill(0, c, c + 2 * cpu.TLB);
  for (let i = 0; i < 32; i++) I32[c + i] = s.getInt32(C.GPR + 4 * i, true);
  I32[c + 2 * cpu.RIP] = s.getInt32(C.RIP, true);
  I32[c + 2 * cpu.RIP + 1] = s.getInt32(C.RIP + 4, true);
  writeFlags(s.getInt32(C.RFLAGS, true));
  for (const [slot, base] of [[cpu.FS_BASE, C.fsBase(layout)], [cpu.GS_BASE, C.gsBase(layout)]] as const) {
    I32[c + 2 * slot] = base | 0;
    I32[c + 2 * slot + 1] = Math.floor(base / 2 ** 32);
  }
  for (const n of [0, 3, 4, 5]) I32[c + 2 * cpu.SEGMENTS + n] = 0;
  for (let i = 0; i < 16 * 8; i++) I32[c + 2 * cpu.YMM + i] = s.getInt32(C.YMM + 4 * i, true);
  I32[c + 2 * cpu.MXCSR] = s.getInt32(C.MXCSR, true);
  const status = s.getUint16(C.FSW, true);
  I32[c + 2 * cpu.FPU_CONTROL] = s.getUint16(C.FCW, true);
  I32[c + 2 * cpu.FPU_CONTROL + 1] = status;
  I32[c + 2 * cpu.FPU_TAG] = s.getUint16(C.FTW, true);
  I32[c + 2 * cpu.FPU_TAG + 1] = 0;
  for (let i = 0; i < 8; i++) {
    const word = c + 2 * (cpu.FPU_REGS + 2 * ((status >> 11) + i & 7)), from = C.ST + C.ST_BYTES * i;
    I32[word] = s.getInt32(from, true);
    I32[word + 1] = s.getInt32(from + 4, true);
    I32[word + 2] = s.getUint16(from + 8, true);
    I32[word + 3] = 0;
  }
}

function storeState(c: number, s: DataView, flags: number): void {
  for (let i = 0; i < 32; i++) s.setInt32(C.GPR + 4 * i, I32[c + i]!, true);
  s.setInt32(C.RIP, I32[c + 2 * cpu.RIP]!, true);
  s.setInt32(C.RIP + 4, I32[c + 2 * cpu.RIP + 1]!, true);
  s.setInt32(C.RFLAGS, flags, true);
  for (const [slot, at] of [[cpu.FS_BASE, C.FS_BASE], [cpu.GS_BASE, C.GS_BASE]] as const) {
    s.setInt32(at, I32[c + 2 * slot]!, true);
    s.setInt32(at + 4, I32[c + 2 * slot + 1]!, true);
  }
  [0, 3, 4, 5].forEach((n, i) => s.setUint16(C.SELECTORS + 2 * i, I32[c + 2 * cpu.SEGMENTS + n]!, true));
  for (let i = 0; i < 16 * 8; i++) s.setInt32(C.YMM + 4 * i, I32[c + 2 * cpu.YMM + i]!, true);
  s.setInt32(C.MXCSR, I32[c + 2 * cpu.MXCSR]!, true);
  const status = I32[c + 2 * cpu.FPU_CONTROL + 1]!;
  s.setUint16(C.FCW, I32[c + 2 * cpu.FPU_CONTROL]!, true);
  s.setUint16(C.FSW, status, true);
  s.setUint16(C.FTW, I32[c + 2 * cpu.FPU_TAG]!, true);
  for (let i = 0; i < 8; i++) {
    const word = c + 2 * (cpu.FPU_REGS + 2 * ((status >> 11) + i & 7)), to = C.ST + C.ST_BYTES * i;
    s.setInt32(to, I32[word]!, true);
    s.setInt32(to + 4, I32[word + 1]!, true);
    s.setUint16(to + 8, I32[word + 2]!, true);
  }
}
