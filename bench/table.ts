// The report of a run: groups with their rows and geometric means, as aligned text or as Markdown.

import { OTHER } from "./measure.ts";
import { figure, meanRatio, peakMiB, ratio, type Row, withoutStart } from "./results.ts";
import { showRatio, showTime, threeDigits } from "./statistics.ts";
import { type Group, GROUPS } from "./suite.ts";

/** Columns of times. */
const SIDES = ["native", "qemu-user", "denix", OTHER] as const;

type Of = (row: Row, side: string, startMs: ReadonlyMap<string, number>) => number | undefined;
const whole: Of = (row, side) => figure(row, side);
const body: Of = (row, side, startMs) => withoutStart(row, side, startMs.get(side));

/** Columns of ratios: the figure of denix by that of another side. */
const RATIOS: readonly { heading: string; of: Of; base: string }[] = [
  { heading: ": native", of: whole, base: "native" },
  { heading: ": qemu", of: whole, base: "qemu-user" },
  { heading: ": other", of: whole, base: OTHER },
  { heading: "body : native", of: body, base: "native" },
  { heading: "body : qemu", of: body, base: "qemu-user" },
  { heading: "body : other", of: body, base: OTHER },
];

const COLUMNS = [...SIDES, ...RATIOS.map(({ heading }) => heading), "denix MiB"];

export const CAPTION =
  "Times are medians, the sides taking turns. Where a row names a program, the time is wall time of the whole command, " +
  "start of the emulator (and of Deno) included, as a user sees it; “body” compares without start-up: by the program's " +
  "own clock, or, for programs of the host, less the time of /bin/true on the same side. Rows of string functions and system calls give the time of one operation by the program's own " +
  "clock. All outputs are compared with the native run. Under qemu-user, commands that a program executes run under " +
  "qemu-user, too. denix keeps translated code: the first run of each program fills the cache, the others find it there, " +
  "except where a row says otherwise.";

/** The report's tables, one for each group; `startMs`: start-up of each side. */
export function report(
  rows: readonly Row[],
  startMs: ReadonlyMap<string, number>,
  markdown: boolean,
): string {
  const out: string[] = [];
  for (const [group, title] of Object.entries(GROUPS) as [Group, string][]) {
    const members = rows.filter((row) => row.group === group);
    if (members.length === 0) continue;
    const each = members.every((row) => row.each);
    const lines = members.map((row) => line(row, startMs));
    if (members.length > 1) lines.push(meanLine(members, startMs));
    out.push(formatTable([each ? `${title}, each` : title, ...COLUMNS], lines, markdown));
  }
  return out.join("\n");
}

function line(row: Row, startMs: ReadonlyMap<string, number>): string[] {
  const peak = peakMiB(row, "denix");
  return [
    row.name,
    ...SIDES.map((side) => {
      const value = figure(row, side);
      return row.results.get(side)?.failure ?? (value === undefined ? "–" : showTime(value));
    }),
    ...RATIOS.map(({ of, base }) => showRatio(ratio(of(row, "denix", startMs), of(row, base, startMs)))),
    peak === undefined ? "–" : threeDigits(peak),
  ];
}

function meanLine(rows: readonly Row[], startMs: ReadonlyMap<string, number>): string[] {
  return [
    "geometric mean",
    ...SIDES.map(() => ""),
    ...RATIOS.map(({ of, base }) =>
      showRatio(meanRatio(rows, (row, side) => of(row, side, startMs), "denix", base))
    ),
    "",
  ];
}

/** A table whose first column is text and whose others are figures. Columns without a figure are left out. */
export function formatTable(
  heading: readonly string[],
  lines: readonly (readonly string[])[],
  markdown: boolean,
) {
  const kept = heading.map((_, i) => i === 0 || lines.some((line) => line[i] !== "" && line[i] !== "–"));
  const rows = [heading, ...lines].map((line) => line.filter((_, i) => kept[i]));
  const widths = rows[0]!.map((_, i) => Math.max(markdown ? 3 : 0, ...rows.map((line) => line[i]!.length)));
  const padded = rows.map((line) =>
    line.map((text, i) => i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))
  );
  if (!markdown) {
    const rule = "─".repeat(widths.reduce((sum, width) => sum + width + 2, -2));
    return [padded[0]!.join("  "), rule, ...padded.slice(1).map((line) => line.join("  "))].join("\n") + "\n";
  }
  const rule = widths.map((width, i) => i === 0 ? "-".repeat(width) : "-".repeat(width - 1) + ":");
  return [padded[0]!, rule, ...padded.slice(1)].map((line) => `| ${line.join(" | ")} |\n`).join("");
}
