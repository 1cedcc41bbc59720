// At which address does a shared library go? At the same one in every process, whatever else is loaded and in whichever order:
// translated code is keyed by page and address, so a library that moves has to be translated again.
//
// Each ELF file that is mapped without an address of the caller's choice gets a range of its own for the instance's life, and in
// later ones if somebody keeps what knownAddresses() says: translations kept between runs depend on it.

import type { Inode } from "../../fs/vfs/inode.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { PAGE_SIZE } from "../../translator/ram.ts";

/** The ranges are handed out downwards from here; what the mapping base gives ends well above. */
// Half a TLB away from the stack: both begin at the end of a 4 MiB stretch, and what lies 4 MiB apart shares a TLB entry.
const TOP = 0x7fff_bfe0_0000;
const BOTTOM = 0x7ff0_0000_0000;
let next = TOP;

interface Range {
  readonly start: number;
  readonly size: number;
}

/** By device and inode number: inode objects come and go. */
const ranges = new Map<string, Range>();
/** What the kept text says is what `ranges` says. */
let kept = true;
/** More files than a system has libraries: then addresses are given out anew. */
const MAX_KEPT = 4096;

/** The ranges as text, when some are new. */
export function knownAddresses(): string | undefined {
  if (kept) return undefined;
  kept = true;
  return [...ranges].map(([file, { start, size }]) => `${file} ${start} ${size}\n`).join("");
}

/** Takes over the ranges of an earlier run, before any file is mapped. Text that makes no sense is left alone. */
export function adoptAddresses(text: string): void {
  const lines = text.split("\n").slice(0, -1);
  if (ranges.size > 0 || lines.length > MAX_KEPT) return;
  const adopted: [string, Range][] = [];
  for (const line of lines) {
    const [file, start, size] = line.split(" ");
    const range = { start: Number(start), size: Number(size) };
    const end = range.start + range.size;
    const before = adopted.at(-1)?.[1].start ?? TOP;
    if (range.start % PAGE_SIZE !== 0 || !(range.start >= BOTTOM && range.size > 0 && end < before)) return;
    adopted.push([file!, range]);
  }
  for (const [file, range] of adopted) {
    ranges.set(file, range);
    next = range.start;
  }
}

/** Whether an inode is ELF, decided at its first mapping. */
const elf = new WeakMap<Inode, boolean>();
const head = new Uint8Array(4);

/** Where `size` bytes from the start of `file` should lie, 0 when there is no preference. */
export function preferredAddress(file: OpenFile, size: number): number {
  const inode = file.inode;
  let isElf = elf.get(inode);
  if (isElf === undefined) {
    isElf = inode.readAt(0, head, 0, 4) === 4 && head[0] === 0x7f && head[1] === 0x45 && head[2] === 0x4c &&
      head[3] === 0x46;
    elf.set(inode, isElf);
  }
  if (!isElf) return 0;
  const key = `${inode.fs.dev}:${inode.ino}`;
  const known = ranges.get(key);
  if (known !== undefined && known.size >= size) return known.start;
  // A page stays free between two of them, so that VMAs of different libraries never touch.
  const start = next - size - PAGE_SIZE;
  if (start < BOTTOM) return 0;
  next = start;
  ranges.delete(key); // in the order of their addresses
  ranges.set(key, { start, size });
  kept = false;
  return start;
}
