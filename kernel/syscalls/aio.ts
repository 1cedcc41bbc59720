// io_setup, io_submit, io_getevents: reads and writes that are handed over in batches (io_submit(2)). They are done while they
// are submitted, so there is nothing to wait for but the answers; one that would have to wait (an empty pipe) is told EAGAIN.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { IN_ACCESS, IN_MODIFY, notifyMoved } from "../../fs/vfs/notify.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { EAGAIN, EBADF, EFAULT, EINTR, EINVAL } from "../abi/errno.ts";
import { EventFd } from "../ipc/eventfd.ts";
import type { Mm } from "../mm/mm.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { readInto, single, vector, writeFrom } from "./transfer.ts";
import { deadlineOf, readTimespec, setTemporaryMask } from "./wait_time.ts";

/** Requests that all contexts together may have (/proc/sys/fs/aio-max-nr). */
const AIO_MAX_NR = 65536;
/** More fit no ring. */
const RING_MAX = 0x1000_0000 / 32;
const PREAD = 0, PWRITE = 1, FSYNC = 2, FDSYNC = 3, PREADV = 7, PWRITEV = 8;
const IOCB_FLAG_RESFD = 1;
/** struct iocb, struct io_event. */
const IOCB_KEY = 8, IOCB_OPCODE = 16, IOCB_FD = 20, IOCB_BUFFER = 24, IOCB_BYTES = 32, IOCB_OFFSET = 40;
const IOCB_RESERVED = 48, IOCB_FLAGS = 56, IOCB_RESFD = 60, EVENT_BYTES = 32;
const PROT_READ_WRITE = 3, MAP_SHARED_ANONYMOUS = 0x21;

interface Answer {
  readonly data: Uint8Array;
  readonly iocb: number;
  readonly result: number;
}

class Context {
  readonly answers: Answer[] = [];
  readonly queue: WaitQueue = new WaitQueue();
  destroyed = false;
  constructor(readonly limit: number) {}
}

/** By address space, then by the address of the ring: that is what identifies a context. */
const contexts = new WeakMap<Mm, Map<number, Context>>();

function contextsOf(mm: Mm): Map<number, Context> {
  let known = contexts.get(mm);
  if (known === undefined) contexts.set(mm, known = new Map());
  return known;
}

function sysIoSetup(task: Task, requests: number, address: number): number {
  const { memory, mm } = task;
  requests >>>= 0;
  if (memory.readU64(address) !== 0 || requests === 0 || requests > RING_MAX) return -EINVAL;
  const known = contextsOf(mm);
  let total = requests;
  for (const { limit } of known.values()) total += limit;
  if (total > AIO_MAX_NR) return -EAGAIN;
  // libaio looks into the ring: without its magic number it asks the kernel.
  const ring = mm.mmap(0, 4096, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, undefined, 0);
  if (ring < 0) return ring;
  known.set(ring, new Context(requests));
  memory.writeI64(address, ring);
  return 0;
}

function sysIoDestroy(task: Task, id: number): number {
  const context = contextsOf(task.mm).get(id);
  if (context === undefined) return -EINVAL;
  context.destroyed = true;
  contextsOf(task.mm).delete(id);
  task.mm.munmap(id, 4096);
  context.queue.wake();
  return 0;
}

/** The result of one request; undefined when its operation is none. Throws the EFAULT sentinel. */
function perform(task: Task, file: OpenFile, opcode: number, iocb: number): number | undefined {
  const { memory } = task;
  const address = memory.readU64(iocb + IOCB_BUFFER), count = memory.readI64(iocb + IOCB_BYTES);
  const offset = memory.readI64(iocb + IOCB_OFFSET);
  const position = file.pollable ? undefined : offset;
  switch (opcode) {
    case PREAD:
    case PREADV: {
      if (!file.readable) return -EBADF;
      const error = opcode === PREAD ? single(address, count) : vector(task, address, count);
      if (error < 0) return error;
      return notifyMoved(file, IN_ACCESS, readInto(task, file, position, true));
    }
    case PWRITE:
    case PWRITEV: {
      if (!file.writable) return -EBADF;
      const error = opcode === PWRITE ? single(address, count) : vector(task, address, count);
      if (error < 0) return error;
      return notifyMoved(file, IN_MODIFY, writeFrom(task, file, position, true));
    }
    case FSYNC:
    case FDSYNC:
      return file.sync();
    default:
      return undefined;
  }
}

/** One request: 0 when there is an answer to it, or why it is refused. */
function submit(task: Task, context: Context, iocb: number): number {
  const { memory } = task;
  const data = memory.readBytes(iocb, 8), flags = memory.readU32(iocb + IOCB_FLAGS);
  if (memory.readU64(iocb + IOCB_RESERVED) !== 0 || memory.readI64(iocb + IOCB_BYTES) < 0) return -EINVAL;
  if (context.answers.length >= context.limit) return -EAGAIN;
  const file = task.files.get(memory.readU32(iocb + IOCB_FD));
  if (file === undefined || file.pathOnly) return -EBADF;
  let told: EventFd | undefined;
  if ((flags & IOCB_FLAG_RESFD) !== 0) {
    const target = task.files.get(memory.readU32(iocb + IOCB_RESFD));
    if (target === undefined) return -EBADF;
    if (!(target instanceof EventFd)) return -EINVAL;
    told = target;
  }
  memory.writeU32(iocb + IOCB_KEY, 0);
  const opcode = memory.readU32(iocb + IOCB_OPCODE) & 0xffff;
  let result: number | undefined;
  try {
    result = perform(task, file, opcode, iocb);
  } catch (error) {
    if (error !== EFAULT_SENTINEL) throw error;
    result = -EFAULT;
  }
  // What is wrong with the request itself is said at once.
  if (result === undefined || result === -EINVAL || result === -EBADF) return result ?? -EINVAL;
  context.answers.push({ data, iocb, result });
  context.queue.wake();
  told?.signal();
  return 0;
}

function sysIoSubmit(task: Task, id: number, count: number, list: number): number {
  const context = contextsOf(task.mm).get(id);
  if (count < 0 || context === undefined) return -EINVAL;
  let done = 0, error = 0;
  try {
    for (; done < count && error === 0; done++) {
      error = submit(task, context, task.memory.readU64(list + 8 * done));
      if (error < 0) break;
    }
  } catch (thrown) {
    if (thrown !== EFAULT_SENTINEL) throw thrown;
    error = -EFAULT;
  }
  return done > 0 ? done : error;
}

/** Only what has not ended can be cancelled, and all has. */
function sysIoCancel(task: Task, _id: number, iocb: number): number {
  task.memory.readU32(iocb + IOCB_KEY);
  return -EINVAL;
}

/** `task.syscallState` holds the context and the deadline. */
function getEvents(task: Task, id: number, least: number, most: number, address: number, timeout: number) {
  let state = task.syscallState as { context: Context; deadlineNs: number } | undefined;
  if (state === undefined) {
    const deadlineNs = deadlineOf(task, timeout, readTimespec);
    if (deadlineNs < 0) return deadlineNs;
    const context = contextsOf(task.mm).get(id);
    if (context === undefined || least < 0 || least > most) return -EINVAL;
    state = { context, deadlineNs };
    task.syscallState = state;
  }
  const { context: { answers, queue, destroyed }, deadlineNs } = state, { memory } = task;
  const expired = task.timedOut || deadlineNs <= task.instance.clock.monotonicNs();
  if (answers.length < least && !expired && !destroyed) return task.block(queue, deadlineNs, -EINTR);
  let count = 0;
  for (; count < most && count < answers.length; count++) {
    const { data, iocb, result } = answers[count]!, at = address + EVENT_BYTES * count;
    memory.write(at, data);
    memory.writeI64(at + 8, iocb);
    memory.writeI64(at + 16, result);
    memory.writeI64(at + 24, 0);
  }
  answers.splice(0, count);
  return count;
}

/** `sigset`: struct __aio_sigset, a pointer and a size. */
function sysIoPgetevents(
  task: Task,
  id: number,
  least: number,
  most: number,
  address: number,
  timeout: number,
  sigset: number,
): number {
  if (task.syscallState === undefined && sigset !== 0) {
    const { memory } = task;
    const error = setTemporaryMask(task, memory.readU64(sigset), memory.readU64(sigset + 8));
    if (error < 0) return error;
  }
  return getEvents(task, id, least, most, address, timeout);
}

export const aioCalls: Syscall[] = family({
  io_setup: { nr: 206, args: "uint pointer", run: sysIoSetup },
  io_destroy: { nr: 207, args: "pointer", run: sysIoDestroy },
  io_getevents: { nr: 208, args: "pointer long long pointer timespec", ret: "long", run: getEvents },
  io_submit: {
    nr: 209,
    args: "pointer long pointer",
    ret: "long",
    run: sysIoSubmit,
    partial: "done at once; no IOCB_CMD_POLL",
  },
  io_cancel: { nr: 210, args: "pointer pointer pointer", run: sysIoCancel },
  io_pgetevents: {
    nr: 333,
    args: "pointer long long pointer timespec pointer",
    ret: "long",
    run: sysIoPgetevents,
  },
});
