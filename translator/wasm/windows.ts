// Which accesses of a region get a window (places.ts), by the form of their address. Whether a window covers most of what is asked shows when it is
// used: those that miss too often are given up (window_misses.ts), and the TLB is asked at once then. Outside of loops one is worth its while for
// several accesses only.

import { RSP, TEMPS } from "../cpu.ts";
import { WINDOW_BYTES, WINDOW_COUNT, WINDOWS } from "../ram.ts";
import type { IrOp } from "../ir/block.ts";
import type { Mem } from "../ir/op.ts";
import type { Flow } from "./flow.ts";

export interface Window {
  /** Physical address. */
  readonly at: number;
  readonly writable: boolean;
}
/** By form of the address. */
export type Windows = ReadonlyMap<string, Window>;

/** Windows of a region at the most. */
export const MOST_WINDOWS = 12;
/** Word of a window: how often it missed. */
export const MISSES = 6;
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

/**
 * Where window `n` of the region at guest address `entry` lies: where those of other regions are not, as a rule. Regions may share one all the
 * same, so those that are written through have places of their own: what another region has only looked at may not be written.
 */
export function windowAt(entry: number, n: number, writable: boolean): number {
  const pairs = (WINDOW_COUNT - FIRST) / 2;
  const pair = ((Math.imul(entry, 0x9e3779b1) >>> 16) + n) % pairs;
  return WINDOWS + WINDOW_BYTES * (FIRST + 2 * pair + (writable ? 1 : 0));
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

const STORES = /^(st|fstore|ldu|probe|push|call)/;
const STEPS = /^(add|sub|inc|dec|lea)(32|64)f?$/;

/** `without`: bits of windows that have turned out to miss (window_misses.ts). */
export function planWindows({ blocks, successors }: Flow, without: number): Windows {
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
        if (key === "") continue;
        use(key, STORES.test(def.name) || key === STACK, key === STACK ? LOOP_WEIGHT : weight);
      }
    }
  }
  const best = [...uses].filter(([, { count }]) => count >= LEAST_WEIGHT)
    .sort((a, b) => b[1].count - a[1].count).slice(0, MOST_WINDOWS);
  const entry = blocks[0]!.address;
  const windows = new Map<string, Window>();
  best.forEach(([key, { written }], n) => {
    if (key === STACK) windows.set(key, { at: STACK_WINDOW, writable: written });
    else if ((without >> n & 1) === 0) {
      windows.set(key, { at: windowAt(entry, n, written), writable: written });
    }
  });
  return windows;
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

/** Whether register `d` moves by some bytes only. */
export function isStep(d: number, { def, args }: IrOp): boolean {
  if (!STEPS.test(def.name)) return false;
  return def.name.startsWith("lea") ? (args[1] as Mem).base === d : args[1] === d || args[2] === d;
}
