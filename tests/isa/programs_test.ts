// Programs in C about what no random instruction sequence shows: code that is made at run time (jit.c), threads that count (atomics.c), pages that change (mappings.c), structures on two pages (fields.c). In every tier, compared
// with a native run.

import { assertEquals } from "@std/assert";
import { which } from "../harness.ts";
import { noOracle } from "./oracle.ts";

const FOLDER = new URL("./programs/", import.meta.url).pathname;
const MAIN = new URL("../../mod.ts", import.meta.url).pathname;
const PROGRAMS = ["jit", "atomics", "floats", "mappings", "fields"];
const TIERS = ["auto", "threaded", "closure", "js", "wasm"];
const SECONDS = 120;
const skipped = noOracle ?? (which("gcc") === undefined ? "needs gcc" : undefined);

async function output(command: string, args: string[]): Promise<string> {
  const { success, code, signal, stdout, stderr } = await new Deno.Command(command, {
    args,
    signal: AbortSignal.timeout(SECONDS * 1000),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  return text.decode(stdout) + (success ? "" : `ended with ${signal ?? code}\n${text.decode(stderr)}`);
}

for (const name of PROGRAMS) {
  Deno.test({
    name: `program ${name}${skipped ? ` (skipped: ${skipped})` : ""}`,
    ignore: skipped !== undefined,
    fn: async (t) => {
      const program = Deno.makeTempFileSync({ prefix: `isa-${name}-` });
      try {
        const made = await output("gcc", [
          "-O1",
          "-pthread",
          "-mcx16",
          "-o",
          program,
          `${FOLDER}${name}.c`,
          "-lm",
        ]);
        assertEquals(made, "");
        const native = await output(program, []);
        assertEquals(native.includes("ended with"), false, native);
        for (const tier of TIERS) {
          await t.step(tier, async () => {
            assertEquals(await output(Deno.execPath(), ["run", "-A", MAIN, "--tier", tier, program]), native);
          });
        }
      } finally {
        Deno.removeSync(program);
      }
    },
  });
}
