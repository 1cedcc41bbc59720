// Runs batches of the fuzzer: natively once, then in each tier. A case that is not the same at once is run natively again with a trace, and judged.

import type { Tier } from "../in_process.ts";
import * as C from "./case.ts";
import { DenixRunner } from "./denix.ts";
import { makeBatch } from "./generate.ts";
import { describe, judge, same, stepsOf } from "./judge.ts";
import { NativeRunner } from "./native.ts";

export interface FuzzOutcome {
  readonly cases: number;
  /** Cases whose result the architecture leaves open, by reason. */
  readonly open: Map<string, number>;
  readonly differences: number;
  /** Texts for a person. */
  readonly reports: string[];
}

/** One batch in one tier. `expected` is what the CPU made of it. */
export async function fuzzBatch(
  batch: C.Batch,
  expected: Uint8Array<ArrayBuffer>,
  native: NativeRunner,
  runner: DenixRunner,
  tier: Tier,
  reports: number,
): Promise<FuzzOutcome> {
  const actual = runner.run(batch);
  const open = new Map<string, number>(), texts: string[] = [];
  const view = (bytes: Uint8Array<ArrayBuffer>, i: number) =>
    new DataView(bytes.buffer, bytes.byteOffset + C.RESULT_BYTES * i, C.RESULT_BYTES);
  const suspects: number[] = [];
  for (let i = 0; i < batch.count; i++) if (!same(view(expected, i), view(actual, i))) suspects.push(i);
  let differences = 0;
  if (suspects.length > 0) {
    const again = pick(batch, suspects);
    const traced = await native.run(again, true);
    suspects.forEach((i, n) => {
      const steps = stepsOf(view(traced.results, n), traced.steps, n);
      const verdict = judge(view(expected, i), view(actual, i), steps);
      if (verdict.kind === "open") open.set(verdict.reason, (open.get(verdict.reason) ?? 0) + 1);
      if (verdict.kind !== "differs") return;
      if (differences++ < reports) {
        texts.push(
          `tier ${tier}, ${describe(batch, i, view(expected, i), view(actual, i), steps, verdict.fields)}`,
        );
      }
    });
  }
  return { cases: batch.count, open, differences, reports: texts };
}

/** Some cases of a batch. */
function pick(batch: C.Batch, indexes: readonly number[]): C.Batch {
  const cases = new Uint8Array(C.CASE_BYTES * indexes.length);
  indexes.forEach((i, n) =>
    cases.set(batch.cases.subarray(C.CASE_BYTES * i, C.CASE_BYTES * (i + 1)), C.CASE_BYTES * n)
  );
  return { ...batch, cases, count: indexes.length };
}

export interface FuzzOptions {
  readonly seed: number;
  readonly seeds: number;
  readonly cases: number;
  readonly reports: number;
  readonly tiers: readonly Tier[];
}

/** Many batches: prints as it goes; the number of differences. */
export async function fuzz(options: FuzzOptions): Promise<number> {
  const native = await NativeRunner.create();
  try {
    return await fuzzWith(native, options);
  } finally {
    native.remove();
  }
}

async function fuzzWith(native: NativeRunner, options: FuzzOptions): Promise<number> {
  const open = new Map<string, number>();
  let differences = 0, cases = 0;
  const runners = new Map<Tier, DenixRunner>();
  for (const tier of options.tiers) runners.set(tier, await DenixRunner.create(tier));
  for (let seed = options.seed; seed < options.seed + options.seeds; seed++) {
    const batch = makeBatch(seed, options.cases), { results } = await native.run(batch);
    for (const tier of options.tiers) {
      const runner = runners.get(tier)!;
      const outcome = await fuzzBatch(batch, results, native, runner, tier, options.reports);
      runner.release();
      cases += outcome.cases;
      differences += outcome.differences;
      for (const [reason, n] of outcome.open) open.set(reason, (open.get(reason) ?? 0) + n);
      for (const report of outcome.reports) console.log(report);
    }
  }
  console.log(`fuzz: ${cases} cases, ${differences} differences`);
  for (const [reason, n] of [...open].sort((a, b) => b[1] - a[1])) console.log(`  open ${n}: ${reason}`);
  return differences;
}
