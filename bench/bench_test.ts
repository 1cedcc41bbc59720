import { assert, assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import { INPUTS } from "./inputs.ts";
import { lineCharts } from "./line_chart.ts";
import { parseOptions } from "./options.ts";
import { figure, meanRatio, type Row, withoutStart } from "./results.ts";
import { geometricMean, median, showTime } from "./statistics.ts";
import { BENCHMARKS } from "./suite.ts";
import { suiteChart } from "./suite_chart.ts";
import { formatTable, report } from "./table.ts";

const sample = (wallMs: number, own?: { ms: number; units: number }) => ({
  wallMs,
  cpuMs: wallMs,
  peakMiB: 1,
  ...(own === undefined ? {} : { own }),
});

function row(name: string, wall: Record<string, number[]>, more: Partial<Row> = {}): Row {
  const results = new Map(
    Object.entries(wall).map(([side, times]) => [side, { samples: times.map((ms) => sample(ms)) }]),
  );
  return { group: "integer", name, each: false, results, ...more };
}

Deno.test("the table of benchmarks names each once, and programs that are there", async () => {
  const names = BENCHMARKS.map(({ group, name }) => `${group}/${name}`);
  assertEquals(new Set(names).size, names.length);
  for (const { command: [program] } of BENCHMARKS) {
    if (!program!.includes("/") || program!.startsWith("/")) continue;
    const files = ["c", "cc"].map((ending) => new URL(`./programs/${program}.${ending}`, import.meta.url));
    const found = await Promise.all(files.map((file) => Deno.stat(file).then(() => true, () => false)));
    assert(found.includes(true), `programs/${program}.c`);
  }
});

Deno.test("generated inputs are the same each time and grow with their size", () => {
  for (const make of Object.values(INPUTS)) {
    assertEquals(make(20), make(20));
    assert(make(40).length > make(20).length || make === INPUTS.bc);
  }
});

Deno.test("median() and geometricMean()", () => {
  assertEquals([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
  assertAlmostEquals(geometricMean([0.5, 8])!, 2);
  assertEquals(geometricMean([]), undefined);
});

Deno.test("showTime() takes the unit that suits", () => {
  assertEquals([1234, 12.34, 0.5, 3e-6, -20].map(showTime), [
    "1.23 s",
    "12.3 ms",
    "500 µs",
    "3.00 ns",
    "-20.0 ms",
  ]);
});

Deno.test("figures: wall time, time of one operation, time without start-up", () => {
  const wall = row("w", { native: [10, 30, 20], denix: [400] });
  assertEquals([figure(wall, "native"), figure(wall, "qemu-user")], [20, undefined]);
  assertEquals([withoutStart(wall, "denix", 300), withoutStart(wall, "denix", undefined)], [100, undefined]);
  const results = new Map([["denix", { samples: [sample(900, { ms: 500, units: 1000 })] }]]);
  assertEquals(figure(row("each", {}, { each: true, results }), "denix"), 0.5);
  assertEquals(withoutStart(row("own", {}, { results }), "denix", 300), 500);
});

Deno.test("meanRatio() leaves out what failed", () => {
  const failed = row("f", { native: [1], denix: [1000] });
  failed.results.get("denix")!.failure = "wrong output";
  const rows = [row("a", { native: [1], denix: [2] }), row("b", { native: [1], denix: [8] }), failed];
  assertAlmostEquals(meanRatio(rows, figure, "denix", "native")!, 4);
  const table = report(rows, new Map(), false);
  assertMatch(table, /^f .*wrong output/m);
  assertMatch(table, /^geometric mean .*4\.0 ×/m);
});

Deno.test("formatTable() aligns figures and leaves out columns without any", () => {
  assertEquals(
    formatTable(["what", "a", "b"], [["x", "1", "–"], ["long", "10", ""]], true),
    [
      "| what |   a |\n| ---- | --: |\n| x    |   1 |\n| long |  10 |\n",
    ].join(),
  );
});

Deno.test("charts are one SVG element without broken numbers", () => {
  const suite = suiteChart([row("a < b", { native: [1], denix: [20] }), row("no figure", { native: [1] })]);
  const growth = lineCharts("g", [{
    title: "t",
    x: "x",
    y: "y",
    series: [{ name: "denix", points: [[1, 2], [10, 0]] }],
  }]);
  for (const svg of [suite, growth]) {
    assertMatch(svg, /^<svg [^]*<\/svg>\n$/);
    assert(!/NaN|Infinity|undefined/.test(svg), svg);
  }
  assert(suite.includes("a &lt; b"));
});

Deno.test("parseOptions() refuses a place where results cannot be written, before anything is measured", () => {
  const { error } = console, { exitCode } = Deno, said: string[] = [];
  console.error = (text: string) => void said.push(text);
  try {
    for (const option of ["--svg=", "--json=/no/such/folder/x.json"]) {
      assertEquals(parseOptions([option]), undefined);
      assert(said.some((text) => text.includes(`what is ${option}?`)), said.join("\n"));
    }
  } finally {
    console.error = error;
    Deno.exitCode = exitCode;
  }
});
