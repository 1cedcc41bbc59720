import { assertEquals } from "@std/assert";
import { describeExecutable } from "./describe.ts";
import { parseScript } from "./script.ts";
import { makeElf } from "./test_elf.ts";

function parse(text: string): (string | undefined)[] | undefined {
  const line = parseScript(new TextEncoder().encode(text));
  const decode = (bytes: Uint8Array | undefined) =>
    bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  return line === undefined ? undefined : [decode(line.interpreter), decode(line.argument)];
}

// Each of these was tried with the host's kernel.
Deno.test("parseScript() reads the first line as Linux does", () => {
  assertEquals(parse("#!/bin/sh\necho"), ["/bin/sh", undefined]);
  assertEquals(parse("#! /bin/sh  -e \necho"), ["/bin/sh", "-e"]);
  assertEquals(parse("#!\t/usr/bin/env\tpython3 -u  x\t \n"), ["/usr/bin/env", "python3 -u  x"]);
  assertEquals(parse("#!/bin/sh"), ["/bin/sh", undefined]);
  assertEquals(parse("#!\n"), undefined);
  assertEquals(parse("#!  \n"), undefined);
  assertEquals(parse("#!"), ["", undefined]);
  assertEquals(parse("#! "), ["", undefined]);
  assertEquals(parse("# !/bin/sh\n"), undefined);
  assertEquals(parse(`#!/${"x".repeat(300)}\n`), undefined);
  assertEquals(parse(`#!/bin/sh ${"x".repeat(300)}\n`), ["/bin/sh", "x".repeat(245)]);
});

Deno.test("describeExecutable() names what it sees", () => {
  const text = (s: string) => describeExecutable(new TextEncoder().encode(s));
  assertEquals(describeExecutable(makeElf({ machine: 183, segments: [] })), "arm64 ELF");
  assertEquals(describeExecutable(makeElf({ machine: 3, segments: [] })), "i386 ELF");
  assertEquals(describeExecutable(makeElf({ type: 1, segments: [] })), "x86-64 ELF object file");
  assertEquals(describeExecutable(Uint8Array.of(0xcf, 0xfa, 0xed, 0xfe, 7, 0, 0, 1)), "Mach-O");
  const pe = new Uint8Array(256);
  pe.set([0x4d, 0x5a]);
  pe[0x3c] = 0x80;
  pe.set([0x50, 0x45], 0x80);
  assertEquals(describeExecutable(pe), "Windows PE");
  assertEquals(text("echo hello\n"), "text without #!");
  assertEquals(text("#!\n"), "text with an unusable #! line");
  assertEquals(describeExecutable(Uint8Array.of(0, 1, 2, 255)), "data of unknown kind");
  assertEquals(text(""), "an empty file");
});
