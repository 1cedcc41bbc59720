import { assert, assertEquals } from "@std/assert";
import { hostFiles } from "../kernel/host/files.ts";
import { EBUSY, ENOENT, ENOTEMPTY, EROFS, EXDEV } from "../kernel/abi/errno.ts";
import { O_CREAT, O_RDWR, O_TRUNC } from "../kernel/abi/fcntl.ts";
import { createRoot } from "./root.ts";
import { HostFs } from "./hostfs.ts";
import { TestFrames, TestTree } from "./vfs/test_support.ts";

function onHost(run: (directory: string, frames: TestFrames) => void): void {
  const directory = Deno.realPathSync(Deno.makeTempDirSync());
  const mask = Deno.umask(0o022);
  try {
    Deno.mkdirSync(`${directory}/dir/sub`, { recursive: true });
    Deno.writeTextFileSync(`${directory}/file`, "lower");
    Deno.writeTextFileSync(`${directory}/dir/inner`, "inner");
    Deno.writeTextFileSync(`${directory}/dir/sub/deep`, "deep");
    Deno.linkSync(`${directory}/file`, `${directory}/hard`);
    Deno.symlinkSync("dir/inner", `${directory}/link`);
    run(directory, new TestFrames());
  } finally {
    Deno.umask(mask);
    Deno.removeSync(directory, { recursive: true });
  }
}

function overlay(directory: string, source: TestFrames, write: readonly string[] = []): TestTree {
  return new TestTree(createRoot({ files: hostFiles(), source, directory, write }));
}

Deno.test("overlay: copy-up, whiteouts, links, stable numbers; the host does not change", () => {
  onHost((directory, frames) => {
    const t = overlay(directory, frames);
    const before = t.must("/file"), a = before.inode.stat();
    assertEquals(a.ino, Deno.statSync(`${directory}/file`).ino);
    assertEquals(t.write("/file", "UP", 1), 2);
    assertEquals(t.read("/file"), "UPwer");
    assertEquals(t.read("/hard"), "UPwer");
    const buffer = new Uint8Array(9);
    assertEquals(before.read(buffer, 0, 9), 5);
    assertEquals(buffer[0], 85);
    assertEquals(before.inode.stat().ino, a.ino);
    assertEquals(before.inode.stat().nlink, 2);
    assertEquals(t.unlink("/file"), 0);
    assertEquals(t.read("/file"), -ENOENT);
    assertEquals(t.read("/hard"), "UPwer");
    assertEquals(before.inode.stat().nlink, 1);
    before.release();
    assertEquals(t.list("/"), ["dir", "hard", "link"]);
    assertEquals(t.link("/hard", "/file"), 0);
    assertEquals(t.read("/file"), "UPwer");
    assertEquals(t.read("/link"), "inner");
    const place = t.resolve("/dir/inner");
    if (typeof place === "number") throw new Error(`errno ${-place}`);
    assertEquals(place.dentry.inode!.setattr({ mode: 0o600 }), 0);
    assertEquals(t.mode("/dir/inner") & 0o777, 0o600);
    assertEquals(t.read("/dir/inner"), "inner");
    assertEquals(Deno.readTextFileSync(`${directory}/file`), "lower");
    assertEquals(Deno.statSync(`${directory}/dir/inner`).mode! & 0o777, 0o644);
  });
});

Deno.test("overlay: moving and replacing directories of the lower tree", () => {
  onHost((directory, frames) => {
    const t = overlay(directory, frames);
    assertEquals(t.rmdir("/dir"), -ENOTEMPTY);
    assertEquals(t.rename("/dir", "/moved"), 0);
    assertEquals(t.read("/moved/sub/deep"), "deep");
    assertEquals(t.read("/dir/inner"), -ENOENT);
    assertEquals(t.mkdir("/dir"), 0);
    assertEquals(t.list("/dir"), []);
    assertEquals(t.write("/moved/sub/new", "n"), 1);
    assertEquals(t.rename("/moved/sub", "/dir/sub"), 0);
    assertEquals(t.list("/dir/sub"), ["deep", "new"]);
    assertEquals(t.list("/moved"), ["inner"]);
    assertEquals(t.rename("/dir/sub/deep", "/moved/inner"), 0);
    assertEquals(t.read("/moved/inner"), "deep");
    assertEquals(t.unlink("/moved/inner"), 0);
    assertEquals(t.rmdir("/moved"), 0);
    assertEquals(t.list("/"), ["dir", "file", "hard", "link"]);
    assertEquals(t.rename("/file", "/dir/sub", 2), 0);
    assertEquals(t.read("/dir/sub"), "lower");
    assertEquals(t.read("/file/new"), "n");
  });
});

Deno.test("overlay: a big file is copied page by page, mappings see writes", () => {
  onHost((directory, frames) => {
    const big = new Uint8Array(3 << 20).fill(7);
    Deno.writeFileSync(`${directory}/big`, big);
    const t = overlay(directory, frames);
    const f = t.must("/big", O_RDWR);
    const mapped = f.inode.mapPage(1, false);
    assertEquals(frames.bytes[mapped * 4096], 7);
    f.writeAt(4096, new Uint8Array([9]), 0, 1);
    assertEquals(frames.bytes[mapped * 4096], 9);
    assertEquals(frames.used, 1);
    const out = new Uint8Array(3 << 20);
    assertEquals(f.readAt(0, out, 0, out.length), out.length);
    assertEquals([out[4095], out[4096], out[4097], out[out.length - 1]], [7, 9, 7, 7]);
    f.truncate(5000);
    f.truncate(10000);
    assertEquals(f.readAt(4999, out, 0, 100), 100);
    assertEquals([out[0], out[1]], [7, 0]);
    frames.release(mapped);
    f.release();
    t.unlink("/big");
    assertEquals(frames.used, 0);
    t.must("/big", O_CREAT | O_RDWR | O_TRUNC).release();
  });
});

Deno.test("overlay: grants are written through, and only they", () => {
  onHost((directory, frames) => {
    const t = overlay(directory, frames, [`${directory}/dir/sub`, `${directory}/dir/out.txt`]);
    assertEquals(t.write("/dir/sub/made", "host"), 4);
    assertEquals(Deno.readTextFileSync(`${directory}/dir/sub/made`), "host");
    assertEquals(t.write("/dir/out.txt", "out"), 3);
    assertEquals(Deno.readTextFileSync(`${directory}/dir/out.txt`), "out");
    assertEquals(t.list("/dir"), ["inner", "out.txt", "sub"]);
    assertEquals(t.write("/dir/inner", "up"), 2);
    assertEquals(Deno.readTextFileSync(`${directory}/dir/inner`), "inner");
    assertEquals(t.rename("/dir/inner", "/dir/sub/inner"), -EXDEV);
    assertEquals(t.rename("/dir/sub", "/dir/sub2"), -EXDEV);
    assertEquals(t.unlink("/dir/sub/made"), 0);
    assertEquals(t.rmdir("/dir/sub/x"), -ENOENT);
    assertEquals(t.unlink("/dir/sub/deep"), 0);
    assertEquals(t.rmdir("/dir/sub"), -EBUSY);
    // A link that the guest makes inside a grant is resolved in the guest's tree.
    assertEquals(t.symlink("../inner", "/dir/sub/esc"), 0);
    assertEquals(t.read("/dir/sub/esc"), "up");
    assertEquals(t.write("/dir/sub/esc", "again"), 5);
    assertEquals(Deno.readTextFileSync(`${directory}/dir/inner`), "inner");
    assertEquals(t.rename("/dir", "/elsewhere"), 0);
    assertEquals(t.write("/elsewhere/sub/still", "s"), 1);
    assertEquals(Deno.readTextFileSync(`${directory}/dir/sub/still`), "s");
  });
});

Deno.test("hostfs: writable tree, unlinked open files, read-only tree", () => {
  onHost((directory, frames) => {
    const t = new TestTree(createRoot({ files: hostFiles(), source: frames, directory, write: true }));
    assertEquals(t.write("/new", "text"), 4);
    assertEquals(Deno.readTextFileSync(`${directory}/new`), "text");
    assertEquals(t.rename("/new", "/dir/new"), 0);
    assertEquals(t.read("/dir/new"), "text");
    const open = t.must("/dir/new", O_RDWR);
    assertEquals(t.unlink("/dir/new"), 0);
    const buffer = new Uint8Array(10);
    assertEquals(open.read(buffer, 0, 10), 4);
    assertEquals(open.inode.stat().nlink, 0);
    open.release();
    assertEquals(t.rename("/dir", "/dir2"), 0);
    assertEquals(t.read("/dir2/sub/deep"), "deep");
    const mapped = t.must("/file", O_RDWR), frame = mapped.inode.mapPage(0, true);
    frames.bytes[frame * 4096] = 76;
    assertEquals(t.read("/file"), "Lower");
    assertEquals(mapped.sync(), 0);
    assertEquals(Deno.readTextFileSync(`${directory}/hard`), "Lower");
    frames.release(frame);
    mapped.release();
    const ro = new TestTree(new HostFs({ files: hostFiles(), source: frames, directory, writable: false }));
    assertEquals(ro.write("/file", "x"), -EROFS);
    assertEquals(ro.mkdir("/x"), -EROFS);
    assertEquals(ro.unlink("/file"), -EROFS);
  });
});

Deno.test("hostfs: nothing outside the root is reached", () => {
  onHost((outside, frames) => {
    onHost((directory) => {
      for (const write of [true, []] as const) {
        const t = new TestTree(createRoot({ files: hostFiles(), source: frames, directory, write }));
        assertEquals(t.read(`/../../..${outside}/file`), -ENOENT);
        t.symlink(`${outside}/file`, `/abs${write}`);
        t.symlink(`../../../../../../..${outside}/file`, `/rel${write}`);
        assertEquals(t.read(`/abs${write}`), -ENOENT);
        assertEquals(t.read(`/rel${write}`), -ENOENT);
        assertEquals(t.write(`/abs${write}`, "x"), -ENOENT);
      }
      assertEquals(Deno.readTextFileSync(`${outside}/file`), "lower");
      // A directory is swapped for a link behind our back: what was looked up before does not lead out.
      const t = new TestTree(createRoot({ files: hostFiles(), source: frames, directory, write: true }));
      assertEquals(t.read("/dir/inner"), "inner");
      Deno.renameSync(`${directory}/dir`, `${directory}/dir.old`);
      Deno.symlinkSync(`${outside}/dir`, `${directory}/dir`);
      Deno.writeTextFileSync(`${outside}/dir/inner`, "outside");
      Deno.writeTextFileSync(`${outside}/dir/other`, "outside");
      assert(t.read("/dir/inner") !== "outside");
      assert(t.read("/dir/other") !== "outside");
      assert(t.write("/dir/planted", "x") < 0);
      assert(t.unlink("/dir/other") < 0);
      assert(t.mkdir("/dir/made") < 0);
      assertEquals([...Deno.readDirSync(`${outside}/dir`)].map((e) => e.name).sort(), [
        "inner",
        "other",
        "sub",
      ]);
      // A file is swapped for a link.
      assertEquals(t.read("/file"), "lower");
      Deno.removeSync(`${directory}/file`);
      Deno.symlinkSync(`${outside}/dir/inner`, `${directory}/file`);
      assert(t.read("/file") !== "outside");
      assert(t.write("/file", "x") < 0);
      assertEquals(Deno.readTextFileSync(`${outside}/dir/inner`), "outside");
    });
  });
});
