// What did a run do? The counters of all parts as a table, for `--stats`.

import type { Dispatcher } from "../../translator/dispatch.ts";
import { frames } from "../mm/frames.ts";
import { syscallCounts, syscallRow, unknownCalls } from "../syscalls/dispatch.ts";
import { HotRegions } from "../trace/hot_regions.ts";
import { stats, unimplemented } from "../trace/stats.ts";
import type { Instance } from "./instance.ts";

/** Rows of why something came back to JavaScript. */
function exits(what: string, counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts).map(([cause, count]) => [`exits of ${what}: ${cause}`, count]);
}

/** Begins to note what is not counted otherwise. */
export function watch(dispatcher: Dispatcher): HotRegions {
  return new HotRegions(dispatcher);
}

/** Lines of count and name; what did not happen is left out. */
export function statsReport(
  instance: Instance,
  { cache, counters, translator }: Dispatcher,
  hot: HotRegions,
): string {
  const { pids, scheduler } = instance;
  const rows: [string, number][] = [
    ["blocks translated", translator.blocks],
    ["instructions translated", translator.instructions],
    ["blocks of earlier runs", translator.found + cache.found],
    ["regions of earlier runs", translator.foundRegions],
    ["shapes of operations in JavaScript", counters.factories],
    ["shapes of operations as threaded code", counters.handlers],
    ["wasm regions", counters.regions],
    ["bytes of wasm", counters.wasmBytes],
    ["ms of making regions", Math.round(counters.compileMs)],
    ["ms of the one that took longest", Math.round(counters.longestMs)],
    ...exits("regions", counters.regionExits),
    ...exits("threaded code", counters.threadedExits),
    ["pages whose code was dropped", cache.invalidations],
    ["TLB misses", stats.tlbMisses],
    ["page faults", stats.pageFaults],
    ["pages copied on write", stats.copiesOnWrite],
    ["frames in use at the end", frames.used],
    ["processes and threads made", pids.forks],
    ["context switches", scheduler.contextSwitches],
    ["ms busy", Math.round(scheduler.busyNs / 1e6)],
    ["ms idle", Math.round(scheduler.idleNs / 1e6)],
  ];
  const calls: [string, number][] = [];
  syscallCounts.forEach((count, nr) => calls.push([`calls of ${syscallRow(nr)?.name ?? nr}`, count]));
  calls.sort((a, b) => b[1] - a[1]);
  const missing: [string, number][] = [
    ...[...unimplemented].map(([name, count]): [string, number] => [`not implemented: ${name}`, count]),
    ...[...unknownCalls].map(([nr, count]): [string, number] => [`unknown call ${nr}`, count]),
  ];
  return [...rows, ...hot.rows(), ...calls, ...missing].filter(([, count]) => count > 0)
    .map(([name, count]) => `${String(count).padStart(12)}  ${name}\n`).join("");
}
