// `run()` of mod.ts: from its options to an instance's, and from a wait status to its result.

import type { RunOptions, RunResult } from "../../mod.ts";
import { hostDirectory } from "../host/command_line.ts";
import { cacheDirectory } from "./cache_directory.ts";
import { checkRoot } from "./cli.ts";
import { settleGrants } from "./grants.ts";
import {
  DEFAULT_CPU,
  type InstanceOptions,
  MAXIMUM_MEMORY,
  MINIMUM_MEMORY,
  parseLevel,
  type Stdio,
} from "./options.ts";
import { DEFAULT_PATH } from "./program.ts";
import { exitCodeOf, signalOf, StartError } from "./report.ts";

/** Physical memory and translated code are one per isolate: instances come one after another. */
let previous: Promise<unknown> = Promise.resolve();

export async function runInstance(options: RunOptions): Promise<RunResult> {
  const stdout = new Collector(), stderr = new Collector();
  const settled = instanceOptions(options, stdout, stderr);
  const { startInstance } = await import("./start.ts");
  const mine = previous.then(() => startInstance(settled));
  previous = mine.catch(() => {});
  const status = await mine;
  const code = exitCodeOf(status);
  return {
    success: code === 0,
    code,
    signal: signalOf(status) ?? null,
    stdout: stdout.bytes(),
    stderr: stderr.bytes(),
  };
}

function instanceOptions(options: RunOptions, stdout: Collector, stderr: Collector): InstanceOptions {
  if (options.args.length === 0) throw new StartError("no program named: args is empty");
  const memoryBytes = options.memory ?? MAXIMUM_MEMORY;
  if (!(memoryBytes >= MINIMUM_MEMORY && memoryBytes <= MAXIMUM_MEMORY)) {
    throw new StartError(
      `memory is ${memoryBytes} bytes; give 16 MiB (${MINIMUM_MEMORY}) to 2 GiB (${MAXIMUM_MEMORY})`,
    );
  }
  const directory = hostDirectory();
  const { write, net } = options.permissions ?? {};
  return {
    args: options.args,
    env: options.env ?? { PATH: DEFAULT_PATH, HOME: "/" },
    cwd: options.cwd ?? "/",
    cwdRequired: options.cwd !== undefined,
    root: checkRoot(options.root, directory),
    memoryBytes,
    grants: settleGrants({ write: granted(write), net: granted(net), all: false }, directory),
    stdio: {
      stdin: typeof options.stdin === "string" && options.stdin !== "inherit" && options.stdin !== "null"
        ? new TextEncoder().encode(options.stdin)
        : options.stdin ?? "null",
      stdout: sink(options.stdout, stdout),
      stderr: sink(options.stderr, stderr),
    },
    tier: "auto",
    cpu: options.cpu === undefined ? DEFAULT_CPU : parseLevel(options.cpu),
    strict: false,
    stats: false,
    code: cacheDirectory(options.cache === true ? undefined : options.cache, directory),
  };
}

function granted(wanted: boolean | string[] | undefined): true | string[] | undefined {
  return wanted === false ? undefined : wanted;
}

function sink(wanted: RunOptions["stdout"], collector: Collector): Stdio["stdout"] {
  return wanted === undefined || wanted === "piped" ? (chunk) => collector.add(chunk) : wanted;
}

/** Pieces of output, joined at the end. */
class Collector {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  /** Copies: the caller's buffer is used again. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk.slice());
    this.#length += chunk.length;
  }

  bytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }
}
