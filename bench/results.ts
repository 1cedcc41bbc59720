// Figures of a benchmark from its samples, and of a group from its benchmarks.

import type { Sample } from "./measure.ts";
import { geometricMean, median } from "./statistics.ts";
import type { Group } from "./suite.ts";

export interface Result {
  samples: Sample[];
  /** It did not run to its end, or its output differed: there is no figure. */
  failure?: string;
}

export interface Row {
  group: Group;
  name: string;
  /** The figure is the time of one operation. */
  each: boolean;
  /** By name of the side. */
  results: Map<string, Result>;
}

/** The figure of the table in ms: wall time, or the time of one operation. */
export function figure(row: Row, side: string): number | undefined {
  return medianOf(
    row,
    side,
    ({ wallMs, own }) => !row.each ? wallMs : own === undefined ? undefined : own.ms / own.units,
  );
}

/** The same in ms without start-up: by the program's own clock, or less what /bin/true takes (`startMs`). */
export function withoutStart(row: Row, side: string, startMs: number | undefined): number | undefined {
  if (row.group === "start" || row.each) return undefined;
  return medianOf(row, side, ({ wallMs, own }) => {
    if (own !== undefined) return own.ms;
    return startMs === undefined || wallMs <= startMs ? undefined : wallMs - startMs;
  });
}

export function peakMiB(row: Row, side: string): number | undefined {
  return medianOf(row, side, ({ peakMiB }) => peakMiB);
}

export function ratio(value: number | undefined, base: number | undefined): number | undefined {
  return value === undefined || base === undefined || base <= 0 ? undefined : value / base;
}

/** Geometric mean of the ratios of rows that have both figures. */
export function meanRatio(
  rows: readonly Row[],
  of: (row: Row, side: string) => number | undefined,
  side: string,
  base: string,
): number | undefined {
  const ratios = rows.map((row) => ratio(of(row, side), of(row, base))).filter((value) =>
    value !== undefined
  );
  return geometricMean(ratios.filter((value) => value > 0));
}

function medianOf(row: Row, side: string, of: (sample: Sample) => number | undefined): number | undefined {
  const result = row.results.get(side);
  if (result === undefined || result.failure !== undefined) return undefined;
  const values = result.samples.map(of).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}
