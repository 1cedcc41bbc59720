// Scripts of the host's shell in which one program is native or in denix.

import {
  type Case,
  compareTwice,
  denixCommand,
  ENVIRONMENT,
  environmentOptions,
  KEEP,
  nativeCommand,
  oracleTest,
  SELF_CHECK,
  spawn,
} from "./harness.ts";
import { lines, tree } from "./tree.ts";
import { assertEquals } from "@std/assert";

/**
 * Registers tests that are scripts of the *host's* shell in which `$RUN` stands before the program to compare: nothing natively,
 * the start of denix otherwise. For what is about the edge: pipes, files, statuses.
 * `permissions` are what Deno gets: without -A the guest writes in memory only.
 */
export function compareHostScripts(
  group: string,
  cases: Readonly<Record<string, string | Case>>,
  permissions: readonly string[] = ["-A"],
): void {
  for (const [name, entry] of Object.entries(cases)) {
    const item = typeof entry === "string" ? { script: entry } : entry;
    const title = `${group}: ${name}`;
    const compare = async () => {
      const base = await Deno.makeTempDir({ prefix: "denix-host-" });
      const work = `${base}/work`;
      const outputs: unknown[] = [];
      for (const native of [true, SELF_CHECK]) {
        await Deno.mkdir(work);
        // RUN is a shell function, so that words keep their borders.
        const writes = permissions.includes("-A") ? [`--allow-write=${work}`] : [];
        const [deno, verb, , ...rest] = denixCommand(...environmentOptions(), ...writes);
        const words = [deno!, verb!, ...permissions, ...rest];
        const run = native ? "" : words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
        const script = item.script.replaceAll("$RUN", run);
        const result = await spawn(nativeCommand("/bin/bash", "-c", script), {
          cwd: work,
          clear: native,
          env: native ? ENVIRONMENT : {},
          seconds: item.seconds ?? 60,
        });
        const mask = item.mask ?? ((text: string) => text);
        outputs.push({
          status: result.code,
          stdout: lines(mask(result.stdout)),
          ...(item.stderr === false ? {} : { stderr: lines(mask(result.stderr)) }),
          files: await tree(work),
        });
        await Deno.rename(work, `${base}/${outputs.length === 1 ? "native" : "denix"}`);
      }
      if (KEEP) console.log(`kept: ${base}`);
      else await Deno.remove(base, { recursive: true });
      assertEquals(outputs[1], outputs[0]);
    };
    oracleTest(title, item.needs ?? [], () => compareTwice(title, compare));
  }
}
