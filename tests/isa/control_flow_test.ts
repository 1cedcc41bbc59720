// Do regions get from block to block as the CPU does: cycles with two entries, calls and returns, jumps through tables? With more rounds
// than a region runs in a row (tunables.ts), so that each is left and entered again in the middle.

import { assertEquals } from "@std/assert";
import * as cpu from "../../translator/cpu.ts";
import { createExecutor } from "../../translator/dispatch.ts";
import { EXIT_FAULT } from "../../translator/env.ts";
import { I32 } from "../../translator/ram.ts";
import { FlatMemory } from "./flat_memory.ts";
import { type Tier, TIERS } from "./in_process.ts";

const CODE = 0x40_0000, DATA = CODE + 0x1000, STACK = CODE + 0x2f00;
const HLT = 0xf4;

/** Runs `code` until its HLT, twice (the second time what the first one found is compiled), and returns EAX. RDI is at `data`. */
async function run(tier: Tier, code: number[], data: number[] = []): Promise<number> {
  const memory = new FlatMemory();
  const executor = await createExecutor(memory, { tier: tier === "region" ? "closure" : tier });
  const { c } = memory;
  memory.map({ address: CODE, bytes: Uint8Array.from(code), size: 4096, write: false, execute: true });
  memory.map({ address: DATA, bytes: Uint8Array.from(data), size: 8192, write: true, execute: false });
  for (let n = 0; n < 2; n++) {
    I32.fill(0, c, c + 32);
    executor.writeFlags(c, 2);
    I32[c + 2 * cpu.RDI] = DATA;
    I32[c + 2 * cpu.RSP] = STACK;
    I32[c + 2 * cpu.RIP] = CODE;
    I32[c + 2 * cpu.RIP + 1] = 0;
    if (tier === "region" && n === 1) executor.promoter.promote(executor.cache.find(c, CODE), c, true);
    let exit;
    do exit = executor.run(c, 1000); while (exit !== EXIT_FAULT);
    assertEquals(code[I32[c + 2 * cpu.RIP]! - CODE], HLT);
  }
  memory.reset((frame) => executor.invalidateFrame(frame));
  return I32[c + 2 * cpu.RAX]!;
}

const dword = (n: number) => [n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24 & 255];
const ROUNDS = 20000;

for (const tier of TIERS) {
  Deno.test(`control flow, tier ${tier}: a cycle that is entered in the middle`, async () => {
    // mov ecx, ROUNDS; xor eax, eax; test bl, 1; jz B; A: inc eax; B: add eax, 2; dec ecx; jnz A; hlt
    const code = [0xb9, ...dword(ROUNDS), 0x31, 0xc0, 0xf6, 0xc3, 1, 0x74, 2];
    code.push(0xff, 0xc0, 0x83, 0xc0, 2, 0xff, 0xc9, 0x75, 0xf7, HLT);
    assertEquals(await run(tier, code), 2 + (ROUNDS - 1) * 3);
  });

  Deno.test(`control flow, tier ${tier}: recursion`, async () => {
    // mov edi, 20; call F; hlt
    const code = [0xbf, ...dword(20), 0xe8, ...dword(1), HLT];
    // F: cmp edi, 2; jge L; mov eax, edi; ret; L: push rdi; dec edi; call F
    code.push(0x83, 0xff, 2, 0x7d, 3, 0x89, 0xf8, 0xc3, 0x57, 0xff, 0xcf, 0xe8, ...dword(-16));
    // pop rdi; push rax; sub edi, 2; call F; pop rcx; add eax, ecx; ret
    code.push(0x5f, 0x50, 0x83, 0xef, 2, 0xe8, ...dword(-26), 0x59, 0x01, 0xc8, 0xc3);
    assertEquals(await run(tier, code), 6765);
  });

  Deno.test(`control flow, tier ${tier}: a jump through a table`, async () => {
    // mov ecx, ROUNDS; xor eax, eax; L: mov edx, ecx; and edx, 3; jmp [rdi+rdx*8]
    const code = [0xb9, ...dword(ROUNDS), 0x31, 0xc0, 0x89, 0xca, 0x83, 0xe2, 3, 0xff, 0x24, 0xd7];
    const cases: number[] = [];
    [1, 3, 5, 7].forEach((amount, i) => {
      cases.push(CODE + code.length);
      code.push(0x83, 0xc0, amount, 0xeb, 5 * (3 - i)); // add eax, amount; jmp M
    });
    code.push(0xff, 0xc9, 0x75, 7 - (code.length + 4), HLT); // M: dec ecx; jnz L; hlt
    const table = cases.flatMap((at) => [...dword(at), ...dword(0)]);
    assertEquals(await run(tier, code, table), ROUNDS / 4 * 16);
  });
}
