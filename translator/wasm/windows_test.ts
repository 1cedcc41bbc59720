import { assert } from "@std/assert";
import { WINDOW_BYTES, WINDOW_COUNT, WINDOWS } from "../ram.ts";
import { MOST_WINDOWS, NO_WINDOW, STACK_WINDOW, windowAt } from "./windows.ts";

Deno.test("no window that is written through lies where one that is only read may lie", () => {
  const places = [false, true].map((writable) => {
    const found = new Set<number>();
    for (let k = 0; k < 20000; k++) {
      const entry = 0x7fff_b000_0000 + 37 * k, own = new Set<number>();
      for (let n = 0; n < MOST_WINDOWS; n++) own.add(windowAt(entry, n, writable));
      assert(own.size === MOST_WINDOWS);
      for (const at of own) found.add(at);
    }
    return found;
  });
  for (const at of places[0]!) {
    assert(!places[1]!.has(at));
    assert(at >= WINDOWS && at < WINDOWS + WINDOW_COUNT * WINDOW_BYTES);
    assert(at !== STACK_WINDOW && at !== NO_WINDOW);
  }
});
