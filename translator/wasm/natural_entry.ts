// Where should the region begin that a hot block belongs to? Sampling finds any block of a hot function or loop first. A region that begins where the
// function does can be called, has the function's loops as they are, and need not be entered anywhere else.

import type { IrBlock } from "../ir/block.ts";
import { jumps, last, returnAddress, type Source } from "./flow.ts";
import { ENTRY_REACH } from "../tunables.ts";

/**
 * The block from which the one at `hot` is reached without calls, as far as the code on its page that has run shows: the first of its function, if
 * `runsOften` says so of it, else that of the outermost loop around the hot one; else the hot one itself.
 */
export function naturalEntry(hot: number, source: Source, runsOften: (address: number) => boolean): number {
  const before = new Map<number, number[]>(), after = new Map<number, number[]>();
  for (const address of source.known(hot - hot % 4096)) {
    if (Math.abs(address - hot) > ENTRY_REACH) continue;
    const block = source.lower(address);
    if (block === undefined) continue;
    const next = followers(block);
    after.set(address, next);
    for (const to of next) {
      const list = before.get(to);
      if (list === undefined) before.set(to, [address]);
      else list.push(address);
    }
  }
  const above = reach(hot, before), below = reach(hot, after);
  const first = [...above].filter((address) => address !== hot && !before.has(address) && runsOften(address));
  if (first.length > 0) return Math.min(...first);
  // The loop: what leads to the hot block and comes from it.
  if (!(after.get(hot) ?? []).some((to) => above.has(to))) return hot;
  const ways = [...above].filter((address) =>
    below.has(address) && before.get(address)!.some((from) => !below.has(from))
  );
  return ways.includes(hot) || ways.length === 0 ? hot : Math.min(...ways);
}

/** Where a block leads within its function. */
function followers(block: IrBlock): number[] {
  const end = last(block), back = returnAddress(end);
  return back === undefined ? jumps(end).map(({ address }) => address) : [back];
}

/** What is reached from `start`, itself included. */
function reach(start: number, next: ReadonlyMap<number, readonly number[]>): Set<number> {
  const seen = new Set([start]);
  for (const at of seen) for (const to of next.get(at) ?? []) seen.add(to);
  return seen;
}
