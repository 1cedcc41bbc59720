// What becomes a region? The function or loop that a hot block belongs to, as far as it has run: made anew, or as an earlier run made it.

import type { Block } from "./cache/block.ts";
import type { CodeCache } from "./cache/code_cache.ts";
import type { RegionParts, RegionPlaces } from "./cache/region_record.ts";
import type { Env } from "./env.ts";
import { KeptRegions } from "./kept_regions.ts";
import { makers } from "./late.ts";
import { nodeChanged } from "./threaded/node.ts";
import type { Translator } from "./translate.ts";
import { ENTRY_SAMPLES, HOT_SAMPLES, OFTEN, REGION_ENTRIES } from "./tunables.ts";
import type { Region, WasmTier } from "./wasm/compile.ts";
import type { RegionPage, Source } from "./wasm/flow.ts";
import { addFunction, replaceFunction } from "./wasm/jump_table.ts";
import { LiveRegions } from "./wasm/live_regions.ts";
import { WindowMisses } from "./wasm/window_misses.ts";

export class Promoter {
  readonly #cache: CodeCache;
  readonly #translator: Translator;
  readonly #wasm: WasmTier;
  readonly #regions = new LiveRegions();
  readonly #kept: KeptRegions;
  readonly #misses = new WindowMisses();
  /** Called with each block that gets a region. */
  onRegion: ((block: Block) => void) | undefined;

  constructor(env: Env, cache: CodeCache, translator: Translator, wasm: WasmTier) {
    this.#cache = cache;
    this.#translator = translator;
    this.#wasm = wasm;
    this.#kept = new KeptRegions(env, translator, wasm);
  }

  /** All translations have been dropped. */
  clear(): void {
    this.#regions.clear();
    this.#kept.clear();
  }

  /**
   * Gives a hot block a region of its own, from IR made anew. `all`: with code that has not run yet, but of its page only (for tests; it
   * is what the tier `wasm` does with every block).
   */
  promote(block: Block, c: number, all = false): void {
    if (block.frame2 !== 0 || Number.isNaN(block.addend) || block.plain !== undefined) return;
    const { address, addend } = block;
    if (all) {
      const source = wholePage(this.#translator, this.#cache, address, block.frame * 4096);
      const others = [...source.known(0)].filter((other) => other !== address);
      const flow = makers.get().findRegion([address, ...others.slice(0, REGION_ENTRIES - 1)], source);
      if (flow === undefined) return;
      const parts = this.#wasm.emit(flow);
      this.#make(parts, flow.pages, c);
      return;
    }
    const owner = this.#regions.owner(address, addend);
    if (owner?.entries.has(address)) return this.#attach(block, owner);
    const kept = this.#kept.find(address, c);
    if (kept !== undefined) {
      return this.#install(kept, this.#known(kept.facts, c).filter(({ plain }) => plain === undefined));
    }
    if (owner === undefined) return this.#compileAround(block, c);
    const { entries, without } = owner.facts;
    if (entries.length >= REGION_ENTRIES || !this.#wasm.isInPlace(owner, c)) {
      this.#compile([address], c);
    } else if (block.heat >= ENTRY_SAMPLES) this.#compile([...entries, address], c, without);
  }

  /** Windows of regions have missed often: makes some regions anew without them. */
  giveUpWindows(c: number): void {
    for (const [region, without] of this.#misses.judge(this.#regions.all())) {
      const { entries } = region.facts,
        entry = entries[0]!,
        page = entry - entry % 4096,
        physical = this.#cache.present(c, page);
      // It may be another address space's, or no longer the latest.
      if (physical === 0 || this.#regions.owner(entry, (physical - page) | 0) !== region) continue;
      if (this.#wasm.isInPlace(region, c)) this.#compile(entries, c, without);
    }
  }

  /** Makes a region for a hot block that is in none. */
  #compileAround({ address: hot, addend }: Block, c: number): void {
    // Who is hot asks again.
    if (!makers.ready) return;
    const { naturalEntry } = makers.get();
    const source = this.#ofCache(c);
    const known = (at: number) => this.#cache.known(at, source.physical(at - at % 4096));
    const entry = naturalEntry(hot, source, (at) => known(at)!.heat >= HOT_SAMPLES * OFTEN);
    if (entry !== hot && known(entry)?.plain === undefined) {
      this.#compile([entry], c);
      if (this.#regions.owner(hot, addend) !== undefined) return;
    }
    this.#compile([hot], c);
  }

  /** Makes a region with these entries, the last of which has been found hot, and with those of regions that it contains. */
  #compile(entries: readonly number[], c: number, without = 0): void {
    // Who is hot asks again.
    if (!makers.ready) return;
    const { findRegion } = makers.get(), source = this.#ofCache(c), hot = entries[entries.length - 1]!;
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
    const parts = this.#wasm.emit(flow, without);
    this.#translator.keepHot(hot);
    this.#translator.keepRegion(parts);
    this.#make(parts, flow.pages, c);
  }

  /** The blocks at a region's entries. */
  #known({ entries }: RegionPlaces, c: number): Block[] {
    const cache = this.#cache, found: Block[] = [];
    for (const address of entries) {
      const page = cache.present(c, address), block = page === 0 ? undefined : cache.known(address, page);
      if (block !== undefined && block.frame2 === 0) found.push(block);
    }
    return found;
  }

  #make(parts: RegionParts, pages: readonly RegionPage[], c: number): void {
    const [loaded] = this.#wasm.load([parts]);
    this.#install(this.#wasm.place(loaded!, pages), this.#known(parts, c));
  }

  /** From now on these blocks, at entries of the region, are run by it. */
  #install(region: Region, blocks: readonly Block[]): void {
    this.#cache.holds(region);
    for (const block of blocks) this.#attach(block, region);
    this.#regions.add(region);
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
    this.#cache.contains(block, region);
  }

  /** What has been translated in the address space of `c`. */
  #ofCache(c: number): Source {
    const cache = this.#cache, translator = this.#translator;
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
}

/** All blocks that lie on the page of `block` as a whole. `page`: its physical address. */
export function wholePage(translator: Translator, cache: CodeCache, block: number, page: number): Source {
  const first = block - block % 4096;
  return {
    lower: (address) => {
      if (address < first || address >= first + 4096) return undefined;
      const ir = translator.lower(address, page, () => 0, false);
      return ir.crossing ? undefined : ir;
    },
    physical: () => page,
    known: () => cache.addresses(first, page),
  };
}
