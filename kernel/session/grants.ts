// What may the guest reach on the host? What the user granted after `mod.ts` (or in `run()`), as far as Deno itself was
// allowed it. The kernel asks here; the host files check again, so a grant that Deno refuses later becomes an errno.

import { realPath } from "../host/command_line.ts";
import { netPermission, readPermission, writePermission } from "../host/permissions.ts";
import { StartError } from "./report.ts";

/** true: all; a list: host paths (absolute, real, without trailing slash) or HOST[:PORT]; empty: none. */
export interface Grants {
  readonly write: true | readonly string[];
  readonly net: true | readonly string[];
}

export const NO_GRANTS: Grants = { write: [], net: [] };

/** What was asked for, in the words of the command line. */
export interface WantedGrants {
  readonly write: true | readonly string[] | undefined;
  readonly net: true | readonly string[] | undefined;
  /** "as much as there is": nothing is said when Deno allows less. */
  readonly all: boolean;
}

/** Asks Deno for each grant. Throws {@link StartError} when one that was asked for by name cannot be had. */
export function settleGrants(wanted: WantedGrants, directory: string): Grants {
  return { write: settleWrite(wanted, directory), net: settleNet(wanted) };
}

function settleWrite({ write, all }: WantedGrants, directory: string): true | readonly string[] {
  if (write === undefined || write === true) {
    if (write === undefined && !all) return [];
    // "partial" stays a grant of all: what Deno keeps back answers EACCES file by file.
    if (writePermission() !== "denied") return true;
    if (write === undefined || all) return writePermission("/") !== "denied" ? true : [];
    if (writePermission("/") !== "denied") return true;
    throw denied("--allow-write", "--allow-write");
  }
  return write.map((path) => {
    const absolute = absolutePath(path, directory);
    if (writePermission(absolute) === "denied") {
      throw denied(`--allow-write=${path}`, `--allow-write=${path}`);
    }
    return realExisting(absolute);
  });
}

function settleNet({ net, all }: WantedGrants): true | readonly string[] {
  if (net === undefined || net === true) {
    if (net === undefined && !all) return [];
    if (netPermission() !== "denied") return true;
    if (net === undefined || all) return [];
    throw denied("--allow-net", "--allow-net");
  }
  for (const host of net) {
    if (netPermission(host) === "denied") throw denied(`--allow-net=${host}`, `--allow-net=${host}`);
  }
  return [...net];
}

function denied(grant: string, flag: string): StartError {
  return new StartError(
    `${grant} cannot be granted to the guest because Deno does not have it itself; ` +
      `start it as: deno run --allow-read ${flag} mod.ts ${grant} …`,
  );
}

/** Throws {@link StartError} when Deno may not read the root. */
export function checkReadable(root: string): void {
  if (readPermission(root) !== "denied" || readPermission() !== "denied") return;
  throw new StartError(
    `Deno may not read ${root}, where the guest's programs are; start it as: deno run --allow-read=${root} mod.ts …`,
  );
}

/** `path` made absolute against `directory`, without ".", ".." and double slashes. */
export function absolutePath(path: string, directory: string): string {
  const parts: string[] = [];
  for (const part of `${path.startsWith("/") ? "" : directory}/${path}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/**
 * Symbolic links in a granted path are followed once, now, as far as it exists: what the guest can change later must not
 * move the grant to another place.
 */
function realExisting(path: string): string {
  for (let end = path.length; end > 0; end = path.lastIndexOf("/", end - 1)) {
    const real = realPath(path.slice(0, end));
    if (real !== undefined) return absolutePath(path.slice(end + 1), real);
  }
  return path;
}

/** Does the grant cover this absolute host path? For checks by name; symbolic links must be resolved before. */
export function covers(grant: true | readonly string[], path: string): boolean {
  return grant === true || grant.some((root) => root === "/" || path === root || path.startsWith(`${root}/`));
}
