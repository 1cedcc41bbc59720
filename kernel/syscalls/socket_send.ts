// How does data get from a program into a socket? All of write, sendto, sendmsg and sendmmsg come here, with the user's bytes
// told by single() or vector() of transfer.ts.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import {
  EAGAIN,
  EINTR,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  EOPNOTSUPP,
  EPIPE,
  ERESTARTSYS,
} from "../abi/errno.ts";
import {
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  MSG_OOB,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../abi/socket.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import { releaseFiles } from "../net/in_flight.ts";
import type { Ucred } from "../net/message.ts";
import { type Attached, CONNECTED, type UnixSocket } from "../net/unix_socket.ts";
import { kernelSignal } from "../signal/info.ts";
import { sendSignal } from "../signal/send.ts";
import type { Task } from "../task/task.ts";
import { BLOCKED } from "./family.ts";
import type { Control } from "./control_message.ts";
import { bindAutomatically, checkName, findSocket } from "./socket_name.ts";
import { bounce, gather, isNonblocking, wantedBytes } from "./transfer.ts";

const SIGPIPE = 13;

/** A message on its way into a socket, also while the call waits for room. */
export class Sending implements Attached {
  /** Bytes of a stream that are gone. */
  done = 0;
  files: readonly OpenFile[] | undefined;
  readonly credentials: Ucred | undefined;
  readonly sender: Ucred;
  /** End of SO_SNDTIMEO. */
  readonly deadlineNs: number;

  /** `name`: the address as it was given, struct sockaddr and all; undefined without one. */
  constructor(task: Task, socket: UnixSocket, readonly name: Uint8Array | undefined, control?: Control) {
    this.files = control?.files;
    this.credentials = control?.credentials;
    const { uid, gid } = task.credentials;
    this.sender = { pid: task.process.pid, uid, gid };
    this.deadlineNs = deadlineOf(task, socket.sendTimeoutNs);
  }

  /** The call is over, or will not be run again. */
  abandon(): void {
    if (this.files !== undefined) releaseFiles(this.files);
    this.files = undefined;
  }
}

/** When a wait that begins now has to end. */
export function deadlineOf(task: Task, timeoutNs: number): number {
  return timeoutNs === Infinity ? Infinity : task.instance.clock.monotonicNs() + timeoutNs;
}

/** Nothing may be waited for: O_NONBLOCK, MSG_DONTWAIT, or the time is over. */
export function mayWait(task: Task, socket: UnixSocket, flags: number, deadlineNs: number): boolean {
  if (isNonblocking(socket) || flags & MSG_DONTWAIT) return false;
  return deadlineNs === Infinity || task.instance.clock.monotonicNs() < deadlineNs;
}

/** What a signal makes of a call that waits: with a time limit it cannot be begun anew. */
export function interruption(deadlineNs: number): number {
  return deadlineNs === Infinity ? -ERESTARTSYS : -EINTR;
}

/** Bytes sent, -errno, or BLOCKED (then it is called again with the same state). */
export function send(task: Task, socket: UnixSocket, sending: Sending, flags: number): number {
  let result = -EOPNOTSUPP;
  try {
    if (!(flags & MSG_OOB)) {
      result = socket.type === SOCK_STREAM
        ? sendStream(task, socket, sending, flags)
        : sendPacket(task, socket, sending, flags);
    }
  } catch (error) {
    if (error === EFAULT_SENTINEL && sending.done > 0) result = sending.done;
    else {
      sending.abandon();
      throw error;
    }
  }
  if (result !== BLOCKED) sending.abandon();
  return result;
}

function sendStream(task: Task, socket: UnixSocket, sending: Sending, flags: number): number {
  if (sending.name !== undefined) return socket.state === CONNECTED ? -EISCONN : -EOPNOTSUPP;
  if (socket.peer === undefined) return -ENOTCONN;
  const wanted = wantedBytes();
  let error = socket.shut & 2 ? -EPIPE : 0;
  while (error === 0 && sending.done < wanted) {
    if ((error = socket.readyToSend()) < 0) break;
    const count = Math.min(wanted - sending.done, socket.piece);
    gather(task, sending.done, count);
    error = Math.min(0, socket.sendBytes(bounce.slice(0, count), sending));
    if (error === 0) sending.done += count;
  }
  if (error === -EAGAIN && mayWait(task, socket, flags, sending.deadlineNs)) {
    task.partialResult = sending.done;
    return task.block(socket.queue, sending.deadlineNs, interruption(sending.deadlineNs));
  }
  if (sending.done > 0 || error === 0) return sending.done;
  if (error === -EPIPE && !(flags & MSG_NOSIGNAL)) sendSignal(task, kernelSignal(SIGPIPE));
  return error;
}

function sendPacket(task: Task, socket: UnixSocket, sending: Sending, flags: number): number {
  let name: Uint8Array | undefined;
  if (socket.type === SOCK_SEQPACKET) {
    if (socket.error !== 0) return socket.takeError();
    if (socket.state !== CONNECTED) return -ENOTCONN;
  } else if (sending.name !== undefined) {
    const checked = checkName(sending.name);
    if (checked === undefined) return -EINVAL;
    name = checked;
  }
  if (name === undefined && socket.peer === undefined) return -ENOTCONN;
  if (socket.passCredentials) bindAutomatically(socket);
  const wanted = wantedBytes();
  if (wanted > socket.sendBuffer - 32) return -EMSGSIZE;
  let result = socket.readyToSend();
  let target: UnixSocket | undefined;
  if (result === 0) {
    gather(task, 0, wanted);
    const found = name === undefined ? socket.peer! : findSocket(task, name, SOCK_DGRAM);
    if (typeof found === "number") return found;
    target = found;
    result = socket.sendPacket(bounce.slice(0, wanted), sending, target);
  }
  if (result !== -EAGAIN || !mayWait(task, socket, flags, sending.deadlineNs)) return result;
  return task.block(socket.sendQueue(target), sending.deadlineNs, interruption(sending.deadlineNs));
}

/** write and writev. */
export function socketWrite(task: Task, socket: UnixSocket, nonblock: boolean): number {
  const sending: Sending = task.syscallState ??= new Sending(task, socket, undefined);
  return send(task, socket, sending, nonblock ? MSG_DONTWAIT : 0);
}
