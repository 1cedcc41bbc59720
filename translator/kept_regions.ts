// The regions of earlier runs. Those that lie near each other in a guest file become one module, in which they call each other directly, when the first of
// them is hot. The host compiles a function of it when it is first called, and optimises it in the background: half a megabyte takes it 2 ms here.

import type { CodeFile } from "./cache/code_file.ts";
import type { RegionParts } from "./cache/region_record.ts";
import { type Env, EXEC, fault } from "./env.ts";
import type { Translator } from "./translate.ts";
import { TOGETHER_WORDS } from "./tunables.ts";
import type { LoadedRegion, Region, WasmTier } from "./wasm/compile.ts";

/** Regions that are compiled together. */
interface Group {
  /** By region, the addresses that it is kept for. */
  readonly entries: readonly (readonly number[])[];
  /** By address, those that are not in use; undefined: they have not been compiled. */
  ready: Map<number, LoadedRegion> | undefined;
}

export class KeptRegions {
  readonly #env: Env;
  readonly #translator: Translator;
  readonly #wasm: WasmTier;
  /** Of files, by address. */
  #groups = new Map<CodeFile, Map<number, Group>>();

  constructor(env: Env, translator: Translator, wasm: WasmTier) {
    this.#env = env;
    this.#translator = translator;
    this.#wasm = wasm;
  }

  /** All translations have been dropped. */
  clear(): void {
    this.#groups = new Map();
  }

  /** The region that an earlier run made for `entry`, if the address space of `c` has all its code. */
  find(entry: number, c: number): Region | undefined {
    const file = this.#translator.codeFile?.(entry);
    if (file === undefined) return undefined;
    const group = this.#groupsOf(file).get(entry), ready = group && (group.ready ??= this.#load(file, group));
    const physical = (page: number) =>
      this.#translator.codeFile!(page) === file ? this.#physical(page, c) : 0;
    const loaded = ready?.get(entry);
    const found = loaded !== undefined
      ? file.hasCode(loaded.facts, physical) && loaded
      : this.#alone(file.findRegion(entry, physical));
    if (!found) return undefined;
    for (const address of found.facts.entries) {
      if (ready?.get(address) === found) ready.delete(address);
    }
    this.#translator.foundRegions++;
    const pages = found.facts.pages.map((address) => ({
      address,
      addend: (physical(address) - address) | 0,
    }));
    return this.#wasm.place(found, pages);
  }

  #alone(parts: RegionParts | undefined): LoadedRegion | undefined {
    return parts && this.#wasm.load([parts])[0];
  }

  #groupsOf(file: CodeFile): Map<number, Group> {
    const known = this.#groups.get(file);
    if (known !== undefined) return known;
    const groups = new Map<number, Group>();
    for (const entries of file.regionGroups(TOGETHER_WORDS)) {
      const group: Group = { entries, ready: undefined };
      for (const entry of entries.flat()) groups.set(entry, group);
    }
    this.#groups.set(file, groups);
    return groups;
  }

  #load(file: CodeFile, { entries }: Group): Map<number, LoadedRegion> {
    const found = entries.map((entries) => ({ entries, parts: file.loadedRegion(entries) }))
      .filter(({ parts }) => parts !== undefined);
    const ready = new Map<number, LoadedRegion>();
    if (!this.#wasm.hasRoom(found.length)) return ready;
    const regions = this.#wasm.load(found.map(({ parts }) => parts!));
    regions.forEach((region, n) => {
      for (const entry of found[n]!.entries) ready.set(entry, region);
    });
    return ready;
  }

  /** Physical address of a page; 0: there is none, or no code on it. */
  #physical(page: number, c: number): number {
    try {
      return this.#env.page(c, page, EXEC);
    } catch (e) {
      if (e !== fault) throw e;
      return 0;
    }
  }
}
