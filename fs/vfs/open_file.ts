// An open file description: what open(2), pipe(2), socket(2) … make and file descriptors refer to.
//
// No method blocks: what would block returns -EAGAIN, and the system-call layer waits on `queue` when O_NONBLOCK is off,
// then calls again. `buffer` is kernel memory; user memory is copied by the system-call layer.

import { EBADF, EINVAL, ENODEV, ENOTTY, ESPIPE } from "../../kernel/abi/errno.ts";
import { O_PATH } from "../../kernel/abi/fcntl.ts";
import type { Inode } from "./inode.ts";
import type { Path } from "./path.ts";
import { notifyClosed } from "./notify.ts";
import { WaitQueue } from "./wait_queue.ts";

export const POLLIN = 1, POLLPRI = 2, POLLOUT = 4, POLLERR = 8, POLLHUP = 0x10, POLLNVAL = 0x20;
export const POLLRDNORM = 0x40, POLLRDBAND = 0x80, POLLWRNORM = 0x100, POLLWRBAND = 0x200, POLLRDHUP = 0x2000;

/** What ioctl handlers may do with the caller; implemented by kernel/task. */
export interface IoctlCaller {
  /** The calling task; file systems do not look inside, terminal code does. */
  readonly task: unknown;
  read(address: number, length: number): Uint8Array;
  write(address: number, data: Uint8Array): void;
}

export abstract class OpenFile {
  /** O_* flags: access mode and status flags (F_GETFL). */
  flags: number;
  /** File position, for what has one. */
  position = 0;
  /** References by descriptors (and by in-flight users). */
  #references = 1;
  /** Where it was opened; undefined for pipes, sockets, eventfds (their /proc/PID/fd text is `label()`). */
  path: Path | undefined;

  constructor(flags: number) {
    this.flags = flags;
  }

  /** The file behind it; anonymous objects have an inode too (for fstat). */
  abstract readonly inode: Inode;
  /** Woken whenever what poll() tells may have changed. */
  readonly queue: WaitQueue = new WaitQueue();

  get references(): number {
    return this.#references;
  }
  retain(): this {
    this.#references++;
    return this;
  }
  /** Told when the last reference goes, before close(): epoll forgets the file then. */
  closeWatchers: Set<{ fileClosed(file: OpenFile): void }> | undefined;
  /** Closes the description at the last release. */
  release(): void {
    if (--this.#references !== 0) return;
    if (this.closeWatchers !== undefined) {
      for (const watcher of this.closeWatchers) {
        watcher.fileClosed(this);
      }
    }
    const counted = this.#counted;
    if (counted !== undefined) {
      counted.opens--;
      if (this.writable) counted.writers--;
      notifyClosed(this);
    }
    this.close();
  }
  /** It was opened at `path`. */
  openedAt(path: Path): this {
    this.path = path;
    if (this.pathOnly) return this;
    const inode = this.#counted = path.dentry.inode!;
    inode.opens++;
    if (this.writable) inode.writers++;
    return this;
  }
  /** The inode that counts it. */
  #counted: Inode | undefined;
  /** Last reference is gone. */
  close(): void {}

  /** Text of /proc/PID/fd/N where there is no path: "pipe:[123]", "anon_inode:[eventpoll]". */
  label(): string {
    return "anon_inode:[unknown]";
  }

  /** At the current position, advancing it where the file is seekable. */
  read(_buffer: Uint8Array, _offset: number, _length: number): number {
    return -EINVAL;
  }
  write(_buffer: Uint8Array, _offset: number, _length: number): number {
    return -EINVAL;
  }
  /** pread/pwrite; ESPIPE where there are no positions. */
  readAt(_position: number, _buffer: Uint8Array, _offset: number, _length: number): number {
    return -ESPIPE;
  }
  writeAt(_position: number, _buffer: Uint8Array, _offset: number, _length: number): number {
    return -ESPIPE;
  }
  seek(_offset: number, _whence: number): number {
    return -ESPIPE;
  }
  /** getdents64: entries from `position` on are handed to `emit` until it returns false; -ENOTDIR elsewhere. */
  readDirectory?(emit: (name: string, ino: number, type: number, nextPosition: number) => boolean): number;
  /**
   * `buffer` may be physical memory itself, and a transfer may come in pieces: nothing is asked of the host, and what one
   * call moves and two calls move is the same.
   */
  get inMemory(): boolean {
    return false;
  }
  /** Takes every write without looking at it. */
  get discards(): boolean {
    return false;
  }
  /** POLL* bits that hold now. */
  poll(): number {
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
  }
  /** Reading or writing may block at all (epoll refuses regular files). */
  get pollable(): boolean {
    return false;
  }
  ioctl(_command: number, _argument: number, _caller: IoctlCaller): number {
    return -ENOTTY;
  }
  truncate(_size: number): number {
    return -EINVAL;
  }
  sync(): number {
    return -EINVAL;
  }
  /** Shared mappings of it may not be written to, whatever it is open for (sealed memfds). */
  get writeSealed(): boolean {
    return false;
  }
  /** Whether it can be mapped: frames come from inode.mapPage. */
  mappable(): number {
    return -ENODEV;
  }
  /** Extra lines of /proc/PID/fdinfo/N. */
  fdinfo(): string {
    return "";
  }
  get readable(): boolean {
    return (this.flags & 3) !== 1 && !this.pathOnly;
  }
  get writable(): boolean {
    return (this.flags & 3) !== 0 && !this.pathOnly;
  }
  /** Opened with O_PATH: names a place, gives no access to the file. */
  get pathOnly(): boolean {
    return (this.flags & O_PATH) !== 0;
  }
  /** For callers that must refuse (EBADF) before anything else. */
  checkReadable(): number {
    return this.readable ? 0 : -EBADF;
  }
}
