// Links regions: each one's code leaves holes for what is known only when a module is made of it, alone or with others. Regions of one module
// call each other, and go on with each other, directly; V8 may put one into the other then.

import type { Link } from "../cache/block.ts";
import type { RegionParts } from "../cache/region_record.ts";
import { EXEC_STAMP } from "../cpu.ts";
import { Code, OP, VOID } from "./encoder.ts";
import { IMPORTS, REGION, REGION_TYPE, STEP, TYPES } from "./imports.ts";
import { JUMP_FUNCTION, JUMP_STAMP, jumpEntryAt } from "./jump_table.ts";
import { type FunctionBody, wasmModule } from "./module.ts";
import { BACK, CPU_AT, DEPTH, FIRST_END, GLOBALS, WHICH_SHIFT } from "./results.ts";

/** What is put into holes. `n` is a number of the region's own: of a step, a link or an ending operation. */
export const HOLE = {
  /** Calls step n. */
  step: 0,
  /** Pushes the result for link n. */
  link: 1,
  /** Pushes the result for ending operation n. */
  end: 2,
  /** Pushes 0 if there is a region where link n leads, else another i64. */
  find: 3,
  /** Calls that region; its parameters are on the stack. */
  call: 4,
  /** Goes on with that region, if it is in the same module and in place. */
  goOn: 5,
} as const;

/** A region with the numbers that it gets in this run. */
export interface Numbered {
  readonly parts: RegionParts;
  readonly firstLink: number;
  readonly firstEnd: number;
  /** Physical address of the stamp of the executable pages among which all its code is in place. */
  readonly stampAt: number;
}

/** An entry of a region in the module. */
interface Target {
  readonly function: number;
  readonly stampAt: number;
}

/**
 * The module of these regions, over `pages` pages of memory. Its functions are named "0", "1", …: the regions' entries in their order. It imports the steps of
 * all regions, in their order, behind IMPORTS.
 */
export function linkRegions(regions: readonly Numbered[], pages: number): Uint8Array<ArrayBuffer> {
  const steps = regions.reduce((sum, { parts }) => sum + parts.steps.length, 0);
  const imports = [...IMPORTS, ...new Array<typeof STEP>(steps).fill(STEP)];
  const targets = new Map<number, Target>();
  let next = imports.length;
  for (const { parts, stampAt } of regions) {
    for (const address of parts.entries) targets.set(address, { function: next++, stampAt });
  }
  const functions: FunctionBody[] = [];
  let firstStep = IMPORTS.length;
  const add = (locals: readonly number[], code: Code) => {
    functions.push({ type: REGION, locals, code, name: String(functions.length) });
  };
  for (const region of regions) {
    const { parts } = region, main = imports.length + functions.length;
    add(parts.locals, filled(region, firstStep, targets));
    for (let which = 1; which < parts.entries.length; which++) add([], otherEntry(which, main));
    firstStep += parts.steps.length;
  }
  // V8 lets a function grow by a tenth only when it puts callees into it, unless most functions of its module are tiny. These are never compiled.
  if (regions.length > 1) functions.push(...new Array<FunctionBody>(functions.length + 1).fill(TINY));
  return wasmModule({ pages, types: TYPES, imports, globals: GLOBALS, functions });
}
const TINY: FunctionBody = { type: REGION, locals: [], code: new Code().i32(0), name: undefined };

/** Entry `which` of a region, whose function has number `main`. */
function otherEntry(which: number, main: number): Code {
  return new Code().get(DEPTH).i32(which << WHICH_SHIFT).op(OP.i32Or).get(BACK).op(OP.returnCall).u(main);
}

/** The code of a region without holes. */
function filled(
  { parts, firstLink, firstEnd }: Numbered,
  firstStep: number,
  targets: ReadonlyMap<number, Target>,
): Code {
  const { links } = parts, { hints, holes } = parts.code, bytes = parts.code.written(), out = new Code();
  let at = 0, hint = 0;
  const copy = (end: number) => {
    const moved = out.length - at;
    for (; hint < hints.length && hints[hint]! < 2 * end; hint++) out.hints.push(hints[hint]! + 2 * moved);
    out.bytes(bytes.subarray(at, end));
    at = end;
  };
  for (let i = 0; i < holes.length; i += 2) {
    copy(holes[i]!);
    const kind = holes[i + 1]! & 7, n = holes[i + 1]! >>> 3;
    if (kind === HOLE.step) out.call(firstStep + n);
    else if (kind === HOLE.link) out.i32(firstLink + n);
    else if (kind === HOLE.end) out.i32(FIRST_END - firstEnd - n);
    else toRegion(out, kind, links[n]!, targets.get(links[n]!.address));
  }
  copy(bytes.length);
  return out;
}

function toRegion(out: Code, kind: number, { lo, hi }: Link, target: Target | undefined): void {
  if (target !== undefined) {
    if (kind === HOLE.call) return void out.call(target.function);
    otherStamp(out, () => out.i32(target.stampAt), 0);
    if (kind === HOLE.find) return void out.op(OP.i64ExtendI32U);
    out.op(OP.i32Eqz).hint(true).op(OP.if, VOID).get(DEPTH).get(BACK);
    out.op(OP.returnCall).u(target.function).op(OP.end);
    return;
  }
  // Through the jump table: another region may be there by the time this runs.
  const entry = jumpEntryAt(lo);
  if (kind === HOLE.find) {
    otherAddress(out, () => out.i32(entry), 0, () => out.i64(lo, hi));
  } else if (kind === HOLE.call) {
    out.i32(entry).mem(OP.i32Load, JUMP_FUNCTION).op(OP.callIndirect).u(REGION_TYPE).u(0);
  }
}

/** Pushes 0 if the entry of the jump table at `entry` + `offset` is for `address` and the code there is in place, else another i64. */
export function otherAddress(out: Code, entry: () => void, offset: number, address: () => void): void {
  entry();
  out.mem(OP.i64Load, offset);
  address();
  out.op(OP.i64Xor);
  otherStamp(out, entry, offset + JUMP_STAMP);
  out.op(OP.i64ExtendI32U, OP.i64Or);
}

/** Pushes 0 if the stamp at `at` + `offset` is that of the address space, else another i32. */
function otherStamp(out: Code, at: () => void, offset: number): void {
  at();
  out.mem(OP.i32Load, offset).i32(CPU_AT).mem(OP.i32Load, 8 * EXEC_STAMP).op(OP.i32Xor);
}
