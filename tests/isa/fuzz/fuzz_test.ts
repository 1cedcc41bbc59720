// Whatever bytes are fed as code, does what happens on the CPU happen in every tier? Fixed seeds; `deno task isa --fuzz` takes any.

import { assertEquals } from "@std/assert";
import { type Tier, TIERS } from "../in_process.ts";
import { DenixRunner } from "./denix.ts";
import { fuzzBatch } from "./fuzz.ts";
import { makeBatch } from "./generate.ts";
import { NativeRunner, noFuzzOracle } from "./native.ts";

/** An even seed is laid out high, an odd one low. */
const SEEDS = [1, 2];
/** Making wasm of each block takes longer than running it. */
const CASES: Readonly<Record<Tier, number>> = {
  threaded: 1000,
  closure: 1000,
  js: 300,
  wasm: 100,
  region: 100,
};

for (const tier of TIERS) {
  Deno.test({
    name: `isa fuzz, tier ${tier}${noFuzzOracle ? ` (skipped: ${noFuzzOracle})` : ""}`,
    ignore: noFuzzOracle !== undefined,
    fn: async () => {
      const native = await NativeRunner.create(), runner = await DenixRunner.create(tier);
      try {
        for (const seed of SEEDS) {
          const batch = makeBatch(seed, CASES[tier]), { results } = await native.run(batch);
          const { differences, reports } = await fuzzBatch(batch, results, native, runner, tier, 3);
          assertEquals(differences, 0, reports.join("\n"));
        }
      } finally {
        runner.release();
        native.remove();
      }
    },
  });
}
