// What is at this guest address? Names from the symbol tables of the ELF files that a process has mapped, for --dump, --stats and
// crash reports.

import type { Inode } from "../../fs/vfs/inode.ts";
import type { Mm } from "../mm/mm.ts";

/** Symbols of one file, sorted by file-relative address, and its loadable segments. */
interface FileSymbols {
  readonly starts: Float64Array;
  readonly sizes: Float64Array;
  readonly names: readonly string[];
  /** File offset → link-time address of the segment that holds it. */
  readonly segments: readonly { offset: number; size: number; address: number }[];
}

/** A place as people name it: symbol (or file) and offset. */
export interface Place {
  /** Base name of the mapped file. */
  readonly file: string;
  readonly symbol: string | undefined;
  readonly offset: number;
}

const NONE: FileSymbols = { starts: new Float64Array(), sizes: new Float64Array(), names: [], segments: [] };
const SHT_SYMTAB = 2, SHT_DYNSYM = 11, STT_FUNC = 2, STT_NOTYPE = 0;
/** Larger symbol tables are not worth reading for a name. */
const MAX_SECTION = 64 << 20;

export class Symbols {
  readonly #files = new WeakMap<Inode, FileSymbols>();

  /** The place of `address` in the address space `mm`; undefined outside files. */
  at(mm: Mm, address: number): Place | undefined {
    const vma = mm.vmas.find(address);
    const path = vma?.file?.path;
    if (vma === undefined || vma.file === undefined || path === undefined) return undefined;
    const file = path.dentry.name;
    const inode = vma.file.inode;
    let symbols = this.#files.get(inode);
    if (symbols === undefined) this.#files.set(inode, symbols = readSymbols(inode));
    const position = vma.offset + (address - vma.start);
    const segment = symbols.segments.find((s) => position >= s.offset && position < s.offset + s.size);
    if (segment === undefined) return { file, symbol: undefined, offset: position };
    const linked = segment.address + position - segment.offset;
    const n = lastNotAfter(symbols.starts, linked);
    if (n < 0 || (symbols.sizes[n]! > 0 && linked >= symbols.starts[n]! + symbols.sizes[n]!)) {
      return { file, symbol: undefined, offset: linked };
    }
    return { file, symbol: symbols.names[n]!, offset: linked - symbols.starts[n]! };
  }
}

/** "main+0x12 (hello)", "0x4010 (ld.so)". */
export function placeText(place: Place): string {
  const offset = `0x${place.offset.toString(16)}`;
  if (place.symbol === undefined) return `${offset} (${place.file})`;
  return `${place.symbol}${place.offset === 0 ? "" : `+${offset}`} (${place.file})`;
}

function lastNotAfter(sorted: Float64Array, value: number): number {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function bytesOf(inode: Inode, offset: number, length: number): DataView | undefined {
  const bytes = new Uint8Array(length);
  return inode.readAt(offset, bytes, 0, length) === length ? new DataView(bytes.buffer) : undefined;
}

function readSymbols(inode: Inode): FileSymbols {
  const header = bytesOf(inode, 0, 64);
  if (header === undefined || header.getUint32(0) !== 0x7f454c46 || header.getUint8(4) !== 2) return NONE;
  const segments: { offset: number; size: number; address: number }[] = [];
  const programs = bytesOf(inode, Number(header.getBigUint64(32, true)), 56 * header.getUint16(56, true));
  for (let at = 0; programs !== undefined && at < programs.byteLength; at += 56) {
    if (programs.getUint32(at, true) !== 1) continue;
    segments.push({
      offset: Number(programs.getBigUint64(at + 8, true)),
      address: Number(programs.getBigUint64(at + 16, true)),
      size: Number(programs.getBigUint64(at + 32, true)),
    });
  }
  const count = header.getUint16(60, true);
  const table = bytesOf(inode, Number(header.getBigUint64(40, true)), 64 * count);
  if (table === undefined) return { ...NONE, segments };
  const section = (n: number) => ({
    type: table.getUint32(64 * n + 4, true),
    offset: Number(table.getBigUint64(64 * n + 24, true)),
    size: Number(table.getBigUint64(64 * n + 32, true)),
    link: table.getUint32(64 * n + 40, true),
  });
  const all = Array.from({ length: count }, (_, n) => section(n));
  const chosen = all.find((s) => s.type === SHT_SYMTAB) ?? all.find((s) => s.type === SHT_DYNSYM);
  const strings = chosen === undefined ? undefined : all[chosen.link];
  if (chosen === undefined || strings === undefined || chosen.size + strings.size > MAX_SECTION) {
    return { ...NONE, segments };
  }
  const entries = bytesOf(inode, chosen.offset, chosen.size),
    text = bytesOf(inode, strings.offset, strings.size);
  if (entries === undefined || text === undefined) return { ...NONE, segments };
  const found: { start: number; size: number; name: string }[] = [];
  const raw = new Uint8Array(text.buffer);
  const decoder = new TextDecoder();
  for (let at = 0; at + 24 <= entries.byteLength; at += 24) {
    const type = entries.getUint8(at + 4) & 15;
    if ((type !== STT_FUNC && type !== STT_NOTYPE) || entries.getUint16(at + 6, true) === 0) continue;
    const name = entries.getUint32(at, true);
    const end = raw.indexOf(0, name);
    found.push({
      start: Number(entries.getBigUint64(at + 8, true)),
      size: Number(entries.getBigUint64(at + 16, true)),
      name: decoder.decode(raw.subarray(name, end < 0 ? undefined : end)),
    });
  }
  found.sort((a, b) => a.start - b.start);
  return {
    starts: Float64Array.from(found, (f) => f.start),
    sizes: Float64Array.from(found, (f) => f.size),
    names: found.map((f) => f.name),
    segments,
  };
}
