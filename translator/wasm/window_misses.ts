// Which windows do more harm than good? An access that goes back and forth between extents costs a call at each turn (miss.ts), several
// times what looking into the TLB costs. Where misses take a good part of the time, the regions with the windows that miss most are made anew without them.

import { MISSES_LEFT } from "../env.ts";
import { I32, WINDOW_BYTES, WINDOW_COUNT, WINDOWS } from "../ram.ts";
import { CROWDED_MISSES, CROWDED_MS, CROWDED_ROUNDS, REMADE_AT_ONCE } from "../tunables.ts";
import type { Region } from "./compile.ts";
import { MISSES, MOST_WINDOWS, windowAt } from "./windows.ts";

/** I32 index of the count of misses that nobody need know of. */
const LEFT = WINDOWS / 4 + MISSES_LEFT;
I32[LEFT] = CROWDED_MISSES;

/** Whether there have been so many misses that {@link WindowMisses.judge} should have a look. */
export function missesAreMany(): boolean {
  return I32[LEFT]! <= 0;
}

export class WindowMisses {
  #last = 0;
  #rounds = 0;

  /** Begins to count anew. Which of these regions should be made anew, without which windows. */
  judge(regions: Iterable<Region>): [region: Region, without: number][] {
    I32[LEFT] = CROWDED_MISSES;
    const misses = takeCounts(), now = performance.now();
    this.#rounds = now - this.#last < CROWDED_MS ? this.#rounds + 1 : 0;
    this.#last = now;
    if (this.#rounds < CROWDED_ROUNDS) return [];
    const found: { region: Region; without: number; count: number }[] = [];
    for (const region of regions) {
      let { without } = region.facts, count = 0;
      for (let n = 0; n < MOST_WINDOWS; n++) {
        const at = (writable: boolean) => misses.get(windowAt(region.facts.entries[0]!, n, writable)) ?? 0;
        const missed = at(false) + at(true);
        if (missed === 0 || (without >> n & 1) !== 0) continue;
        without |= 1 << n;
        count += missed;
      }
      if (count > 0) found.push({ region, without, count });
    }
    found.sort((a, b) => b.count - a.count);
    return found.slice(0, REMADE_AT_ONCE).map(({ region, without }) => [region, without]);
  }
}

/** Misses by window, of those that have a good share; all start again at 0. */
function takeCounts(): Map<number, number> {
  const misses = new Map<number, number>();
  for (let at = WINDOWS; at < WINDOWS + WINDOW_COUNT * WINDOW_BYTES; at += WINDOW_BYTES) {
    const count = I32[at / 4 + MISSES]!;
    if (count > CROWDED_MISSES / 256) misses.set(at, count);
    I32[at / 4 + MISSES] = 0;
  }
  return misses;
}
