// System calls, one area a C program (tests/syscalls/*.c): compiled by gcc, run natively and in denix, printing the same.

import { compareScripts } from "./batch.ts";
import { NO_ORACLE, which } from "./harness.ts";

const SOURCES = new URL("./syscalls/", import.meta.url).pathname;

/** Compiled once, when the tests are registered: 20 small programs, a few seconds. */
function compile(): string | undefined {
  if (NO_ORACLE !== undefined || which("gcc") === undefined) return undefined;
  const folder = Deno.makeTempDirSync({ prefix: "denix-syscalls-bin-" });
  const sources = [...Deno.readDirSync(SOURCES)].map(({ name }) => name).filter((name) =>
    name.endsWith(".c")
  );
  const list = sources.map((name) => `${name.slice(0, -2)}\n`).join("");
  const { success, stderr } = new Deno.Command("sh", {
    args: [
      "-c",
      `printf %s "$1" | xargs -P 4 -I{} gcc -O1 -fno-stack-protector -w -pthread -I"$2" "$2/{}.c" -o "$3/{}" -lutil`,
      "sh",
      list,
      SOURCES,
      folder,
    ],
  }).outputSync();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  return folder;
}

const folder = compile();
/** Flags of /proc/cpuinfo that the program's native run needs. */
const NEEDS: Readonly<Record<string, readonly string[]>> = { "avx_state.c": ["avx", "xsave"] };
const flags = NO_ORACLE === undefined
  ? new Set(/^flags\s*:(.*)$/m.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1]?.trim().split(" "))
  : new Set<string>();
const names = [...Deno.readDirSync(SOURCES)].map(({ name }) => name).filter((name) => name.endsWith(".c"))
  .filter((name) => {
    const missing = (NEEDS[name] ?? []).filter((flag) => !flags.has(flag));
    if (missing.length === 0 || NO_ORACLE !== undefined) return true;
    Deno.test({ name: `system calls: ${name} (skipped: the CPU lacks ${missing})`, ignore: true, fn() {} });
    return false;
  })
  .sort();
compareScripts(
  "system calls",
  Object.fromEntries(
    // RTLIMIT changes and the like stay in the program's own process: exec'ed by the case's shell.
    names.map((name) => [name.slice(0, -2).replaceAll("_", " "), `exec ${folder}/${name.slice(0, -2)}\n`]),
  ),
  { needs: ["gcc"], seconds: 60 },
);
