// File data kept in page frames: sparse, shared between read, write and mmap, and filled on demand from what lies
// below it (the lower file of a copied-up one, the host file of a cached one).

import { ENOSPC, ENXIO } from "../../kernel/abi/errno.ts";
import { type PageSource, reclaimPages } from "./pages.ts";

const PAGE = 4096;

/** Where bytes come from that are not in the store. */
export interface Backing {
  /** Bytes from `limit` on are zero; shrinks when the file is truncated. */
  limit: number;
  readAt(position: number, buffer: Uint8Array, offset: number, length: number): number;
  /** Hands over a frame that already holds the page (with a reference), or 0. */
  take?(index: number): number;
}

const scratch = new Uint8Array(PAGE);

export class PageStore {
  readonly #frames = new Map<number, number>();
  readonly #source: PageSource;
  readonly #backing: Backing | undefined;

  constructor(source: PageSource, backing?: Backing) {
    this.#source = source;
    this.#backing = backing;
  }

  /** Pages held. */
  get pages(): number {
    return this.#frames.size;
  }

  /** Nothing lies below: what is not held is zero. */
  get whole(): boolean {
    return this.#backing === undefined || this.#backing.limit === 0;
  }

  has(index: number): boolean {
    return this.#frames.has(index);
  }

  indices(): IterableIterator<number> {
    return this.#frames.keys();
  }

  /** Frame of the page if it is held, else 0; no reference is added. */
  peek(index: number): number {
    return this.#frames.get(index) ?? 0;
  }

  /** Frame of the page, made if need be; 0 without memory, negative errno when the backing fails. No reference is added. Without `fill` the caller overwrites all of a new page. */
  frame(index: number, fill = true): number {
    const known = this.#frames.get(index);
    if (known !== undefined) return known;
    const backing = this.#backing;
    const backed = backing !== undefined && index * PAGE < backing.limit;
    let frame = backed && backing.take !== undefined ? backing.take(index) : 0;
    if (frame === 0) {
      frame = this.#source.allocate();
      if (frame === 0 && reclaimPages()) frame = this.#source.allocate();
      if (frame === 0) return 0;
      if (backed && fill) {
        const want = Math.min(PAGE, backing.limit - index * PAGE);
        const count = backing.readAt(index * PAGE, scratch, 0, want);
        if (count < 0) {
          this.#source.release(frame);
          return count;
        }
        this.#source.bytes.set(count === PAGE ? scratch : scratch.subarray(0, count), frame * PAGE);
      }
    } else if (backing!.limit < (index + 1) * PAGE) {
      // The page was cached before the file was cut off.
      this.#source.touch(frame);
      this.#source.bytes.fill(0, frame * PAGE + backing!.limit - index * PAGE, (frame + 1) * PAGE);
    }
    this.#frames.set(index, frame);
    return frame;
  }

  /** The caller keeps the position and length within the file. */
  read(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const bytes = this.#source.bytes, backing = this.#backing;
    for (let done = 0; done < length;) {
      const at = position + done, index = Math.floor(at / PAGE), within = at - index * PAGE;
      let count = Math.min(PAGE - within, length - done);
      const frame = this.#frames.get(index);
      if (frame !== undefined) {
        const from = frame * PAGE + within;
        if (buffer === bytes) {
          count = this.#run(index, frame, count, length - done);
          this.#source.copy(offset + done, from, count);
        } else buffer.set(bytes.subarray(from, from + count), offset + done);
      } else if (backing !== undefined && at < backing.limit) {
        // As many absent pages as there are in a row come in one piece.
        let end = index + 1;
        while (end * PAGE < position + length && !this.#frames.has(end)) end++;
        count = Math.min(end * PAGE - at, length - done, backing.limit - at);
        const got = backing.readAt(at, buffer, offset + done, count);
        if (got < 0) return done > 0 ? done : got;
        if (got < count) buffer.fill(0, offset + done + got, offset + done + count);
      } else if (buffer === bytes) {
        this.#source.clear(offset + done, count);
      } else {
        buffer.fill(0, offset + done, offset + done + count);
      }
      done += count;
    }
    return length;
  }

  /** How much of `length` from page `index` on lies in neighbouring frames, when the first `count` bytes do. */
  #run(index: number, frame: number, count: number, length: number): number {
    while (count < length && this.#frames.get(++index) === ++frame) count += Math.min(PAGE, length - count);
    return count;
  }

  /** Bytes written; -ENOSPC when not even one page could be had. */
  write(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const bytes = this.#source.bytes;
    for (let done = 0; done < length;) {
      const at = position + done, index = Math.floor(at / PAGE), within = at - index * PAGE;
      let count = Math.min(PAGE - within, length - done);
      const fresh = !this.#frames.has(index);
      const frame = this.frame(index, count !== PAGE);
      if (frame <= 0) return done > 0 ? done : frame === 0 ? -ENOSPC : frame;
      if (!fresh || this.#backing !== undefined) this.#source.touch(frame);
      if (buffer === bytes) {
        if (!fresh) count = this.#run(index, frame, count, length - done);
        // Those behind the first are touched here.
        for (let f = frame + 1; f * PAGE < frame * PAGE + within + count; f++) this.#source.touch(f);
        this.#source.copy(frame * PAGE + within, offset + done, count);
      } else bytes.set(buffer.subarray(offset + done, offset + done + count), frame * PAGE + within);
      done += count;
    }
    return length;
  }

  /** Drops everything from `size` on: it reads as zeros. */
  truncate(size: number): void {
    const first = Math.ceil(size / PAGE);
    for (const [index, frame] of this.#frames) {
      if (index < first) continue;
      this.#frames.delete(index);
      this.#source.release(frame);
    }
    const within = size % PAGE;
    if (within !== 0) {
      const frame = this.#frames.get(first - 1);
      if (frame !== undefined) {
        this.#source.touch(frame);
        this.#source.bytes.fill(0, frame * PAGE + within, (frame + 1) * PAGE);
      }
    }
    if (this.#backing !== undefined && this.#backing.limit > size) this.#backing.limit = size;
  }

  /** Makes [start, end) zero. Whole pages are given back where nothing lies below. */
  zero(start: number, end: number): number {
    while (start < end) {
      const index = Math.floor(start / PAGE), within = start - index * PAGE;
      const count = Math.min(PAGE - within, end - start);
      const held = this.#frames.get(index);
      const backed = this.#backing !== undefined && index * PAGE < this.#backing.limit;
      if (held !== undefined && count === PAGE && !backed) {
        this.#frames.delete(index);
        this.#source.release(held);
      } else if (held !== undefined || backed) {
        const frame = this.frame(index);
        if (frame <= 0) return frame === 0 ? -ENOSPC : frame;
        this.#source.touch(frame);
        this.#source.bytes.fill(0, frame * PAGE + within, frame * PAGE + within + count);
      }
      start += count;
    }
    return 0;
  }

  /** lseek's SEEK_DATA and SEEK_HOLE. */
  seek(offset: number, size: number, hole: boolean): number {
    if (offset < 0 || offset >= size) return -ENXIO;
    const limit = this.#backing?.limit ?? 0;
    const isData = (index: number) => index * PAGE < limit || this.#frames.has(index);
    const first = Math.floor(offset / PAGE), end = Math.ceil(size / PAGE);
    if (isData(first) !== hole) return offset;
    // Nothing is held far beyond what is in the map: jump over big holes.
    if (!hole) {
      let next = Infinity;
      for (const index of this.#frames.keys()) if (index > first && index < next) next = index;
      return next < end ? next * PAGE : -ENXIO;
    }
    for (let index = first + 1; index < end; index++) if (!isData(index)) return index * PAGE;
    return size;
  }

  /** Gives up one page without writing it anywhere; returns its frame with the store's reference, or 0. */
  detach(index: number): number {
    const frame = this.#frames.get(index);
    if (frame === undefined) return 0;
    this.#frames.delete(index);
    return frame;
  }

  /** Gives everything back. */
  clear(): void {
    for (const frame of this.#frames.values()) this.#source.release(frame);
    this.#frames.clear();
  }
}
