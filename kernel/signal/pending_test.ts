import { assertEquals } from "@std/assert";
import { PendingSignals } from "./pending.ts";
import type { SignalInfo } from "./info.ts";
import { SIGSEGV, SIGTERM, SIGUSR1 } from "./numbers.ts";

const info = (signo: number, value = 0): SignalInfo => ({ signo, code: -1, pid: 1, uid: 0, value });

Deno.test("a standard signal is pending once, a real-time one as often as sent, in order", () => {
  const pending = new PendingSignals();
  assertEquals([pending.add(info(SIGUSR1, 1)), pending.add(info(SIGUSR1, 2))], [true, false]);
  for (const value of [1, 2, 3]) assertEquals(pending.add(info(40, value)), true);
  assertEquals(pending.take(SIGUSR1).value, 1);
  assertEquals(pending.has(SIGUSR1), false);
  assertEquals([1, 2, 3].map(() => pending.take(40).value), [1, 2, 3]);
  assertEquals(pending.empty, true);
});

Deno.test("faults go first, then the lowest number; blocked ones wait", () => {
  const pending = new PendingSignals();
  for (const signo of [64, 33, SIGTERM, SIGSEGV, SIGUSR1]) pending.add(info(signo));
  assertEquals(pending.next(0, 0), SIGSEGV);
  pending.take(SIGSEGV);
  assertEquals(pending.next(0, 0), SIGUSR1);
  assertEquals(pending.next(1 << (SIGUSR1 - 1), 0), SIGTERM);
  assertEquals(pending.next(-1, 0), 33);
  assertEquals(pending.next(-1, 1), 64);
  assertEquals(pending.next(-1, -1), 0);
});

Deno.test("the quota counts queued signals and gets them back", () => {
  const quota = { count: 0 }, pending = new PendingSignals();
  pending.add(info(40), quota);
  pending.add(info(41), quota);
  pending.add(info(40), quota);
  assertEquals(quota.count, 3);
  pending.take(40);
  pending.discard(0, 1 << (41 - 33));
  assertEquals(quota.count, 1);
  pending.clear();
  assertEquals(quota.count, 0);
});

Deno.test("a signal whose siginfo was lost comes as sent by nobody", () => {
  const pending = new PendingSignals();
  pending.mark(SIGTERM);
  assertEquals(pending.take(SIGTERM), { signo: SIGTERM, code: 0, pid: 0, uid: 0 });
  assertEquals(pending.empty, true);
});
