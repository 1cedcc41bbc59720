// Small line charts side by side, both axes logarithmic: how one thing grows with another.

import { COLOURS, document, line, logScale, text } from "./svg.ts";

export interface Panel {
  title: string;
  /** What the axes count. */
  x: string;
  y: string;
  series: { name: string; points: readonly (readonly [x: number, y: number])[] }[];
}

const WIDTH = 420, HEIGHT = 280, LEFT = 58, RIGHT = 26, TOP = 58, BOTTOM = 40;
/** For series that are not sides. */
const MORE = ["#2f81c7", "#8f5fbf", "#3d9970"];

export function lineCharts(title: string, panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / 2);
  const parts = panels.map((panel, i) =>
    `<g transform="translate(${(i % 2) * WIDTH} ${30 + Math.floor(i / 2) * HEIGHT})">\n${
      draw(panel).join("\n")
    }\n</g>`
  );
  return document(title, 2 * WIDTH, 30 + rows * HEIGHT, [text(10, 20, title, "start", "h"), ...parts]);
}

function draw({ title, x, y, series }: Panel): string[] {
  const points = series.flatMap(({ points }) => points).filter(([, value]) => value > 0);
  const right = WIDTH - RIGHT, bottom = HEIGHT - BOTTOM;
  const across = logScale(points.map(([value]) => value), LEFT, right);
  const up = logScale(points.map(([, value]) => value), bottom, TOP);
  const out = [
    text(LEFT, 20, title, "start", "b"),
    text(right, bottom + 30, x, "end"),
    text(LEFT, TOP - 8, y),
  ];
  for (const power of across.powers) {
    const at = across.at(power);
    out.push(line(at, TOP, at, bottom), text(at, bottom + 15, tick(power), "middle"));
  }
  for (const power of up.powers) {
    const at = up.at(power);
    out.push(line(LEFT, at, right, at), text(LEFT - 6, at + 4, tick(power), "end"));
  }
  series.forEach(({ name, points }, i) => {
    const colour = COLOURS.get(name) ?? MORE[i % MORE.length]!;
    const places = points.filter(([, value]) => value > 0).map(([a, b]) => [across.at(a), up.at(b)] as const);
    const path = places.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ");
    const legend = LEFT + 40 + i * 110;
    out.push(
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
      ...places.map(([a, b]) => `<circle cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="3" fill="${colour}"/>`),
      `<circle cx="${legend}" cy="36" r="4" fill="${colour}"/>`,
      text(legend + 8, 40, name),
    );
  });
  return out;
}

function tick(power: number): string {
  return power >= 1e6 || power < 1e-3 ? power.toExponential(0) : power.toLocaleString("en");
}
