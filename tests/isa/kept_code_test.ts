// Does threaded code find what an earlier run translated, and does it do what the code says, also after the code has changed?

import { assert, assertEquals } from "@std/assert";
import { CodeStore } from "../../translator/cache/code_store.ts";
import * as cpu from "../../translator/cpu.ts";
import { createExecutor, type Dispatcher } from "../../translator/dispatch.ts";
import { EXIT_FAULT } from "../../translator/env.ts";
import { I32, U8 } from "../../translator/ram.ts";
import { FlatMemory } from "./flat_memory.ts";

const CODE = 0x40_0000, STACK = CODE + 0x3f00;
const HLT = 0xf4;

/** All code is that of one file. */
class FileMemory extends FlatMemory {
  codeSource() {
    return { name: "file" };
  }
}

/** Kept files, as many runs as wanted. */
class Runs {
  readonly #files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #code: number[];

  constructor(code: number[]) {
    this.#code = code;
  }

  /** Runs the code to its HLT in a new executor, `times` times, and keeps what was translated; `between` is called before each but the first. */
  async run(times = 1, between?: (executor: Dispatcher, physical: number) => void) {
    const memory = new FileMemory(), { c } = memory;
    const store = new CodeStore({
      read: (name) => this.#files.get(name)?.slice(),
      write: (name, content) => this.#files.set(name, content),
      remove: (name) => this.#files.delete(name),
      tidy: () => {},
    });
    const executor = await createExecutor(memory, { tier: "threaded", store });
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
    return { results, translated: executor.translator.blocks, found: executor.cache.found - found };
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
  assertEquals(warm, { results: [610, 610], translated: 0, found: cold.translated });
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
