// The dispatcher: runs blocks one after another until a system call, a fault or the end of the budget.

import type { CodeStore } from "./cache/code_store.ts";
import { CodeCache } from "./cache/code_cache.ts";
import type { Block } from "./cache/block.ts";
import { RIP, RSP } from "./cpu.ts";
import {
  type Env,
  EXEC,
  type Executor,
  type Exit,
  EXIT_BUDGET,
  EXIT_FAULT,
  fault,
  VECTOR_GP,
  VECTOR_SS,
} from "./env.ts";
import { readFlags, writeFlags } from "./ir/flags.ts";
import { Closures } from "./js/closures.ts";
import { Source } from "./js/source.ts";
import { I32, U8 } from "./ram.ts";
import type { IrBlock } from "./ir/block.ts";
import { HOT_SAMPLES, REGION_BLOCKS, REGION_OPS, SAMPLE_BLOCKS } from "./tunables.ts";
import { WasmTier } from "./wasm/compile.ts";
import { enterJump } from "./wasm/jump_table.ts";
import { innerLinks } from "./wasm/region.ts";
import { CODE_CHANGED, linear, Runtime, setRip } from "./runtime.ts";
import { type Decoder, Translator } from "./translate.ts";

/** auto: closures, then wasm for what is hot. wasm: each block at once (slow to start; for tests). */
export type Tier = "auto" | "closure" | "js" | "wasm";

export interface ExecutorOptions {
  tier?: Tier;
  /** Translations kept between runs. */
  store?: CodeStore;
  /** Loads a module at once: with it, the decoder is loaded when the first instruction has to be decoded, else beforehand. */
  load?: (url: URL) => unknown;
}

export class Dispatcher implements Executor {
  readonly runtime: Runtime;
  readonly cache: CodeCache;
  readonly translator: Translator;
  /** Heat at which a block is compiled anew as JavaScript source. */
  readonly #hot: number;
  readonly #closures: Closures;
  readonly #wasm: WasmTier;

  constructor(env: Env, decoder: () => Decoder, options: ExecutorOptions) {
    this.runtime = new Runtime(env);
    const closures = this.#closures = new Closures(this.runtime);
    const { tier = "auto" } = options;
    this.#hot = tier === "auto" ? HOT_SAMPLES : NaN;
    this.#wasm = new WasmTier(this.runtime, closures);
    const wasm = this.#wasm;
    const generator = tier === "js" ? new Source(this.runtime) : tier === "wasm"
      ? {
        compile: (block: IrBlock, page: number) =>
          wasm.compile(page === 0 ? [block] : this.#region(block.address, page)),
      }
      : closures;
    this.translator = new Translator(decoder, generator);
    const { store } = options;
    if (store !== undefined) {
      this.translator.codeFile = (address) => {
        const source = env.codeSource?.(address);
        return source && store.file(source);
      };
    }
    this.cache = new CodeCache(env, this.translator.translate);
    this.runtime.cache = this.cache;
  }

  /** For reports. */
  get counters(): { factories: number; regions: number; wasmBytes: number } {
    const { regions, bytes } = this.#wasm;
    return { factories: this.#closures.factories, regions, wasmBytes: bytes };
  }

  run(c: number, budget: number): Exit {
    for (;;) {
      try {
        let block: Block | null = this.runtime.jump(c, I32[c + 2 * RIP], I32[c + 2 * RIP + 1]);
        do {
          block = burst(c, block);
          if (block === null) return this.runtime.reason;
          if (++block.heat === this.#hot) this.promote(block);
        } while ((budget -= SAMPLE_BLOCKS) > 0);
        setRip(c, block.address);
        return EXIT_BUDGET;
      } catch (e) {
        if (e === fault) return this.#faulted(c);
        if (e !== CODE_CHANGED) throw e;
      }
      // A store hit translated code: run that instruction alone, then go on with new translations.
      try {
        const block: Block | null = this.cache.single(c, this.#rip(c)).code(c);
        if (block === null) return this.runtime.reason;
        setRip(c, block.address);
      } catch (e) {
        if (e === fault) return this.#faulted(c);
        if (e !== CODE_CHANGED) throw e;
      }
    }
  }

  /** A non-canonical address is #SS instead of #GP where the instruction reached it through the stack segment (SDM vol. 1, 3.3.7.1). */
  #faulted(c: number): Exit {
    // RIP itself may be what is not canonical: then nothing can be fetched there.
    if (fault.vector === VECTOR_GP && fault.nonCanonical && I32[c + 2 * RIP + 1] >>> 0 <= 0x7fff) {
      const rip = this.#rip(c), start = this.cache.fetch(c, rip);
      if (
        this.translator.usesStackSegment(
          U8.slice(start, Math.min(start + 15, start - start % 4096 + 4096)),
          rip,
          I32[c + 2 * RSP + 1] >>> 0 > 0x7fff,
        )
      ) {
        fault.vector = VECTOR_SS;
      }
    }
    return EXIT_FAULT;
  }

  /** Gives a hot block a region of its own, from IR made anew. (Tests do so with every block.) */
  promote(block: Block): void {
    if (block.frame2 !== 0 || Number.isNaN(block.addend)) return;
    this.translator.keepHot(block.address);
    const blocks = this.#region(block.address, block.frame * 4096);
    Object.assign(block, this.#wasm.compile(blocks));
    if (block.entry !== 0) enterJump(block);
  }

  /** IR of the blocks that direct jumps reach from `entry` without leaving its page. */
  #region(entry: number, page: number): IrBlock[] {
    const first = entry - entry % 4096;
    const blocks: IrBlock[] = [];
    const seen = new Set<number>([entry]);
    let size = 0;
    for (const address of seen) {
      if (blocks.length === REGION_BLOCKS || size > REGION_OPS) break;
      const ir = this.translator.lower(address, page, () => 0, false);
      if (ir.crossing) continue;
      blocks.push(ir);
      size += ir.ops.length;
      for (const link of innerLinks(ir)) {
        if (link.address >= first && link.address < first + 4096) seen.add(link.address);
      }
    }
    return blocks;
  }

  #rip(c: number): number {
    return linear(I32[c + 2 * RIP], I32[c + 2 * RIP + 1], EXEC);
  }

  invalidateFrame(frame: number): void {
    this.cache.invalidateFrame(frame);
  }
  readFlags(c: number): number {
    return readFlags(c);
  }
  writeFlags(c: number, rflags: number): void {
    writeFlags(c, rflags);
  }
}

/** Blocks until the next sample: counted on through system calls, or the code between them would never be found hot. */
let untilSample = SAMPLE_BLOCKS;

/** Runs blocks up to the next sample. A function of its own, called often, is optimised sooner than a loop that is entered once. */
function burst(c: number, block: Block): Block | null {
  let next: Block | null = block;
  for (let n = untilSample; n > 0; n--) {
    next = next.code(c);
    if (next === null) {
      untilSample = n - 1;
      return null;
    }
  }
  untilSample = SAMPLE_BLOCKS;
  return next;
}

/** Makes the translator. */
export async function createExecutor(env: Env, options: ExecutorOptions = {}): Promise<Dispatcher> {
  const { load } = options;
  if (load !== undefined) {
    return new Dispatcher(env, () => load(new URL("./decode/iced.ts", import.meta.url)) as Decoder, options);
  }
  const iced = await import("./decode/iced.ts");
  return new Dispatcher(env, () => iced, options);
}
