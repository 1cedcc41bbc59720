import { assert, assertEquals, assertThrows } from "@std/assert";
import { TEMPS } from "../cpu.ts";
import type { IrBlock, IrOp } from "../ir/block.ts";
import { named } from "../ir/objects.ts";
import { OPS } from "../ir/ops.ts";
import { opText } from "../ir/text.ts";
import { verify } from "../ir/verify.ts";
import { decodeOps } from "../ir/words.ts";
import { front, NOT_LOADED } from "../late.ts";
import { U8 } from "../ram.ts";
import { Code, I32, I64, OP, VOID } from "../wasm/encoder.ts";
import { HOLE } from "../wasm/link.ts";
import { makeLink } from "./block.ts";
import { CodeFile, seal } from "./code_file.ts";
import { byteCount, firstOperation, isCrossing, type Place, recordLinks } from "./record.ts";

/** Physical pages of the tests. */
const PAGE = 0x4_0000, SECOND = 0x5_0000;
const helper = named("code_file_test.helper", () => {});
const noSecond = () => {
  throw new Error("asked for the second page");
};

/** Two instructions of five bytes at `address`: a helper call and a jump. */
function block(address: number, object: object = helper, bytes = 10): IrBlock {
  return {
    address,
    ops: [
      { def: OPS.get("quick1")!, args: [object, 7], ip: address },
      { def: OPS.get("mov64")!, args: [TEMPS, { lo: -1, hi: address | 0 }], ip: address },
      { def: OPS.get("jump")!, args: [makeLink(0x5555_0000_1000), 0], ip: address + 5 },
    ],
    end: address + bytes,
    instructions: 2,
    crossing: bytes > 4096 - address % 4096,
  };
}

function textOf(place: Place, address: number): string[] {
  const page = address - address % 4096;
  return decodeOps(place.words, firstOperation(place), page, recordLinks(place)).map(opText);
}

const reload = (file: CodeFile) => new CodeFile(file.save());

Deno.test("a code file gives back the blocks whose bytes are still there", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  const file = new CodeFile();
  const addresses = Array.from({ length: 100 }, (_, i) => 0x7fff_1234_5000 + 16 * i);
  for (const address of addresses) file.add(block(address), PAGE, 0);
  const again = reload(file);
  assertEquals(again.save(), undefined, "nothing new");
  for (const address of addresses) {
    const place = again.find(address, PAGE, noSecond)!;
    assertEquals(textOf(place, address), block(address).ops.map(opText));
    assertEquals([byteCount(place), isCrossing(place)], [10, false]);
  }
  assertEquals(again.find(0x7fff_1234_5008, PAGE, noSecond), undefined);
  U8[PAGE + 9] ^= 1;
  assertEquals(reload(file).find(addresses[0]!, PAGE, noSecond), undefined);
  assert(reload(file).find(addresses[1]!, PAGE, noSecond) !== undefined);
});

Deno.test("a code file grows: old records stay, newer ones of the same address win", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  const first = new CodeFile();
  first.add(block(0x40_1000), PAGE, 0);
  first.add(block(0x40_1100), PAGE, 0);
  const second = reload(first);
  U8[PAGE] = 0xcc;
  second.add({ ...block(0x40_1000), instructions: 1 }, PAGE, 0);
  second.add(block(0x40_1200), PAGE, 0);
  const third = reload(second);
  for (const address of [0x40_1000, 0x40_1100, 0x40_1200]) {
    assertEquals(textOf(third.find(address, PAGE, noSecond)!, address), block(address).ops.map(opText));
  }
});

Deno.test("a region comes back where all its blocks are what they were", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  U8.fill(0x91, SECOND, SECOND + 4096);
  const blocks = [0x40_1010, 0x40_1ffb, 0x40_2100];
  const pages: Record<number, number> = { 0x40_1000: PAGE, 0x40_2000: SECOND };
  const physical = (page: number) => pages[page] ?? 0;
  const file = new CodeFile();
  for (const address of blocks) file.add(block(address), physical(address - address % 4096), SECOND);
  const first = block(blocks[0]!).ops, jump = first[2]!;
  const region = {
    entries: [blocks[0]!, blocks[2]!],
    own: 2,
    blocks,
    pages: [0x40_1000, 0x40_2000],
    without: 5,
    locals: [I32, I64],
    code: new Code().i32(1).hole(HOLE.link, 0).hint(true).op(OP.if, VOID).hole(HOLE.step, 1),
    links: [makeLink(0x7fff_0000_1234)],
    steps: [first[0]!, { ...first[1]!, ip: 0x40_2104 }],
    ends: [jump],
  };
  file.addRegion(region);
  const again = reload(file), found = again.findRegion(blocks[0]!, physical)!;
  assertEquals([found.blocks, found.pages, found.locals], [region.blocks, region.pages, region.locals]);
  assertEquals(found.code.finish(), region.code.finish());
  assertEquals([found.code.hints, found.code.holes], [region.code.hints, region.code.holes]);
  assertEquals(found.links, region.links);
  const texts = (ops: readonly IrOp[]) => ops.map((o) => `${o.ip} ${opText(o)}`);
  assertEquals([texts(found.steps), texts(found.ends)], [texts(region.steps), texts(region.ends)]);
  assertEquals(
    again.find(blocks[0]!, PAGE, noSecond) !== undefined,
    true,
    "the block of that address is another record",
  );
  assertEquals([found.entries, found.own], [region.entries, region.own]);
  assertEquals(again.findRegion(blocks[1]!, physical), undefined);
  assertEquals(reload(file).findRegion(blocks[2]!, physical)!.entries, region.entries);
  assertEquals(reload(file).findRegion(blocks[0]!, (page) => page === 0x40_1000 ? PAGE : 0), undefined);
  U8[SECOND + 1] ^= 1; // the second half of the block between the pages
  assertEquals(reload(file).findRegion(blocks[0]!, physical), undefined);
});

Deno.test("kept regions are grouped by address, each once with all that it is kept for", () => {
  const file = new CodeFile();
  const keep = (...entries: number[]) => {
    for (const address of entries) file.add(block(address), PAGE, 0);
    file.addRegion({
      entries,
      own: 1,
      blocks: entries,
      pages: [0x40_1000],
      without: 0,
      locals: [],
      code: new Code().i32(entries[0]!),
      links: [],
      steps: [],
      ends: [],
    });
  };
  keep(0x40_1300);
  keep(0x40_1100, 0x40_1180);
  keep(0x40_1200);
  const again = reload(file);
  assertEquals(again.regionGroups(1 << 20), [[[0x40_1100, 0x40_1180], [0x40_1200], [0x40_1300]]]);
  assertEquals(again.regionGroups(1), [[[0x40_1100, 0x40_1180]], [[0x40_1200]], [[0x40_1300]]]);
  assertEquals(
    again.loadedRegion([0x40_1100, 0x40_1180])!.code.finish(),
    new Code().i32(0x40_1100).finish(),
  );
  assertEquals(again.loadedRegion([0x40_1200, 0x40_1300]), undefined);
  assertEquals(again.loadedRegion([0x40_1400]), undefined);
  assertEquals(file.regionGroups(1), [], "what this run made is no part of them");
});

Deno.test("a block on two pages is compared with both", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  U8.fill(0x91, SECOND, SECOND + 4096);
  const file = new CodeFile(), address = 0x40_1ffb;
  file.add(block(address), PAGE, SECOND);
  assert(isCrossing(reload(file).find(address, PAGE, () => SECOND)!));
  U8[SECOND + 4] = 0;
  assertEquals(reload(file).find(address, PAGE, () => SECOND), undefined);
});

Deno.test("a block with an object that has no name is not kept, the others are", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  const file = new CodeFile();
  file.add(block(0x40_1000, () => {}), PAGE, 0);
  file.add(block(0x40_1100), PAGE, 0);
  const again = reload(file);
  assertEquals(again.find(0x40_1000, PAGE, noSecond), undefined);
  assert(again.find(0x40_1100, PAGE, noSecond) !== undefined);
});

Deno.test("a block with an object that is named later is found from then on, and stays in the file until then", async () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  const file = new CodeFile();
  file.add(block(0x40_1000), PAGE, 0);
  const content = file.save()!, name = "code_file_test.helper", later = "code_file_test.lather";
  const text = new TextDecoder("latin1").decode(content).indexOf(name);
  content.set(new TextEncoder().encode(later), text);
  seal(new Int32Array(content.buffer));
  const again = new CodeFile(content);
  let thrown: unknown;
  try {
    again.find(0x40_1000, PAGE, noSecond);
  } catch (e) {
    thrown = e;
  }
  assertEquals(thrown, NOT_LOADED);
  again.add(block(0x40_1100), PAGE, 0);
  const saved = new CodeFile(again.save());
  const object = named(later, () => {});
  await front.load();
  for (const one of [again, saved]) {
    const place = one.find(0x40_1000, PAGE, noSecond)!;
    assertEquals(textOf(place, 0x40_1000), block(0x40_1000, object).ops.map(opText));
  }
});

Deno.test("a code file with any bit changed is refused, and so is any part of one", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  const file = new CodeFile();
  file.add(block(0x40_1000), PAGE, 0);
  const content = file.save()!;
  for (let bit = 0; bit < 8 * content.length; bit++) {
    const damaged = content.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    assertThrows(() => new CodeFile(damaged), Error, "", `bit ${bit}`);
  }
  for (let length = 0; length < content.length; length++) {
    assertThrows(() => new CodeFile(content.slice(0, length)), Error, "", `length ${length}`);
  }
});

Deno.test("records that do not add up are not found, even where the sums are right", () => {
  U8.fill(0x90, PAGE, PAGE + 4096);
  const file = new CodeFile(), address = 0x40_1000;
  file.add(block(address), PAGE, 0);
  const content = file.save()!;
  let found = 0, refused = 0;
  for (let bit = 0; bit < 8 * content.length; bit++) {
    const damaged = content.slice();
    damaged[bit >> 3]! ^= 1 << (bit & 7);
    seal(new Int32Array(damaged.buffer));
    let place: Place | undefined;
    try {
      place = new CodeFile(damaged).find(address, PAGE, () => SECOND);
    } catch {
      refused++;
      continue;
    }
    if (place === undefined) continue;
    // What is found is IR at least: constants, addresses and the like may be any.
    const page = address - address % 4096;
    const ops = decodeOps(place.words, firstOperation(place), page, recordLinks(place));
    verify({ address, ops, end: address + byteCount(place), instructions: 1, crossing: false });
    found++;
  }
  assert(refused > 1000 && found > 0, `${refused} refused, ${found} found`);
});
