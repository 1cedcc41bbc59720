// Do the translator's tiers do what the CPU does? Fixed seeds of every group; tests/isa/run.ts takes any.

import { assertEquals } from "@std/assert";
import { GROUPS } from "./groups.ts";
import { InProcess, type Tier, TIERS } from "./in_process.ts";
import { noOracleFor, runOracle } from "./oracle.ts";
import { check } from "./run.ts";
import { makeSuite, type Suite } from "./suite.ts";

/** An even seed is laid out high, an odd one low. */
const SEEDS = [20, 21, 22, 23];
const SNIPPETS = 600;

const processes = new Map<Tier, InProcess>();
async function processOf(tier: Tier): Promise<InProcess> {
  let process = processes.get(tier);
  if (process === undefined) processes.set(tier, process = await InProcess.create(tier));
  return process;
}

const oracles = new Map<string, { suite: Suite; expected: Uint8Array }>();
async function oracleOf(group: string, seed: number): Promise<{ suite: Suite; expected: Uint8Array }> {
  const key = `${group} ${seed}`;
  let known = oracles.get(key);
  if (known === undefined) {
    const suite = makeSuite(group, seed, SNIPPETS);
    oracles.set(key, known = { suite, expected: await runOracle(suite) });
  }
  return known;
}

for (const [group, definition] of Object.entries(GROUPS)) {
  const reason = noOracleFor(definition);
  for (const tier of TIERS) {
    Deno.test({
      name: `isa ${group}, tier ${tier}${reason ? ` (skipped: ${reason})` : ""}`,
      ignore: reason !== undefined,
      fn: async () => {
        for (const seed of SEEDS) {
          const { suite, expected } = await oracleOf(group, seed);
          const outcome = await check(suite, expected, await processOf(tier), 1);
          assertEquals(outcome.mismatches, 0, outcome.reports.join("\n"));
        }
      },
    });
  }
}
