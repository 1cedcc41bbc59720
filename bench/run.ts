// What the README's figures come from: small programs, each run natively, under qemu-user (where installed) and in denix,
// taking turns in one run, so that whatever else the machine does hits all three. Medians, and ratios to native.
//
//   deno task bench [--quick] [--only=REGEXP] [--svg=FILE] [--json=FILE]
//
// Start-up is wall time of the whole command, start of Deno included. The small C programs time themselves, by the
// guest's monotonic clock, warm-up included. fork+exec is the difference between a long and a short run of the same loop.

import { barChart } from "./chart.ts";

const ENTRY = new URL("../mod.ts", import.meta.url).pathname;
const PROGRAMS = new URL("./programs/", import.meta.url).pathname;

type Side = "native" | "qemu" | "denix";

interface Benchmark {
  name: string;
  /** Words after the launcher. */
  command: string[];
  /** Taken off: the time of this command. */
  less?: string[];
  /** The command prints its own time in ns. */
  own?: true;
  /** Divides the difference: how often the measured thing happens. */
  times?: number;
  unit: "ms" | "µs" | "ns";
}

const folder = await Deno.makeTempDir({ prefix: "denix-bench-" });
const binary = (name: string) => `${folder}/${name}`;

const BENCHMARKS: Benchmark[] = [
  { name: "start-up of /bin/true", command: ["/bin/true"], unit: "ms" },
  { name: "start-up of sh -c :", command: ["/bin/sh", "-c", ":"], unit: "ms" },
  {
    name: "fork+exec of /bin/true from a shell loop",
    command: ["/bin/sh", "-c", "i=0; while [ $i -lt 220 ]; do /bin/true; i=$((i+1)); done"],
    // The first twenty warm the translated code.
    less: ["/bin/sh", "-c", "i=0; while [ $i -lt 20 ]; do /bin/true; i=$((i+1)); done"],
    times: 200,
    unit: "ms",
  },
  {
    name: "getpid, 100,000 calls: each",
    command: [binary("getpid"), "100000"],
    own: true,
    times: 100000,
    unit: "ns",
  },
  {
    name: "fork of a process with 64 MiB resident",
    command: [binary("fork"), "64", "50"],
    own: true,
    times: 50,
    unit: "ms",
  },
  { name: "integer loop", command: [binary("integer"), "10000000"], own: true, unit: "ms" },
  { name: "floating-point loop", command: [binary("float"), "3000000"], own: true, unit: "ms" },
  {
    name: "8 MiB of memory, read and written 20 times",
    command: [binary("memory"), "20"],
    own: true,
    unit: "ms",
  },
];

const options = new Map(Deno.args.map((argument) => {
  const [name, ...value] = argument.replace(/^--/, "").split("=");
  return [name!, value.join("=")];
}));
const rounds = options.has("quick") ? 3 : 7;

async function which(name: string): Promise<string | undefined> {
  for (const path of (Deno.env.get("PATH") ?? "").split(":")) {
    if (await Deno.stat(`${path}/${name}`).then((info) => info.isFile, () => false)) return `${path}/${name}`;
  }
  return undefined;
}

async function compile(): Promise<void> {
  if (await which("gcc") === undefined) {
    throw new Error("the benchmarks need gcc; on Debian: apt-get install gcc libc6-dev");
  }
  for (const name of ["getpid", "fork", "integer", "float", "memory"]) {
    const { success, stderr } = await new Deno.Command("gcc", {
      args: ["-O2", "-o", binary(name), `${PROGRAMS}${name}.c`, "-lm"],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  }
}

/** Time of the command in ms: wall time, or what it prints itself. */
async function time(command: string[], own = false): Promise<number> {
  const start = performance.now();
  const output = await new Deno.Command(command[0]!, {
    args: command.slice(1),
    stdin: "null",
    stdout: own ? "piped" : "null",
    stderr: "piped",
  }).output();
  const end = performance.now();
  const { code, stderr } = output;
  if (code !== 0) {
    throw new Error(
      `${command.join(" ")}: status ${code}\n${new TextDecoder().decode(stderr).slice(0, 500)}`,
    );
  }
  return own ? Number(new TextDecoder().decode(output.stdout).trim().split("\n").at(-1)) / 1e6 : end - start;
}

/** Peak resident memory of the command in MiB, by the kernel's account (getrusage of a shell's child). */
async function peakMiB(command: string[]): Promise<number | undefined> {
  const python = await which("python3");
  if (python === undefined) return undefined;
  const { stdout } = await new Deno.Command(python, {
    args: [
      "-c",
      "import resource, subprocess, sys\nsubprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL)\nprint(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)",
      ...command,
    ],
    stdin: "null",
    stderr: "null",
  }).output();
  return Number(new TextDecoder().decode(stdout).trim().split("\n").at(-1)) / 1024;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function show(ms: number, unit: Benchmark["unit"]): string {
  const value = ms * { ms: 1, "µs": 1e3, ns: 1e6 }[unit];
  return `${value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
}

await compile();
const qemu = await which("qemu-x86_64");
const launchers: [Side, string[]][] = [
  ["native", []],
  ...(qemu === undefined ? [] : [["qemu", [qemu]] as [Side, string[]]]),
  ["denix", [Deno.execPath(), "run", "-A", ENTRY]],
];
const only = options.get("only");
const rows: { name: string; unit: Benchmark["unit"]; median: Map<Side, number> }[] = [];
for (const benchmark of BENCHMARKS) {
  if (only !== undefined && !new RegExp(only).test(benchmark.name)) continue;
  const samples = new Map<Side, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const [side, launcher] of launchers) {
      let value;
      try {
        value = await time([...launcher, ...benchmark.command], benchmark.own);
        if (benchmark.less !== undefined) value -= await time([...launcher, ...benchmark.less]);
      } catch (error) {
        if (round === 0) console.error(`${side}: ${(error as Error).message}`);
        continue;
      }
      // Round 0 fills the caches of disk and Deno.
      if (round > 0) {
        samples.set(side, [...samples.get(side) ?? [], Math.max(0, value) / (benchmark.times ?? 1)]);
      }
    }
  }
  const row = { name: benchmark.name, unit: benchmark.unit, median: new Map<Side, number>() };
  for (const [side, values] of samples) row.median.set(side, median(values));
  rows.push(row);
  console.error(
    `${row.name}: ${[...row.median].map(([side, ms]) => `${side} ${show(ms, row.unit)}`).join(", ")}`,
  );
}

const ratio = (value: number | undefined, base: number | undefined) =>
  value === undefined || base === undefined || base <= 0
    ? "–"
    : `${(value / base).toFixed(value / base < 10 ? 1 : 0)} ×`;
console.log(
  `\n| what | native | qemu-user | denix | denix : native | denix : qemu |\n| --- | --: | --: | --: | --: | --: |`,
);
for (const { name, unit, median } of rows) {
  const [native, other, denix] = [median.get("native"), median.get("qemu"), median.get("denix")];
  const cell = (ms: number | undefined) => ms === undefined ? "–" : show(ms, unit);
  console.log(
    `| ${name} | ${cell(native)} | ${cell(other)} | ${cell(denix)} | ${ratio(denix, native)} | ${
      ratio(denix, other)
    } |`,
  );
}
if (only === undefined) {
  for (const command of [["/bin/true"], ["/bin/sh", "-c", ":"]]) {
    const peak = await peakMiB([...launchers.at(-1)![1], ...command]);
    console.log(
      `| peak memory of ${command.join(" ")} | | | ${
        peak === undefined ? "–" : `${peak.toFixed(0)} MiB`
      } | | |`,
    );
  }
}
const cpu = await Deno.readTextFile("/proc/cpuinfo").then(
  (text) => /model name\s*:\s*(.*)/.exec(text)?.[1],
  () => undefined,
);
console.log(
  `\nMedians of ${rounds}, taking turns. ${
    cpu ?? "unknown CPU"
  }, ${navigator.hardwareConcurrency} cores, Deno ${Deno.version.deno}.`,
);

const svg = options.get("svg");
if (svg !== undefined) {
  await Deno.writeTextFile(
    svg,
    barChart(
      "Time compared with a native run (log scale)",
      rows.filter(({ median }) => (median.get("native") ?? 0) > 0).map(({ name, unit, median }) => ({
        label: name,
        bars: [...median].map(([side, ms]) => ({
          series: side === "qemu" ? "qemu-user" : side,
          value: ms / median.get("native")!,
          text: show(ms, unit),
        })),
      })),
    ),
  );
}
const json = options.get("json");
if (json !== undefined) {
  await Deno.writeTextFile(
    json,
    JSON.stringify(rows.map((row) => ({ ...row, median: Object.fromEntries(row.median) })), null, 1),
  );
}
await Deno.remove(folder, { recursive: true });
