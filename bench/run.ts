// How fast is denix, compared with the machine itself and with qemu-user? `deno task bench --help` lists the options.
//
// The sides take turns, so that whatever else the machine does hits all of them. A command that fails or whose output
// differs from the native run's is reported in its row and in the exit status; the suite goes on.

import { allSides, denixKnows, measure, type Side } from "./measure.ts";
import { type Options, parseOptions } from "./options.ts";
import { figure, type Row } from "./results.ts";
import { showTime } from "./statistics.ts";
import { type Benchmark, BENCHMARKS } from "./suite.ts";
import { suiteChart } from "./suite_chart.ts";
import { CAPTION, report } from "./table.ts";
import { LeftOut, which, Workspace } from "./workspace.ts";

/** A quick run does this part of the table's sizes. */
const QUICK_PART = 1 / 3;

/** What went wrong, for the end of the report. */
const problems: string[] = [];

/** Runs a benchmark on all sides, again and again. */
async function run(
  workspace: Workspace,
  benchmark: Benchmark,
  { quick, runs, limitSeconds }: Options,
  sides: readonly Side[],
): Promise<Row> {
  const n = benchmark.n === undefined ? undefined : Math.ceil(benchmark.n * (quick ? QUICK_PART : 1));
  const { command, stdin } = await workspace.prepare(benchmark, n);
  const row: Row = {
    group: benchmark.group,
    name: benchmark.name,
    each: benchmark.each ?? false,
    results: new Map(sides.map(({ name }) => [name, { samples: [] }])),
  };
  let expected: string | undefined;
  // Start-up is measured with warm caches: of the disk, of Deno, of translated code.
  for (let round = benchmark.group === "start" ? -1 : 0; round < runs; round++) {
    for (const side of sides) {
      const result = row.results.get(side.name)!;
      if (result.failure !== undefined) continue;
      const outcome = await measure(workspace, side, command, {
        stdin,
        limitSeconds,
        coldCache: benchmark.coldCache ?? false,
      });
      expected ??= outcome.stdout;
      const failure = outcome.failure ?? (outcome.stdout === expected ? undefined : "wrong output");
      if (failure !== undefined) {
        result.failure = failure;
        problems.push(
          `${benchmark.name}, ${side.name}: ${failure}\n  ${command.join(" ")}\n` +
            (failure === "wrong output" ? `  expected: ${expected}\n  got: ${outcome.stdout}\n` : "") +
            excerpt(outcome.stderr).replaceAll(/^(?=.)/gm, "  "),
        );
      } else if (round >= 0) {
        result.samples.push(outcome.sample);
      }
    }
  }
  return row;
}

/** Beginning and end: a report of denix says at the beginning what happened. */
function excerpt(text: string): string {
  return text.length <= 1600 ? text : `${text.slice(0, 1000)}\n[…]\n${text.slice(-500)}`;
}

/** The sides of a benchmark: denix has its options there. */
async function sidesOf({ denix = [] }: Benchmark, { denix: always, against }: Options): Promise<Side[]> {
  for (const option of denix) {
    if (!await denixKnows(option)) throw new LeftOut(`denix has no option ${option}`);
  }
  return await allSides([...always, ...denix], against);
}

async function suite(options: Options, workspace: Workspace): Promise<void> {
  const { group, only, json, svg } = options;
  const chosen = BENCHMARKS.filter((benchmark) =>
    (group === undefined || benchmark.group === group) && (only?.test(benchmark.name) ?? true)
  );
  // Start-up first: it is taken off from the times of others.
  const base = BENCHMARKS.find(({ command }) => command.join(" ") === "/bin/true")!;
  const rows: Row[] = [], left: string[] = [];
  const startMs = new Map<string, number>();
  for (const benchmark of [base, ...chosen.filter((benchmark) => benchmark !== base)]) {
    try {
      const row = await run(workspace, benchmark, options, await sidesOf(benchmark, options));
      const figures = [...row.results].map(([side, { failure }]): [string, number | undefined, string?] => [
        side,
        figure(row, side),
        failure,
      ]);
      if (benchmark === base) {
        for (const [side, ms] of figures) if (ms !== undefined) startMs.set(side, ms);
      }
      console.error(
        `${row.group}: ${row.name}: ${
          figures.map(([side, ms, failure]) =>
            `${side} ${failure ?? (ms === undefined ? "–" : showTime(ms))}`
          ).join(
            ", ",
          )
        }`,
      );
      if (chosen.includes(benchmark)) rows.push(row);
    } catch (error) {
      if (!(error instanceof LeftOut)) throw error;
      left.push(`${benchmark.name} (${error.message})`);
    }
  }
  console.log(report(rows, startMs, options.markdown));
  console.log(`${CAPTION}\n\n${await machine(options)}`);
  if (left.length > 0) console.log(`Left out: ${left.join(", ")}.`);
  if (problems.length > 0) {
    console.log(`\nFailed:\n${problems.join("\n")}`);
    Deno.exitCode = 1;
  }
  if (svg !== undefined) await Deno.writeTextFile(svg, suiteChart(rows));
  if (json !== undefined) {
    const plain = rows.map((row) => ({ ...row, results: Object.fromEntries(row.results) }));
    await Deno.writeTextFile(json, JSON.stringify({ machine: await machine(options), rows: plain }, null, 1));
  }
}

/** Where and how it was measured. */
async function machine({ runs, quick, denix }: Options): Promise<string> {
  const cpuinfo = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const qemu = await which("qemu-x86_64");
  const version = qemu === undefined
    ? "no qemu-user"
    : new TextDecoder().decode((await new Deno.Command(qemu, { args: ["--version"] }).output()).stdout);
  return [
    `Medians of ${runs}${quick ? ", quick" : ""}; ${
      /model name\s*:\s*(.*)/.exec(cpuinfo)?.[1] ?? "unknown CPU"
    }`,
    `${navigator.hardwareConcurrency} cores`,
    `Deno ${Deno.version.deno}`,
    version.replace(/^qemu-x86_64 version ([0-9.]+)[^]*/, "qemu-user $1"),
    ...(denix.length > 0 ? [`denix ${denix.join(" ")}`] : []),
  ].join(", ") + ".";
}

const options = parseOptions(Deno.args);
if (options !== undefined) {
  const workspace = await Workspace.create();
  try {
    if (options.mode === "growth") await (await import("./growth.ts")).growth(options, workspace);
    else if (options.mode === "thresholds") {
      await (await import("./thresholds.ts")).thresholds(options, workspace);
    } else await suite(options, workspace);
  } finally {
    await workspace.remove();
  }
}
