// Which host directory keeps translations between runs?

import { hostEnvironment } from "../host/command_line.ts";
import { type CodeDirectory, openCodeDirectory } from "../host/code_directory.ts";
import { absolutePath } from "./grants.ts";
import type { CommandLine } from "./options.ts";

/** What was asked for, else what the environment says; undefined where Deno or the directory's rights do not allow it. */
export function cacheDirectory(
  wanted: string | false | undefined,
  directory: string,
): CodeDirectory | undefined {
  if (wanted === false) return undefined;
  const path = wanted ?? defaultDirectory();
  return path === undefined ? undefined : openCodeDirectory(absolutePath(path, directory));
}

/** Whether translations made with these options are the usual ones: others are only looked at, or made for tests. */
export function usesCache(line: Pick<CommandLine, "tier" | "strict" | "dump">): boolean {
  return (line.tier === "auto" || line.tier === "closure") && !line.strict && line.dump === undefined;
}

/**
 * DENIX_CACHE_DIR. Without it nothing is kept: an interactive bash was seen to draw its line wrongly with code of earlier runs, and the cause is
 * not known yet.
 */
function defaultDirectory(): string | undefined {
  return hostEnvironment().DENIX_CACHE_DIR || undefined;
}
