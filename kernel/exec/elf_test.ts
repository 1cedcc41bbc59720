import { assert, assertEquals } from "@std/assert";
import { EINVAL, ENOEXEC } from "../abi/errno.ts";
import { frames } from "../mm/frames.ts";
import { PIE_BASE } from "../mm/layout.ts";
import { Mm } from "../mm/mm.ts";
import { TestFile, TestInode } from "../mm/test_file.ts";
import { UserMemory } from "../mm/user_memory.ts";
import { type ElfHeaders, fileHead, type LoadedImage, loadElf, readElf } from "./elf.ts";
import { makeElf, type TestElf } from "./test_elf.ts";

const R = 4, RW = 6, RX = 5;
const fill = (length: number, byte: number) => new Uint8Array(length).fill(byte);

function load(what: TestElf, role: "program" | "interpreter" = "program") {
  const bytes = makeElf(what);
  const inode = new TestInode(bytes.length, bytes), file = new TestFile(inode, 0);
  const mm = Mm.create() as Mm;
  const elf = readElf(inode, fileHead(inode) as Uint8Array);
  const image = typeof elf === "number" ? elf : loadElf(mm, elf, file, role);
  const free = () => {
    mm.release();
    file.release();
    inode.pages.forEach((frame) => frames.release(frame));
  };
  return { mm, memory: new UserMemory(mm), elf, image, free };
}

function areas(mm: Mm): [number, number, number, boolean][] {
  return mm.vmas.list.map((vma) => [vma.start, vma.end, vma.prot, vma.backed]);
}

Deno.test("loadElf() maps a fixed program and clears its .bss", () => {
  const { mm, memory, image, free } = load({
    segments: [
      { vaddr: 0x400000, flags: RX, data: fill(0x1800, 1) },
      { vaddr: 0x403800, flags: RW, data: fill(0x900, 2), memsz: 0x3000 },
    ],
  });
  const loaded = image as LoadedImage;
  assertEquals(areas(mm), [
    [0x400000, 0x402000, 5, true],
    [0x403000, 0x405000, 3, true],
    [0x405000, 0x407000, 3, false],
  ]);
  assertEquals(loaded.end, 0x406800);
  assertEquals([loaded.startCode, loaded.endCode, loaded.startData, loaded.endData], [
    0x400000,
    0x401800,
    0x403800,
    0x404100,
  ]);
  assertEquals([memory.readU8(0x4040ff), memory.readU8(0x404100), memory.readU8(0x4067ff)], [2, 0, 0]);
  // The file keeps its bytes: the cleared page is a copy.
  memory.writeU8(0x403800, 9);
  assertEquals(memory.readU8(0x401000), 1);
  free();
});

Deno.test("loadElf() places position-independent programs and interpreters", () => {
  const segments = [{ vaddr: 0, flags: R, data: fill(100, 1) }, {
    vaddr: 0x1064,
    flags: RX,
    data: fill(50, 2),
  }];
  const program = load({ type: 3, entry: 0x1064, segments });
  const loaded = program.image as LoadedImage;
  assertEquals(loaded.bias, PIE_BASE);
  assertEquals(loaded.entry, PIE_BASE + 0x1064);
  assertEquals(program.memory.readU8(PIE_BASE + 0x1064), 2);
  program.free();
  const linker = load({ type: 3, entry: 0x1064, segments }, "interpreter");
  const at = linker.image as LoadedImage;
  assert(at.base > 0x7ff0_0000_0000 && at.base % 4096 === 0);
  assertEquals(linker.memory.readU8(at.base), 1);
  linker.free();
  const aligned = load({ type: 3, segments: [{ vaddr: 0, flags: R, data: fill(10, 1), align: 0x20_0000 }] });
  assertEquals((aligned.image as LoadedImage).base % 0x20_0000, 0);
  aligned.free();
});

Deno.test("loadElf() lets the later segment win a page that two share", () => {
  const { memory, image, free } = load({
    segments: [
      { vaddr: 0x400000, flags: R, data: fill(0x1100, 1) },
      { vaddr: 0x401200, flags: RW, data: fill(0x100, 2), memsz: 0x200 },
    ],
  });
  assert(typeof image !== "number");
  assertEquals([memory.readU8(0x400fff), memory.readU8(0x401200), memory.readU8(0x401300)], [1, 2, 0]);
  free();
});

Deno.test("readElf() finds the interpreter and the stack's rights", () => {
  const { elf, free } = load({
    interpreter: "/lib64/ld.so",
    stack: 7,
    segments: [{ vaddr: 0x400000, flags: RX, data: fill(16, 1) }],
  });
  const headers = elf as ElfHeaders;
  assertEquals(headers.interpreter, "/lib64/ld.so");
  assertEquals(headers.executableStack, true);
  free();
});

Deno.test("readElf() and loadElf() refuse what Linux refuses", () => {
  const segments = [{ vaddr: 0x400000, flags: RX, data: fill(16, 1) }];
  for (const what of [{ machine: 183, segments }, { type: 1, segments }, { segments: [] }]) {
    const { image, free } = load(what);
    assertEquals(image, -ENOEXEC);
    free();
  }
  const beyond = load({ segments: [{ vaddr: 0x8000_0000_0000, flags: RX, data: fill(16, 1) }] });
  assertEquals(beyond.image, -EINVAL);
  beyond.free();
});
