// What every comparison with the host starts from: which tests can run here, how both sides are started, what counts.
//
// The host is the oracle, so these tests need Linux on x86-64; elsewhere, and where a tool is missing, they are skipped by name.
//
// For developers, environment variables:
//   DENIX_ONLY=REGEXP     only cases whose name matches
//   DENIX_FLAGS="…"       more options for denix, such as "--tier js"
//   DENIX_SELF_CHECK=1    run natively both times: finds cases that are not deterministic
//   DENIX_KNOWN=1         run known failures, too (known_failures.ts)
//   DENIX_KEEP=1          keep the directories, print their names

import { KNOWN_FAILURES } from "./known_failures.ts";

export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface Case {
  /** Script, run by `shell` with an own empty directory as current directory and HOME. */
  script: string;
  /** Default: /bin/sh. */
  shell?: string;
  /** Programs that must be on the host. */
  needs?: readonly string[];
  /** For denix; native runs get the same. Default: 60. */
  seconds?: number;
  /** Standard error is compared unless false. */
  stderr?: boolean;
  /** Applied to both outputs before comparing. */
  mask?: (text: string) => string;
}

export const SELF_CHECK = Deno.env.get("DENIX_SELF_CHECK") === "1";
/** Run known failures, too: to see which of them are mended. */
const ALL = Deno.env.get("DENIX_KNOWN") === "1";
export const KEEP = Deno.env.get("DENIX_KEEP") === "1";
export const ONLY = Deno.env.get("DENIX_ONLY");
const ENTRY = new URL("../mod.ts", import.meta.url).pathname;

/** What both sides start with: nothing of the developer's own environment. */
export const ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  LANG: "C.UTF-8",
  TZ: "UTC",
  TERM: "dumb",
  USER: "tester",
  GIT_CONFIG_NOSYSTEM: "1",
};

/** Why comparisons with the host are impossible here; undefined where they are possible. */
export const NO_ORACLE: string | undefined = Deno.build.os === "linux" && Deno.build.arch === "x86_64"
  ? undefined
  : `the host is ${Deno.build.os} ${Deno.build.arch}, not linux x86_64`;

/** Path of a host program, or undefined. */
export function which(tool: string): string | undefined {
  for (const folder of tool.startsWith("/") ? [""] : ENVIRONMENT.PATH!.split(":")) {
    const path = folder === "" ? tool : `${folder}/${tool}`;
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch {
      // next
    }
  }
  return undefined;
}

/** Registers a test that needs the host as oracle and `needs`; skipped, with the reason in its name, where they are missing. */
export function oracleTest(name: string, needs: readonly string[], fn: () => void | Promise<void>): void {
  if (ONLY !== undefined && !new RegExp(ONLY).test(name)) return;
  const missing = needs.filter((tool) => which(tool) === undefined);
  const known = KNOWN_FAILURES[name];
  const reason = NO_ORACLE ?? (missing.length > 0 ? `${missing.join(", ")} not installed` : undefined) ??
    (known === undefined || ALL ? undefined : `known failure: ${known}`);
  Deno.test({
    name: reason === undefined ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== undefined,
    // The first test of a batch runs processes whose results the others read.
    sanitizeOps: false,
    sanitizeResources: false,
    fn,
  });
}

/** The words that start denix; what follows is denix's options and the program. */
export function denixCommand(...options: string[]): string[] {
  const more = (Deno.env.get("DENIX_FLAGS") ?? "").split(" ").filter((word) => word !== "");
  return [Deno.execPath(), "run", "-A", ENTRY, ...more, ...options];
}

/** Options of denix that give the guest `env` and nothing else. */
export function environmentOptions(env: Readonly<Record<string, string>> = ENVIRONMENT): string[] {
  return ["--env-clear", ...Object.entries(env).map(([name, value]) => `--env=${name}=${value}`)];
}

/** Starts `words` with standard streams only: descriptors that the test run was started with are not the oracle's. */
export function nativeCommand(...words: string[]): string[] {
  const close =
    'for f in /proc/$$/fd/*; do f=${f##*/}; [ "$f" -gt 2 ] && eval "exec $f>&-"; done 2> /dev/null; exec "$@"';
  return ["/bin/bash", "-c", close, "bash", ...words];
}

export interface CommandOptions {
  cwd?: string;
  env?: Readonly<Record<string, string>>;
  stdin?: string | Uint8Array;
  /** Options of denix. */
  options?: readonly string[];
  seconds?: number;
}

export function runDenix(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const own = [...environmentOptions(options.env), ...options.options ?? []];
  return spawn([...denixCommand(...own), ...args], { ...options, clear: false, env: {} });
}

/** Runs `words` to their end, in `env` and, unless `clear`, in the environment of the tests. */
export async function spawn(
  words: string[],
  options: CommandOptions & { clear: boolean },
): Promise<Output> {
  const child = new Deno.Command(words[0]!, {
    args: words.slice(1),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    clearEnv: options.clear,
    env: { ...options.env, NO_COLOR: "1" },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, (options.seconds ?? 60) * 1000);
  const write = async () => {
    if (options.stdin === undefined) return;
    const data = typeof options.stdin === "string" ? new TextEncoder().encode(options.stdin) : options.stdin;
    const writer = child.stdin.getWriter();
    // A program may end without reading everything.
    await writer.write(data as Uint8Array<ArrayBuffer>).catch(() => {});
    await writer.close().catch(() => {});
  };
  const [output] = await Promise.all([child.output(), write()]);
  clearTimeout(timer);
  const decoder = new TextDecoder();
  return {
    code: output.code,
    stdout: decoder.decode(output.stdout),
    stderr: (late ? `[killed after ${options.seconds ?? 60} s]\n` : "") + decoder.decode(output.stderr),
  };
}

/**
 * Compares, and where there is a difference once more: what depends on time may differ on a busy machine, so only what
 * differs again is a failure. A case that needed its second run is named, so that it is not hidden.
 */
export async function compareTwice(
  name: string,
  compare: (again: boolean) => Promise<void>,
): Promise<void> {
  try {
    await compare(false);
  } catch {
    console.log(`differed, second run: ${name}`);
    await compare(true);
  }
}
