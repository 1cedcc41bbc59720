// WebAssembly of VMASKMOV, VPMASKMOV and the gathers: calls of shared functions (masked_functions.ts), or the closure where those decline.

import * as masked from "../sse/masked.ts";
import { OP, SIMD } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import {
  gatherName,
  MASK,
  MASK_ADDRESS,
  MASK_DATA,
  MASK_INDEX,
  MASK_SCALE,
  moveName,
} from "./masked_functions.ts";
import type { Emit } from "./ops_integer.ts";
import { sharedIndex } from "./shared.ts";

function put(g: Generator, to: number, slot: number, bytes: number): void {
  for (let half = 0; half < bytes / 16; half++) {
    g.base();
    g.vector(slot + 2 * half);
    g.code.simd(SIMD.store).op(0).u(8 * to + 16 * half);
  }
}
function take(g: Generator, slot: number, bytes: number): void {
  for (let half = 0; half < bytes / 16; half++) {
    g.setVector(slot + 2 * half, () => {
      g.base();
      g.code.simd(SIMD.load).op(0).u(8 * MASK_DATA + 16 * half);
    });
  }
}
function zero(g: Generator, slot: number): void {
  for (const half of [slot, slot + 2]) {
    g.setVector(half, () => g.code.simd(SIMD.const).op(...new Array(16).fill(0)));
  }
}

/** Registers that `vecpages` reads or writes: it names them by numbers. */
export function maskedRegisters([helper, , , a, b, c, d]: readonly unknown[]): readonly number[] {
  const both = (...slots: unknown[]) => slots.flatMap((slot) => [slot as number, slot as number + 2]);
  if (helper === masked.maskLoad || helper === masked.maskStore) {
    return d === 32 ? both(a, b) : [a, b] as number[];
  }
  return helper === masked.gather ? both(a, b, c) : [];
}

export const MASKED: Record<string, Emit> = {};

/** `vecpages`. */
MASKED.vecpages = (g, [helper, , m, a, b, c, d], o) => {
  let name: string, writes: number[], after = () => {};
  const step = g.step(o);
  const begin = () => {
    // The closure, on one way, wants them in memory.
    g.flushFlags();
    g.base();
    g.effective(m);
    g.code.mem(OP.i64Store, 8 * MASK_ADDRESS);
  };
  if (helper === masked.maskLoad || helper === masked.maskStore) {
    const store = helper === masked.maskStore, [r, mask, size, bytes] = [a, b, c, d];
    name = moveName(store, size, bytes);
    writes = store ? [] : bytes === 32 ? [r, r + 2] : [r];
    begin();
    put(g, MASK, mask, bytes);
    if (store) put(g, MASK_DATA, r, bytes);
    else after = () => take(g, r, bytes);
  } else if (helper === masked.gather && masked.unpackShape(d) !== undefined) {
    const { element, index, lanes, scale } = masked.unpackShape(d)!, [to, x, mask] = [a, b, c];
    name = gatherName(element, index, lanes);
    writes = [to, to + 2, mask, mask + 2];
    begin();
    put(g, MASK, mask, 32);
    put(g, MASK_INDEX, x, 32);
    put(g, MASK_DATA, to, 32);
    g.base();
    g.code.i32(scale).mem(OP.i32Store, 8 * MASK_SCALE);
    after = () => {
      take(g, to, 32);
      zero(g, mask);
    };
  } else return g.runStep(step);
  g.callShared(sharedIndex(name));
  g.code.op(OP.i32Eqz).hint(false);
  g.open(OP.if);
  g.runStepApart(step, writes);
  g.code.op(OP.else);
  after();
  g.close();
};
