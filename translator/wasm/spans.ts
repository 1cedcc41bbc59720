// Accesses that go through the same register, with constant distances between them: fields of a structure, a stack frame, pushes in a row; or variables of
// one page. One comparison says that all bytes from the first of them to the last lie in one place; the accesses themselves then compare nothing (places.ts).
//
// Where the bytes do not lie so, the region leaves before the first access, and threaded code goes on (miss.ts, SPAN). So a span may be asked for that is
// longer than what turns out to be used: it takes in what the blocks behind may access.

import { RSP } from "../cpu.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import { atRegister, type Const, type Mem } from "../ir/op.ts";
import { generalWritten, isNative } from "./registers.ts";
import type { Structure } from "./structure.ts";

/** Distances from where a register points, or a page begins: of the first byte, and of the one behind the last. */
export interface Reach {
  readonly from: number;
  readonly to: number;
}

/** What is looked for with the first of several accesses. */
export interface Span {
  /** The register that they go through, or the page (see {@link Place}). */
  readonly base: number;
  /** What the accesses of its block ask for, and with those of the blocks behind. */
  needed: Reach;
  wanted: Reach;
  /** The block writes there. */
  writes: boolean;
}

/** Bytes that have been found in one place. */
export interface Found extends Reach {
  /** The local with the physical address of the first of them. */
  readonly at: number;
  readonly writable: boolean;
}
/** By register or page. */
export type FoundBytes = ReadonlyMap<number, Found>;
export const NOTHING_FOUND: FoundBytes = new Map();

/** Whether these bytes have been found there. */
export function includes(found: Found | undefined, { from, to }: Reach, writes: boolean): found is Found {
  return found !== undefined && from >= found.from && to <= found.to && (found.writable || !writes);
}

/** What has been found on both of two ways that meet. */
export function meetFound(a: FoundBytes, b: FoundBytes): FoundBytes {
  const both = new Map<number, Found>();
  for (const [base, one] of a) {
    const other = b.get(base);
    if (other === undefined || other.at !== one.at || other.from !== one.from) continue;
    both.set(base, { ...one, to: Math.min(one.to, other.to), writable: one.writable && other.writable });
  }
  return both;
}

/** The bytes of two reaches and what is between them, if they are not too many. */
export function joined(base: number, a: Reach, b: Reach): Reach | undefined {
  const from = Math.min(a.from, b.from), to = Math.max(a.to, b.to);
  if (base >= PAGES && to > 4096) return undefined;
  return to - from <= (base === RSP ? MOST_STACK : MOST_BYTES) ? { from, to } : undefined;
}

/** Bytes of a span at the most: an empty window is longer (env.ts), and few structures cross a page in vain. */
const MOST_BYTES = 512;
/** The same for stack frames. */
const MOST_STACK = 1024;
/** Blocks behind its own that a span takes in at the most. */
const MOST_BLOCKS = 12;
/** Bytes of an access behind that is taken in: vectors belong to strings and arrays, which may end before them. */
const MOST_FIELD = 8;
/** A register that moves further than that points somewhere else. */
const FAR = 1 << 16;

interface MemoryUse {
  readonly m: Mem;
  readonly size: number;
  readonly writes: boolean;
}

const SIZES: Readonly<Record<string, number>> = {
  ld8u: 1,
  ld8s32: 1,
  ld8s64: 1,
  ld16u: 2,
  ld16s32: 2,
  ld16s64: 2,
  ld32: 4,
  ld32s64: 4,
  ld64: 8,
  ldlow32: 4,
  ldlow64: 8,
  ld128: 16,
  ld128a: 16,
  ld256: 32,
  ld256a: 32,
  ldu8: 1,
  ldu16: 2,
  ldu32: 4,
  ldu64: 8,
  st8: 1,
  st8h: 1,
  st16: 2,
  st32: 4,
  st64: 8,
  st128: 16,
  st128a: 16,
  st256: 32,
  st256a: 32,
};

/** What an operation asks of memory through a register, at a place that its arguments tell. */
function memoryUse({ def: { name, args: kinds }, args }: IrOp): MemoryUse | undefined {
  if (name === "push64" || name === "call" || name === "callTo") {
    return { m: atRegister(RSP, -8), size: 8, writes: true };
  }
  if (name === "pop64" || name === "ret") return { m: atRegister(RSP, 0), size: 8, writes: false };
  const size = name === "probe" ? args[1] as number : SIZES[name];
  if (size === undefined) return undefined;
  return { m: args[kinds.indexOf("m")] as Mem, size, writes: /^(st|ldu|probe)/.test(name) };
}

/**
 * Where an address lies: the register that it is a constant distance from, or for a constant address its page, as a number above those of registers; and
 * the distance from there.
 */
export interface Place {
  readonly base: number;
  readonly at: number;
}
/** Numbers of pages begin here. */
const PAGES = 16;

/** Undefined: nothing like that is known. */
export function placeOf({ base, index, segment, address32, dispLo, dispHi }: Mem): Place | undefined {
  if (index >= 0 || segment >= 0 || address32) return undefined;
  if (base < 0) {
    const address = dispHi * 0x1_0000_0000 + (dispLo >>> 0), at = address % 4096;
    return dispHi >>> 0 > 0x7fff ? undefined : { base: PAGES + (address - at) / 4096, at };
  }
  return base < PAGES && dispHi === dispLo >> 31 && Math.abs(dispLo) < FAR ? { base, at: dispLo } : undefined;
}
/** The memory operand for a place. */
export function memoryAt({ base, at }: Place): Mem {
  if (base < PAGES) return atRegister(base, at);
  const address = (base - PAGES) * 4096 + at;
  return { ...atRegister(-1, address | 0), dispHi: Math.floor(address / 0x1_0000_0000) };
}

/** How far an operation moves register `r`, which it writes; undefined: that is not known. */
export function stepOf({ def: { name }, args }: IrOp, r: number): number | undefined {
  const within = ({ lo, hi }: Const, sign: number) =>
    hi === lo >> 31 && Math.abs(lo) < FAR ? sign * lo : undefined;
  if (/^(add|sub)64f?$/.test(name)) {
    const by = args[2];
    if (args[0] !== r || args[1] !== r || typeof by !== "object") return undefined;
    return within(by as Const, name.startsWith("add") ? 1 : -1);
  }
  if (name === "lea64") {
    const place = placeOf(args[1] as Mem);
    return place?.base === r ? place.at : undefined;
  }
  return undefined;
}

/** What the plan needs to know of a region. */
export interface SpanFlow {
  readonly blocks: readonly IrBlock[];
  /** By node, those that it leads to. */
  readonly successors: readonly (readonly number[])[];
  readonly shape: Structure;
  /** Whether nothing is known of memory behind a block, since it ends with a call of another region. */
  readonly calls: (n: number) => boolean;
}

/** A span that accesses are still added to: how far its register has moved since the first of them. */
interface Open {
  readonly span: Span;
  readonly first: IrOp;
  moved: number;
  alone: boolean;
}

/** The spans that begin in block `n`, by the operation that has the first access. */
export function planSpans(flow: SpanFlow, n: number): Map<IrOp, Span> {
  const spans = new Map<IrOp, Span>(), open = new Map<number, Open>();
  for (const o of flow.blocks[n]!.ops) {
    const use = memoryUse(o), place = use && placeOf(use.m);
    if (use !== undefined && place !== undefined) {
      const { base } = place, found = open.get(base), reach = reachOf(use, place, found?.moved ?? 0);
      const needed = found && joined(base, found.span.needed, reach);
      if (needed === undefined) {
        const here = reachOf(use, place, 0), span = { base, needed: here, wanted: here, writes: use.writes };
        open.set(base, { span, first: o, moved: 0, alone: true });
      } else {
        Object.assign(found!.span, { needed, wanted: needed, writes: found!.span.writes || use.writes });
        if (found!.alone) spans.set(found!.first, found!.span);
        found!.alone = false;
      }
    }
    if (!isNative(o.def)) open.clear();
    for (const [r, found] of open) {
      const step = movedBy(o, r);
      if (step === undefined) open.delete(r);
      else found.moved += step;
    }
  }
  if (flow.calls(n) || open.size === 0) return spans;
  // To all other blocks, ways lead that have not found the bytes.
  const dominated = new Set([n]);
  for (const m of dominated) for (const child of flow.shape.children[m]!) dominated.add(child);
  for (const { span, first, moved } of open.values()) {
    span.wanted = withBehind(flow, n, dominated, span, moved);
    if (span.wanted !== span.needed) spans.set(first, span);
  }
  return spans;
}

function reachOf({ size }: MemoryUse, { at }: Place, moved: number): Reach {
  return { from: at + moved, to: at + moved + size };
}

/** What an operation adds to a register; undefined: it may have any value then. */
function movedBy(o: IrOp, r: number): number | undefined {
  const { name } = o.def, step = generalWritten(o).includes(r) ? stepOf(o, r) : 0;
  if (r !== RSP || step === undefined) return step;
  return step + (PUSHES.test(name) ? -8 : name === "pop64" || name === "ret" ? 8 : 0);
}
const PUSHES = /^(push64|call|callTo)$/;

/** What a span of block `n`, whose register has moved, is asked for with what those of the `dominated` blocks access through the register that are behind. */
function withBehind(
  { blocks, successors, shape: { order }, calls }: SpanFlow,
  n: number,
  dominated: ReadonlySet<number>,
  { base, needed }: Span,
  moved: number,
): Reach {
  const movedAt = new Map([[n, moved]]);
  let reach = needed;
  for (const [m, before] of movedAt) {
    let moved: number | undefined = before;
    for (const o of m === n ? [] : blocks[m]?.ops ?? []) {
      const use = memoryUse(o), place = use && placeOf(use.m);
      if (place?.base === base && use!.size <= MOST_FIELD) {
        reach = joined(base, reach, reachOf(use!, place, moved)) ?? reach;
      }
      const step: number | undefined = isNative(o.def) ? movedBy(o, base) : undefined;
      moved = step === undefined ? undefined : moved + step;
      if (moved === undefined) break;
    }
    if (moved === undefined || m < blocks.length && calls(m)) continue;
    for (const to of successors[m]!) {
      const isBehind = dominated.has(to) && order[to]! > order[m]!;
      if (isBehind && !movedAt.has(to) && movedAt.size <= MOST_BLOCKS) movedAt.set(to, moved);
    }
  }
  return reach;
}

/** What stays found all around the loop of node `head`, as far as its blocks tell. */
export function aroundLoop(flow: SpanFlow, head: number, found: FoundBytes): FoundBytes {
  if (found.size === 0 || flow.blocks[head] === undefined) return NOTHING_FOUND;
  const { blocks, successors, shape: { order }, calls } = flow, inside = new Set([head]);
  const before = new Map<number, number[]>();
  successors.forEach((list, n) => {
    if (order[n]! < order[head]!) return;
    for (const to of list) {
      if (to === head) inside.add(n);
      else if (to >= 0) before.set(to, [...before.get(to) ?? [], n]);
    }
  });
  const kept = new Map(found);
  for (const n of inside) {
    if (n !== head) { for (const m of before.get(n) ?? []) inside.add(m); }
    const block = blocks[n];
    if (block === undefined) continue;
    if (calls(n) || block.ops.some((o) => !isNative(o.def))) return NOTHING_FOUND;
    for (const o of block.ops) for (const r of generalWritten(o)) kept.delete(r);
  }
  return kept;
}
