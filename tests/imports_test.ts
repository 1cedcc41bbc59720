// Who may import whom is the architecture; this checks it. Read the rules below as its description.

import { assertEquals } from "@std/assert";

const ROOT = new URL("..", import.meta.url);

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

/** Folders of the product; tests and benchmarks may do as they like. */
const FOLDERS = ["translator", "kernel", "fs"];

/** What the rules do not foresee, each with its reason. */
const ALLOWED = new Map([
  [
    "translator/ir/builder.ts → translator/decode/instruction.ts",
    "it is the lowerings' hand: reads operands, writes IR",
  ],
  ["translator/ir/builder.ts → translator/cache/block.ts", "a type: the link that a direct jump carries"],
  [
    "kernel/trace/dump.ts → translator/js/source.ts",
    "--dump shows the translator's inside; loaded only for it",
  ],
  ["kernel/abi/stat.ts → fs/vfs/inode.ts", "types: what stat(2) encodes"],
]);

/** Why `from` may not import `to`; undefined when it may. The first rule that fits decides. */
function broken({ from, to, typeOnly }: Import): string | undefined {
  const inside = (path: string, ...folders: string[]) =>
    folders.some((folder) => path.startsWith(`${folder}/`));
  if (ALLOWED.has(`${from} → ${to}`)) return undefined;
  if (to === "iced-x86") {
    return ["translator/decode/iced.ts", "translator/decode/package.ts"].includes(from)
      ? undefined
      : "only translator/decode/ knows the decoder";
  }
  if (to.startsWith("node:")) {
    return inside(from, "kernel/host") ? undefined : "only kernel/host reaches the host";
  }
  if (!to.includes("/") || to.startsWith("@")) {
    if (to === "mod.ts") return typeOnly ? undefined : "mod.ts is the top: only its types may be imported";
    return to === "deno.json" ? undefined : "no other packages";
  }
  if (inside(from, "translator") && !inside(to, "translator")) {
    return "translator/ imports nothing of kernel/ and fs/";
  }
  if (inside(from, "fs") && inside(to, "kernel") && !inside(to, "kernel/abi")) {
    return "fs/ knows kernel/abi and nothing else of kernel/";
  }
  if (inside(from, "fs") && inside(to, "translator") && to !== "translator/ram.ts") {
    return "fs/ does not know the translator";
  }
  if (inside(from, "kernel/abi") && !inside(to, "kernel/abi")) return "kernel/abi is constants and formats";
  // Half of the translator does not know x86.
  const neutral = [
    "translator/ir",
    "translator/js",
    "translator/passes",
    "translator/cache",
    "translator/wasm",
  ];
  if (inside(from, ...neutral) && inside(to, "translator/decode", "translator/lower")) {
    return "only decode/ and lower/ know x86";
  }
  if (inside(from, "translator/ir") && inside(to, "translator/js", "translator/passes", "translator/cache")) {
    return "ir/ is what the others stand on";
  }
  if (
    inside(from, "translator/decode") && inside(to, "translator/lower", "translator/js", "translator/passes")
  ) return "decode/ only decodes";
  if (
    inside(from, "kernel") &&
    inside(to, "translator/decode", "translator/lower", "translator/js", "translator/passes")
  ) {
    return "the kernel sees the translator's outside: ram, cpu, env, dispatch";
  }
  return undefined;
}

/** Every module of the product as [path, text]. */
function* sources(): Generator<[string, string]> {
  function* walk(folder: string): Generator<[string, string]> {
    for (const entry of Deno.readDirSync(new URL(`${folder}/`, ROOT))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) yield* walk(path);
      else if (path.endsWith(".ts") && !/(_test|test_support)\.ts$/.test(path)) {
        yield [path, Deno.readTextFileSync(new URL(path, ROOT))];
      }
    }
  }
  for (const folder of FOLDERS) yield* walk(folder);
}

/** Without comments and the insides of strings and templates. */
function code(text: string): string {
  return text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g,
    (match) => match.startsWith("/") ? "" : '""',
  );
}

function importsOf(path: string, text: string): Import[] {
  const result: Import[] = [];
  const pattern =
    /(?:^|\n)(?:import|export)(\s+type)?\b([^;"']*?)\bfrom\s+"([^"]+)"|\bimport\(\s*"([^"]+)"|(?:^|\n)import\s+"([^"]+)"/g;
  for (
    const [, type, names, from, dynamic, bare] of text.replace(/\/\*[\s\S]*?\*\//g, "").matchAll(pattern)
  ) {
    const target = (from ?? dynamic ?? bare)!;
    const to = target.startsWith(".") ? new URL(target, `file:///${path}`).pathname.slice(1) : target;
    // `import { type A, type B }` is erased too.
    const list = /\{([^}]*)\}/.exec(names ?? "")?.[1]?.split(",").map((name) => name.trim()).filter((name) =>
      name !== ""
    );
    const erased = list !== undefined && list.length > 0 && list.every((name) => name.startsWith("type "));
    result.push({ from: path, to, typeOnly: type !== undefined || erased });
  }
  return result;
}

const MODULES = [...sources()];
const IMPORTS = MODULES.flatMap(([path, text]) => importsOf(path, text));

Deno.test("imports keep to the architecture", () => {
  const found = IMPORTS.flatMap((one) => {
    const rule = broken(one);
    return rule === undefined ? [] : [`${one.from} imports ${one.to}: ${rule}`];
  });
  assertEquals(found, []);
});

Deno.test("only kernel/host says Deno.", () => {
  const found = MODULES.filter(([path, text]) =>
    !path.startsWith("kernel/host/") && /\bDeno\./.test(code(text))
  );
  assertEquals(found.map(([path]) => path), []);
});

Deno.test("mod.ts says Deno. only as the command line's entry", () => {
  const [library, entry] = code(Deno.readTextFileSync(new URL("mod.ts", ROOT))).split(
    "if (import.meta.main)",
  );
  assertEquals([/\bDeno\./.test(library!), entry !== undefined], [false, true]);
});

Deno.test("every module says at its top what it is for", () => {
  const silent = MODULES.filter(([, text]) => !/^(\/\/|\/\*)/.test(text)).map(([path]) => path);
  assertEquals(silent, []);
});

Deno.test("a warm start loads nothing that decodes, lowers or makes code", () => {
  const loaded = new Set(["kernel/session/cli.ts", "kernel/session/start.ts"]);
  for (const from of loaded) {
    const text = MODULES.find(([path]) => path === from)?.[1] ?? "";
    // Only what is imported at once; import() comes when it comes.
    for (const { to, typeOnly } of importsOf(from, text.replaceAll("import(", ""))) {
      if (!typeOnly && to.endsWith(".ts")) loaded.add(to);
    }
  }
  const late =
    /^translator\/(lower|decode\/(?!instruction|package)|wasm\/(generator|values|flow|region|ops_)|front\.ts|makers\.ts)/;
  assertEquals([...loaded].filter((path) => late.test(path)), []);
  assertEquals([...loaded].length > 200, true);
});
