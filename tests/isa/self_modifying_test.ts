// Does code that changes code run what it wrote? As on the CPU, a store is seen by the very next instruction.

import { assertEquals } from "@std/assert";
import * as cpu from "../../translator/cpu.ts";
import { createExecutor } from "../../translator/dispatch.ts";
import { EXIT_FAULT } from "../../translator/env.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { FlatMemory } from "./flat_memory.ts";
import { type Tier, TIERS } from "./in_process.ts";

const CODE = 0x40_0000;
const HLT = 0xf4;

/** Runs `code` in a page that may be written, until its HLT, with RDI at the page and RCX and RAX as given. */
async function run(tier: Tier, code: number[], rcx = 0, rax = 0, times = 1): Promise<number> {
  const memory = new FlatMemory();
  const executor = await createExecutor(memory, { tier: tier === "region" ? "closure" : tier });
  const { c } = memory;
  memory.map({ address: CODE, bytes: Uint8Array.from(code), size: 8192, write: true, execute: true });
  for (let n = 0; n < times; n++) {
    I32.fill(0, c, c + 32);
    executor.writeFlags(c, 2);
    I32[c + 2 * cpu.RAX] = rax;
    I32[c + 2 * cpu.RCX] = rcx;
    I32[c + 2 * cpu.RDI] = CODE;
    I32[c + 2 * cpu.RIP] = CODE;
    I32[c + 2 * cpu.RIP + 1] = 0;
    if (tier === "region") executor.promoter.promote(executor.cache.find(c, CODE), c, true);
    let exit;
    do exit = executor.run(c, 1000); while (exit !== EXIT_FAULT);
    const at = I32[c + 2 * cpu.RIP];
    assertEquals(U8[memory.physical(at)], HLT, `stopped at ${at.toString(16)}`);
  }
  return I32[c + 2 * cpu.RAX];
}

for (const tier of TIERS) {
  Deno.test(`self-modifying code, tier ${tier}: the next instruction of the same block`, async () => {
    // mov byte [rdi+5], 7; mov eax, 1 (its immediate is byte 5); hlt
    assertEquals(await run(tier, [0xc6, 0x47, 5, 7, 0xb8, 1, 0, 0, 0, HLT]), 7);
  });

  Deno.test(`self-modifying code, tier ${tier}: a loop that counts in its own immediate`, async () => {
    // L: mov eax, 0; inc dword [rdi+1]; dec ecx; jnz L; hlt
    assertEquals(await run(tier, [0xb8, 0, 0, 0, 0, 0xff, 0x47, 1, 0xff, 0xc9, 0x75, 0xf4, HLT], 500), 499);
  });

  Deno.test(`self-modifying code, tier ${tier}: REP STOSB over the instruction behind it`, async () => {
    // lea rdi, [rip+2]; rep stosb (six bytes of NOP over six bytes of UD2); mov eax, 3; hlt
    const code = [0x48, 0x8d, 0x3d, 2, 0, 0, 0, 0xf3, 0xaa];
    code.push(0x0f, 0x0b, 0x0f, 0x0b, 0x0f, 0x0b, 0x83, 0xc0, 3, HLT);
    assertEquals(await run(tier, code, 6, 0x90), 0x93);
  });

  Deno.test(`self-modifying code, tier ${tier}: code of another page, run before and after`, async () => {
    // call P; mov byte [P+1], 9; call P; hlt … P: mov eax, 1; ret. RSP is set to the end of the pages.
    const code = new Array(8192).fill(HLT);
    const P = 4096;
    const first = [0x48, 0x8d, 0xa7, 0x00, 0x1f, 0, 0]; // lea rsp, [rdi+0x1f00]
    first.push(0xe8, ...rel(P - (first.length + 5)));
    first.push(0xc6, 0x87, ...rel(P + 1), 9); // mov byte [rdi+P+1], 9
    first.push(0xe8, ...rel(P - (first.length + 5)), HLT);
    first.forEach((b, i) => code[i] = b);
    [0xb8, 1, 0, 0, 0, 0xc3].forEach((b, i) => code[P + i] = b);
    assertEquals(await run(tier, code), 9);
  });
}

function rel(n: number): number[] {
  return [n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24 & 255];
}
