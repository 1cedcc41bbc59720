// What the charts share: escaping, colours that can be told apart on light and dark pages, a logarithmic scale.

export const COLOURS = new Map([["native", "#8a94a6"], ["qemu-user", "#d08a3c"], ["denix", "#2f81c7"]]);

export const STYLE =
  "<style>text{font-family:ui-sans-serif,system-ui,sans-serif;fill:#6e7781;font-size:11px}.h{font-size:15px;font-weight:600}" +
  `.b{font-weight:600}.d{fill:${COLOURS.get("denix")}}.g{stroke:#8a94a6;stroke-opacity:.3}</style>`;

export function escape(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (char) => entities[char]!);
}

export function text(x: number, y: number, content: string, anchor = "start", style = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${
    style === "" ? "" : ` class="${style}"`
  }>${escape(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, attributes = 'class="g"'): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${
    y2.toFixed(1)
  }" ${attributes}/>`;
}

export function document(title: string, width: number, height: number, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
${STYLE}
${parts.join("\n")}
</svg>
`;
}

/** Maps values to positions, in proportion to their logarithm; `powers` are the ticks. */
export interface Scale {
  at(value: number): number;
  powers: number[];
}

export function logScale(values: readonly number[], from: number, to: number): Scale {
  const positive = values.filter((value) => value > 0);
  const low = Math.floor(Math.log10(Math.min(...positive)) + 1e-9);
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...positive)) - 1e-9));
  return {
    at: (value) => from + (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low) * (to - from),
    powers: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  };
}
