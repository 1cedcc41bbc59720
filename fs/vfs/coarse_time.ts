// The time as far as files need it: when somebody last looked at the clock. A reading of the host's clock costs as much
// as a short system call, and Linux stamps files with its last tick, too (ktime_get_coarse_real_ts64).

import type { Time } from "./inode.ts";

/** A typed array: a variable would make an object of each new number. */
const now = Float64Array.of(performance.now());

/** Somebody looked: performance.now() is `ms`. The scheduler does so about every millisecond. */
export function looked(ms: number): void {
  now[0] = ms;
}

/** Monotonic, in milliseconds. */
export function coarseNowMs(): number {
  return now[0]!;
}

let stampMs = NaN;
let stamp: Time = { sec: 0, nsec: 0 };

/** The wall clock, for times of files. One object as long as the time is the same. */
export function coarseTime(): Time {
  const coarse = now[0]!;
  if (coarse !== stampMs) {
    stampMs = coarse;
    const ms = performance.timeOrigin + coarse, sec = Math.floor(ms / 1000);
    stamp = { sec, nsec: Math.min(999_999_999, Math.floor((ms - sec * 1000) * 1e6)) };
  }
  return stamp;
}
