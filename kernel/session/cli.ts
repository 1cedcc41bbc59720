// The command line: `mod.ts [OPTIONS] PROGRAM [ARGUMENTS…]` from the words typed to the exit status. What costs time to
// load (the whole kernel) is loaded only when there is something to run.

import { hostDirectory, hostEnvironment, kindOf, print, stdoutIsTerminal } from "../host/command_line.ts";
import { cacheDirectory, usesCache } from "./cache_directory.ts";
import { absolutePath, checkReadable, settleGrants } from "./grants.ts";
import { type CommandLine, helpText, type InstanceOptions, parseCommandLine } from "./options.ts";
import { DEFAULT_PATH } from "./program.ts";
import { describeError, EXIT_DENIX, exitCodeOf, StartError } from "./report.ts";

/** Runs the command line; resolves with the exit status for the host process. Never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const line = parseCommandLine(args);
    if (line.help) {
      print(1, helpText(stdoutIsTerminal() ? (text) => `\x1b[1m${text}\x1b[0m` : undefined));
      return 0;
    }
    if (line.version) {
      const { default: config } = await import("../../deno.json", { with: { type: "json" } });
      print(1, `denix ${config.version}\n`);
      return 0;
    }
    if (line.args.length === 0) {
      throw new StartError("no program named; try: deno run -A mod.ts /bin/sh (--help lists the options)");
    }
    const options = instanceOptions(line);
    // Both graphs of modules load at the same time; with translations from earlier runs the decoder may not be needed.
    const [{ startInstance }] = await Promise.all([
      import("./start.ts"),
      options.code?.empty === false
        ? undefined
        : import("../../translator/preload.ts").then((m) => m.decoder),
    ]);
    return exitCodeOf(await startInstance(options));
  } catch (error) {
    const { message, exitCode } = describeError(error);
    print(2, message);
    return exitCode;
  }
}

/** What the command line means on this host: defaults filled in, root and grants checked. */
export function instanceOptions(line: CommandLine): InstanceOptions {
  const directory = hostDirectory();
  const root = checkRoot(line.root, directory);
  return {
    args: line.args,
    env: environment(line),
    cwd: line.cwd ?? withinRoot(directory, root),
    cwdRequired: line.cwd !== undefined,
    root,
    memoryBytes: line.memoryBytes,
    grants: settleGrants({ write: line.allowWrite, net: line.allowNet, all: line.allowAll }, directory),
    stdio: { stdin: "inherit", stdout: "inherit", stderr: "inherit" },
    tier: line.tier,
    cpu: line.cpu,
    strict: line.strict,
    stats: line.stats,
    code: usesCache(line) ? cacheDirectory(line.cacheDir, directory) : undefined,
    ...(line.strace === undefined ? {} : { strace: line.strace }),
    ...(line.dump === undefined ? {} : { dump: line.dump }),
  };
}

/** The host directory to be the guest's root, or a {@link StartError} that says why it cannot be. */
export function checkRoot(wanted: string | undefined, directory: string): string {
  const root = absolutePath(wanted ?? "/", directory);
  checkReadable(root);
  switch (kindOf(root)) {
    case "directory":
      return root;
    case "other":
      throw new StartError(`the root ${root} is not a directory; name a folder that holds a Linux tree`);
    case "NotFound":
      throw new StartError(`the root ${root} does not exist; name a folder that holds a Linux tree`);
    case "NotCapable":
      // Parts of it may be readable: listing them is the guest's business.
      return root;
    default:
      throw new StartError(
        `the root ${root} cannot be read: permission denied; check its owner and mode`,
        EXIT_DENIX,
      );
  }
}

/** The host's current directory as the guest sees it; "/" when it lies outside of the root. */
export function withinRoot(directory: string, root: string): string {
  if (root === "/") return directory;
  if (directory === root) return "/";
  return directory.startsWith(`${root}/`) ? directory.slice(root.length) : "/";
}

function environment(line: CommandLine): Record<string, string> {
  if (line.envClear) return line.env;
  const host = hostEnvironment();
  // Deno may not read the environment: what login(1) would set.
  const base = Object.keys(host).length > 0
    ? host
    : { PATH: DEFAULT_PATH, HOME: "/", LANG: "C.UTF-8", TERM: "xterm-256color" };
  return { ...base, ...line.env };
}
