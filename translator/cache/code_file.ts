// The translations of one guest file, as they are kept between runs.
//
// A file is little-endian words: a header, then the tables (each described where it is written, in save()). Operations are numbered by the file's
// own list of shapes and objects, which are given by name; records are copied and renumbered when they are first asked for.
// Nothing in a file is believed: sizes and numbers are checked, and a file that does not add up is no file.

import { OPS } from "../ir/ops.ts";
import { nameOf, objectNamed } from "../ir/objects.ts";
import {
  LENGTH_SHIFT,
  objectNumber,
  objects,
  type Pieces,
  type Shape,
  SHAPE_MASK,
  shapeFor,
  shapes,
  useShape,
  WordPieces,
} from "../ir/words.ts";
import type { IrBlock } from "../ir/block.ts";
import { BOUNCE } from "../cpu.ts";
import { Arena } from "../threaded/arena.ts";
import {
  firstRegionOperation,
  makeRegionRecord,
  OP_PREFIX,
  readRegionRecord,
  regionFits,
  regionOperationWords,
  type RegionParts,
  regionPlaces,
  regionWords,
} from "./region_record.ts";
import {
  firstOperation,
  isHot,
  linkCount,
  makeRecord,
  operationWords,
  type Place,
  recordWords,
  sameBytes,
  setHot,
} from "./record.ts";

const MAGIC = 0x786e6564, FORMAT = 1, HEADER = 16;
/** Words of the header. */
const H_MAGIC = 0,
  H_FORMAT = 1,
  H_CHECK = 2,
  H_BLOCKS = 4,
  H_BUCKETS = 5,
  H_WORDS = 6,
  H_NAMES = 7;
/** Words of records that a file may have. */
const MAX_WORDS = 1 << 25;

/** Regions are filed under the address of each entry and this. */
const REGION = 0.5;

/** A record to be written: its keys, its words, and where its operations are (`prefix`: words before each of them). */
interface Kept {
  readonly keys: readonly number[];
  readonly place: Place;
  readonly words: number;
  readonly from: number;
  readonly size: number;
  readonly prefix: number;
}

/** What a file said when it was loaded. */
interface Loaded {
  readonly count: number;
  /** Key (guest address; of regions REGION more), and index in `words`, of each record. */
  readonly addresses: Float64Array;
  readonly places: Int32Array;
  /** Open addressing by hash(address): number of the record + 1; 0: none. */
  readonly buckets: Int32Array;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** The file's numbers to ours. */
  readonly shapes: Int32Array;
  readonly objects: Int32Array;
}

function hash(address: number, buckets: number): number {
  const lo = address | 0;
  return (Math.imul(lo ^ lo >>> 15, 0x9e3779b1) >>> 7) & (buckets - 1);
}

export class CodeFile {
  #loaded: Loaded | undefined;
  /** Records in our numbers, those asked for and those made in this run. */
  readonly #known = new Map<number, Place>();
  readonly #added = new Set<number>();
  /** Regions by entry (several entries may have the same one), as the blocks. */
  readonly #regions = new Map<number, Place>();
  readonly #addedRegions = new Set<number>();
  readonly #arena = new Arena();
  readonly #pieces = new WordPieces();
  #addedWords = 0;
  #changed = false;

  /** `content`: of the file, if there is one. Throws when it is damaged. */
  constructor(content?: Uint8Array<ArrayBuffer>) {
    if (content !== undefined) this.#loaded = parse(content);
  }

  /** There is something to save. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The record for `address`, if it was made from the bytes that lie in memory now. */
  find(address: number, page: number, second: () => number): Place | undefined {
    const known = this.#known.get(address);
    if (known !== undefined) {
      return sameBytes(known, new Uint8Array(known.words.buffer), address, page, second) ? known : undefined;
    }
    const place = this.#inFile(address);
    if (place === undefined || !fits(place)) return undefined;
    if (!sameBytes(place, this.#loaded!.bytes, address, page, second)) {
      return undefined;
    }
    const copy = this.#copy(place);
    if (copy !== undefined) this.#known.set(address, copy);
    return copy;
  }

  /** The loaded record for a key: the address of a block, or REGION more. Its sizes may be anything. */
  #inFile(address: number): Place | undefined {
    const { count, addresses, places, buckets, words } = this.#loaded ?? NOTHING;
    if (count === 0) return undefined;
    const mask = buckets.length - 1;
    let bucket = hash(address, buckets.length);
    for (let tries = 0; tries < buckets.length; tries++, bucket = bucket + 1 & mask) {
      const n = buckets[bucket]! - 1;
      if (n < 0) return undefined;
      if (addresses[n] !== address) continue;
      return { words, at: places[n]! };
    }
    return undefined;
  }

  /** Notes that the block at `address` is hot. */
  markHot(address: number): void {
    const known = this.#known.get(address);
    if (known === undefined || isHot(known)) return;
    setHot(known);
    this.#changed = true;
    const old = this.#added.has(address) ? undefined : this.#inFile(address);
    if (old !== undefined && fits(old)) setHot(old);
  }

  /** Keeps `block`. */
  add(block: IrBlock, page: number, second: number): Place | undefined {
    if (this.#addedWords > MAX_WORDS) return undefined;
    const place = makeRecord(block, page, second, this.#arena);
    this.#addedWords += recordWords(place);
    this.#known.set(block.address, place);
    this.#added.add(block.address);
    this.#changed = true;
    return place;
  }

  /** A loaded record with our numbers; undefined when it cannot be right. */
  #copy(from: Place): Place | undefined {
    const copy = duplicate(from, recordWords(from), this.#arena);
    const { words } = copy, first = firstOperation(copy), end = copy.at + recordWords(copy);
    const last = this.#renumber(words, first, end, 0);
    if (last === undefined || !last.def.ends || last.links !== linkCount(copy)) return undefined;
    // Only the last one ends the block.
    for (let i = first; i < end - last.words; i += words[i]! >> LENGTH_SHIFT) {
      if (words[i]! < 0) return undefined;
    }
    return copy;
  }

  /** Gives operations our numbers; the last one's shape, or undefined when they cannot be right. `prefix`: words before each. */
  #renumber(words: Int32Array, from: number, end: number, prefix: number): Shape | undefined {
    const { shapes: shapeNumbers, objects: objectNumbers } = this.#loaded!;
    let last: Shape | undefined;
    for (let i = from; i < end; i += last.words) {
      i += prefix;
      const head = words[i]!;
      const number = shapeNumbers[head & SHAPE_MASK];
      if (number === undefined) return undefined;
      last = shapes[number]!;
      if (last.words !== (head >> LENGTH_SHIFT & 15) || last.def.ends !== head < 0) return undefined;
      if (i + last.words > end) return undefined;
      words[i] = head & ~SHAPE_MASK | number;
      useShape(number);
      const { slotWords, objectWords } = last;
      for (let n = 0; n < slotWords.length; n++) {
        const slot = words[i + slotWords[n]!]!;
        if (slot >>> 0 >= 2 * BOUNCE || (slot & 1) !== 0) return undefined;
      }
      for (let n = 0; n < objectWords.length; n++) {
        const w = i + objectWords[n]!, object = objectNumbers[words[w]!];
        if (object === undefined) return undefined;
        words[w] = object;
      }
    }
    return last;
  }

  /**
   * The region that can be entered at `entry`, if all it was made from is still there. `physical` gives the physical address of a page that
   * belongs to this file, or 0.
   */
  findRegion(entry: number, physical: (page: number) => number): RegionParts | undefined {
    let place = this.#regions.get(entry);
    if (place === undefined) {
      const kept = this.#inFile(entry + REGION);
      if (kept === undefined || !regionFits(kept)) return undefined;
      place = duplicate(kept, regionWords(kept), this.#pieces);
      const first = firstRegionOperation(place), end = first + regionOperationWords(place);
      if (first < end && this.#renumber(place.words, first, end, OP_PREFIX) === undefined) return undefined;
      for (const address of regionPlaces(place).entries) {
        if (!this.#regions.has(address)) this.#regions.set(address, place);
      }
    }
    const { entries, pages, blocks } = regionPlaces(place);
    if (
      !entries.includes(entry) || entries.some((address) => !blocks.includes(address)) ||
      pages.some((page) => physical(page) === 0)
    ) return undefined;
    const same = blocks.every((address) => {
      const page = physical(address - address % 4096);
      return page !== 0 &&
        this.#matches(address, page, () => physical(address - address % 4096 + 4096) || NaN);
    });
    return same ? readRegionRecord(place) : undefined;
  }

  #matches(address: number, page: number, second: () => number): boolean {
    const known = this.#known.get(address);
    if (known !== undefined) {
      return sameBytes(known, new Uint8Array(known.words.buffer), address, page, second);
    }
    const place = this.#inFile(address);
    return place !== undefined && fits(place) && sameBytes(place, this.#loaded!.bytes, address, page, second);
  }

  /** Keeps a region, whose blocks must be kept, too. */
  addRegion(region: RegionParts): void {
    if (this.#addedWords > MAX_WORDS) return;
    const place = makeRegionRecord(region, this.#pieces);
    this.#addedWords += regionWords(place);
    for (const entry of region.entries) {
      this.#regions.set(entry, place);
      this.#addedRegions.add(entry);
    }
    this.#changed = true;
  }

  /** The file's new content; undefined when it need not change. */
  save(): Uint8Array<ArrayBuffer> | undefined {
    const old = this.#loaded ?? NOTHING;
    const tables = new Tables(old);
    const records: Kept[] = [];
    for (const address of this.#added) {
      const place = this.#known.get(address)!;
      const from = firstOperation(place), size = operationWords(place);
      records.push({ keys: [address], place, words: recordWords(place), from, size, prefix: 0 });
    }
    const byPlace = Map.groupBy(this.#addedRegions, (entry) => this.#regions.get(entry)!);
    for (const [place, entries] of byPlace) {
      const from = firstRegionOperation(place), size = regionOperationWords(place);
      const keys = entries.map((entry) => entry + REGION);
      records.push({ keys, place, words: regionWords(place), from, size, prefix: OP_PREFIX });
    }
    const entered = records.filter((record) => tables.enter(record));
    const newWords = entered.reduce((sum, { words }) => sum + words, 0);
    if (entered.length === 0 && !this.#changed) return undefined;
    // What this run made replaces what the file has; what the file has in excess of its bound is given up altogether.
    const keep = old.words.length + newWords <= MAX_WORDS ? old : NOTHING;
    if (keep !== old) return this.#forget().save();
    const kept: number[] = [];
    const replaced = new Set(entered.flatMap(({ keys }) => keys));
    for (let n = 0; n < old.count; n++) if (!replaced.has(old.addresses[n]!)) kept.push(n);
    const count = kept.length + replaced.size;
    let bucketCount = 16;
    while (bucketCount < 2 * count) bucketCount *= 2;
    const names = new TextEncoder().encode(JSON.stringify(tables.names()));
    const namesWords = names.length + 3 >> 2;
    const total = HEADER + 3 * count + bucketCount + old.words.length + newWords + namesWords;
    const out = new Int32Array(total);
    let at = HEADER;
    const addresses = new Float64Array(out.buffer, 4 * at, count);
    at += 2 * count;
    const places = out.subarray(at, at += count), buckets = out.subarray(at, at += bucketCount);
    const words = out.subarray(at, at += old.words.length + newWords);
    new Uint8Array(out.buffer, 4 * at, names.length).set(names);
    words.set(old.words);
    kept.forEach((n, i) => {
      addresses[i] = old.addresses[n]!;
      places[i] = old.places[n]!;
    });
    let used = old.words.length, n = kept.length;
    for (const record of entered) {
      for (const key of record.keys) {
        addresses[n] = key;
        places[n++] = used;
      }
      used = tables.write(record, words, used);
    }
    for (let n = 0; n < count; n++) {
      let b = hash(addresses[n]!, bucketCount);
      while (buckets[b] !== 0) b = b + 1 & bucketCount - 1;
      buckets[b] = n + 1;
    }
    out[H_MAGIC] = MAGIC;
    out[H_FORMAT] = FORMAT;
    out[H_BLOCKS] = count;
    out[H_BUCKETS] = bucketCount;
    out[H_WORDS] = words.length;
    out[H_NAMES] = names.length;
    seal(out);
    return new Uint8Array(out.buffer);
  }

  #forget(): CodeFile {
    this.#loaded = undefined;
    return this;
  }
}

const NOTHING: Loaded = {
  count: 0,
  addresses: new Float64Array(),
  places: new Int32Array(),
  buckets: new Int32Array(),
  words: new Int32Array(),
  bytes: new Uint8Array(),
  shapes: new Int32Array(),
  objects: new Int32Array(),
};

/** Our numbers to the file's, which are the old ones and then the new ones. */
class Tables {
  readonly #shapes: number[];
  readonly #objects: number[];
  /** By our number, the file's; -1: it has none. */
  readonly #shapeNumbers = new Int32Array(shapes.length).fill(-1);
  readonly #objectNumbers = new Int32Array(objects.length).fill(-1);

  constructor(old: Loaded) {
    this.#shapes = [...old.shapes];
    this.#objects = [...old.objects];
    this.#shapes.forEach((ours, n) => this.#shapeNumbers[ours] = n);
    this.#objects.forEach((ours, n) => this.#objectNumbers[ours] = n);
  }

  /** Gives numbers to what the record refers to; false when an object in it has no name. */
  enter({ place: { words }, from, size, prefix }: Kept): boolean {
    for (let at = from; at < from + size;) {
      at += prefix;
      const id = words[at]! & SHAPE_MASK, { objectWords, words: count } = shapes[id]!;
      if (this.#shapeNumbers[id]! < 0) this.#shapeNumbers[id] = this.#shapes.push(id) - 1;
      for (let i = 0; i < objectWords.length; i++) {
        const o = words[at + objectWords[i]!]!;
        if (this.#objectNumbers[o]! >= 0) continue;
        if (nameOf(objects[o]!) === undefined) return false;
        this.#objectNumbers[o] = this.#objects.push(o) - 1;
      }
      at += count;
    }
    return true;
  }

  /** Copies the record in the file's numbers; returns the index behind it. */
  write({ place, words: count, from, size, prefix }: Kept, out: Int32Array, to: number): number {
    out.set(place.words.subarray(place.at, place.at + count), to);
    const first = to + from - place.at;
    for (let at = first; at < first + size;) {
      at += prefix;
      const head = out[at]!, { objectWords, words } = shapes[head & SHAPE_MASK]!;
      out[at] = head & ~SHAPE_MASK | this.#shapeNumbers[head & SHAPE_MASK]!;
      for (let i = 0; i < objectWords.length; i++) {
        const w = at + objectWords[i]!;
        out[w] = this.#objectNumbers[out[w]!]!;
      }
      at += words;
    }
    return to + count;
  }

  names(): Names {
    return {
      shapes: this.#shapes.map((id) => [shapes[id]!.def.name, shapes[id]!.key]),
      objects: this.#objects.map((n) => nameOf(objects[n]!)!),
    };
  }
}

/** The names in a file, as JSON. */
interface Names {
  shapes: [string, number][];
  objects: string[];
}

function duplicate(from: Place, size: number, pieces: Pieces): Place {
  const at = pieces.allot(size), { words } = pieces;
  for (let i = 0; i < size; i++) words[at + i] = from.words[from.at + i]!;
  return { words, at };
}

/** The record lies within the words. */
function fits(place: Place): boolean {
  const { words, at } = place;
  return at >= 0 && at + 2 <= words.length && operationWords(place) > 0 &&
    at + recordWords(place) <= words.length;
}

/** Throws when `content` is no file of ours. */
function parse(content: Uint8Array<ArrayBuffer>): Loaded {
  const damaged = (): never => {
    throw new Error("damaged");
  };
  if (content.length < 4 * HEADER || content.length % 4 !== 0 || content.byteOffset % 8 !== 0) damaged();
  const all = new Int32Array(content.buffer, content.byteOffset, content.length >> 2);
  if (all[H_MAGIC] !== MAGIC || all[H_FORMAT] !== FORMAT) damaged();
  const count = all[H_BLOCKS]!,
    bucketCount = all[H_BUCKETS]!,
    wordCount = all[H_WORDS]!,
    nameBytes = all[H_NAMES]!;
  if (count < 0 || bucketCount < 2 * count || (bucketCount & bucketCount - 1) !== 0) damaged();
  if (HEADER + 3 * count + bucketCount + wordCount + (nameBytes + 3 >> 2) !== all.length || wordCount < 0) {
    damaged();
  }
  if (!isSealed(all)) damaged();
  let at = HEADER;
  const addresses = new Float64Array(content.buffer, content.byteOffset + 4 * at, count);
  at += 2 * count;
  const places = all.subarray(at, at += count), buckets = all.subarray(at, at += bucketCount);
  const words = all.subarray(at, at += wordCount);
  for (let i = 0; i < bucketCount; i++) if (buckets[i]! >>> 0 > count) damaged();
  const json = new TextDecoder().decode(content.subarray(4 * at, 4 * at + nameBytes));
  const names = JSON.parse(json) as Names;
  return {
    count,
    addresses,
    places,
    buckets,
    words,
    bytes: new Uint8Array(words.buffer, words.byteOffset, 4 * words.length),
    shapes: Int32Array.from(names.shapes, ([name, key]) => shapeFor(OPS.get(name) ?? damaged(), key).id),
    objects: Int32Array.from(names.objects, (name) => objectNumber(objectNamed(name) ?? damaged())),
  };
}

/** Puts the sums into a file. */
export function seal(words: Int32Array): void {
  const [a, b] = checksum(words);
  words[H_CHECK] = a;
  words[H_CHECK + 1] = b;
}

/** Whether the sums are right. */
export function isSealed(words: Int32Array): boolean {
  const [a, b] = checksum(words);
  return words[H_CHECK] === a && words[H_CHECK + 1] === b;
}

/** Two sums over all words but those of the sums themselves. */
function checksum(words: Int32Array): [number, number] {
  let a = 0x811c9dc5 | 0, b = words.length;
  for (let i = 0; i < words.length; i++) {
    if (i === H_CHECK || i === H_CHECK + 1) continue;
    a = Math.imul(a ^ words[i]!, 0x01000193);
    b = (Math.imul(b, 31) + words[i]!) | 0;
    a ^= a >>> 15;
  }
  return [a, b];
}
