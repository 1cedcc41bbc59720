import { assert, assertEquals } from "@std/assert";
import { Tmpfs } from "../../fs/tmpfs.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { KERNEL, Vfs } from "../../fs/vfs/vfs.ts";
import { FPU_CONTROL, MXCSR, RAX, RIP, RSP } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { E2BIG, EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOTDIR, ETXTBSY } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, O_CREAT, O_RDWR, O_WRONLY } from "../abi/fcntl.ts";
import { frames } from "../mm/frames.ts";
import { Mm } from "../mm/mm.ts";
import { Instance } from "../session/instance.ts";
import { FdTable } from "../task/fd_table.ts";
import { createFirstTask } from "../task/fork.ts";
import type { Task } from "../task/task.ts";
import { execve } from "./execve.ts";
import { makeElf } from "./test_elf.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const vfs = new Vfs(new Tmpfs(frames, { dev: 5, mode: 0o755 }));

function put(path: string, content: Uint8Array | string, mode = 0o755): void {
  const file = vfs.open(vfs.context(0), KERNEL, undefined, path, {
    flags: O_CREAT | O_WRONLY,
    mode,
  }) as OpenFile;
  const bytes = typeof content === "string" ? encode(content) : content;
  assertEquals(file.write(bytes, 0, bytes.length), bytes.length);
  file.release();
}

const code = [{ vaddr: 0x400000, flags: 5, data: new Uint8Array(4096).fill(0x90) }];
put("/static", makeElf({ entry: 0x400080, segments: code }));
put(
  "/ld.so",
  makeElf({ type: 3, entry: 0x40, segments: [{ vaddr: 0, flags: 5, data: new Uint8Array(256) }] }),
);
put("/dynamic", makeElf({ entry: 0x400080, interpreter: "/ld.so", stack: 6, segments: code }));
put("/missing", makeElf({ interpreter: "/nowhere", segments: code }));
put("/damaged", makeElf({ interpreter: "/text", segments: code }));
put("/text", "hello\n");
put("/script", "#!/static one two\n");
put("/nested", "#!/script\n");
put("/loop", "#!/loop\n");
put("/plain", makeElf({ segments: code }), 0o644);
put("/setuid", makeElf({ entry: 0x400080, segments: code }), 0o4755);
vfs.root.dentry.inode!.create("link", { mode: 0o120777, uid: 0, gid: 0, target: "/static" });

function task(): Task {
  const options = { memoryBytes: 2 ** 30 } as Instance["options"];
  const instance = new Instance(options, vfs, "test", () => {});
  instance.executor = { writeFlags() {} } as unknown as Instance["executor"];
  const ids = { uid: 7, euid: 7, suid: 7, fsuid: 7, gid: 7, egid: 7, sgid: 7, fsgid: 7, groups: [] };
  const caps = {
    capEffective: 0,
    capPermitted: 0,
    capInheritable: 0,
    capBounding: 2 ** 41 - 1,
    capAmbient: 0,
  };
  const mm = Mm.create() as Mm;
  const files = new FdTable();
  return createFirstTask(instance, {
    mm,
    files,
    fs: vfs.context(),
    credentials: { ...ids, ...caps },
    comm: "test",
  });
}

function slot(task: Task, index: number): number {
  return I32[task.cpu + 2 * index + 1] * 0x1_0000_0000 + (I32[task.cpu + 2 * index] >>> 0);
}

function argv(task: Task): string[] {
  const { argStart, argEnd } = task.mm;
  return new TextDecoder().decode(task.memory.readBytes(argStart, argEnd - argStart)).split("\0").slice(
    0,
    -1,
  );
}

Deno.test("execve() starts a static program", () => {
  const t = task();
  t.handlers.actions[2] = { handler: 0x1234, flags: 0, restorer: 0, maskLow: 0, maskHigh: 0 };
  const kept = t.files.install(vfs.open(t.fs, KERNEL, undefined, "/text", { flags: 0 }) as OpenFile, false);
  const closed = t.files.install(vfs.open(t.fs, KERNEL, undefined, "/text", { flags: 0 }) as OpenFile, true);
  I32[t.cpu + 2 * RAX] = 99;
  assertEquals(execve(t, "/static", [encode("a"), encode("b c")], [encode("X=1")]), 0);
  assertEquals(slot(t, RIP), 0x400080);
  assertEquals(slot(t, RAX), 0);
  assertEquals([I32[t.cpu + 2 * FPU_CONTROL], I32[t.cpu + 2 * MXCSR]], [0x37f, 0x1f80]);
  const sp = slot(t, RSP);
  assertEquals(t.memory.readU64(sp), 2);
  assertEquals(t.memory.readString(t.memory.readU64(sp + 16)), "b c");
  assertEquals(t.memory.readString(t.memory.readU64(sp + 32)), "X=1");
  assertEquals(argv(t), ["a", "b c"]);
  assertEquals(t.comm, "static");
  assertEquals(t.handlers.actions[2].handler, 0);
  assert(t.files.get(kept) !== undefined && t.files.get(closed) === undefined);
  assertEquals(vfs.pathString(t.fs.root, t.mm.exe!), "/static");
  assertEquals(t.mm.brk, 0x401000);
});

Deno.test("execve() enters the interpreter of a dynamic program", () => {
  const t = task();
  assertEquals(execve(t, "/dynamic", [], []), 0);
  const { auxv } = t.mm;
  const view = new DataView(auxv.buffer);
  const found = new Map<number, number>();
  for (let at = 0; at < auxv.length; at += 16) {
    found.set(Number(view.getBigUint64(at, true)), Number(view.getBigUint64(at + 8, true)));
  }
  assertEquals(slot(t, RIP), found.get(7)! + 0x40);
  assertEquals(found.get(9), 0x400080);
  assertEquals(argv(t), [""]);
  const first = found.get(7);
  const other = task();
  execve(other, "/dynamic", [], []);
  // The same address in every process.
  assertEquals(slot(other, RIP), first! + 0x40);
});

Deno.test("execve() follows #! lines", () => {
  const t = task();
  assertEquals(execve(t, "/nested", [encode("x"), encode("arg")], []), 0);
  assertEquals(argv(t), ["/static", "one two", "/script", "/nested", "arg"]);
  assertEquals(t.comm, "nested");
  assertEquals(execve(t, "/loop", [], []), -ELOOP);
});

Deno.test("execve() that fails leaves the caller as it was", () => {
  const t = task();
  execve(t, "/static", [encode("a")], []);
  const { mm } = t, before = frames.used;
  const results = ["/none", "", "/text", "/plain", "/", "/missing", "/damaged", "/text/x"].map((path) =>
    execve(t, path, [], [])
  );
  assertEquals(results, [-ENOENT, -ENOENT, -ENOEXEC, -EACCES, -EACCES, -ENOENT, -ELIBBAD, -ENOTDIR]);
  assertEquals(execve(t, "/static", [new Uint8Array(3 * 1024 * 1024)], []), -E2BIG);
  const writer = vfs.open(t.fs, KERNEL, undefined, "/setuid", { flags: O_RDWR }) as OpenFile;
  const fd = t.files.install(writer, false);
  assertEquals(execve(t, "/setuid", [], []), -ETXTBSY);
  t.files.close(fd);
  assert(t.mm === mm);
  assertEquals(frames.used, before);
});

Deno.test("a program that runs cannot be opened for writing", () => {
  const t = task();
  execve(t, "/static", [], []);
  assertEquals(vfs.open(t.fs, KERNEL, undefined, "/static", { flags: O_RDWR }), -ETXTBSY);
});

Deno.test("execveat() takes descriptors, and links only when it may", () => {
  const t = task();
  assertEquals(execve(t, "/link", [], [], AT_FDCWD, AT_SYMLINK_NOFOLLOW), -ELOOP);
  const open = (path: string, cloexec: boolean) =>
    t.files.install(vfs.open(t.fs, KERNEL, undefined, path, { flags: 0 }) as OpenFile, cloexec);
  const script = open("/script", true), program = open("/static", true);
  assertEquals(execve(t, "", [], [], script, AT_EMPTY_PATH), -ENOENT);
  assertEquals(execve(t, "", [encode("a")], [], program, AT_EMPTY_PATH), 0);
  assertEquals(t.comm, String(program));
  const kept = open("/script", false);
  assertEquals(execve(t, "", [encode("a"), encode("b")], [], kept, AT_EMPTY_PATH), 0);
  assertEquals(argv(t), ["/static", "one two", `/dev/fd/${kept}`, "b"]);
});

Deno.test("execve() honours set-user-id", () => {
  const t = task();
  assertEquals(execve(t, "/setuid", [], []), 0);
  assertEquals([t.credentials.uid, t.credentials.euid, t.credentials.suid], [7, 0, 0]);
  assertEquals(t.credentials.capEffective, 2 ** 41 - 1);
  assertEquals(t.process.dumpable, 0);
  t.noNewPrivs = true;
});
