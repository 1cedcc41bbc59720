// read, write and their relatives: data through file descriptors.

import { IN_ACCESS, IN_MODIFY, notifyMoved } from "../../fs/vfs/notify.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { RegularFile } from "../../fs/vfs/regular_file.ts";
import { EAGAIN, EBADF, EINVAL, EISDIR, EOPNOTSUPP, EPIPE, ESPIPE } from "../abi/errno.ts";
import { O_APPEND, RWF_APPEND, RWF_DSYNC, RWF_HIPRI, RWF_NOWAIT, RWF_SYNC } from "../abi/fcntl.ts";
import { isDirectory, isRegular } from "../abi/stat.ts";
import { UnixSocket } from "../net/unix_socket.ts";
import { kernelSignal } from "../signal/info.ts";
import { sendSignal } from "../signal/send.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { socketRead } from "./socket_receive.ts";
import { socketWrite } from "./socket_send.ts";
import { bounce, BOUNCE_BYTES, isNonblocking, readInto, single, vector, writeFrom } from "./transfer.ts";

function readableFile(task: Task, fd: number): OpenFile | undefined {
  const file = task.files.get(fd);
  return file !== undefined && file.readable ? file : undefined;
}

function writableFile(task: Task, fd: number): OpenFile | undefined {
  const file = task.files.get(fd);
  return file !== undefined && file.writable ? file : undefined;
}

const accessed = (file: OpenFile, count: number) => notifyMoved(file, IN_ACCESS, count);
const modified = (file: OpenFile, count: number) => notifyMoved(file, IN_MODIFY, count);

function sysRead(task: Task, fd: number, address: number, length: number): number {
  const file = readableFile(task, fd);
  if (file === undefined) return -EBADF;
  const error = single(address, length);
  if (error < 0) return error;
  if (file instanceof UnixSocket) return socketRead(task, file, false);
  return accessed(file, readInto(task, file, undefined, isNonblocking(file)));
}

function sysWrite(task: Task, fd: number, address: number, length: number): number {
  const file = writableFile(task, fd);
  if (file === undefined) return -EBADF;
  const error = single(address, length);
  if (error < 0) return error;
  if (file instanceof UnixSocket) return socketWrite(task, file, false);
  return modified(file, writeFrom(task, file, undefined, isNonblocking(file)));
}

function sysPread64(task: Task, fd: number, address: number, length: number, position: number): number {
  if (position < 0) return -EINVAL;
  const file = readableFile(task, fd);
  if (file === undefined) return -EBADF;
  const error = single(address, length);
  return error < 0 ? error : accessed(file, readInto(task, file, position, isNonblocking(file)));
}

function sysPwrite64(task: Task, fd: number, address: number, length: number, position: number): number {
  if (position < 0) return -EINVAL;
  const file = writableFile(task, fd);
  if (file === undefined) return -EBADF;
  const error = single(address, length);
  return error < 0 ? error : modified(file, writeFrom(task, file, position, isNonblocking(file)));
}

const RWF_ALL = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND;

/** Buffers by struct iovec. `position` undefined: at the file's own; `flags` are RWF_*. */
type Vectored = (
  task: Task,
  fd: number,
  iov: number,
  count: number,
  position: number | undefined,
  flags: number,
) => number;

/** What readv and writev begin with; `move` has the buffers told. */
function vectored(
  find: (task: Task, fd: number) => OpenFile | undefined,
  move: (task: Task, file: OpenFile, position: number | undefined, flags: number) => number,
): Vectored {
  return (task, fd, iov, count, position, flags) => {
    const file = find(task, fd);
    if (file === undefined) return -EBADF;
    if (flags & ~RWF_ALL) return -EOPNOTSUPP;
    const error = vector(task, iov, count);
    return error < 0 ? error : move(task, file, position, flags);
  };
}

const readv = vectored(readableFile, (task, file, position, flags) => {
  const nowait = (flags & RWF_NOWAIT) !== 0;
  if (file instanceof UnixSocket && position === undefined) return socketRead(task, file, nowait);
  return accessed(file, readInto(task, file, position, isNonblocking(file) || nowait));
});

const writev = vectored(writableFile, (task, file, position, flags) => {
  const nowait = (flags & RWF_NOWAIT) !== 0, nonblock = isNonblocking(file) || nowait;
  if (file instanceof UnixSocket && position === undefined) return socketWrite(task, file, nowait);
  if (!(flags & RWF_APPEND) || file.flags & O_APPEND) {
    return modified(file, writeFrom(task, file, position, nonblock));
  }
  file.flags |= O_APPEND;
  try {
    return modified(file, writeFrom(task, file, position, nonblock));
  } finally {
    file.flags &= ~O_APPEND;
  }
});

/** preadv2 and pwritev2 use the file's own position for offset -1. The offset is in the low half; the high one is 0 on x86-64. */
const at = (offset: number): number | undefined => offset === -1 ? undefined : offset;

function sysPreadv(task: Task, fd: number, iov: number, count: number, offset: number): number {
  return offset < 0 ? -EINVAL : readv(task, fd, iov, count, offset, 0);
}
function sysPwritev(task: Task, fd: number, iov: number, count: number, offset: number): number {
  return offset < 0 ? -EINVAL : writev(task, fd, iov, count, offset, 0);
}
function sysPreadv2(
  task: Task,
  fd: number,
  iov: number,
  count: number,
  offset: number,
  _high: number,
  flags: number,
) {
  return offset < -1 ? -EINVAL : readv(task, fd, iov, count, at(offset), flags);
}
function sysPwritev2(
  task: Task,
  fd: number,
  iov: number,
  count: number,
  offset: number,
  _high: number,
  flags: number,
) {
  return offset < -1 ? -EINVAL : writev(task, fd, iov, count, at(offset), flags);
}

/** What a call that copies between files has done so far, while it waits. */
interface Copying {
  done: number;
  /** Where it began to read. */
  from: number;
}

/** Copies from `source` at `from` until `length`, its end, or the target takes no more. -errno, BLOCKED or the count. */
function copy(
  task: Task,
  source: OpenFile,
  from: number,
  target: OpenFile,
  to: number | undefined,
  length: number,
): number {
  const state = (task.syscallState ??= { done: 0, from }) as Copying;
  from = state.from;
  while (state.done < length) {
    const count = Math.min(length - state.done, BOUNCE_BYTES);
    const got = source.readAt(from + state.done, bounce, 0, count);
    if (got <= 0) return state.done > 0 ? state.done : got;
    for (let put = 0; put < got;) {
      const n = to === undefined
        ? target.write(bounce, put, got - put)
        : target.writeAt(to + state.done, bounce, put, got - put);
      if (n === -EAGAIN && !isNonblocking(target)) {
        task.partialResult = state.done;
        return task.block(target.queue);
      }
      if (n === -EPIPE) sendSignal(task, kernelSignal(13));
      if (n <= 0) return state.done > 0 ? state.done : n;
      put += n;
      state.done += n;
    }
  }
  return state.done;
}

/** The file's position, which standard streams share with the host; -1 where there is none to be known. */
function positionOf(file: OpenFile): number {
  return file instanceof RegularFile ? file.position : file.seek(0, 1);
}

function moveTo(file: OpenFile, position: number): void {
  if (file instanceof RegularFile) file.position = position;
  else file.seek(position, 0);
}

function sysSendfile(task: Task, outFd: number, inFd: number, offsetAddress: number, length: number): number {
  const source = readableFile(task, inFd), target = writableFile(task, outFd);
  if (source === undefined || target === undefined) return -EBADF;
  const explicit = offsetAddress !== 0;
  const from = explicit ? task.memory.readI64(offsetAddress) : positionOf(source);
  if (explicit && source.readAt(0, bounce, 0, 0) === -ESPIPE) return -ESPIPE;
  if (from < 0 || length < 0) return -EINVAL;
  if (target.flags & O_APPEND || source.readAt(0, bounce, 0, 0) < 0) return -EINVAL;
  const done = copy(task, source, from, target, undefined, Math.min(length, 0x7fff_f000));
  // A call that waits or that a signal ends says how far it came, here too.
  const state = task.syscallState as Copying;
  // The offset is written even when nothing moved: it has to be writable.
  if (explicit) task.memory.writeI64(offsetAddress, state.from + state.done);
  else if (state.done > 0) moveTo(source, state.from + state.done);
  accessed(source, done);
  return modified(target, done);
}

function sysCopyFileRange(
  task: Task,
  inFd: number,
  inAddress: number,
  outFd: number,
  outAddress: number,
  length: number,
  flags: number,
): number {
  const source = task.files.get(inFd), target = task.files.get(outFd);
  if (source === undefined || target === undefined || source.pathOnly || target.pathOnly) return -EBADF;
  const from = inAddress !== 0 ? task.memory.readI64(inAddress) : positionOf(source);
  const to = outAddress !== 0 ? task.memory.readI64(outAddress) : positionOf(target);
  if (flags !== 0) return -EINVAL;
  if (isDirectory(source.inode.mode) || isDirectory(target.inode.mode)) return -EISDIR;
  if (!isRegular(source.inode.mode) || !isRegular(target.inode.mode)) return -EINVAL;
  if (!source.readable || !target.writable || target.flags & O_APPEND) return -EBADF;
  if (from < 0 || to < 0 || length < 0) return -EINVAL;
  if (source.inode === target.inode && from < to + length && to < from + length) return -EINVAL;
  const done = copy(task, source, from, target, to, Math.min(length, 0x7fff_f000));
  if (done <= 0) return done;
  if (inAddress !== 0) task.memory.writeI64(inAddress, from + done);
  else moveTo(source, from + done);
  if (outAddress !== 0) task.memory.writeI64(outAddress, to + done);
  else moveTo(target, to + done);
  accessed(source, done);
  return modified(target, done);
}

function sysReadahead(task: Task, fd: number): number {
  const file = readableFile(task, fd);
  return file === undefined ? -EBADF : file instanceof RegularFile ? 0 : -EINVAL;
}

export const io: Syscall[] = family({
  read: { nr: 0, args: "fd buffer_out size", ret: "long", run: sysRead },
  write: { nr: 1, args: "fd buffer_in size", ret: "long", run: sysWrite },
  pread64: { nr: 17, args: "fd buffer_out size offset", ret: "long", run: sysPread64 },
  pwrite64: { nr: 18, args: "fd buffer_in size offset", ret: "long", run: sysPwrite64 },
  readv: {
    nr: 19,
    args: "fd iovec int",
    ret: "long",
    run: (t, fd, iov, n) => readv(t, fd, iov, n, undefined, 0),
  },
  writev: {
    nr: 20,
    args: "fd iovec int",
    ret: "long",
    run: (t, fd, iov, n) => writev(t, fd, iov, n, undefined, 0),
  },
  sendfile: { nr: 40, args: "fd fd pointer size", ret: "long", run: sysSendfile },
  readahead: { nr: 187, args: "fd offset size", ret: "long", run: sysReadahead },
  preadv: { nr: 295, args: "fd iovec int offset long", ret: "long", run: sysPreadv },
  pwritev: { nr: 296, args: "fd iovec int offset long", ret: "long", run: sysPwritev },
  copy_file_range: { nr: 326, args: "fd pointer fd pointer size uint", ret: "long", run: sysCopyFileRange },
  preadv2: { nr: 327, args: "fd iovec int offset long RWF", ret: "long", run: sysPreadv2 },
  pwritev2: { nr: 328, args: "fd iovec int offset long RWF", ret: "long", run: sysPwritev2 },
});
