// WebAssembly of AES, SHA and PCLMULQDQ: calls of shared functions (crypto_functions.ts), or the closure while those are being made.

import * as crypto from "../sse/crypto.ts";
import type { IrOp } from "../ir/block.ts";
import { CRYPTO_A, CRYPTO_B, CRYPTO_C, CRYPTO_R } from "./crypto_functions.ts";
import { OP, SIMD, V128 } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";
import { sharedIndex } from "./shared.ts";

function put(g: Generator, slot: number, push: () => void): void {
  g.base();
  push();
  g.code.simd(SIMD.store).op(0).u(8 * slot);
}

/** d = function `name` of what has been put into its operands; `slots` are those of the operation. */
function call(g: Generator, name: string, d: number, slots: readonly number[], o: IrOp): void {
  g.callShared(sharedIndex(name));
  g.open(OP.if);
  g.setVector(d, () => {
    g.base();
    g.code.simd(SIMD.load).op(0).u(8 * CRYPTO_R);
  });
  g.code.op(OP.else);
  g.runStepOn(g.step(o), slots, [d]);
  g.close();
}

const binary = (name: string): Emit => (g, [, d, r], o) => {
  put(g, CRYPTO_A, () => g.vector(d));
  put(g, CRYPTO_B, () => g.vector(r));
  call(g, name, d, [d, r], o);
};

const XOR = 81, OR = 80, I32_ADD = 174, I32_SHL = 171, I32_SHR_U = 173;
/** Lanes of 32 bits: 0–3 of the first operand, 4–7 of the second. */
const shuffle = (g: Generator, ...lanes: number[]) => {
  g.code.simd(SIMD.shuffle).op(...lanes.flatMap((lane) => [0, 1, 2, 3].map((k) => 4 * lane + k)));
};

// SHA-1's schedule is short enough to stand in line.
const sha1Next: Emit = (g, [, d, r]) =>
  g.setVector(d, () => {
    g.code.simd(SIMD.const).op(...new Array(16).fill(0));
    g.vector(d);
    g.code.simd(SIMD.i32x4Extract).op(3).i32(30).op(OP.i32Rotl).simd(SIMD.i32x4Replace).op(3);
    g.vector(r);
    g.code.simd(I32_ADD);
  });
const sha1Message1: Emit = (g, [, d, r]) =>
  g.setVector(d, () => {
    g.vector(d);
    g.vector(d);
    g.vector(r);
    shuffle(g, 6, 7, 0, 1);
    g.code.simd(XOR);
  });
const sha1Message2: Emit = (g, [, d, r]) => {
  const { code } = g, t = g.scratch(V128, 0);
  // The lowest lane, d's alone, is still to be mixed with the highest result.
  g.vector(d);
  g.vector(r);
  code.simd(SIMD.const).op(...new Array(16).fill(0));
  shuffle(g, 4, 0, 1, 2);
  code.simd(XOR).set(t).get(t).i32(1).simd(I32_SHL).get(t).i32(31).simd(I32_SHR_U).simd(OR).set(t);
  g.setVector(d, () => {
    code.get(t).get(t).simd(SIMD.i32x4Extract).op(0).get(t).simd(SIMD.i32x4Extract).op(3).i32(1).op(
      OP.i32Rotl,
    );
    code.op(OP.i32Xor).simd(SIMD.i32x4Replace).op(0);
  });
};

/** Emitters of `vec` by its helper. */
export const CRYPTO_HELPERS: readonly (readonly [unknown, Emit])[] = [
  [crypto.aesenc, binary("aesenc")],
  [crypto.aesenclast, binary("aesenclast")],
  [crypto.aesdec, binary("aesdec")],
  [crypto.aesdeclast, binary("aesdeclast")],
  [crypto.aesimc, binary("aesimc")],
  [crypto.sha1nexte, sha1Next],
  [crypto.sha1msg1, sha1Message1],
  [crypto.sha1msg2, sha1Message2],
  [crypto.sha256msg1, binary("sha256msg1")],
  [crypto.sha256msg2, binary("sha256msg2")],
];
/** Of `vecm`. */
export const CRYPTO_MASK_HELPERS: readonly (readonly [unknown, Emit])[] = [
  [crypto.sha256rnds2, (g, [, d, r, m], o) => {
    put(g, CRYPTO_A, () => g.vector(d));
    put(g, CRYPTO_B, () => g.vector(r));
    put(g, CRYPTO_C, () => g.vector(m));
    call(g, "sha256rnds2", d, [d, r, m], o);
  }],
];
/** Of `vecn`. */
export const CRYPTO_NUMBER_HELPERS: readonly (readonly [unknown, Emit])[] = [
  [crypto.pclmulqdq, (g, [, d, r, n], o) => {
    for (const [to, from, half] of [[CRYPTO_A, d, n & 1], [CRYPTO_B, r, n >> 4 & 1]] as const) {
      g.base();
      g.get64(from + half);
      g.code.mem(OP.i64Store, 8 * to);
    }
    call(g, "pclmulqdq", d, [d, r], o);
  }],
  [crypto.sha1rnds4, (g, a, o) => binary(`sha1rnds${a[3] & 3}`)(g, a, o)],
];
