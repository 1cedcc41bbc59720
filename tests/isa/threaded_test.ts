// Threaded code: operations on registers and memory are run by handlers, not by JavaScript; where there is no room for more, all of it is given up in the middle of
// a program, and the program goes on.

import { assert, assertEquals } from "@std/assert";
import * as cpu from "../../translator/cpu.ts";
import { createExecutor, type Tier } from "../../translator/dispatch.ts";
import { EXIT_FAULT } from "../../translator/env.ts";
import { I32 } from "../../translator/ram.ts";
import { shapes } from "../../translator/ir/words.ts";
import { allotAligned, arenaIsFull } from "../../translator/threaded/arena.ts";
import { emitHandlers } from "../../translator/threaded/make.ts";
import { FlatMemory } from "./flat_memory.ts";

const CODE = 0x40_0000, STACK = CODE + 0x1f00;
const ROUNDS = 20000;
/** Words that take most of the arena's room. */
const MOST = 0xf0_0000;

// mov ecx, ROUNDS; xor eax, eax; L: call F; dec ecx; jnz L; hlt; F: inc eax; ret
const PROGRAM = [0xb9, ROUNDS & 255, ROUNDS >> 8, 0, 0, 0x31, 0xc0, 0xe8, 5, 0, 0, 0, 0xff, 0xc9, 0x75, 0xf7];
PROGRAM.push(0xf4, 0xff, 0xc0, 0xc3);

// mov rax, [rsp - 16]; mov [rsp - 8], rax; add [rsp - 16], ecx; movzx edx, byte [rip]; push rax; pop rdx; movups xmm0, [rsp - 64]; movsd [rsp - 32], xmm0;
// mov eax, [rsp + rcx * 8 - 24]; hlt
const ACCESSES = `48 8b 44 24 f0 48 89 44 24 f8 01 4c 24 f0 0f b6 15 00 00 00 00 50 5a
  0f 10 44 24 c0 f2 0f 11 44 24 e0 8b 44 cc e8 f4`.split(/\s+/).map((byte) => parseInt(byte, 16));

async function prepare(tier: Tier, code: readonly number[]) {
  const memory = new FlatMemory(), { c } = memory;
  const executor = await createExecutor(memory, { tier });
  const segment = { address: CODE, size: 4096, write: false, execute: true };
  memory.map({ ...segment, bytes: Uint8Array.from(code) });
  memory.map({ address: CODE + 0x1000, bytes: new Uint8Array(), size: 4096, write: true, execute: false });
  I32.fill(0, c, c + 32);
  executor.writeFlags(c, 2);
  I32[c + 2 * cpu.RSP] = STACK;
  I32[c + 2 * cpu.RIP] = CODE;
  return { memory, c, executor };
}

Deno.test("threaded code: loads and stores of all kinds of addresses have handlers", async () => {
  const { memory, c, executor } = await prepare("threaded", ACCESSES), known = shapes.length;
  assertEquals(executor.run(c, 1000), EXIT_FAULT);
  const own = shapes.slice(known).filter(({ def }) => /^(ld|st|push|pop)/.test(def.name));
  assert(own.length > 7);
  assertEquals(emitHandlers(own).others.map(({ def }) => def.name), []);
  memory.reset((frame) => executor.invalidateFrame(frame));
});

for (const tier of ["threaded", "auto"] as Tier[]) {
  Deno.test(`threaded code, tier ${tier}: translations are given up when there is no room for more`, async () => {
    const { memory, c, executor } = await prepare(tier, PROGRAM);
    let runs = 0, emptied = 0;
    while (executor.run(c, 1000) !== EXIT_FAULT) {
      if (runs++ % 4 !== 0) continue;
      assert(allotAligned(MOST) !== 0, "there is room again");
      assert(arenaIsFull());
      emptied++;
    }
    assert(emptied > 2);
    assertEquals([I32[c + 2 * cpu.RAX], I32[c + 2 * cpu.RCX]], [ROUNDS, 0]);
    memory.reset((frame) => executor.invalidateFrame(frame));
  });
}
