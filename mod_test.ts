import { assert, assertEquals, assertRejects } from "@std/assert";
import { run, StartError } from "./mod.ts";
import { oracleTest } from "./tests/harness.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

oracleTest("run() collects output and status", [], async () => {
  const result = await run({ args: ["/bin/sh", "-c", "echo out; echo err >&2; exit 3"] });
  assertEquals([result.code, result.success, result.signal], [3, false, null]);
  assertEquals([text(result.stdout), text(result.stderr)], ["out\n", "err\n"]);
});

oracleTest("run() feeds standard input to its end", [], async () => {
  const lines = Array.from({ length: 30000 }, (_, i) => `${i}\n`).join("");
  const { stdout } = await run({ args: ["/usr/bin/wc", "-lc"], stdin: lines });
  assertEquals(text(stdout).trim().split(/\s+/), ["30000", `${lines.length}`]);
  assertEquals(text((await run({ args: ["cat"], stdin: new Uint8Array([104, 105]) })).stdout), "hi");
  assertEquals((await run({ args: ["cat"] })).stdout.length, 0);
});

oracleTest("run() gives no environment but what is named", [], async () => {
  assertEquals(text((await run({ args: ["/usr/bin/env"] })).stdout).split("\n").map((l) => l.split("=")[0]), [
    "PATH",
    "HOME",
    "",
  ]);
  assertEquals(text((await run({ args: ["/usr/bin/env"], env: { A: "ü" } })).stdout), "A=ü\n");
});

oracleTest("run() presents the processor that is asked for", [], async () => {
  const count = async (cpu?: "v1" | "v2" | "v3") => {
    const args = ["/bin/grep", "-cw", "avx2", "/proc/cpuinfo"];
    return text((await run(cpu === undefined ? { args } : { args, cpu })).stdout);
  };
  assertEquals([await count(), await count("v1"), await count("v2"), await count("v3")], [
    "1\n",
    "0\n",
    "0\n",
    "1\n",
  ]);
});

oracleTest("run() tells the signal", [], async () => {
  const { code, signal } = await run({ args: ["/bin/sh", "-c", "kill -TERM $$"] });
  assertEquals([code, signal], [143, "SIGTERM"]);
});

oracleTest("run() hands pieces of output to a function", [], async () => {
  const pieces: string[] = [];
  const { stdout } = await run({
    args: ["/bin/sh", "-c", "echo one; echo two"],
    stdout: (chunk) => void pieces.push(text(chunk)),
    stderr: "null",
  });
  assertEquals([pieces.join(""), stdout.length], ["one\ntwo\n", 0]);
});

oracleTest("run() keeps writes from the host unless they are granted", [], async () => {
  const folder = await Deno.makeTempDir();
  try {
    const args = ["/bin/sh", "-c", "echo x > file; cat file"];
    assertEquals(text((await run({ args, cwd: folder })).stdout), "x\n");
    assertEquals([...Deno.readDirSync(folder)].length, 0);
    await run({ args, cwd: folder, permissions: { write: [folder] } });
    assertEquals(await Deno.readTextFile(`${folder}/file`), "x\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

oracleTest("run() one after another, started at once", [], async () => {
  const results = await Promise.all(
    [1, 2, 3].map((n) => run({ args: ["/bin/sh", "-c", `sleep 0.1; echo ${n}; exit ${n}`] })),
  );
  assertEquals(results.map(({ code, stdout }) => [code, text(stdout)]), [[1, "1\n"], [2, "2\n"], [3, "3\n"]]);
});

oracleTest("run() rejects with what is wrong", [], async () => {
  const missing = await assertRejects(() => run({ args: ["/no/such"] }), StartError, "no such file");
  assertEquals(missing.exitCode, 127);
  await assertRejects(() => run({ args: [] }), StartError);
  await assertRejects(() => run({ args: ["sh"], memory: 1000 }), StartError, "16 MiB");
  await assertRejects(() => run({ args: ["sh"], root: "/no/such" }), StartError, "does not exist");
  assert((await run({ args: ["/bin/true"] })).success, "and the next one works");
});
