// Is translated code kept between runs, and does nothing go wrong with what is kept?

import { assert, assertEquals, assertMatch } from "@std/assert";
import { denixCommand, oracleTest, type Output } from "./harness.ts";

const SCRIPT = "i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo done $i; exec /bin/ls -d / /bin";

/** Runs a shell in denix, with the cache at `cache`. */
async function run(cache: string, options: string[] = [], script = SCRIPT): Promise<Output> {
  const [program, ...args] = denixCommand("--tier=closure", "--stats", ...options);
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: [...args, "/bin/sh", "-c", script],
    env: { DENIX_CACHE_DIR: cache },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

function counter(output: Output, name: string): number {
  return Number(new RegExp(`^ *(\\d+)  ${name}$`, "m").exec(output.stderr)?.[1] ?? 0);
}
const translated = (output: Output) => counter(output, "instructions translated");
/** The run found its code there: but for what depends on who comes first, a parent's wait or its child's end. */
const isWarm = (output: Output) => translated(output) < 100 && found(output) > 1000;
const found = (output: Output) => counter(output, "blocks of earlier runs");

function filesOf(cache: string): string[] {
  return [...Deno.readDirSync(cache)].map(({ name }) => `${cache}/${name}`).sort();
}

function cacheTest(name: string, fn: (cache: string) => Promise<void>): void {
  oracleTest(`code cache: ${name}`, ["/bin/sh", "/bin/ls"], async () => {
    const folder = await Deno.makeTempDir({ prefix: "denix-cache-" });
    try {
      await fn(`${folder}/code`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function assertSame(output: Output): void {
  assertEquals([output.code, output.stdout], [0, "done 300\n/\n/bin\n"]);
}

cacheTest("a second run translates nothing and prints the same", async (cache) => {
  const cold = await run(cache), warm = await run(cache);
  assertSame(cold);
  assertSame(warm);
  assert(translated(cold) > 1000 && found(cold) === 0, cold.stderr);
  assert(isWarm(warm), warm.stderr);
  assertEquals(Deno.statSync(cache).mode! & 0o777, 0o700);
  for (const path of filesOf(cache)) assertMatch(path, /[0-9a-f]{16}\.code$/);
});

cacheTest("threaded code finds what earlier runs translated", async (cache) => {
  const cold = await run(cache, ["--tier=threaded"]), warm = await run(cache, ["--tier=threaded"]);
  assertSame(cold);
  assertSame(warm);
  assert(isWarm(warm), warm.stderr);
  // It hardly asks JavaScript for the way.
  const asked = (output: Output) => counter(output, "exits of threaded code: link");
  assert(asked(cold) > 1000 && asked(warm) < asked(cold) / 3, `${asked(cold)} ${asked(warm)}`);
});

cacheTest("regions of hot code are taken over", async (cache) => {
  const script = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; echo $i";
  const cold = await run(cache, ["--tier=auto"], script), warm = await run(cache, ["--tier=auto"], script);
  assertEquals([cold.code, cold.stdout], [0, "60000\n"]);
  assertEquals([warm.code, warm.stdout], [0, "60000\n"]);
  const kept = counter(warm, "regions of earlier runs");
  assert(counter(cold, "wasm regions") > 0 && counter(cold, "regions of earlier runs") === 0, cold.stderr);
  assert(kept > 0, warm.stderr);
});

cacheTest("libraries have the same addresses in every program", async (cache) => {
  await run(cache, [], "exec /bin/ls -d / /bin");
  // The shell is new, the C library and the loader are not.
  const other = await run(cache, [], "echo done 300; echo /; echo /bin");
  assertSame(other);
  assert(found(other) > 2 * translated(other) / 5, other.stderr);
});

cacheTest("damaged files are replaced", async (cache) => {
  await run(cache);
  for (const [i, path] of filesOf(cache).entries()) {
    const content = Deno.readFileSync(path);
    if (i % 3 === 0) content[content.length >> 1]! ^= 0x10;
    Deno.writeFileSync(
      path,
      i % 3 === 1 ? content.subarray(0, content.length - 12) : i % 3 === 2 ? new Uint8Array() : content,
    );
  }
  const cold = await run(cache), warm = await run(cache);
  assertSame(cold);
  assertSame(warm);
  assert(translated(cold) > 1000, cold.stderr);
  assert(isWarm(warm), warm.stderr);
});

cacheTest("runs at the same time do not disturb each other", async (cache) => {
  const outputs = await Promise.all([run(cache), run(cache), run(cache)]);
  outputs.forEach(assertSame);
  const warm = await run(cache);
  assertSame(warm);
  // Whoever came last has left its files; runs are not the same to the last block.
  assert(translated(warm) < Math.max(...outputs.map(translated)) / 10, warm.stderr);
  for (const path of filesOf(cache)) assertMatch(path, /\.code$/);
});

cacheTest("--no-cache reads and writes nothing", async (cache) => {
  const output = await run(cache, ["--no-cache"]);
  assertSame(output);
  assertEquals(filesOf(cache.slice(0, -"/code".length)), []);
});

cacheTest("--cache-dir goes before the environment", async (cache) => {
  await run(cache, [`--cache-dir=${cache}2`]);
  assert(filesOf(`${cache}2`).length > 0);
  assert(!filesOf(cache.slice(0, -"/code".length)).includes(cache));
  const warm = await run(cache, [`--cache-dir=${cache}2`]);
  assert(isWarm(warm), warm.stderr);
});

cacheTest("a directory that others may write is not used", async (cache) => {
  Deno.mkdirSync(cache);
  Deno.chmodSync(cache, 0o777);
  assertSame(await run(cache));
  assertEquals(filesOf(cache), []);
});

cacheTest("without permission to write nothing is kept, and nothing is said", async (cache) => {
  const [program, , , entry, ...options] = denixCommand("--tier=closure");
  const { code, stdout, stderr } = await new Deno.Command(program!, {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      "--allow-env",
      "--allow-sys",
      entry!,
      ...options,
      "/bin/echo",
      "hi",
    ],
    env: { DENIX_CACHE_DIR: cache, PATH: "/bin" },
    clearEnv: true,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [0, "hi\n", ""]);
});
