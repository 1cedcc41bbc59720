// Functions that all regions call through the table, at numbers that are the same in every run, so that regions can be kept between runs.
//
// Each takes the CPU state and returns 1, or 0 when it declines and has done nothing: then the region runs the operation's closure. So a stub that
// declines can stand for any of them: it has the function made, which is there at the next call (or later, where makers.ts must be loaded first).

import { makers as late } from "../late.ts";
import { memory, RAM_BYTES } from "../ram.ts";
import { Code, OP } from "./encoder.ts";
import { type ModuleParts, wasmModule } from "./module.ts";
import { STEP } from "./imports.ts";
import { functions, SHARED_FIRST, SHARED_FUNCTIONS } from "./jump_table.ts";

/** What a function is made of. */
export interface Body {
  readonly code: Code;
  readonly locals: readonly number[];
}

const numbers = new Map<string, number>();
const makers: (() => Body)[] = [];

/** Declares a function; all are declared when this is loaded, in the same order always. */
export function declareShared(name: string, make: () => Body): void {
  if (makers.length === SHARED_FUNCTIONS || numbers.has(name)) throw new Error(`shared function ${name}`);
  numbers.set(name, makers.push(make) - 1);
}

/** The place of a function in the table. */
export function sharedIndex(name: string): number {
  const n = numbers.get(name);
  if (n === undefined) throw new Error(`no shared function ${name}`);
  return SHARED_FIRST + n;
}

/** Puts the stubs into the table. */
export function installStubs(): void {
  if (functions.get(SHARED_FIRST) !== null) return;
  const stubs = Array.from({ length: SHARED_FUNCTIONS }, (_, n) => ({
    type: STEP,
    locals: [],
    code: new Code().i32(n).call(0).op(OP.drop).i32(0),
    name: String(n),
  }));
  const stub = instantiate({ imports: [STEP], functions: stubs }, { 0: install });
  stubs.forEach(({ name }, n) => functions.set(SHARED_FIRST + n, stub[name] as () => number));
}

function install(n: number): number {
  if (!late.ready) return 0;
  const { code, locals } = makers[n]!();
  const { r } = instantiate({ functions: [{ type: STEP, locals, code, name: "r" }] });
  functions.set(SHARED_FIRST + n, r as () => number);
  return 0;
}

/** What a module of these functions exports, over the memory and the function table. */
export function instantiate(
  { types, imports = [], functions: list }: Pick<ModuleParts, "types" | "functions"> & Partial<ModuleParts>,
  f: WebAssembly.ModuleImports = {},
): WebAssembly.Exports {
  const bytes = wasmModule({ pages: RAM_BYTES / 65536, types, imports, globals: 0, functions: list });
  const module = new WebAssembly.Module(bytes);
  return new WebAssembly.Instance(module, { m: { m: memory, t: functions }, f }).exports;
}
