// Which instructions of a failing snippet matter? One after another is replaced by NOPs, so that addresses stay, and the
// replacement kept when the case still fails.

import { compareRecords, type Mismatch } from "./compare.ts";
import type { InProcess } from "./in_process.ts";
import * as L from "./layout.ts";
import { runOracle } from "./oracle.ts";
import type { PlacedInstruction, Snippet } from "./snippet.ts";
import { assembleSuite, type Suite } from "./suite.ts";
import { NONE } from "./undefined_flags.ts";

export interface Minimal {
  suite: Suite;
  expected: Uint8Array;
  actual: Uint8Array;
  mismatch: Mismatch;
}

type Code = Pick<Snippet, "bytes" | "instructions" | "undefined" | "everUndefined">;

/** The smallest case that still fails, or undefined when the case alone does not fail. */
export async function minimise(suite: Suite, m: Mismatch, process: InProcess): Promise<Minimal | undefined> {
  const size = L.recordBytes(suite.kind);
  const at = size * (m.snippet * suite.runsPerSnippet + m.run);
  const input = suite.records.slice(at, at + size);
  const original = suite.snippets[m.snippet];
  let best = await attempt(suite, original, original, input, process);
  if (!best) return undefined;
  for (let i = original.instructions.length - 1; i >= 0; i--) {
    const code = without(best.suite.snippets[0], i);
    const smaller: Minimal | undefined = code && await attempt(suite, original, code, input, process);
    if (smaller) best = smaller;
  }
  return best;
}

async function attempt(
  suite: Suite,
  original: Snippet,
  code: Code,
  input: Uint8Array,
  process: InProcess,
): Promise<Minimal | undefined> {
  const snippet: Snippet = Object.create(original, {
    bytes: { value: code.bytes },
    instructions: { value: code.instructions },
    undefined: { value: code.undefined },
    everUndefined: { value: code.everUndefined },
    here: { value: original.address + code.bytes.length },
  });
  const single = assembleSuite(
    suite.group,
    suite.seed,
    suite.layout,
    suite.kind,
    [snippet],
    1,
    (_, record) => {
      new Uint8Array(record.buffer, record.byteOffset, input.length).set(input);
    },
  );
  const [expected, actual] = [await runOracle(single), process.run(single)];
  const [mismatch] = compareRecords(single, expected, actual);
  return mismatch && { suite: single, expected, actual, mismatch };
}

/** The code with instruction `n` replaced, unless a later one would then read undefined flags. */
function without(s: Snippet, n: number): Code | undefined {
  const instructions: PlacedInstruction[] = s.instructions.map((i, k) =>
    k === n ? { ...i, effect: NONE } : i
  );
  let undef = 0, ever = 0;
  for (const { effect } of instructions) {
    if (undef & effect.reads) return undefined;
    undef = (undef & ~effect.writes) | effect.undefined;
    ever |= effect.undefined;
  }
  const bytes = [...s.bytes];
  const { offset, length } = s.instructions[n];
  bytes.fill(0x90, offset, offset + length);
  return { bytes, instructions, undefined: undef, everUndefined: ever };
}
