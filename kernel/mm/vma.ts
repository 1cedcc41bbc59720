// What does an address space consist of: which ranges, with which rights, backed by what?
//
// VMAs never overlap and are kept sorted in an array. Neighbours that continue each other are merged, so /proc/PID/maps
// looks as on Linux. A VMA holds one reference of its file or shared memory object.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import type { SharedMemory } from "./shared_memory.ts";

export const PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4;
export const PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

/** Follows its file or shared object instead of copying on write. */
export const VM_SHARED = 1;
export const VM_GROWSDOWN = 2;
export const VM_NORESERVE = 4;
export const VM_LOCKED = 8;
export const VM_DONTFORK = 0x10;
export const VM_WIPEONFORK = 0x20;
export const VM_DONTDUMP = 0x40;
/** mprotect may not give these rights (file not open for it, file system mounted noexec). */
export const VM_NOT_WRITE = 0x80;
export const VM_NOT_EXEC = 0x100;

const PAGE = 4096;

export class Vma {
  constructor(
    public start: number,
    public end: number,
    /** PROT_* as asked for. */
    public prot: number,
    /** VM_* */
    public flags: number,
    public readonly file: OpenFile | undefined,
    public readonly shm: SharedMemory | undefined,
    /** Byte offset of `start` in the file or object. */
    public offset: number,
  ) {}

  /** A VMA for another range of the same object, with references of its own. */
  derive(start: number, end: number): Vma {
    this.file?.retain();
    this.shm?.retain();
    const offset = this.backed ? this.offset + (start - this.start) : 0;
    return new Vma(start, end, this.prot, this.flags, this.file, this.shm, offset);
  }

  /** Lets go of what it maps. The page-table entries are gone already. */
  dispose(): void {
    if (this.file !== undefined) {
      if ((this.flags & (VM_SHARED | VM_NOT_WRITE)) === VM_SHARED) this.file.inode.writeBack();
      this.file.release();
    }
    this.shm?.release();
  }

  get backed(): boolean {
    return this.file !== undefined || this.shm !== undefined;
  }
  get shared(): boolean {
    return (this.flags & VM_SHARED) !== 0;
  }

  /** The backing frame of the page at `va`, with a reference for the caller; -errno. */
  mapPage(va: number, forWrite: boolean): number {
    const index = Math.floor((this.offset + (va - this.start)) / PAGE);
    if (this.file !== undefined) return this.file.inode.mapPage(index, forWrite);
    return this.shm!.mapPage(index);
  }

  /** Whether `next` continues this VMA. */
  continuedBy(next: Vma): boolean {
    return this.end === next.start && this.prot === next.prot && this.flags === next.flags &&
      this.file === next.file && this.shm === next.shm &&
      (!this.backed || this.offset + (this.end - this.start) === next.offset);
  }
}

export class VmaList {
  readonly list: Vma[] = [];
  #hint = 0;

  /** Index of the first VMA that ends above `va`; `list.length` when there is none. */
  indexAt(va: number): number {
    const list = this.list;
    const hint = this.#hint;
    if (hint < list.length && va < list[hint].end && (hint === 0 || va >= list[hint - 1].end)) return hint;
    let low = 0, high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].end > va) high = middle;
      else low = middle + 1;
    }
    this.#hint = low;
    return low;
  }

  /** The first VMA that ends above `va` (it may start above, too). */
  findAbove(va: number): Vma | undefined {
    return this.list[this.indexAt(va)];
  }

  /** The VMA that contains `va`. */
  find(va: number): Vma | undefined {
    const vma = this.list[this.indexAt(va)];
    return vma !== undefined && vma.start <= va ? vma : undefined;
  }

  intersects(start: number, end: number): boolean {
    const vma = this.findAbove(start);
    return vma !== undefined && vma.start < end;
  }

  /** Adds a VMA to a free range and merges it with its neighbours; returns the one that now covers it. */
  insert(vma: Vma): Vma {
    const index = this.indexAt(vma.start);
    this.list.splice(index, 0, vma);
    return this.list[this.#mergeAround(index)];
  }

  /** Merges the VMA at `index` with its neighbours where they continue each other; returns its index now. */
  #mergeAround(index: number): number {
    if (index + 1 < this.list.length && this.list[index].continuedBy(this.list[index + 1])) {
      this.#join(index);
    }
    if (index > 0 && this.list[index - 1].continuedBy(this.list[index])) {
      this.#join(index - 1);
      return index - 1;
    }
    return index;
  }

  #join(index: number): void {
    const next = this.list[index + 1];
    this.list[index].end = next.end;
    this.list.splice(index + 1, 1);
    // Not dispose(): nothing was unmapped, only a second reference of the same object goes.
    next.file?.release();
    next.shm?.release();
  }

  /** Merges whatever continues each other in [start, end] and at its borders (after rights changed). */
  mergeRange(start: number, end: number): void {
    let index = Math.max(0, this.indexAt(start) - 1);
    while (index + 1 < this.list.length && this.list[index].start <= end) {
      if (this.list[index].continuedBy(this.list[index + 1])) this.#join(index);
      else index++;
    }
  }

  /** Makes `va` a border: the VMA across it becomes two. */
  splitAt(va: number): void {
    const index = this.indexAt(va);
    const vma = this.list[index];
    if (vma === undefined || vma.start >= va) return;
    this.list.splice(index + 1, 0, vma.derive(va, vma.end));
    vma.end = va;
  }

  /** Takes out what lies in [start, end), splitting at the borders. The caller disposes of it. */
  remove(start: number, end: number): Vma[] {
    this.splitAt(start);
    this.splitAt(end);
    const first = this.indexAt(start);
    let last = first;
    while (last < this.list.length && this.list[last].start < end) last++;
    return first === last ? [] : this.list.splice(first, last - first);
  }

  /** Highest free address for `length` bytes in [low, high); -1 when there is none. */
  findGap(length: number, low: number, high: number, guard: number): number {
    let index = this.indexAt(high - 1);
    let ceiling = high;
    if (index < this.list.length) ceiling = Math.min(ceiling, floorOf(this.list[index], guard));
    for (;;) {
      const below = index > 0 ? this.list[--index] : undefined;
      const floor = Math.max(low, below?.end ?? 0);
      if (ceiling - floor >= length) return ceiling - length;
      if (below === undefined || below.start <= low) return -1;
      ceiling = Math.min(ceiling, floorOf(below, guard));
    }
  }
}

/** Where the room that `vma` claims begins: stacks want a gap below them. */
export function floorOf(vma: Vma, guard: number): number {
  return (vma.flags & VM_GROWSDOWN) !== 0 ? Math.max(0, vma.start - guard) : vma.start;
}
