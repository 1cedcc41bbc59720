// How do standard input, output and error reach the host when they are no terminal? Pipes and sockets on demand and in
// the background, regular files at the position shared with the host's other processes.
//
// Nothing is read ahead: a guest read asks the host for no more than it can take, a poll asks for one byte. So what the
// guest has not read is still there for whoever reads the pipe next.

import { EACCES, EAGAIN, EBADF, EINVAL, ENOTTY, ESPIPE } from "../abi/errno.ts";
import { type AttributeChanges, type Attributes, type FileSystem, Inode } from "../../fs/vfs/inode.ts";
import type { IoctlCaller } from "../../fs/vfs/open_file.ts";
import { OpenFile, POLLHUP, POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from "../../fs/vfs/open_file.ts";
import { hostErrno, type HostStdio } from "../host/stdio.ts";
import { AnonFs } from "./anon_inode.ts";
import { FIONREAD } from "./modes.ts";
import { registerStream } from "./reopen.ts";

const O_APPEND = 0o2000;

const hostPipes = new AnonFs("pipefs", 14, 0x50495045);

/** The host's file as the guest's fstat sees it. */
export class HostStreamInode extends Inode {
  override readonly fs: FileSystem = hostPipes;
  readonly ino: number;

  constructor(readonly host: HostStdio) {
    super();
    this.ino = host.info.attributes.ino;
  }

  override get mode(): number {
    return this.host.info.attributes.mode;
  }

  override stat(): Attributes {
    return this.host.stat();
  }

  override setattr(changes: AttributeChanges): number {
    const { size } = changes;
    if (size !== undefined) {
      try {
        this.host.truncate(size);
      } catch (error) {
        return hostErrno(error);
      }
    }
    return 0;
  }

  /** /dev/stdin and the like where the host's is a regular file: from the start, with a position of its own. */
  override open(flags: number): OpenFile | number {
    const had = this.host.info.flags & 3, access = flags & 3;
    return had === 2 || had === access ? new HostFileAgain(this.host, flags, this) : -EACCES;
  }
}

/** A host pipe or socket. */
export class HostStream extends OpenFile {
  override readonly inode: HostStreamInode;
  readonly #host: HostStdio;
  readonly #changed: () => void;
  /** What the background read brought. */
  #data: Uint8Array | undefined;
  #ended = false;
  #failed = 0;
  #reading = false;
  #retry: ReturnType<typeof setTimeout> | undefined;

  /** `changed`: scheduler.requestIdleWake. */
  constructor(host: HostStdio, flags: number, changed: () => void) {
    super(flags);
    this.#host = host;
    this.#changed = changed;
    this.inode = new HostStreamInode(host);
    registerStream(this.inode, this);
  }

  override label(): string {
    return this.#host.info.name ?? `pipe:[${this.inode.ino}]`;
  }

  override get pollable(): boolean {
    return true;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    if (length === 0) return 0;
    const data = this.#data;
    if (data !== undefined) {
      const n = Math.min(length, data.length);
      buffer.set(data.subarray(0, n), offset);
      this.#data = n < data.length ? data.subarray(n) : undefined;
      // A poll fetched a single byte; what stands behind it belongs to the same read.
      if (n < length && this.#data === undefined && !this.#reading) {
        const more = this.#host.tryRead(buffer, offset + n, length - n);
        if (more > 0) return n + more;
      }
      return n;
    }
    if (this.#failed !== 0) {
      const error = this.#failed;
      this.#failed = 0;
      return error;
    }
    if (this.#ended) {
      // A terminal's or FIFO's end need not be the last one: the next read asks again.
      this.#ended = false;
      return 0;
    }
    if (this.#reading) return -EAGAIN;
    const now = this.#host.tryRead(buffer, offset, length);
    if (now > 0) return now;
    this.#fetch(Math.min(length, 65536));
    return -EAGAIN;
  }

  #fetch(length: number): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#host.read(length).then((bytes) => {
      if (bytes.length === 0) this.#ended = true;
      else this.#data = bytes;
    }, (error) => this.#failed = hostErrno(error)).finally(() => {
      this.#reading = false;
      this.queue.wake(POLLIN | POLLRDNORM);
      this.#changed();
    });
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    let done = 0;
    try {
      while (done < length) {
        const n = this.#host.write(buffer, offset + done, length - done);
        if (n === 0) {
          this.#retryWrite();
          return done > 0 ? done : -EAGAIN;
        }
        done += n;
      }
      return done;
    } catch (error) {
      return done > 0 ? done : hostErrno(error);
    }
  }

  /** The host's pipe is non-blocking and full: there is no event for its getting room, so look again soon. */
  #retryWrite(): void {
    if (this.#retry !== undefined) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.queue.wake(POLLOUT | POLLWRNORM);
      this.#changed();
    }, 1);
  }

  override poll(): number {
    let bits = 0;
    if (this.writable && this.#retry === undefined) bits |= POLLOUT | POLLWRNORM;
    if (this.readable) {
      if (this.#data !== undefined || this.#failed !== 0) bits |= POLLIN | POLLRDNORM;
      else if (this.#ended) bits |= this.#host.info.kind === "pipe" ? POLLHUP : POLLIN | POLLRDNORM | POLLHUP;
      else this.#fetch(1);
    }
    return bits;
  }

  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    if (command !== FIONREAD) return -ENOTTY;
    const out = new Uint8Array(4);
    new DataView(out.buffer).setInt32(0, this.#data?.length ?? 0, true);
    caller.write(argument, out);
    return 0;
  }

  override close(): void {
    this.#host.close();
  }
}

/** A regular file or device of the host: the position is the host descriptor's. */
export class HostFile extends OpenFile {
  override readonly inode: HostStreamInode;
  readonly #host: HostStdio;

  constructor(host: HostStdio, flags: number, inode: HostStreamInode = new HostStreamInode(host)) {
    super(flags);
    this.#host = host;
    this.inode = inode;
  }

  override label(): string {
    return this.#host.info.name ?? "anon_inode:[host]";
  }

  #try(action: () => number): number {
    try {
      return action();
    } catch (error) {
      return hostErrno(error);
    }
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    return this.#try(() => this.#host.readSync(buffer, offset, length));
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    return this.#try(() => {
      let done = 0;
      while (done < length) done += this.#host.write(buffer, offset + done, length - done);
      return done;
    });
  }

  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (this.#host.info.kind !== "file") return -ESPIPE;
    return this.#try(() => this.#host.readAt(position, buffer, offset, length));
  }

  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (this.#host.info.kind !== "file") return -ESPIPE;
    return this.#try(() => this.#host.writeAt(position, buffer, offset, length));
  }

  override seek(offset: number, whence: number): number {
    if (this.#host.info.kind !== "file") return this.#host.info.kind === "device" ? 0 : -ESPIPE;
    if (whence < 0 || whence > 2) return -EINVAL;
    const from = whence === 0 ? 0 : whence === 1 ? this.#host.seek(0, 1) : this.#host.size();
    if (from < 0) return -ESPIPE;
    if (from + offset < 0) return -EINVAL;
    const position = this.#host.seek(from + offset, 0);
    return position < 0 ? -ESPIPE : position;
  }

  override sync(): number {
    return this.#host.info.kind === "file" ? 0 : -EINVAL;
  }

  override checkReadable(): number {
    return this.readable ? 0 : -EBADF;
  }
}

/** The host's regular file opened once more by the guest. */
class HostFileAgain extends HostFile {
  override read(buffer: Uint8Array, offset: number, length: number): number {
    const n = this.readAt(this.position, buffer, offset, length);
    if (n > 0) this.position += n;
    return n;
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    if ((this.flags & O_APPEND) !== 0) this.position = this.inode.stat().size;
    const n = this.writeAt(this.position, buffer, offset, length);
    if (n > 0) this.position += n;
    return n;
  }

  override seek(offset: number, whence: number): number {
    if (whence < 0 || whence > 2) return -EINVAL;
    const position = (whence === 0 ? 0 : whence === 1 ? this.position : this.inode.stat().size) + offset;
    return position < 0 ? -EINVAL : this.position = position;
  }
}
