import { assert, assertEquals, assertThrows } from "@std/assert";
import { RAM_BYTES } from "../../translator/ram.ts";
import { EACCES, ENOENT, ENOEXEC } from "../abi/errno.ts";
import { withinRoot } from "./cli.ts";
import { absolutePath, covers } from "./grants.ts";
import { helpText, MAXIMUM_MEMORY, OPTIONS, parseCommandLine, parseSize } from "./options.ts";
import { explainExecFailure, findProgram, type ProgramFiles } from "./program.ts";
import { describeError, exitCodeOf, signalOf, StartError } from "./report.ts";

Deno.test("parseCommandLine() stops at the first word that is not an option", () => {
  const line = parseCommandLine(["--strict", "/bin/ls", "--help", "-A", "--", "x"]);
  assertEquals(line.args, ["/bin/ls", "--help", "-A", "--", "x"]);
  assert(line.strict && !line.help && !line.allowAll);
});

Deno.test("parseCommandLine() takes -- as the end of options", () => {
  assertEquals(parseCommandLine(["-A", "--", "--odd"]).args, ["--odd"]);
  assertEquals(parseCommandLine(["-"]).args, ["-"]);
});

Deno.test("parseCommandLine() reads every form of value", () => {
  const line = parseCommandLine([
    "--allow-write=/a,/b",
    "--allow-write=c",
    "--allow-net",
    "--root",
    "/r",
    "--cwd=/c",
    "--env",
    "A=1=2",
    "--env=B=",
    "--env-clear",
    "--memory",
    "64M",
    "--tier=js",
    "--cpu=v2",
    "--strace=/t",
    "--dump",
    "js=main",
    "--stats",
    "p",
  ]);
  assertEquals(line.allowWrite, ["/a", "/b", "c"]);
  assertEquals(line.allowNet, true);
  assertEquals([line.root, line.cwd, line.memoryBytes], ["/r", "/c", 64 << 20]);
  assertEquals([line.tier, line.cpu], ["js", 2]);
  assertEquals(line.env, { A: "1=2", B: "" });
  assertEquals(line.strace, { file: "/t" });
  assertEquals(line.dump, { form: "js", where: "main" });
  assert(line.envClear && line.stats);
});

Deno.test("parseCommandLine() keeps a grant of all", () => {
  assertEquals(parseCommandLine(["--allow-write", "--allow-write=/a"]).allowWrite, true);
});

for (
  const [args, message] of [
    [["--versoin"], "did you mean --version?"],
    [["--mem"], "did you mean --memory?"],
    [["-q"], "unknown option -q"],
    [["--root"], "--root needs a value: --root DIR"],
    [["--strict=1"], "--strict takes no value"],
    [["--memory", "1M"], "too little"],
    [["--memory", "3G"], "2G or less"],
    [["--memory", "lots"], "such as 512M"],
    [["--env", "=x"], "NAME=VALUE"],
    [["--cwd", "tmp"], "absolute path"],
    [["--tier", "asm"], "closure"],
    [["--dump", "asm"], "ir or js"],
    [["--allow-write="], "separated by commas"],
    [["--strace="], "name a file"],
  ] as const
) {
  Deno.test(`parseCommandLine() refuses ${args.join(" ")} in one line with advice`, () => {
    const error = assertThrows(() => parseCommandLine([...args]), StartError, message);
    assertEquals(error.exitCode, 125);
    assert(!error.message.includes("\n"));
  });
}

Deno.test("parseSize() knows K, M, G and fractions, and rounds to pages", () => {
  assertEquals(parseSize("32768K"), 32 << 20);
  assertEquals(parseSize("1.5g"), 1.5 * 2 ** 30);
  assertEquals(parseSize("16777217"), 16 << 20);
  assertEquals(MAXIMUM_MEMORY, RAM_BYTES);
});

Deno.test("helpText() fits a screen and names every option", () => {
  const lines = helpText().split("\n");
  assert(lines.length <= 32, `${lines.length} lines`);
  for (const line of lines) assert(line.length <= 80, line);
  for (const { name } of OPTIONS) assert(lines.some((line) => line.includes(`--${name}`)), name);
});

Deno.test("exitCodeOf() and signalOf() read wait statuses", () => {
  assertEquals([exitCodeOf(0), exitCodeOf(3 << 8), exitCodeOf(9), exitCodeOf(0x80 | 11)], [0, 3, 137, 139]);
  assertEquals([signalOf(3 << 8), signalOf(9), signalOf(0x80 | 11), signalOf(35)], [
    undefined,
    "SIGKILL",
    "SIGSEGV",
    "SIGRTMIN+1",
  ]);
});

Deno.test("describeError() turns Deno's refusal into what to type", () => {
  const refusal = Object.assign(
    new Error('Requires read access to "/etc", run again with the --allow-read flag'),
    { name: "NotCapable" },
  );
  const { message, exitCode } = describeError(refusal);
  assertEquals(exitCode, 125);
  assertEquals(
    message,
    'denix: Deno refused read access to "/etc"; put --allow-read (or -A) before mod.ts: deno run --allow-read mod.ts …\n',
  );
});

Deno.test("absolutePath() removes dots without leaving the root", () => {
  assertEquals(absolutePath("../../../x//y/./z", "/a/b"), "/x/y/z");
  assertEquals(absolutePath("/a/../..", "/b"), "/");
});

Deno.test("covers() compares whole names", () => {
  assert(covers(["/a"], "/a") && covers(["/a"], "/a/b") && covers(["/"], "/x") && covers(true, "/"));
  assert(!covers(["/a"], "/ab") && !covers(["/a/b"], "/a") && !covers([], "/"));
});

Deno.test("withinRoot() maps the host's directory", () => {
  assertEquals(withinRoot("/srv/r/home", "/srv/r"), "/home");
  assertEquals(withinRoot("/srv/r", "/srv/r"), "/");
  assertEquals(withinRoot("/srv/rest", "/srv/r"), "/");
  assertEquals(withinRoot("/x", "/"), "/x");
});

/** A tree for look-ups: path → content, or the errno of trying to execute it. */
function files(tree: Record<string, string | number>): ProgramFiles {
  return {
    executable: (path) => typeof tree[path] === "string" ? 0 : (tree[path] as number | undefined) ?? -ENOENT,
    head: (path, length) =>
      typeof tree[path] === "string" ? new TextEncoder().encode(tree[path]).subarray(0, length) : undefined,
  };
}

Deno.test("findProgram() searches PATH as execvp does", () => {
  const tree = files({ "/b/x": -EACCES, "/c/x": "", "y": "", "/d/z": -EACCES });
  assertEquals(findProgram("x", "/a:/b:/c/", tree), "/c/x");
  assertEquals(findProgram("y", "/a::/b", tree), "y");
  assertEquals(assertThrows(() => findProgram("z", "/a:/d", tree), StartError).exitCode, 126);
  assertEquals(assertThrows(() => findProgram("w", "/a:/d", tree), StartError).exitCode, 127);
  assertEquals(assertThrows(() => findProgram("./w", "/a", tree), StartError).exitCode, 127);
  assertEquals(findProgram("/c/x", undefined, tree), "/c/x");
});

Deno.test("explainExecFailure() says what the file is", () => {
  const tree = files({ "/t": "hello\n", "/s": "#! /no/such -x\n" });
  const text = explainExecFailure("/t", -ENOEXEC, tree, () => "text without #!");
  assertEquals(text.exitCode, 126);
  assert(text.message.includes("text without #!") && text.message.includes("/bin/sh /t"), text.message);
  const script = explainExecFailure("/s", -ENOENT, tree, () => "");
  assertEquals(script.exitCode, 127);
  assert(script.message.includes("/no/such is missing"), script.message);
});

Deno.test("explainExecFailure() names an ELF file's missing interpreter", () => {
  const elf = new Uint8Array(200);
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  const view = new DataView(elf.buffer);
  view.setBigUint64(32, 64n, true);
  view.setUint16(54, 56, true);
  view.setUint16(56, 1, true);
  view.setUint32(64, 3, true);
  view.setBigUint64(72, 150n, true);
  view.setBigUint64(96, 8n, true);
  elf.set(new TextEncoder().encode("/lib/ld\0"), 150);
  const error = explainExecFailure("/e", -ENOENT, { executable: () => 0, head: () => elf }, () => "");
  assert(error.message.includes("/lib/ld is missing"), error.message);
});
