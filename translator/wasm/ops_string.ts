// WebAssembly of REP MOVS and REP STOS: runs of elements within one page at either end, upwards. All else (page crossings, TLB misses,
// DF, copies onto what is still to be read) is the helper's, which also does one run.

import { DF, FLAGS, RAX, RCX, RDI, RSI } from "../cpu.ts";
import { MOVS } from "../helpers/string.ts";
import { I32, I64, OP, SIMD, V128 } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";

export const STRING: Record<string, Emit> = {};

/** Bytes up to which a run is done by a few loads and stores. */
const SHORT = 32;

STRING.repRun = (g, [, , , , , operation, size, segment], o) => {
  const { code } = g;
  const moves = operation === MOVS, step = g.step(o);
  const bytes = g.scratch(I32, 3), to = g.scratch(I32, 5), from = g.scratch(I32, 6);
  g.get64(RCX);
  code.op(OP.i64Eqz, OP.i32Eqz);
  g.open(OP.if);
  const done = g.open(OP.block), slow = g.open(OP.block);
  const refuse = () => {
    code.hint(false);
    g.branchIf(slow);
  };
  g.base();
  code.mem(OP.i32Load, 8 * FLAGS + 4).i32(DF).op(OP.i32And);
  refuse();
  // Whole elements up to the end of either page.
  const atMost = (push: () => void) => {
    push();
    code.i32(4095).op(OP.i32And, OP.i32Sub).tee(to).get(bytes).get(to).get(bytes).op(OP.i32LtU, OP.select)
      .set(bytes);
  };
  g.get64(RCX);
  code.i64(4096, 0);
  g.get64(RCX);
  code.i64(4096, 0).op(OP.i64LtU, OP.select, OP.i32WrapI64).i32(Math.log2(size)).op(OP.i32Shl).set(bytes);
  code.i32(4096);
  atMost(() => g.get32(RDI));
  if (moves) {
    code.i32(4096);
    atMost(() => address(g, segment, () => g.get32(RSI), true));
  }
  code.get(bytes).i32(-size).op(OP.i32And).tee(bytes).op(OP.i32Eqz);
  refuse();
  g.get64(RDI);
  g.setAddress();
  g.pagePlace(true);
  code.tee(to).op(OP.i32Eqz);
  refuse();
  if (moves) {
    address(g, segment, () => g.get64(RSI), false);
    g.setAddress();
    g.pagePlace(false);
    code.tee(from).op(OP.i32Eqz);
    refuse();
    // Onto what is still to be read
    code.get(to).get(from).op(OP.i32Sub).i32(1).op(OP.i32Sub).get(bytes).i32(1).op(OP.i32Sub, OP.i32LtU);
    refuse();
    copy(g, to, from, bytes, size);
    advance(g, RSI, bytes);
  } else fill(g, to, bytes, size);
  advance(g, RDI, bytes);
  g.get64(RCX);
  code.get(bytes).i32(Math.log2(size)).op(OP.i32ShrU, OP.i64ExtendI32U, OP.i64Sub);
  g.set64(RCX);
  g.branch(done);
  g.close();
  g.runStep(step);
  g.close();
  g.close();
};

/** Pushes a register plus the segment's base. */
function address(g: Generator, segment: number, push: () => void, narrow: boolean): void {
  push();
  if (segment < 0) return;
  narrow ? g.get32(segment) : g.get64(segment);
  g.code.op(narrow ? OP.i32Add : OP.i64Add);
}
function advance(g: Generator, slot: number, bytes: number): void {
  g.get64(slot);
  g.code.get(bytes).op(OP.i64ExtendI32U, OP.i64Add);
  g.set64(slot);
}

/** Emits one of `arms` by the number of bytes: [least number, code]; larger ones first, the last one for what remains. */
function bySize(g: Generator, bytes: number, arms: readonly (readonly [number, () => void])[]): void {
  const [[least, emit], ...more] = arms as [(typeof arms)[number], ...typeof arms];
  if (more.length === 0) return emit();
  g.code.get(bytes).i32(least).op(OP.i32GeU);
  g.open(OP.if);
  emit();
  g.code.op(OP.else);
  bySize(g, bytes, more);
  g.close();
}

function copy(g: Generator, to: number, from: number, bytes: number, size: number): void {
  const { code } = g;
  /** The first and the last `unit` bytes, which may overlap; both are read before anything is written. */
  const ends = (unit: number, type: number, load: () => void, store: () => void) => () => {
    const first = g.scratch(type, 8), last = g.scratch(type, 9);
    const end = (local: number) => code.get(local).get(bytes).op(OP.i32Add).i32(unit).op(OP.i32Sub);
    code.get(from);
    load();
    code.set(first);
    end(from);
    load();
    code.set(last).get(to).get(first);
    store();
    end(to);
    code.get(last);
    store();
  };
  const scalar = (unit: number, load: number, store: number) =>
    ends(unit, I64, () => code.mem(load, 0), () => code.mem(store, 0));
  const small: [number, () => void][] = [];
  if (size <= 4) small.push([4, scalar(4, OP.i64Load32u, OP.i64Store32)]);
  if (size <= 2) small.push([2, scalar(2, OP.i64Load16u, OP.i64Store16)]);
  if (size === 1) small.push([1, scalar(1, OP.i64Load8u, OP.i64Store8)]);
  bySize(g, bytes, [
    [SHORT + 1, () => code.get(to).get(from).get(bytes).op(0xfc, 10, 0, 0)],
    [16, ends(16, V128, () => code.simd(SIMD.load).op(0, 0), () => code.simd(SIMD.store).op(0, 0))],
    [8, scalar(8, OP.i64Load, OP.i64Store)],
    ...small,
  ]);
}

/** Elements of RAX's low bytes. */
function fill(g: Generator, to: number, bytes: number, size: number): void {
  const { code } = g;
  const pattern = g.scratch(I64, 8), wide = g.scratch(V128, 9), at = g.scratch(I32, 6);
  g.get64(RAX);
  const [low, high] = size === 1 ? [0x01010101, 0x01010101] : size === 2 ? [0x00010001, 0x00010001] : [1, 1];
  if (size < 8) {
    code.i64(size === 1 ? 255 : size === 2 ? 65535 : -1, 0).op(OP.i64And).i64(low, high).op(OP.i64Mul);
  }
  code.tee(pattern).simd(SIMD.i64x2Splat).set(wide);
  const end = (unit: number) => code.get(to).get(bytes).op(OP.i32Add).i32(unit).op(OP.i32Sub);
  const ends = (unit: number, store: number) => () => {
    code.get(to).get(pattern).mem(store, 0);
    // The last element begins where the pattern does, since whole elements are counted.
    end(unit);
    code.get(pattern).mem(store, 0);
  };
  const small: [number, () => void][] = [];
  if (size <= 4) small.push([4, ends(4, OP.i64Store32)]);
  if (size <= 2) small.push([2, ends(2, OP.i64Store16)]);
  if (size === 1) small.push([1, ends(1, OP.i64Store8)]);
  bySize(g, bytes, [
    [16, () => {
      // Sixteen bytes at a time, and the last sixteen.
      end(16);
      code.set(at);
      g.open(OP.loop);
      code.get(at).get(wide).simd(SIMD.store).op(0, 0);
      code.get(at).i32(16).op(OP.i32Sub).tee(at).get(to).op(OP.i32GtS);
      g.branchIf(g.depth);
      g.close();
      code.get(to).get(wide).simd(SIMD.store).op(0, 0);
    }],
    [8, ends(8, OP.i64Store)],
    ...small,
  ]);
}
