// Where a benchmark's programs and inputs come from: compiled and generated into a temporary folder, on demand.

import { INPUTS } from "./inputs.ts";
import type { Benchmark } from "./suite.ts";

const PROGRAMS = new URL("./programs/", import.meta.url).pathname.replace(/\/$/, "");
/** Where programs of the host are looked for: not in the user's PATH, where wrappers in shell may lie. */
const PATH = "/usr/local/bin:/usr/bin:/bin";
/** Programs that are not in PATH: how to ask for theirs. */
const ELSEWHERE: Record<string, readonly string[]> = { cc1: ["gcc", "-print-prog-name=cc1"] };

/** Why a benchmark cannot run here. */
export class LeftOut extends Error {}

export async function which(name: string): Promise<string | undefined> {
  if (name.startsWith("/")) return await isFile(name) ? name : undefined;
  const ask = ELSEWHERE[name];
  if (ask !== undefined) {
    const asker = await which(ask[0]!);
    if (asker === undefined) return undefined;
    const { stdout } = await new Deno.Command(asker, { args: ask.slice(1) }).output();
    const answer = new TextDecoder().decode(stdout).trim();
    return answer.startsWith("/") ? answer : undefined;
  }
  for (const folder of PATH.split(":")) if (await isFile(`${folder}/${name}`)) return `${folder}/${name}`;
  return undefined;
}

const isFile = (path: string) => Deno.stat(path).then((info) => info.isFile, () => false);

/** The environment of everything that is measured. */
export function environment(): Record<string, string> {
  const kept = ["HOME", "DENO_DIR", "XDG_CACHE_HOME"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  return { ...Object.fromEntries(kept), PATH, LC_ALL: "C.UTF-8", NO_COLOR: "1" };
}

export class Workspace {
  #built = new Map<string, string>();

  private constructor(readonly folder: string) {}

  static async create(): Promise<Workspace> {
    return new Workspace(await Deno.makeTempDir({ prefix: "denix-bench-" }));
  }

  async remove(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Path of one of our programs, compiled. */
  async program(name: string): Promise<string> {
    const cpp = await isFile(`${PROGRAMS}/${name}.cc`);
    return await this.compile(name, `${PROGRAMS}/${name}.${cpp ? "cc" : "c"}`);
  }

  async compile(name: string, source: string): Promise<string> {
    const known = this.#built.get(name);
    if (known !== undefined) return known;
    const driver = source.endsWith(".cc") ? "g++" : "gcc";
    const compiler = await which(driver);
    if (compiler === undefined) throw new LeftOut(`${driver} is not installed`);
    const path = `${this.folder}/${name.replaceAll("/", "-")}`;
    const { success, stderr } = await new Deno.Command(compiler, {
      args: ["-O2", "-w", "-o", path, source, "-lm", "-lpthread"],
    }).output();
    if (!success) throw new Error(`${source}: ${new TextDecoder().decode(stderr)}`);
    this.#built.set(name, path);
    return path;
  }

  /** A benchmark's command with program and sizes filled in, and its standard input; `n` may be smaller than the table's. */
  async prepare(
    { command, input, n: full }: Benchmark,
    n = full,
  ): Promise<{ command: string[]; stdin: string }> {
    let stdin = "/dev/null";
    if (input !== undefined) {
      stdin = `${this.folder}/${input}-${n}.${input === "source" ? "c" : "txt"}`;
      if (!await isFile(stdin)) await Deno.writeTextFile(stdin, INPUTS[input](n!));
    }
    const [first, ...rest] = command as [string, ...string[]];
    const path = first.includes("/") && !first.startsWith("/")
      ? await this.program(first)
      : await which(first);
    if (path === undefined) throw new LeftOut(`${first} is not installed`);
    const words = rest.map((word) =>
      word.replaceAll("{n}", String(n)).replaceAll("{input}", stdin).replaceAll("{programs}", PROGRAMS)
    );
    return { command: [path, ...words], stdin };
  }
}
