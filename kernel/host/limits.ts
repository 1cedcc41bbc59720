// The resource limits that the host gave to whoever started denix (its shell): guests start with the same ones.
//
// The parent's are read, not this process's: Deno raises its own limit of open files. Only Linux tells.

import { RLIM_NLIMITS } from "../task/rlimits.ts";

/** Names in /proc/PID/limits, by RLIMIT_* number. */
const NAMES = [
  "Max cpu time",
  "Max file size",
  "Max data size",
  "Max stack size",
  "Max core file size",
  "Max resident set",
  "Max processes",
  "Max open files",
  "Max locked memory",
  "Max address space",
  "Max file locks",
  "Max pending signals",
  "Max msgqueue size",
  "Max nice priority",
  "Max realtime priority",
  "Max realtime timeout",
];

/** What a limits file says: by RLIMIT_* number, undefined where a line is missing. */
export function parseLimits(text: string): ({ cur: number; max: number } | undefined)[] {
  const number = (word: string) => word === "unlimited" ? Infinity : Number(word);
  const lines = text.split("\n");
  return NAMES.slice(0, RLIM_NLIMITS).map((name) => {
    const line = lines.find((one) => one.startsWith(name + " "));
    const match = /^\s+(\d+|unlimited)\s+(\d+|unlimited)\b/.exec(line?.slice(name.length) ?? "");
    return match === null ? undefined : { cur: number(match[1]), max: number(match[2]) };
  });
}

/** Undefined where the host does not say. */
export function hostLimits(): ReturnType<typeof parseLimits> | undefined {
  try {
    return parseLimits(Deno.readTextFileSync(`/proc/${Deno.ppid}/limits`));
  } catch {
    return undefined;
  }
}
