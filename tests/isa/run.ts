// deno task isa [--seed N] [--seeds M] [--cases K] [--groups a,b] [--tier threaded|closure|js|wasm|region|all] [--whole] [--fuzz]
//
// Random instruction programs, compared with the CPU it runs on. `--cases` counts snippets for each group (eight inputs each),
// `--seeds` runs that many seeds from `--seed` on. By default the translator is driven directly; with `--whole` each program runs
// as a whole through mod.ts. `--fuzz` feeds random and changed bytes instead (fuzz/), `--cases` of them for each seed. `--keep` leaves the programs of failing suites in /tmp.

import { parseArgs } from "@std/cli/parse-args";
import { compareRecords, type Mismatch } from "./compare.ts";
import { fuzz } from "./fuzz/fuzz.ts";
import { noFuzzOracle } from "./fuzz/native.ts";
import { GROUPS } from "./groups.ts";
import { InProcess, type Tier, TIERS } from "./in_process.ts";
import * as L from "./layout.ts";
import { minimise } from "./minimise.ts";
import { capture, noOracle, runOracle, writeProgram } from "./oracle.ts";
import { describe } from "./report.ts";
import { makeSuite, type Suite } from "./suite.ts";

export interface Outcome {
  cases: number;
  mismatches: number;
  /** Texts for a person, the first few of them. */
  reports: string[];
}

const REPORTS = 3;

/** Runs one suite in the given way and reports how it compares. */
export async function check(
  suite: Suite,
  expected: Uint8Array,
  process: InProcess,
  reports = REPORTS,
): Promise<Outcome> {
  const actual = process.run(suite);
  const mismatches = compareRecords(suite, expected, actual);
  const outcome: Outcome = {
    cases: suite.snippets.length * suite.runsPerSnippet,
    mismatches: mismatches.length,
    reports: [],
  };
  for (const m of mismatches.slice(0, reports)) {
    const small = await minimise(suite, m, process);
    outcome.reports.push(
      small
        ? describe(small.suite, small.expected, small.actual, small.mismatch)
        : `(only after the cases before it)\n${describe(suite, expected, actual, m)}`,
    );
  }
  return outcome;
}

async function checkWhole(suite: Suite, expected: Uint8Array, tier: Tier): Promise<Outcome> {
  const program = writeProgram(suite);
  const main = new URL("../../mod.ts", import.meta.url).pathname;
  try {
    const actual = await capture(Deno.execPath(), ["run", "-A", main, "--tier", tier, program], suite);
    const mismatches: Mismatch[] = compareRecords(suite, expected, actual);
    return {
      cases: expected.length / L.recordBytes(suite.kind),
      mismatches: mismatches.length,
      reports: mismatches.slice(0, REPORTS).map((m) => describe(suite, expected, actual, m)),
    };
  } catch (e) {
    return { cases: 0, mismatches: 1, reports: [String(e)] };
  } finally {
    Deno.removeSync(program);
  }
}

async function main(): Promise<void> {
  const args = parseArgs(Deno.args, {
    string: ["seed", "seeds", "cases", "groups", "tier", "reports"],
    boolean: ["whole", "keep", "fuzz"],
    default: {
      seed: "1",
      seeds: "1",
      cases: "1000",
      groups: Object.keys(GROUPS).join(","),
      tier: "all",
      reports: "3",
    },
  });
  if (noOracle) {
    console.error(`isa: ${noOracle}`);
    Deno.exit(2);
  }
  const tiers = args.tier === "all" ? TIERS : [args.tier as Tier];
  if (args.fuzz) {
    if (noFuzzOracle) {
      console.error(`isa: ${noFuzzOracle}`);
      Deno.exit(2);
    }
    const [seed, seeds, cases, reports] = [+args.seed, +args.seeds, +args.cases, +args.reports];
    Deno.exit(await fuzz({ seed, seeds, cases, reports, tiers }) === 0 ? 0 : 1);
  }
  let failed = 0, passed = 0;
  const processes = new Map<Tier, InProcess>();
  if (!args.whole) { for (const tier of tiers) processes.set(tier, await InProcess.create(tier)); }
  for (const group of String(args.groups).split(",")) {
    for (let seed = +args.seed; seed < +args.seed + +args.seeds; seed++) {
      const suite = makeSuite(group, seed, +args.cases);
      const expected = await runOracle(suite);
      for (const tier of tiers) {
        const start = performance.now();
        const outcome = args.whole
          ? await checkWhole(suite, expected, tier)
          : await check(suite, expected, processes.get(tier)!, +args.reports);
        const ms = performance.now() - start;
        const verdict = outcome.mismatches
          ? `${outcome.mismatches} of ${suite.snippets.length} snippets DIFFER`
          : "same";
        console.log(
          `${group.padEnd(9)} seed ${seed} ${tier.padEnd(8)} ${outcome.cases} cases in ${
            ms.toFixed(0)
          } ms: ${verdict}`,
        );
        for (const report of outcome.reports) console.log(report);
        if (outcome.mismatches) failed++;
        else passed++;
        if (outcome.mismatches && args.keep) console.log(writeProgram(suite));
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  Deno.exit(failed ? 1 : 0);
}

if (import.meta.main) await main();
