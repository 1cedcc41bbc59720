// A package that denix uses, at once: where the wait for an import() is not possible.
//
// Never a module of denix itself, and never import() once the guest runs: Deno shows on a terminal how far it is with loading modules that need work,
// and clears the line for it, whatever the guest has written there.

import process from "node:process";
import { readPermission } from "./permissions.ts";

function requireHere(): NodeJS.Require {
  return process.getBuiltinModule("node:module").createRequire(import.meta.url);
}

export const hostPackages = {
  /** Whether `load` will find it: it must be readable, and denix come from files. */
  has(name: string): boolean {
    if (!import.meta.url.startsWith("file:") || readPermission() !== "granted") return false;
    try {
      requireHere().resolve(name);
      return true;
    } catch {
      return false;
    }
  },

  /** The same objects that import() gives. */
  load(name: string): unknown {
    return requireHere()(name);
  },
};
