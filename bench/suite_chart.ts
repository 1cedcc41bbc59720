// The suite as one picture: for each benchmark how many times slower than native qemu-user and denix are, as dots on a
// logarithmic axis, with the group's geometric mean.

import { figure, meanRatio, ratio, type Row } from "./results.ts";
import { showRatio } from "./statistics.ts";
import { type Group, GROUPS } from "./suite.ts";
import { COLOURS, document, line, logScale, type Scale, text } from "./svg.ts";

const LEFT = 240, RIGHT = 70, WIDTH = 860, TOP = 66, LINE = 16;
const SIDES = ["qemu-user", "denix"] as const;
const TITLE = "Time compared with a native run (logarithmic; left is faster)";

interface Entry {
  name: string;
  mean: boolean;
  ratios: (number | undefined)[];
}

export function suiteChart(rows: readonly Row[]): string {
  const groups = (Object.entries(GROUPS) as [Group, string][]).map(([group, title]) => {
    const members = rows.filter((row) => row.group === group);
    const entries: Entry[] = members.map((row) => ({
      name: row.name,
      mean: false,
      ratios: SIDES.map((side) => ratio(figure(row, side), figure(row, "native"))),
    }));
    if (members.length > 1) {
      const ratios = SIDES.map((side) => meanRatio(members, figure, side, "native"));
      entries.push({ name: "geometric mean", mean: true, ratios });
    }
    return { title, entries };
  }).filter(({ entries }) => entries.length > 0);
  const values = groups.flatMap(({ entries }) => entries.flatMap(({ ratios }) => ratios)).filter((value) =>
    value !== undefined
  );
  const scale = logScale([1, ...values], LEFT, WIDTH - RIGHT);
  const parts: string[] = [];
  let y = TOP;
  for (const { title, entries } of groups) {
    parts.push(text(10, y + 12, title, "start", "b"));
    y += LINE + 4;
    for (const entry of entries) {
      parts.push(...draw(entry, y + LINE / 2, scale));
      y += LINE;
    }
    y += 8;
  }
  const grid = scale.powers.flatMap((power) => {
    const x = scale.at(power), label = `${power.toLocaleString("en")} ×`;
    return [line(x, TOP - 8, x, y), text(x, TOP - 12, label, "middle"), text(x, y + 12, label, "middle")];
  });
  const one = scale.at(1);
  const legend = SIDES.flatMap((side, i) => [
    `<circle cx="${LEFT + 6 + i * 100}" cy="34" r="5" fill="${COLOURS.get(side)}"/>`,
    text(LEFT + 16 + i * 100, 38, side),
  ]);
  return document(TITLE, WIDTH, y + 22, [
    text(10, 20, TITLE, "start", "h"),
    ...legend,
    ...grid,
    line(one, TOP - 8, one, y, `stroke="${COLOURS.get("native")}" stroke-width="2"`),
    ...parts,
  ]);
}

function draw({ name, mean, ratios }: Entry, y: number, scale: Scale): string[] {
  const known = ratios.filter((value) => value !== undefined);
  const out = [text(LEFT - 12, y + 4, name, "end", mean ? "b" : "")];
  if (known.length === 0) return [...out, text(LEFT, y + 4, "failed")];
  const places = known.map((value) => scale.at(value));
  out.push(
    line(
      Math.min(...places),
      y,
      Math.max(...places),
      y,
      'stroke="#8a94a6" stroke-opacity=".6" stroke-width="2"',
    ),
  );
  ratios.forEach((value, i) => {
    if (value === undefined) return;
    const colour = COLOURS.get(SIDES[i]!);
    out.push(`<circle cx="${scale.at(value).toFixed(1)}" cy="${y}" r="${mean ? 5.5 : 4}" fill="${colour}"/>`);
  });
  const denix = ratios[SIDES.indexOf("denix")];
  out.push(
    text(
      Math.max(...places) + 9,
      y + 4,
      denix === undefined ? "denix failed" : showRatio(denix),
      "start",
      mean ? "d b" : "d",
    ),
  );
  return out;
}
