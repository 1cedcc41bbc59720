// The dispatcher: runs blocks one after another until a system call, a fault or the end of the budget.

import type { Level } from "./cpuid.ts";
import type { CodeStore } from "./cache/code_store.ts";
import { CodeCache } from "./cache/code_cache.ts";
import { missesAreMany } from "./wasm/window_misses.ts";
import type { Block } from "./cache/block.ts";
import { CHAIN, FLAGS, QUOTA, RIP, RSP, TF } from "./cpu.ts";
import {
  type Env,
  EXEC,
  type Executor,
  type Exit,
  EXIT_BUDGET,
  EXIT_FAULT,
  EXIT_SYSCALL,
  fault,
  PF_FETCH,
  raise,
  VECTOR_DB,
  VECTOR_GP,
  VECTOR_PF,
  VECTOR_SS,
} from "./env.ts";
import type { IcedPackage } from "./decode/iced.ts";
import { ICED_NAME, loadIced } from "./decode/package.ts";
import { readFlags, writeFlags } from "./ir/flags.ts";
import { loadAll, makers } from "./late.ts";
import { Closures } from "./js/closures.ts";
import { Source as SourceTier } from "./js/source.ts";
import { I32, RUNNING_CPU, U8 } from "./ram.ts";
import type { IrBlock } from "./ir/block.ts";
import { CHAIN_LENGTH, CHAINS, EXIT_HEAT, HOT_SAMPLES, LOOP_LENGTH, SAMPLE_BLOCKS } from "./tunables.ts";
import { WasmTier } from "./wasm/compile.ts";
import { CODE_CHANGED, linear, Runtime, setRip } from "./runtime.ts";
import { arenaIsFull } from "./threaded/arena.ts";
import { forgetNodes } from "./threaded/node.ts";
import type { ThreadedTier } from "./threaded/tier.ts";
import { Promoter, wholePage } from "./promote.ts";
import { Translator } from "./translate.ts";

/** auto: threaded code, then wasm regions for what is hot. wasm: each block at once (slow to start; for tests). */
export type Tier = "auto" | "threaded" | "closure" | "js" | "wasm";

export interface ExecutorOptions {
  tier?: Tier;
  /** Translations kept between runs. */
  store?: CodeStore;
  /** Packages that can be loaded at once: if the decoder is one, it is loaded when the first instruction has to be decoded. */
  packages?: { readonly ready: boolean; load(name: string): unknown };
}

/** What {@link Dispatcher.counters} tells. */
export interface Counters {
  /** Shapes of operations that JavaScript can run, and that have a handler. */
  readonly factories: number;
  readonly handlers: number;
  /** Regions, their bytes, and the time that making them took. */
  readonly regions: number;
  readonly wasmBytes: number;
  readonly compileMs: number;
  readonly longestMs: number;
  /** Why wasm came back to JavaScript, by cause. */
  readonly regionExits: Readonly<Record<string, number>>;
  readonly threadedExits: Readonly<Record<string, number>>;
}

/** Error code of the trap after a single step: the bit of DR6 that says so. */
const DR6_SINGLE_STEP = 0x4000;

/** In bytes (SDM vol. 2, 2.3.11). */
const LONGEST_INSTRUCTION = 15;

export class Dispatcher implements Executor {
  readonly runtime: Runtime;
  readonly cache: CodeCache;
  readonly translator: Translator;
  /** Heat at which a block is compiled anew as JavaScript source. */
  readonly #hot: number;
  readonly #closures: Closures;
  readonly #wasm: WasmTier;
  readonly #store: CodeStore | undefined;
  readonly #threaded: ThreadedTier | undefined;
  readonly promoter: Promoter;

  constructor(env: Env, iced: () => IcedPackage, options: ExecutorOptions) {
    this.runtime = new Runtime(env);
    const closures = this.#closures = new Closures(this.runtime);
    const { tier = "auto" } = options;
    this.#hot = tier === "auto" ? HOT_SAMPLES : NaN;
    this.#wasm = new WasmTier(this.runtime, closures, (block, c) => {
      if ((block.heat += EXIT_HEAT) >= this.#hot) this.promoter.promote(block, c);
    });
    const wasm = this.#wasm;
    if (tier === "auto" || tier === "threaded") {
      this.#threaded = closures.useThreaded(wasm.status, (c, result) => wasm.follow(c, result));
      wasm.useThreaded(this.#threaded);
    }
    const generator = tier === "js" ? new SourceTier(this.runtime) : tier === "wasm"
      ? {
        compile: (block: IrBlock, page: number, kept: boolean) =>
          // What must stay alone: a region would go on with others.
          page === 0 ? closures.compile(block, page, kept) : wasm.compile(
            makers.get().findRegion(
              [block.address],
              wholePage(this.translator, this.cache, block.address, page),
            )!,
          ),
      }
      : closures;
    this.translator = new Translator(iced, generator);
    const { store } = options;
    this.#store = store;
    if (store !== undefined) {
      this.#threaded?.keepHandlers(store);
      this.translator.codeFile = (address) => {
        const source = env.codeSource?.(address);
        return source && store.file(source);
      };
    }
    this.cache = new CodeCache(env, this.translator.translate);
    this.runtime.cache = this.cache;
    const threaded = this.#threaded, { codeFile } = this.translator;
    if (threaded !== undefined && codeFile !== undefined) {
      this.cache.useKept({
        image: (address) => codeFile(address)?.image ?? 0,
        nodeAt: (lo, hi, page) => threaded.nodeAt(lo, hi, page),
        code: threaded.code,
      });
    }
    this.promoter = new Promoter(env, this.cache, this.translator, wasm);
  }

  /** Whether it can run without what makes code. */
  get isReady(): boolean {
    return this.#threaded?.ready ?? false;
  }

  /** For reports. */
  get counters(): Counters {
    const { regions, bytes, compileMs, longestMs, exits } = this.#wasm;
    const { factories } = this.#closures, handlers = this.#threaded?.handlers ?? 0;
    return {
      factories,
      handlers,
      regions,
      wasmBytes: bytes,
      compileMs,
      longestMs,
      regionExits: exits,
      threadedExits: this.#threaded?.exits ?? {},
    };
  }

  run(c: number, budget: number): Exit {
    if (arenaIsFull() || this.#wasm.isFull) this.#startAnew();
    if ((I32[c + 2 * FLAGS + 1] & TF) !== 0) return this.#step(c);
    for (;;) {
      try {
        let block: Block | null = this.runtime.jump(c, I32[c + 2 * RIP], I32[c + 2 * RIP + 1]);
        do {
          const chains = Math.min(CHAINS, Math.ceil(budget / SAMPLE_BLOCKS));
          I32[c + 2 * CHAIN] = chains * CHAIN_LENGTH;
          I32[c + 2 * CHAIN + 1] = chains * LOOP_LENGTH;
          block = burst(c, block);
          if (block === null) return this.runtime.reason;
          if (++block.heat >= this.#hot || missesAreMany()) {
            // Something may not be loaded yet: the instruction there is run then when it is.
            setRip(c, block.address);
            if (block.heat >= this.#hot) this.promoter.promote(block, c);
            if (missesAreMany()) this.#crowded(c);
          }
          const left = Math.min(I32[c + 2 * CHAIN]! / CHAIN_LENGTH, I32[c + 2 * CHAIN + 1]! / LOOP_LENGTH);
          budget -= SAMPLE_BLOCKS * Math.max(1, chains - left);
        } while (budget > 0);
        setRip(c, block.address);
        return EXIT_BUDGET;
      } catch (e) {
        if (e === fault) return this.#faulted(c);
        if (e !== CODE_CHANGED) throw e;
      }
      // A store hit translated code: run that instruction alone, then go on with new translations.
      const exit = this.#alone(c);
      if (exit !== undefined) return exit;
    }
  }

  /** Runs the instruction at RIP alone, again for each page with translations that it writes to: nothing may be translated in between. */
  #alone(c: number): Exit | undefined {
    for (;;) {
      try {
        const block: Block | null = this.cache.single(c, this.#rip(c)).code(c);
        if (block === null) return this.runtime.reason;
        setRip(c, block.address);
        return undefined;
      } catch (e) {
        if (e === fault) return this.#faulted(c);
        if (e !== CODE_CHANGED) throw e;
      }
    }
  }

  /** One instruction with the trap flag up; then the trap, whatever the instruction did to the flag (SDM vol. 3, 18.3.1.4). */
  #step(c: number): Exit {
    const lo = I32[c + 2 * RIP]!, hi = I32[c + 2 * RIP + 1]!;
    for (;;) {
      try {
        const block: Block | null = this.cache.single(c, this.#rip(c)).code(c);
        if (block !== null) setRip(c, block.address);
        // The system call comes first; the trap then belongs to the instruction behind it.
        else if (this.runtime.reason === EXIT_SYSCALL) return EXIT_SYSCALL;
        raise(VECTOR_DB, DR6_SINGLE_STEP);
      } catch (e) {
        if (e === fault) {
          // A jump that has been made is trapped at its target, before the fetch there faults.
          if (fault.vector === VECTOR_PF && (fault.errorCode & PF_FETCH) !== 0 && this.#moved(c, lo, hi)) {
            fault.vector = VECTOR_DB;
            fault.errorCode = DR6_SINGLE_STEP;
            fault.address = fault.signal = fault.siCode = 0;
          }
          return this.#faulted(c);
        }
        if (e !== CODE_CHANGED) throw e;
      }
    }
  }

  #moved(c: number, lo: number, hi: number): boolean {
    return I32[c + 2 * RIP] !== lo || I32[c + 2 * RIP + 1] !== hi;
  }

  /** CPU states of this level of x86-64 are going to run: #UD for what is above it. */
  present(level: Level): void {
    if (level >= this.translator.lowest) return;
    this.#startAnew();
    this.translator.lowest = level;
    this.#store?.forLevel(level);
  }

  /** Gives up all translations. */
  #startAnew(): void {
    this.#store?.save();
    this.cache.clear();
    this.runtime.forgetJumps();
    this.promoter.clear();
    this.#wasm.clear();
    forgetNodes();
  }

  /** A non-canonical address is #SS instead of #GP where the instruction reached it through the stack segment (SDM vol. 1, 3.3.7.1). */
  #faulted(c: number): Exit {
    // RIP itself may be what is not canonical: then nothing can be fetched there.
    if (fault.vector === VECTOR_GP && fault.nonCanonical && I32[c + 2 * RIP + 1] >>> 0 <= 0x7fff) {
      const rip = this.#rip(c), badStack = I32[c + 2 * RSP + 1] >>> 0 > 0x7fff;
      const first = this.#bytesAt(c, rip, LONGEST_INSTRUCTION);
      let stack = this.translator.usesStackSegment(first, rip, badStack);
      if (stack === undefined) {
        // It has been run, so its other page is there.
        const rest = this.#bytesAt(c, rip + first.length, LONGEST_INSTRUCTION - first.length);
        stack = this.translator.usesStackSegment(Uint8Array.of(...first, ...rest), rip, badStack);
      }
      if (stack) fault.vector = VECTOR_SS;
    }
    return EXIT_FAULT;
  }

  /** Bytes of code as far as the page goes. */
  #bytesAt(c: number, address: number, count: number): Uint8Array {
    const start = this.cache.fetch(c, address);
    return U8.slice(start, Math.min(start + count, start - start % 4096 + 4096));
  }

  /** Windows of regions have missed often: the environment may do something about it, and so may other regions. */
  #crowded(c: number): void {
    this.promoter.giveUpWindows(c);
    this.runtime.env.crowded?.(c);
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
const QUOTA_AT = RUNNING_CPU + 2 * QUOTA;
/** State of the random numbers in burst(). */
let random = 1;

/**
 * Runs blocks up to the next sample: not always as many, or a loop of as many would show always the same one. A function of its own, called often, is
 * optimised sooner than a loop that is entered once.
 */
function burst(c: number, block: Block): Block | null {
  let next: Block | null = block;
  // Threaded code counts down by the blocks that it goes on with.
  for (let n = untilSample; n > 0; n = I32[QUOTA_AT]!) {
    I32[QUOTA_AT] = n - 1;
    next = next.code(c);
    if (next === null) {
      untilSample = I32[QUOTA_AT]!;
      return null;
    }
  }
  random = Math.imul(random, 1664525) + 1013904223 | 0;
  untilSample = SAMPLE_BLOCKS / 2 + (random >>> 16 & (SAMPLE_BLOCKS - 1));
  return next;
}

/** Makes the translator. */
export async function createExecutor(env: Env, options: ExecutorOptions = {}): Promise<Dispatcher> {
  const { packages } = options;
  const iced = packages?.ready ? undefined : await loadIced();
  const dispatcher = new Dispatcher(env, () => iced ?? packages!.load(ICED_NAME) as IcedPackage, options);
  if (!dispatcher.isReady) await loadAll();
  return dispatcher;
}
