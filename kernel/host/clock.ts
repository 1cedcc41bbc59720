// The host's clocks and the host's event loop, as the kernel sees them.

import { looked } from "../../fs/vfs/coarse_time.ts";

/** Monotonic, ms with sub-microsecond resolution. About 0.1 µs a call, without allocation. */
export function hostNowMs(): number {
  const now = performance.now();
  looked(now);
  return now;
}

/** Wall clock, ms since the epoch (whole numbers). */
export function hostWallMs(): number {
  return Date.now();
}

/** Wall clock, ms since the epoch, at the moment hostNowMs() was 0. */
export const hostOriginMs: number = performance.timeOrigin;

/** Seconds since the host booted, or undefined where the host does not say. */
export function hostUptimeSeconds(): number | undefined {
  try {
    return Deno.osUptime();
  } catch {
    return undefined;
  }
}

/** Loaded when it is first used, which takes 5 ms. */
let immediate: ((run: () => void) => void) | undefined;

/** One turn of the host's event loop. setImmediate takes 2.5 µs, a MessageChannel 6 µs, setTimeout(0) over 1 ms. */
export function yieldToHost(): Promise<void> {
  const soon = immediate ??= (globalThis as unknown as { setImmediate(run: () => void): void }).setImmediate;
  return new Promise((resolve) => soon(resolve));
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** Sleeps without running the event loop: precise for sleeps shorter than the resolution of setTimeout. */
export function sleepBriefly(ms: number): void {
  Atomics.wait(sleeper, 0, 0, ms);
}
