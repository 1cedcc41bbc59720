// System V message queues: msgget, msgsnd, msgrcv, msgctl.

import { E2BIG, EACCES, EAGAIN, EIDRM, EINVAL, ENOMSG, EPERM, ERESTARTNOHAND } from "../abi/errno.ts";
import * as sysv from "../ipc/sysv.ts";
import { CAP_SYS_RESOURCE, capable } from "../task/capabilities.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const MSG_NOERROR = 0o10000, MSG_EXCEPT = 0o20000, MSG_COPY = 0o40000;
const MSG_STAT = 11, MSG_INFO = 12, MSG_STAT_ANY = 13;
const MSGMNI = 32000, MSGMAX = 8192, MSGMNB = 16384;

interface Message {
  readonly type: number;
  readonly data: Uint8Array;
}

class MessageQueue extends sysv.IpcObject {
  readonly messages: Message[] = [];
  /** Bytes in it, and how many there may be. */
  held = 0;
  room = MSGMNB;
  sent = 0;
  received = 0;
  sender = 0;
  receiver = 0;
}

export const messageQueues = sysv.tableOf(() =>
  new sysv.IpcTable<MessageQueue>(
    MSGMNI,
    "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime",
    (q) =>
      [
        sysv.identityColumns(q),
        sysv.columns([q.held, 11], [q.messages.length, 10], [q.sender, 5], [q.receiver, 5]),
        sysv.ownerColumns(q),
        sysv.columns([q.sent, 10], [q.received, 10], [q.ctime, 10]),
      ].join(" "),
  )
);

/** A call that waits: its queue, and what msgsnd has to send. */
interface Waiting {
  readonly queue: MessageQueue;
  readonly message?: Message;
}

function sysMsgget(task: Task, key: number, flags: number): number {
  return sysv.get(task, messageQueues(task), key | 0, flags, () => new MessageQueue(task, flags));
}

function sysMsgsnd(task: Task, id: number, address: number, size: number, flags: number): number {
  let waiting = task.syscallState as Waiting | undefined;
  if (waiting === undefined) {
    const { memory } = task, type = memory.readI64(address);
    if (size > MSGMAX || size < 0 || id < 0 || type < 1) return -EINVAL;
    const message = { type, data: memory.readBytes(address + 8, size) };
    const queue = messageQueues(task).find(id);
    if (queue === undefined) return -EINVAL;
    if (sysv.permission(task, queue, sysv.S_IWUGO) < 0) return -EACCES;
    waiting = { queue, message };
  }
  const { queue } = waiting, message = waiting.message!;
  if (queue.removed) return -EIDRM;
  if (queue.held + message.data.length > queue.room || queue.messages.length + 1 > queue.room) {
    if (flags & sysv.IPC_NOWAIT) return -EAGAIN;
    task.syscallState = waiting;
    return task.block(queue.queue, Infinity, -ERESTARTNOHAND);
  }
  queue.messages.push(message);
  queue.held += message.data.length;
  queue.sent = sysv.nowSeconds(task);
  queue.sender = task.process.pid;
  queue.queue.wake();
  return 0;
}

/** Index of the message that msgrcv's type and flags name; -1. */
function choose({ messages }: MessageQueue, type: number, flags: number): number {
  if (flags & MSG_COPY) return type >= 0 && type < messages.length ? type : -1;
  if (type === 0) return messages.length > 0 ? 0 : -1;
  if (type > 0) {
    return messages.findIndex((message) => message.type === type !== ((flags & MSG_EXCEPT) !== 0));
  }
  let best = -1;
  messages.forEach((message, i) => {
    if (message.type <= -type && (best < 0 || message.type < messages[best]!.type)) best = i;
  });
  return best;
}

function sysMsgrcv(
  task: Task,
  id: number,
  address: number,
  size: number,
  type: number,
  flags: number,
): number {
  if (id < 0 || size < 0) return -EINVAL;
  if (flags & MSG_COPY && (flags & MSG_EXCEPT || !(flags & sysv.IPC_NOWAIT))) return -EINVAL;
  let waiting = task.syscallState as Waiting | undefined;
  if (waiting === undefined) {
    const queue = messageQueues(task).find(id);
    if (queue === undefined) return -EINVAL;
    if (sysv.permission(task, queue, sysv.S_IRUGO) < 0) return -EACCES;
    waiting = { queue };
  }
  const { queue } = waiting;
  if (queue.removed) return -EIDRM;
  const index = choose(queue, type, flags);
  if (index < 0) {
    if (flags & sysv.IPC_NOWAIT) return -ENOMSG;
    task.syscallState = waiting;
    return task.block(queue.queue, Infinity, -ERESTARTNOHAND);
  }
  const message = queue.messages[index]!, { data } = message;
  if (data.length > size && !(flags & MSG_NOERROR)) return -E2BIG;
  if (!(flags & MSG_COPY)) {
    queue.messages.splice(index, 1);
    queue.held -= data.length;
    queue.received = sysv.nowSeconds(task);
    queue.receiver = task.process.pid;
    queue.queue.wake();
  }
  // As in Linux, the message is gone even where it cannot be written.
  const count = Math.min(size, data.length);
  task.memory.writeI64(address, message.type);
  task.memory.write(address + 8, data, 0, count);
  return count;
}

function sysMsgctl(task: Task, id: number, command: number, address: number): number {
  if (id < 0 || command < 0) return -EINVAL;
  const table = messageQueues(task), { memory } = task;
  switch (command) {
    case sysv.IPC_INFO:
    case MSG_INFO: {
      const all = table.objects(), info = command === MSG_INFO;
      const messages = all.reduce((sum, queue) => sum + queue.messages.length, 0);
      const bytes = all.reduce((sum, queue) => sum + queue.held, 0);
      const fields = new sysv.Fields(32);
      [
        info ? table.used : 512_000,
        info ? messages : MSGMNB,
        MSGMAX,
        MSGMNB,
        MSGMNI,
        16,
        info ? bytes : MSGMNB,
        0xffff,
      ]
        .forEach((value, i) => fields.i32(i * 4, value));
      memory.write(address, fields.bytes);
      return table.highest;
    }
    case sysv.IPC_STAT:
    case MSG_STAT:
    case MSG_STAT_ANY: {
      const queue = sysv.inspected(task, table, id, command !== sysv.IPC_STAT, command === MSG_STAT_ANY);
      if (typeof queue === "number") return queue;
      memory.write(address, describe(queue));
      return command === sysv.IPC_STAT ? 0 : queue.id;
    }
    case sysv.IPC_SET: {
      const room = memory.readU64(address + 88);
      memory.probeRead(address, 120);
      const queue = sysv.owned(task, table, id);
      if (typeof queue === "number") return queue;
      if (room > MSGMNB && !capable(task, CAP_SYS_RESOURCE)) return -EPERM;
      const error = sysv.setOwner(task, queue, address);
      if (error < 0) return error;
      queue.room = room;
      queue.queue.wake();
      return 0;
    }
    case sysv.IPC_RMID: {
      const queue = sysv.owned(task, table, id);
      if (typeof queue === "number") return queue;
      table.remove(queue);
      return 0;
    }
  }
  return -EINVAL;
}

function describe(queue: MessageQueue): Uint8Array {
  return new sysv.Fields(120).perm(queue).u64(48, queue.sent).u64(56, queue.received).u64(64, queue.ctime)
    .u64(72, queue.held).u64(80, queue.messages.length).u64(88, queue.room)
    .i32(96, queue.sender).i32(100, queue.receiver).bytes;
}

export const sysvMessages: Syscall[] = family({
  msgget: { nr: 68, args: "hex IPC", run: sysMsgget },
  msgsnd: { nr: 69, args: "int pointer size int", run: sysMsgsnd },
  msgrcv: { nr: 70, args: "int pointer size long int", run: sysMsgrcv },
  msgctl: { nr: 71, args: "int int pointer", run: sysMsgctl },
});
