// What does the real CPU do? Runs a suite's program natively and gives back the records it prints.

import type { Group } from "./groups.ts";
import { type Suite, suiteElf } from "./suite.ts";

/** A program that has not ended by then never will. */
const TIMEOUT_MS = 120_000;

/** Why there is no oracle here, or undefined. */
export const noOracle: string | undefined = Deno.build.os === "linux" && Deno.build.arch === "x86_64"
  ? undefined
  : "needs Linux on x86-64 as the oracle";

const flags: ReadonlySet<string> = new Set(
  noOracle !== undefined
    ? []
    : /^flags\s*:(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1]?.trim().split(" "),
);
/** Why there is none for a group, or undefined. */
export function noOracleFor({ needs = [] }: Group): string | undefined {
  const missing = needs.filter((name) => !flags.has(name));
  return noOracle ?? (missing.length === 0 ? undefined : `the CPU lacks ${missing.join(", ")}`);
}

/** Writes the suite's program to a temporary file, which the caller removes. */
export function writeProgram(suite: Suite): string {
  const path = Deno.makeTempFileSync({ prefix: `isa-${suite.group}-` });
  Deno.writeFileSync(path, suiteElf(suite));
  Deno.chmodSync(path, 0o755);
  return path;
}

export async function runOracle(suite: Suite): Promise<Uint8Array> {
  const path = writeProgram(suite);
  try {
    return await capture(path, [], suite);
  } finally {
    Deno.removeSync(path);
  }
}

/** Runs a command that prints the suite's records. */
export async function capture(command: string, args: string[], suite: Suite): Promise<Uint8Array> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const out = await new Deno.Command(command, {
    args,
    signal,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  })
    .output();
  if (!out.success || out.stdout.length !== suite.records.length) {
    throw new Error(
      `${command} ${args.join(" ")} of group ${suite.group}, seed ${suite.seed}: ${
        out.signal ?? `exit ${out.code}`
      }, ` +
        `${out.stdout.length} of ${suite.records.length} bytes\n${new TextDecoder().decode(out.stderr)}`,
    );
  }
  return out.stdout;
}
