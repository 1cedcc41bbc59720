// WebAssembly of AES, SHA and PCLMULQDQ: calls of shared functions (crypto_functions.ts), or the closure while those are being made.

import * as crypto from "../sse/crypto.ts";
import type { IrOp } from "../ir/block.ts";
import { CRYPTO_A, CRYPTO_B, CRYPTO_C, CRYPTO_R } from "./crypto_functions.ts";
import { OP, SIMD } from "./encoder.ts";
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

/** Emitters of `vec` by its helper. */
export const CRYPTO_HELPERS: readonly (readonly [unknown, Emit])[] = [
  [crypto.aesenc, binary("aesenc")],
  [crypto.aesenclast, binary("aesenclast")],
  [crypto.aesdec, binary("aesdec")],
  [crypto.aesdeclast, binary("aesdeclast")],
  [crypto.aesimc, binary("aesimc")],
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
