// PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM as WebAssembly functions that all regions share (shared.ts): one for each way to compare (see sse/text.ts for
// what the immediate says). What becomes of the bits is decided by the immediate when they run.

import { BOUNCE } from "../cpu.ts";
import { Code, I32, OP, SIMD, V128, VOID } from "./encoder.ts";
import { type Body, declareShared } from "./shared.ts";
import { CPU_AT } from "./results.ts";

/** Slots: the strings; the immediate, and behind it (in the same slot's upper half) whether lengths are given; the lengths, as 64-bit numbers. */
export const TEXT_FIRST: number = BOUNCE, TEXT_SECOND: number = BOUNCE + 2, TEXT_HOW: number = BOUNCE + 4;
export const TEXT_LENGTHS: number = BOUNCE + 5;
/** Results: index, flags, mask. */
export const TEXT_INDEX: number = BOUNCE + 7,
  TEXT_FLAGS: number = BOUNCE + 8,
  TEXT_MASK: number = BOUNCE + 10;

const SWIZZLE = 14, AND = 78, OR = 80;
const EQ = [0x23, 0x2d], LE_S = [0x29, 0x33], LE_U = [0x2a, 0x34], GE_S = [0x2b, 0x35], GE_U = [0x2c, 0x36];
const BITMASK = [100, 132], SPLAT = [15, 16];
const EQUAL_ANY = 0, RANGES = 1, EQUAL_EACH = 2;
const CF = 0, ZF = 6, SF = 7, OF = 11;

function compare(how: number): Body {
  const code = new Code(), locals: number[] = [];
  const local = (type: number) => locals.push(type);
  const words = how & 1,
    signed = (how & 2) !== 0,
    mode = how >> 2,
    count = words ? 8 : 16,
    all = (1 << count) - 1;
  const first = local(V128), second = local(V128), n = local(I32), k = local(I32), acc = local(V128);
  const lengths = [local(I32), local(I32)] as const, valid = [local(I32), local(I32)] as const;
  const bits = local(I32), index = local(I32);
  const constant = (at: (i: number) => number) =>
    code.simd(SIMD.const).op(...Array.from({ length: 16 }, (_, i) => at(i)));
  const load = (slot: number, to: number) => code.i32(CPU_AT).simd(SIMD.load).op(0).u(8 * slot).set(to);

  load(TEXT_FIRST, first);
  load(TEXT_SECOND, second);
  code.i32(CPU_AT).mem(OP.i32Load, 8 * TEXT_HOW).set(n);
  [first, second].forEach((string, i) => {
    code.i32(CPU_AT).mem(OP.i32Load, 8 * TEXT_HOW + 4).op(OP.if, VOID);
    // The magnitude, at most all.
    const at = 8 * (TEXT_LENGTHS + i), length = lengths[i]!;
    const value = () => code.i32(CPU_AT).mem(OP.i64Load, at);
    const negated = () => {
      code.i64(0, 0);
      value();
      code.op(OP.i64Sub);
    };
    value();
    negated();
    value();
    code.i64(0, 0).op(OP.i64GeS, OP.select).i64(count, 0).op(OP.i64LtU, OP.if, I32);
    value();
    negated();
    value();
    code.i64(0, 0).op(OP.i64GeS, OP.select).op(OP.i32WrapI64).op(OP.else).i32(count).op(OP.end).set(length);
    code.op(OP.else).get(string);
    constant(() => 0);
    code.simd(EQ[words]!).simd(BITMASK[words]!).i32(1 << count).op(OP.i32Or, OP.i32Ctz).set(length).op(
      OP.end,
    );
    code.i32(1).get(length).op(OP.i32Shl).i32(1).op(OP.i32Sub).set(valid[i]!);
  });
  /** Pushes element k + `more` of the first string in all places. */
  const element = (more: number) => {
    code.get(first);
    if (words) {
      code.get(k).i32(more).op(OP.i32Add).i32(0x0202).op(OP.i32Mul).i32(0x0100).op(OP.i32Add).simd(SPLAT[1]!);
    } else code.get(k).i32(more).op(OP.i32Add).simd(SPLAT[0]!);
    code.simd(SWIZZLE);
  };
  /** Runs `body` for k = 0, `step`, … while k + `step` <= the first string's length. */
  const loop = (step: number, body: () => void) => {
    code.i32(0).set(k).op(OP.block, VOID).op(OP.loop, VOID);
    code.get(k).i32(step).op(OP.i32Add).get(lengths[0]).op(OP.i32GtS).brIf(1);
    body();
    code.get(k).i32(step).op(OP.i32Add).set(k).br(0).op(OP.end, OP.end);
  };
  if (mode === EQUAL_EACH) {
    code.get(first).get(second).simd(EQ[words]!).simd(BITMASK[words]!);
    code.get(valid[0]).op(OP.i32And).get(valid[1]).op(OP.i32And);
    code.get(valid[0]).get(valid[1]).op(OP.i32Or).i32(all).op(OP.i32Xor, OP.i32Or).set(bits);
  } else if (mode === EQUAL_ANY || mode === RANGES) {
    constant(() => 0);
    code.set(acc);
    loop(mode === RANGES ? 2 : 1, () => {
      if (mode === RANGES) {
        code.get(second);
        element(0);
        code.simd((signed ? GE_S : GE_U)[words]!).get(second);
        element(1);
        code.simd((signed ? LE_S : LE_U)[words]!).simd(AND);
      } else {
        code.get(second);
        element(0);
        code.simd(EQ[words]!);
      }
      code.get(acc).simd(OR).set(acc);
    });
    code.get(acc).simd(BITMASK[words]!).get(valid[1]).op(OP.i32And).set(bits);
  } else {
    // Equal ordered: from place i on, as far as there are elements.
    code.i32(all).set(bits);
    loop(1, () => {
      code.get(second);
      element(0);
      code.simd(EQ[words]!).simd(BITMASK[words]!).get(valid[1]).op(OP.i32And).get(k).op(OP.i32ShrU);
      code.i32(all).get(k).op(OP.i32ShrU).i32(-1).op(OP.i32Xor, OP.i32Or).get(bits).op(OP.i32And).set(bits);
    });
  }
  // Negative polarity: of all elements, or (masked) of the valid ones.
  code.get(n).i32(0x10).op(OP.i32And, OP.if, VOID).get(bits);
  code.get(valid[1]).i32(all).get(n).i32(0x20).op(OP.i32And, OP.select, OP.i32Xor).set(bits).op(OP.end);

  const flag = (push: () => void, bit: number, more: boolean) => {
    push();
    code.i32(bit).op(OP.i32Shl);
    if (more) code.op(OP.i32Or);
  };
  code.i32(CPU_AT);
  flag(() => code.get(bits).i32(0).op(OP.i32Ne), CF, false);
  flag(() => code.get(lengths[1]).i32(count).op(OP.i32LtS), ZF, true);
  flag(() => code.get(lengths[0]).i32(count).op(OP.i32LtS), SF, true);
  flag(() => code.get(bits).i32(1).op(OP.i32And), OF, true);
  code.mem(OP.i32Store, 8 * TEXT_FLAGS);

  // The highest or the lowest.
  code.i32(31).get(bits).op(OP.i32Clz, OP.i32Sub).get(bits).op(OP.i32Ctz).get(n).i32(0x40).op(
    OP.i32And,
    OP.select,
  );
  code.i32(count).get(bits).op(OP.select).set(index);
  code.i32(CPU_AT).get(index).mem(OP.i32Store, 8 * TEXT_INDEX);

  // Elements of all ones, or the bits.
  code.i32(CPU_AT).get(n).i32(0x40).op(OP.i32And, OP.if, V128);
  if (words) {
    code.get(bits).simd(SPLAT[1]!);
    constant((i) => i & 1 ? 0 : 1 << (i >> 1));
    code.simd(AND);
    constant((i) => i & 1 ? 0 : 1 << (i >> 1));
  } else {
    code.get(bits).simd(SPLAT[1]!);
    constant((i) => i >> 3);
    code.simd(SWIZZLE);
    constant((i) => 1 << (i & 7));
    code.simd(AND);
    constant((i) => 1 << (i & 7));
  }
  code.simd(EQ[words]!).op(OP.else);
  constant(() => 0);
  code.get(bits).simd(SIMD.i32x4Replace).op(0).op(OP.end).simd(SIMD.store).op(0).u(8 * TEXT_MASK);
  code.i32(1);
  return { code, locals };
}

for (let how = 0; how < 16; how++) declareShared(`text ${how}`, () => compare(how));
