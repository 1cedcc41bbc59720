// How bytes get from user memory to open files and back: gathered and scattered through one bounce buffer, blocking where
// the file has nothing (or no room) and the caller did not say O_NONBLOCK.

import { READ, WRITE } from "../../translator/env.ts";
import { PAGE_SIZE, U8 } from "../../translator/ram.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { CAP_FSETID, capable, withoutSetid } from "../../fs/vfs/permissions.ts";
import { EAGAIN, EFAULT, EFBIG, EINVAL, EPIPE } from "../abi/errno.ts";
import { O_APPEND, O_NONBLOCK } from "../abi/fcntl.ts";
import { isRegular, S_ISGID, S_ISUID } from "../abi/stat.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import { kernelSignal } from "../signal/info.ts";
import { sendSignal } from "../signal/send.ts";
import { RLIMIT_FSIZE } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";

/** Linux moves at most this much in one call. */
const MAX_RW = 0x7fff_f000;
const IOV_MAX = 1024;
const SIGPIPE = 13, SIGXFSZ = 25;
/** Bytes that go through the kernel in one step. */
export const BOUNCE_BYTES = 1 << 20;
/** What a stream gets offered at once: user pages for it must be present before data is taken. */
const STREAM_BYTES = 1 << 16;

/** Kernel memory for data in flight. Not shared: the host reads and writes such memory fastest. */
export const bounce: Uint8Array<ArrayBuffer> = new Uint8Array(BOUNCE_BYTES);

/** Where the user's bytes are: pairs of address and length. One call at a time uses it. */
const bases: number[] = [], lengths: number[] = [];
let segments = 0, wanted = 0;

/** One buffer, for read and write: 0, or a negative errno. */
export function single(address: number, length: number): number {
  if (length < 0) return -EINVAL;
  bases[0] = address;
  lengths[0] = wanted = Math.min(length, MAX_RW);
  segments = 1;
  return 0;
}

/** Buffers told by an array of struct iovec. */
export function vector(task: Task, address: number, count: number): number {
  if (count < 0 || count > IOV_MAX) return -EINVAL;
  segments = count;
  wanted = 0;
  for (let i = 0; i < count; i++) {
    bases[i] = task.memory.readU64(address + i * 16);
    const length = task.memory.readI64(address + i * 16 + 8);
    if (length < 0) return -EINVAL;
    wanted += lengths[i] = Math.min(length, MAX_RW - wanted);
  }
  return 0;
}

/** Calls `visit` for the pieces of [from, from + length) of the user's bytes. */
function pieces(
  from: number,
  length: number,
  visit: (address: number, at: number, count: number) => void,
): void {
  let at = 0;
  for (let i = 0; i < segments && length > 0; i++) {
    const size = lengths[i]!;
    if (from >= size) {
      from -= size;
      continue;
    }
    const count = Math.min(size - from, length);
    visit(bases[i]! + from, at, count);
    from = 0;
    at += count;
    length -= count;
  }
}

/** Bytes that single() or vector() told of. */
export function wantedBytes(): number {
  return wanted;
}

/** The user's bytes [from, from + length) go to the bounce buffer. */
export function gather(task: Task, from: number, length: number): void {
  if (segments === 1) task.memory.read(bases[0]! + from, bounce, 0, length);
  else pieces(from, length, (address, at, count) => task.memory.read(address, bounce, at, count));
}

/** The other way round. */
export function scatter(task: Task, from: number, length: number): void {
  if (segments === 1) task.memory.write(bases[0]! + from, bounce, 0, length);
  else pieces(from, length, (address, at, count) => task.memory.write(address, bounce, at, count));
}

/** As many of the next `length` bytes as the user may have written to. */
export function writable(task: Task, from: number, length: number): number {
  let good = 0, whole = true;
  pieces(from, length, (address, _at, count) => {
    if (!whole) return;
    const ok = task.memory.accessible(address, count, WRITE);
    good += ok;
    whole = ok === count;
  });
  return good;
}

/**
 * Moves up to `limit` of the user's bytes page by page, from or to physical memory itself. What was moved, or a negative
 * errno when that is nothing.
 */
function moveDirect(
  task: Task,
  file: OpenFile,
  position: number | undefined,
  limit: number,
  writing: boolean,
): number {
  const { memory } = task, access = writing ? READ : WRITE;
  let done = 0;
  for (let i = 0; i < segments; i++) {
    let address = bases[i]!;
    for (let left = Math.min(lengths[i]!, limit - done); left > 0;) {
      let count = Math.min(left, PAGE_SIZE - (address & PAGE_SIZE - 1));
      const at = memory.physical(address, access);
      if (at < 0) return done > 0 ? done : -EFAULT;
      // Pages that are neighbours in physical memory, too, go in one piece.
      while (count < left && memory.physical(address + count, access) === at + count) {
        count += Math.min(left - count, PAGE_SIZE);
      }
      const moved = writing
        ? position === undefined ? file.write(U8, at, count) : file.writeAt(position + done, U8, at, count)
        : position === undefined
        ? file.read(U8, at, count)
        : file.readAt(position + done, U8, at, count);
      if (moved < 0) return done > 0 ? done : moved;
      done += moved;
      if (moved < count) return done;
      address += count;
      left -= count;
    }
  }
  return done;
}

/** The user's bytes are in one page. */
function inOnePage(): boolean {
  return segments === 1 && (bases[0]! & PAGE_SIZE - 1) + wanted <= PAGE_SIZE;
}

/** Reads into the user's bytes; `position` undefined: at the file's own. `nonblock`: never wait. */
export function readInto(
  task: Task,
  file: OpenFile,
  position: number | undefined,
  nonblock: boolean,
): number {
  if (wanted > 0 && file.inMemory) {
    const got = moveDirect(task, file, position, wanted, false);
    return got === -EAGAIN && !nonblock ? task.block(file.queue) : got;
  }
  const stream = file.pollable;
  let done = 0;
  do {
    let count = Math.min(wanted - done, stream ? STREAM_BYTES : BOUNCE_BYTES);
    if (stream && count > 0 && (count = writable(task, done, count)) === 0) return done > 0 ? done : -EFAULT;
    const before = file.position;
    const got = position === undefined
      ? file.read(bounce, 0, count)
      : file.readAt(position + done, bounce, 0, count);
    if (got < 0) {
      if (done > 0) return done;
      if (got === -EAGAIN && !nonblock) return task.block(file.queue);
      return got;
    }
    if (got > 0) {
      try {
        scatter(task, done, got);
      } catch (error) {
        if (position === undefined && !stream) file.position = before;
        if (error === EFAULT_SENTINEL && done > 0) return done;
        throw error;
      }
      done += got;
    }
    if (got < count) break;
  } while (done < wanted);
  return done;
}

/**
 * Writes the user's bytes. A call that has to wait keeps how much is done in task.syscallState, and in partialResult for
 * a signal that ends it.
 */
export function writeFrom(
  task: Task,
  file: OpenFile,
  position: number | undefined,
  nonblock: boolean,
): number {
  let done = (task.syscallState as number | undefined) ?? 0, limit = wanted;
  if (file.discards) return wanted;
  const regular = isRegular(file.inode.mode), direct = wanted > 0 && file.inMemory;
  if (regular && wanted > 0) {
    limit = fileSizeLimit(task, file, position, wanted);
    if (limit < 0) return limit;
  }
  if (regular && direct) {
    done = moveDirect(task, file, position, limit, true);
    if (done > 0) dropSetid(task, file);
    return done;
  }
  do {
    const count = Math.min(limit - done, BOUNCE_BYTES);
    let put: number;
    // What goes into a pipe in one piece must come in one piece.
    if (direct && position === undefined && inOnePage()) {
      const at = task.memory.physical(bases[0]! + done, READ);
      put = at < 0 ? -EFAULT : file.write(U8, at, count);
    } else {
      try {
        gather(task, done, count);
      } catch (error) {
        if (error === EFAULT_SENTINEL && done > 0) break;
        throw error;
      }
      put = position === undefined
        ? file.write(bounce, 0, count)
        : file.writeAt(position + done, bounce, 0, count);
    }
    if (put < 0) {
      if (put === -EPIPE) sendSignal(task, kernelSignal(SIGPIPE));
      if (put === -EAGAIN && !nonblock) {
        task.syscallState = done;
        task.partialResult = done;
        return task.block(file.queue);
      }
      return done > 0 ? done : put;
    }
    done += put;
    if (put === 0 || put < count && nonblock) break;
  } while (done < limit);
  if (regular && done > 0) dropSetid(task, file);
  return done;
}

/** RLIMIT_FSIZE: how much of `count` may be written, or -EFBIG with SIGXFSZ. */
export function fileSizeLimit(
  task: Task,
  file: OpenFile,
  position: number | undefined,
  count: number,
): number {
  const max = task.process.rlimits[RLIMIT_FSIZE]!.cur;
  if (max === Infinity) return count;
  const at = file.flags & O_APPEND ? file.inode.size : position ?? file.position;
  if (at >= max) {
    sendSignal(task, kernelSignal(SIGXFSZ));
    return -EFBIG;
  }
  return Math.min(count, max - at);
}

/** The file gets `size` bytes: 0, or -EFBIG with SIGXFSZ. */
export function checkFileSize(task: Task, size: number): number {
  if (size <= task.process.rlimits[RLIMIT_FSIZE]!.cur) return 0;
  sendSignal(task, kernelSignal(SIGXFSZ));
  return -EFBIG;
}

/** Whoever writes to a program without CAP_FSETID takes its setuid and setgid bits away. */
function dropSetid(task: Task, file: OpenFile): void {
  const mode = file.inode.mode;
  if (!(mode & (S_ISUID | S_ISGID)) || capable(task.credentials, CAP_FSETID)) return;
  const bits = withoutSetid(mode);
  if (bits !== undefined) file.inode.setattr({ mode: bits });
}

export function isNonblocking(file: OpenFile): boolean {
  return (file.flags & O_NONBLOCK) !== 0;
}
