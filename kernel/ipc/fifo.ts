// How is a named FIFO opened, when open(2) has to wait for the other side?
//
// `openFifo` registers the caller as a reader or writer at once (the other side must see it while it waits), so a call
// that is interrupted must release the file: the FifoOpening kept in task.syscallState has `abandon()`, which whoever ends
// an interrupted system call (signal delivery, exit) calls.
//
// The open system call needs to do nothing: Vfs.openSpecial is `specialOpener(devices)`, and when that answers BLOCKED, the
// handler returns BLOCKED and is run again on a wake-up.

import { ENXIO } from "../abi/errno.ts";
import type { CharDevices } from "../../fs/devices.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import type { Task } from "../task/task.ts";
import { current } from "../task/current.ts";
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY, S_IFIFO } from "./modes.ts";
import { Pipe, PipeFile, PipeInode } from "./pipe.ts";
import { reopenStream } from "./reopen.ts";

/** O_CREAT, O_EXCL, O_NOCTTY, O_TRUNC and O_CLOEXEC are not kept. */
const OPENING_ONLY = 0o100 | 0o200 | 0o400 | 0o1000 | 0o2000000;

interface Fifo {
  pipe: Pipe;
  /** Openers waiting for their partner. */
  opens: WaitQueue;
}

const fifos = new WeakMap<Inode, Fifo>();

function fifoOf(inode: Inode): Fifo {
  let fifo = fifos.get(inode);
  if (fifo === undefined) {
    const pipe = inode instanceof PipeInode ? inode.pipe : new Pipe();
    fifos.set(inode, fifo = { pipe, opens: new WaitQueue() });
  }
  return fifo;
}

/** Woken when somebody opens the FIFO. */
export function fifoQueue(inode: Inode): WaitQueue {
  return fifoOf(inode).opens;
}

/** Opens the FIFO without waiting; -ENXIO for O_NONBLOCK|O_WRONLY without a reader. */
export function openFifo(inode: Inode, flags: number): OpenFile | number {
  const stream = reopenStream(inode, flags);
  if (stream !== undefined) return stream;
  const { pipe, opens } = fifoOf(inode);
  const alone = (flags & O_ACCMODE) === O_WRONLY && pipe.readers === 0;
  if (alone && (flags & O_NONBLOCK) !== 0 && !(inode instanceof PipeInode)) return -ENXIO;
  const file = new PipeFile(pipe, flags & ~OPENING_ONLY, inode);
  opens.wake();
  return file;
}

/** An open that waits for its partner; kept in task.syscallState. */
export class FifoOpening {
  readonly #writerOpens: number;
  readonly #readerOpens: number;

  constructor(readonly file: PipeFile, readonly queue: WaitQueue) {
    this.#writerOpens = file.pipe.writerOpens;
    this.#readerOpens = file.pipe.readerOpens;
  }

  /** No partner has come since. One that came and went again counts. */
  get pending(): boolean {
    const pipe = this.file.pipe;
    return (this.file.flags & O_ACCMODE) === O_RDONLY
      ? pipe.writers === 0 && pipe.writerOpens === this.#writerOpens
      : pipe.readers === 0 && pipe.readerOpens === this.#readerOpens;
  }

  /** The waiting call will not be run again. */
  abandon(): void {
    this.file.release();
  }
}

/**
 * All of opening a FIFO for a system-call handler: the open file, -errno, or BLOCKED (then the handler returns it and is
 * run again). Leaves task.syscallState undefined when done.
 */
export function openFifoBlocking(task: Task, inode: Inode, flags: number): OpenFile | number {
  let opening = task.syscallState as FifoOpening | undefined;
  if (!(opening instanceof FifoOpening)) {
    const file = openFifo(inode, flags);
    if (!(file instanceof PipeFile)) return file;
    const access = flags & O_ACCMODE;
    const partner = access === O_RDONLY ? file.pipe.writers : file.pipe.readers;
    const waits = access !== O_RDWR && partner === 0 && (flags & O_NONBLOCK) === 0;
    // A pipe without a name, reached through /proc/PID/fd, has had both its ends.
    if (!waits || inode instanceof PipeInode) return file;
    opening = new FifoOpening(file, fifoQueue(inode));
    task.syscallState = opening;
  }
  if (opening.pending) return task.block(opening.queue);
  task.syscallState = undefined;
  return opening.file;
}

/** For Vfs.openSpecial: FIFOs (which may answer BLOCKED), then devices. */
export function specialOpener(devices: CharDevices): (inode: Inode, flags: number) => OpenFile | number {
  return (inode, flags) => {
    if ((inode.mode & 0o170000) !== S_IFIFO) return devices.open(inode, flags);
    const { task } = current;
    return task === undefined ? openFifo(inode, flags) : openFifoBlocking(task, inode, flags);
  };
}
