// Is fused multiply-add exact on hosts that do not fuse? The group `fma` in regions made as if this one did not.

import { assertEquals } from "@std/assert";
import { assumeFuses } from "../../translator/wasm/fused.ts";
import { GROUPS } from "./groups.ts";
import { InProcess } from "./in_process.ts";
import { noOracleFor, runOracle } from "./oracle.ts";
import { check } from "./run.ts";
import { makeSuite } from "./suite.ts";

const reason = noOracleFor(GROUPS["fma"]!);
for (const fuses of [false, undefined]) {
  for (const tier of ["region", "threaded"] as const) {
    Deno.test({
      name: `isa fma, tier ${tier}, host ${fuses === false ? "that does not fuse" : "as it is"}${
        reason ? ` (skipped: ${reason})` : ""
      }`,
      ignore: reason !== undefined,
      fn: async () => {
        assumeFuses(fuses);
        try {
          const process = await InProcess.create(tier);
          for (const seed of [30, 31]) {
            const suite = makeSuite("fma", seed, 400);
            const outcome = await check(suite, await runOracle(suite), process, 1);
            assertEquals(outcome.mismatches, 0, outcome.reports.join("\n"));
          }
        } finally {
          assumeFuses(undefined);
        }
      },
    });
  }
}
