// Which blocks make a region, and how they follow each other.
//
// From its hot entries: the blocks that direct jumps reach, and behind calls the blocks at the return address; then, while there is room, the
// functions that are called, whose calls and returns become jumps inside the region (a return compares the address it pops with
// those that calls of its function push). Only code that has run once is taken: what never ran is a way out.

import { STATUS_FLAGS } from "../cpu.ts";
import { type Link, makeLink } from "../cache/block.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import { UNKNOWN } from "../ir/flags.ts";
import { OPS } from "../ir/ops.ts";
import type { Const, Mem } from "../ir/op.ts";
import { dropFlags, nameKinds } from "../passes/flags.ts";
import { isNative } from "./registers.ts";
import { inCycles } from "./windows.ts";
import {
  INLINE_OPS,
  INLINE_TOTAL,
  REGION_BLOCKS,
  REGION_OPS,
  REGION_PAGES,
  RETURN_SITES,
  SWITCH_CASES,
  SWITCH_REACH,
} from "../tunables.ts";

/** Where blocks come from. */
export interface Source {
  /** Makes IR of the block at a guest address; undefined when it may not be part of the region. */
  lower(address: number): IrBlock | undefined;
  /** Physical address of the page that begins at guest address `page`. */
  physical(page: number): number;
  /** Addresses of the page's blocks that may be part of the region. */
  known(page: number): Iterable<number>;
}

/** A page of a region and the addend that the exec TLB must show for it. */
export interface RegionPage {
  readonly address: number;
  readonly addend: number;
}

export interface Flow {
  readonly blocks: readonly IrBlock[];
  /** The first so many are not there because something calls them. */
  readonly own: number;
  /** Numbers of the blocks where it may be entered, 0 first. */
  readonly entries: readonly number[];
  /** The node that leads to them, the last one; block 0 itself when that is the only entry. */
  readonly start: number;
  /**
   * By block, the numbers of the blocks at its exits; -1: out of the region. A node more than there are blocks stands for all indirect jumps
   * that look up a table: they lead there, and it leads to the cases. Behind it, `start`.
   */
  readonly successors: number[][];
  /** By number of a block that ends with a call: what is called there and only jumps on to where a pointer says (a stub of the PLT). */
  readonly stubs: ReadonlyMap<number, IrBlock>;
  /** The pages the blocks lie on, the entry's first. */
  readonly pages: readonly RegionPage[];
}

const isBranch = (o: IrOp) => /^branch\d/.test(o.def.name);
export const last = (block: IrBlock): IrOp => block.ops[block.ops.length - 1]!;
const address = ({ lo, hi }: Const) => hi * 0x1_0000_0000 + (lo >>> 0);

/** Links of a block's end that are plain jumps. */
export function jumps(end: IrOp): Link[] {
  if (end.def.name === "jump") return [end.args[0] as Link];
  if (isBranch(end)) return [end.args[0] as Link, end.args[2] as Link];
  if (end.def.name === "branchZero") return [end.args[1] as Link, end.args[3] as Link];
  return [];
}
/** The address behind a call; undefined for other ends. */
export function returnAddress(end: IrOp): number | undefined {
  if (end.def.name === "call") return address(end.args[2] as Const);
  if (end.def.name === "callTo") return address(end.args[1] as Const);
  return undefined;
}

/** Operations of a stub at the most: ENDBR64, a load, the jump. */
const STUB_OPS = 4;

/**
 * The region that may be entered at `entries` (where it has room for them; at the first in any case). Exits of a block: those of jumps(); for a call that stays inside (its function is part of the region) the function, else
 * the block behind the call; for a return the blocks behind the calls that it can belong to; for an indirect jump through a table the blocks
 * nearby that nothing else leads to: as a rule it is a switch, and those are its cases.
 */
export function findRegion(entries: readonly number[], source: Source): Flow | undefined {
  const blocks: IrBlock[] = [];
  const index = new Map<number, number>();
  const pages = new Set<number>();
  let size = 0;
  const take = (at: number): IrBlock | undefined => {
    if (blocks.length >= REGION_BLOCKS || size > REGION_OPS) return;
    const page = at - at % 4096;
    if (!pages.has(page) && pages.size >= REGION_PAGES) return;
    const block = source.lower(at);
    if (block === undefined) return;
    if (block.crossing) {
      if (!pages.has(page + 4096) && pages.size >= REGION_PAGES - 1) return;
      pages.add(page).add(page + 4096);
    } else pages.add(page);
    index.set(at, blocks.push(block) - 1);
    size += block.ops.length;
    return block;
  };
  const stubs = new Map<number, IrBlock>();
  const isStub = (n: number, address: number): boolean => {
    if (!pages.has(address - address % 4096) && pages.size >= REGION_PAGES) return false;
    const stub = source.lower(address);
    if (
      stub === undefined || stub.crossing || stub.ops.length > STUB_OPS || last(stub).def.name !== "jumpTo"
    ) return false;
    pages.add(address - address % 4096);
    stubs.set(n, stub);
    return true;
  };
  // Within the function first, then what it calls.
  const own = new Set<number>(entries), called = new Set<number>(), switches: number[] = [];
  const grow = (queue: Set<number>, most = Infinity) => {
    const start = size;
    for (const at of queue) {
      if (index.has(at)) continue;
      if (size - start > most) return;
      const block = take(at);
      if (block === undefined) continue;
      const end = last(block), back = returnAddress(end);
      for (const link of jumps(end)) queue.add(link.address);
      if (back !== undefined) queue.add(back);
      if (end.def.name === "jumpTo" && looksUpTable(block)) switches.push(index.get(at)!);
      if (end.def.name !== "call") continue;
      const callee = (end.args[0] as Link).address;
      if (!isStub(index.get(at)!, callee)) called.add(callee);
    }
  };
  grow(own);
  const cases = switches.length === 0
    ? []
    : strays(source, pages, index, blocks.map(({ address }) => address));
  for (const address of cases) grow(new Set([address]));
  // A hot case is where such a region begins.
  cases.push(...entries);
  const before = size, ownBlocks = blocks.length;
  for (const callee of called) {
    if (size - before > INLINE_TOTAL) break;
    // All of it or nothing.
    const kept = blocks.length, keptSize = size;
    grow(new Set([callee]), INLINE_OPS);
    if (size - keptSize <= INLINE_OPS) continue;
    for (let n = kept; n < blocks.length; n++) {
      index.delete(blocks[n]!.address);
      stubs.delete(n);
    }
    blocks.length = kept;
    while (switches.length > 0 && switches[switches.length - 1]! >= kept) switches.pop();
    size = keptSize;
  }
  if (!index.has(entries[0]!)) return undefined;
  endWhereOthersBegin(blocks);

  const at = (a: number) => index.get(a) ?? -1;
  const calls = (n: number) => {
    const end = last(blocks[n]!);
    return end.def.name === "call" && !stubs.has(n) ? at((end.args[0] as Link).address) : -1;
  };
  const nested = hasOwnLoop(blocks.slice(0, ownBlocks), at, calls);
  /** The function inside that block `n` calls, whose calls and returns become jumps; -1: none. */
  const inside = (n: number) => {
    const callee = calls(n);
    return nested && n < ownBlocks && callee < ownBlocks ? -1 : callee;
  };
  const successors = blocks.map((block, n) => {
    const end = last(block), back = returnAddress(end);
    if (end.def.name === "call") {
      const callee = inside(n);
      return [callee >= 0 ? callee : at(back!)];
    }
    if (end.def.name === "jumpTo") return switches.includes(n) ? [blocks.length] : [];
    if (back !== undefined) return [at(back)];
    return jumps(end).map((link) => at(link.address));
  });
  if (switches.length > 0) successors.push(cases.map(at).filter((to) => to >= 0).slice(0, SWITCH_CASES));
  returns(blocks, successors, at, inside);
  const entered = entries.map(at).filter((n) => n >= 0);
  const start = entered.length === 1 ? 0 : successors.push(entered) - 1;
  const found = pagesOf([...blocks, ...stubs.values()])
    .map((page) => ({ address: page, addend: (source.physical(page) - page) | 0 }));
  return { blocks, own: ownBlocks, entries: entered, start, successors, stubs, pages: found };
}

/**
 * Ends blocks where another one begins: otherwise the first round of a loop is part of the block before it, as a rule, and the loop is entered in its
 * middle.
 */
function endWhereOthersBegin(blocks: IrBlock[]): void {
  const begins = new Map(blocks.map((block) => [block.ops[0]!.ip, block.address]));
  blocks.forEach((block, n) => {
    const { ops } = block;
    const i = ops.findIndex(({ ip }, i) => i > 0 && ip !== ops[i - 1]!.ip && begins.has(ip));
    if (i < 0) return;
    const jump: IrOp = { def: JUMP, args: [makeLink(begins.get(ops[i]!.ip)!), 1], ip: ops[i - 1]!.ip };
    blocks[n] = { ...block, ops: [...ops.slice(0, i), jump], end: NaN, instructions: NaN };
  });
}
const JUMP = OPS.get("jump")!;

/** The pages of blocks, the first one's first. */
function pagesOf(blocks: readonly IrBlock[]): number[] {
  const pages = new Set<number>();
  for (const { address, crossing } of blocks) {
    const page = address - address % 4096;
    pages.add(page);
    if (crossing) pages.add(page + 4096);
  }
  return [...pages];
}

/** Whether the block loads from an address with an index. */
function looksUpTable(block: IrBlock): boolean {
  return block.ops.some(({ def, args }) =>
    /^ld/.test(def.name) && args.some((a, i) => def.args[i] === "m" && (a as Mem).index >= 0)
  );
}

/** Known blocks on the region's pages, between its first and last block or a little further, that are not part of it. */
function strays(
  source: Source,
  pages: Iterable<number>,
  index: ReadonlyMap<number, number>,
  addresses: readonly number[],
): number[] {
  const first = Math.min(...addresses), behind = Math.max(...addresses) + SWITCH_REACH;
  const found: number[] = [];
  for (const page of pages) {
    for (const address of source.known(page)) {
      if (address > first && address < behind && !index.has(address)) found.push(address);
    }
  }
  return found;
}

/** Whether block `n` ends with a call whose function is part of the region. */
export function staysInside({ blocks, successors }: Flow, n: number): boolean {
  const end = last(blocks[n]!);
  return end.def.name === "call" && successors[n]![0]! >= 0 &&
    blocks[successors[n]![0]!]!.address === (end.args[0] as Link).address;
}

/** Whether block `n` ends with a call of something outside, behind which it goes on. */
export function callsRegion(flow: Flow, n: number): boolean {
  return returnAddress(last(flow.blocks[n]!)) !== undefined && !staysInside(flow, n);
}

/**
 * Whether these blocks have a loop without a call among them in it: then recursion is done by calls of the region. Recursion by jumps makes
 * one big loop of the function, which is good for small ones only.
 */
function hasOwnLoop(
  blocks: readonly IrBlock[],
  at: (a: number) => number,
  calls: (n: number) => number,
): boolean {
  const next = blocks.map((block, n) => {
    const callee = calls(n), end = last(block), back = returnAddress(end);
    if (callee >= 0 && callee < blocks.length) return [];
    const to = back === undefined ? jumps(end).map((link) => at(link.address)) : [at(back)];
    return to.filter((m) => m < blocks.length);
  });
  return inCycles(next).some((cyclic) => cyclic);
}

/** Gives the region's returns their exits. `inside`: the function in the region that a block calls, or -1. */
function returns(
  blocks: readonly IrBlock[],
  successors: number[][],
  at: (a: number) => number,
  inside: (n: number) => number,
): void {
  // By function (number of its first block): the blocks behind its calls.
  const sites = new Map<number, Set<number>>();
  blocks.forEach((block, n) => {
    const callee = inside(n);
    if (callee < 0) return;
    const back = at(returnAddress(last(block))!);
    if (back < 0) return;
    const list = sites.get(callee);
    if (list === undefined) sites.set(callee, new Set([back]));
    else list.add(back);
  });
  for (const [callee, behind] of sites) {
    // The function's own blocks: calls go on behind themselves.
    const seen = new Set([callee]);
    for (const n of seen) {
      const end = last(blocks[n]!), back = returnAddress(end);
      for (const to of back === undefined ? jumps(end).map((link) => at(link.address)) : [at(back)]) {
        if (to >= 0) seen.add(to);
      }
    }
    for (const n of seen) {
      if (last(blocks[n]!).def.name !== "ret") continue;
      for (const site of behind) {
        if (successors[n]!.length < RETURN_SITES && !successors[n]!.includes(site)) successors[n]!.push(site);
      }
    }
  }
}

/**
 * Flags across blocks: removes those that every successor replaces, tells readers which kind reaches them. Returns by block the flags that it may
 * read, or a signal handler in it.
 */
export function resolveRegionFlags(flow: Flow): number[] {
  const { blocks, successors } = flow;
  const leaves = blocks.map((block, n) => {
    // All exits stay inside: then only their readers count. (Ways out of a loop for want of budget store everything.)
    const end = last(block);
    return end.def.faults || successors[n]!.length === 0 ||
      successors[n]!.some((to) => to < 0 || to >= blocks.length);
  });
  const liveIn: number[] = new Array(blocks.length).fill(0);
  const liveOut = (n: number) =>
    leaves[n] ? STATUS_FLAGS : successors[n]!.reduce((all, to) => all | liveIn[to]!, 0);
  for (let changed = true; changed;) {
    changed = false;
    for (let n = blocks.length - 1; n >= 0; n--) {
      let live = liveOut(n);
      for (let i = blocks[n]!.ops.length - 1; i >= 0; i--) {
        const { def } = blocks[n]!.ops[i]!;
        live = def.faults ? STATUS_FLAGS : live & ~def.writes | def.reads;
      }
      if (live !== liveIn[n]) {
        liveIn[n] = live;
        changed = true;
      }
    }
  }
  blocks.forEach((block, n) => dropFlags(block, liveOut(n)));
  // Kinds, forwards: undefined where no way has been seen yet.
  const kindIn: (number | undefined)[] = new Array(successors.length).fill(undefined);
  kindIn[flow.start] = UNKNOWN;
  const work = new Set([flow.start]);
  for (const n of work) {
    work.delete(n);
    let kind = n < blocks.length ? nameKinds(blocks[n]!, kindIn[n]!, isNative) : kindIn[n]!;
    if (n < blocks.length && callsRegion(flow, n)) kind = UNKNOWN;
    for (const to of successors[n]!) {
      if (to < 0) continue;
      const met = kindIn[to] === undefined || kindIn[to] === kind ? kind : UNKNOWN;
      if (met !== kindIn[to]) {
        kindIn[to] = met;
        work.add(to);
      }
    }
  }
  return liveIn;
}
