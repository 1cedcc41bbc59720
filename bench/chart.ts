// A bar chart as SVG: groups of horizontal bars on a logarithmic axis, readable on light and dark pages.

export interface Group {
  label: string;
  bars: { series: string; value: number; text: string }[];
}

const COLOURS = new Map([["native", "#8a94a6"], ["qemu-user", "#d08a3c"], ["denix", "#2f81c7"]]);
const BAR = 15, GAP = 14, LEFT = 320, WIDTH = 860, RIGHT = 90;

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(
    '"',
    "&quot;",
  );
}

/** Values are ratios; 1 is where the axis has its base line. */
export function barChart(title: string, groups: readonly Group[]): string {
  const values = groups.flatMap(({ bars }) => bars.map(({ value }) => value)).filter((value) => value > 0);
  const low = Math.min(0, Math.floor(Math.log10(Math.min(...values, 1))));
  const high = Math.max(1, Math.ceil(Math.log10(Math.max(...values, 1))));
  const x = (value: number) =>
    LEFT + (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low) * (WIDTH - LEFT - RIGHT);
  const out: string[] = [];
  let y = 62;
  for (const { label, bars } of groups) {
    const height = bars.length * BAR;
    out.push(
      `<text class="t" x="${LEFT - 10}" y="${y + height / 2 + 4}" text-anchor="end">${escape(label)}</text>`,
    );
    for (const { series, value, text } of bars) {
      // A bar for 1 × still shows.
      const end = Math.max(x(value), LEFT + 2);
      out.push(
        `<rect x="${LEFT}" y="${y + 1}" width="${(end - LEFT).toFixed(1)}" height="${BAR - 2}" rx="2" fill="${
          COLOURS.get(series) ?? "#777"
        }"/>`,
        `<text class="v" x="${(end + 5).toFixed(1)}" y="${y + BAR - 4}">${escape(text)}</text>`,
      );
      y += BAR;
    }
    y += GAP;
  }
  const grid: string[] = [];
  for (let power = low; power <= high; power++) {
    const at = x(10 ** power).toFixed(1);
    grid.push(
      `<line class="g" x1="${at}" y1="52" x2="${at}" y2="${y - GAP / 2}"/>`,
      `<text class="v" x="${at}" y="${y + 8}" text-anchor="middle">${
        power < 0 ? 10 ** power : (10 ** power).toLocaleString("en")
      } ×</text>`,
    );
  }
  const legend = [...COLOURS].map(([name, colour], i) =>
    `<rect x="${LEFT + i * 110}" y="30" width="11" height="11" rx="2" fill="${colour}"/><text class="v" x="${
      LEFT + 16 + i * 110
    }" y="40">${name}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 20}" width="${WIDTH}" height="${
    y + 20
  }" role="img">
<title>${escape(title)}</title>
<style>.t,.v,.h{font-family:ui-sans-serif,system-ui,sans-serif;fill:#57606a}.t{font-size:13px}.v{font-size:11px}.h{font-size:15px;font-weight:600}.g{stroke:#8a94a6;stroke-opacity:.3}</style>
<text class="h" x="10" y="20">${escape(title)}</text>
${[...legend, ...grid, ...out].join("\n")}
</svg>
`;
}
