// Can guest code, whatever its bytes, make the translator itself fail? Random and half-random bytes are run: every run must end in
// a system call, a fault of the guest's or the end of the budget, and the IR must be well formed.

import * as cpu from "../../translator/cpu.ts";
import { createExecutor } from "../../translator/dispatch.ts";
import { verify } from "../../translator/ir/verify.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { FlatMemory } from "./flat_memory.ts";
import { STARTS } from "./fuzz/generate.ts";
import type { Tier } from "./in_process.ts";
import { Rng } from "./rng.ts";

const CODE = 0x40_0000, DATA = 0x50_0000, PAGES = 4, BYTES = 4096 * PAGES;
const ROUNDS = 1500, BUDGET = 64;

/** Those, and prefixes of VEX and EVEX, which most bytes do not suit. */
const BEGINNINGS = [...STARTS, [0xc4], [0xc5], [0x62]];

for (const tier of ["closure", "js"] as Tier[]) {
  Deno.test(`isa garbage, tier ${tier}: no bytes make the translator fail`, async () => {
    const memory = new FlatMemory();
    const executor = await createExecutor(memory, { tier: tier === "region" ? "wasm" : tier });
    executor.translator.onBlock = verify;
    const { c } = memory;
    const none = new Uint8Array(0);
    memory.map({ address: CODE, bytes: none, size: BYTES, write: true, execute: true });
    memory.map({ address: DATA, bytes: none, size: BYTES, write: true, execute: false });
    const rng = new Rng(7);
    const code = memory.physical(CODE);
    for (let round = 0; round < ROUNDS; round++) {
      for (let page = 0; page < PAGES; page++) executor.invalidateFrame((code >>> 12) + page);
      memory.flush();
      for (let i = 0; i < 512;) {
        const start = rng.chance(70) ? rng.pick(BEGINNINGS) : [];
        for (const byte of start) U8[code + i++] = byte;
        for (let n = rng.between(1, 8); n > 0; n--) U8[code + i++] = rng.next();
      }
      for (let i = 0; i < 32; i++) I32[c + i] = rng.next();
      for (let r = 0; r < 16; r++) {
        if (!rng.chance(70)) continue;
        I32[c + 2 * r] = DATA + rng.below(BYTES);
        I32[c + 2 * r + 1] = 0;
      }
      I32[c + 2 * cpu.RIP] = CODE;
      I32[c + 2 * cpu.RIP + 1] = 0;
      executor.writeFlags(c, rng.next() & ~0x100);
      const bytes = U8.slice(code, code + 64);
      try {
        executor.run(c, BUDGET);
      } catch (e) {
        const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
        throw new Error(`round ${round}, code ${hex}: ${e instanceof Error ? e.stack : e}`);
      }
    }
  });
}
