import { assert, assertEquals } from "@std/assert";
import { LoadAverage } from "./load_average.ts";

const MINUTE = 60e9;

Deno.test("one task that always runs brings the averages towards 1", () => {
  const load = new LoadAverage();
  for (let ns = 0; ns <= MINUTE; ns += 10e6) load.report(ns, 1);
  const [one, five, fifteen] = load.values(MINUTE);
  assert(Math.abs(one - (1 - Math.exp(-1))) < 0.01, String(one));
  assert(Math.abs(five - (1 - Math.exp(-1 / 5))) < 0.01, String(five));
  assert(Math.abs(fifteen - (1 - Math.exp(-1 / 15))) < 0.01, String(fifteen));
});

Deno.test("samples that nobody took count as what was last reported", () => {
  const load = new LoadAverage();
  load.report(0, 0);
  load.report(1e9, 2);
  load.report(10 * MINUTE, 0);
  assert(load.values(10 * MINUTE)[0] > 1.99);
  assert(load.values(20 * MINUTE)[0] < 0.01);
  assertEquals(new LoadAverage().values(5), [0, 0, 0]);
});
