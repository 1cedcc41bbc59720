import { assert, assertEquals } from "@std/assert";
import { reclaimers } from "../../fs/vfs/pages.ts";
import { FRAME_CODE, frameFlags, U8 } from "../../translator/ram.ts";
import { Frames } from "./frames.ts";

// An allocator of its own hands out the same frames as the machine's: each test file runs in an isolate of its own, so
// only this one is used here.
const frames = new Frames(64 * 4096);

Deno.test("Frames zeroes what was used before", () => {
  const frame = frames.allocate();
  assert(frame > 0);
  assertEquals(frames.count(frame), 1);
  U8.fill(7, frame * 4096, frame * 4096 + 4096);
  frames.release(frame);
  const again = frames.allocate();
  assertEquals(again, frame);
  assert(U8.subarray(again * 4096, again * 4096 + 4096).every((byte) => byte === 0));
  frames.release(again);
});

Deno.test("Frames counts references", () => {
  const frame = frames.allocate();
  const used = frames.used;
  frames.retain(frame);
  frames.release(frame);
  assertEquals(frames.used, used);
  frames.release(frame);
  assertEquals(frames.used, used - 1);
});

Deno.test("Frames hands out contiguous runs and takes them back", () => {
  const used = frames.used;
  const run = frames.allocateRun(9);
  U8[run * 4096 + 5 * 4096] = 1;
  assertEquals(frames.used, used + 9);
  frames.releaseRun(run, 9);
  assertEquals(frames.used, used);
  const again = frames.allocateRun(9);
  assertEquals(again, run);
  assertEquals(U8[run * 4096 + 5 * 4096], 0);
  frames.releaseRun(again, 9);
});

Deno.test("Frames returns 0 at its limit and asks those who can spare some first", () => {
  const held: number[] = [];
  for (let frame = frames.allocate(); frame !== 0; frame = frames.allocate()) held.push(frame);
  assertEquals(frames.free, 0);
  assertEquals(frames.allocateRun(3), 0);
  const spare = () => {
    frames.release(held.pop()!);
    return 1;
  };
  reclaimers.add(spare);
  const frame = frames.allocate();
  assert(frame !== 0);
  reclaimers.delete(spare);
  frames.release(frame);
  held.forEach((frame) => frames.release(frame));
});

Deno.test("Frames tells when code changes or goes", () => {
  const told: number[] = [];
  frames.onCode = (frame) => {
    told.push(frame);
    frameFlags[frame] &= ~FRAME_CODE;
  };
  const frame = frames.allocate();
  frames.touch(frame);
  assertEquals(told, []);
  frameFlags[frame] |= FRAME_CODE;
  frames.touch(frame);
  assertEquals(told, [frame]);
  frameFlags[frame] |= FRAME_CODE;
  frames.release(frame);
  assertEquals(told, [frame, frame]);
  assertEquals(frameFlags[frame], 0);
});
