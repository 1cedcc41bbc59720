// What flows through a pipe? The ring of bytes that pipe(2) and named FIFOs share, and the open file at either end.
//
// A write of at most PIPE_BUF bytes is all or nothing. A longer one, and any write to a pipe without room, may be short or
// -EAGAIN: the write system call goes on when the descriptor blocks. -EPIPE means no reader is left; the write system
// call sends SIGPIPE.

import { EAGAIN, EBUSY, EINVAL, ENOTTY, EPERM, EPIPE } from "../abi/errno.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import {
  type IoctlCaller,
  OpenFile,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRNORM,
} from "../../fs/vfs/open_file.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { AnonInode, pipeFs } from "./anon_inode.ts";
import { FIONREAD, O_DIRECT, O_RDONLY, O_WRONLY, S_IFIFO } from "./modes.ts";

export const PIPE_BUF = 4096;
export const PIPE_DEFAULT_SIZE = 65536;
/** /proc/sys/fs/pipe-max-size */
export const PIPE_MAX_SIZE = 1 << 20;

/** Up to this length a loop is quicker than set() with subarray(), where one side is shared memory. */
const LOOP_LIMIT = 64;

const READABLE = POLLIN | POLLRDNORM, WRITABLE = POLLOUT | POLLWRNORM;

export class Pipe {
  capacity = PIPE_DEFAULT_SIZE;
  /** Bytes held. */
  count = 0;
  readers = 0;
  writers = 0;
  /** How often the pipe was opened for reading or writing: a blocked open of a FIFO waits for a change. */
  readerOpens = 0;
  writerOpens = 0;
  readonly readQueue = new WaitQueue();
  readonly writeQueue = new WaitQueue();
  /** Of files open for both. */
  readonly bothQueue = new WaitQueue();
  /** Lengths of the packets in the ring (O_DIRECT); undefined until the first one. */
  packets: number[] | undefined;

  /** Grown up to `capacity` when needed: most pipes carry little. */
  #ring = new Uint8Array(PIPE_BUF);
  #tail = 0;

  get room(): number {
    return this.capacity - this.count;
  }

  /** Whether poll tells that a write is possible: one of at most PIPE_BUF bytes will not block. */
  get hasRoom(): boolean {
    return this.capacity - this.count >= PIPE_BUF;
  }

  wakeReaders(bits = READABLE): void {
    this.readQueue.wake(bits);
    this.bothQueue.wake(bits);
  }

  wakeWriters(bits = WRITABLE): void {
    this.writeQueue.wake(bits);
    this.bothQueue.wake(bits);
  }

  /** Appends bytes that fit. */
  put(bytes: Uint8Array, offset: number, length: number): void {
    if (this.count + length > this.#ring.length) this.#grow(this.count + length);
    const size = this.#ring.length;
    const head = (this.#tail + this.count) & (size - 1);
    const ring = this.#ring;
    const first = Math.min(length, size - head);
    if (length <= LOOP_LIMIT) {
      for (let i = 0; i < first; i++) ring[head + i] = bytes[offset + i]!;
      for (let i = first; i < length; i++) ring[i - first] = bytes[offset + i]!;
    } else {
      ring.set(bytes.subarray(offset, offset + first), head);
      if (first < length) ring.set(bytes.subarray(offset + first, offset + length), 0);
    }
    this.count += length;
  }

  /** Copies up to `length` bytes out, without removing them; `skip` bytes at the front are left out. */
  peek(buffer: Uint8Array, offset: number, length: number, skip = 0): number {
    const size = this.#ring.length;
    const n = Math.min(length, this.count - skip);
    if (n <= 0) return 0;
    const from = (this.#tail + skip) & (size - 1);
    const ring = this.#ring;
    const first = Math.min(n, size - from);
    if (n <= LOOP_LIMIT) {
      for (let i = 0; i < first; i++) buffer[offset + i] = ring[from + i]!;
      for (let i = first; i < n; i++) buffer[offset + i] = ring[i - first]!;
    } else {
      buffer.set(ring.subarray(from, from + first), offset);
      if (first < n) buffer.set(ring.subarray(0, n - first), offset + first);
    }
    return n;
  }

  /** Removes bytes from the front. */
  drop(length: number): void {
    const couldWrite = this.hasRoom;
    this.#tail = (this.#tail + length) & (this.#ring.length - 1);
    this.count -= length;
    if (this.count === 0) this.#tail = 0;
    if (!couldWrite && this.hasRoom) this.wakeWriters();
  }

  read(buffer: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    if (this.count === 0) return this.writers === 0 ? 0 : -EAGAIN;
    let n = length, drop = length;
    if (this.packets !== undefined && this.packets.length > 0) {
      drop = this.packets.shift()!;
      n = Math.min(drop, length);
    }
    n = this.peek(buffer, offset, n);
    this.drop(this.packets === undefined ? n : Math.max(n, Math.min(drop, this.count)));
    return n;
  }

  write(buffer: Uint8Array, offset: number, length: number, packets = false): number {
    if (length === 0) return 0;
    if (this.readers === 0) return -EPIPE;
    const room = this.room;
    if (room === 0 || (length <= PIPE_BUF && room < length)) return -EAGAIN;
    let n = Math.min(length, room);
    // A long write leaves no odd piece behind while others may still write theirs in one.
    if (packets) {
      n = Math.min(n, PIPE_BUF);
      (this.packets ??= []).push(n);
    } else if (this.packets !== undefined) {
      if (this.packets.length === 0) this.packets = undefined;
      else this.packets.push(n);
    }
    this.put(buffer, offset, n);
    this.wakeReaders();
    return n;
  }

  resize(bytes: number, privileged: boolean): number {
    if (bytes < 0 || bytes > 0x8000_0000) return -EINVAL;
    let size = PIPE_BUF;
    while (size < bytes) size *= 2;
    if (size > this.capacity && size > PIPE_MAX_SIZE && !privileged) return -EPERM;
    if (size < this.count) return -EBUSY;
    this.capacity = size;
    this.#grow(this.count, Math.min(size, this.#ring.length));
    if (this.hasRoom) this.wakeWriters();
    return size;
  }

  /** Makes the ring at least `needed` bytes (a power of two), keeping its contents. */
  #grow(needed: number, limit = Infinity): void {
    let size = Math.min(this.#ring.length, limit);
    while (size < needed) size *= 2;
    if (size === this.#ring.length) return;
    const ring = new Uint8Array(size);
    this.peek(ring, 0, this.count);
    this.#ring = ring;
    this.#tail = 0;
  }
}

/** The inode of a pipe without a name: opening /proc/PID/fd/N (bash's <(…)) opens its pipe once more. */
export class PipeInode extends AnonInode {
  constructor(readonly pipe: Pipe) {
    super(pipeFs, S_IFIFO | 0o600);
  }
}

/** An end of a pipe, or a FIFO opened either way. */
export class PipeFile extends OpenFile {
  override readonly inode: Inode;
  override readonly queue: WaitQueue;
  readonly pipe: Pipe;
  /** writerOpens at the time of a non-blocking open for reading: no POLLHUP before the first writer came. */
  #writersSeen = -1;

  constructor(pipe: Pipe, flags: number, inode: Inode) {
    super(flags);
    this.pipe = pipe;
    this.inode = inode;
    const access = flags & 3;
    this.queue = access === O_RDONLY
      ? pipe.readQueue
      : access === O_WRONLY
      ? pipe.writeQueue
      : pipe.bothQueue;
    if (this.readable) {
      pipe.readers++;
      pipe.readerOpens++;
    }
    if (this.writable) {
      pipe.writers++;
      pipe.writerOpens++;
    }
    if (!this.writable && pipe.writers === 0 && !(inode instanceof PipeInode)) {
      this.#writersSeen = pipe.writerOpens;
    }
  }

  override label(): string {
    return `pipe:[${this.inode.ino}]`;
  }

  override get pollable(): boolean {
    return true;
  }

  /** Packets are read one by one. */
  override get inMemory(): boolean {
    return this.pipe.packets === undefined;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    return this.pipe.read(buffer, offset, length);
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    return this.pipe.write(buffer, offset, length, (this.flags & O_DIRECT) !== 0);
  }

  override poll(): number {
    const pipe = this.pipe;
    let bits = 0;
    if (this.readable) {
      if (pipe.count > 0) bits |= READABLE;
      if (pipe.writers === 0 && pipe.writerOpens !== this.#writersSeen) bits |= POLLHUP;
    }
    if (this.writable) {
      if (pipe.hasRoom) bits |= WRITABLE;
      if (pipe.readers === 0) bits |= POLLERR;
    }
    return bits;
  }

  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    if (command !== FIONREAD) return -ENOTTY;
    const out = new Uint8Array(4);
    new DataView(out.buffer).setInt32(0, this.pipe.count, true);
    caller.write(argument, out);
    return 0;
  }

  override close(): void {
    const pipe = this.pipe;
    if (this.readable && --pipe.readers === 0) pipe.wakeWriters(WRITABLE | POLLERR);
    if (this.writable && --pipe.writers === 0) pipe.wakeReaders(READABLE | POLLHUP);
    // A FIFO that nobody holds open loses what is in it.
    if (pipe.readers === 0 && pipe.writers === 0) {
      pipe.drop(pipe.count);
      pipe.packets = undefined;
    }
  }

  /** fcntl(F_GETPIPE_SZ). */
  pipeSize(): number {
    return this.pipe.capacity;
  }

  /** fcntl(F_SETPIPE_SZ): the size it got, or -EBUSY, -EPERM, -EINVAL. `privileged`: CAP_SYS_RESOURCE. */
  setPipeSize(bytes: number, privileged = false): number {
    return this.pipe.resize(bytes, privileged);
  }
}

/** Both ends of a new pipe: [read end, write end]. `flags`: O_NONBLOCK and O_DIRECT. */
export function createPipe(flags: number): [PipeFile, PipeFile] {
  const pipe = new Pipe();
  const inode = new PipeInode(pipe);
  return [new PipeFile(pipe, flags | O_RDONLY, inode), new PipeFile(pipe, flags | O_WRONLY, inode)];
}
