// The report of a run: groups with their rows and geometric means, as aligned text or as Markdown.

import { figure, meanRatio, peakMiB, ratio, type Row, withoutStart } from "./results.ts";
import { showRatio, showTime, threeDigits } from "./statistics.ts";
import { type Group, GROUPS } from "./suite.ts";

const COLUMNS = [
  "native",
  "qemu-user",
  "denix",
  ": native",
  ": qemu",
  "body : native",
  "body : qemu",
  "denix MiB",
];

export const CAPTION =
  "Times are medians, the sides taking turns. Where a row names a program, the time is wall time of the whole command, " +
  "start of the emulator (and of Deno) included, as a user sees it; “body” compares without start-up: by the program's " +
  "own clock, or, for programs of the host, less the time of /bin/true on the same side. Translation of the program's " +
  "code is in both. Rows of string functions and system calls give the time of one operation by the program's own " +
  "clock. All outputs are compared with the native run. Under qemu-user, commands that a program executes run under " +
  "qemu-user, too.";

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
  const cell = (side: string) => {
    const result = row.results.get(side);
    if (result?.failure !== undefined) return result.failure;
    const value = figure(row, side);
    return value === undefined ? "–" : showTime(value);
  };
  const compare = (of: (side: string) => number | undefined, base: string) =>
    showRatio(ratio(of("denix"), of(base)));
  const whole = (side: string) => figure(row, side);
  const body = (side: string) => withoutStart(row, side, startMs.get(side));
  const peak = peakMiB(row, "denix");
  return [
    row.name,
    ...["native", "qemu-user", "denix"].map(cell),
    compare(whole, "native"),
    compare(whole, "qemu-user"),
    compare(body, "native"),
    compare(body, "qemu-user"),
    peak === undefined ? "–" : threeDigits(peak),
  ];
}

function meanLine(rows: readonly Row[], startMs: ReadonlyMap<string, number>): string[] {
  const body = (row: Row, side: string) => withoutStart(row, side, startMs.get(side));
  return [
    "geometric mean",
    "",
    "",
    "",
    showRatio(meanRatio(rows, figure, "denix", "native")),
    showRatio(meanRatio(rows, figure, "denix", "qemu-user")),
    showRatio(meanRatio(rows, body, "denix", "native")),
    showRatio(meanRatio(rows, body, "denix", "qemu-user")),
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
