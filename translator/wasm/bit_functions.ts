// PDEP, PEXT and CRC32 as WebAssembly functions that all regions share (shared.ts).
//
// PEXT and PDEP move bits by 1, 2, 4 … 32 places, as far as the count of zeros below them in the mask says bit by bit (H. S. Warren, Hacker's Delight,
// 2nd ed., 7-4 and 7-5).

import { BOUNCE } from "../cpu.ts";
import { CRC_TABLE, I32 as WORDS } from "../ram.ts";
import { CRC } from "../sse/crypto.ts";
import { Code, I32, I64, OP } from "./encoder.ts";
import { type Body, declareShared } from "./shared.ts";
import { CPU_AT } from "./results.ts";

/** Slots: value (of CRC32: the sum so far) and mask (what is added), and the result. */
export const BITS_VALUE: number = BOUNCE, BITS_MASK: number = BOUNCE + 1, BITS_RESULT: number = BOUNCE + 2;

const STEPS = 6;

class Words {
  readonly code = new Code();
  readonly locals: number[] = [];
  local(type: number): number {
    return this.locals.push(type);
  }
  argument(slot: number): number {
    const local = this.local(I64);
    this.code.i32(CPU_AT).mem(OP.i64Load, 8 * slot).set(local);
    return local;
  }
  finish(local: number): Body {
    this.code.i32(CPU_AT).get(local).mem(OP.i64Store, 8 * BITS_RESULT).i32(1);
    return { code: this.code, locals: this.locals };
  }
}

/** Locals of the bits that move in each step; `mask` is used up. */
function moves(w: Words, mask: number, each: (moving: number, by: number) => void): void {
  const { code } = w, below = w.local(I64), parity = w.local(I64);
  code.get(mask).i64(-1, -1).op(OP.i64Xor).i64(1, 0).op(OP.i64Shl).set(below);
  for (let step = 0; step < STEPS; step++) {
    const moving = w.local(I64), by = 1 << step;
    code.get(below).set(parity);
    for (let n = 1; n < 64; n *= 2) {
      code.get(parity).get(parity).i64(n, 0).op(OP.i64Shl, OP.i64Xor).set(parity);
    }
    code.get(parity).get(mask).op(OP.i64And).set(moving);
    code.get(mask).get(moving).op(OP.i64Xor).get(moving).i64(by, 0).op(OP.i64ShrU, OP.i64Or).set(mask);
    code.get(below).get(parity).i64(-1, -1).op(OP.i64Xor, OP.i64And).set(below);
    each(moving, by);
  }
}

function pext(): Body {
  const w = new Words(),
    { code } = w,
    x = w.argument(BITS_VALUE),
    mask = w.argument(BITS_MASK),
    t = w.local(I64);
  code.get(x).get(mask).op(OP.i64And).set(x);
  moves(w, mask, (moving, by) => {
    code.get(x).get(moving).op(OP.i64And).set(t);
    code.get(x).get(t).op(OP.i64Xor).get(t).i64(by, 0).op(OP.i64ShrU, OP.i64Or).set(x);
  });
  return w.finish(x);
}
function pdep(): Body {
  const w = new Words(), { code } = w, x = w.argument(BITS_VALUE), mask = w.argument(BITS_MASK);
  const whole = w.argument(BITS_MASK), steps: [number, number][] = [];
  moves(w, mask, (moving, by) => steps.push([moving, by]));
  for (const [moving, by] of steps.reverse()) {
    code.get(x).get(moving).i64(-1, -1).op(OP.i64Xor, OP.i64And);
    code.get(x).i64(by, 0).op(OP.i64Shl).get(moving).op(OP.i64And, OP.i64Or).set(x);
  }
  code.get(x).get(whole).op(OP.i64And).set(x);
  return w.finish(x);
}

/** CRC-32C of `bytes` more bytes. */
function crc(bytes: number): Body {
  WORDS.set(CRC, CRC_TABLE >> 2);
  const w = new Words(), { code } = w, data = w.argument(BITS_MASK), sum = w.local(I32), out = w.local(I64);
  code.i32(CPU_AT).mem(OP.i32Load, 8 * BITS_VALUE).set(sum);
  if (bytes === 8) {
    code.get(data).get(sum).op(OP.i64ExtendI32U, OP.i64Xor).set(data);
    // Four bytes at a time: the sum has been mixed with the first four.
    code.get(data).op(OP.i32WrapI64).set(sum);
  } else code.get(sum).get(data).op(OP.i32WrapI64, OP.i32Xor).set(sum);
  const byte = () => {
    code.get(sum).i32(255).op(OP.i32And).i32(2).op(OP.i32Shl).mem(OP.i32Load, CRC_TABLE);
    code.get(sum).i32(8).op(OP.i32ShrU, OP.i32Xor).set(sum);
  };
  for (let i = 0; i < Math.min(bytes, 4); i++) byte();
  if (bytes === 8) {
    code.get(sum).get(data).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64, OP.i32Xor).set(sum);
    for (let i = 0; i < 4; i++) byte();
  }
  code.get(sum).op(OP.i64ExtendI32U).set(out);
  return w.finish(out);
}

declareShared("pext", pext);
declareShared("pdep", pdep);
for (const bytes of [1, 2, 4, 8]) declareShared(`crc ${bytes}`, () => crc(bytes));
