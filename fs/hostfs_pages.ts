// Pages of a host file that are mapped: frames, which of them mappings may store to, and how read(2), write(2) and mappings
// see the same bytes while the host's file is behind.

import type { HostFiles } from "./host_files.ts";
import { PageStore } from "./vfs/page_store.ts";
import type { PageSource } from "./vfs/pages.ts";

const PAGE = 4096;

export class HostPages {
  readonly #source: PageSource;
  readonly #store: PageStore;
  /** Pages that were mapped for writing. */
  readonly #dirty = new Set<number>();

  /** `read` takes bytes from the host's file. */
  constructor(
    source: PageSource,
    read: (position: number, buffer: Uint8Array, offset: number, length: number) => number,
  ) {
    this.#source = source;
    this.#store = new PageStore(source, {
      // The host's file knows where it ends, and it may grow again after it was cut off.
      get limit() {
        return Number.MAX_SAFE_INTEGER;
      },
      set limit(_) {
        // As long as it is.
      },
      readAt: read,
    });
  }

  /** Pages that are here. */
  get count(): number {
    return this.#store.pages;
  }
  get dirty(): boolean {
    return this.#dirty.size > 0;
  }
  frame(index: number): number {
    return this.#store.frame(index);
  }
  detach(index: number): number {
    return this.#store.detach(index);
  }
  clear(): void {
    this.#store.clear();
  }
  markDirty(index: number): void {
    this.#dirty.add(index);
  }
  /** Nobody can store to the pages any more, and the host has what was stored. */
  markClean(): void {
    this.#dirty.clear();
  }

  truncate(size: number): void {
    this.#store.truncate(size);
    for (const index of this.#dirty) if (index * PAGE >= size) this.#dirty.delete(index);
  }

  /** For each page of [position, position + count) that is here (with `dirty`: and stored to): where it and the range meet. */
  #meet(
    position: number,
    count: number,
    dirty: boolean,
    visit: (frame: number, at: number, from: number, length: number) => void,
  ): void {
    for (let index = Math.floor(position / PAGE); index * PAGE < position + count; index++) {
      if (dirty && !this.#dirty.has(index)) continue;
      const frame = this.#store.peek(index);
      if (frame === 0) continue;
      const from = Math.max(position, index * PAGE), to = Math.min(position + count, (index + 1) * PAGE);
      visit(frame, frame * PAGE + from - index * PAGE, from - position, to - from);
    }
  }

  /** What mappings have stored covers the `count` bytes that the host told. */
  cover(position: number, buffer: Uint8Array, offset: number, count: number): void {
    const { bytes } = this.#source;
    this.#meet(position, count, true, (_frame, at, from, length) => {
      buffer.set(bytes.subarray(at, at + length), offset + from);
    });
  }

  /** The same bytes went to the host. */
  wrote(position: number, buffer: Uint8Array, offset: number, count: number): void {
    const source = this.#source;
    this.#meet(position, count, false, (frame, at, from, length) => {
      source.touch(frame);
      source.bytes.set(buffer.subarray(offset + from, offset + from + length), at);
    });
  }

  /** Writes what may have been stored to; 0 or -errno. Pages stay dirty while they are mapped: the next store tells nobody. */
  writeBack(files: HostFiles, handle: number, size: number): number {
    const page = new Uint8Array(PAGE), { bytes } = this.#source;
    for (const index of this.#dirty) {
      const frame = this.#store.peek(index), count = Math.min(PAGE, size - index * PAGE);
      if (frame === 0 || count <= 0) continue;
      page.set(bytes.subarray(frame * PAGE, (frame + 1) * PAGE));
      const written = files.write(handle, page, 0, count, index * PAGE);
      if (written < 0) return written;
    }
    return 0;
  }
}
