import { assert, assertEquals } from "@std/assert";
import { ENOENT, ENOSPC, ENXIO } from "../kernel/abi/errno.ts";
import { makedev, S_IFCHR } from "../kernel/abi/stat.ts";
import { createDevfs } from "./devfs.ts";
import { CharDevices } from "./devices.ts";
import { DevPts, type PtsNode } from "./devpts.ts";
import { registerMemDevices } from "./mem_devices.ts";
import { Sysfs } from "./sysfs.ts";
import type { Inode } from "./vfs/inode.ts";
import type { OpenFile } from "./vfs/open_file.ts";
import type { PageSource } from "./vfs/pages.ts";

/** The value, where an errno would be a failure. */
function must<T>(value: T | number, what = ""): T {
  if (typeof value === "number") throw new Error(`${what}: ${value}`);
  return value;
}

class Pages implements PageSource {
  readonly bytes = new Uint8Array(64 * 4096);
  readonly counts: number[] = [0];
  allocate(): number {
    this.counts.push(1);
    return this.counts.length - 1;
  }
  retain(frame: number): void {
    this.counts[frame]++;
  }
  release(frame: number): void {
    this.counts[frame]--;
  }
  copy(to: number, from: number, count: number): void {
    this.bytes.copyWithin(to, from, from + count);
  }
  clear(at: number, count: number): void {
    this.bytes.fill(0, at, at + count);
  }
  touch(): void {}
}

const pages = new Pages();
const devices = new CharDevices();
registerMemDevices(devices, pages);
const dev = createDevfs(pages, { dev: 6 });

function open(name: string, flags = 2): OpenFile {
  return must(devices.open(must(dev.root.lookup(name), name), flags), name);
}

Deno.test("nodes have the numbers and permissions of Linux", () => {
  const node = (name: string) => {
    const { mode, rdev } = (dev.root.lookup(name) as Inode).stat();
    return [mode.toString(8), rdev];
  };
  assertEquals(node("null"), ["20666", makedev(1, 3)]);
  assertEquals(node("urandom"), ["20666", makedev(1, 9)]);
  assertEquals(node("tty"), ["20666", makedev(5, 0)]);
  assertEquals(node("ptmx"), ["20666", makedev(5, 2)]);
  assertEquals((dev.root.lookup("stdin") as Inode).readlink(), "/proc/self/fd/0");
});

Deno.test("null, zero, full and urandom", () => {
  const buffer = new Uint8Array(300_000).fill(1);
  assertEquals(open("null").read(buffer, 0, 10), 0);
  assertEquals(open("null").write(buffer, 0, 10), 10);
  assertEquals(open("zero").read(buffer, 10, 10), 10);
  assertEquals([...buffer.subarray(8, 22)], [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  assertEquals(open("full").write(buffer, 0, 1), -ENOSPC);
  assertEquals(open("full").read(buffer, 0, 5), 5);
  buffer.fill(0);
  const random = open("urandom");
  assertEquals(random.read(buffer, 0, buffer.length), buffer.length);
  // No run of zero bytes longer than chance would make.
  assert(
    !buffer.some((_, i) => i + 8 <= buffer.length && buffer.subarray(i, i + 8).every((byte) => byte === 0)),
  );
  assertEquals(random.read(buffer, 0, 8), 8);
  assertEquals(random.position, 0);
});

Deno.test("/dev/zero maps fresh frames, the same one for the same page of a mapping", () => {
  const file = open("zero");
  assertEquals(file.mappable(), 0);
  const frame = file.inode.mapPage(3, true);
  assert(frame > 0);
  assertEquals(file.inode.mapPage(3, false), frame);
  assertEquals(pages.counts[frame], 3);
  file.release();
  assertEquals(pages.counts[frame], 2);
  assertEquals(file.inode.stat().rdev, makedev(1, 5));
});

Deno.test("device nodes work wherever they lie; unknown numbers give ENXIO", () => {
  const made = must(
    dev.root.create("mynull", { mode: S_IFCHR | 0o600, uid: 0, gid: 0, rdev: makedev(1, 3) }),
  );
  assertEquals((devices.open(made, 0) as OpenFile).read(new Uint8Array(1), 0, 1), 0);
  const other = dev.root.create("other", { mode: S_IFCHR | 0o600, uid: 0, gid: 0, rdev: makedev(99, 0) });
  assertEquals(devices.open(other as Inode, 0), -ENXIO);
  assertEquals(dev.root.unlink("mynull"), 0);
  assertEquals(dev.root.lookup("mynull"), -ENOENT);
});

Deno.test("devpts shows the living terminals", () => {
  const nodes = new Map<number, PtsNode>();
  const pts = new DevPts({ indices: () => nodes.keys(), get: (index) => nodes.get(index) }, 24);
  const names = () => (pts.root.list() as { name: string }[]).map((entry) => entry.name);
  assertEquals(names(), ["ptmx"]);
  nodes.set(2, { mode: 0o620, uid: 1000, gid: 5, createdMs: 1500 });
  nodes.set(0, { mode: 0o620, uid: 1000, gid: 5, createdMs: 1500 });
  assertEquals(names(), ["0", "2", "ptmx"]);
  const inode = pts.root.lookup("2") as Inode;
  assertEquals(pts.root.lookup("2"), inode);
  const { mode, uid, rdev, mtime } = inode.stat();
  assertEquals([mode, uid, rdev, mtime.sec], [S_IFCHR | 0o620, 1000, makedev(136, 2), 1]);
  inode.setattr({ mode: 0o600 });
  assertEquals(nodes.get(2)!.mode, 0o600);
  assertEquals(pts.root.lookup("1"), -ENOENT);
  assertEquals(pts.root.lookup("02"), -ENOENT);
  nodes.delete(2);
  assertEquals(pts.root.lookup("2"), -ENOENT);
});

Deno.test("sysfs tells the number of processors", () => {
  const sys = new Sysfs({
    dev: 22,
    cpuCount: 1,
    memoryBytes: 2 ** 30,
    now: () => ({ sec: 0, nsec: 0 }),
    encode: (text) => new TextEncoder().encode(text),
    decode: (bytes) => new TextDecoder().decode(bytes),
  });
  let inode: Inode = sys.root;
  for (const name of "devices/system/cpu/online".split("/")) inode = inode.lookup(name) as Inode;
  const buffer = new Uint8Array(10);
  const file = inode.open(0) as OpenFile;
  assertEquals(new TextDecoder().decode(buffer.subarray(0, file.read(buffer, 0, 10))), "0\n");
});
