// Makes a region's wasm function and the BlockCode around it.

import type { Block, BlockCode, Link } from "../cache/block.ts";
import { CHAIN, RIP, TLB, XTLB_ADDEND, XTLB_ENTRIES, XTLB_ENTRY_WORDS } from "../cpu.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import type { Closures } from "../js/closures.ts";
import { I32, memory, RAM_BYTES } from "../ram.ts";
import type { Runtime } from "../runtime.ts";
import { oneFunctionModule } from "./encoder.ts";
import { CHAIN_LENGTH } from "../tunables.ts";
import {
  CONDITION,
  FAULTED,
  IMPORTS,
  INDIRECT,
  PROBE,
  READ,
  STEP,
  WRITE128,
  WRITE16,
  WRITE32,
  WRITE64,
  WRITE8,
} from "./generator.ts";
import { addFunction, enterJump, functions } from "./jump_table.ts";
import { emitRegion, FIRST_END } from "./region.ts";

const PAGES = RAM_BYTES / 65536;

type Imports = Record<string, (...args: any[]) => number>;

export class WasmTier {
  readonly #runtime: Runtime;
  readonly #closures: Closures;
  readonly #fixed: Imports;
  /** All regions' exits. */
  readonly #links: Link[] = [];
  readonly #ends: ((c: number) => Block | null)[] = [];
  readonly #exits = {
    link: (link: Link) => this.#links.push(link) - 1,
    end: (end: IrOp) => this.#ends.push(this.#closures.single(end)) - 1,
  };
  /** What an imported function threw: wasm gets a flag instead, so that it can store its registers first. */
  #pending: unknown;
  regions = 0;
  bytes = 0;

  constructor(runtime: Runtime, closures: Closures) {
    this.#runtime = runtime;
    this.#closures = closures;
    const H = runtime;
    const failed = (e: unknown, result: number) => {
      this.#pending = e;
      return result;
    };
    const store =
      (write: (c: number, lo: number, hi: number, v: number, ip: number) => void) =>
      (c: number, lo: number, hi: number, v: number, ip: number) => {
        try {
          write(c, lo, hi, v, ip);
          return 0;
        } catch (e) {
          return failed(e, 1);
        }
      };
    this.#fixed = {
      [READ]: (c, lo, hi, size, ip) => {
        try {
          return H.read(c, lo, hi, size, ip);
        } catch (e) {
          return failed(e, -1);
        }
      },
      [WRITE8]: store((c, lo, hi, v, ip) => H.write8(c, lo, hi, v, ip)),
      [WRITE16]: store((c, lo, hi, v, ip) => H.write16(c, lo, hi, v, ip)),
      [WRITE32]: store((c, lo, hi, v, ip) => H.write32(c, lo, hi, v, ip)),
      [WRITE64]: (c, lo, hi, v, vh, ip) => {
        try {
          H.write64(c, lo, hi, v, vh, ip);
          return 0;
        } catch (e) {
          return failed(e, 1);
        }
      },
      [WRITE128]: store((c, lo, hi, slot, ip) => H.write128(c, lo, hi, slot, ip)),
      [PROBE]: store((c, lo, hi, size, ip) => H.probeWrite(c, lo, hi, size, ip)),
      [CONDITION]: (c, cc) => H.condition(c, cc) ? 1 : 0,
    };
  }

  /** Compiles the region that begins with the first of `blocks`; `install` gets its function's index (0: none) and its BlockCode. */
  compile(blocks: readonly IrBlock[]): { code: BlockCode; entry: number } {
    const { generator, steps } = emitRegion(blocks, this.#exits);
    const imports: Imports = { ...this.#fixed };
    steps.forEach((o, i) => {
      const step = this.#closures.single(o);
      imports[IMPORTS.length + i] = (c: number) => {
        try {
          step(c);
          return 0;
        } catch (e) {
          this.#pending = e;
          return 1;
        }
      };
    });
    const types = [...IMPORTS, ...steps.map(() => STEP)];
    const bytes = oneFunctionModule(PAGES, types, STEP, generator.locals, generator.code);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      m: { m: memory, t: functions },
      f: imports,
    });
    this.regions++;
    this.bytes += bytes.length;
    const run = instance.exports["r"] as (c: number) => number;
    return { code: (c) => this.#enter(run, c), entry: addFunction(run) };
  }

  /** Runs a region and those it chains to, and finds the block where it goes on. */
  #enter(run: (c: number) => number, c: number): Block | null {
    I32[c + 2 * CHAIN] = CHAIN_LENGTH;
    const result = run(c);
    const H = this.#runtime;
    let block: Block;
    if (result >= 0) {
      const link = this.#links[result]!;
      block = link.block ?? H.follow(c, link);
      const x = I32[c + 2 * TLB + 1] + (link.lo >>> 12 & (XTLB_ENTRIES - 1)) * XTLB_ENTRY_WORDS;
      if (I32[x] !== link.tag || I32[x + 1] !== link.hi || I32[x + XTLB_ADDEND] !== block.addend) {
        block = H.follow(c, link);
      }
    } else if (result === INDIRECT) block = H.jump(c, I32[c + 2 * RIP], I32[c + 2 * RIP + 1]);
    else if (result === FAULTED) throw this.#pending;
    else return this.#ends[FIRST_END - result]!(c);
    if (block.entry !== 0) enterJump(block);
    return block;
  }
}
