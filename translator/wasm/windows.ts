// Which accesses of a region get a window (access.ts): those through the stack and frame pointers, fixed addresses, registers that move in small
// steps, and indexes of small tables. An address that was just loaded or computed is as likely to be anywhere: there the TLB is asked at once. A
// window that is wrong costs more than the TLB, so outside of loops one is worth its while for several accesses only.

import { RBP, RSP, TEMPS } from "../cpu.ts";
import { WINDOW_BYTES, WINDOW_COUNT, WINDOWS } from "../ram.ts";
import type { IrOp } from "../ir/block.ts";
import type { Mem, Value } from "../ir/op.ts";
import type { Flow } from "./flow.ts";

export interface Window {
  /** Physical address of the page's address; its addend lies 8 bytes behind. */
  readonly at: number;
  readonly writable: boolean;
}
/** By form of the address. */
export type Windows = ReadonlyMap<string, Window>;

/** Windows of a region at the most. */
const MOST_WINDOWS = 12;
/** An access in a loop counts for as many, and a window needs this many. */
const LOOP_WEIGHT = 8, LEAST_WEIGHT = 3;
/** What nobody asks: to be filled where there is no window. */
export const NO_WINDOW: number = WINDOWS + WINDOW_BYTES;
/** The window for the stack, which all regions share. */
export const STACK_WINDOW: number = WINDOWS;
/** Form of addresses in the stack. */
export const STACK = `${RSP}`;
/** The other windows begin here. */
const FIRST = 2;

/** Where window `n` of the region at guest address `entry` lies: where those of other regions are not, as a rule. */
function place(entry: number, n: number): number {
  return WINDOWS +
    WINDOW_BYTES * (FIRST + ((Math.imul(entry, 0x9e3779b1) >>> 16) + n) % (WINDOW_COUNT - FIRST));
}

/** Names addresses of this form; "" when nothing is known of where they are. */
export function formOf(m: Mem): string {
  if (m.address32 || m.base >= TEMPS || m.index >= TEMPS) return "";
  if (m.segment >= 0) return m.base < 0 && m.index < 0 ? `s${m.segment}` : "";
  if (m.index >= 0) return `${m.base},${m.index},${m.scale}`;
  // A handler does not know the displacement (threaded/operands.ts).
  if (m.base < 0 && typeof m.dispLo !== "number") return "";
  return m.base >= 0 ? `${m.base}` : `${m.dispHi}:${m.dispLo >>> 12}`;
}

const isStack = (m: Mem) => (m.base === RSP || m.base === RBP) && m.index < 0;
const STORES = /^(st|fstore|ldu|probe|push|call)/;
const STEPS = /^(add|sub|inc|dec|lea)(32|64)f?$/;

/** How a register changes in the region. */
interface Moves {
  /** It is loaded or computed from something else than itself. */
  wild: boolean;
  steps: boolean;
}

export function planWindows({ blocks, successors }: Flow): Windows {
  const moves: Moves[] = Array.from({ length: TEMPS }, () => ({ wild: false, steps: false }));
  for (const { ops } of blocks) for (const o of ops) note(moves, o);
  const uses = new Map<string, { count: number; written: boolean }>();
  const use = (key: string, written: boolean, weight: number) => {
    const entry = uses.get(key);
    if (entry === undefined) uses.set(key, { count: weight, written });
    else {
      entry.count += weight;
      entry.written ||= written;
    }
  };
  const loops = inCycles(successors);
  for (let n = 0; n < blocks.length; n++) {
    const weight = loops[n] ? LOOP_WEIGHT : 1;
    for (const { def, args } of blocks[n]!.ops) {
      if (/^(push64|pop64|call|callTo|ret)$/.test(def.name)) use(STACK, true, LOOP_WEIGHT);
      for (let i = 0; i < args.length; i++) {
        if (def.args[i] !== "m" || def.name.startsWith("lea")) continue;
        const m = args[i] as Mem, key = formOf(m);
        if (key === "" || !near(m, moves)) continue;
        use(key, STORES.test(def.name) || key === STACK, key === STACK ? LOOP_WEIGHT : weight);
      }
    }
  }
  const best = [...uses].filter(([, { count }]) => count >= LEAST_WEIGHT)
    .sort((a, b) => b[1].count - a[1].count).slice(0, MOST_WINDOWS);
  const entry = blocks[0]!.address;
  return new Map(
    best.map(([key, { written }], n) => [
      key,
      { at: key === STACK ? STACK_WINDOW : place(entry, n), writable: written },
    ]),
  );
}

/** By node: whether it can reach itself (Tarjan: "Depth-first search and linear graph algorithms"). */
export function inCycles(successors: readonly (readonly number[])[]): boolean[] {
  const order = new Int32Array(successors.length).fill(-1), lowest = new Int32Array(successors.length);
  const open: number[] = [], isOpen = new Uint8Array(successors.length);
  const cyclic: boolean[] = new Array(successors.length).fill(false);
  let count = 0;
  const visit = (n: number): void => {
    order[n] = lowest[n] = count++;
    open.push(n);
    isOpen[n] = 1;
    for (const to of successors[n]!) {
      if (to < 0) continue;
      if (to === n) cyclic[n] = true;
      if (order[to]! < 0) {
        visit(to);
        lowest[n] = Math.min(lowest[n]!, lowest[to]!);
      } else if (isOpen[to]) lowest[n] = Math.min(lowest[n]!, order[to]!);
    }
    if (lowest[n] !== order[n]) return;
    const component = open.splice(open.indexOf(n));
    for (const m of component) {
      isOpen[m] = 0;
      if (component.length > 1) cyclic[m] = true;
    }
  };
  // Regions are small (tunables.ts): the host's stack is deep enough.
  for (let n = 0; n < successors.length; n++) if (order[n]! < 0) visit(n);
  return cyclic;
}

function near(m: Mem, moves: readonly Moves[]): boolean {
  if (m.base >= 0 && moves[m.base]!.wild) return false;
  return m.index < 0 || !moves[m.index]!.wild && moves[m.index]!.steps;
}

/** Whether register `d` moves by some bytes only. */
export function isStep(d: number, { def, args }: IrOp): boolean {
  if (!STEPS.test(def.name)) return false;
  return def.name.startsWith("lea") ? (args[1] as Mem).base === d : args[1] === d || args[2] === d;
}

/** Whether the result is the index of a small table, as a rule: a byte, or some bits. */
function isSmall({ def, args }: IrOp): boolean {
  if (/^(ext8u|ld8u)$/.test(def.name)) return true;
  if (!/^and(32|64)f?$/.test(def.name)) return false;
  return (args as readonly Value[]).some((a) => typeof a === "object" && a.hi === 0 && a.lo >>> 0 < SMALL);
}
const SMALL = 1024;

function note(moves: Moves[], o: IrOp): void {
  const { def, args } = o;
  const d = args[def.args.indexOf("d")];
  if (typeof d !== "number" || d >= 16) return;
  const m = moves[d]!;
  const { name } = def;
  if (isSmall(o)) m.steps = true;
  else if (STEPS.test(name)) {
    if (isStep(d, o)) m.steps = true;
    else if (!name.startsWith("lea")) m.wild = true;
  } else if (/^ld/.test(name)) {
    if (!isStack(args[1] as Mem)) m.wild = true;
  } else if (!/^(mov|xor|pop|sext|ext)/.test(name)) m.wild = true;
}
