// All counters of the kernel in one place. Whoever does a thing counts it here, unless the part that does it keeps its own
// count for other reasons; `--stats` (session/stats_report.ts) puts them together.

export interface Counters {
  /** Accesses and fetches that the TLBs could not answer. */
  tlbMisses: number;
  /** Those that had to bring or change a page. */
  pageFaults: number;
  /** Pages copied because they were shared when written to. */
  copiesOnWrite: number;
}

export const stats: Counters = { tlbMisses: 0, pageFaults: 0, copiesOnWrite: 0 };

/** Calls answered with ENOSYS because nothing is there, by name. */
export const unimplemented: Map<string, number> = new Map();

export function countUnimplemented(name: string): void {
  unimplemented.set(name, (unimplemented.get(name) ?? 0) + 1);
}
