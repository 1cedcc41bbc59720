// How do splice, tee and vmsplice move bytes? Through pipes, without the guest's memory.

import { EAGAIN, EBADF, EINVAL, EPIPE, ESPIPE } from "../abi/errno.ts";
import { IN_ACCESS, IN_MODIFY, notifyMoved } from "../../fs/vfs/notify.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { O_NONBLOCK } from "../ipc/modes.ts";
import { PipeFile } from "../ipc/pipe.ts";
import { kernelSignal } from "../signal/info.ts";
import { sendSignal } from "../signal/send.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const SPLICE_F_NONBLOCK = 2, SPLICE_F_ALL = 15;
const O_PATH = 0o10000000, O_APPEND = 0o2000;
const SIGPIPE = 13;
/** Bytes moved at a time. */
const CHUNK = 65536;
const buffer = new Uint8Array(CHUNK);

function fileOf(task: Task, fd: number): OpenFile | undefined {
  const file = task.files.get(fd);
  return file === undefined || (file.flags & O_PATH) !== 0 ? undefined : file;
}

function brokenPipe(task: Task): number {
  sendSignal(task, kernelSignal(SIGPIPE));
  return -EPIPE;
}

function sysSplice(
  task: Task,
  inFd: number,
  inOffset: number,
  outFd: number,
  outOffset: number,
  length: number,
  flags: number,
): number {
  if (length === 0) return 0;
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const input = fileOf(task, inFd), output = fileOf(task, outFd);
  if (input === undefined || output === undefined || !input.readable || !output.writable) return -EBADF;
  const fromPipe = input instanceof PipeFile, toPipe = output instanceof PipeFile;
  if (fromPipe && inOffset !== 0 || toPipe && outOffset !== 0) return -ESPIPE;
  if (fromPipe && toPipe) {
    if (input.pipe === output.pipe) return -EINVAL;
    const n = moveBetween(task, input, output, length, flags, true);
    return n;
  }
  if (fromPipe) {
    return notifyMoved(output, IN_MODIFY, fromPipeToFile(task, input, output, outOffset, length, flags));
  }
  if (toPipe) {
    return notifyMoved(input, IN_ACCESS, fromFileToPipe(task, input, inOffset, output, length, flags));
  }
  return -EINVAL;
}

function dontWait(file: OpenFile, flags: number): boolean {
  return (flags & SPLICE_F_NONBLOCK) !== 0 || (file.flags & O_NONBLOCK) !== 0;
}

/** Pipe to pipe; tee leaves the bytes where they are (`consume` false). */
function moveBetween(
  task: Task,
  input: PipeFile,
  output: PipeFile,
  length: number,
  flags: number,
  consume: boolean,
): number {
  const from = input.pipe, to = output.pipe;
  if (to.readers === 0) return brokenPipe(task);
  if (from.count === 0) {
    if (from.writers === 0) return 0;
    return dontWait(input, flags) ? -EAGAIN : task.block(input.queue);
  }
  if (to.room === 0) return dontWait(output, flags) ? -EAGAIN : task.block(output.queue);
  const total = Math.min(length, from.count, to.room);
  for (let done = 0; done < total;) {
    const n = from.peek(buffer, 0, Math.min(CHUNK, total - done), consume ? 0 : done);
    to.put(buffer, 0, n);
    if (consume) from.drop(n);
    done += n;
  }
  to.wakeReaders();
  return total;
}

function fromPipeToFile(
  task: Task,
  input: PipeFile,
  output: OpenFile,
  offsetAddress: number,
  length: number,
  flags: number,
): number {
  const { pipe } = input;
  if ((output.flags & O_APPEND) !== 0) return -EINVAL;
  let position = offsetAddress === 0 ? -1 : task.memory.readI64(offsetAddress);
  if (offsetAddress !== 0 && position < 0) return -EINVAL;
  if (pipe.count === 0) {
    if (pipe.writers === 0) return 0;
    return dontWait(input, flags) ? -EAGAIN : task.block(input.queue);
  }
  let done = 0;
  while (done < length && pipe.count > 0) {
    const n = pipe.peek(buffer, 0, Math.min(CHUNK, length - done));
    const written = position < 0 ? output.write(buffer, 0, n) : output.writeAt(position, buffer, 0, n);
    if (written <= 0) {
      if (done > 0) break;
      if (written === -EPIPE) return brokenPipe(task);
      if (written === -EAGAIN && !dontWait(output, flags)) return task.block(output.queue);
      return written;
    }
    pipe.drop(written);
    done += written;
    if (position >= 0) position += written;
    if (written < n) break;
  }
  if (offsetAddress !== 0) task.memory.writeI64(offsetAddress, position);
  return done;
}

function fromFileToPipe(
  task: Task,
  input: OpenFile,
  offsetAddress: number,
  output: PipeFile,
  length: number,
  flags: number,
): number {
  const { pipe } = output;
  let position = offsetAddress === 0 ? -1 : task.memory.readI64(offsetAddress);
  if (offsetAddress !== 0 && position < 0) return -EINVAL;
  if (pipe.readers === 0) return brokenPipe(task);
  if (pipe.room === 0) return dontWait(output, flags) ? -EAGAIN : task.block(output.queue);
  let done = 0;
  while (done < length && pipe.room > 0) {
    const want = Math.min(CHUNK, length - done, pipe.room);
    const n = position < 0 ? input.read(buffer, 0, want) : input.readAt(position, buffer, 0, want);
    if (n <= 0) {
      if (done > 0 || n === 0) break;
      if (n === -EAGAIN && !dontWait(input, flags)) return task.block(input.queue);
      return n;
    }
    pipe.put(buffer, 0, n);
    done += n;
    if (position >= 0) position += n;
    if (n < want) break;
  }
  if (done > 0) pipe.wakeReaders();
  if (offsetAddress !== 0) task.memory.writeI64(offsetAddress, position);
  return done;
}

function sysTee(task: Task, inFd: number, outFd: number, length: number, flags: number): number {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  if (length === 0) return 0;
  const input = fileOf(task, inFd), output = fileOf(task, outFd);
  if (input === undefined || output === undefined) return -EBADF;
  if (!(input instanceof PipeFile) || !(output instanceof PipeFile)) return -EINVAL;
  if (!input.readable || !output.writable) return -EBADF;
  if (input.pipe === output.pipe) return -EINVAL;
  return moveBetween(task, input, output, length, flags, false);
}

/** Memory to pipe, or (on a read end) pipe to memory. The bytes are copied: later changes of the memory do not show. */
function sysVmsplice(task: Task, fd: number, vector: number, count: number, flags: number): number {
  if ((flags & ~SPLICE_F_ALL) !== 0) return -EINVAL;
  const file = fileOf(task, fd);
  if (!(file instanceof PipeFile)) return -EBADF;
  if (count < 0 || count > 1024) return -EINVAL;
  const { pipe } = file, { memory } = task;
  if (file.writable) {
    if (pipe.readers === 0) return brokenPipe(task);
    if (pipe.room === 0) return dontWait(file, flags) ? -EAGAIN : task.block(file.queue);
  } else if (pipe.count === 0) {
    if (pipe.writers === 0 || count === 0) return 0;
    return dontWait(file, flags) ? -EAGAIN : task.block(file.queue);
  }
  let done = 0;
  for (let i = 0; i < count; i++) {
    let base = memory.readU64(vector + 16 * i), left = memory.readU64(vector + 16 * i + 8);
    while (left > 0) {
      const n = Math.min(left, CHUNK, file.writable ? pipe.room : pipe.count);
      if (n === 0) break;
      if (file.writable) {
        memory.read(base, buffer, 0, n);
        pipe.put(buffer, 0, n);
      } else {
        pipe.peek(buffer, 0, n);
        memory.write(base, buffer, 0, n);
        pipe.drop(n);
      }
      base += n;
      left -= n;
      done += n;
    }
  }
  if (file.writable && done > 0) pipe.wakeReaders();
  return done;
}

export const spliceCalls: Syscall[] = family({
  splice: { nr: 275, args: "fd pointer fd pointer size SPLICE", ret: "long", run: sysSplice },
  tee: { nr: 276, args: "fd fd size SPLICE", ret: "long", run: sysTee },
  vmsplice: { nr: 278, args: "fd iovec size SPLICE", ret: "long", run: sysVmsplice },
});
