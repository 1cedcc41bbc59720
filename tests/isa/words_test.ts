// Does IR survive being written as words? Blocks of every group of instructions, and every object in them has a name, without
// which a block cannot be kept on disk.

import { assert, assertEquals } from "@std/assert";
import type { Link } from "../../translator/cache/block.ts";
import { createExecutor } from "../../translator/dispatch.ts";
import { nameOf, objectNamed } from "../../translator/ir/objects.ts";
import { opText } from "../../translator/ir/text.ts";
import { verify } from "../../translator/ir/verify.ts";
import { blockWords, decodeOps, encodeBlock } from "../../translator/ir/words.ts";
import { FlatMemory } from "./flat_memory.ts";
import { GROUPS } from "./groups.ts";
import { R_CODE, recordBytes } from "./layout.ts";
import { makeSuite } from "./suite.ts";

for (const group of Object.keys(GROUPS)) {
  Deno.test(`IR as words and back: ${group}`, async () => {
    const memory = new FlatMemory();
    const { translator } = await createExecutor(memory, { tier: "closure" });
    const suite = makeSuite(group, 7, 300);
    for (const segment of suite.segments) memory.map(segment);
    let blocks = 0;
    for (let at = 0; at < suite.records.length; at += recordBytes(suite.kind)) {
      const record = new DataView(suite.records.buffer, at);
      const address = Number(record.getBigInt64(R_CODE, true));
      const physical = memory.physical(address);
      const block = translator.lower(
        address,
        physical - physical % 4096,
        () => memory.physical(address + 4096 - address % 4096),
        false,
      );
      verify(block);
      const size = blockWords(block), words = new Int32Array(size + 2).fill(-1), links: Link[] = [];
      const behind = encodeBlock(block, words, 1, links);
      assert(behind <= size + 1);
      assertEquals([words[0], words[behind]], [-1, -1], "wrote outside");
      const ops = decodeOps(words, 1, address - address % 4096, links);
      assertEquals(ops.map((o) => [o.ip, opText(o)]), block.ops.map((o) => [o.ip, opText(o)]));
      for (const { def, args } of ops) {
        args.forEach((a, i) => {
          if (def.args[i] !== "o") return;
          const name = nameOf(a as object);
          assert(
            name !== undefined && objectNamed(name) === a,
            `${def.name}: an object without a name: ${a}`,
          );
        });
      }
      blocks++;
    }
    assert(blocks > 100);
  });
}
