import { assertEquals } from "@std/assert";
import { Tmpfs } from "../../fs/tmpfs.ts";
import { RegularFile } from "../../fs/vfs/regular_file.ts";
import { TestFrames } from "../../fs/vfs/test_support.ts";
import { EBADF, EMFILE } from "../abi/errno.ts";
import { FdTable } from "./fd_table.ts";

const fs = new Tmpfs(new TestFrames(), { dev: 5 });
const file = () => new RegularFile(fs.root, 0);

Deno.test("FdTable: lowest free descriptor, limits, exec, fork", () => {
  const table = new FdTable();
  const files = [file(), file(), file(), file()];
  assertEquals(files.map((f) => table.install(f, false)), [0, 1, 2, 3]);
  assertEquals(table.close(1), 0);
  assertEquals(table.close(1), -EBADF);
  assertEquals(table.install(file(), true, 10), 10);
  assertEquals(table.install(file(), true), 1);
  assertEquals(table.install(file(), false), 4);
  const copy = table.dup();
  assertEquals(files[0]!.references, 2);
  copy.closeOnExec();
  assertEquals([...copy.entries()].map(([fd]) => fd), [0, 2, 3, 4]);
  assertEquals(copy.install(file(), false), 1);
  assertEquals(table.flags(1), 1);
  table.limit = 6;
  assertEquals(table.install(file(), false), 5);
  assertEquals(table.install(file(), false), -EMFILE);
  table.set(3, file(), false);
  assertEquals(files[3]!.references, 1);
  copy.release();
  assertEquals(files[3]!.references, 0);
  assertEquals(table.size, 7);
});
