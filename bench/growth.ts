// How does cost grow? Translation with the size of the code, fork with resident memory, accesses with the working set,
// denix's own memory with the guest's. Counts come from `--stats`, times from the programs' clocks.

import { randomNumbers } from "./inputs.ts";
import { lineCharts, type Panel } from "./line_chart.ts";
import { allSides, denixSide, measure, type Outcome, type Side } from "./measure.ts";
import type { Options } from "./options.ts";
import { median, showTime, threeDigits } from "./statistics.ts";
import { formatTable } from "./table.ts";
import type { Workspace } from "./workspace.ts";

const PAGES_PER_MIB = 256;

/** One question: what is varied, and what to show of it. */
interface Study {
  title: string;
  run(bench: Bench): Promise<{ heading: string[]; lines: string[][]; panel: Panel }>;
}

interface Counted {
  outcome: Outcome;
  count: (name: string) => number;
}

/** What studies measure with. */
class Bench {
  constructor(readonly options: Options, readonly workspace: Workspace, readonly sides: readonly Side[]) {}

  /** Medians of several runs, the sides taking turns: figures by side. */
  async compare(command: readonly string[], of: (outcome: Outcome) => number): Promise<Map<string, number>> {
    const values = new Map(this.sides.map(({ name }): [string, number[]] => [name, []]));
    for (let round = 0; round < this.options.runs; round++) {
      for (const side of this.sides) {
        const outcome = await this.once(side, command);
        if (outcome !== undefined) values.get(side.name)!.push(of(outcome));
      }
    }
    return new Map(
      [...values].filter(([, list]) => list.length > 0).map(([name, list]) => [name, median(list)]),
    );
  }

  /** denix with its counters. */
  async counted(command: readonly string[], options: readonly string[] = []): Promise<Counted | undefined> {
    const side = denixSide("denix", [...this.options.denix, "--stats", ...options]);
    const outcome = await this.once(side, command);
    if (outcome === undefined) return undefined;
    const counts = new Map(
      [...outcome.stderr.matchAll(/^ *(\d+) {2}(.+)$/gm)].map(([, count, name]) => [name!, Number(count)]),
    );
    return { outcome, count: (name) => counts.get(name) ?? 0 };
  }

  async once(side: Side, command: readonly string[]): Promise<Outcome | undefined> {
    const outcome = await measure(this.workspace, side, command, { limitSeconds: this.options.limitSeconds });
    if (outcome.failure === undefined) return outcome;
    console.error(`${side.name}: ${command.join(" ")}: ${outcome.failure}\n${outcome.stderr.slice(-400)}`);
    Deno.exitCode = 1;
    return undefined;
  }
}

const each = ({ sample: { own } }: Outcome) => own === undefined ? NaN : own.ms / own.units;

/** Each side's figures over a range, as a table and as series. */
async function sweep(
  bench: Bench,
  values: readonly number[],
  command: (value: number) => Promise<string[]>,
  of: (outcome: Outcome) => number,
  show: (figure: number) => string,
): Promise<{ lines: string[][]; series: Panel["series"] }> {
  const lines: string[][] = [];
  const series = bench.sides.map(({ name }) => ({ name, points: [] as [number, number][] }));
  for (const value of values) {
    const figures = await bench.compare(await command(value), of);
    lines.push([
      String(value),
      ...bench.sides.map(({ name }) => figures.has(name) ? show(figures.get(name)!) : "–"),
    ]);
    for (const { name, points } of series) if (figures.has(name)) points.push([value, figures.get(name)!]);
  }
  return { lines, series };
}

/** A program of so many different functions of some forty instructions, each called so often. */
function codeOf(functions: number): string {
  const below = randomNumbers();
  const out = ["#include <stdio.h>", "#include <stdlib.h>", "typedef unsigned long word;"];
  for (let i = 0; i < functions; i++) {
    out.push(`__attribute__((noinline)) static word f${i}(word x, word *t) {`);
    for (let k = 0; k < 8; k++) {
      const [a, b, c] = [below(8), 1 + below(1e6), 1 + below(31)];
      out.push(`  x = (x ^ t[${a}]) * ${b}u + (x >> ${c}); if (x & ${1 << below(12)}) t[${below(8)}] += x;`);
    }
    out.push("  return x;", "}");
  }
  out.push(
    "int main(int argc, char **argv) {",
    "  word x = 1, t[8] = {1, 2, 3, 4, 5, 6, 7, 8};",
    "  for (long n = atol(argv[1]); n > 0; n--) {",
    ...Array.from({ length: functions }, (_, i) => `    x = f${i}(x, t);`),
    "  }",
    '  printf("%lu\\n", x);',
    "}",
  );
  return out.join("\n") + "\n";
}

/** Bytes of the functions in a program made by codeOf(). */
async function textBytes(path: string): Promise<number> {
  const { stdout } = await new Deno.Command("size", { args: [path] }).output();
  return Number(new TextDecoder().decode(stdout).trim().split("\n")[1]!.trim().split(/\s+/)[0]);
}

/** How a program of codeOf() is run. */
const VISITS: readonly { name: string; times: string; options: readonly string[] }[] = [
  { name: "once, first run", times: "1", options: ["--no-cache"] },
  { name: "once, later run", times: "1", options: [] },
  { name: "300 times, first run", times: "300", options: ["--no-cache"] },
];

/** What new code costs denix: medians of several runs of one program. */
async function costOfCode(bench: Bench, functions: number, { times, options }: typeof VISITS[number]) {
  const source = `${bench.workspace.folder}/code-${functions}.c`;
  await Deno.writeTextFile(source, codeOf(functions));
  const program = await bench.workspace.compile(`code-${functions}`, source);
  // Fills the cache, when there is one.
  await bench.counted([program, times], options);
  const runs: Counted[] = [];
  for (let k = 0; k < bench.options.runs; k++) {
    const run = await bench.counted([program, times], options);
    if (run !== undefined) runs.push(run);
  }
  if (runs.length === 0) return undefined;
  const middle = (of: (run: Counted) => number) => median(runs.map(of));
  return {
    textKiB: await textBytes(program) / 1024,
    ms: middle(({ outcome }) => outcome.sample.wallMs),
    peakMiB: middle(({ outcome }) => outcome.sample.peakMiB),
    wasmKiB: middle(({ count }) => count("bytes of wasm")) / 1024,
    instructions: middle(({ count }) => count("instructions translated")),
  };
}

const STUDIES: Study[] = [
  {
    title:
      "Translation against the size of the code (a program of N functions, each called once or 300 times)",
    async run(bench) {
      const lines: string[][] = [];
      const series: Panel["series"] = [];
      for (const visit of VISITS) {
        // The time and memory of one function are those of start-up, and taken off.
        const base = await costOfCode(bench, 1, visit);
        const points: [number, number][] = [];
        series.push({ name: visit.name, points });
        for (const functions of [250, 500, 1000, 2000, 4000]) {
          const cost = await costOfCode(bench, functions, visit);
          if (base === undefined || cost === undefined) continue;
          const ms = cost.ms - base.ms, kibibytes = cost.textKiB - base.textKiB;
          points.push([kibibytes, ms]);
          lines.push([
            `${functions} functions, ${visit.name}`,
            threeDigits(kibibytes),
            String(cost.instructions),
            threeDigits(cost.wasmKiB),
            showTime(ms),
            showTime(ms / kibibytes),
            threeDigits(cost.peakMiB - base.peakMiB),
          ]);
        }
      }
      return {
        heading: [
          "",
          "KiB of code",
          "instructions translated",
          "KiB of wasm",
          "time",
          "per KiB",
          "MiB of denix",
        ],
        lines,
        panel: { title: "Running new code", x: "KiB of code", y: "ms", series },
      };
    },
  },
  {
    title: "fork and wait against resident memory",
    async run(bench) {
      const program = await bench.workspace.program("system/fork");
      const { lines, series } = await sweep(
        bench,
        [1, 4, 16, 64, 256],
        (mib) => Promise.resolve([program, String(mib), bench.options.quick ? "40" : "200"]),
        each,
        showTime,
      );
      return {
        heading: ["MiB resident", ...bench.sides.map(({ name }) => name)],
        lines,
        panel: { title: "fork, child's write, exit, wait", x: "MiB resident", y: "ms", series },
      };
    },
  },
  {
    title: "An access against the working set (one word a page, in turn)",
    async run(bench) {
      const program = await bench.workspace.program("system/touch");
      const thousands = bench.options.quick ? 2000 : 10000;
      const command = (pages: number, n = thousands) => [program, String(pages), String(n)];
      const sizes = [16, 256, 512, 1024, 1536, 2048, 4096, 16384];
      const { lines, series } = await sweep(
        bench,
        sizes,
        (pages) => Promise.resolve(command(pages)),
        each,
        showTime,
      );
      for (const [i, pages] of sizes.entries()) {
        const short = await bench.counted(command(pages, 0)), long = await bench.counted(command(pages));
        const misses = short === undefined || long === undefined
          ? NaN
          : long.count("TLB misses") - short.count("TLB misses");
        lines[i]!.push((misses / thousands).toFixed(1));
      }
      return {
        heading: ["pages", ...bench.sides.map(({ name }) => name), "TLB misses of 1,000"],
        lines,
        panel: {
          title: "Reading a word of each page in turn",
          x: "pages",
          y: "ns",
          series: series.map(({ name, points }) => ({
            name,
            points: points.map(([x, ms]) => [x, ms * 1e6] as const),
          })),
        },
      };
    },
  },
  {
    title: "Resident memory of the host process against the guest's memory",
    async run(bench) {
      const program = await bench.workspace.program("system/touch");
      const { lines, series } = await sweep(
        bench,
        [1, 4, 16, 64, 256, 1024],
        (mib) => Promise.resolve([program, String(mib * PAGES_PER_MIB), "1"]),
        ({ sample }) => sample.peakMiB,
        threeDigits,
      );
      return {
        heading: ["MiB written", ...bench.sides.map(({ name }) => `${name} MiB`)],
        lines,
        panel: { title: "Peak resident memory", x: "MiB written by the guest", y: "MiB", series },
      };
    },
  },
];

export async function growth(options: Options, workspace: Workspace): Promise<void> {
  const bench = new Bench(options, workspace, await allSides(options.denix, options.against));
  const panels: Panel[] = [];
  for (const study of STUDIES) {
    if (options.only !== undefined && !options.only.test(study.title)) continue;
    const { heading, lines, panel } = await study.run(bench);
    panels.push(panel);
    const title = options.markdown ? `**${study.title}**\n` : study.title;
    console.log(`${title}\n${formatTable(heading, lines, options.markdown)}`);
  }
  if (options.svg !== undefined) await Deno.writeTextFile(options.svg, lineCharts("How cost grows", panels));
}
