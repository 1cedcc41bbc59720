// Makes a region's wasm module and the Run around its function.

import type { Block, BlockCode, Link } from "../cache/block.ts";
import { EXEC_STAMP, LEFT_AT, QUOTA, RIP } from "../cpu.ts";
import { EXEC, fault, translations } from "../env.ts";
import type { RegionFacts, RegionParts } from "../cache/region_record.ts";
import type { Closures } from "../js/closures.ts";
import { makers } from "../late.ts";
import { I32, memory, RAM_BYTES, RUNNING_CPU, STAMP_COUNT, STAMPS } from "../ram.ts";
import { CODE_CHANGED, NOT_TOGETHER, type Runtime } from "../runtime.ts";
import { MOST_REGIONS, REGION_QUOTA, SAMPLE_BLOCKS } from "../tunables.ts";
import { Code, OP } from "./encoder.ts";
import type { Flow, RegionPage } from "./flow.ts";
import { hostFuses } from "./fused.ts";
import { CPU_AT, FAULTED, FIRST_END, GLOBAL_FUSES, INDIRECT, NO_CALLER, PAUSED, UNWOUND } from "./results.ts";
import {
  CONDITION,
  IMPORTS,
  LEAVE,
  PROBE,
  READ,
  SAVED_STATUS,
  SPAN,
  STATUS,
  WRITE128,
  WRITE16,
  WRITE256,
  WRITE32,
  WRITE64,
  WRITE8,
} from "./imports.ts";
import { addFunction, enterJump, functions as functionTable, GO_ON } from "./jump_table.ts";
import { linkRegions, type Numbered } from "./link.ts";
import { missFunctions } from "./miss.ts";
import { installNext } from "./next_region.ts";
import { enterNode, nodeStamped } from "../threaded/node.ts";
import type { ThreadedTier } from "../threaded/tier.ts";
import { installStubs, instantiate } from "./shared.ts";
import { statusFunctions } from "./status.ts";

const PAGES = RAM_BYTES / 65536;

/** Pending instead of an exception: an existing translation changed, the instruction starts anew. */
const RETRY = { toString: () => "retry" };
/** The same: bytes do not lie in one place, and the instruction and what follows is run without a region. */
const APART = { toString: () => "apart" };

/** What stands for threaded code where there is none: hands on the region's result. */
function noThreadedCode(): () => number {
  const code = new Code().i32(CPU_AT).mem(OP.i32Load, 8 * LEFT_AT);
  const { r } = instantiate({ functions: [{ type: LEAVE, locals: [], code, name: "r" }] });
  return r as () => number;
}

/** Runs a block, or its end. */
type Run = (c: number) => Block | null;
type Imports = Record<string, (...args: any[]) => number>;

/** From one of a region's entries on. */
type RunRegion = (depth: number, back: bigint) => number;

/** A region that has been compiled. */
export interface LoadedRegion {
  readonly facts: RegionFacts;
  /** By guest address. */
  readonly entries: ReadonlyMap<number, RunRegion>;
  /** Physical address of the stamp of the executable pages among which it was found in place. */
  readonly stampAt: number;
}

/** A region ready to run. */
export interface Region extends LoadedRegion {
  readonly pages: readonly RegionPage[];
  /** Code of its pages has changed. */
  isDropped: boolean;
}

/** A block as a region's entry. */
export interface Entered {
  readonly code: BlockCode;
  /** Index in the function table; 0: none. */
  readonly entry: number;
}

export class WasmTier {
  readonly #runtime: Runtime;
  readonly #closures: Closures;
  #fixedImports: WebAssembly.ModuleImports | undefined;
  /** All regions' exits. */
  readonly #links: Link[] = [];
  readonly #ends: Run[] = [];
  /** What an imported function threw: wasm gets a flag instead, so that it can store its registers first. */
  #pending: unknown;
  regions = 0;
  /** Those of them since translations were given up. */
  #made = 0;
  bytes = 0;
  /** Milliseconds spent on making modules. */
  compileMs = 0;
  longestMs = 0;
  /** Why regions came back to JavaScript, how often. */
  readonly exits = { quota: 0, indirect: 0, link: 0, operation: 0 };
  readonly status: ReturnType<typeof statusFunctions>;
  #threaded: ThreadedTier | undefined;

  /** Told of blocks without a region that regions lead to. */
  readonly #left: (block: Block, c: number) => void;

  constructor(runtime: Runtime, closures: Closures, left: (block: Block, c: number) => void) {
    this.#runtime = runtime;
    this.#left = left;
    this.#closures = closures;
    this.status = statusFunctions(PAGES, memory, functionTable);
  }

  /** What all regions import. */
  get #fixed(): WebAssembly.ModuleImports {
    if (this.#fixedImports !== undefined) return this.#fixedImports;
    if (this.#threaded === undefined) functionTable.set(GO_ON, noThreadedCode());
    installNext();
    return this.#fixedImports = {
      ...missFunctions(PAGES, memory, functionTable, this.#slowPaths()),
      [STATUS]: this.status.status,
      [CONDITION]: this.status.condition,
      [SAVED_STATUS]: this.status.saved,
    };
  }

  /** Runs `action`; `failed` when it threw or changed a translation that a window may know. */
  #guarded(action: () => number, failed: number): number {
    const before = translations.changed;
    try {
      const result = action();
      if (translations.changed === before) return result;
      this.#pending = RETRY;
    } catch (e) {
      this.#pending = e;
    }
    return failed;
  }

  #slowPaths(): Imports {
    const H = this.#runtime;
    const probe = (c: number, lo: number, hi: number, size: number, ip: number) =>
      this.#guarded(() => {
        H.probeWrite(c, lo, hi, size, ip);
        return 0;
      }, 1);
    // Nothing is written before all of it can be, and nothing twice.
    const store =
      (size: number, write: (c: number, lo: number, hi: number, v: number, ip: number) => void) =>
      (c: number, lo: number, hi: number, v: number, ip: number) => {
        if (probe(c, lo, hi, size, ip) !== 0) return 1;
        write(c, lo, hi, v, ip);
        return 0;
      };
    return {
      [READ]: (c, lo, hi, size, ip) => this.#guarded(() => H.read(c, lo, hi, size, ip), -1),
      [WRITE8]: store(1, (c, lo, hi, v, ip) => H.write8(c, lo, hi, v, ip)),
      [WRITE16]: store(2, (c, lo, hi, v, ip) => H.write16(c, lo, hi, v, ip)),
      [WRITE32]: store(4, (c, lo, hi, v, ip) => H.write32(c, lo, hi, v, ip)),
      [WRITE64]: (c, lo, hi, v, vh, ip) => {
        if (probe(c, lo, hi, 8, ip) !== 0) return 1;
        H.write64(c, lo, hi, v, vh, ip);
        return 0;
      },
      [WRITE128]: store(16, (c, lo, hi, slot, ip) => H.write128(c, lo, hi, slot, ip)),
      [WRITE256]: store(32, (c, lo, hi, slot, ip) => H.write256(c, lo, hi, slot, ip)),
      [PROBE]: probe,
      [SPAN]: (c, lo, hi, size, ip) => {
        const found = this.#guarded(() => H.span(c, lo, hi, size, ip), -1);
        if (found === NOT_TOGETHER) this.#pending = APART;
        return found;
      },
    };
  }

  /** So many regions that all translations should be given up. */
  get isFull(): boolean {
    return this.#made >= MOST_REGIONS;
  }
  /** All translations have been dropped, and no region is running. */
  clear(): void {
    this.#links.length = this.#ends.length = this.#made = 0;
  }

  /** Compiles a region that is its first block's own code. */
  compile(flow: Flow): Entered {
    const [loaded] = this.load([this.emit(flow)]), { address } = flow.blocks[0]!;
    const region = this.place(loaded!, flow.pages);
    return this.enter(region, address, undefined, addFunction(region.entries.get(address)!));
  }

  /** A region, which other runs may use, too. `without`: bits of the windows that it does without (window_misses.ts). */
  emit(flow: Flow, without = 0): RegionParts {
    const began = performance.now();
    const code = makers.get().emitRegion(flow, without);
    const blocks = [...flow.blocks, ...flow.stubs.values()].map(({ address }) => address),
      pages = flow.pages.map(({ address }) => address);
    this.#took(performance.now() - began);
    return { entries: flow.entries.map((n) => blocks[n]!), own: flow.own, without, blocks, pages, ...code };
  }

  /** Whether so many more can be loaded. */
  hasRoom(regions: number): boolean {
    return this.#made + regions <= STAMP_COUNT;
  }

  /** Compiles regions that call each other, as one module. */
  load(regions: readonly RegionParts[]): LoadedRegion[] {
    const began = performance.now();
    const numbered = regions.map((parts) => this.#number(parts)), bytes = linkRegions(numbered, PAGES);
    const loaded = this.#instantiate(new WebAssembly.Module(bytes), bytes.length, numbered);
    this.#took(performance.now() - began);
    return loaded;
  }

  /** Gives a region its numbers in this run. */
  #number(parts: RegionParts): Numbered {
    const stampAt = STAMPS + 4 * this.#made++;
    I32[stampAt >> 2] = 0;
    const firstLink = this.#links.length, firstEnd = this.#ends.length;
    this.#links.push(...parts.links);
    for (const end of parts.ends) {
      // Few are ever run.
      let run: Run | undefined;
      this.#ends.push((c) => (run ??= this.#closures.single(end) as Run)(c));
    }
    return { parts, firstLink, firstEnd, stampAt };
  }

  #instantiate(module: WebAssembly.Module, bytes: number, regions: readonly Numbered[]): LoadedRegion[] {
    installStubs();
    const imports: WebAssembly.ModuleImports = { ...this.#fixed };
    regions.flatMap(({ parts }) => parts.steps).forEach((o, i) => {
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
    const { exports } = new WebAssembly.Instance(module, {
      m: { m: memory, t: functionTable },
      f: imports,
      g: { [GLOBAL_FUSES]: hostFuses() ? 1 : 0 },
    });
    this.regions += regions.length;
    this.bytes += bytes;
    let next = 0;
    return regions.map(({ parts: { entries, blocks, pages, own, without }, stampAt }) => ({
      facts: { entries, blocks, pages, own, without },
      entries: new Map(entries.map((address) => [address, exports[next++] as RunRegion])),
      stampAt,
    }));
  }

  /** The region whose pages are these. */
  place(region: LoadedRegion, pages: readonly RegionPage[]): Region {
    return { ...region, pages, isDropped: false };
  }

  /** Code of the block at `address` that enters a region; `plain` runs the block where one of the region's pages is another one. `entry`: see Entered. */
  enter(region: Region, address: number, plain: Run | undefined, entry: number): Entered {
    const run = region.entries.get(address)!;
    const enter = (block: Block, c: number) => this.#enter(region, run, plain, block, c);
    return {
      code(this: Block, c: number) {
        return enter(this, c);
      },
      entry,
    };
  }

  #took(ms: number): void {
    this.compileMs += ms;
    this.longestMs = Math.max(this.longestMs, ms);
  }

  /** Runs a region and those it goes on to, and finds the block where it goes on. */
  #enter(region: Region, run: RunRegion, plain: Run | undefined, block: Block, c: number): Block | null {
    if (c !== RUNNING_CPU) throw new Error("regions run on one CPU state only");
    const stamp = I32[c + 2 * EXEC_STAMP]!, at = region.stampAt >> 2;
    if (I32[at] !== stamp) {
      if (region.isDropped || !this.isInPlace(region, c)) return plain!(c);
      I32[at] = stamp;
    }
    if (block.entry !== 0) {
      enterJump(block, stamp);
      nodeStamped(block, stamp);
    }
    I32[c + 2 * QUOTA] -= REGION_QUOTA;
    I32[c + 2 * QUOTA + 1] = 0;
    const result = run(0, NO_CALLER);
    return I32[c + 2 * QUOTA + 1] === 0 ? this.follow(c, result) : this.#threaded!.follow(result);
  }

  /** Threaded code goes on where regions end. */
  useThreaded(tier: ThreadedTier): void {
    this.#threaded = tier;
  }

  /** The block where what a region returned leads. */
  follow(c: number, result: number): Block | null {
    const H = this.#runtime;
    let block: Block;
    const { exits } = this;
    if (result >= 0) {
      exits.link++;
      block = H.linked(c, this.#links[result]!);
    } else if (result <= FIRST_END) {
      exits.operation++;
      return this.#ends[FIRST_END - result]!(c);
    } else {
      const apart = result === FAULTED && this.#pending === APART;
      if (result === FAULTED && !apart && this.#pending !== RETRY) throw this.#pending;
      if (result !== FAULTED && result !== INDIRECT && result !== PAUSED && result !== UNWOUND) {
        throw new Error(`a region returned ${result}`);
      }
      if (result === PAUSED) {
        exits.quota++;
        // It ran many blocks, and the scheduler counts them.
        I32[c + 2 * QUOTA] -= SAMPLE_BLOCKS;
      } else if (result !== FAULTED) exits.indirect++;
      block = H.jump(c, I32[c + 2 * RIP]!, I32[c + 2 * RIP + 1]!);
      if (apart) return this.#withoutRegion(block, c);
    }
    if (this.#threaded !== undefined) enterNode(block);
    if (block.plain === undefined) {
      // The sample that follows a pause says nothing of where the time goes.
      if (result === PAUSED) block.heat--;
      this.#left(block, c);
    }
    return block;
  }

  /** Runs a block that a region has just left in vain. */
  #withoutRegion(block: Block, c: number): Block | null {
    // Where every block is a region, the instruction is run alone.
    if (this.#threaded === undefined) throw CODE_CHANGED;
    return block.plain === undefined ? block : block.plain.call(block, c);
  }

  /** Whether the address space still has the region's pages where they were; enters them in the exec TLB. */
  isInPlace({ pages }: Region, c: number): boolean {
    const { env } = this.#runtime;
    try {
      return pages.every(({ address, addend }) => ((env.page(c, address, EXEC) - address) | 0) === addend);
    } catch (e) {
      if (e !== fault) throw e;
      return false;
    }
  }
}
