// What is behind MAP_SHARED|MAP_ANONYMOUS? Memory that belongs to no file, seen by every process that inherits the mapping.

import { EFAULT, ENOMEM } from "../abi/errno.ts";
import { frames } from "./frames.ts";

export class SharedMemory {
  readonly #pages = new Map<number, number>();
  #references = 1;
  /** Told apart in /proc/PID/maps by this number. */
  ino: number = ++lastIno;
  /** Text of it in /proc/PID/maps. */
  get name(): string {
    return "/dev/zero (deleted)";
  }
  /** Pages in use by all shared anonymous memory (Shmem of /proc/meminfo). */
  static pages = 0;

  /** @param length Pages it has. A mapping that mremap(2) made longer does not make the memory longer. */
  constructor(readonly length: number) {}

  /** Frame of page `index`, with a reference for the caller; -ENOMEM, -EFAULT beyond its end (SIGBUS). */
  mapPage(index: number): number {
    if (index >= this.length) return -EFAULT;
    let frame = this.#pages.get(index);
    if (frame === undefined) {
      frame = frames.allocate();
      if (frame === 0) return -ENOMEM;
      this.#pages.set(index, frame);
      SharedMemory.pages++;
    }
    frames.retain(frame);
    return frame;
  }

  /** Pages that are in memory. */
  get resident(): number {
    return this.#pages.size;
  }

  has(index: number): boolean {
    return this.#pages.has(index);
  }

  /** MADV_REMOVE: the pages read as zero again. They are unmapped from the caller already. */
  punch(first: number, last: number): void {
    for (let index = first; index < last; index++) {
      const frame = this.#pages.get(index);
      if (frame === undefined) continue;
      // Other processes may map the frame: it stays theirs, too, so it is cleared, not replaced.
      frames.touch(frame);
      frames.bytes.fill(0, frame * 4096, frame * 4096 + 4096);
    }
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references > 0) return;
    for (const frame of this.#pages.values()) frames.release(frame);
    SharedMemory.pages -= this.#pages.size;
    this.#pages.clear();
  }
}

let lastIno = 0;
