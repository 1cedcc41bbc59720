// How a command is run natively and in denix, and compared: standard output, standard error, exit status, files left.
//
// The host is the oracle, so these tests need Linux on x86-64; elsewhere, and where a tool is missing, they are skipped by name.
// To be quick, many small scripts share one start of denix: a batch is a list of cases that one shell goes through, each
// in its own directory with its own output files. A case that hangs or takes denix down fails alone; the batch goes
// on behind it in a new denix.
//
// For developers, environment variables:
//   DENIX_ONLY=REGEXP     only cases whose name matches
//   DENIX_FLAGS="…"       more options for denix, such as "--tier js"
//   DENIX_SELF_CHECK=1    run natively both times: finds cases that are not deterministic
//   DENIX_KNOWN=1         run known failures, too (known_failures.ts)
//   DENIX_KEEP=1          keep the directories, print their names

import { KNOWN_FAILURES } from "./known_failures.ts";
import { assertEquals } from "@std/assert";

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

const SELF_CHECK = Deno.env.get("DENIX_SELF_CHECK") === "1";
/** Run known failures, too: to see which of them are mended. */
const ALL = Deno.env.get("DENIX_KNOWN") === "1";
const KEEP = Deno.env.get("DENIX_KEEP") === "1";
const ONLY = Deno.env.get("DENIX_ONLY");
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
function nativeCommand(...words: string[]): string[] {
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

export function runNative(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  return spawn(nativeCommand(...args), { ...options, clear: true, env: options.env ?? ENVIRONMENT });
}

export function runDenix(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const own = [...environmentOptions(options.env), ...options.options ?? []];
  return spawn([...denixCommand(...own), ...args], { ...options, clear: false, env: {} });
}

async function spawn(words: string[], options: CommandOptions & { clear: boolean }): Promise<Output> {
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

/** Runs `args` both ways and asserts that output and status are the same. */
export async function assertSameRun(args: readonly string[], options: CommandOptions = {}): Promise<Output> {
  const expected = await runNative(args, options);
  const actual = SELF_CHECK ? await runNative(args, options) : await runDenix(args, options);
  assertEquals(actual, expected);
  return actual;
}

// Batches.

interface Result extends Output {
  files: string[];
  /** Why there is no result: the run stopped in this case. */
  broken?: string;
}

/** One case after the other, each in its own directory; the list names them and their shells. */
const RUNNER = `while read -r name shell; do
  mkdir "$name"
  echo "begin $name"
  ( cd "$name"; HOME=$PWD exec "$shell" "../$name.sh" ) > "$name.out" 2> "$name.err" < /dev/null
  echo "end $name $?"
done < "$1"
`;

/**
 * Registers one test for each case. The first one that runs makes the batch run, natively and in denix.
 * A case may be written as just its script.
 */
export function compareScripts(
  group: string,
  cases: Readonly<Record<string, string | Case>>,
  defaults: Omit<Case, "script"> = {},
): void {
  const list: (Case & { name: string; id: string })[] = [];
  for (const [name, entry] of Object.entries(cases)) {
    const item = { ...defaults, ...(typeof entry === "string" ? { script: entry } : entry) };
    const title = `${group}: ${name}`;
    if (ONLY !== undefined && !new RegExp(ONLY).test(title)) continue;
    const id = `${String(list.length).padStart(2, "0")}-${name.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 40)}`;
    list.push({ ...item, name: title, id });
  }
  const runnable = list.filter(({ needs }) => (needs ?? []).every((tool) => which(tool) !== undefined));
  let batch: Promise<{ native: Map<string, Result>; denix: Map<string, Result> }> | undefined;
  for (const item of list) {
    oracleTest(item.name, [...item.needs ?? [], item.shell ?? "/bin/sh"], async () => {
      batch ??= compareBatch(group, runnable);
      const { native, denix } = await batch;
      const expected = native.get(item.id)!, actual = denix.get(item.id)!;
      if (expected.broken !== undefined) throw new Error(`the native run failed: ${expected.broken}`);
      if (actual.broken !== undefined) throw new Error(`denix: ${actual.broken}`);
      const view = (result: Result) => {
        const mask = item.mask ?? ((text: string) => text);
        return {
          status: result.code,
          stdout: lines(mask(result.stdout)),
          ...(item.stderr === false ? {} : { stderr: lines(mask(result.stderr)) }),
          files: result.files,
        };
      };
      assertEquals(view(actual), view(expected));
    });
  }
}

/** As lines, so that differences are shown by line. */
function lines(text: string): string[] {
  const all = text.split("\n");
  if (all.length < 2000) return all;
  return [...all.slice(0, 2000), `… ${all.length - 2000} more, hash ${hash(new TextEncoder().encode(text))}`];
}

async function compareBatch(group: string, cases: readonly (Case & { id: string })[]) {
  const base = await Deno.makeTempDir({ prefix: `denix-${group.replace(/\W+/g, "-")}-` });
  // Both runs see the same path, so that a path in an output is the same.
  const work = `${base}/work`;
  const native = await runBatch(work, cases, true);
  await Deno.rename(work, `${base}/native`);
  const denix = await runBatch(work, cases, SELF_CHECK);
  if (KEEP) console.log(`kept: ${base}`);
  else await Deno.remove(base, { recursive: true });
  return { native, denix };
}

async function runBatch(
  work: string,
  cases: readonly (Case & { id: string })[],
  native: boolean,
): Promise<Map<string, Result>> {
  await Deno.mkdir(work);
  for (const { id, script } of cases) await Deno.writeTextFile(`${work}/${id}.sh`, script.replace(/^\n/, ""));
  await Deno.writeTextFile(`${work}/run`, RUNNER);
  const ended = new Map<string, { code: number; broken?: string }>();
  let rest = [...cases];
  while (rest.length > 0) {
    await Deno.writeTextFile(
      `${work}/list`,
      rest.map(({ id, shell }) => `${id} ${shell ?? "/bin/sh"}\n`).join(""),
    );
    const broken = await runRest(work, rest, native, ended);
    if (broken !== undefined) {
      // The case that was running is to blame; without one (denix did not start), all are.
      const index = rest.findIndex(({ id }) => !ended.has(id));
      const begun = index >= 0 && await exists(`${work}/${rest[index]!.id}`);
      for (const { id } of begun ? [rest[index]!] : rest.filter(({ id }) => !ended.has(id))) {
        ended.set(id, { code: -1, broken });
      }
    }
    rest = rest.filter(({ id }) => !ended.has(id));
  }
  const results = new Map<string, Result>();
  for (const { id } of cases) {
    const end = ended.get(id)!;
    const text = async (suffix: string) => {
      const bytes = await Deno.readFile(`${work}/${id}.${suffix}`).catch(() => new Uint8Array());
      return new TextDecoder().decode(bytes);
    };
    results.set(id, {
      ...end,
      ...(end.broken === undefined ? {} : {
        broken: `${end.broken}\n-- stdout so far:\n${await text("out")}\n-- stderr so far:\n${await text(
          "err",
        )}`,
      }),
      stdout: await text("out"),
      stderr: await text("err"),
      files: await tree(`${work}/${id}`),
    });
  }
  return results;
}

/** Runs what is on the list; returns why it stopped early, if it did. */
async function runRest(
  work: string,
  cases: readonly (Case & { id: string })[],
  native: boolean,
  ended: Map<string, { code: number; broken?: string }>,
): Promise<string | undefined> {
  const words = native
    ? nativeCommand("/bin/sh")
    : [...denixCommand(...environmentOptions(), `--allow-write=${work}`, "--cwd", work), "/bin/sh"];
  const child = new Deno.Command(words[0]!, {
    args: [...words.slice(1), "run", "list"],
    cwd: work,
    clearEnv: native,
    env: native ? { ...ENVIRONMENT } : { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let failure: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expectWithin = (seconds: number, what: string) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      failure = `${what} took more than ${seconds} s`;
      child.kill("SIGKILL");
    }, seconds * 1000);
  };
  expectWithin(30, "starting");
  const diagnostics = new Response(child.stderr).text();
  let pending = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    const all = (pending + chunk).split("\n");
    pending = all.pop()!;
    for (const line of all) {
      const [word, id, code] = line.split(" ");
      const item = cases.find((one) => one.id === id);
      if (word === "begin") expectWithin(item?.seconds ?? 60, `case ${id}`);
      else if (word === "end") {
        ended.set(id!, { code: Number(code) });
        expectWithin(30, "going on");
      }
    }
  }
  const { code } = await child.status;
  clearTimeout(timer);
  if (cases.every(({ id }) => ended.has(id))) return undefined;
  failure ??= `ended with status ${code} before the case was done`;
  return `${failure}\n-- standard error of the run:\n${(await diagnostics).slice(-4000)}`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Everything below `root`: name, type, mode, owner, links, size and content or target, sorted. */
export async function tree(root: string): Promise<string[]> {
  const result: string[] = [];
  const walk = async (folder: string, prefix: string) => {
    const entries: Deno.DirEntry[] = [];
    try {
      for await (const entry of Deno.readDir(folder)) entries.push(entry);
    } catch {
      return;
    }
    for (const { name } of entries.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
      const path = `${folder}/${name}`, shown = `${prefix}${name}`;
      // Deno cannot name files whose names are not UTF-8.
      const info = await Deno.lstat(path).catch(() => undefined);
      if (info === undefined) {
        result.push(`${shown} (not accessible)`);
        continue;
      }
      const mode = (info.mode! & 0o7777).toString(8);
      const owner = `${info.uid}:${info.gid}`;
      if (info.isDirectory) {
        result.push(`${shown}/ ${mode} ${owner}`);
        await walk(path, `${shown}/`);
      } else if (info.isSymlink) result.push(`${shown} -> ${await Deno.readLink(path)}`);
      else if (info.isFile) {
        const content = await Deno.readFile(path);
        result.push(`${shown} ${mode} ${owner} links ${info.nlink} size ${info.size} hash ${hash(content)}`);
        // Deno cannot make FIFOs and sockets: the guest's stay in memory and are not left on the host.
      } else if (!info.isFifo && !info.isSocket) result.push(`${shown} special ${mode} ${owner}`);
    }
  };
  await walk(root, "");
  return result;
}

/** FNV-1a: tells contents apart, no more. */
function hash(bytes: Uint8Array): string {
  let value = 0x811c9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
  return (value >>> 0).toString(16);
}

/**
 * Registers tests that are scripts of the *host's* shell in which `$RUN` stands before the program to compare: nothing natively,
 * the start of denix otherwise. For what is about the edge: pipes, files, statuses.
 */
export function compareHostScripts(
  group: string,
  cases: Readonly<Record<string, string | Case>>,
  options: readonly string[] = [],
): void {
  for (const [name, entry] of Object.entries(cases)) {
    const item = typeof entry === "string" ? { script: entry } : entry;
    oracleTest(`${group}: ${name}`, item.needs ?? [], async () => {
      const base = await Deno.makeTempDir({ prefix: "denix-host-" });
      const work = `${base}/work`;
      const outputs: unknown[] = [];
      for (const native of [true, SELF_CHECK]) {
        await Deno.mkdir(work);
        // RUN is a shell function, so that words keep their borders.
        const words = [...denixCommand(...environmentOptions(), `--allow-write=${work}`, ...options)];
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
    });
  }
}
