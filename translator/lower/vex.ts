// How do instructions with VEX encodings follow from those without?
//
// VEX.128 is the SSE instruction with a third operand and the upper half of the destination cleared; VEX.256 is, but for a few, the same
// on both halves. So the lowering of the SSE instruction is called on a made-up instruction for each half.

import {
  CLASS_XMM,
  CLASS_YMM,
  type Instruction,
  type Operand,
  OPERAND_IMMEDIATE,
  OPERAND_MEMORY,
  OPERAND_REGISTER,
} from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import { type Lowering, refuse } from "./lowering.ts";

const halves: Operand[] = [];
/** A 128-bit register: half of a YMM register, or a temporary. */
export function half(slot: number): Operand {
  return halves[slot] ??= {
    kind: OPERAND_REGISTER,
    size: 16,
    class: CLASS_XMM,
    number: -1,
    slot,
    high: false,
    lo: 0,
    hi: 0,
    mem: undefined,
    target: 0,
  };
}
const immediate = (o: Operand, lo: number): Operand => o.lo === lo ? o : { ...o, lo };

/** 2 for VEX.256. */
export function halfCount(i: Instruction): 1 | 2 {
  return i.ops[0]!.size === 32 || i.ops[1]!.size === 32 ? 2 : 1;
}

/** First slot of a vector register of either width. */
export function vector(o: Operand): number {
  if (o.kind !== OPERAND_REGISTER || (o.class !== CLASS_XMM && o.class !== CLASS_YMM)) refuse();
  return o.slot;
}
/** First slot of `bytes` (16 or 32) that are the source: memory need not be aligned. */
export function source(b: Builder, o: Operand, bytes: number): number {
  if (o.kind !== OPERAND_MEMORY) return vector(o);
  const t = b.temp(bytes >> 3);
  if (bytes === 32) b.op("ld256", t, t + 2, o.mem);
  else b.op("ld128", t, o.mem);
  return t;
}
/** The operand as the SSE lowering of each half is to see it: loaded when it is as long as the register, else as it is. */
function parts(b: Builder, o: Operand, count: 1 | 2): Operand[] {
  if (o.kind === OPERAND_MEMORY && o.size === 16 * count || o.class === CLASS_YMM) {
    const slot = source(b, o, 16 * count);
    return count === 1 ? [half(slot)] : [half(slot), half(slot + 2)];
  }
  // A count that both halves are shifted by.
  const one = o.kind === OPERAND_MEMORY && o.size === 16 ? half(source(b, o, 16)) : o;
  return count === 1 ? [one] : [one, one];
}

/** The upper half of the destination becomes 0, if it has no part in the instruction. */
export function finish(b: Builder, d: Operand): void {
  if (d.class === CLASS_XMM) b.op("zerox", d.slot + 2);
}

export interface Variation {
  /** The SSE instruction may fault after the point where its destination holds the first source. */
  readonly faults?: boolean;
  /** The immediate for the lower (0) or upper half (1). */
  readonly immediate?: (n: number, half: number) => number;
  /** Makes a constant of two equal operands. */
  readonly idiom?: boolean;
}

/** d = a op s (and an immediate or mask). */
export function three(
  sse: Lowering,
  { faults = false, immediate: cut, idiom = false }: Variation = {},
): Lowering {
  return (b, i) => {
    const d = vector(i.ops[0]!), a = vector(i.ops[1]!), s = i.ops[2]!, last = i.ops[3];
    const count = halfCount(i), sources = parts(b, s, count);
    const masks = last === undefined ? [] : parts(b, last, count);
    // A count that both halves are shifted by must survive the lower half's result.
    if (count === 2 && s.class === CLASS_XMM && s.slot === d) {
      const t = b.temp(2);
      b.op("movx", t, s.slot);
      sources.fill(half(t));
    }
    for (let k = 0; k < count; k++) {
      const to = d + 2 * k, from = a + 2 * k, other = sources[k]!;
      const more = masks.slice(k, k + 1).map((o) =>
        cut && o.kind === OPERAND_IMMEDIATE ? immediate(o, cut(o.lo, k)) : o
      );
      if (idiom && other.slot === from) {
        sse(b, { ...i, ops: [half(to), half(to)] });
        continue;
      }
      const clobbers = other.slot === to || more.some((o) => o.slot === to);
      const careful = to !== from && (faults || other.kind === OPERAND_MEMORY || clobbers);
      const target = careful ? b.temp(2) : to;
      if (target !== from) b.op("movx", target, from);
      sse(b, { ...i, ops: [half(target), other, ...more] });
      if (careful) b.op("movx", to, target);
    }
    finish(b, i.ops[0]!);
  };
}

/** d = op s (and an immediate). */
export function two(sse: Lowering, { immediate: cut }: Variation = {}): Lowering {
  return (b, i) => {
    const d = vector(i.ops[0]!), count = halfCount(i), sources = parts(b, i.ops[1]!, count), n = i.ops[2];
    for (let k = 0; k < count; k++) {
      const more = n === undefined ? [] : [cut ? immediate(n, cut(n.lo, k)) : n];
      sse(b, { ...i, ops: [half(d + 2 * k), sources[k]!, ...more] });
    }
    finish(b, i.ops[0]!);
  };
}

/** The SSE instruction on 128 bits, whose destination's upper half is cleared if it is a register. */
export function same(sse: Lowering): Lowering {
  return (b, i) => {
    sse(b, i);
    finish(b, i.ops[0]!);
  };
}
