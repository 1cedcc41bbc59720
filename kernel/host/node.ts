// Node's modules, for what Deno has no words for. They are loaded when they are first needed: that takes longer than loading most of denix.

import type * as Fs from "node:fs";
import type Process from "node:process";

let loaded: typeof Process | undefined;
/** node:process; an import would load it at the start. */
export function nodeProcess(): typeof Process {
  return loaded ??= (globalThis as unknown as { process: typeof Process }).process;
}

let fs: typeof Fs | undefined;
export function nodeFs(): typeof Fs {
  return fs ??= nodeProcess().getBuiltinModule("node:fs");
}

/** require() as seen from here. */
export function nodeRequire(): NodeJS.Require {
  return nodeProcess().getBuiltinModule("node:module").createRequire(import.meta.url);
}
