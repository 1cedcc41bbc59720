// A package that denix uses, at once: where the wait for an import() is not possible.
//
// Never a module of denix itself, and never import() once the guest runs: Deno shows on a terminal how far it is with loading modules that need work,
// and clears the line for it, whatever the guest has written there.

import { nodeRequire } from "./node.ts";
import { readPermission } from "./permissions.ts";

export const hostPackages = {
  /** Whether `load` will find packages: they must be readable, and denix come from files. (Deno has fetched them before denix runs.) */
  get ready(): boolean {
    return import.meta.url.startsWith("file:") && readPermission() === "granted";
  },

  /** The same objects that import() gives. */
  load(name: string): unknown {
    return nodeRequire()(name);
  },
};
