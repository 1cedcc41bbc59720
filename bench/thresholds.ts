// At which threshold should code move to the next tier? Run time of a few programs against the values of a constant of
// translator/tunables.ts. Deno is told by an import map to load a changed copy of that one file.

import { denixSide, measure } from "./measure.ts";
import type { Options } from "./options.ts";
import { median, showTime } from "./statistics.ts";
import { BENCHMARKS } from "./suite.ts";
import { formatTable } from "./table.ts";
import { LeftOut, type Workspace } from "./workspace.ts";

const TUNABLES = new URL("../translator/tunables.ts", import.meta.url);
const DENO_JSON = new URL("../deno.json", import.meta.url);

/** What is tried. A constant that the file no longer has is said and left out. */
const TRIALS: Record<string, readonly number[]> = {
  HOT_SAMPLES: [4, 15, 60, 240, 1000],
  SAMPLE_BLOCKS: [16, 64, 256],
  REGION_BLOCKS: [16, 64, 256],
  REGION_OPS: [600, 2500, 10000],
  CHAIN_LENGTH: [128, 512, 2048],
};

/** Short and long, one loop and code everywhere; sizes are parts of the suite's. */
const PROGRAMS: readonly { name: string; part: number }[] = [
  { name: "/bin/true", part: 1 },
  { name: "python3 -c pass", part: 1 },
  { name: "python3, a script", part: 0.1 },
  { name: "bash, loops", part: 0.1 },
  { name: "gcc's cc1 -O1", part: 0.1 },
  { name: "sha256", part: 0.1 },
  { name: "n bodies", part: 0.1 },
];

/** A declaration of a number: its first group is the value. */
const declaration = (name: string) => new RegExp(`(?<=\\b${name} = )([0-9_]+)`);

export async function thresholds(
  { runs, only, limitSeconds, markdown, denix }: Options,
  workspace: Workspace,
) {
  const source = await Deno.readTextFile(TUNABLES);
  const programs = await preparePrograms(workspace);
  for (const [constant, values] of Object.entries(TRIALS)) {
    if (only !== undefined && !only.test(constant)) continue;
    const current = declaration(constant).exec(source)?.[1];
    if (current === undefined) {
      console.error(`translator/tunables.ts has no ${constant}`);
      continue;
    }
    const now = Number(current.replaceAll("_", ""));
    const tried = [...new Set([...values, now])].sort((a, b) => a - b);
    const sides = [];
    for (const value of tried) {
      const map = await importMap(
        workspace,
        `${constant}-${value}`,
        source.replace(declaration(constant), String(value)),
      );
      // What an earlier run found out would hide the threshold.
      const side = denixSide(String(value), [...denix, "--no-cache"], { deno: [`--import-map=${map}`] });
      sides.push(side);
      // Deno compiles what it has not seen.
      await measure(workspace, side, ["/bin/true"]);
    }
    const lines: string[][] = [];
    for (const { name, command, stdin } of programs) {
      const times = new Map(sides.map((side): [string, number[]] => [side.name, []]));
      for (let round = 0; round < runs; round++) {
        for (const side of sides) {
          const { sample, failure } = await measure(workspace, side, command, { stdin, limitSeconds });
          if (failure === undefined) times.get(side.name)!.push(sample.wallMs);
          else console.error(`${name}, ${constant} = ${side.name}: ${failure}`);
        }
      }
      lines.push([
        name,
        ...[...times.values()].map((list) => list.length === 0 ? "–" : showTime(median(list))),
      ]);
    }
    const heading = [constant, ...tried.map((value) => value === now ? `[${value}]` : String(value))];
    console.log(formatTable(heading, lines, markdown));
  }
  console.log(
    `Wall time with --no-cache, medians of ${runs}, the values taking turns; [N] is the value in use.`,
  );
}

async function preparePrograms(workspace: Workspace) {
  const programs = [];
  for (const { name, part } of PROGRAMS) {
    const benchmark = BENCHMARKS.find((benchmark) => benchmark.name === name);
    if (benchmark === undefined) throw new Error(`no benchmark named ${name}`);
    try {
      const n = benchmark.n === undefined ? undefined : Math.ceil(benchmark.n * part);
      programs.push({ name, ...await workspace.prepare(benchmark, n) });
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      console.error(`${name}: ${error.message}`);
    }
  }
  return programs;
}

/** An import map that puts `text` in the place of tunables.ts; what deno.json maps stays. */
async function importMap(workspace: Workspace, name: string, text: string): Promise<string> {
  const changed = `${workspace.folder}/${name}.ts`, path = `${workspace.folder}/${name}.json`;
  await Deno.writeTextFile(changed, text);
  const { imports } = JSON.parse(await Deno.readTextFile(DENO_JSON));
  await Deno.writeTextFile(
    path,
    JSON.stringify({ imports: { ...imports, [TUNABLES.href]: `file://${changed}` } }),
  );
  return path;
}
