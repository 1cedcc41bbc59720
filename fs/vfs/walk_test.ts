import { assertEquals } from "@std/assert";
import {
  EACCES,
  EEXIST,
  EISDIR,
  ELOOP,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENOTEMPTY,
  EXDEV,
} from "../../kernel/abi/errno.ts";
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDWR,
  RESOLVE_BENEATH,
} from "../../kernel/abi/fcntl.ts";
import { Tmpfs } from "../tmpfs.ts";
import type { OpenFile } from "./open_file.ts";
import { TestFrames, TestTree, USER } from "./test_support.ts";
import type { Path } from "./path.ts";

function tree(): TestTree {
  return new TestTree(new Tmpfs(new TestFrames(), { dev: 5, mode: 0o755 }));
}

Deno.test("walk: links, loops, slashes, lengths", () => {
  const t = tree();
  t.mkdir("/a");
  t.mkdir("/a/b");
  assertEquals(t.write("/a/b/file", "x"), 1);
  assertEquals(t.symlink("b", "/a/link"), 0);
  assertEquals(t.symlink("loop2", "/loop1"), 0);
  assertEquals(t.symlink("loop1", "/loop2"), 0);
  assertEquals(t.read("/a/link/file"), "x");
  assertEquals(t.read("//a/./link/../b//file"), "x");
  assertEquals(t.read("/loop1"), -ELOOP);
  assertEquals(t.read("/a/b/file/"), -ENOTDIR);
  assertEquals(t.read("/a/b/file/x"), -ENOTDIR);
  assertEquals(t.read("/a/none/x"), -ENOENT);
  assertEquals(t.resolve(""), -ENOENT);
  assertEquals(t.resolve("/" + "n".repeat(256)), -ENAMETOOLONG);
  assertEquals(t.resolve("/" + "é".repeat(128)), -ENAMETOOLONG);
  assertEquals(t.resolve("/" + "./".repeat(2100)), -ENAMETOOLONG);
  assertEquals(t.open("/a/link", O_NOFOLLOW), -ELOOP);
  assertEquals(t.open("/a/link", O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
  assertEquals((t.open("/a/link", O_NOFOLLOW | O_PATH) as OpenFile).pathOnly, true);
  assertEquals(t.open("/a/b/", O_CREAT | O_RDWR), -EISDIR);
  assertEquals(t.open("/a/new/", O_CREAT | O_RDWR), -EISDIR);
  assertEquals(t.open("/a", O_CREAT), -EISDIR);
  assertEquals(t.open("/a/b/file", O_CREAT | O_EXCL), -EEXIST);
  for (let i = 0; i < 41; i++) t.symlink(i === 0 ? "/a/b/file" : `/chain${i - 1}`, `/chain${i}`);
  assertEquals(t.read("/chain39"), "x");
  assertEquals(t.read("/chain40"), -ELOOP);
});

Deno.test("walk: O_CREAT through dangling links", () => {
  const t = tree();
  t.mkdir("/d");
  t.symlink("d/made", "/to");
  t.symlink("to", "/to2");
  assertEquals(t.write("/to2", "hello"), 5);
  assertEquals(t.read("/d/made"), "hello");
  t.symlink("nowhere/made", "/bad");
  assertEquals(t.open("/bad", O_CREAT | O_RDWR), -ENOENT);
  t.symlink("gone", "/excl");
  assertEquals(t.open("/excl", O_CREAT | O_EXCL | O_RDWR), -EEXIST);
});

Deno.test("walk: mounts hide, .. crosses, chroot holds", () => {
  const t = tree();
  t.mkdir("/m");
  t.mkdir("/jail");
  t.mkdir("/jail/in");
  t.write("/secret", "s");
  const inner = new Tmpfs(new TestFrames(), { dev: 6 });
  t.vfs.mount(inner, "/m", "inner");
  assertEquals(t.write("/m/f", "1"), 1);
  assertEquals(t.read("/m/../secret"), "s");
  assertEquals(t.rename("/m/f", "/f"), -EXDEV);
  t.ctx.cwd = t.resolve("/m") as Path;
  assertEquals(t.read("f"), "1");
  assertEquals(t.read("../secret"), "s");
  assertEquals(t.vfs.pathString(t.ctx.root, t.ctx.cwd), "/m");
  t.ctx.root = t.ctx.cwd = t.resolve("/jail") as Path;
  assertEquals(t.read("../../secret"), -ENOENT);
  assertEquals(t.read("/in/../../secret"), -ENOENT);
  t.symlink("/../../secret", "/in/l");
  assertEquals(t.read("/in/l"), -ENOENT);
  const beneath = (path: string) =>
    t.vfs.open(t.ctx, t.cred, t.resolve("/in") as Path, path, { flags: 0, resolve: RESOLVE_BENEATH });
  assertEquals(beneath("../in"), -EXDEV);
  assertEquals(beneath("/in"), -EXDEV);
});

Deno.test("walk: permissions, sticky directories, deleted working directory", () => {
  const t = tree();
  t.mkdir("/tmp", 0o777);
  t.ctx.umask = 0;
  t.mkdir("/open", 0o777);
  t.mkdir("/sticky", 0o1777);
  t.mkdir("/closed", 0o700);
  t.write("/closed/f", "x");
  t.write("/sticky/roots", "x");
  t.cred = USER;
  assertEquals(t.read("/closed/f"), -EACCES);
  assertEquals(t.write("/new", "x"), -EACCES);
  assertEquals(t.write("/open/mine", "x"), 1);
  assertEquals(t.unlink("/sticky/roots"), -1);
  t.mkdir("/open/wd");
  t.ctx.cwd = t.resolve("/open/wd") as Path;
  assertEquals(t.rmdir("/open/wd"), 0);
  assertEquals(t.write("x", "x"), -ENOENT);
  assertEquals(t.mkdir("y"), -ENOENT);
  assertEquals(t.vfs.pathString(t.ctx.root, t.ctx.cwd), "/open/wd (deleted)");
  assertEquals(t.list("..") !== -ENOENT, true);
});

Deno.test("rename: the order of refusals", () => {
  const t = tree();
  t.mkdir("/a");
  t.mkdir("/a/b");
  t.mkdir("/c");
  t.write("/f", "f");
  assertEquals(t.rename("/a", "/a/b/x"), -22);
  assertEquals(t.rename("/a/b", "/a"), -ENOTEMPTY);
  assertEquals(t.rename("/f", "/c"), -EISDIR);
  assertEquals(t.rename("/c", "/f"), -ENOTDIR);
  assertEquals(t.rename("/f", "/g/"), -ENOTDIR);
  assertEquals(t.rename("/none", "/x"), -ENOENT);
  assertEquals(t.rename("/a", "/c", 1), -EEXIST);
  assertEquals(t.rename("/a", "/c"), 0);
  assertEquals(t.list("/c"), ["b"]);
  assertEquals(t.rename("/c", "/f", 2), 0);
  assertEquals(t.list("/f"), ["b"]);
  assertEquals(t.read("/c"), "f");
});
