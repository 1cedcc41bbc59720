// POSIX message queues: mq_open, mq_unlink, mq_timedsend, mq_timedreceive, mq_notify, mq_getsetattr.

import { MAY_READ, MAY_WRITE, ownerOrCapable, permission } from "../../fs/vfs/permissions.ts";
import {
  EACCES,
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EINVAL,
  EMFILE,
  EMSGSIZE,
  ENAMETOOLONG,
  ENOENT,
  ENOSPC,
  ENOSYS,
  EPERM,
  ERESTARTSYS,
  ETIMEDOUT,
} from "../abi/errno.ts";
import { O_ACCMODE, O_CREAT, O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../abi/fcntl.ts";
import { MessageQueue, MessageQueueFile, SIGEV_NONE, SIGEV_SIGNAL } from "../ipc/mqueue.ts";
import type { Instance } from "../session/instance.ts";
import { NSIG } from "../signal/numbers.ts";
import { CAP_SYS_RESOURCE, capable } from "../task/capabilities.ts";
import { RLIMIT_MSGQUEUE } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";
import { installFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";
import { absoluteDeadline } from "./wait_time.ts";

/** As /proc/sys/fs/mqueue has them when nobody changed them; the hard limits are those of privileged processes. */
const QUEUES_MAX = 256, MSG_MAX = 10, MSGSIZE_MAX = 8192, HARD_MSG_MAX = 65_536, HARD_MSGSIZE_MAX = 1 << 24;
const MQ_PRIO_MAX = 32_768, NAME_MAX = 255, ATTRIBUTE_BYTES = 64;
/** Kernel memory for a message and for a place in the tree of priorities, which RLIMIT_MSGQUEUE counts. */
const MESSAGE_OVERHEAD = 48, PRIORITY_OVERHEAD = 48;
const SIGEV_THREAD = 2;

const allQueues = new WeakMap<Instance, Map<string, MessageQueue>>();

function queuesOf(task: Task): Map<string, MessageQueue> {
  let queues = allQueues.get(task.instance);
  if (queues === undefined) allQueues.set(task.instance, queues = new Map());
  return queues;
}

/** A name as the C library hands it over: without its slash. */
function readName(task: Task, address: number): string | number {
  const name = task.memory.readPath(address);
  if (typeof name === "number") return name;
  if (name === "." || name === ".." || name.includes("/")) return -EACCES;
  return new TextEncoder().encode(name).length > NAME_MAX ? -ENAMETOOLONG : name;
}

/** What a queue counts towards RLIMIT_MSGQUEUE. */
function cost(maxMessages: number, messageBytes: number): number {
  return maxMessages * (messageBytes + MESSAGE_OVERHEAD) +
    Math.min(maxMessages, MQ_PRIO_MAX) * PRIORITY_OVERHEAD;
}

function create(task: Task, name: string, mode: number, address: number): MessageQueue | number {
  const queues = queuesOf(task), privileged = capable(task, CAP_SYS_RESOURCE);
  let maxMessages = MSG_MAX, messageBytes = MSGSIZE_MAX;
  if (queues.size >= QUEUES_MAX && !privileged) return -ENOSPC;
  if (address !== 0) {
    maxMessages = task.memory.readI64(address + 8);
    messageBytes = task.memory.readI64(address + 16);
    if (maxMessages <= 0 || messageBytes <= 0) return -EINVAL;
    if (maxMessages > (privileged ? HARD_MSG_MAX : MSG_MAX)) return -EINVAL;
    if (messageBytes > (privileged ? HARD_MSGSIZE_MAX : MSGSIZE_MAX)) return -EINVAL;
  }
  let used = cost(maxMessages, messageBytes);
  for (const queue of queues.values()) {
    if (queue.stat().uid === task.credentials.fsuid) used += cost(queue.maxMessages, queue.messageBytes);
  }
  if (used > task.process.rlimits[RLIMIT_MSGQUEUE]!.cur) return -EMFILE;
  const queue = new MessageQueue(name, mode & 0o777 & ~task.fs.umask, maxMessages, messageBytes);
  queues.set(name, queue);
  return queue;
}

function sysMqOpen(task: Task, nameAddress: number, flags: number, mode: number, attributes: number): number {
  if (attributes !== 0) task.memory.probeRead(attributes, ATTRIBUTE_BYTES);
  const name = readName(task, nameAddress);
  if (typeof name === "number") return name;
  const found = queuesOf(task).get(name);
  let queue: MessageQueue | number | undefined = found;
  if (found !== undefined) {
    if ((flags & (O_CREAT | O_EXCL)) === (O_CREAT | O_EXCL)) return -EEXIST;
    const access = flags & O_ACCMODE;
    if (access === O_ACCMODE) return -EINVAL;
    const mask = access === O_RDONLY ? MAY_READ : access === O_WRONLY ? MAY_WRITE : MAY_READ | MAY_WRITE;
    const denied = permission(found, task.credentials, mask);
    if (denied < 0) return denied;
  } else {
    if ((flags & O_CREAT) === 0) return -ENOENT;
    queue = create(task, name, mode, attributes);
  }
  if (typeof queue === "number") return queue;
  return installFd(task, new MessageQueueFile(queue!, flags & (O_ACCMODE | O_NONBLOCK)), true);
}

function sysMqUnlink(task: Task, nameAddress: number): number {
  const name = readName(task, nameAddress);
  if (typeof name === "number") return name;
  const queue = queuesOf(task).get(name);
  if (queue === undefined) return -ENOENT;
  // The directory of queues is sticky, and root's.
  if (!ownerOrCapable(queue.stat(), task.credentials)) return -EPERM;
  queue.linked = false;
  queuesOf(task).delete(name);
  return 0;
}

/** The queue behind a descriptor; undefined when it is none, or not open for `access`. */
function fileOf(task: Task, fd: number, access?: number): MessageQueueFile | undefined {
  const file = task.files.get(fd);
  if (!(file instanceof MessageQueueFile)) return undefined;
  const has = file.flags & O_ACCMODE;
  return access === undefined || has === access || has === O_RDWR ? file : undefined;
}

/** A call that waits. */
class Waiting {
  constructor(
    readonly file: MessageQueueFile,
    readonly deadline: number,
    readonly receives: boolean,
    readonly message?: Uint8Array,
  ) {
    if (receives) file.inode.receivers++;
  }

  abandon(): void {
    if (this.receives) this.file.inode.receivers--;
  }
}

function block(task: Task, waiting: Waiting): number {
  task.syscallState = waiting;
  return task.block(waiting.file.inode.waiters, waiting.deadline, -ERESTARTSYS);
}

/** The call is over: its place is given up. */
function done(task: Task, result: number): number {
  (task.syscallState as Waiting | undefined)?.abandon();
  task.syscallState = undefined;
  return result;
}

function sysMqTimedsend(
  task: Task,
  fd: number,
  address: number,
  size: number,
  priority: number,
  timeout: number,
): number {
  const waiting = task.syscallState as Waiting | undefined;
  if (waiting === undefined) {
    const deadline = absoluteDeadline(task, timeout, true);
    if (deadline < 0 || priority >= MQ_PRIO_MAX) return -EINVAL;
    const file = fileOf(task, fd, O_WRONLY);
    if (file === undefined) return -EBADF;
    if (size < 0 || size > file.inode.messageBytes) return -EMSGSIZE;
    const message = task.memory.readBytes(address, size);
    if (file.inode.full) {
      if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
      return block(task, new Waiting(file, deadline, false, message));
    }
    file.inode.put({ priority, data: message }, task);
    return 0;
  }
  const queue = waiting.file.inode;
  if (queue.full) {
    if (task.timedOut) return done(task, -ETIMEDOUT);
    return block(task, waiting);
  }
  queue.put({ priority, data: waiting.message! }, task);
  return done(task, 0);
}

function sysMqTimedreceive(
  task: Task,
  fd: number,
  address: number,
  size: number,
  priority: number,
  timeout: number,
): number {
  let waiting = task.syscallState as Waiting | undefined;
  let file = waiting?.file;
  if (waiting === undefined) {
    const deadline = absoluteDeadline(task, timeout, true);
    if (deadline < 0) return -EINVAL;
    file = fileOf(task, fd, O_RDONLY);
    if (file === undefined) return -EBADF;
    if (size >= 0 && size < file.inode.messageBytes) return -EMSGSIZE;
    if (file.inode.messages.length === 0) {
      if ((file.flags & O_NONBLOCK) !== 0) return -EAGAIN;
      waiting = new Waiting(file, deadline, true);
      return block(task, waiting);
    }
  } else if (file!.inode.messages.length === 0) {
    if (task.timedOut) return done(task, -ETIMEDOUT);
    return block(task, waiting);
  }
  done(task, 0);
  // As in Linux, the message is gone even where it cannot be written.
  const message = file!.inode.take();
  if (priority !== 0) task.memory.writeU32(priority, message.priority);
  task.memory.write(address, message.data, 0, message.data.length);
  return message.data.length;
}

function sysMqNotify(task: Task, fd: number, event: number): number {
  let value = 0, valueHigh = 0, signo = 0, notify = SIGEV_NONE;
  if (event !== 0) {
    const { memory } = task;
    memory.probeRead(event, ATTRIBUTE_BYTES);
    [value, valueHigh, signo, notify] = [0, 4, 8, 12].map((offset) => memory.readI32(event + offset));
    if (notify !== SIGEV_NONE && notify !== SIGEV_SIGNAL && notify !== SIGEV_THREAD) return -EINVAL;
    if (notify === SIGEV_SIGNAL && (signo < 0 || signo > NSIG)) return -EINVAL;
    // The C library is told through a netlink socket, which there is not.
    if (notify === SIGEV_THREAD) return -ENOSYS;
  }
  const file = fileOf(task, fd);
  if (file === undefined) return -EBADF;
  const queue = file.inode;
  if (event === 0) {
    if (queue.registration?.process === task.process) queue.registration = undefined;
    return 0;
  }
  if (queue.registration !== undefined) return -EBUSY;
  queue.registration = { process: task.process, files: task.files, notify, signo, value, valueHigh };
  return 0;
}

function sysMqGetsetattr(task: Task, fd: number, newAddress: number, oldAddress: number): number {
  const { memory } = task;
  let flags = 0;
  if (newAddress !== 0) {
    memory.probeRead(newAddress, ATTRIBUTE_BYTES);
    flags = memory.readI64(newAddress);
    if (flags !== 0 && flags !== O_NONBLOCK) return -EINVAL;
  }
  const file = fileOf(task, fd);
  if (file === undefined) return -EBADF;
  const { maxMessages, messageBytes, messages } = file.inode;
  const old = [file.flags & O_NONBLOCK, maxMessages, messageBytes, messages.length, 0, 0, 0, 0];
  if (newAddress !== 0) file.flags = file.flags & ~O_NONBLOCK | flags;
  if (oldAddress !== 0) old.forEach((word, i) => memory.writeI64(oldAddress + i * 8, word));
  return 0;
}

export const messageQueueCalls: Syscall[] = family({
  mq_open: { nr: 240, args: "string O mode pointer", ret: "fd", run: sysMqOpen },
  mq_unlink: { nr: 241, args: "string", run: sysMqUnlink },
  mq_timedsend: { nr: 242, args: "fd buffer_in size uint timespec", run: sysMqTimedsend },
  mq_timedreceive: {
    nr: 243,
    args: "fd buffer_out size pointer timespec",
    ret: "long",
    run: sysMqTimedreceive,
  },
  mq_notify: { nr: 244, args: "fd pointer", run: sysMqNotify, partial: "no SIGEV_THREAD" },
  mq_getsetattr: { nr: 245, args: "fd pointer pointer", run: sysMqGetsetattr },
});
