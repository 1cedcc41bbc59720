// What denix itself says when something cannot be: one line on standard error with what to do, and a status of its own.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { denixCommand, oracleTest, type Output, runDenix, which } from "../harness.ts";

/** Runs denix as a user types it: no options added. */
async function cli(
  args: string[],
  deno: string[] = ["-A"],
  env: Record<string, string> = {},
): Promise<Output> {
  const [program, run, , entry] = denixCommand();
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: [run!, "--no-prompt", ...deno, entry!, ...args],
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** One line, nothing on standard output, this status. */
function assertRefused(output: Output, code: number, pattern: RegExp): void {
  assertEquals(output.stdout, "");
  assertMatch(output.stderr, /^denix: [^\n]+\n$/);
  assertMatch(output.stderr, pattern);
  assertEquals(output.code, code);
}

function error(name: string, needs: readonly string[], fn: (folder: string) => Promise<void>): void {
  oracleTest(`errors: ${name}`, needs, async () => {
    const folder = await Deno.makeTempDir({ prefix: "denix-errors-" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

async function executable(path: string, content: string | Uint8Array): Promise<string> {
  await Deno.writeFile(path, typeof content === "string" ? new TextEncoder().encode(content) : content, {
    mode: 0o755,
  });
  return path;
}

/** The first 64 bytes of an ELF file. */
function elf(fields: { class?: number; data?: number; type?: number; machine?: number }): Uint8Array {
  const bytes = new Uint8Array(4096);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, fields.class ?? 2, fields.data ?? 1, 1]);
  const view = new DataView(bytes.buffer), little = fields.data !== 2;
  view.setUint16(16, fields.type ?? 2, little);
  view.setUint16(18, fields.machine ?? 62, little);
  return bytes;
}

error("no program", [], async () => assertRefused(await cli([]), 125, /no program named.*--help/));
error(
  "an unknown option",
  [],
  async () => assertRefused(await cli(["--memry", "1G"]), 125, /did you mean --memory/),
);
error(
  "a bad value",
  [],
  async () => assertRefused(await cli(["--memory", "lots", "/bin/true"]), 125, /512M/),
);
error("too little memory by option", [], async () => {
  assertRefused(await cli(["--memory=4M", "/bin/true"]), 125, /too little.*16M/);
});
error("a program that does not exist", [], async () => {
  assertRefused(await cli(["/no/such/program"]), 127, /\/no\/such\/program: no such file/);
});
error("a name that is not in PATH", [], async () => {
  assertRefused(await cli(["nosuchprogram"]), 127, /nosuchprogram: not found.*PATH/);
});
error(
  "a directory",
  [],
  async () => assertRefused(await cli(["/usr"]), 126, /\/usr: (is a directory|permission denied)/),
);
error("a file without x", [], async (folder) => {
  await Deno.writeTextFile(`${folder}/f`, "#!/bin/sh\n", { mode: 0o644 });
  assertRefused(await cli([`${folder}/f`]), 126, /permission denied.*chmod \+x/);
});
error("text without #!", [], async (folder) => {
  assertRefused(await cli([await executable(`${folder}/t`, "echo hi\n")]), 126, /text without #!.*\/bin\/sh/);
});
error("an empty file", [], async (folder) => {
  assertRefused(await cli([await executable(`${folder}/e`, "")]), 126, /empty/);
});
error("an arm64 ELF", [], async (folder) => {
  assertRefused(
    await cli([await executable(`${folder}/a`, elf({ machine: 183 }))]),
    126,
    /(arm64|aarch64).*ELF/i,
  );
});
error("a 32-bit x86 ELF", [], async (folder) => {
  assertRefused(
    await cli([await executable(`${folder}/i`, elf({ class: 1, machine: 3 }))]),
    126,
    /(i386|32-bit|x86).*ELF/i,
  );
});
error("a Mach-O file", [], async (folder) => {
  const macho = new Uint8Array([0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1, 3, 0, 0, 0, 2, 0, 0, 0]);
  assertRefused(await cli([await executable(`${folder}/m`, macho)]), 126, /Mach-O/);
});
error("a Windows program", [], async (folder) => {
  assertRefused(
    await cli([await executable(`${folder}/w.exe`, "MZ\x90\0\x03\0\0\0")]),
    126,
    /(PE|Windows|DOS)/,
  );
});
error("a script whose interpreter is missing", [], async (folder) => {
  assertRefused(
    await cli([await executable(`${folder}/s`, "#!/no/such/interp -x\n")]),
    127,
    /\/no\/such\/interp is missing/,
  );
});
error("a program whose dynamic linker is missing", ["gcc"], async (folder) => {
  await Deno.writeTextFile(`${folder}/p.c`, "int main(void) { return 0; }\n");
  const { success } = await new Deno.Command("gcc", {
    args: ["-Wl,--dynamic-linker=/no/such/ld.so", "-o", `${folder}/p`, `${folder}/p.c`],
  }).output();
  assert(success);
  assertRefused(await cli([`${folder}/p`]), 127, /\/no\/such\/ld\.so is missing/);
});
error("a root that does not exist", [], async () => {
  assertRefused(await cli(["--root", "/no/such/root", "/bin/sh"]), 125, /root .*does not exist/);
});
error("a root that is a file", [], async () => {
  assertRefused(await cli(["--root", "/etc/passwd", "/bin/sh"]), 125, /not a directory/);
});
error("a root without the program", [], async (folder) => {
  assertRefused(await cli(["--root", folder, "/bin/sh"]), 127, /\/bin\/sh: no such file/);
});
error("a root that may not be read", ["setpriv"], async (folder) => {
  if (Deno.uid() !== 0) return;
  await Deno.chmod(folder, 0);
  const [program, run, , entry] = denixCommand();
  const cache = await Deno.makeTempDir();
  await Deno.chmod(cache, 0o777);
  // Its packages, so that nothing has to be downloaded.
  await new Deno.Command("sh", {
    args: [
      "-c",
      'cp -r "$("$1" info --json | grep -o ""denoDir": *"[^"]*" | cut -d" -f4)/npm" "$2" && chmod -R a+rX "$2"',
      "sh",
      program!,
      cache,
    ],
  }).output();
  try {
    const { code, stderr } = await new Deno.Command("setpriv", {
      args: ["--reuid=65534", "--clear-groups", program!, run!, "-A", entry!, "--root", folder, "/bin/sh"],
      env: { NO_COLOR: "1", DENO_DIR: cache },
    }).output();
    const text = new TextDecoder().decode(stderr).replace(/^(Download|Initialize) .*\n/gm, "");
    // Where the checkout itself cannot be read by that user there is nothing to test.
    if (
      /Module not found|cannot be loaded|PermissionDenied|os error 13/.test(text) &&
      !text.startsWith("denix:")
    ) return;
    assertMatch(text, /^denix: .*permission denied[^\n]*\n$/);
    assertEquals(code, 125);
  } finally {
    await Deno.chmod(folder, 0o700);
    await Deno.remove(cache, { recursive: true });
  }
});
error("a --cwd that does not exist", [], async () => {
  assertRefused(await cli(["--cwd", "/no/such/dir", "/bin/true"]), 125, /\/no\/such\/dir/);
});
error("Deno without --allow-read", [], async () => {
  assertRefused(await cli(["/bin/true"], []), 125, /--allow-read=\//);
});
error("a write grant that Deno does not have", [], async () => {
  assertRefused(
    await cli(["--allow-write=/tmp", "/bin/true"], ["--allow-read=/"]),
    125,
    /--allow-write=\/tmp/,
  );
});
error("a network grant that Deno does not have", [], async () => {
  assertRefused(
    await cli(["--allow-net=example.org", "/bin/true"], ["--allow-read=/"]),
    125,
    /--allow-net=example\.org/,
  );
});
error("a decoder that cannot be downloaded", [], async (folder) => {
  const output = await cli(["--no-cache", "/bin/true"], ["--cached-only", "-A"], { DENO_DIR: folder });
  assertRefused(output, 125, /could not download.*iced-x86.*where there is a network/);
});
error("--help and --version", [], async () => {
  const help = await cli(["--help"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assertMatch(help.stdout, /Usage: deno run -A mod\.ts \[OPTIONS\] PROGRAM/);
  const version = await cli(["--version"], []);
  assertEquals(version.code, 0);
  assertMatch(version.stdout, /^denix \d+\.\d+\.\d+\n$/);
});
error("memory that runs out is the guest's ENOMEM", ["python3"], async () => {
  const output = await runDenix([
    "/usr/bin/python3",
    "-c",
    "try: x = b'x' * (200 << 20)\nexcept MemoryError: print('MemoryError')",
  ], {
    options: ["--memory", "64M"],
  });
  assertEquals(output, { code: 0, stdout: "MemoryError\n", stderr: "" });
});
error("an instruction that is not there is SIGILL; --strict names it", ["gcc"], async (folder) => {
  // Zen's `clzero` has no chance of being implemented.
  await Deno.writeTextFile(
    `${folder}/i.c`,
    'int main(void) { __asm__ volatile(".byte 0x0f, 0x01, 0xfc"); return 0; }\n',
  );
  assert((await new Deno.Command("gcc", { args: ["-o", `${folder}/i`, `${folder}/i.c`] }).output()).success);
  const plain = await runDenix([`${folder}/i`]);
  assertEquals(plain.code, 128 + 4);
  const strict = await runDenix([`${folder}/i`], { options: ["--strict"] });
  assertEquals(strict.code, 128 + 4);
  assertMatch(strict.stderr, /clzero/i);
  assertMatch(strict.stderr, /0f ?01 ?fc/i);
});
error("--strace prints calls as strace does", [], async (folder) => {
  const output = await runDenix(["/bin/cat", "/etc/hostname"], { options: [`--strace=${folder}/trace`] });
  assertEquals([output.code, output.stderr], [0, ""]);
  const trace = await Deno.readTextFile(`${folder}/trace`);
  assertMatch(trace, /^(\[?[ \w]*\]? ?)?execve\("\/(usr\/)?bin\/cat", \["\/bin\/cat", "\/etc\/hostname"\]/m);
  assertMatch(trace, /openat\(AT_FDCWD, "\/etc\/hostname", O_RDONLY\)\s+= \d+/);
  assertMatch(trace, /exit_group\(0\)/);
  const both = await runDenix(["/bin/true"], { options: ["--strace"] });
  assertMatch(both.stderr, /exit_group\(0\)/);
});
error("--dump shows translated code, --stats counters", [], async () => {
  const ir = await runDenix(["/bin/true"], { options: ["--dump", "ir"] });
  assertEquals(ir.code, 0);
  assert(ir.stderr.length > 1000, "IR is printed to standard error");
  const js = await runDenix(["/bin/true"], { options: ["--dump=js"] });
  assertEquals(js.code, 0);
  assert(js.stderr.length > 1000, "JavaScript is printed to standard error");
  const stats = await runDenix(["/bin/true"], { options: ["--stats"] });
  assertEquals([stats.code, stats.stdout], [0, ""]);
  assertMatch(stats.stderr, /\d/);
});
error("--env, --env-clear, --cwd, --root", ["busybox"], async (folder) => {
  const env = await runDenix(["/usr/bin/env"], { env: { A: "1", B: "x=y z" } });
  assertEquals(env, { code: 0, stdout: "A=1\nB=x=y z\n", stderr: "" });
  assertEquals((await runDenix(["/bin/pwd"], { options: ["--cwd", "/usr"] })).stdout, "/usr\n");
  await Deno.mkdir(`${folder}/bin`);
  await Deno.copyFile(which("busybox")!, `${folder}/bin/sh`);
  await Deno.writeTextFile(`${folder}/hello`, "from the root\n");
  const root = await runDenix(["sh", "-c", "pwd; cat /hello; ls /"], { options: ["--root", folder] });
  assertEquals([root.code, root.stderr], [0, ""]);
  assertMatch(root.stdout, /^\/\nfrom the root\n/);
  assert(root.stdout.includes("hello") && !root.stdout.includes("etc\n"));
});
error("a fault of denix itself kills that process only, and says how to report it", [], async (folder) => {
  const place = (path: string) => new URL(`../../${path}`, import.meta.url).href;
  await Deno.writeTextFile(
    `${folder}/fault.ts`,
    `import { run } from "${place("mod.ts")}";
import { syscallTable } from "${place("kernel/syscalls/table.ts")}";
const row = syscallTable.find(({ name }) => name === "getpriority");
Object.assign(row, { run: () => { throw new TypeError("made to fail") } });
const { code, stdout } = await run({ args: ["/bin/bash", "-c", "nice; echo $?; (exec nice); echo $?; echo alive"] });
console.log(code, new TextDecoder().decode(stdout));
`,
  );
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      `${folder}/fault.ts`,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assertEquals(new TextDecoder().decode(stdout), "0 159\n159\nalive\n\n");
  assertMatch(text, /^denix: internal error in process \d+ \(nice\), system call getpriority\n/);
  assertMatch(text, /\brip\b/i);
  assertMatch(text, /TypeError: made to fail/);
  assertMatch(text, /\ndenix: please report this with the lines above/);
  assertEquals(text.match(/internal error/g)?.length, 2);
});
