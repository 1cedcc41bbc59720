import { assert, assertEquals } from "@std/assert";
import { CodeDirectory, openCodeDirectory } from "./code_directory.ts";

const bytes = (size: number, value = 1) => new Uint8Array(size).fill(value);

function test(name: string, fn: (folder: string) => void): void {
  Deno.test(name, () => {
    const folder = Deno.makeTempDirSync({ prefix: "denix-code-" });
    try {
      fn(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  });
}

test("a code directory keeps files by name and version", (folder) => {
  const one = new CodeDirectory(folder, "1", true), two = new CodeDirectory(folder, "2", true);
  assert(one.empty);
  one.write("a", bytes(10));
  one.write("b", bytes(20));
  one.write("a", bytes(30, 2));
  assert(!one.empty);
  assertEquals([one.read("a"), one.read("b"), one.read("c")], [bytes(30, 2), bytes(20), undefined]);
  assertEquals(two.read("a"), undefined);
  one.remove("a");
  assertEquals(one.read("a"), undefined);
  one.remove("a");
});

test("a code directory that may not be written stays as it is", (folder) => {
  const reader = new CodeDirectory(folder, "1", false);
  reader.write("a", bytes(10));
  assertEquals([...Deno.readDirSync(folder)], []);
});

test("a code directory gives up what was not used for longest", (folder) => {
  const directory = new CodeDirectory(folder, "1", true, 1000);
  const day = 24 * 3600;
  for (let i = 0; i < 5; i++) {
    const before = new Set([...Deno.readDirSync(folder)].map(({ name }) => name));
    directory.write(`${i}`, bytes(200));
    const added = [...Deno.readDirSync(folder)].find(({ name }) => !before.has(name))!;
    const used = Date.now() / 1000 - (10 - i) * day;
    Deno.utimeSync(`${folder}/${added.name}`, used, used);
  }
  directory.tidy();
  assert(directory.read("0") !== undefined, "1000 bytes are not too many");
  // Reading made it the newest; the next ones go until three quarters are left.
  directory.write("5", bytes(200));
  directory.tidy();
  const left = ["0", "1", "2", "3", "4", "5"].filter((name) => directory.read(name) !== undefined);
  assertEquals(left, ["0", "4", "5"]);
});

test("what a run left half written is removed when it is old", (folder) => {
  const directory = new CodeDirectory(folder, "1", true);
  const hour = 3600;
  for (const [name, age] of [["old", 2 * hour], ["young", 60]] as const) {
    Deno.writeFileSync(`${folder}/${name}.new`, bytes(5));
    const time = Date.now() / 1000 - age;
    Deno.utimeSync(`${folder}/${name}.new`, time, time);
  }
  directory.tidy();
  assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["young.new"]);
});

Deno.test({
  name: "openCodeDirectory() makes it for the user alone, and refuses what others may write",
  ignore: Deno.build.os === "windows",
  fn() {
    const folder = Deno.makeTempDirSync({ prefix: "denix-code-" });
    try {
      assert(openCodeDirectory(`${folder}/a/b`) !== undefined);
      assertEquals(Deno.statSync(`${folder}/a/b`).mode! & 0o777, 0o700);
      Deno.chmodSync(`${folder}/a/b`, 0o770);
      assertEquals(openCodeDirectory(`${folder}/a/b`), undefined);
      Deno.writeTextFileSync(`${folder}/file`, "");
      assertEquals(openCodeDirectory(`${folder}/file`), undefined);
      Deno.symlinkSync(`${folder}/a`, `${folder}/link`);
      assertEquals(openCodeDirectory(`${folder}/link`), undefined);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
