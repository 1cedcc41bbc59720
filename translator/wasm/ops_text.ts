// WebAssembly of PCMPxSTRx: calls of shared functions (text_functions.ts), or the closure while those are being made.

import { FLAG_B, RAX, RCX, RDX, xmmSlot } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import { EXPLICIT } from "../ir/flags.ts";
import * as text from "../sse/text.ts";
import { leave } from "./conditions.ts";
import { OP, SIMD, V128 } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import { sharedIndex } from "./shared.ts";
import {
  TEXT_FIRST,
  TEXT_FLAGS,
  TEXT_HOW,
  TEXT_INDEX,
  TEXT_LENGTHS,
  TEXT_MASK,
  TEXT_SECOND,
} from "./text_functions.ts";

const HELPERS: ReadonlyMap<unknown, { readonly explicit: boolean; readonly mask: boolean }> = new Map<
  unknown,
  { explicit: boolean; mask: boolean }
>([
  [text.pcmpistri, { explicit: false, mask: false }],
  [text.pcmpistrm, { explicit: false, mask: true }],
  [text.pcmpestri, { explicit: true, mask: false }],
  [text.pcmpestrm, { explicit: true, mask: true }],
]);

/** Registers that `result4` with one of these helpers reads or writes: it names them by numbers, or not at all. */
export function textRegisters([helper, d, s]: readonly unknown[]): readonly number[] {
  const which = HELPERS.get(helper);
  if (which === undefined) return [];
  const named = [d as number, s as number, which.mask ? xmmSlot(0) : RCX];
  return which.explicit ? [...named, RAX, RDX] : named;
}

/** `result4` with one of these helpers; false: another one. */
export function textHelper(g: Generator, [helper, d, s, n, wide]: any[], o: IrOp): boolean {
  const which = HELPERS.get(helper), { code } = g;
  if (which === undefined) return false;
  const step = g.step(o), { explicit, mask } = which;
  for (const [to, slot] of [[TEXT_FIRST, d], [TEXT_SECOND, s]] as const) {
    g.base();
    g.vector(slot);
    code.simd(SIMD.store).op(0).u(8 * to);
  }
  g.base();
  code.i64(n, explicit ? 1 : 0).mem(OP.i64Store, 8 * TEXT_HOW);
  if (explicit) {
    for (const [i, slot] of [RAX, RDX].entries()) {
      g.base();
      if (wide) g.get64(slot);
      else {
        g.get32(slot);
        code.op(OP.i64ExtendI32S);
      }
      code.mem(OP.i64Store, 8 * (TEXT_LENGTHS + i));
    }
  }
  const target = mask ? xmmSlot(0) : RCX, v = g.scratch(V128, 0);
  g.callShared(sharedIndex(`text ${n & 15}`));
  code.op(OP.i32Eqz).hint(false);
  g.open(OP.if);
  g.runStepOn(step, explicit ? [d, s, RAX, RDX] : [d, s], [target, FLAG_B]);
  code.op(OP.else);
  g.base();
  if (mask) {
    code.simd(SIMD.load).op(0).u(8 * TEXT_MASK).set(v);
    g.setVector(target, () => code.get(v));
  } else {
    code.mem(OP.i64Load32u, 8 * TEXT_INDEX);
    g.set64(target);
  }
  g.base();
  code.mem(OP.i32Load, 8 * TEXT_FLAGS);
  g.set32(FLAG_B);
  g.close();
  leave(g, EXPLICIT);
  return true;
}
