// Does `--cpu` present a level of x86-64 to whoever asks, and are instructions above it #UD? tests/isa/programs/levels.c runs some of each level.

import { assert, assertEquals } from "@std/assert";
import { which } from "../harness.ts";
import { noOracle } from "./oracle.ts";

const SOURCE = new URL("./programs/levels.c", import.meta.url).pathname;
const MAIN = new URL("../../mod.ts", import.meta.url).pathname;
const LOADER = "/lib64/ld-linux-x86-64.so.2";
const skipped = noOracle ?? (which("gcc") === undefined ? "needs gcc" : undefined);

async function denix(level: number, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", MAIN, "--cpu", `v${level}`, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: `levels of x86-64${skipped ? ` (skipped: ${skipped})` : ""}`,
  ignore: skipped !== undefined,
  fn: async (t) => {
    const program = Deno.makeTempFileSync({ prefix: "isa-levels-" });
    try {
      const gcc = new Deno.Command("gcc", { args: ["-O1", "-o", program, SOURCE], stderr: "piped" });
      const { success, stderr } = gcc.outputSync();
      assert(success, new TextDecoder().decode(stderr));
      for (const level of [1, 2, 3]) {
        await t.step(`v${level}`, async () => {
          // The second run finds what the first one kept.
          for (let run = 0; run < 2; run++) check(level, await denix(level, program));
          const capabilities = await denix(level, LOADER, "--help");
          for (const other of [2, 3, 4]) {
            const line = new RegExp(`x86-64-v${other}(.*)`).exec(capabilities)?.[1] ?? "";
            assertEquals(line.includes("supported"), other <= level, `x86-64-v${other}${line} in v${level}`);
          }
        });
      }
    } finally {
      Deno.removeSync(program);
    }
  },
});

function check(level: number, output: string): void {
  const lines = output.trimEnd().split("\n");
  assertEquals(lines.slice(0, 2), level < 3 ? ["lzcnt 8", "tzcnt 77"] : ["lzcnt 23", "tzcnt 64"]);
  const instructions = lines.slice(2, -2);
  assert(instructions.length > 15);
  for (const line of instructions) {
    const [needed, name, ...result] = line.split(" ");
    assertEquals(result.join(" "), +needed! <= level ? "ok" : "signal 4", `${name} in v${level}`);
  }
  assertEquals(lines.slice(-2), ["hwcap beyond cpuid 0", `avx ${level >= 3 ? 1 : 0} platform x86_64`]);
}
