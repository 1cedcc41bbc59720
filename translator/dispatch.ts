// The dispatcher: runs blocks one after another until a system call, a fault or the end of the budget.

import type { Level } from "./cpuid.ts";
import type { CodeStore } from "./cache/code_store.ts";
import { CodeCache } from "./cache/code_cache.ts";
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
import { ICED_NAME, type IcedPackage, loadIced } from "./decode/iced.ts";
import { readFlags, writeFlags } from "./ir/flags.ts";
import { Closures } from "./js/closures.ts";
import { Source as SourceTier } from "./js/source.ts";
import { I32, RUNNING_CPU, U8 } from "./ram.ts";
import type { IrBlock } from "./ir/block.ts";
import {
  CHAIN_LENGTH,
  CHAINS,
  ENTRY_SAMPLES,
  EXIT_HEAT,
  HOT_SAMPLES,
  LOOP_LENGTH,
  OFTEN,
  REGION_ENTRIES,
  SAMPLE_BLOCKS,
} from "./tunables.ts";
import { type Region, WasmTier } from "./wasm/compile.ts";
import type { RegionParts } from "./cache/region_record.ts";
import { findRegion, type RegionPage, type Source } from "./wasm/flow.ts";
import { addFunction, replaceFunction } from "./wasm/jump_table.ts";
import { LiveRegions } from "./wasm/live_regions.ts";
import { naturalEntry } from "./wasm/natural_entry.ts";
import { CODE_CHANGED, linear, Runtime, setRip } from "./runtime.ts";
import { arenaIsFull } from "./threaded/arena.ts";
import { forgetNodes, nodeChanged } from "./threaded/node.ts";
import type { ThreadedTier } from "./threaded/tier.ts";
import { Translator } from "./translate.ts";

/** auto: threaded code, then wasm regions for what is hot. wasm: each block at once (slow to start; for tests). */
export type Tier = "auto" | "threaded" | "closure" | "js" | "wasm";

export interface ExecutorOptions {
  tier?: Tier;
  /** Translations kept between runs. */
  store?: CodeStore;
  /** Packages that can be loaded at once: if the decoder is one, it is loaded when the first instruction has to be decoded. */
  packages?: { has(name: string): boolean; load(name: string): unknown };
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

interface ReadyRegion {
  readonly parts: RegionParts;
  readonly pages: readonly RegionPage[];
}

/** Error code of the trap after a single step: the bit of DR6 that says so. */
const DR6_SINGLE_STEP = 0x4000;

/** In bytes (SDM vol. 2, 2.3.11). */
const LONGEST_INSTRUCTION = 15;

export class Dispatcher implements Executor {
  readonly runtime: Runtime;
  readonly cache: CodeCache;
  /** Called with each block that gets a region. */
  onRegion: ((block: Block) => void) | undefined;
  readonly translator: Translator;
  /** Heat at which a block is compiled anew as JavaScript source. */
  readonly #hot: number;
  readonly #closures: Closures;
  readonly #wasm: WasmTier;
  readonly #store: CodeStore | undefined;
  readonly #threaded: ThreadedTier | undefined;
  readonly #regions: LiveRegions;

  constructor(env: Env, iced: () => IcedPackage, options: ExecutorOptions) {
    this.runtime = new Runtime(env);
    const closures = this.#closures = new Closures(this.runtime);
    const { tier = "auto" } = options;
    this.#hot = tier === "auto" ? HOT_SAMPLES : NaN;
    this.#wasm = new WasmTier(this.runtime, closures, (block, c) => {
      if ((block.heat += EXIT_HEAT) >= this.#hot) this.promote(block, c);
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
          page === 0
            ? closures.compile(block, page, kept)
            : wasm.compile(findRegion([block.address], this.#onPage(block, page))!),
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
    this.#regions = new LiveRegions((page) => this.cache.generation(page));
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
    if (arenaIsFull()) this.#startAnew();
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
          if (++block.heat >= this.#hot) this.promote(block, c);
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
    this.#regions.clear();
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

  /**
   * Gives a hot block a region of its own, from IR made anew. `all`: with code that has not run yet, but of its page only (for tests; it
   * is what the tier `wasm` does with every block).
   */
  promote(block: Block, c: number, all = false): void {
    if (block.frame2 !== 0 || Number.isNaN(block.addend) || block.plain !== undefined) return;
    const { address, addend } = block;
    if (all) {
      const source = this.#onPage(block, block.frame * 4096);
      const others = [...source.known(0)].filter((other) => other !== address);
      const flow = findRegion([address, ...others.slice(0, REGION_ENTRIES - 1)], source);
      if (flow === undefined) return;
      const parts = this.#wasm.emit(flow);
      this.#install(parts, flow.pages, this.#known(parts, c));
      return;
    }
    const owner = this.#regions.owner(address, addend);
    if (owner?.region.entries.has(address)) return this.#attach(block, owner.region);
    const region = this.#keptRegion(address, c);
    if (region !== undefined) {
      const blocks = this.#known(region.parts, c).filter(({ plain }) => plain === undefined);
      return this.#install(region.parts, region.pages, blocks);
    }
    if (owner === undefined) return this.#compileAround(address, c);
    const { entries } = owner.parts;
    if (entries.length >= REGION_ENTRIES || !this.#wasm.isInPlace(owner.region, c)) {
      this.#compile([address], c);
    } else if (block.heat >= ENTRY_SAMPLES) this.#compile([...entries, address], c);
  }

  /** Makes a region for a hot block that is in none. */
  #compileAround(hot: number, c: number): void {
    const source = this.#ofCache(c);
    const known = (at: number) => this.cache.known(at, source.physical(at - at % 4096));
    const entry = naturalEntry(hot, source, (at) => known(at)!.heat >= HOT_SAMPLES * OFTEN);
    if (entry !== hot && known(entry)?.plain === undefined) {
      this.#compile([entry], c);
      if (this.#regions.owner(hot, known(hot)!.addend) !== undefined) return;
    }
    this.#compile([hot], c);
  }

  /** Makes a region with these entries, the last of which has been found hot, and with those of regions that it contains. */
  #compile(entries: readonly number[], c: number): void {
    const source = this.#ofCache(c), hot = entries[entries.length - 1]!;
    let flow = findRegion(entries, source);
    if (flow === undefined || flow.entries.length < entries.length) {
      // There is no room for one more, or the first one has not been run yet.
      return entries.length > 1 ? this.#compile([hot], c) : undefined;
    }
    const { blocks, own } = flow;
    const covered = this.#regions.covered(
      hot,
      blocks.slice(0, own),
      (page) => (source.physical(page) - page) | 0,
    ).filter((entry) => !entries.includes(entry)).slice(0, REGION_ENTRIES - entries.length);
    if (covered.length > 0) flow = findRegion([...entries, ...covered], source)!;
    const parts = this.#wasm.emit(flow);
    this.translator.keepHot(hot);
    this.translator.keepRegion(parts);
    this.#install(parts, flow.pages, this.#known(parts, c));
  }

  /** The blocks at a region's entries. */
  #known({ entries }: RegionParts, c: number): Block[] {
    const { cache } = this, found: Block[] = [];
    for (const address of entries) {
      const page = cache.present(c, address), block = page === 0 ? undefined : cache.known(address, page);
      if (block !== undefined && block.frame2 === 0) found.push(block);
    }
    return found;
  }

  /** From now on these blocks, at entries of the region, are run by it. */
  #install(parts: RegionParts, pages: readonly RegionPage[], blocks: readonly Block[]): void {
    const region = this.#wasm.load(parts, pages);
    for (const block of blocks) this.#attach(block, region);
    this.#regions.add(parts, region);
  }

  #attach(block: Block, region: Region): void {
    const plain = block.plain ?? block.code, run = region.entries.get(block.address)!;
    if (block.plain !== undefined && block.entry !== 0) replaceFunction(block, run);
    else block.entry = addFunction(run);
    const { code } = this.#wasm.enter(region, block.address, (c) => plain.call(block, c), block.entry);
    block.code = code;
    block.plain = plain;
    nodeChanged(block);
    this.onRegion?.(block);
    this.cache.contains(block, region.pages.map(({ address, addend }) => (address + addend | 0) >>> 12));
  }

  /** The region that an earlier run made, if the address space of `c` has all its code. */
  #keptRegion(entry: number, c: number): ReadyRegion | undefined {
    const { env } = this.runtime;
    const parts = this.translator.keptRegion(entry, (page) => {
      try {
        return env.page(c, page, EXEC);
      } catch (e) {
        if (e !== fault) throw e;
        return 0;
      }
    });
    if (parts === undefined) return undefined;
    const pages = parts.pages.map((address) => ({
      address,
      addend: (env.page(c, address, EXEC) - address) | 0,
    }));
    return { parts, pages };
  }

  /** What has been translated in the address space of `c`. */
  #ofCache(c: number): Source {
    const { cache, translator } = this;
    const physical = (address: number) => cache.present(c, address - address % 4096);
    return {
      lower: (address) => {
        const page = physical(address);
        const block = page === 0 ? undefined : cache.known(address, page);
        if (block === undefined) return undefined;
        if (block.frame2 !== 0 && physical(address + 4096) !== block.frame2 * 4096) return undefined;
        return translator.again(block) ??
          translator.lower(address, page, () => physical(address + 4096), false);
      },
      physical,
      known: (page) => cache.addresses(page, physical(page)),
    };
  }

  /** All blocks that lie on the page of `block` as a whole. */
  #onPage(block: { address: number }, page: number): Source {
    const first = block.address - block.address % 4096;
    return {
      lower: (address) => {
        if (address < first || address >= first + 4096) return undefined;
        const ir = this.translator.lower(address, page, () => 0, false);
        return ir.crossing ? undefined : ir;
      },
      physical: () => page,
      known: () => this.cache.addresses(first, page),
    };
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
  if (packages?.has(ICED_NAME)) {
    return new Dispatcher(env, () => packages.load(ICED_NAME) as IcedPackage, options);
  }
  const iced = await loadIced();
  return new Dispatcher(env, () => iced, options);
}
