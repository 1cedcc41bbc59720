import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { FRAME_COUNT, PAGE_SIZE, U8 } from "../../translator/ram.ts";
import { BLOCK_FRAMES, FIRST_BLOCK_FRAME } from "./blocks.ts";
import { Frames } from "./frames.ts";

const PIECE = BLOCK_FRAMES * PAGE_SIZE;

Deno.test("pages of near pieces lie as far from each other in memory as in the address space", () => {
  const frames = new Frames(1000 * PAGE_SIZE), claims = frames.newClaims();
  const first = claims.place(100 * PIECE);
  assert(first >= FIRST_BLOCK_FRAME);
  for (const n of [1, -1, 5, -7]) assertEquals(claims.place((100 + n) * PIECE), first + n * BLOCK_FRAMES);
  assertEquals(claims.place(100 * PIECE + 3 * PAGE_SIZE + 17), first + 3);
  // Somebody else's pages lie elsewhere.
  const others = frames.newClaims();
  assert(Math.abs(others.place(100 * PIECE) - first) > 16 * BLOCK_FRAMES);
});

Deno.test("a frame that is taken is replaced by another one, and a used one is clean again", () => {
  const frames = new Frames(1000 * PAGE_SIZE), claims = frames.newClaims();
  const place = claims.place(0), frame = frames.allocateAt(place, true);
  assertEquals(frame, place);
  U8[frame * PAGE_SIZE + 5] = 1;
  const other = frames.allocateAt(place, true);
  assertNotEquals(other, place);
  frames.release(frame);
  assertEquals(frames.allocateAt(claims.place(0), true), place);
  assertEquals(U8[frame * PAGE_SIZE + 5], 0);
});

Deno.test("a block without frames in use is somebody else's when there are no others", () => {
  const frames = new Frames(1000 * PAGE_SIZE), first = frames.newClaims(), second = frames.newClaims();
  const kept = frames.allocateAt(first.place(0), true), place = first.place(100 * PIECE);
  let n = 1000;
  while (first.place(n++ * 100 * PIECE) !== 0 && n < 10000);
  assert(n < 10000);
  const places = new Set<number>();
  for (let k = 1; k < 10000; k++) places.add(second.place(k * 100 * PIECE));
  assert(places.has(place));
  assert(!places.has(kept));
});

Deno.test("blocks of address spaces that are gone are free when nobody uses a frame of them", () => {
  const frames = new Frames(1000 * PAGE_SIZE), first = frames.newClaims();
  const place = first.place(7 * PIECE);
  frames.release(frames.allocateAt(place, true));
  const kept = frames.allocateAt(first.place(7 * PIECE), true);
  assertEquals(kept, place);
  first.release();
  // Still in use by somebody who shares it: not to be claimed.
  const second = frames.newClaims();
  assertNotEquals(second.place(7 * PIECE), place);
  frames.release(kept);
  second.release();
  const third = frames.newClaims(), places: number[] = [];
  for (let n = 0; n < 180; n++) places.push(third.place(100 * n * PIECE));
  assert(places.includes(place));
  assertEquals(new Set(places.filter((p) => p !== 0)).size, places.filter((p) => p !== 0).length);
});

Deno.test("where nothing else is left, frames come from blocks, claimed or not", () => {
  const frames = new Frames(FRAME_COUNT * PAGE_SIZE), claims = frames.newClaims();
  const taken = frames.allocateAt(claims.place(0), false), seen = new Set<number>([taken]);
  for (let n = frames.free; n > 100; n--) {
    const frame = frames.allocateDirty();
    if (frame === 0 || seen.has(frame)) throw new Error(`frame ${frame} of ${seen.size}`);
    seen.add(frame);
  }
  assert(seen.has(taken + 1));
  const run = frames.allocateRun(20);
  assert(run > 0);
  for (let i = 0; i < 20; i++) assert(!seen.has(run + i));
  frames.releaseRun(run, 20);
  assertEquals(frames.allocateAt(taken, true) === taken, false);
});
