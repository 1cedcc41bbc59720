import { assert, assertEquals } from "@std/assert";
import { EXTENT_ADDEND, EXTENT_LENGTH, EXTENT_MARGIN } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { Extents, EXTENTS_BYTES } from "./extents.ts";
import { frames } from "./frames.ts";

const BASE = 0x7fff_1234_0000, ADDEND = 0x123000;
const page = (n: number) => BASE + n * 4096;

function extents(): Extents {
  return new Extents(frames.allocateRun(EXTENTS_BYTES / 4096 + 1) << 10);
}

/** First page, number of pages and addend that a record gives. */
function read(record: number): { first: number; pages: number; addend: number } {
  const at = record / 4, length = I32[at + EXTENT_LENGTH / 4]!;
  const first = I32[at + 1]! * 0x1_0000_0000 + (I32[at]! >>> 0);
  return {
    first: (first - BASE) / 4096,
    pages: length === 0 ? 0 : (length + EXTENT_MARGIN) / 4096,
    addend: I32[at + EXTENT_ADDEND / 4]!,
  };
}

Deno.test("neighbouring pages with one addend become one extent", () => {
  const e = extents();
  const first = e.join(page(4), ADDEND, true);
  assertEquals(read(first), { first: 4, pages: 1, addend: ADDEND });
  assertEquals(e.join(page(5), ADDEND, true), first);
  assertEquals(e.join(page(3), ADDEND, false), first);
  assertEquals(read(first), { first: 3, pages: 3, addend: ADDEND });
  assertEquals(e.join(page(4), ADDEND, true), first);
  // Another addend: another extent, and none where none may begin.
  const other = e.join(page(6), ADDEND + 4096, true);
  assert(other !== first);
  assertEquals(e.join(page(8), ADDEND, false), 0);
  assertEquals(e.count, 2);
  assertEquals(e.gaps(10), []);
});

Deno.test("a page between two extents joins them: the larger one keeps its record, the other's is empty", () => {
  const e = extents();
  const small = e.join(page(0), ADDEND, true), large = e.join(page(2), ADDEND, true);
  e.join(page(3), ADDEND, true);
  assertEquals(e.gaps(1), [[page(1) / 4096, page(2) / 4096]]);
  assertEquals(e.join(page(1), ADDEND, true), large);
  assertEquals(read(large), { first: 0, pages: 4, addend: ADDEND });
  assertEquals(read(small).pages, 0);
  assertEquals(e.count, 1);
});

Deno.test("a page that goes cuts its extent", () => {
  const e = extents();
  let record = 0;
  for (let n = 0; n < 8; n++) record = e.join(page(n), ADDEND, true);
  e.remove(page(0));
  e.remove(page(7));
  e.remove(page(100));
  assertEquals(read(record), { first: 1, pages: 6, addend: ADDEND });
  e.remove(page(3));
  assertEquals(read(record), { first: 1, pages: 2, addend: ADDEND });
  const rest = e.join(page(5), ADDEND, false);
  assertEquals(read(rest), { first: 4, pages: 3, addend: ADDEND });
  // By frame: that of page 5.
  e.removeFrame(((page(5) | 0) + ADDEND | 0) >>> 12);
  assertEquals(read(rest), { first: 4, pages: 1, addend: ADDEND });
  assertEquals(read(e.join(page(6), ADDEND, false)), { first: 6, pages: 1, addend: ADDEND });
  e.clear();
  assertEquals(e.count, 0);
  for (const r of [record, rest]) assertEquals(read(r).pages, 0);
});

Deno.test("extents are bounded in number, and their records are used again", () => {
  const e = extents();
  const records = new Set<number>();
  for (let n = 0; n < 200; n++) records.add(e.join(page(2 * n), ADDEND, true));
  assert(records.has(0));
  assertEquals(e.count, records.size - 1);
  for (let n = 0; n < 20; n++) e.remove(page(2 * n));
  for (let n = 0; n < 20; n++) assert(records.has(e.join(page(1000 + 2 * n), ADDEND, true)));
  assertEquals(e.count, records.size - 1);
});
