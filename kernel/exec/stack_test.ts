import { assertEquals } from "@std/assert";
import { buildStack } from "./stack.ts";

const encode = (text: string) => new TextEncoder().encode(text);

Deno.test("buildStack() lays out what the ABI asks for", () => {
  const top = 0x7fff_ffff_f000;
  for (let n = 0; n < 4; n++) {
    const argv = ["prog", ...Array(n).fill("arg")].map(encode);
    const stack = buildStack({
      level: 3,
      top,
      argv,
      envp: [encode("A=1"), encode("BB=22")],
      fileName: encode("/bin/prog"),
      phdr: 0x400040,
      phnum: 7,
      base: 0,
      entry: 0x401000,
      uid: 1,
      euid: 2,
      gid: 3,
      egid: 4,
      secure: true,
      random: new Uint8Array(16).fill(9),
      vdso: 0,
    });
    assertEquals(stack.pointer % 16, 0);
    assertEquals(stack.pointer + stack.bytes.length, top);
    const view = new DataView(stack.bytes.buffer);
    const word = (at: number) => Number(view.getBigUint64(at - stack.pointer, true));
    const string = (at: number) => {
      const start = at - stack.pointer;
      return new TextDecoder().decode(stack.bytes.subarray(start, stack.bytes.indexOf(0, start)));
    };
    let at = stack.pointer;
    assertEquals(word(at), n + 1);
    at += 8;
    const strings = () => {
      const list: string[] = [];
      for (; word(at) !== 0; at += 8) list.push(string(word(at)));
      at += 8;
      return list;
    };
    assertEquals(strings(), argv.map((a) => new TextDecoder().decode(a)));
    assertEquals(strings(), ["A=1", "BB=22"]);
    const auxv = new Map<number, number>();
    for (;; at += 16) {
      auxv.set(word(at), word(at + 8));
      if (word(at) === 0) break;
    }
    assertEquals([3, 4, 5, 6, 7, 9, 11, 12, 13, 14, 17, 23].map((type) => auxv.get(type)), [
      0x400040,
      56,
      7,
      4096,
      0,
      0x401000,
      1,
      2,
      3,
      4,
      100,
      1,
    ]);
    assertEquals(string(auxv.get(31)!), "/bin/prog");
    assertEquals(string(auxv.get(15)!), "x86_64");
    const random = auxv.get(25)! - stack.pointer;
    assertEquals(stack.bytes.slice(random, random + 16), new Uint8Array(16).fill(9));
    const block = new TextDecoder().decode(
      stack.bytes.subarray(stack.argStart - stack.pointer, stack.argEnd - stack.pointer),
    );
    assertEquals(block, argv.map((a) => new TextDecoder().decode(a) + "\0").join(""));
    assertEquals(stack.envStart, stack.argEnd);
    assertEquals(stack.envEnd - stack.envStart, 10);
  }
});
