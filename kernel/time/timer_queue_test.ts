import { assertEquals } from "@std/assert";
import { Timer, TimerQueue } from "./timer_queue.ts";

Deno.test("timers fire in the order of their deadlines, whatever was armed, moved and cancelled before", () => {
  const queue = new TimerQueue(), fired: number[] = [];
  const timers = Array.from({ length: 200 }, () => new Timer((timer) => fired.push(deadlines.get(timer)!)));
  const deadlines = new Map<Timer, number>();
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 0x7fffffff) % 1000;
  for (let i = 0; i < 2000; i++) {
    const timer = timers[random() % timers.length];
    if (random() < 300) {
      queue.cancel(timer);
      deadlines.delete(timer);
    } else {
      const at = random();
      queue.arm(timer, at);
      deadlines.set(timer, at);
    }
  }
  const expected = [...deadlines.values()].sort((a, b) => a - b);
  assertEquals(queue.next, expected[0]);
  queue.expire(500);
  assertEquals(fired, expected.filter((at) => at <= 500));
  queue.expire(2000);
  assertEquals(fired, expected);
  assertEquals([queue.size, queue.next], [0, Infinity]);
});

Deno.test("a timer may arm itself again when it fires", () => {
  const queue = new TimerQueue();
  let count = 0;
  const timer = new Timer(() => {
    if (++count < 3) queue.arm(timer, count * 10);
  });
  queue.arm(timer, 0);
  assertEquals(queue.expire(100), 3);
  assertEquals(timer.armed, false);
});
