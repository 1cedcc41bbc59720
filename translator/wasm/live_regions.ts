// Which regions are there, and which one has a block? Each block should be in one region only, as far as possible: compiling takes long, and
// code that is there twice is twice as cold. So a hot block in the middle of a region becomes another entry of it.

import type { Region } from "./compile.ts";
import { REGION_ENTRIES } from "../tunables.ts";

export class LiveRegions {
  /** By guest address of their own blocks, the latest; regions that have been dropped may still be there. */
  readonly #owners = new Map<number, Region>();

  add(region: Region): void {
    const { blocks, own } = region.facts;
    for (const address of blocks.slice(0, own)) this.#owners.set(address, region);
  }

  /** All of them, and some that are no longer. */
  all(): Set<Region> {
    return new Set(this.#owners.values());
  }

  /** The region that has the block at `address`, which was made from the page with this addend, as one of its own. */
  owner(address: number, addend: number): Region | undefined {
    const region = this.#owners.get(address), page = address - address % 4096;
    if (region === undefined || region.isDropped) return undefined;
    return region.pages.some((p) => p.address === page && p.addend === addend) ? region : undefined;
  }

  /** Entries of other regions that a region at `entry` with these own blocks makes superfluous. */
  covered(entry: number, own: readonly { address: number }[], addendOf: (page: number) => number): number[] {
    const addresses = new Set(own.map(({ address }) => address)), found = new Set<number>();
    for (const address of addresses) {
      const region = this.owner(address, addendOf(address - address % 4096));
      if (region === undefined) continue;
      const { entries } = region.facts;
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
