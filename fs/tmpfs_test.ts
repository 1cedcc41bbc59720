import { assertEquals } from "@std/assert";
import { ENOSPC, ENXIO } from "../kernel/abi/errno.ts";
import {
  O_APPEND,
  O_CREAT,
  O_RDWR,
  O_TMPFILE,
  O_TRUNC,
  SEEK_DATA,
  SEEK_END,
  SEEK_HOLE,
} from "../kernel/abi/fcntl.ts";
import { Tmpfs } from "./tmpfs.ts";
import { TestFrames, TestTree } from "./vfs/test_support.ts";

const text = (s: string) => new TextEncoder().encode(s);

Deno.test("tmpfs: sparse data, holes, append, truncate", () => {
  const frames = new TestFrames();
  const t = new TestTree(new Tmpfs(frames, { dev: 5 }));
  const f = t.must("/f", O_CREAT | O_RDWR);
  assertEquals(f.writeAt(100_000, text("end"), 0, 3), 3);
  assertEquals(f.inode.size, 100_003);
  assertEquals(f.inode.stat().blocks, 8);
  assertEquals(f.seek(0, SEEK_DATA), 98304);
  assertEquals(f.seek(98304, SEEK_HOLE), 100_003);
  assertEquals(f.seek(200_000, SEEK_DATA), -ENXIO);
  assertEquals(f.seek(-1, SEEK_END), 100_002);
  const buffer = new Uint8Array(200_000);
  assertEquals(f.readAt(0, buffer, 0, 200_000), 100_003);
  assertEquals(buffer[99_999], 0);
  assertEquals(buffer[100_000], 101);
  f.flags |= O_APPEND;
  assertEquals(f.write(text("!"), 0, 1), 1);
  assertEquals(f.position, 100_004);
  assertEquals(f.truncate(100_001), 0);
  assertEquals(f.truncate(100_010), 0);
  assertEquals(f.readAt(100_000, buffer, 0, 10), 10);
  assertEquals([...buffer.subarray(0, 3)], [101, 0, 0]);
  const frame = f.inode.mapPage(24, true);
  assertEquals(frames.counts[frame], 2);
  frames.bytes[frame * 4096 + 5] = 77;
  f.readAt(98309, buffer, 0, 1);
  assertEquals(buffer[0], 77);
  frames.release(frame);
  t.unlink("/f");
  assertEquals(frames.used, 1);
  f.release();
  assertEquals(frames.used, 0);
});

Deno.test("tmpfs: links, temporary files, replaced files", () => {
  const frames = new TestFrames();
  const t = new TestTree(new Tmpfs(frames, { dev: 5 }));
  t.write("/a", "one");
  assertEquals(t.link("/a", "/b"), 0);
  assertEquals(t.must("/b").inode.stat().nlink, 2);
  t.write("/c", "two");
  assertEquals(t.rename("/c", "/a"), 0);
  assertEquals(t.read("/a"), "two");
  assertEquals(t.read("/b"), "one");
  assertEquals(t.rename("/b", "/b"), 0);
  const temporary = t.must("/", O_TMPFILE | O_RDWR);
  assertEquals(temporary.inode.stat().nlink, 0);
  temporary.write(text("x"), 0, 1);
  temporary.release();
  assertEquals(t.list("/"), ["a", "b"]);
  t.must("/a", O_RDWR | O_TRUNC).release();
  assertEquals(t.read("/a"), "");
});

Deno.test("tmpfs: memory ends", () => {
  const t = new TestTree(new Tmpfs(new TestFrames(4), { dev: 5 }));
  const f = t.must("/f", O_CREAT | O_RDWR);
  const big = new Uint8Array(20_000);
  assertEquals(f.write(big, 0, big.length), 3 * 4096);
  assertEquals(f.write(big, 0, big.length), -ENOSPC);
});

Deno.test("tmpfs: getdents positions survive removal", () => {
  const t = new TestTree(new Tmpfs(new TestFrames(), { dev: 5 }));
  for (let i = 0; i < 5; i++) t.write(`/f${i}`, "");
  const d = t.must("/", 0o200000);
  const seen: string[] = [];
  let left = 3;
  d.readDirectory!((name) => left-- > 0 && seen.push(name) > 0);
  assertEquals(seen, [".", "..", "f0"]);
  t.unlink("/f0");
  d.readDirectory!((name) => seen.push(name) > 0);
  assertEquals(seen, [".", "..", "f0", "f1", "f2", "f3", "f4"]);
  d.seek(0, 0);
  const again: string[] = [];
  d.readDirectory!((name) => again.push(name) > 0);
  assertEquals(again, [".", "..", "f1", "f2", "f3", "f4"]);
});
