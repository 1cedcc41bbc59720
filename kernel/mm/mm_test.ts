import { MMAP_BASE } from "./layout.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { pageHooks } from "../../fs/vfs/pages.ts";
import { EXEC, fault, READ, WRITE } from "../../translator/env.ts";
import { FRAME_CODE, frameFlags, I32, U8 } from "../../translator/ram.ts";
import { TLB_BYTES, TLB_WRITE, XTLB_BYTES } from "../../translator/cpu.ts";
import { EACCES, EEXIST, EFAULT, EINVAL, ENOMEM } from "../abi/errno.ts";
import { EXTENTS_BYTES } from "./extents.ts";
import { frames } from "./frames.ts";
import { codeAdded, Mm } from "./mm.ts";
import { TestFile, TestInode } from "./test_file.ts";
import { EFAULT_SENTINEL, UserMemory } from "./user_memory.ts";

const RW = 3, R = 1, RX = 5;
const PRIVATE = 0x22, SHARED = 0x21, FIXED = 0x10, NOREPLACE = 0x100000, GROWSDOWN = 0x100;
const BASE = 0x1000_0000;

function space(): { mm: Mm; memory: UserMemory } {
  const mm = Mm.create() as Mm;
  return { mm, memory: new UserMemory(mm) };
}

function faults(action: () => void): { signal: number; code: number; address: number; errorCode: number } {
  try {
    action();
  } catch (thrown) {
    assert(thrown === fault);
    return { signal: fault.signal, code: fault.siCode, address: fault.address, errorCode: fault.errorCode };
  }
  throw new Error("no fault");
}

function efault(action: () => void): void {
  try {
    action();
  } catch (thrown) {
    assert(thrown === EFAULT_SENTINEL);
    return;
  }
  throw new Error("no EFAULT");
}

/** The write tag of `va`'s TLB entry hits. */
function writeTag(mm: Mm, va: number): boolean {
  return I32[mm.tlbWords + ((va >>> 12) & 1023) * 8 + TLB_WRITE] === (va & ~0xfff);
}

/** Runs a test and checks that it gave all frames back. */
function test(name: string, body: () => void): void {
  Deno.test(name, () => {
    const before = frames.used;
    body();
    assertEquals(frames.used, before, "frames leaked");
  });
}

test("anonymous memory reads as zero and keeps what is written", () => {
  const { mm, memory } = space();
  const at = mm.mmap(0, 10000, RW, PRIVATE, undefined, 0);
  assertEquals(at, MMAP_BASE - 12288);
  assertEquals(memory.readU8(at), 0);
  assertEquals(mm.rssAnon, 0);
  memory.writeU32(at + 4094, 0x12345678);
  assertEquals(memory.readU32(at + 4094), 0x12345678);
  assertEquals(memory.readU16(at + 4095), 0x3456);
  memory.writeU64(at + 8190 - 4, 0x1234_5678_9abc);
  assertEquals(memory.readU64(at + 8186), 0x1234_5678_9abc);
  memory.writeI64(at, -2);
  assertEquals(memory.readI64(at), -2);
  assertEquals(memory.readU64High(at), 0xffffffff);
  assertEquals(mm.rssAnon, 3);
  mm.release();
});

test("bulk copies cross pages", () => {
  const { mm, memory } = space();
  const at = mm.mmap(0, 0x10000, RW, PRIVATE, undefined, 0);
  const data = Uint8Array.from({ length: 20000 }, (_, i) => i * 7);
  memory.write(at + 123, data);
  assertEquals(memory.readBytes(at + 123, 20000), data);
  memory.fill(at + 4000, 9, 200);
  assertEquals(memory.readBytes(at + 3999, 202).slice(1, 201), new Uint8Array(200).fill(9));
  memory.write(at + 4090, new TextEncoder().encode("hello wörld\0"));
  assertEquals(memory.readString(at + 4090), "hello wörld");
  assertEquals(memory.readString(at + 4090, 5), undefined);
  efault(() => memory.write(at + 0xfff0, data, 0, 17));
  efault(() => memory.readU64(0));
  efault(() => memory.readU64(-8));
  efault(() => memory.readU8(2 ** 63));
  assertEquals(memory.accessible(at + 0xff00, 4096, READ), 0x100);
  mm.release();
});

test("readStrings() reads argument vectors", () => {
  const { mm, memory } = space();
  const at = mm.mmap(0, 0x2000, RW, PRIVATE, undefined, 0);
  memory.writeU64(at, at + 0x100);
  memory.writeU64(at + 8, at + 0xffe);
  memory.write(at + 0x100, new TextEncoder().encode("a\0"));
  memory.write(at + 0xffe, new TextEncoder().encode("long\0"));
  const strings = memory.readStrings(at) as Uint8Array[];
  assertEquals(strings.map((s) => new TextDecoder().decode(s)), ["a", "long"]);
  assertEquals(memory.readStrings(0), []);
  mm.release();
});

/** Of each address space. */
const TLB_FRAMES = (TLB_BYTES + XTLB_BYTES + 2 * EXTENTS_BYTES) / 4096;

test("fork copies on write, both ways, and without copying a page", () => {
  const { mm, memory } = space();
  const at = mm.mmap(0, 0x4000, RW, PRIVATE, undefined, 0);
  memory.writeU32(at, 1);
  memory.writeU32(at + 0x1000, 2);
  memory.readU8(at + 0x2000);
  const used = frames.used;
  const child = mm.fork() as Mm;
  const childMemory = new UserMemory(child);
  assert(!writeTag(mm, at));
  // Three are tables.
  assertEquals(frames.used, used + TLB_FRAMES + 3);
  memory.writeU32(at, 10);
  assertEquals(childMemory.readU32(at), 1);
  childMemory.writeU32(at + 0x1000, 20);
  assertEquals(memory.readU32(at + 0x1000), 2);
  assertEquals(frames.used, used + TLB_FRAMES + 5);
  // The last owner writes in place.
  childMemory.writeU32(at, 11);
  assertEquals(frames.used, used + TLB_FRAMES + 5);
  childMemory.writeU32(at + 0x2000, 30);
  assertEquals(memory.readU32(at + 0x2000), 0);
  assertEquals(memory.readU32(at), 10);
  child.release();
  mm.release();
});

test("shared anonymous memory stays shared after fork", () => {
  const { mm, memory } = space();
  const at = mm.mmap(0, 0x2000, RW, SHARED, undefined, 0);
  const child = mm.fork() as Mm;
  const childMemory = new UserMemory(child);
  childMemory.writeU32(at + 0x1000, 5);
  assertEquals(memory.readU32(at + 0x1000), 5);
  memory.writeU32(at + 0x1000, 6);
  assertEquals(childMemory.readU32(at + 0x1000), 6);
  mm.release();
  assertEquals(childMemory.readU32(at + 0x1000), 6);
  child.release();
});

test("mprotect takes rights away and gives them back", () => {
  const { mm, memory } = space();
  mm.mmap(BASE, 0x5000, RW, PRIVATE | FIXED, undefined, 0);
  memory.writeU32(BASE + 0x2000, 7);
  assert(writeTag(mm, BASE + 0x2000));
  assertEquals(mm.mprotect(BASE + 0x1000, 0x2000, R), 0);
  assertEquals(mm.vmas.list.length, 3);
  assert(!writeTag(mm, BASE + 0x2000));
  assertEquals(memory.readU32(BASE + 0x2000), 7);
  efault(() => memory.writeU32(BASE + 0x2000, 8));
  const f = faults(() => mm.page(BASE + 0x2008, WRITE));
  assertEquals(f, { signal: 11, code: 2, address: BASE + 0x2008, errorCode: 7 });
  assertEquals(faults(() => mm.page(BASE + 0x2008, EXEC)).code, 2);
  assertEquals(mm.mprotect(BASE + 0x1000, 0x2000, 0), 0);
  efault(() => memory.readU32(BASE + 0x2000));
  assertEquals(mm.mprotect(BASE + 0x1000, 0x2000, RX), 0);
  assertEquals(mm.page(BASE + 0x2000, EXEC), mm.page(BASE + 0x2000, READ));
  assertEquals(mm.mprotect(BASE + 0x1000, 0x2000, RW), 0);
  assertEquals(mm.vmas.list.length, 1);
  memory.writeU32(BASE + 0x2000, 8);
  assertEquals(faults(() => mm.page(BASE + 0x5000, READ)).code, 1);
  assertEquals(mm.mprotect(BASE + 0x4000, 0x2000, R), -ENOMEM);
  efault(() => memory.writeU8(BASE + 0x4000, 1));
  assertEquals(mm.mprotect(BASE + 1, 0x1000, R), -EINVAL);
  assertEquals(mm.mprotect(BASE, 0, R), 0);
  mm.release();
});

test("munmap of a part splits, fixed maps replace", () => {
  const { mm, memory } = space();
  mm.mmap(BASE, 0x10000, RW, PRIVATE | FIXED, undefined, 0);
  memory.fill(BASE, 1, 0x10000);
  assertEquals(mm.rssAnon, 16);
  assertEquals(mm.munmap(BASE + 0x4000, 0x2000), 0);
  assertEquals(mm.rssAnon, 14);
  assertEquals(mm.totalVm, 14);
  assertEquals(mm.vmas.list.map((v) => [v.start, v.end]), [[BASE, BASE + 0x4000], [
    BASE + 0x6000,
    BASE + 0x10000,
  ]]);
  efault(() => memory.readU8(BASE + 0x4000));
  assertEquals(memory.readU8(BASE + 0x3fff), 1);
  assertEquals(mm.mmap(BASE + 0x3000, 0x4000, RW, PRIVATE | NOREPLACE, undefined, 0), -EEXIST);
  assertEquals(mm.mmap(BASE + 0x3000, 0x4000, RW, PRIVATE | FIXED, undefined, 0), BASE + 0x3000);
  assertEquals(mm.vmas.list.length, 1);
  assertEquals(memory.readU8(BASE + 0x3fff), 0);
  assertEquals(mm.munmap(BASE + 5, 1), -EINVAL);
  assertEquals(mm.munmap(BASE, 0), -EINVAL);
  assertEquals(mm.munmap(0x6000_0000_0000, 0x1000), 0);
  mm.release();
});

test("mremap grows in place, moves with its pages, shrinks", () => {
  const { mm, memory } = space();
  mm.mmap(BASE, 0x2000, RW, PRIVATE | FIXED, undefined, 0);
  memory.writeU32(BASE + 0x1ffc, 42);
  assertEquals(mm.mremap(BASE, 0x2000, 0x4000, 0, 0), BASE);
  memory.writeU32(BASE + 0x3ffc, 43);
  mm.mmap(BASE + 0x4000, 0x1000, R, PRIVATE | FIXED, undefined, 0);
  assertEquals(mm.mremap(BASE, 0x4000, 0x8000, 0, 0), -ENOMEM);
  const moved = mm.mremap(BASE, 0x4000, 0x8000, 1, 0);
  assert(moved > 0 && moved !== BASE);
  assertEquals([
    memory.readU32(moved + 0x1ffc),
    memory.readU32(moved + 0x3ffc),
    memory.readU32(moved + 0x7ffc),
  ], [
    42,
    43,
    0,
  ]);
  efault(() => memory.readU8(BASE));
  assertEquals(mm.mremap(moved, 0x8000, 0x1000, 0, 0), moved);
  efault(() => memory.readU8(moved + 0x1000));
  assertEquals(mm.mremap(moved, 0x1000, 0x1000, 3, BASE), BASE);
  assertEquals(mm.mremap(BASE, 0x1000, 0x2000, 2, BASE), -EINVAL);
  assertEquals(mm.mremap(0x7000_0000, 0x1000, 0x2000, 1, 0), -EFAULT);
  assertEquals(mm.totalVm, 2);
  mm.release();
});

test("private file pages copy on write, shared ones reach the file", () => {
  const inode = new TestInode(6000, new Uint8Array(6000).fill(3));
  const { mm, memory } = space();
  const reader = new TestFile(inode, 0), writer = new TestFile(inode, 2);
  const a = mm.mmap(0, 8192, RW, 2, reader, 0);
  const b = mm.mmap(0, 8192, RW, 1, writer, 0);
  assertEquals(mm.mmap(0, 8192, RW, 1, reader, 0), -EACCES);
  const c = mm.mmap(0, 8192, R, 1, reader, 0);
  assertEquals(mm.mprotect(c, 4096, RW), -EACCES);
  assertEquals(memory.readU8(a), 3);
  memory.writeU8(a, 4);
  assertEquals([memory.readU8(b), memory.readU8(c)], [3, 3]);
  assertEquals(inode.dirty, 0);
  memory.writeU8(b, 5);
  assertEquals(inode.dirty, 1);
  assertEquals([memory.readU8(a), memory.readU8(b), memory.readU8(c)], [4, 5, 5]);
  assertEquals(U8[inode.pages[0] * 4096], 5);
  const beyond = mm.mmap(0, 0x4000, R, 2, reader, 0);
  assertEquals(faults(() => mm.page(beyond + 0x2000, READ)), {
    signal: 7,
    code: 2,
    address: beyond + 0x2000,
    errorCode: 4,
  });
  assertEquals(mm.rssFile, 2);
  assertEquals(mm.msync(b, 4096, 4), 0);
  assertEquals(inode.writeBacks, 1);
  const child = mm.fork() as Mm;
  new UserMemory(child).writeU8(b + 1, 6);
  assertEquals(memory.readU8(c + 1), 6);
  child.release();
  mm.release();
  reader.release();
  writer.release();
  assert(reader.closed && writer.closed);
  inode.pages.forEach((frame) => frames.release(frame));
});

test("pages behind a file's new end are gone", () => {
  const inode = new TestInode(0x3000, new Uint8Array(0x3000).fill(3)), file = new TestFile(inode, 2);
  const { mm, memory } = space();
  const a = mm.mmap(0, 0x3000, RW, 1, file, 0), b = mm.mmap(0, 0x2000, RW, 2, file, 0x1000);
  memory.writeU8(a + 0x2000, 1);
  memory.writeU8(b, 2);
  pageHooks.truncated(inode, 0x1001);
  assertEquals(mm.table.get(a + 0x2000), 0);
  assertEquals([memory.readU8(b), mm.rssFile], [2, 0]);
  pageHooks.truncated(inode, 0x1000);
  assertEquals([mm.table.get(b), mm.rss], [0, 0]);
  mm.release();
  file.release();
  inode.pages.forEach((frame) => frames.release(frame));
});

test("a stack grows down to its limit and guard", () => {
  const { mm, memory } = space();
  const top = 0x7fff_ffff_f000;
  mm.mmap(top - 0x2000, 0x2000, RW, PRIVATE | FIXED | GROWSDOWN, undefined, 0);
  memory.writeU8(top - 0x10000, 1);
  assertEquals(mm.vmas.list[0].start, top - 0x10000);
  assertEquals(faults(() => mm.page(top - 9 * 1024 * 1024, WRITE)).code, 1);
  mm.release();
});

test("a frame with code gets no write tag; kernel writes tell the translator", () => {
  const { mm, memory } = space();
  mm.mmap(BASE, 0x1000, 7, PRIVATE | FIXED, undefined, 0);
  memory.writeU8(BASE, 1);
  assert(writeTag(mm, BASE));
  const frame = mm.page(BASE, EXEC) >>> 12;
  frameFlags[frame] |= FRAME_CODE;
  codeAdded(frame);
  assert(!writeTag(mm, BASE));
  mm.page(BASE, WRITE);
  assert(!writeTag(mm, BASE));
  const told: number[] = [];
  const before = frames.onCode;
  frames.onCode = (frame) => {
    told.push(frame);
    frameFlags[frame] &= ~FRAME_CODE;
  };
  memory.writeU8(BASE + 3, 2);
  assertEquals(told, [frame]);
  mm.page(BASE, WRITE);
  assert(writeTag(mm, BASE));
  frames.onCode = before;
  mm.release();
});

test("madvise, mincore and the mlock family", () => {
  const { mm, memory } = space();
  mm.mmap(BASE, 0x4000, RW, PRIVATE | FIXED, undefined, 0);
  memory.writeU8(BASE + 0x1000, 1);
  assertEquals(mm.mincore(BASE, 0x4000), Uint8Array.of(0, 1, 0, 0));
  assertEquals(mm.madvise(BASE, 0x4000, 4), 0);
  assertEquals(memory.readU8(BASE + 0x1000), 0);
  assertEquals(mm.madvise(BASE, 0x8000, 4), -ENOMEM);
  assertEquals(mm.madvise(BASE, 0x1000, 99), -EINVAL);
  assertEquals(mm.mlock(BASE, 0x2000, true, false), 0);
  assertEquals(mm.lockedVm, 2);
  assertEquals(mm.madvise(BASE, 0x1000, 4), -EINVAL);
  assertEquals(mm.munlock(BASE, 0x2000), 0);
  assertEquals(mm.lockedVm, 0);
  assertEquals(mm.vmas.list.length, 1);
  memory.writeU8(BASE, 9);
  mm.madvise(BASE, 0x1000, 18);
  mm.madvise(BASE + 0x3000, 0x1000, 10);
  const child = mm.fork() as Mm;
  assertEquals(new UserMemory(child).readU8(BASE), 0);
  efault(() => new UserMemory(child).readU8(BASE + 0x3000));
  child.release();
  mm.release();
});

test("brk grows and shrinks the heap", () => {
  const { mm, memory } = space();
  mm.startBrk = mm.brk = BASE + 0x123;
  assertEquals(mm.setBrk(0), BASE + 0x123);
  assertEquals(mm.setBrk(BASE + 0x5000), BASE + 0x5000);
  memory.writeU8(BASE + 0x4fff, 1);
  assertEquals(mm.areaName(mm.vmas.list[0]), "[heap]");
  assertEquals(mm.setBrk(BASE + 0x2000), BASE + 0x2000);
  efault(() => memory.readU8(BASE + 0x4fff));
  mm.release();
});

test("memory that is used up ends in ENOMEM or SIGKILL, not in a crash", () => {
  const { mm, memory } = space();
  const total = frames.total;
  mm.mmap(BASE, 0x100000, RW, PRIVATE | FIXED, undefined, 0);
  memory.writeU8(BASE, 1);
  frames.setLimit((frames.used + 4) * 4096);
  assertEquals(mm.fork(), -ENOMEM);
  let signal = 0;
  for (let i = 1; i < 10; i++) {
    try {
      mm.page(BASE + i * 4096, WRITE);
    } catch {
      signal = fault.signal;
    }
  }
  assertEquals(signal, 9);
  frames.setLimit(total * 4096);
  assertThrows(() => mm.page(2 ** 50, READ));
  assertEquals(fault.vector, 13);
  mm.release();
});

Deno.test("fork of 64 MiB copies page tables and nothing else", () => {
  const { mm, memory } = space();
  const at = mm.mmap(0, 0x400_0000, RW, PRIVATE, undefined, 0);
  for (let i = 0; i < 0x4000; i++) memory.writeU8(at + i * 4096, 1);
  const used = frames.used;
  const child = mm.fork() as Mm;
  assert(frames.used - used < TLB_FRAMES + 40);
  child.release();
  mm.release();
});
