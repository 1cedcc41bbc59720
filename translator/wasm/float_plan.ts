// What do the blocks of a region know about floats when they begin? (float_facts.ts)
//
// The emitters themselves tell: they are run without keeping their code, over all blocks, beginning with everything known, until
// the facts at each block's beginning are those that hold on all ways there. At the region's entry all registers are assumed to be well;
// the real entry then looks at those whose state was asked for.

import type { IrBlock, IrOp } from "../ir/block.ts";
import { both, everything, type Facts, type FloatPlan, sameFacts } from "./float_facts.ts";
import { type Generator, isVectorSlot, pair } from "./generator.ts";

const FLOAT = /^(add|sub|mul|div|sqrt|min|max|cmp|comis)[sp][sd]$|^cvt|^vecf|^fma/;
/** Rounds after which a region does without a plan. */
const ROUNDS = 24;

/** `g`: a generator whose code is thrown away; `emit` emits one operation; `calls` tells whether block `n` ends with a call of another region. */
export function planFloats(
  blocks: readonly IrBlock[],
  successors: readonly (readonly number[])[],
  start: number,
  g: Generator,
  emit: (g: Generator, o: IrOp) => void,
  calls: (n: number) => boolean,
): FloatPlan | undefined {
  if (!blocks.some(({ ops }) => ops.some((o) => FLOAT.test(o.def.name)))) return undefined;
  const { floats, code } = g;
  const entry: (Facts | undefined)[] = successors.map((_, n) => n === start ? everything() : undefined);
  const run = (n: number) => {
    floats.facts = entry[n]!;
    if (n >= blocks.length) return;
    let ip = -1;
    for (const o of blocks[n]!.ops.slice(0, -1)) {
      if (o.ip !== ip) g.newInstruction();
      ip = o.ip;
      emit(g, o);
      code.clear();
    }
    if (calls(n)) floats.closure(g);
    code.clear();
  };
  // Masks are the real generator's; here nothing is loaded, and closures only forget.
  floats.plan = { entry: [], formats: new Set(), wide: new Set(), assumed: new Map() };
  for (let round = 0, changed = true; changed; round++) {
    if (round === ROUNDS) return undefined;
    changed = false;
    for (let n = 0; n < successors.length; n++) {
      if (entry[n] === undefined) continue;
      run(n);
      for (const to of successors[n]!) {
        if (to < 0) continue;
        const facts = both(entry[to], floats.facts);
        if (entry[to] !== undefined && sameFacts(entry[to], facts)) continue;
        entry[to] = facts;
        changed = true;
      }
    }
  }
  floats.asked.clear();
  for (let n = 0; n < blocks.length; n++) if (entry[n] !== undefined) run(n);
  return {
    entry: entry.map((facts) => facts ?? new Map()),
    formats: new Set(floats.formats),
    wide: new Set(floats.wide),
    assumed: new Map(floats.asked),
  };
}

const SCALAR = /^(add|sub|mul|div|sqrt|min|max)sd$|^comisd$|^cvt.*sd|^cvt+sd|^ldlow64$|^fmasd$/;
const NEUTRAL = /^(movx|zerox)$/;

/** The XMM registers (slots) that are used for scalar doubles more than for anything else. */
export function scalarDoubles(blocks: readonly IrBlock[]): number[] {
  const scores = new Map<number, number>();
  for (const { ops } of blocks) {
    for (const { def, args } of ops) {
      if (NEUTRAL.test(def.name)) continue;
      for (let i = 0; i < args.length; i++) {
        const slot = args[i];
        if ((def.args[i] !== "d" && def.args[i] !== "r") || typeof slot !== "number" || !isVectorSlot(slot)) {
          continue;
        }
        const low = SCALAR.test(def.name) || slot % 2 === 0 && /^(mov64|ld64|st64)$/.test(def.name);
        scores.set(pair(slot), (scores.get(pair(slot)) ?? 0) + (low ? 1 : -1));
      }
    }
  }
  return [...scores].filter(([, score]) => score > 0).map(([slot]) => slot);
}
