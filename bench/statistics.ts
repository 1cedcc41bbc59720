// Figures from samples: medians, geometric means, and how they are written.

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Of ratios: the only mean that does not depend on which side is the base. */
export function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

const UNITS: [number, string][] = [[1000, "s"], [1, "ms"], [1e-3, "µs"], [1e-6, "ns"]];

/** Three digits and the unit that suits. */
export function showTime(ms: number): string {
  const [factor, unit] = UNITS.find(([factor]) => Math.abs(ms) >= factor * 0.9995) ?? UNITS.at(-1)!;
  return `${threeDigits(ms / factor)} ${unit}`;
}

export function showRatio(ratio: number | undefined): string {
  return ratio === undefined ? "–" : `${ratio >= 100 ? ratio.toFixed(0) : ratio.toPrecision(2)} ×`;
}

export function threeDigits(value: number): string {
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : value.toFixed(2);
}
