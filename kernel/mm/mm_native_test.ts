// The host's kernel as oracle: random memory calls, done natively by native_trace.py, must have the same answers and the same
// effect on an Mm.

import { assertEquals } from "@std/assert";
import { frames } from "./frames.ts";
import { Mm } from "./mm.ts";
import { TestFile, TestInode } from "./test_file.ts";
import { UserMemory } from "./user_memory.ts";

const BASE = 0x20_0000_0000, PAGE = 4096, FILE_PAGES = 96;

interface Step {
  kind: string;
  args: number[];
  result: number;
  state?: ([string, number | null] | null)[];
}

function native(seed: number, count: number): Step[] | undefined {
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return undefined;
  try {
    const script = new URL("native_trace.py", import.meta.url).pathname;
    const { success, stdout } = new Deno.Command("python3", {
      args: [script, String(seed), String(count)],
      stderr: "inherit",
    }).outputSync();
    return success ? JSON.parse(new TextDecoder().decode(stdout)) : undefined;
  } catch {
    return undefined;
  }
}

function run(mm: Mm, memory: UserMemory, file: TestFile, { kind, args: [a, b, c, d, e, f] }: Step): number {
  switch (kind) {
    case "mmap":
      return mm.mmap(a, b, c, d, e >= 0 ? file : undefined, f);
    case "mprotect":
      return mm.mprotect(a, b, c);
    case "munmap":
      return mm.munmap(a, b);
    case "mremap":
      return mm.mremap(a, b, c, d, e);
    case "madvise":
      return mm.madvise(a, b, c);
    case "msync":
      return mm.msync(a, b, c);
    case "mincore": {
      const pages = mm.mincore(a, b);
      return typeof pages === "number" ? pages : 0;
    }
    case "mlock":
      return mm.mlock(a, b, true, false);
    case "munlock":
      return mm.munlock(a, b);
    default:
      memory.writeU8(a, b);
      return 0;
  }
}

function state(mm: Mm, memory: UserMemory, count: number): Step["state"] {
  return Array.from({ length: count }, (_, i) => {
    const va = BASE + i * PAGE, vma = mm.vmas.find(va);
    if (vma === undefined) return null;
    const rights = (vma.prot & 1 ? "r" : "-") + (vma.prot & 2 ? "w" : "-") + (vma.prot & 4 ? "x" : "-") +
      (vma.shared ? "s" : "p");
    return [rights, vma.prot & 1 ? memory.readU8(va) : null];
  });
}

/** One line a page. */
function text(pages: Step["state"]): string {
  return pages!.map((page, i) => `${i} ${page === null ? "" : page.join(" ")}`).join("\n");
}

for (const seed of (Deno.env.get("MM_SEEDS") ?? "1 2 3 4 5").split(" ").map(Number)) {
  const steps = native(seed, 600);
  Deno.test({
    name: `an Mm answers random calls as the host's kernel does (seed ${seed})`,
    ignore: steps === undefined,
    fn: () => {
      const before = frames.used;
      const content = new Uint8Array(FILE_PAGES * PAGE);
      for (let i = 0; i < FILE_PAGES; i++) content.fill(i + 1, i * PAGE, (i + 1) * PAGE);
      const inode = new TestInode(content.length, content), file = new TestFile(inode, 2);
      const mm = Mm.create() as Mm, memory = new UserMemory(mm);
      steps!.forEach((step, i) => {
        const what = () => `step ${i}: ${step.kind}(${step.args.map((arg) => "0x" + arg.toString(16))})`;
        assertEquals(run(mm, memory, file, step), step.result, what());
        if (step.state !== undefined) {
          assertEquals(text(state(mm, memory, step.state.length)), text(step.state), what());
        }
      });
      mm.release();
      file.release();
      inode.pages.forEach((frame) => frames.release(frame));
      assertEquals(frames.used, before);
    },
  });
}
