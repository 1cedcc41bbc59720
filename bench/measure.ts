// One run of one command on one side: natively, under qemu-user or in denix. Timing is done by programs/launch.c.

import { environment, which, type Workspace } from "./workspace.ts";

const ENTRY = new URL("../mod.ts", import.meta.url).pathname;

export interface Side {
  readonly name: string;
  /** Words before the command. */
  readonly launcher: readonly string[];
  /** Words before a command that the guest executes: qemu-user would hand it to the host. */
  readonly inner: readonly string[];
}

/** Does denix have this option? */
export async function denixKnows(option: string): Promise<boolean> {
  const [program, ...args] = denixSide("denix", ["--help"]).launcher;
  const { stdout } = await new Deno.Command(program!, { args }).output();
  return new TextDecoder().decode(stdout).includes(option.split("=")[0]!);
}

export interface Sample {
  /** Wall time of the whole command. */
  wallMs: number;
  /** User and system time, all threads. */
  cpuMs: number;
  /** Largest resident memory. */
  peakMiB: number;
  /** What the program measured itself: the time without start-up, and how often the measured thing happened. */
  own?: { ms: number; units: number };
}

export interface Outcome {
  sample: Sample;
  stdout: string;
  stderr: string;
  /** What went wrong, in a few words for the table: a signal, a status, a time-out. */
  failure?: string;
}

/** denix: with options of its own, with options of Deno, or another one. */
export function denixSide(
  name: string,
  options: readonly string[] = [],
  { deno = [], entry = ENTRY }: { deno?: readonly string[]; entry?: string } = {},
): Side {
  return { name, launcher: [Deno.execPath(), "run", "-A", ...deno, entry, ...options], inner: [] };
}

/** Name of the side that is another denix. */
export const OTHER = "other denix";

/** Native, qemu-user where it is installed, denix, and another denix to compare with. */
export async function allSides(denixOptions: readonly string[], against?: string): Promise<Side[]> {
  const qemu = await which("qemu-x86_64");
  return [
    { name: "native", launcher: [], inner: [] },
    ...(qemu === undefined ? [] : [{ name: "qemu-user", launcher: [qemu], inner: [qemu] }]),
    denixSide("denix", denixOptions),
    ...(against === undefined ? [] : [denixSide(OTHER, denixOptions, { entry: against })]),
  ];
}

/** Runs a command; a failure of the command is an outcome, not an exception. */
export async function measure(
  workspace: Workspace,
  side: Side,
  command: readonly string[],
  { stdin = "/dev/null", limitSeconds = 120, coldCache = false } = {},
): Promise<Outcome> {
  // Neither filled from nor left in the user's own cache of translated code.
  const cache = `${workspace.folder}/${coldCache ? "cold-cache" : "cache"}`;
  if (coldCache) await Deno.remove(cache, { recursive: true }).catch(() => {});
  const file = (name: string) => `${workspace.folder}/run.${name}`;
  const words = command.flatMap((word) => word === "{launcher}" ? side.inner : [word]);
  await new Deno.Command(await workspace.program("launch"), {
    args: [
      String(limitSeconds),
      file("report"),
      stdin,
      file("stdout"),
      file("stderr"),
      ...side.launcher,
      ...words,
    ],
    env: { ...environment(), DENIX_CACHE_DIR: cache },
    clearEnv: true,
    stdin: "null",
  }).output();
  const [status, wallNs, user, system, kibibytes] = (await Deno.readTextFile(file("report"))).split(" ").map(
    Number,
  ) as [number, number, number, number, number];
  const stderr = await Deno.readTextFile(file("stderr"));
  const own = /^bench: (\d+) ns for (\d+)$/m.exec(stderr);
  const failure = describe(status, wallNs / 1e9 >= limitSeconds ? limitSeconds : undefined);
  return {
    sample: {
      wallMs: wallNs / 1e6,
      cpuMs: (user + system) / 1e3,
      peakMiB: kibibytes / 1024,
      ...(own === null ? {} : { own: { ms: Number(own[1]) / 1e6, units: Number(own[2]) } }),
    },
    stdout: await digest(file("stdout")),
    stderr,
    ...(failure === undefined ? {} : { failure }),
  };
}

function describe(status: number, overSeconds: number | undefined): string | undefined {
  if (status === 0) return undefined;
  if (overSeconds !== undefined) return `>${overSeconds} s`;
  return (status & 127) === 0 ? `status ${status >> 8}` : `signal ${status & 127}`;
}

/** Short text as it is, so that a difference can be shown; of long ones a hash. */
async function digest(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  if (bytes.length <= 400) return new TextDecoder().decode(bytes);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${bytes.length} bytes, SHA-256 ${hash.toHex()}`;
}
