// sendto, sendmsg, sendmmsg and their counterparts: the arguments of what socket_send.ts and socket_receive.ts do.

import { EINVAL, EMSGSIZE, ENOBUFS } from "../abi/errno.ts";
import { MSG_CMSG_CLOEXEC, MSG_DONTWAIT, MSG_OOB, MSG_WAITFORONE, SOCKADDR_STORAGE } from "../abi/socket.ts";
import type { UnixSocket } from "../net/unix_socket.ts";
import type { Task } from "../task/task.ts";
import { type Control, readControl, writeControl } from "./control_message.ts";
import { BLOCKED, family, type Syscall } from "./family.ts";
import { socketOf } from "./socket.ts";
import { readAddress, writeSource } from "./socket_name.ts";
import { receive, Receiving } from "./socket_receive.ts";
import { send, Sending } from "./socket_send.ts";
import { single, vector } from "./transfer.ts";
import { readTimespec } from "./wait_time.ts";

const IOV_MAX = 1024;
/** More than any call moves. */
const MOST = 2 ** 40;
/** Offsets in struct msghdr, its size, and where struct mmsghdr has the count behind it. */
const NAME = 0, NAME_LENGTH = 8, IOV = 16, IOV_COUNT = 24, CONTROL = 32, CONTROL_LENGTH = 40, FLAGS = 48;
const COUNT = 56, MMSGHDR = 64;

/** The buffers of a struct msghdr become the user's bytes; 0 or -errno. */
function buffers(task: Task, message: number): number {
  if (task.memory.readU64(message + NAME) !== 0 && task.memory.readI32(message + NAME_LENGTH) < 0) {
    return -EINVAL;
  }
  const count = task.memory.readU64(message + IOV_COUNT);
  return count > IOV_MAX ? -EMSGSIZE : vector(task, task.memory.readU64(message + IOV), count);
}

/** Address and control data of a struct msghdr. */
function beginSending(task: Task, socket: UnixSocket, message: number): Sending | number {
  const { memory } = task;
  const nameAddress = memory.readU64(message + NAME);
  const nameLength = Math.min(memory.readI32(message + NAME_LENGTH), SOCKADDR_STORAGE);
  let name: Uint8Array | undefined, control: Control | undefined;
  if (nameAddress !== 0 && nameLength > 0) {
    const read = readAddress(task, nameAddress, nameLength);
    if (typeof read === "number") return read;
    name = read;
  }
  const controlAddress = memory.readU64(message + CONTROL),
    controlLength = memory.readU64(message + CONTROL_LENGTH);
  if (controlLength > 0x7fff_ffff) return -ENOBUFS;
  if (controlAddress !== 0 && controlLength > 0) {
    const read = readControl(task, controlAddress, controlLength);
    if (typeof read === "number") return read;
    control = read;
  }
  return new Sending(task, socket, name, control);
}

/** One message; `sending` undefined: it is begun. Returns the state too, for a call that blocks. */
function sendMessage(
  task: Task,
  socket: UnixSocket,
  message: number,
  flags: number,
  state: { sending: Sending | undefined },
): number {
  const error = buffers(task, message);
  if (error < 0) return error;
  if (state.sending === undefined) {
    const begun = beginSending(task, socket, message);
    if (typeof begun === "number") return begun;
    state.sending = begun;
  }
  return send(task, socket, state.sending, flags);
}

/** A call with messages, one or several. */
interface Sequence {
  done: number;
  sending: Sending | undefined;
  receiving: Receiving | undefined;
  /** Of recvmmsg. */
  deadlineNs: number;
  abandon(): void;
}

function begin(task: Task): Sequence {
  return task.syscallState ??= {
    done: 0,
    sending: undefined,
    receiving: undefined,
    deadlineNs: Infinity,
    abandon() {
      this.sending?.abandon();
      this.receiving?.abandon();
    },
  } satisfies Sequence;
}

function sysSendmsg(task: Task, fd: number, message: number, flags: number): number {
  const socket = socketOf(task, fd);
  return typeof socket === "number" ? socket : sendMessage(task, socket, message, flags, begin(task));
}

function sysSendmmsg(task: Task, fd: number, messages: number, count: number, flags: number): number {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  const state = begin(task), limit = Math.min(count, IOV_MAX);
  while (state.done < limit) {
    const message = messages + state.done * MMSGHDR;
    const sent = sendMessage(task, socket, message, flags, state);
    if (sent === BLOCKED) {
      // A signal makes a message that is sent in part one that is sent.
      const partly = state.sending!.done;
      if (partly > 0) task.memory.writeU32(message + COUNT, partly);
      task.partialResult = state.done + (partly > 0 ? 1 : 0);
      return BLOCKED;
    }
    if (sent < 0) return state.done > 0 ? state.done : sent;
    state.sending = undefined;
    task.memory.writeU32(message + COUNT, sent);
    state.done++;
  }
  return state.done;
}

/** The socket of a call with one buffer. Lengths are unsigned here, unlike those of read and write. */
function withBuffer(task: Task, fd: number, address: number, length: number): UnixSocket | number {
  const error = single(address, length < 0 ? MOST : length);
  return error < 0 ? error : socketOf(task, fd);
}

function sysSendto(
  task: Task,
  fd: number,
  address: number,
  length: number,
  flags: number,
  nameAddress: number,
  nameLength: number,
): number {
  const socket = withBuffer(task, fd, address, length);
  if (typeof socket === "number") return socket;
  let sending = task.syscallState as Sending | undefined;
  if (sending === undefined) {
    let name: Uint8Array | undefined;
    if (nameAddress !== 0) {
      const read = readAddress(task, nameAddress, nameLength);
      if (typeof read === "number") return read;
      if (read.length > 0) name = read;
    }
    task.syscallState = sending = new Sending(task, socket, name);
  }
  return send(task, socket, sending, flags);
}

/** One message; its address, control data and flags are written when it is there. */
function receiveMessage(
  task: Task,
  socket: UnixSocket,
  message: number,
  flags: number,
  state: { receiving: Receiving | undefined },
): number {
  const error = buffers(task, message);
  if (error < 0) return error;
  const receiving = state.receiving ??= new Receiving(task, socket);
  const result = receive(task, socket, receiving, flags);
  if (result < 0) return result;
  const { memory } = task, { got } = receiving;
  try {
    const room = memory.readU64(message + CONTROL_LENGTH);
    const control = writeControl(task, socket, got, memory.readU64(message + CONTROL), room, flags);
    const name = memory.readU64(message + NAME);
    if (name !== 0) {
      const bad = writeSource(task, got.from, name, message + NAME_LENGTH);
      if (bad < 0) return bad;
    }
    memory.writeI32(message + FLAGS, flags & MSG_CMSG_CLOEXEC | receiving.flags | control.flags);
    memory.writeU64(message + CONTROL_LENGTH, control.used);
  } finally {
    receiving.abandon();
  }
  return result;
}

function sysRecvmsg(task: Task, fd: number, message: number, flags: number): number {
  const socket = socketOf(task, fd);
  return typeof socket === "number" ? socket : receiveMessage(task, socket, message, flags, begin(task));
}

function sysRecvmmsg(
  task: Task,
  fd: number,
  messages: number,
  count: number,
  flags: number,
  timeout: number,
): number {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  const { monotonicNs } = task.instance.clock, now = () => monotonicNs.call(task.instance.clock);
  const first = task.syscallState === undefined, state = begin(task);
  if (first && timeout !== 0) {
    const ns = readTimespec(task, timeout);
    if (ns < 0) return ns;
    state.deadlineNs = now() + ns;
  }
  if (first && socket.error !== 0) return socket.takeError();
  const limit = Math.min(count, IOV_MAX);
  let result = 0;
  while (state.done < limit) {
    const message = messages + state.done * MMSGHDR;
    const waits = flags & MSG_WAITFORONE && state.done > 0 ? MSG_DONTWAIT : 0;
    result = receiveMessage(task, socket, message, flags & ~MSG_WAITFORONE | waits, state);
    if (result === BLOCKED) {
      task.partialResult = state.done;
      return BLOCKED;
    }
    if (result < 0) break;
    state.receiving = undefined;
    task.memory.writeU32(message + COUNT, result);
    state.done++;
    // The time limit is looked at between messages only.
    if (state.deadlineNs <= now() || flags & MSG_OOB) break;
  }
  if (timeout !== 0 && state.done > 0) {
    const left = Math.max(0, state.deadlineNs - now());
    task.memory.writeI64(timeout, Math.floor(left / 1e9));
    task.memory.writeI64(timeout + 8, left % 1e9);
  }
  return state.done > 0 ? state.done : result;
}

function sysRecvfrom(
  task: Task,
  fd: number,
  address: number,
  length: number,
  flags: number,
  nameAddress: number,
  nameLength: number,
): number {
  const socket = withBuffer(task, fd, address, length);
  if (typeof socket === "number") return socket;
  const receiving: Receiving = task.syscallState ??= new Receiving(task, socket);
  const result = receive(task, socket, receiving, flags);
  // Descriptors that came along have no place here.
  receiving.abandon();
  if (result < 0 || nameAddress === 0) return result;
  const bad = writeSource(task, receiving.got.from, nameAddress, nameLength);
  return bad < 0 ? bad : result;
}

export const socketMessageCalls: Syscall[] = family({
  sendto: {
    nr: 44,
    args: "fd buffer_in size MSG sockaddr int",
    ret: "long",
    run: sysSendto,
    partial: "no MSG_OOB",
  },
  recvfrom: {
    nr: 45,
    args: "fd buffer_out size MSG sockaddr_out int_pointer_out",
    ret: "long",
    run: sysRecvfrom,
    partial: "no MSG_OOB",
  },
  sendmsg: { nr: 46, args: "fd msghdr MSG", ret: "long", run: sysSendmsg },
  recvmsg: { nr: 47, args: "fd msghdr_out MSG", ret: "long", run: sysRecvmsg },
  recvmmsg: { nr: 299, args: "fd pointer uint MSG timespec", run: sysRecvmmsg },
  sendmmsg: { nr: 307, args: "fd pointer uint MSG", run: sysSendmmsg },
});
