// The benchmark's command line.

import { parseArgs } from "@std/cli/parse-args";
import { type Group, GROUPS } from "./suite.ts";

const HELP = `deno task bench [OPTIONS]

  --quick           less to do in each program, three runs
  --runs=N          runs of each command on each side (default 5)
  --group=NAME      only this group: ${Object.keys(GROUPS).join(", ")}
  --only=REGEXP     only benchmarks whose name matches
  --limit=SECONDS   time limit of a run (default 120)
  --denix=OPTIONS   options of denix, separated by blanks
  --against=PATH    mod.ts of another denix, as a further side
  --markdown        tables as Markdown
  --svg=PATH        a chart of the suite (or, with --growth, of growth)
  --json=PATH       all samples
  --growth          how cost grows with code, memory and working set
  --thresholds      run time against the thresholds of translator/tunables.ts
`;

export interface Options {
  quick: boolean;
  runs: number;
  group?: Group;
  only?: RegExp;
  limitSeconds: number;
  denix: string[];
  against?: string;
  markdown: boolean;
  svg?: string;
  json?: string;
  mode: "suite" | "growth" | "thresholds";
}

/** Options, or undefined when there is nothing to run (`--help`, an error: it has been said). */
export function parseOptions(words: readonly string[]): Options | undefined {
  const unknown: string[] = [];
  const parsed = parseArgs([...words], {
    boolean: ["quick", "markdown", "growth", "thresholds", "help"],
    string: ["runs", "group", "only", "limit", "denix", "against", "svg", "json"],
    unknown: (word: string) => (unknown.push(word), false),
  });
  if (parsed.group !== undefined && !Object.hasOwn(GROUPS, parsed.group)) {
    unknown.push(`--group=${parsed.group}`);
  }
  for (const option of ["svg", "json"] as const) {
    if (parsed[option] !== undefined && !isWritable(parsed[option])) {
      unknown.push(`--${option}=${parsed[option]}`);
    }
  }
  if (parsed.help || unknown.length > 0) {
    for (const word of unknown) console.error(`bench: what is ${word}?`);
    console.error(HELP);
    if (unknown.length > 0) Deno.exitCode = 2;
    return undefined;
  }
  return {
    quick: parsed.quick,
    runs: Number(parsed.runs ?? (parsed.quick ? 3 : 5)),
    limitSeconds: Number(parsed.limit ?? 120),
    denix: parsed.denix?.split(" ").filter((word: string) => word !== "") ?? [],
    markdown: parsed.markdown,
    mode: parsed.growth ? "growth" : parsed.thresholds ? "thresholds" : "suite",
    ...(parsed.group === undefined ? {} : { group: parsed.group as Group }),
    ...(parsed.only === undefined ? {} : { only: new RegExp(parsed.only) }),
    ...(parsed.against === undefined ? {} : { against: parsed.against }),
    ...(parsed.svg === undefined ? {} : { svg: parsed.svg }),
    ...(parsed.json === undefined ? {} : { json: parsed.json }),
  };
}

/** Whether results can be written there: to be known before they are measured. */
function isWritable(path: string): boolean {
  try {
    Deno.writeTextFileSync(path, "", { append: true });
    return true;
  } catch {
    return false;
  }
}
