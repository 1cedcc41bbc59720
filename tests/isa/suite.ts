// What is one run of the generator? A Suite: the snippets of a group for a seed, several inputs for each, and
// the image that carries them.

import { makeElf, type Segment } from "./elf.ts";
import { le } from "./encode.ts";
import { GROUPS, snippetAt } from "./groups.ts";
import * as L from "./layout.ts";
import { assembleRunner, dataSegment, type Runner } from "./program.ts";
import { Rng } from "./rng.ts";
import type { Snippet } from "./snippet.ts";
import { ALL, DF } from "./undefined_flags.ts";

export interface Suite {
  group: string;
  seed: number;
  layout: L.Layout;
  kind: L.Kind;
  snippets: Snippet[];
  runsPerSnippet: number;
  runner: Runner;
  segments: Segment[];
  /** The records as the program starts. */
  records: Uint8Array<ArrayBuffer>;
}

const RUNS_PER_SNIPPET = 8;

/** Makes `count` snippets of `group` from `seed`. */
export function makeSuite(group: string, seed: number, count: number): Suite {
  const definition = GROUPS[group];
  if (!definition) throw new Error(`no group ${group}; there are ${Object.keys(GROUPS).join(", ")}`);
  const layout = seed & 1 ? L.LOW : L.HIGH;
  let hash = seed;
  for (const c of group) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193);
  const rng = new Rng(hash);
  const snippets: Snippet[] = [];
  let address = layout.base + L.SNIPPETS;
  for (let i = 0; i < count; i++) {
    // Snippets at varied distances, now and then across a page boundary.
    address += rng.below(16);
    const s = snippetAt(rng, layout, group, address);
    const [least, most] = definition.length ?? [1, 6];
    for (let n = rng.chance(30) ? least : rng.between(least, most); n > 0; n--) definition.make(s);
    snippets.push(s);
    address = s.here + 5;
  }
  return assembleSuite(
    group,
    seed,
    layout,
    definition.kind ?? "int",
    snippets,
    RUNS_PER_SNIPPET,
    (s, view) => {
      fillRecord(rng, s, view, definition.kind ?? "int");
    },
  );
}

/** Puts snippets and inputs together as an image. */
export function assembleSuite(
  group: string,
  seed: number,
  layout: L.Layout,
  kind: L.Kind,
  snippets: Snippet[],
  runsPerSnippet: number,
  fill: (s: Snippet, record: DataView<ArrayBuffer>, run: number) => void,
): Suite {
  const runner = assembleRunner(layout, kind);
  const last = snippets[snippets.length - 1];
  const code = new Uint8Array(last.here + 16 - layout.base - L.RUNNER);
  code.set(runner.code);
  for (const s of snippets) {
    const at = s.address - layout.base - L.RUNNER;
    code.set(s.bytes, at);
    code.set([0xe9, ...le(runner.epilogue - (s.here + 5), 4)], at + s.bytes.length);
  }
  const size = L.recordBytes(kind);
  const records = new Uint8Array(size * snippets.length * runsPerSnippet);
  snippets.forEach((s, i) => {
    for (let run = 0; run < runsPerSnippet; run++) {
      const view = new DataView(records.buffer, size * (i * runsPerSnippet + run), size);
      L.put64(view, L.R_CODE, s.address);
      fill(s, view, run);
    }
  });
  const data = dataSegment(layout, runner, records.length);
  const { base } = layout;
  const none = new Uint8Array(0);
  const segments: Segment[] = [
    { address: base + L.RUNNER, bytes: code, size: code.length, write: false, execute: true },
    { address: base + L.DATA, bytes: data, size: L.DATA_BYTES, write: true, execute: false },
    { address: base + L.SCRATCH, bytes: none, size: L.SCRATCH_PAGES * 4096, write: true, execute: false },
    { address: base + L.READ_ONLY, bytes: new Uint8Array(4096), size: 4096, write: false, execute: false },
    { address: L.RECORDS, bytes: records, size: records.length, write: true, execute: false },
  ];
  return { group, seed, layout, kind, snippets, runsPerSnippet, runner, segments, records };
}

export function suiteElf(suite: Suite): Uint8Array<ArrayBuffer> {
  return makeElf(suite.segments, suite.runner.entry);
}

function fillRecord(rng: Rng, s: Snippet, record: DataView<ArrayBuffer>, kind: L.Kind): void {
  for (let i = 0; i < 2 * L.WINDOW_BYTES; i += 8) {
    if (kind !== "int" && s.lanes !== "int" && rng.chance(80)) {
      fillLane(rng, s.lanes, record, L.R_WINDOWS + i);
    } else if (rng.chance(10)) fillLane(rng, "int", record, L.R_WINDOWS + i);
    else {
      record.setInt32(L.R_WINDOWS + i, rng.next(), true);
      record.setInt32(L.R_WINDOWS + i + 4, rng.next(), true);
    }
  }
  s.fillRegisters(rng, record);
  const flags = rng.next() & ALL | (s.randomDf && rng.chance(30) ? DF : 0) | 0x202;
  L.put64(record, L.R_FLAGS, flags);
  if (kind === "int") return;
  for (let i = 0; i < 32; i++) fillLane(rng, s.lanes, record, L.R_XMM + 8 * i);
  if (kind === "avx") { for (let i = 0; i < 32; i++) fillLane(rng, s.lanes, record, L.R_UPPER + 8 * i); }
  const rounding = s.randomRounding && rng.chance(40) ? rng.below(4) : 0;
  // Sticky PE lets the translator take its fast paths; DAZ and FTZ flush denormals.
  const more = !s.randomRounding
    ? 0
    : rng.chance(10)
    ? rng.pick([0x40, 0x8000, 0x8040])
    : rng.chance(60)
    ? 0x20
    : 0;
  const unmasked = s.randomRounding && rng.chance(8) ? rng.below(64) : 0;
  record.setInt32(L.R_MXCSR, 0x1f80 & ~(unmasked << 7) | rounding << 13 | more, true);
  const precision = s.randomRounding && rng.chance(20) ? rng.pick([0, 2]) : 3;
  record.setInt16(L.R_X87, 0x37f & ~0x300 & ~unmasked | precision << 8 | rounding << 10, true);
  fillX87(rng, s, record);
}

function fillLane(rng: Rng, lanes: Snippet["lanes"], record: DataView, offset: number): void {
  if (lanes === "int") rng.value64();
  else if (lanes === "f64") rng.float64();
  else {
    rng.lo = rng.float32();
    rng.hi = rng.float32();
  }
  record.setInt32(offset, rng.lo, true);
  record.setInt32(offset + 4, rng.hi, true);
}

/** The FNSAVE image: empty, or TOP and some valid registers. */
function fillX87(rng: Rng, s: Snippet, record: DataView): void {
  const used = s.usesX87 ? rng.chance(10) ? 8 : rng.between(1, 6) : 0;
  const top = (8 - used) & 7;
  record.setInt16(L.R_X87 + 4, top << 11, true);
  let tags = 0xffff;
  for (let i = 0; i < used; i++) {
    const at = L.R_X87 + 28 + 10 * i;
    rng.float64();
    const tag = putExtended(rng, record, at);
    tags = tags & ~(3 << 2 * (top + i & 7)) | tag << 2 * (top + i & 7);
  }
  record.setInt16(L.R_X87 + 8, tags, true);
  if (s.usesMmx) fillMmx(rng, s, record);
}

const CONDITIONS = 0x4700, ERROR_SUMMARY = 0x8080, EXCEPTIONS = 0x3f;

/** Over fillX87's image: packed integers in all registers, condition codes, and a pending exception now and then. */
function fillMmx(rng: Rng, s: Snippet, record: DataView): void {
  for (let i = 0; i < 8; i++) {
    const at = L.R_X87 + 28 + 10 * i;
    fillLane(rng, rng.chance(70) ? "int" : s.lanes, record, at);
    if (rng.chance(30)) record.setInt16(at + 8, -1, true);
  }
  const masked = record.getUint16(L.R_X87, true) & EXCEPTIONS;
  let status = record.getUint16(L.R_X87 + 4, true) | rng.next() & (CONDITIONS | masked);
  if (rng.chance(4)) {
    const pending = 1 << rng.below(6);
    record.setUint16(L.R_X87, record.getUint16(L.R_X87, true) & ~pending, true);
    status |= pending | ERROR_SUMMARY;
  }
  record.setUint16(L.R_X87 + 4, status, true);
}

/** An 80-bit value made of a double's bits and some more; returns its tag. */
function putExtended(rng: Rng, record: DataView, at: number): number {
  const sign = rng.lo & 1 ? 0x8000 : 0;
  const kind = rng.below(20);
  const [high, low, exponent] = kind === 0 ? [0, 0, 0] : kind === 1
    ? [0x8000_0000, 0, 0x7fff] // infinity
    : kind === 2
    ? [0xc000_0000 | rng.below(1000), rng.next(), 0x7fff] // quiet NaN
    : kind === 3
    ? [0x8000_0000 | rng.below(1000) << 4, rng.next() | 1, 0x7fff] // signalling NaN
    : kind === 4
    ? [rng.next() >>> 1, rng.next(), 0] // denormal
    : kind < 9
    ? [0x8000_0000 | rng.below(256) << 23, 0, 16383 + rng.between(-2, 9)] // short
    : kind < 12
    ? [0x8000_0000 | rng.next(), rng.next(), rng.between(1, 0x7ffe)]
    : [0x8000_0000 | rng.next(), rng.next(), 16383 + rng.between(-66, 66)];
  record.setInt32(at, low, true);
  record.setInt32(at + 4, high, true);
  record.setInt16(at + 8, sign | exponent, true);
  return exponent === 0x7fff || (exponent === 0 && (high || low)) ? 2 : exponent === 0 ? 1 : 0;
}
