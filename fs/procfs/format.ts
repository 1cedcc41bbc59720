// Number formats that proc files share.

import type { SignalWords } from "./source.ts";

/** Ticks of /proc/PID/stat and /proc/stat: sysconf(_SC_CLK_TCK) is 100. */
const NS_PER_TICK = 10_000_000;
const RLIM_INFINITY = "18446744073709551615";

export function ticks(ns: number): number {
  return Math.floor(ns / NS_PER_TICK);
}

/** Right-aligned kB of status, smaps and meminfo. */
export function kilobytes(bytes: number, width = 8): string {
  return `${String(Math.floor(bytes / 1024)).padStart(width)} kB`;
}

/** A 64-bit set as sixteen hexadecimal digits. */
export function signalSet(set: SignalWords): string {
  return hex(set.high >>> 0, 8) + hex(set.low >>> 0, 8);
}

/** A number below 2^53 as hexadecimal digits. */
export function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

export function unlimited(value: number): string {
  return value === Infinity ? RLIM_INFINITY : String(value);
}

/** Seconds with two digits, as in uptime. */
export function seconds(ns: number): string {
  const hundredths = Math.floor(ns / 10_000_000);
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
}

/** CPUs 0 … count - 1 as a mask and as a list. */
export function cpuMask(count: number): string {
  return (2 ** count - 1).toString(16);
}
export function cpuList(count: number): string {
  return count === 1 ? "0" : `0-${count - 1}`;
}

/** Characters that would break lines or fields, as octal escapes (mount tables, maps). */
export function mangle(text: string, special = " \t\n\\"): string {
  let out = "";
  for (const char of text) {
    out += special.includes(char) ? "\\" + char.charCodeAt(0).toString(8).padStart(3, "0") : char;
  }
  return out;
}
