// What is opened by `cat /dev/stdin`, when standard input is the host's? Another description of the same stream.

import { EACCES, ENXIO } from "../abi/errno.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import { type IoctlCaller, OpenFile } from "../../fs/vfs/open_file.ts";
import type { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { O_ACCMODE, S_IFIFO } from "./modes.ts";

/** O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC and O_CLOEXEC are not kept. */
const OPENING_ONLY = 0o100 | 0o200 | 0o400 | 0o1000 | 0o2000000;

/** Streams that come from outside the guest, by the inode that fstat shows. */
const streams = new WeakMap<Inode, OpenFile>();

export function registerStream(inode: Inode, stream: OpenFile): void {
  streams.set(inode, stream);
}

/** The stream behind `inode` opened once more, -errno, or undefined when no stream is behind it. */
export function reopenStream(inode: Inode, flags: number): OpenFile | number | undefined {
  const stream = streams.get(inode);
  if (stream === undefined) return undefined;
  if ((inode.mode & 0o170000) !== S_IFIFO) return -ENXIO;
  const access = flags & O_ACCMODE;
  if (access !== 1 && !stream.readable || access !== 0 && !stream.writable) return -EACCES;
  return new ReopenedStream(stream.retain(), flags & ~OPENING_ONLY);
}

/** Flags of its own, the bytes of `stream`. */
class ReopenedStream extends OpenFile {
  override readonly inode: Inode;
  override readonly queue: WaitQueue;

  constructor(readonly stream: OpenFile, flags: number) {
    super(flags);
    this.inode = stream.inode;
    this.queue = stream.queue;
  }

  override label(): string {
    return this.stream.label();
  }
  override get pollable(): boolean {
    return true;
  }
  override read(buffer: Uint8Array, offset: number, length: number): number {
    return this.stream.read(buffer, offset, length);
  }
  override write(buffer: Uint8Array, offset: number, length: number): number {
    return this.stream.write(buffer, offset, length);
  }
  override poll(): number {
    return this.stream.poll();
  }
  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    return this.stream.ioctl(command, argument, caller);
  }
  override close(): void {
    this.stream.release();
  }
}
