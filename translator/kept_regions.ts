// The regions of earlier runs. Those that lie near each other in a guest file become one module, in which they call each other directly; it is compiled in
// the background when the first of them is hot.

import type { CodeFile } from "./cache/code_file.ts";
import { type Env, EXEC, fault } from "./env.ts";
import type { Translator } from "./translate.ts";
import { AT_ONCE_BYTES, TOGETHER_WORDS } from "./tunables.ts";
import type { LoadedRegion, Region, WasmTier } from "./wasm/compile.ts";

/** Regions that are compiled together. */
interface Group {
  /** By region, the addresses that it is kept for. */
  readonly entries: readonly (readonly number[])[];
  isAsked: boolean;
  /** By address, those that have been compiled and are not in use; undefined: not yet. */
  ready: Map<number, LoadedRegion> | undefined;
}

/** There is a region, but it is being compiled: to be asked for again. */
export const SOON = Symbol("being compiled");

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
  find(entry: number, c: number): Region | typeof SOON | undefined {
    const file = this.#translator.codeFile?.(entry);
    if (file === undefined) return undefined;
    const group = this.#groupsOf(file).get(entry);
    if (group !== undefined && !group.isAsked) this.#load(file, group);
    if (group !== undefined && group.ready === undefined) return SOON;
    const ready = group?.ready;
    const physical = (page: number) =>
      this.#translator.codeFile!(page) === file ? this.#physical(page, c) : 0;
    const loaded = ready?.get(entry);
    const found = loaded !== undefined
      ? file.hasCode(loaded.parts, physical) && loaded
      : this.#alone(file.findRegion(entry, physical));
    if (!found) return undefined;
    for (const address of found.parts.entries) {
      if (ready?.get(address) === found) ready.delete(address);
    }
    this.#translator.foundRegions++;
    const pages = found.parts.pages.map((address) => ({
      address,
      addend: (physical(address) - address) | 0,
    }));
    return this.#wasm.place(found, pages);
  }

  #alone(parts: LoadedRegion["parts"] | undefined): LoadedRegion | undefined {
    return parts && this.#wasm.load([parts])[0];
  }

  #groupsOf(file: CodeFile): Map<number, Group> {
    const known = this.#groups.get(file);
    if (known !== undefined) return known;
    const groups = new Map<number, Group>();
    for (const entries of file.regionGroups(TOGETHER_WORDS)) {
      const group: Group = { entries, isAsked: false, ready: undefined };
      for (const entry of entries.flat()) groups.set(entry, group);
    }
    this.#groups.set(file, groups);
    return groups;
  }

  #load(file: CodeFile, group: Group): void {
    group.isAsked = true;
    const found = group.entries.map((entries) => ({ entries, parts: file.loadedRegion(entries) }))
      .filter(({ parts }) => parts !== undefined);
    const parts = found.map(({ parts }) => parts!);
    const done = (regions: readonly LoadedRegion[]) => {
      group.ready = new Map();
      regions.forEach((region, n) => {
        for (const entry of found[n]!.entries) group.ready!.set(entry, region);
      });
    };
    if (!this.#wasm.hasRoom(parts.length)) return done([]);
    if (parts.reduce((sum, { code }) => sum + code.length, 0) <= AT_ONCE_BYTES) {
      return done(this.#wasm.load(parts));
    }
    // What cannot be compiled together is compiled alone, where it is hot.
    this.#wasm.loadLater(parts).then(done, () => done([]));
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
