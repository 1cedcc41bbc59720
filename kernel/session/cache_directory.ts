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
  return (line.tier !== "js" && line.tier !== "wasm") && !line.strict && line.dump === undefined;
}

/** As the XDG base directory specification has it; DENIX_CACHE_DIR goes before. */
function defaultDirectory(): string | undefined {
  const { DENIX_CACHE_DIR, XDG_CACHE_HOME, HOME } = hostEnvironment();
  if (DENIX_CACHE_DIR) return DENIX_CACHE_DIR;
  if (XDG_CACHE_HOME?.startsWith("/")) return `${XDG_CACHE_HOME}/denix`;
  return HOME?.startsWith("/") ? `${HOME}/.cache/denix` : undefined;
}
