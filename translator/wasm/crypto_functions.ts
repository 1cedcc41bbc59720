// AES, SHA and carry-less products as WebAssembly functions that all regions share (shared.ts): too long for each place.
//
// Operands lie in CRYPTO_A, _B, _C, the result in CRYPTO_R. AES's rounds look into tables in memory, as programs without the instructions do.

import { BOUNCE } from "../cpu.ts";
import { AES_TABLES, I32 as WORDS } from "../ram.ts";
import * as crypto from "../sse/crypto.ts";
import { Code, I32, I64, OP, SIMD, V128 } from "./encoder.ts";
import { type Body, declareShared } from "./shared.ts";
import { CPU_AT } from "./results.ts";

/** Slots. */
export const CRYPTO_A: number = BOUNCE, CRYPTO_B: number = BOUNCE + 2, CRYPTO_C: number = BOUNCE + 4;
export const CRYPTO_R: number = BOUNCE + 6;

const AND = 78, OR = 80, XOR = 81, SWIZZLE = 14, I8_SHL = 107, I8_SHR_S = 108, I8_SHR_U = 109;
const bytes16 = (at: (i: number) => number) => Array.from({ length: 16 }, (_, i) => at(i));

class Vectors {
  readonly code = new Code();
  readonly locals: number[] = [];
  /** A new local, behind the parameter. */
  local(type: number): number {
    return this.locals.push(type);
  }
  constant(at: (i: number) => number): this {
    this.code.simd(SIMD.const).op(...bytes16(at));
    return this;
  }
  load(slot: number): this {
    this.code.i32(CPU_AT).simd(SIMD.load).op(0).u(8 * slot);
    return this;
  }
  /** Stores the vector in a local as the result; done. */
  finish(local: number): Body {
    this.code.i32(CPU_AT).get(local).simd(SIMD.store).op(0).u(8 * CRYPTO_R).i32(1);
    return { code: this.code, locals: this.locals };
  }

  /** Byte i of the vector in `x` = byte `from(i)` of it. */
  shuffle(x: number, from: (i: number) => number): this {
    this.code.get(x).get(x).simd(SIMD.shuffle).op(...bytes16(from));
    return this;
  }
  /** Pushes the bytes of `x` times 2 in AES's field. */
  double(x: number): void {
    const { code } = this;
    code.get(x).i32(1).simd(I8_SHL).get(x).i32(7).simd(I8_SHR_S);
    this.constant(() => 0x1b);
    code.simd(AND).simd(XOR);
  }
  mixColumns(x: number): void {
    const { code } = this, two = this.local(V128), t = this.local(V128);
    const turned = (local: number, by: number) => this.shuffle(local, (i) => i & ~3 | i + by & 3);
    this.double(x);
    code.tee(two).get(x).simd(XOR).set(t).get(two);
    turned(t, 1);
    code.simd(XOR).get(x);
    turned(x, 1);
    code.simd(XOR).set(t);
    turned(t, 2);
    code.simd(XOR).set(x);
  }
  /** As mixing after each byte has got 4 times the sum with the one opposite. */
  unmixColumns(x: number): void {
    const { code } = this, t = this.local(V128);
    this.shuffle(x, (i) => i ^ 2);
    code.get(x).simd(XOR).set(t);
    this.double(t);
    code.set(t);
    this.double(t);
    code.get(x).simd(XOR).set(x);
    this.mixColumns(x);
  }
}

/** AESIMC. */
function unmix(): Body {
  const v = new Vectors(), x = v.local(V128);
  v.load(CRYPTO_B).code.set(x);
  v.unmixColumns(x);
  return v.finish(x);
}

/** Product in AES's field. */
function times(a: number, b: number): number {
  let out = 0;
  for (; b > 0; b >>= 1, a = a << 1 ^ (a & 0x80 ? 0x11b : 0)) if (b & 1) out ^= a;
  return out;
}
/**
 * A round: for each byte of a column, a table has what becomes of it in the first row, as a word with the bytes of the new column; those in the other rows are
 * the same, turned. `factors`: the first column of the matrix that mixes. `table`: the number of the table in memory.
 */
function aes(box: Uint8Array, step: number, factors: readonly number[], table: number): Body {
  const at = AES_TABLES + 1024 * table;
  for (let x = 0; x < 256; x++) {
    WORDS[(at >> 2) + x] = factors.reduce((word, factor, i) => word | times(box[x]!, factor) << 8 * i, 0);
  }
  const code = new Code(), result = 1;
  for (let column = 0; column < 4; column++) {
    if (column > 0) code.get(result);
    for (let row = 0; row < 4; row++) {
      const from = 4 * column + row + 4 * step * row & 15;
      code.i32(CPU_AT).mem(OP.i32Load8u, 8 * CRYPTO_A + from).i32(2).op(OP.i32Shl).mem(OP.i32Load, at);
      if (row > 0) code.i32(8 * row).op(OP.i32Rotl, OP.i32Xor);
    }
    if (column > 0) code.simd(SIMD.i32x4Replace).op(column);
    else code.simd(SIMD.i32x4Splat);
    code.set(result);
  }
  code.i32(CPU_AT).get(result).i32(CPU_AT).simd(SIMD.load).op(0).u(8 * CRYPTO_B).simd(XOR);
  code.simd(SIMD.store).op(0).u(8 * CRYPTO_R).i32(1);
  return { code, locals: [V128] };
}

/** Functions on words: operands and results are lanes of vectors in memory. */
class Words {
  readonly code = new Code();
  readonly locals: number[] = [];
  local(): number {
    return this.locals.push(I32);
  }
  /** A local with lane `n` of the vector at `slot`. */
  lane(slot: number, n: number): number {
    const local = this.local();
    this.code.i32(CPU_AT).mem(OP.i32Load, 8 * slot + 4 * n).set(local);
    return local;
  }
  store(n: number, local: number): void {
    this.code.i32(CPU_AT).get(local).mem(OP.i32Store, 8 * CRYPTO_R + 4 * n);
  }
  get body(): Body {
    this.code.i32(1);
    return this;
  }
  /** Pushes the exclusive or of `x` turned (or, where negative, shifted) right by each. */
  sigma(x: number, ...by: number[]): void {
    by.forEach((n, i) => {
      this.code.get(x).i32(Math.abs(n)).op(n < 0 ? OP.i32ShrU : OP.i32Rotr);
      if (i > 0) this.code.op(OP.i32Xor);
    });
  }
}

function sha256Rounds(): Body {
  const w = new Words(), { code } = w, t = w.local(), u = w.local();
  let [a, b, c, d] = [w.lane(CRYPTO_B, 3), w.lane(CRYPTO_B, 2), w.lane(CRYPTO_A, 3), w.lane(CRYPTO_A, 2)];
  let [e, f, g, h] = [w.lane(CRYPTO_B, 1), w.lane(CRYPTO_B, 0), w.lane(CRYPTO_A, 1), w.lane(CRYPTO_A, 0)];
  for (let k = 0; k < 2; k++) {
    code.get(f).get(g).op(OP.i32Xor).get(e).op(OP.i32And).get(g).op(OP.i32Xor);
    w.sigma(e, 6, 11, 25);
    code.op(OP.i32Add).i32(CPU_AT).mem(OP.i32Load, 8 * CRYPTO_C + 4 * k).op(OP.i32Add).get(h).op(OP.i32Add)
      .set(t);
    code.get(a).get(b).op(OP.i32And).get(a).get(b).op(OP.i32Or).get(c).op(OP.i32And, OP.i32Or);
    w.sigma(a, 2, 13, 22);
    code.op(OP.i32Add).get(t).op(OP.i32Add).set(u);
    code.get(d).get(t).op(OP.i32Add).set(d).get(u).set(h);
    [a, b, c, d, e, f, g, h] = [h, a, b, c, d, e, f, g];
  }
  [f, e, b, a].forEach((local, n) => w.store(n, local));
  return w.body;
}
function sha256Message1(): Body {
  const w = new Words(), { code } = w;
  const lanes = [0, 1, 2, 3].map((n) => w.lane(CRYPTO_A, n)), next = w.lane(CRYPTO_B, 0), t = w.local();
  lanes.forEach((lane, n) => {
    w.sigma(lanes[n + 1] ?? next, 7, 18, -3);
    code.get(lane).op(OP.i32Add).set(t);
    w.store(n, t);
  });
  return w.body;
}
function sha256Message2(): Body {
  const w = new Words(), { code } = w;
  const from = [w.lane(CRYPTO_B, 2), w.lane(CRYPTO_B, 3)];
  for (let n = 0; n < 4; n++) {
    const lane = w.lane(CRYPTO_A, n);
    w.sigma(from[n]!, 17, 19, -10);
    code.get(lane).op(OP.i32Add).set(lane);
    from.push(lane);
    w.store(n, lane);
  }
  return w.body;
}
const SHA1_K = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc | 0, 0xca62c1d6 | 0];
function sha1Rounds(n: number): Body {
  const w = new Words(), { code } = w, t = w.local();
  let [a, b, c, d] = [3, 2, 1, 0].map((lane) => w.lane(CRYPTO_A, lane)) as [number, number, number, number];
  let e = w.local();
  for (let k = 0; k < 4; k++) {
    code.get(b).get(c);
    if (n === 0) code.get(d).op(OP.i32Xor, OP.i32And).get(d).op(OP.i32Xor);
    // The words on the stack are b, c; choose is d ^ (b & (c ^ d)).
    else if (n === 2) code.op(OP.i32And).get(b).get(c).op(OP.i32Or).get(d).op(OP.i32And, OP.i32Or);
    else code.op(OP.i32Xor).get(d).op(OP.i32Xor);
    code.get(a).i32(5).op(OP.i32Rotl, OP.i32Add).get(e).op(OP.i32Add).i32(SHA1_K[n]!).op(OP.i32Add);
    code.i32(CPU_AT).mem(OP.i32Load, 8 * CRYPTO_B + 4 * (3 - k)).op(OP.i32Add).set(t);
    code.get(b).i32(30).op(OP.i32Rotl).set(b).get(t).set(e);
    [a, b, c, d, e] = [e, a, b, c, d];
  }
  [d, c, b, a].forEach((local, lane) => w.store(lane, local));
  return w.body;
}

/** The product of the 64-bit numbers at CRYPTO_A and _B: with holes between the bits, sums carry into the holes (T. Pornin, BearSSL, ghash_ctmul64). */
function carrylessProduct(): Body {
  const v = new Vectors(), { code } = v;
  const x = v.local(V128), low = v.local(I64), high = v.local(I64);
  const part = [0, 1].map(() => [0, 1, 2, 3].map(() => v.local(I64)));
  const MASK = [0x11111111, 0x22222222, 0x44444444, 0x88888888 | 0];
  const reverse = () => {
    const nibble = (i: number) => (i & 1) << 3 | (i & 2) << 1 | (i & 4) >> 1 | i >> 3;
    const t = v.local(V128);
    v.constant((i) => nibble(i) << 4).code.get(x);
    v.constant(() => 15).code.simd(AND).simd(SWIZZLE);
    v.constant(nibble).code.get(x).i32(4).simd(I8_SHR_U).simd(SWIZZLE).simd(OR).set(t);
    v.shuffle(t, (i) => i ^ 7);
    code.set(x);
  };
  /** Pushes the low half of the product of the two halves of x. */
  const multiply = () => {
    for (const side of [0, 1]) {
      for (let k = 0; k < 4; k++) {
        code.get(x).simd(SIMD.i64x2Extract).op(side).i64(MASK[k]!, MASK[k]!).op(OP.i64And).set(
          part[side]![k]!,
        );
      }
    }
    for (let z = 0; z < 4; z++) {
      for (let k = 0; k < 4; k++) {
        code.get(part[0]![k]!).get(part[1]![z - k & 3]!).op(OP.i64Mul);
        if (k > 0) code.op(OP.i64Xor);
      }
      code.i64(MASK[z]!, MASK[z]!).op(OP.i64And);
      if (z > 0) code.op(OP.i64Or);
    }
  };
  v.load(CRYPTO_A).code.i32(CPU_AT).mem(OP.i64Load, 8 * CRYPTO_B).simd(SIMD.i64x2Replace).op(1).set(x);
  multiply();
  code.set(low);
  reverse();
  multiply();
  code.set(high).get(high).simd(SIMD.i64x2Splat).set(x);
  reverse();
  code.get(x).simd(SIMD.i64x2Extract).op(0).i64(1, 0).op(OP.i64ShrU).set(high);
  code.get(low).simd(SIMD.i64x2Splat).get(high).simd(SIMD.i64x2Replace).op(1).set(x);
  return v.finish(x);
}

const { SBOX, INVERSE } = crypto;
/** By the name of the helper in sse/crypto.ts. */
const FUNCTIONS: Record<string, () => Body> = {
  aesenc: () => aes(SBOX, 1, [2, 1, 1, 3], 0),
  aesenclast: () => aes(SBOX, 1, [1], 1),
  aesdec: () => aes(INVERSE, -1, [14, 9, 13, 11], 2),
  aesdeclast: () => aes(INVERSE, -1, [1], 3),
  aesimc: unmix,
  pclmulqdq: carrylessProduct,
  sha256rnds2: sha256Rounds,
  sha256msg1: sha256Message1,
  sha256msg2: sha256Message2,
  sha1rnds0: () => sha1Rounds(0),
  sha1rnds1: () => sha1Rounds(1),
  sha1rnds2: () => sha1Rounds(2),
  sha1rnds3: () => sha1Rounds(3),
};
for (const [name, make] of Object.entries(FUNCTIONS)) declareShared(name, make);
