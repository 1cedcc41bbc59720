import { assertEquals, assertMatch } from "@std/assert";
import { EAGAIN, EDEADLK } from "../../kernel/abi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK } from "../../kernel/abi/fcntl.ts";
import { Tmpfs } from "../tmpfs.ts";
import {
  lockQueue,
  locksHeld,
  locksText,
  releaseLocks,
  setFlock,
  setLock,
  testLock,
  waitForLock,
} from "./locks.ts";
import { TestFrames } from "./test_support.ts";

const a = { name: "a" }, b = { name: "b" };
const lock = (owner: object, type: number, start: number, end: number) => ({
  owner,
  pid: 1,
  type,
  start,
  end,
});

function inode() {
  return new Tmpfs(new TestFrames(), { dev: 5 }).root;
}

Deno.test("locks: records split, merge and keep others out", () => {
  const file = inode();
  assertEquals(setLock(file, lock(a, F_WRLCK, 0, 100)), 0);
  assertEquals(setLock(file, lock(a, F_UNLCK, 40, 60)), 0);
  assertEquals(locksHeld(file).map((l) => [l.start, l.end]), [[0, 40], [60, 100]]);
  assertEquals(setLock(file, lock(b, F_RDLCK, 40, 60)), 0);
  assertEquals(setLock(file, lock(b, F_RDLCK, 39, 60)), -EAGAIN);
  assertEquals(testLock(file, lock(b, F_RDLCK, 70, Infinity))?.start, 60);
  assertEquals(setLock(file, lock(b, F_UNLCK, 0, Infinity)), 0);
  assertEquals(setLock(file, lock(a, F_WRLCK, 40, 60)), 0);
  assertEquals(locksHeld(file).map((l) => [l.start, l.end]), [[0, 100]]);
  assertEquals(setLock(file, lock(a, F_RDLCK, 10, 20)), 0);
  assertEquals(locksHeld(file).map((l) => [l.type, l.start, l.end]), [
    [F_WRLCK, 0, 10],
    [F_RDLCK, 10, 20],
    [F_WRLCK, 20, 100],
  ]);
  let woken = 0;
  lockQueue(file).add({ wake: () => void woken++ });
  releaseLocks(file, a);
  assertEquals([woken, locksHeld(file).length], [1, 0]);
});

Deno.test("locks: two that wait for each other", () => {
  const one = inode(), two = inode();
  setLock(one, lock(a, F_WRLCK, 0, 1));
  setLock(two, lock(b, F_WRLCK, 0, 1));
  assertEquals(waitForLock(two, lock(a, F_WRLCK, 0, 1)), 0);
  assertEquals(waitForLock(one, lock(b, F_WRLCK, 0, 1)), -EDEADLK);
});

Deno.test("locks: flock", () => {
  const file = inode();
  assertEquals(setFlock(file, a, F_RDLCK, 1), 0);
  assertEquals(setFlock(file, b, F_RDLCK, 1), 0);
  assertEquals(setFlock(file, a, F_WRLCK, 1), -EAGAIN);
  assertEquals(setFlock(file, b, F_UNLCK, 1), 0);
  assertEquals(setFlock(file, a, F_WRLCK, 1), 0);
  assertMatch(locksText(), /^\d+: FLOCK {2}ADVISORY {2}WRITE 1 00:05:\d+ 0 EOF$/m);
});
