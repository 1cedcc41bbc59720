// Does threaded code find what an earlier run translated, and does it do what the code says, also after the code has changed?

import { assert, assertEquals } from "@std/assert";
import { CodeStore } from "../../translator/cache/code_store.ts";
import * as cpu from "../../translator/cpu.ts";
import { createExecutor, type Dispatcher, type Tier } from "../../translator/dispatch.ts";
import { EXIT_FAULT } from "../../translator/env.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { FlatMemory } from "./flat_memory.ts";

const CODE = 0x40_0000, STACK = CODE + 0x3f00;
const HLT = 0xf4;

/** All code is that of one file; `honest`: but for pages that have been written. */
class FileMemory extends FlatMemory {
  readonly #code: readonly number[];
  readonly #honest: boolean;

  constructor(code: readonly number[], honest: boolean) {
    super();
    this.#code = code;
    this.#honest = honest;
  }
  codeSource(address: number) {
    const first = address - address % 4096, page = this.#code.slice(first - CODE, first - CODE + 4096);
    const at = this.physical(first), isOfFile = !this.#honest || page.every((byte, n) => U8[at + n] === byte);
    return isOfFile ? { name: "file" } : undefined;
  }
}

/** Kept files, as many runs as wanted. */
class Runs {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #code: number[];
  readonly #tier: Tier;
  readonly #honest: boolean;

  constructor(code: number[], tier: Tier = "threaded", honest = false) {
    this.#code = code;
    this.#tier = tier;
    this.#honest = honest;
  }

  /** Runs the code to its HLT in a new executor, `times` times, and keeps what was translated; `between` is called before each but the first. */
  async run(times = 1, between?: (executor: Dispatcher, physical: number) => void) {
    const memory = new FileMemory(this.#code, this.#honest), { c } = memory;
    const store = new CodeStore({
      read: (name) => this.#files.get(name)?.slice(),
      write: (name, content) => this.#files.set(name, content),
      remove: (name) => this.#files.delete(name),
      tidy: () => {},
    });
    const executor = await createExecutor(memory, { tier: this.#tier, store });
    memory.map({
      address: CODE,
      bytes: Uint8Array.from(this.#code),
      size: 0x4000,
      write: true,
      execute: true,
    });
    const found = executor.cache.found, results: number[] = [];
    for (let n = 0; n < times; n++) {
      if (n > 0) between?.(executor, memory.physical(CODE));
      I32.fill(0, c, c + 32);
      executor.writeFlags(c, 2);
      I32[c + 2 * cpu.RDI] = CODE;
      I32[c + 2 * cpu.RSP] = STACK;
      I32[c + 2 * cpu.RIP] = CODE;
      I32[c + 2 * cpu.RIP + 1] = 0;
      let exit;
      do exit = executor.run(c, 1000); while (exit !== EXIT_FAULT);
      assertEquals(U8[memory.physical(I32[c + 2 * cpu.RIP]!)], HLT);
      results.push(I32[c + 2 * cpu.RAX]!);
    }
    store.save();
    memory.reset((frame) => executor.invalidateFrame(frame));
    const { regions } = executor.counters, kept = executor.translator.foundRegions;
    return {
      results,
      translated: executor.translator.blocks,
      found: executor.cache.found - found,
      regions,
      kept,
    };
  }
}

const dword = (n: number) => [n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24 & 255];
/** mov edi, N; call F; hlt; F: Fibonacci numbers by recursion: its calls, returns and branches lead to six blocks. */
const FIBONACCI = (n: number) => [
  ...[0xbf, ...dword(n), 0xe8, ...dword(1), HLT],
  ...[0x83, 0xff, 2, 0x7d, 3, 0x89, 0xf8, 0xc3, 0x57, 0xff, 0xcf, 0xe8, ...dword(-16)],
  ...[0x5f, 0x50, 0x83, 0xef, 2, 0xe8, ...dword(-26), 0x59, 0x01, 0xc8, 0xc3],
];

Deno.test("kept code: a second run finds every block and translates none", async () => {
  const runs = new Runs(FIBONACCI(15));
  const cold = await runs.run(), warm = await runs.run(2);
  assertEquals([cold.results, cold.found], [[610], 0]);
  assert(cold.translated >= 6);
  assertEquals(warm, { results: [610, 610], translated: 0, found: cold.translated, regions: 0, kept: 0 });
});

Deno.test("kept code: what has been found is dropped when its page changes, and other bytes are translated anew", async () => {
  const runs = new Runs(FIBONACCI(15));
  await runs.run();
  const { results, translated } = await runs.run(3, (executor, physical) => {
    U8[physical + 1]!--; // of the first block's number
    executor.invalidateFrame(physical >>> 12);
  });
  // The first block is another one in the second and third run; all others are as they were.
  assertEquals([results, translated], [[610, 377, 233], 2]);
});

Deno.test("kept code: a store into a page whose blocks have been found is seen by the next one", async () => {
  // mov eax, 1; jmp A; A: add byte [rdi+1], 5; jmp B; B: add eax, [rdi+1]; hlt
  const runs = new Runs([0xb8, 1, 0, 0, 0, 0xeb, 0, 0x80, 0x47, 1, 5, 0xeb, 0, 0x03, 0x47, 1, HLT]);
  const cold = await runs.run(), warm = await runs.run(2);
  assertEquals([cold.results, warm.results], [[1 + 6], [1 + 6, 6 + 11]]);
  assert(warm.found > 0);
});

/** `instructions` at `offset` of a page. */
const at = (page: number[], offset: number, instructions: number[]) =>
  page.splice(offset, instructions.length, ...instructions);

/**
 * Calls a function on the next page `rounds` times, which adds 100 to EAX; halfway, the last of its hundred numbers becomes 7. The function is too long to become
 * part of its caller's region, so one region calls another.
 */
function callsWhatChanges(rounds: number): number[] {
  const code = new Array<number>(0x2000).fill(HLT), add = [0x05, ...dword(1)], count = 100;
  at(code, 0, [0xb9, ...dword(rounds), 0x31, 0xc0]); // mov ecx, rounds; xor eax, eax
  at(code, 7, [0xe8, ...dword(0x1000 - 12)]);
  at(code, 12, [0x81, 0xf9, ...dword(rounds / 2), 0x75, 10]); // cmp ecx, rounds / 2; jne +10
  at(code, 20, [0xc7, 0x87, ...dword(0x1000 + 5 * count - 4), ...dword(7)]); // mov dword [rdi + …], 7
  at(code, 30, [0xff, 0xc9, 0x75, 7 - 34 & 255, HLT]); // dec ecx; jne
  for (let n = 0; n < count; n++) at(code, 0x1000 + 5 * n, add);
  at(code, 0x1000 + 5 * count, [0xc3]);
  return code;
}

Deno.test("kept code: regions of one module call each other until one of them changes", async () => {
  const rounds = 200_000, before = rounds / 2 + 1, expected = 100 * before + 106 * (rounds - before);
  const runs = new Runs(callsWhatChanges(rounds), "auto", true);
  const cold = await runs.run();
  assertEquals(cold.results, [expected]);
  assert(cold.regions >= 2, `${cold.regions} regions`);
  for (let n = 0; n < 2; n++) {
    const warm = await runs.run();
    assertEquals(warm.results, [expected]);
    assert(warm.kept >= 2, `${warm.kept} kept regions`);
  }
});
