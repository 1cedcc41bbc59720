// What do read, write and poll of a terminal do? The open file over a Tty: job control, VMIN and VTIME, hang-up.

import { EAGAIN, EBUSY, EIO } from "../abi/errno.ts";
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
import type { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { AnonFs, AnonInode } from "../ipc/anon_inode.ts";
import { O_NOCTTY, O_NONBLOCK, S_IFCHR } from "../ipc/modes.ts";
import { ttyIoctl } from "../syscalls/tty_ioctl.ts";
import { current } from "../task/current.ts";
import { checkJobControl, isTtyAdmin, SIGTTIN, SIGTTOU, takeOnOpen } from "./job_control.ts";
import { TOSTOP, VMIN, VTIME } from "./termios.ts";
import type { Tty } from "./tty.ts";

const DECISECOND_NS = 100_000_000;
const devFs = new AnonFs("devtmpfs", 6, 0x01021994);

export class TtyFile extends OpenFile {
  override inode: Inode;
  override readonly queue: WaitQueue;
  readonly tty: Tty;
  hungUp = false;
  /** A read that VTIME limits: who reads, until when, and how many bytes there were when the time began. */
  #timed: { reader: unknown; deadlineNs: number; count: number; expired: boolean } | undefined;

  /** `inode`: the device node it was opened by; without one a nameless device inode. */
  constructor(tty: Tty, flags: number, inode?: Inode) {
    super(flags & ~O_NOCTTY);
    this.tty = tty;
    this.queue = tty.queue;
    this.inode = inode ?? new AnonInode(devFs, S_IFCHR | 0o620, tty.driver.rdev);
    if (tty.files.size === 0) tty.driver.opened?.();
    tty.files.add(this);
  }

  override label(): string {
    return this.tty.name;
  }

  override get pollable(): boolean {
    return true;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const { tty } = this;
    if (this.hungUp) return 0;
    const stop = checkJobControl(tty, SIGTTIN);
    if (stop !== 0) return stop;
    if (length === 0) return 0;
    const n = this.#read(buffer, offset, length);
    if (n >= 0) {
      this.#timed = undefined;
      tty.pump();
    } else tty.driver.inputWanted?.();
    return n;
  }

  #read(buffer: Uint8Array, offset: number, length: number): number {
    const { discipline, termios } = this.tty;
    if (discipline.canonical) {
      return discipline.available(1) ? discipline.read(buffer, offset, length) : -EAGAIN;
    }
    const count = discipline.line.count;
    const minimum = termios.cc[VMIN], timeNs = termios.cc[VTIME] * DECISECOND_NS;
    const needed = Math.min(Math.max(minimum, 1), length);
    if (count >= needed) return discipline.read(buffer, offset, length);
    if (minimum === 0 && timeNs === 0) return 0;
    if ((this.flags & O_NONBLOCK) !== 0) return count > 0 ? discipline.read(buffer, offset, length) : -EAGAIN;
    // With a minimum the time runs from the last byte, without one from the beginning of the read.
    if (timeNs > 0 && (minimum === 0 || count > 0)) {
      if (!this.#startTime(timeNs, count)) return count > 0 ? discipline.read(buffer, offset, length) : 0;
    }
    return -EAGAIN;
  }

  /** False when the time is over. */
  #startTime(timeNs: number, count: number): boolean {
    const { kernel } = this.tty;
    const reader = current.task;
    let timed = this.#timed;
    if (timed === undefined || timed.reader !== reader || timed.count !== count) {
      const deadlineNs = kernel.nowNs() + timeNs;
      timed = this.#timed = { reader, deadlineNs, count, expired: false };
      const mine = timed;
      kernel.at(deadlineNs, () => {
        if (this.#timed !== mine) return;
        // Nobody waits any more when a signal has ended the read.
        if (this.queue.size === 0) this.#timed = undefined;
        mine.expired = true;
        this.queue.wake();
      });
    }
    return !timed.expired;
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    const { tty } = this;
    if (this.hungUp) return -EIO;
    if ((tty.termios.lflag & TOSTOP) !== 0) {
      const stop = checkJobControl(tty, SIGTTOU);
      if (stop !== 0) return stop;
    }
    const n = tty.discipline.output.write(buffer, offset, length);
    return n === 0 && length > 0 ? -EAGAIN : n;
  }

  override poll(): number {
    const { tty } = this;
    if (this.hungUp) return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;
    const { cc } = tty.termios;
    let bits = 0;
    if (tty.discipline.available(cc[VTIME] === 0 && cc[VMIN] > 0 ? cc[VMIN] : 1)) bits |= POLLIN | POLLRDNORM;
    else if (this.readable) tty.driver.inputWanted?.();
    if (tty.discipline.output.room() >= 8) bits |= POLLOUT | POLLWRNORM;
    return bits;
  }

  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    if (this.hungUp) return -EIO;
    return ttyIoctl(this.tty, this, command, argument, caller);
  }

  override close(): void {
    const { tty } = this;
    if (!tty.files.delete(this)) return;
    if (tty.files.size === 0) {
      tty.exclusive = false;
      tty.driver.closed?.();
    }
  }
}

/** Opens a terminal; -EBUSY after TIOCEXCL for all but the privileged. A session leader may get it as controlling one. */
export function openTtyFile(tty: Tty, flags: number, inode?: Inode): TtyFile | number {
  if (tty.exclusive && current.task !== undefined && !isTtyAdmin(current.task)) return -EBUSY;
  const file = new TtyFile(tty, flags, inode);
  takeOnOpen(tty, flags);
  return file;
}
