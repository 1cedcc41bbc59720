// A module of denix itself, at once: where the wait for an import() is not possible.

import process from "node:process";
import { readPermission } from "./permissions.ts";

/** Whether {@link loadModule} can work here: the module and the packages it needs must be readable, and come from files. */
export function canLoadModules(): boolean {
  return import.meta.url.startsWith("file:") && readPermission() === "granted";
}

/** The module at `url`: the same object that import() gives. */
export function loadModule(url: URL): unknown {
  const { createRequire } = process.getBuiltinModule("node:module");
  return createRequire(import.meta.url)(decodeURIComponent(url.pathname));
}
