/**
 * denix runs unmodified Linux x86-64 programs inside Deno.
 *
 * On the command line: `deno run -A mod.ts /bin/sh`. From a program:
 *
 * ```ts ignore
 * import { run } from "./mod.ts";
 *
 * const { code, stdout } = await run({ args: ["/bin/sh", "-c", "echo $((6 * 7))"] });
 * console.log(code, new TextDecoder().decode(stdout)); // 0 "42\n"
 * ```
 *
 * The guest sees the host's files (or those below `root`); what it writes stays in memory unless `permissions.write`
 * lets it through, and never more than Deno itself was allowed.
 *
 * @module
 */

export { StartError } from "./kernel/session/report.ts";

/** What the guest may touch on the host. Nothing is granted that Deno itself was not allowed. */
export interface Permissions {
  /** Host files that may be written: all, or these paths and what is below them. Default: none, writes stay in memory. */
  write?: boolean | string[];
  /** Hosts that may be reached, as `HOST` or `HOST:PORT`. Default: none. There are no network sockets yet. */
  net?: boolean | string[];
}

/** What {@link run} runs, and with what. */
export interface RunOptions {
  /** Program and arguments. Without a slash in it, the program is looked up in the guest's `PATH`. */
  args: readonly string[];
  /** The whole environment of the program. Default: just `PATH` and `HOME`, nothing of the host's. */
  env?: Record<string, string>;
  /** Current directory as the guest sees it. Default: "/". */
  cwd?: string;
  /** What the program reads from standard input; "inherit": the host's own. Default: nothing. */
  stdin?: Uint8Array | string | "inherit" | "null";
  /** "piped" collects it in the result; "inherit": the host's own; or a function that is given each piece. Default: "piped". */
  stdout?: "piped" | "inherit" | "null" | ((chunk: Uint8Array) => void);
  /** As {@link RunOptions.stdout}. */
  stderr?: "piped" | "inherit" | "null" | ((chunk: Uint8Array) => void);
  /** What the guest may touch on the host. Default: nothing. */
  permissions?: Permissions;
  /** Host directory that is the guest's "/". Default: "/". */
  root?: string;
  /** Host directory for translated code, or whether there is one: true is the user's cache directory. Default: true. */
  cache?: boolean | string;
  /** Bytes of memory guests may use: 16 MiB to 2 GiB, which is the default. */
  memory?: number;
  /** The processor that programs see: a level of x86-64. Default: "v3". */
  cpu?: "v1" | "v2" | "v3";
}

/** How a program ended. The fields are those of `Deno.CommandOutput`. */
export interface RunResult {
  /** The exit status is 0. */
  success: boolean;
  /** Exit status; 128 + N when signal N killed it. */
  code: number;
  /** Name of the signal that killed it, such as "SIGKILL"; null when it exited. */
  signal: string | null;
  /** What was written to standard output; empty unless "piped". */
  stdout: Uint8Array;
  /** What was written to standard error; empty unless "piped". */
  stderr: Uint8Array;
}

/**
 * Runs a Linux program to its end.
 *
 * Calls wait for each other: one isolate is one machine, and it runs one instance at a time.
 *
 * @param options What to run, and with what.
 * @returns How it ended and what it printed.
 * @throws {StartError} When there is nothing that can be run: program missing, root unreadable, permissions refused.
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { runInstance } = await import("./kernel/session/run.ts");
  return await runInstance(options);
}

if (import.meta.main) {
  const { main } = await import("./kernel/session/cli.ts");
  Deno.exit(await main(Deno.args));
}
