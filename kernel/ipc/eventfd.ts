// What is an eventfd? A 64-bit counter that reads take and writes add to.

import { EAGAIN, EINVAL } from "../abi/errno.ts";
import { OpenFile, POLLERR, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../fs/vfs/open_file.ts";
import { anonInode } from "./anon_inode.ts";

export const EFD_SEMAPHORE = 1;
const MAX = 0xffff_ffff_ffff_fffen;

export class EventFd extends OpenFile {
  override readonly inode = anonInode;
  /** Counters beyond 2^53 are possible, and rare: a BigInt once per call is no cost that matters. */
  #count: bigint;
  readonly #semaphore: boolean;

  constructor(initial: number, flags: number, semaphore: boolean) {
    super(flags);
    this.#count = BigInt(initial);
    this.#semaphore = semaphore;
  }

  override label(): string {
    return "anon_inode:[eventfd]";
  }

  override get pollable(): boolean {
    return true;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    if (length < 8) return -EINVAL;
    if (this.#count === 0n) return -EAGAIN;
    const value = this.#semaphore ? 1n : this.#count;
    this.#count -= value;
    new DataView(buffer.buffer, buffer.byteOffset + offset, 8).setBigUint64(0, value, true);
    this.queue.wake(POLLOUT | POLLWRNORM);
    return 8;
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    if (length < 8) return -EINVAL;
    const value = new DataView(buffer.buffer, buffer.byteOffset + offset, 8).getBigUint64(0, true);
    if (value > MAX) return -EINVAL;
    if (value > MAX - this.#count) return -EAGAIN;
    this.#count += value;
    this.queue.wake(POLLIN | POLLRDNORM);
    return 8;
  }

  /** The kernel's own "it happened": unlike a write it may fill the counter, which then shows as an error (POLLERR). */
  signal(): void {
    if (this.#count <= MAX) this.#count++;
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  override poll(): number {
    let bits = 0;
    if (this.#count > 0n) bits |= POLLIN | POLLRDNORM;
    if (this.#count < MAX) bits |= POLLOUT | POLLWRNORM;
    if (this.#count > MAX) bits |= POLLERR;
    return bits;
  }

  override fdinfo(): string {
    return `eventfd-count: ${this.#count.toString(16).padStart(16, " ")}\n`;
  }
}
