// A code file as it lies in physical memory, and the wasm functions that look things up in it. They run for every block of a warm start, most of
// which V8 would never come to optimise if they were JavaScript.
//
// An image is the file's content behind a header of its own (words IMAGE_*). Records are used where they lie: the first time, the file's numbers of
// shapes and objects are replaced by this run's. What does not add up then is never found again.

import { BOUNCE } from "../cpu.ts";
import { type Shape, SHAPE_MASK } from "../ir/words.ts";
import { I32, memory, RAM_BYTES, SCRATCH_PAGE } from "../ram.ts";
import { allotAligned } from "../threaded/arena.ts";
import { Code, F64, I32 as TYPE_I32, OP, VOID } from "../wasm/encoder.ts";
import { type FunctionBody, type FunctionType, wasmModule } from "../wasm/module.ts";
import { BYTES, HEAD, LINKS_MASK, LINKS_SHIFT } from "./record.ts";

/** Header: physical addresses of the tables, and their sizes. Of all numbers of bytes, the file gives those of words. */
const BUCKETS = 0, LAST_BUCKET = 1, KEYS = 2, PLACES = 3, WORDS = 4, WORD_COUNT = 5;
const SHAPES = 6, SHAPE_COUNT = 7, OBJECTS = 8, OBJECT_COUNT = 9;
/** One word for each record: 0 or, once its numbers are this run's, something else: ADOPTED or its node (threaded/finder.ts). */
export const IMAGE_STATES = 10;
const HEADER = 12;
export const ADOPTED = 1;

/** What an image is made from. */
export interface ImageParts {
  readonly keys: Float64Array;
  readonly places: Int32Array;
  readonly buckets: Int32Array;
  readonly words: Int32Array;
  readonly shapes: readonly Shape[];
  readonly objects: Int32Array;
}

/** Puts an image into physical memory; returns its address, 0 when there is no room. */
export function makeImage(parts: ImageParts): number {
  const { keys, places, buckets, words } = parts, count = keys.length;
  const size = HEADER + 2 * count + count + count + buckets.length + words.length + 2 * parts.shapes.length +
    parts.objects.length;
  const image = allotAligned(size);
  if (image === 0) return 0;
  let next = image + 4 * HEADER;
  const header = image >> 2;
  const table = (field: number, content: ArrayLike<number>) => {
    I32[header + field] = next;
    I32.set(content, next >> 2);
    next += 4 * content.length;
  };
  table(KEYS, new Int32Array(keys.buffer, keys.byteOffset, 2 * count));
  table(PLACES, places);
  table(BUCKETS, buckets);
  table(WORDS, words);
  table(SHAPES, shapeTable(parts.shapes));
  table(OBJECTS, parts.objects);
  I32[header + LAST_BUCKET] = buckets.length - 1;
  I32[header + WORD_COUNT] = words.length;
  I32[header + SHAPE_COUNT] = parts.shapes.length;
  I32[header + OBJECT_COUNT] = parts.objects.length;
  I32[header + IMAGE_STATES] = next;
  I32.fill(0, next >> 2, (next >> 2) + count);
  return image;
}

/** Bits of an operation's head that its shape says: words and end. */
const SHAPE_BITS = 0xf8000000 | 0, LINKS_AT = 15, OBJECT_MASK_AT = 16;

/** Two words a shape: our number, its links, and the bits of heads; which of the words are slots, and which numbers of objects. */
function shapeTable(shapes: readonly Shape[]): Int32Array {
  const table = new Int32Array(2 * shapes.length);
  shapes.forEach(({ id, def, words, links, slotWords, objectWords }, n) => {
    table[2 * n] = id | links << LINKS_AT | words << 27 | (def.ends ? 1 << 31 : 0);
    for (const word of slotWords) table[2 * n + 1]! |= 1 << word;
    for (const word of objectWords) table[2 * n + 1]! |= 1 << (word + OBJECT_MASK_AT);
  });
  return table;
}

/** Index in I32 of record `n`'s words, -1 when it has no place, and of what lies behind all records. */
export function recordAt(image: number, n: number): number {
  const place = I32[(I32[(image >> 2) + PLACES]! >> 2) + n - 1]!;
  return place < 0 ? -1 : (I32[(image >> 2) + WORDS]! >> 2) + place;
}
export function recordsEnd(image: number): number {
  return (I32[(image >> 2) + WORDS]! >> 2) + I32[(image >> 2) + WORD_COUNT]!;
}
export function isAdopted(image: number, n: number): boolean {
  return I32[stateOf(image, n)] !== 0;
}
/** The object that the file gives number `n` is known now. */
export function setObject(image: number, n: number, number: number): void {
  I32[(I32[(image >> 2) + OBJECTS]! >> 2) + n] = number;
}
/** Record `n` has our numbers; or it cannot be right, and is not there any longer. */
export function settle(image: number, n: number, right: boolean): void {
  if (right) I32[stateOf(image, n)] = ADOPTED;
  else I32[(I32[(image >> 2) + PLACES]! >> 2) + n - 1] = GONE;
}
function stateOf(image: number, n: number): number {
  return (I32[(image >> 2) + IMAGE_STATES]! >> 2) + n - 1;
}
/** A place that no record can have. */
const GONE = -1;

/** The number of an object that is not known yet, and what renumber() says then. */
export const UNKNOWN = -2;

/** What {@link Lookup.renumber} returns for operations of which only the last ends a block, and it has so many links. */
export const blockOfLinks = (links: number): number => 1 << 8 | 1 << 7 | links;

export interface Lookup {
  /** The number of the record with this key, from 1 on; 0: there is none. Its sizes may be anything. */
  find(image: number, key: number): number;
  /** Physical address of the block's record `n`, which lies within the image; 0 when it does not. */
  record(image: number, n: number): number;
  /** Makes the block's record `n`, which lies at this address, one with our numbers: 0 when it cannot be right. */
  adopt(image: number, n: number, record: number): number;
  /**
   * Gives operations between two addresses our numbers, `prefix` bytes before each; `write`: 0: only looks. -1 when they cannot be right, UNKNOWN when
   * they name an object that is not known yet; else ends of blocks << 8 | 1 << 7 when the last operation is one | its links.
   */
  renumber(image: number, from: number, end: number, prefix: number, write: number): number;
  /** Goes on with two sums (SUM_A, SUM_B) over `count` words. */
  sum(at: number, count: number): void;
}
/** Physical addresses of the sums: the last words of a page that nobody reads. */
const SUM_A: number = SCRATCH_PAGE + 4088, SUM_B: number = SCRATCH_PAGE + 4092;
/** Words that are summed at a time. */
const SUM_WORDS = 1020;

let functions: Lookup | undefined;
export function lookup(): Lookup {
  if (functions !== undefined) return functions;
  const bytes = wasmModule({ pages: RAM_BYTES / 65536, imports: [], globals: 0, functions: FUNCTIONS() });
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { m: memory, t: table } });
  return functions = exports as unknown as Lookup;
}

/** Two sums over all words. */
export function sums(words: Int32Array): [number, number] {
  const { sum } = lookup();
  I32[SUM_A >> 2] = 0x811c9dc5 | 0;
  I32[SUM_B >> 2] = words.length;
  for (let i = 0; i < words.length; i += SUM_WORDS) {
    const part = words.subarray(i, i + SUM_WORDS);
    I32.set(part, SCRATCH_PAGE >> 2);
    sum(SCRATCH_PAGE, part.length);
  }
  return [I32[SUM_A >> 2]!, I32[SUM_B >> 2]!];
}

const type = (...params: number[]): FunctionType => ({ params, results: [TYPE_I32] });
export const FIND: FunctionType = type(TYPE_I32, F64),
  RECORD: FunctionType = type(TYPE_I32, TYPE_I32),
  ADOPT: FunctionType = type(TYPE_I32, TYPE_I32, TYPE_I32);
const RENUMBER = type(TYPE_I32, TYPE_I32, TYPE_I32, TYPE_I32, TYPE_I32);
const SUM: FunctionType = { params: [TYPE_I32, TYPE_I32], results: [] };

const FUNCTIONS = (): FunctionBody[] => [
  { type: FIND, locals: Array(4).fill(TYPE_I32), code: emitFind(), name: "find" },
  { type: RECORD, locals: Array(4).fill(TYPE_I32), code: emitRecord(), name: "record" },
  { type: ADOPT, locals: Array(4).fill(TYPE_I32), code: emitAdopt(), name: "adopt" },
  { type: RENUMBER, locals: Array(8).fill(TYPE_I32), code: emitRenumber(), name: "renumber" },
  { type: SUM, locals: Array(3).fill(TYPE_I32), code: emitSum(), name: "sum" },
];
const RENUMBER_INDEX = 3;

/** Its multiplier; see bucketOf(). */
const HASH = 0x9e3779b1 | 0, HASH_SHIFT = 7;
/** Where the search for a key begins (open addressing), by its low word. */
export function bucketOf(key: number, buckets: number): number {
  const lo = key | 0;
  return (Math.imul(lo ^ lo >>> 15, HASH) >>> HASH_SHIFT) & (buckets - 1);
}

function emitFind(): Code {
  const image = 0, key = 1, bucket = 2, tries = 3, last = 4, n = 5;
  const code = new Code();
  code.get(key).op(I64_TRUNC_F64S, OP.i32WrapI64).tee(bucket).get(bucket).i32(15).op(OP.i32ShrU, OP.i32Xor);
  code.i32(HASH).op(OP.i32Mul).i32(HASH_SHIFT).op(OP.i32ShrU).set(bucket);
  code.get(image).mem(OP.i32Load, 4 * LAST_BUCKET).tee(last).set(tries);
  code.op(OP.loop, VOID);
  // n = buckets[bucket & last]
  code.get(image).mem(OP.i32Load, 4 * BUCKETS).get(bucket).get(last).op(OP.i32And).i32(2);
  code.op(OP.i32Shl, OP.i32Add).mem(OP.i32Load, 0).tee(n).op(OP.i32Eqz, OP.if, VOID);
  code.i32(0).op(OP.return, OP.end);
  code.get(image).mem(OP.i32Load, 4 * KEYS).get(n).i32(3).op(OP.i32Shl, OP.i32Add).i32(8).op(OP.i32Sub);
  code.mem(OP.f64Load, 0).get(key).op(OP.f64Eq, OP.if, VOID).get(n).op(OP.return, OP.end);
  code.get(bucket).i32(1).op(OP.i32Add).set(bucket);
  code.get(tries).i32(1).op(OP.i32Sub).tee(tries).i32(0).op(OP.i32GeS).brIf(0).op(OP.end);
  return code.i32(0);
}
const I64_TRUNC_F64S = 0xb0;

/** Pushes the number of the links of the block's record at local `record`. */
export function pushLinks(code: Code, record: number): Code {
  return code.get(record).mem(OP.i32Load, 0).i32(LINKS_SHIFT).op(OP.i32ShrU).i32(LINKS_MASK).op(OP.i32And);
}
/** Pushes the address behind the links of the block's record at local `record`: that of the bytes it was made from. */
export function pushBytes(code: Code, record: number): Code {
  return pushLinks(code.get(record), record).i32(3).op(OP.i32Shl, OP.i32Add).i32(4 * HEAD).op(OP.i32Add);
}
/** Pushes the address of its first operation. */
export function pushFirst(code: Code, record: number): Code {
  pushBytes(code, record).get(record).mem(OP.i32Load, 0).i32(BYTES).op(OP.i32And);
  return code.i32(3).op(OP.i32Add).i32(-4).op(OP.i32And, OP.i32Add);
}

function emitRecord(): Code {
  const image = 0, n = 1, place = 2, count = 3, record = 4, operations = 5;
  const code = new Code();
  const unless = (...condition: number[]) =>
    code.op(...condition, OP.i32Eqz, OP.if, VOID).i32(0).op(OP.return, OP.end);
  code.get(image).mem(OP.i32Load, 4 * PLACES).get(n).i32(2).op(OP.i32Shl, OP.i32Add).i32(4).op(OP.i32Sub);
  code.mem(OP.i32Load, 0).set(place).get(image).mem(OP.i32Load, 4 * WORD_COUNT).set(count);
  code.get(place).get(count);
  unless(OP.i32LtU);
  code.get(count).get(place).op(OP.i32Sub).i32(HEAD);
  unless(OP.i32GeU);
  code.get(image).mem(OP.i32Load, 4 * WORDS).get(place).i32(2).op(OP.i32Shl, OP.i32Add).tee(record);
  code.mem(OP.i32Load, 4).tee(operations).i32(0);
  unless(OP.i32GtS);
  code.get(operations).get(count);
  unless(OP.i32LeU);
  // Words of the head, the links and the bytes, and of the operations.
  pushFirst(code, record).get(record).op(OP.i32Sub).i32(2).op(OP.i32ShrU).get(operations).op(OP.i32Add);
  code.get(count).get(place).op(OP.i32Sub);
  unless(OP.i32LeU);
  return code.get(record);
}

function emitAdopt(): Code {
  const image = 0, n = 1, record = 2, first = 3, state = 4, found = 5, end = 6;
  const code = new Code();
  const entry = (field: number) =>
    code.get(image).mem(OP.i32Load, 4 * field).get(n).i32(2).op(OP.i32Shl, OP.i32Add).i32(4).op(OP.i32Sub);
  entry(IMAGE_STATES).tee(state).mem(OP.i32Load, 0).op(OP.if, VOID).i32(1).op(OP.return, OP.end);
  pushFirst(code, record).tee(first).get(record).mem(OP.i32Load, 4).i32(2).op(OP.i32Shl, OP.i32Add).set(end);
  const renumber = (write: number) =>
    code.get(image).get(first).get(end).i32(0).i32(write).call(RENUMBER_INDEX);
  renumber(0).tee(found).i32(UNKNOWN).op(OP.i32Eq, OP.if, VOID).i32(0).op(OP.return, OP.end);
  pushLinks(code.get(found), record).i32(blockOfLinks(0)).op(OP.i32Or, OP.i32Ne, OP.if, VOID);
  entry(PLACES).i32(GONE).mem(OP.i32Store, 0).i32(0).op(OP.return, OP.end);
  renumber(1).op(OP.drop).get(state).i32(ADOPTED).mem(OP.i32Store, 0);
  return code.i32(1);
}

function emitRenumber(): Code {
  const image = 0, at = 1, end = 2, prefix = 3, write = 4, head = 5, shape = 6, masks = 7, next = 8, word = 9;
  const mask = 10, ends = 11, last = 12;
  const code = new Code();
  const unless = (...condition: number[]) =>
    code.op(...condition, OP.i32Eqz, OP.if, VOID).i32(-1).op(OP.return, OP.end);
  code.op(OP.block, VOID, OP.loop, VOID).get(at).get(end).op(OP.i32GeU).brIf(1);
  code.get(at).get(prefix).op(OP.i32Add).tee(at).get(end);
  unless(OP.i32LtU);
  code.get(at).mem(OP.i32Load, 0).tee(head).i32(SHAPE_MASK).op(OP.i32And).tee(shape);
  code.get(image).mem(OP.i32Load, 4 * SHAPE_COUNT);
  unless(OP.i32LtU);
  code.get(image).mem(OP.i32Load, 4 * SHAPES).get(shape).i32(3).op(OP.i32Shl, OP.i32Add).tee(shape);
  code.mem(OP.i32Load, 4).set(masks).get(shape).mem(OP.i32Load, 0).tee(shape);
  code.get(head).op(OP.i32Xor).i32(SHAPE_BITS).op(OP.i32And, OP.i32Eqz);
  unless();
  code.get(at).get(head).i32(27).op(OP.i32ShrU).i32(15).op(OP.i32And).i32(2).op(OP.i32Shl, OP.i32Add);
  code.tee(next).get(end);
  unless(OP.i32LeU);
  code.get(write).op(OP.if, VOID).get(at).get(head).i32(~SHAPE_MASK).op(OP.i32And);
  code.get(shape).i32(SHAPE_MASK).op(OP.i32And, OP.i32Or).mem(OP.i32Store, 0).op(OP.end);
  // The words that are slots or objects.
  code.op(OP.block, VOID, OP.loop, VOID).get(masks).op(OP.i32Eqz).brIf(1);
  code.get(at).get(masks).i32(0xffff).op(OP.i32And).get(masks).i32(OBJECT_MASK_AT).op(OP.i32ShrU, OP.i32Or);
  code.op(OP.i32Ctz).tee(mask).i32(2).op(OP.i32Shl, OP.i32Add).tee(word).mem(OP.i32Load, 0).set(head);
  code.get(masks).get(mask).op(OP.i32ShrU).i32(1).op(OP.i32And, OP.if, VOID);
  code.get(head).i32(2 * BOUNCE).op(OP.i32LtU).get(head).i32(1).op(OP.i32And, OP.i32Eqz, OP.i32And);
  unless();
  code.op(OP.else).get(head).get(image).mem(OP.i32Load, 4 * OBJECT_COUNT);
  unless(OP.i32LtU);
  code.get(image).mem(OP.i32Load, 4 * OBJECTS).get(head).i32(2).op(OP.i32Shl, OP.i32Add).mem(OP.i32Load, 0);
  code.tee(head).i32(UNKNOWN).op(OP.i32Eq, OP.if, VOID).i32(UNKNOWN).op(OP.return, OP.end);
  code.get(write).op(OP.if, VOID).get(word).get(head).mem(OP.i32Store, 0).op(OP.end, OP.end);
  code.get(masks).i32(1 | 1 << OBJECT_MASK_AT).get(mask).op(OP.i32Shl).i32(-1).op(OP.i32Xor, OP.i32And);
  code.set(masks).br(0).op(OP.end, OP.end);
  code.get(shape).i32(31).op(OP.i32ShrU).tee(last).get(ends).op(OP.i32Add).set(ends);
  code.get(last).i32(7).op(OP.i32Shl).get(shape).i32(LINKS_AT).op(OP.i32ShrU).i32(LINKS_MASK);
  code.op(OP.i32And, OP.i32Or).set(last).get(next).set(at).br(0).op(OP.end, OP.end);
  return code.get(ends).i32(8).op(OP.i32Shl).get(last).op(OP.i32Or);
}

function emitSum(): Code {
  const at = 0, count = 1, a = 2, b = 3, word = 4;
  const code = new Code();
  code.i32(SUM_A).mem(OP.i32Load, 0).set(a).i32(SUM_B).mem(OP.i32Load, 0).set(b);
  code.op(OP.loop, VOID).get(count).op(OP.if, VOID);
  code.get(at).mem(OP.i32Load, 0).tee(word).get(a).op(OP.i32Xor).i32(0x01000193).op(OP.i32Mul).tee(a);
  code.get(a).i32(15).op(OP.i32ShrU, OP.i32Xor).set(a);
  code.get(b).i32(31).op(OP.i32Mul).get(word).op(OP.i32Add).set(b);
  code.get(at).i32(4).op(OP.i32Add).set(at).get(count).i32(1).op(OP.i32Sub).set(count).br(1);
  code.op(OP.end, OP.end);
  code.i32(SUM_A).get(a).mem(OP.i32Store, 0);
  return code.i32(SUM_B).get(b).mem(OP.i32Store, 0);
}
