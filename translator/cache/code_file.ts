// The translations of one guest file, as they are kept between runs.
//
// A file is little-endian words: a header, then the tables (each described where it is written, in save()). Operations are numbered by the file's
// own list of shapes and objects, which are given by name; in physical memory (image.ts) records are renumbered when they are first asked for.
// Nothing in a file is believed: sizes and numbers are checked, and a file that does not add up is no file.

import { front } from "../late.ts";
import { OPS } from "../ir/ops.ts";
import { nameOf, objectNamed } from "../ir/objects.ts";
import { objectNumber, objects, SHAPE_MASK, shapeFor, shapes, WordPieces } from "../ir/words.ts";
import type { IrBlock } from "../ir/block.ts";
import { I32 } from "../ram.ts";
import { Arena } from "../threaded/arena.ts";
import {
  firstRegionOperation,
  makeRegionRecord,
  OP_PREFIX,
  readRegionRecord,
  regionFits,
  regionOperationWords,
  type RegionParts,
  type RegionPlaces,
  regionPlaces,
  regionWords,
} from "./region_record.ts";
import {
  bucketOf,
  isAdopted,
  lookup,
  makeImage,
  recordAt,
  recordsEnd,
  setObject,
  settle,
  sums,
  UNKNOWN,
} from "./image.ts";
import {
  firstOperation,
  isHot,
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

/** What a file said when it was loaded, in its own numbers. */
interface Loaded {
  readonly count: number;
  /** Key (guest address; of regions REGION more), and index in `words`, of each record. */
  readonly addresses: Float64Array;
  readonly places: Int32Array;
  /** Open addressing by hash(address): number of the record + 1; 0: none. */
  readonly buckets: Int32Array;
  readonly words: Int32Array;
  /** The file's numbers to ours. */
  readonly shapes: Int32Array;
  readonly objects: Int32Array;
  readonly objectNames: readonly string[];
}

export class CodeFile {
  #loaded: Loaded | undefined;
  /** It in physical memory; 0: it is not there. */
  readonly image: number = 0;
  /** Records made in this run. */
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
    if (content === undefined) return;
    const { addresses: keys, shapes: ids, ...parts } = this.#loaded = parse(content);
    this.image = makeImage({ ...parts, keys, shapes: Array.from(ids, (id) => shapes[id]!) });
  }

  /** There is something to save. */
  get changed(): boolean {
    return this.#changed;
  }

  /** The record for `address`, if it was made from the bytes that lie in memory now. */
  find(address: number, page: number, second: () => number): Place | undefined {
    const place = this.#known.get(address) ?? this.#inImage(address);
    return place !== undefined && sameBytes(place, address, page, second)
      ? this.#adopted(address, place)
      : undefined;
  }

  /** The loaded record for the block at `address`, perhaps not in our numbers yet. */
  #inImage(address: number): Place | undefined {
    const { image } = this, { find, record } = lookup();
    const n = image === 0 ? 0 : find(image, address);
    const at = n === 0 ? 0 : record(image, n);
    return at === 0 ? undefined : { words: I32, at: at >> 2 };
  }

  /** `place` with our numbers; undefined when it cannot be right. */
  #adopted(address: number, place: Place): Place | undefined {
    if (this.#known.get(address) === place) return place;
    const { find, adopt } = lookup(), { image } = this, n = find(image, address);
    if (adopt(image, n, 4 * place.at) !== 0) return place;
    return this.#learn() && adopt(image, n, 4 * place.at) !== 0 ? place : undefined;
  }

  /** Objects that are named where instructions are lowered are known now: whether there are any such. Throws NOT_LOADED. */
  #learn(): boolean {
    const { objects, objectNames } = this.#loaded!;
    if (!objects.includes(UNKNOWN)) return false;
    front.get();
    let learnt = false;
    objectNames.forEach((name, n) => {
      const object = objects[n] === UNKNOWN ? objectNamed(name) : undefined;
      if (object === undefined) return;
      setObject(this.image, n, objects[n] = objectNumber(object));
      learnt = true;
    });
    return learnt;
  }

  /** Notes that the block at `address` is hot. */
  markHot(address: number): void {
    const made = this.#known.get(address), place = made ?? this.#inImage(address);
    if (place === undefined || isHot(place)) return;
    setHot(place);
    this.#changed = true;
    // What is going to be saved of an old record is as it was loaded.
    if (made === undefined) {
      const { words, places } = this.#loaded!;
      setHot({ words, at: places[lookup().find(this.image, address) - 1]! });
    }
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

  /** The region that can be entered at `entry`, if hasCode(). */
  findRegion(entry: number, physical: (page: number) => number): RegionParts | undefined {
    const place = this.#regions.get(entry) ?? this.#keptRegion(entry);
    if (place === undefined) return undefined;
    const places = regionPlaces(place);
    return places.entries.includes(entry) && this.hasCode(places, physical)
      ? readRegionRecord(place)
      : undefined;
  }

  /** Whether all that a region was made from is still there. `physical` gives the physical address of a page that belongs to this file, or 0. */
  hasCode({ entries, pages, blocks }: RegionPlaces, physical: (page: number) => number): boolean {
    if (entries.some((address) => !blocks.includes(address)) || pages.some((page) => physical(page) === 0)) {
      return false;
    }
    return blocks.every((address) => {
      const page = physical(address - address % 4096);
      const block = this.#known.get(address) ?? this.#inImage(address);
      return page !== 0 && block !== undefined &&
        sameBytes(block, address, page, () => physical(address - address % 4096 + 4096) || NaN);
    });
  }

  /**
   * The regions that the file had when it was loaded, in order of address and in groups of some `words` of records: of each region the addresses that it
   * is kept for.
   */
  regionGroups(words: number): (readonly number[])[][] {
    const old = this.#loaded ?? NOTHING, byPlace = new Map<number, number[]>();
    old.addresses.forEach((key, n) => {
      if (Number.isInteger(key)) return;
      const place = old.places[n]!, entries = byPlace.get(place);
      if (entries === undefined) byPlace.set(place, [key - REGION]);
      else entries.push(key - REGION);
    });
    const groups: number[][][] = [];
    let left = 0;
    for (const [at, entries] of [...byPlace].sort(([, a], [, b]) => a[0]! - b[0]!)) {
      if (left <= 0) {
        groups.push([]);
        left = words;
      }
      groups[groups.length - 1]!.push(entries);
      left -= regionWords({ words: old.words, at });
    }
    return groups;
  }

  /** The loaded region that is kept for these addresses; whether its code is there is not known. */
  loadedRegion(entries: readonly number[]): RegionParts | undefined {
    const place = this.#keptRegion(entries[0]!);
    if (place === undefined) return undefined;
    const known = regionPlaces(place).entries;
    return entries.every((entry) => known.includes(entry)) ? readRegionRecord(place) : undefined;
  }

  /** The loaded record of a region, with our numbers. */
  #keptRegion(entry: number): Place | undefined {
    const { image } = this, { find, renumber } = lookup();
    const n = image === 0 ? 0 : find(image, entry + REGION);
    if (n === 0) return undefined;
    const place = { words: I32, at: recordAt(image, n) };
    if (!isAdopted(image, n)) {
      let right = regionFits(place, recordsEnd(image));
      if (right) {
        const first = firstRegionOperation(place), end = first + regionOperationWords(place);
        const found = renumber(image, 4 * first, 4 * end, 4 * OP_PREFIX, 0);
        // Whoever asks has no use for it at once.
        if (found === UNKNOWN) return front.ready && this.#learn() ? this.#keptRegion(entry) : undefined;
        right = found >= 0;
        if (right) renumber(image, 4 * first, 4 * end, 4 * OP_PREFIX, 1);
      }
      settle(image, n, right);
      if (!right) return undefined;
    }
    return place;
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
      let b = bucketOf(addresses[n]!, bucketCount);
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
  shapes: new Int32Array(),
  objects: new Int32Array(),
  objectNames: [],
};

/** Our numbers to the file's, which are the old ones and then the new ones. */
class Tables {
  readonly #shapes: number[];
  readonly #objects: number[];
  readonly #names: readonly string[];
  /** By our number, the file's; -1: it has none. */
  readonly #shapeNumbers = new Int32Array(shapes.length).fill(-1);
  readonly #objectNumbers = new Int32Array(objects.length).fill(-1);

  constructor(old: Loaded) {
    this.#shapes = [...old.shapes];
    this.#objects = [...old.objects];
    this.#names = old.objectNames;
    this.#shapes.forEach((ours, n) => this.#shapeNumbers[ours] = n);
    this.#objects.forEach((ours, n) => {
      if (ours !== UNKNOWN) this.#objectNumbers[ours] = n;
    });
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
      objects: this.#objects.map((ours, n) => this.#names[n] ?? nameOf(objects[ours]!)!),
    };
  }
}

/** The names in a file, as JSON. */
interface Names {
  shapes: [string, number][];
  objects: string[];
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
  if (count < 0 || bucketCount < 1 || bucketCount < 2 * count || (bucketCount & bucketCount - 1) !== 0) {
    damaged();
  }
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
    shapes: Int32Array.from(names.shapes, ([name, key]) => shapeFor(OPS.get(name) ?? damaged(), key).id),
    objects: Int32Array.from(names.objects, (name) => {
      const object = objectNamed(name);
      return object === undefined ? UNKNOWN : objectNumber(object);
    }),
    objectNames: names.objects,
  };
}

/** Puts the sums into a file. */
export function seal(words: Int32Array): void {
  words[H_CHECK] = words[H_CHECK + 1] = 0;
  [words[H_CHECK], words[H_CHECK + 1]] = sums(words);
}

/** Whether the sums are right. */
export function isSealed(words: Int32Array): boolean {
  const a = words[H_CHECK], b = words[H_CHECK + 1];
  seal(words);
  return words[H_CHECK] === a && words[H_CHECK + 1] === b;
}
