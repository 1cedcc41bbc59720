// What bytes does the fuzzer feed? Random ones behind the beginnings of opcodes, instructions of the generator's groups with bytes changed, dropped
// and doubled, and pieces of both together. Registers and memory are random, too, with many pointers into the pages that there are.

import { GROUPS, snippetAt } from "../groups.ts";
import { type Layout, MIDDLE, READ_ONLY } from "../layout.ts";
import { Rng } from "../rng.ts";
import type { Snippet } from "../snippet.ts";
import * as C from "./case.ts";

/** Opcode bytes that random bytes alone seldom reach. */
export const STARTS: readonly (readonly number[])[] = [
  [0x0f],
  [0x66, 0x0f],
  [0xf3, 0x0f],
  [0xf2, 0x0f],
  [0x0f, 0x38],
  [0x0f, 0x3a],
  [0x66, 0x0f, 0x38],
  [0x66, 0x0f, 0x3a],
  [0xf2, 0x0f, 0x38],
  [0xd8],
  [0xd9],
  [0xda],
  [0xdb],
  [0xdc],
  [0xdd],
  [0xde],
  [0xdf],
  [0xf3],
  [0xf2],
  [0xf3, 0x48],
  [0x48],
  [0x41],
  [0x66],
  [0x67],
  [0x67, 0x66],
  [0xf0],
  [0xf0, 0x48],
  [0x64],
  [0x65],
  [0xff],
  [0x0f, 0xae],
  [0x0f, 0xc7],
  [0x0f, 0x01],
];
const VEX3 = [0xe1, 0xe2, 0xe3, 0xc1, 0xc2, 0xc3, 0x61, 0x62, 0x63];
const PREFIXES = [0x66, 0xf2, 0xf3, 0xf0, 0x67, 0x48, 0x41, 0x44, 0x64, 0x65, 0x2e, 0x4f];
const GROUP_NAMES = Object.keys(GROUPS);

/** A conditional jump or LOOP back into the case, so that code runs more than once. */
const BACK = [0x70, 0x72, 0x74, 0x75, 0x78, 0x7a, 0x7c, 0x7f, 0xe0, 0xe2, 0xe3];

function randomPiece(rng: Rng): number[] {
  const bytes: number[] = [];
  if (rng.chance(20)) {
    bytes.push(0xc4, rng.pick(VEX3), rng.next() & 255);
    if (rng.chance(60)) bytes[2] = bytes[2]! & 0x7f | 0x78; // mostly without a second source
  } else if (rng.chance(15)) bytes.push(0xc5, rng.next() & 255);
  else if (rng.chance(70)) bytes.push(...rng.pick(STARTS));
  for (let n = rng.between(1, 6); n > 0; n--) bytes.push(rng.next() & 255);
  return bytes;
}

function mutate(rng: Rng, bytes: number[]): void {
  for (let n = rng.below(3); n > 0; n--) {
    const at = rng.below(bytes.length);
    switch (rng.below(6)) {
      case 0:
        bytes[at] = rng.next() & 255;
        break;
      case 1:
      case 2:
        bytes[at] = bytes[at]! ^ 1 << rng.below(8);
        break;
      case 3:
        bytes.splice(at, 1);
        break;
      case 4:
        bytes.splice(at, 0, rng.pick(PREFIXES));
        break;
      default:
        bytes.splice(at, 0, ...bytes.slice(at, at + rng.between(1, 4)));
    }
    if (bytes.length === 0) bytes.push(0x90);
  }
}

/** Makes a batch of `count` cases. */
export function makeBatch(seed: number, count: number): C.Batch {
  const rng = new Rng(seed ^ 0x66757a7a), layout = C.layoutOf(seed);
  const cases = new Uint8Array(C.CASE_BYTES * count);
  for (let i = 0; i < count; i++) {
    makeCase(rng, layout, new DataView(cases.buffer, C.CASE_BYTES * i, C.CASE_BYTES));
  }
  return { seed, layout, count, cases };
}

function makeCase(rng: Rng, layout: Layout, view: DataView<ArrayBuffer>): void {
  // Mostly anywhere in a page, often at its end.
  const offset = rng.chance(25) ? 4096 * rng.between(1, 3) - rng.between(1, 30) : rng.below(0x3000);
  const address = layout.base + C.CODE_AT + offset;
  const bytes: number[] = [];
  const group = rng.pick(GROUP_NAMES), definition = GROUPS[group]!;
  const snippet = snippetAt(rng, layout, group, address);
  for (let n = rng.between(1, 6); n > 0; n--) {
    if (rng.chance(35)) bytes.push(...randomPiece(rng));
    else {
      const from = snippet.bytes.length;
      definition.make(snippet);
      const made = snippet.bytes.slice(from);
      if (rng.chance(70) && made.length > 0) mutate(rng, made);
      bytes.push(...made);
    }
    if (rng.chance(6)) bytes.push(rng.pick(BACK), -rng.between(2, bytes.length + 8) & 255);
  }
  bytes.length = Math.min(bytes.length, C.CODE_ROOM);
  new Uint8Array(view.buffer, view.byteOffset + C.CODE, bytes.length).set(bytes);
  view.setInt32(C.CODE_BYTES, bytes.length, true);
  view.setInt32(C.SEED, rng.next(), true);
  snippet.fillRegisters(rng, view);
  if (rng.chance(50)) scatterPointers(rng, layout, view);
  put(view, C.RIP, address);
  view.setInt32(C.RFLAGS, rng.next() & 0x8d5 | (rng.chance(10) ? 0x400 : 0) | 0x202, true);
  floatingPoint(rng, snippet, view);
}

function put(view: DataView, at: number, value: number): void {
  view.setBigInt64(at, BigInt(value), true);
}

/** Pointers and small numbers in registers that random code may use for anything. */
function scatterPointers(rng: Rng, layout: Layout, view: DataView): void {
  for (let r = 0; r < 16; r++) {
    if (r !== 4 && !rng.chance(50)) continue;
    switch (rng.below(12)) {
      case 0:
        put(view, 8 * r, layout.base + C.CODE_AT + rng.below(C.CODE_SIZE));
        break;
      case 1:
        put(view, 8 * r, layout.base + READ_ONLY + rng.below(4096));
        break;
      case 2:
      case 3:
        put(view, 8 * r, rng.between(-20, 40));
        break;
      case 4:
        put(view, 8 * r, layout.base + C.DATA_AT + 4096 - rng.below(16));
        break;
      case 5:
        put(view, 8 * r, layout.base + C.DATA_AT + C.DATA_SIZE - rng.below(64));
        break;
      default:
        put(view, 8 * r, layout.base + MIDDLE + 64 * rng.between(-40, 40));
    }
  }
}

function floatingPoint(rng: Rng, s: Snippet, view: DataView): void {
  for (let i = 0; i < 64; i++) {
    if (s.lanes === "int") rng.value64();
    else if (s.lanes === "f64") rng.float64();
    else {
      rng.lo = rng.float32();
      rng.hi = rng.float32();
    }
    view.setInt32(C.YMM + 8 * i, rng.lo, true);
    view.setInt32(C.YMM + 8 * i + 4, rng.hi, true);
  }
  const unmasked = rng.chance(6) ? rng.below(64) : 0;
  const odd = rng.chance(10);
  view.setInt32(
    C.MXCSR,
    0x1f80 & ~(unmasked << 7) | (odd ? rng.below(4) << 13 | rng.pick([0, 0x20, 0x40, 0x8000]) : 0),
    true,
  );
  const top = rng.below(8);
  view.setInt16(
    C.FCW,
    0x37f & ~unmasked | (odd ? rng.below(4) << 10 : 0) & (rng.chance(90) ? ~0 : ~0x100),
    true,
  );
  view.setInt16(C.FSW, top << 11 | (rng.chance(20) ? rng.next() & 0x4700 : 0), true);
  let used = 0;
  for (let i = 0; i < 8; i++) {
    if (rng.chance(65)) used |= 1 << (top + i & 7);
    rng.float64();
    const exponent = rng.chance(85) ? 16383 + rng.between(-70, 70) : rng.pick([0, 0x7fff, 1, 0x7ffe]);
    view.setInt32(C.ST + C.ST_BYTES * i, rng.lo, true);
    view.setInt32(C.ST + C.ST_BYTES * i + 4, rng.chance(95) ? rng.hi | -0x8000_0000 : rng.hi, true);
    view.setInt16(C.ST + C.ST_BYTES * i + 8, exponent | (rng.chance(50) ? 0x8000 : 0), true);
  }
  view.setInt16(C.FTW, used, true);
}
