// Which registers are in locals where ways of a region meet?
//
// What all of the ways have loaded stays in locals, whether it has changed or not; what has changed on some and is not loaded on others is stored on those
// some. In front of a loop, what its blocks read or change is loaded, if it stays loaded all around; what does not, or is of no concern there, is stored if
// it has changed. The emitter makes any plan true (Values.adapt): this one only has to be good.

import type { IrBlock } from "../ir/block.ts";
import {
  difference,
  type Held,
  intersection,
  isSame,
  NONE,
  NOTHING,
  type RegisterSet,
  union,
} from "./register_set.ts";
import { isNative, registersOf } from "./registers.ts";
import type { Structure } from "./structure.ts";

/** What a node does to registers. */
interface Effect {
  /** Read before they are written, and before everything is stored. */
  readonly read: RegisterSet;
  /** Everything is stored and nothing is loaded any longer somewhere in it. */
  readonly cleared: boolean;
  /** From there on, or from its beginning. */
  readonly used: RegisterSet;
  readonly written: RegisterSet;
}
const NO_EFFECT: Effect = { read: NONE, cleared: false, used: NONE, written: NONE };

/** `calls` tells whether a node ends with a call of another region. The result is for each node that several ways lead to. */
export function planRegisters(
  blocks: readonly IrBlock[],
  successors: readonly (readonly number[])[],
  start: number,
  shape: Structure,
  used: RegisterSet,
  calls: (n: number) => boolean,
): Held[] {
  const effects = successors.map((_, n) => n < blocks.length ? effectOf(blocks[n]!, calls(n)) : NO_EFFECT);
  const { order, isLoopHeader } = shape;
  const nodes = successors.map((_, n) => n).filter((n) => order[n]! >= 0).sort((a, b) =>
    order[a]! - order[b]!
  );
  const predecessors: number[][] = successors.map(() => []);
  for (const n of nodes) for (const to of successors[n]!) if (to >= 0) predecessors[to]!.push(n);

  /** What may have changed at the beginning of a node behind nodes `from`, by what may have at the beginnings of those. */
  const changedBehind = (from: readonly number[], changed: readonly RegisterSet[]) =>
    from.reduce((all, p) => {
      const { cleared, written } = effects[p]!;
      return union(all, cleared ? written : union(changed[p]!, written));
    }, NONE);
  // In a loop, or on the way to a node that is no loop's head.
  const mayChange: RegisterSet[] = successors.map(() => NONE);
  settle(nodes, mayChange, (n) => {
    const from = predecessors[n]!.filter((p) => !isLoopHeader[n] || order[p]! >= order[n]!);
    return changedBehind(from, mayChange);
  });

  const hoisted = successors.map((_, n) =>
    isLoopHeader[n]
      ? loop(n, predecessors, order).reduce((all, m) => union(all, effects[m]!.read), mayChange[n]!)
      : NONE
  );
  const loaded: RegisterSet[] = successors.map(() => used);
  settle(nodes, loaded, (n) => {
    let ahead = n === start ? NONE : used, behind = used;
    for (const p of predecessors[n]!) {
      const { cleared, used } = effects[p]!, out = cleared ? used : union(loaded[p]!, used);
      if (order[p]! < order[n]!) ahead = intersection(ahead, out);
      else behind = intersection(behind, out);
    }
    return intersection(union(ahead, hoisted[n]!), behind);
  });
  const changed: RegisterSet[] = successors.map(() => NONE);
  settle(nodes, changed, (n) => intersection(changedBehind(predecessors[n]!, changed), loaded[n]!));
  return successors.map((_, n) => order[n]! < 0 ? NOTHING : { loaded: loaded[n]!, changed: changed[n]! });
}

/** Repeats `next` until nothing changes. */
function settle(nodes: readonly number[], sets: RegisterSet[], next: (n: number) => RegisterSet): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const n of nodes) {
      const set = next(n);
      if (isSame(set, sets[n]!)) continue;
      sets[n] = set;
      changed = true;
    }
  }
}

function effectOf({ ops }: IrBlock, calls: boolean): Effect {
  let read = NONE, cleared = false, used = NONE, written = NONE;
  const clear = () => {
    cleared = true;
    used = written = NONE;
  };
  for (const o of ops) {
    if (!isNative(o.def)) {
      clear();
      continue;
    }
    const registers = registersOf(o);
    if (!cleared) read = union(read, difference(registers.read, written));
    used = union(used, union(registers.read, registers.written));
    written = union(written, registers.written);
  }
  if (calls) clear();
  return { read, cleared, used, written };
}

/** The nodes of the natural loop with this head. */
function loop(
  head: number,
  predecessors: readonly (readonly number[])[],
  order: readonly number[],
): number[] {
  const nodes = new Set([head]);
  for (const n of nodes) {
    for (const p of predecessors[n]!) if (n !== head || order[p]! >= order[n]!) nodes.add(p);
  }
  return [...nodes];
}
