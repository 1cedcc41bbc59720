// Standard streams of a guest that is run by the library: given bytes as input, a function for output, or nothing.

import { OpenFile, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../fs/vfs/open_file.ts";
import { type AnonInode, pipeInode } from "./anon_inode.ts";
import { registerStream } from "./reopen.ts";

/** A pipe whose writer wrote `bytes` and closed it. */
export class BytesInput extends OpenFile {
  override readonly inode: AnonInode = pipeInode();
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    super(0);
    this.#bytes = bytes;
    registerStream(this.inode, this);
  }

  override label(): string {
    return `pipe:[${this.inode.ino}]`;
  }
  override get pollable(): boolean {
    return true;
  }
  override read(buffer: Uint8Array, offset: number, length: number): number {
    const n = Math.min(length, this.#bytes.length - this.#at);
    buffer.set(this.#bytes.subarray(this.#at, this.#at + n), offset);
    this.#at += n;
    return n;
  }
  override poll(): number {
    return this.#at < this.#bytes.length ? POLLIN | POLLRDNORM | POLLHUP : POLLHUP;
  }
}

/** A pipe whose reader takes everything at once. */
export class CallbackOutput extends OpenFile {
  override readonly inode: AnonInode = pipeInode();
  readonly #take: (chunk: Uint8Array) => void;

  /** `take` must copy what it keeps. */
  constructor(take: (chunk: Uint8Array) => void) {
    super(1);
    this.#take = take;
    registerStream(this.inode, this);
  }

  override label(): string {
    return `pipe:[${this.inode.ino}]`;
  }
  override get pollable(): boolean {
    return true;
  }
  override write(buffer: Uint8Array, offset: number, length: number): number {
    this.#take(buffer.subarray(offset, offset + length));
    return length;
  }
  override poll(): number {
    return POLLOUT | POLLWRNORM;
  }
}
