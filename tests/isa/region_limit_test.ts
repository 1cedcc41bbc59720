// What becomes of a program that needs more regions than there may be? All are given up, and it goes on.

import { assert, assertEquals } from "@std/assert";
import * as cpu from "../../translator/cpu.ts";
import { createExecutor } from "../../translator/dispatch.ts";
import { EXIT_FAULT } from "../../translator/env.ts";
import { I32 } from "../../translator/ram.ts";
import { MOST_REGIONS } from "../../translator/tunables.ts";
import { FlatMemory } from "./flat_memory.ts";

const CODE = 0x40_0000, BLOCKS = MOST_REGIONS + 500;
// inc ecx; lea rax, [rip + 2]; jmp rax: where it leads is not known before it runs, so each is a region of its own.
const BLOCK = [0xff, 0xc1, 0x48, 0x8d, 0x05, 2, 0, 0, 0, 0xff, 0xe0];
const HLT = 0xf4;

Deno.test("regions are given up when there are too many", async () => {
  const memory = new FlatMemory(), { c } = memory;
  const executor = await createExecutor(memory, { tier: "wasm" });
  const bytes = new Uint8Array(BLOCKS * BLOCK.length + 1).fill(HLT);
  for (let n = 0; n < BLOCKS; n++) bytes.set(BLOCK, n * BLOCK.length);
  memory.map({ address: CODE, bytes, size: bytes.length, write: false, execute: true });
  I32.fill(0, c, c + 32);
  executor.writeFlags(c, 2);
  const rounds = 2;
  for (let round = 0; round < rounds; round++) {
    I32[c + 2 * cpu.RIP] = CODE;
    while (executor.run(c, 1000) !== EXIT_FAULT);
  }
  assertEquals(I32[c + 2 * cpu.RCX], rounds * BLOCKS);
  // Those of the second round that were there in the first, too.
  assert(
    executor.counters.regions > BLOCKS + 100,
    `${executor.counters.regions} regions of ${BLOCKS} blocks`,
  );
  memory.reset((frame) => executor.invalidateFrame(frame));
});
