// Which regions are there, and which one has a block? Each block should be in one region only, as far as possible: compiling takes long, and
// code that is there twice is twice as cold. So a hot block in the middle of a region becomes another entry of it.

import type { Region } from "./compile.ts";
import { REGION_ENTRIES } from "../tunables.ts";

/** Tells what stays the same as long as no code on the page at a physical address is dropped. */
export type Generation = (page: number) => unknown;

export interface LiveRegion {
  readonly region: Region;
  /** Guest addresses. */
  readonly entries: readonly number[];
  /** Bits of the windows that it does without (window_misses.ts). */
  readonly without: number;
  /** By page. */
  readonly generations: readonly unknown[];
}

export class LiveRegions {
  readonly #generation: Generation;
  /** By guest address of their own blocks, the latest; regions that have been dropped may still be there. */
  readonly #owners = new Map<number, LiveRegion>();

  constructor(generation: Generation) {
    this.#generation = generation;
  }

  add(region: Region): LiveRegion {
    const { entries, blocks, own, without } = region.facts;
    const generations = region.pages.map(({ address, addend }) => this.#generation(address + addend | 0));
    const live = { region, entries, without, generations };
    for (const address of blocks.slice(0, own)) this.#owners.set(address, live);
    return live;
  }

  /** All of them, and some that are no longer. */
  all(): Set<LiveRegion> {
    return new Set(this.#owners.values());
  }

  /** The region that has the block at `address`, which was made from the page with this addend, as one of its own. */
  owner(address: number, addend: number): LiveRegion | undefined {
    const live = this.#owners.get(address);
    if (live === undefined) return undefined;
    const { pages } = live.region, page = address - address % 4096;
    if (!pages.some((p) => p.address === page && p.addend === addend)) return undefined;
    const isThere = pages.every(({ address, addend }, n) =>
      this.#generation(address + addend | 0) === live.generations[n]
    );
    return isThere ? live : undefined;
  }

  /** Entries of other regions that a region at `entry` with these own blocks makes superfluous. */
  covered(entry: number, own: readonly { address: number }[], addendOf: (page: number) => number): number[] {
    const addresses = new Set(own.map(({ address }) => address)), found = new Set<number>();
    for (const address of addresses) {
      const live = this.owner(address, addendOf(address - address % 4096));
      if (live === undefined) continue;
      const { entries } = live;
      if (entries.every((e) => addresses.has(e)) && found.size + entries.length < REGION_ENTRIES) {
        for (const e of entries) if (e !== entry) found.add(e);
      }
    }
    return [...found];
  }

  clear(): void {
    this.#owners.clear();
  }
}
