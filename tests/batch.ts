// Many small scripts, each run natively and in denix and compared: standard output, standard error, exit status, files left.
//
// To be quick, they share one start of denix: a batch is a list of cases that one shell goes through, each in its own
// directory with its own output files. A case that hangs or takes denix down fails alone; the batch goes on behind it
// in a new denix. A case that differs is run once more, alone.

import {
  type Case,
  compareTwice,
  denixCommand,
  ENVIRONMENT,
  environmentOptions,
  KEEP,
  nativeCommand,
  ONLY,
  oracleTest,
  type Output,
  SELF_CHECK,
  which,
} from "./harness.ts";
import { lines, tree } from "./tree.ts";
import { assertEquals } from "@std/assert";

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
  let batch: ReturnType<typeof compareBatch> | undefined;
  for (const item of list) {
    const compare = async (again: boolean) => {
      const { native, denix } =
        await (again ? compareBatch(group, [item]) : batch ??= compareBatch(group, runnable));
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
    };
    oracleTest(
      item.name,
      [...item.needs ?? [], item.shell ?? "/bin/sh"],
      () => compareTwice(item.name, compare),
    );
  }
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
