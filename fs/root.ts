// The default root of an instance: a directory of the host, copied on write in memory or, where granted, written through.

import type { HostFiles } from "./host_files.ts";
import { HostFs } from "./hostfs.ts";
import { OverlayFs } from "./overlay.ts";
import type { FileSystem, Time } from "./vfs/inode.ts";
import type { PageSource } from "./vfs/pages.ts";

export interface RootOptions {
  files: HostFiles;
  source: PageSource;
  /** Host directory, its own real path. */
  directory: string;
  /** true: all of it is the host's own; or the host paths (real ones) that are written through. */
  write: true | readonly string[];
  now?: () => Time;
}

export function createRoot({ files, source, directory, write, now }: RootOptions): FileSystem {
  const inside = write === true ? [] : write.map((path) => relative(directory, path));
  if (write === true || inside.includes("")) {
    return new HostFs({
      files,
      source,
      directory,
      writable: true,
      everything: write === true || write.includes("/"),
    });
  }
  const grants = inside.filter((path) => path !== undefined);
  const lower = new HostFs({ files, source, directory, writable: false });
  return new OverlayFs({
    lower,
    source,
    grants,
    ...(grants.length > 0 ? { writable: new HostFs({ files, source, directory, writable: true }) } : {}),
    ...(now === undefined ? {} : { now }),
  });
}

/** `path` as seen from the root `directory`: "" for the root and all above it, undefined outside. */
function relative(directory: string, path: string): string | undefined {
  const root = directory === "/" ? "" : directory;
  if (path === directory || path === "/" || root.startsWith(`${path}/`)) return "";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : undefined;
}
