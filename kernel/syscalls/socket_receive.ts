// How does data get from a socket to a program? All of read, recvfrom, recvmsg and recvmmsg come here, with the user's buffers
// told by single() or vector() of transfer.ts.

import { EAGAIN, EFAULT, EINVAL, ENOTCONN, EOPNOTSUPP } from "../abi/errno.ts";
import {
  MSG_DONTWAIT,
  MSG_OOB,
  MSG_PEEK,
  MSG_TRUNC,
  MSG_WAITALL,
  SOCK_SEQPACKET,
  SOCK_STREAM,
} from "../abi/socket.ts";
import { Received } from "../net/receive.ts";
import { CONNECTED, SHUT_RECEIVE, type UnixSocket } from "../net/unix_socket.ts";
import type { Task } from "../task/task.ts";
import { deadlineOf, interruption, mayWait } from "./socket_send.ts";
import { bounce, BOUNCE_BYTES, scatter, wantedBytes, writable } from "./transfer.ts";

/** A receive, also while it waits. */
export class Receiving {
  /** Bytes that the user has. */
  done = 0;
  /** MSG_TRUNC when the packet was longer than the buffers. */
  flags = 0;
  readonly got: Received = new Received();
  /** End of SO_RCVTIMEO. */
  readonly deadlineNs: number;

  constructor(task: Task, socket: UnixSocket) {
    this.deadlineNs = deadlineOf(task, socket.receiveTimeoutNs);
  }

  /** The call is over, or will not be run again. */
  abandon(): void {
    this.got.drop();
  }
}

/** Bytes received, -errno, or BLOCKED (then it is called again with the same state). What came with them is in `receiving.got`. */
export function receive(task: Task, socket: UnixSocket, receiving: Receiving, flags: number): number {
  const stream = socket.type === SOCK_STREAM;
  if (stream) {
    if (socket.state !== CONNECTED || flags & MSG_OOB) return -EINVAL;
  } else {
    if (socket.type === SOCK_SEQPACKET && socket.state !== CONNECTED) return -ENOTCONN;
    if (flags & MSG_OOB) return -EOPNOTSUPP;
    // Packets do not come before errors.
    if (socket.error !== 0) return socket.takeError();
  }
  return stream
    ? receiveStream(task, socket, receiving, flags)
    : receivePacket(task, socket, receiving, flags);
}

function receiveStream(task: Task, socket: UnixSocket, receiving: Receiving, flags: number): number {
  const wanted = wantedBytes(), { got } = receiving;
  const enough = flags & MSG_WAITALL ? wanted : Math.min(socket.receiveLow, wanted);
  for (;;) {
    if (socket.nextLength < 0) {
      if (receiving.done >= Math.max(1, enough)) return receiving.done;
      if (socket.error !== 0) return receiving.done > 0 ? receiving.done : socket.takeError();
      if (socket.shut & SHUT_RECEIVE) return receiving.done;
      return waitForMore(task, socket, receiving, flags);
    }
    const count = takeSome(task, socket, receiving, wanted - receiving.done, flags);
    if (count < 0) return receiving.done > 0 ? receiving.done : count;
    receiving.done += count;
    if (got.complete || receiving.done >= wanted) return receiving.done;
  }
}

/** Moves what is there, up to `length` bytes, to the user. */
function takeSome(
  task: Task,
  socket: UnixSocket,
  receiving: Receiving,
  length: number,
  flags: number,
): number {
  const there = socket.type === SOCK_STREAM ? socket.waiting(length) : socket.nextLength;
  const fitting = Math.min(length, there, BOUNCE_BYTES);
  // What the user cannot have stays where it is; only packets are lost.
  const room = writable(task, receiving.done, fitting);
  if (room < fitting && (room === 0 || socket.type !== SOCK_STREAM)) {
    if (socket.type !== SOCK_STREAM && !(flags & MSG_PEEK)) socket.take(receiving.got, bounce, 0, 0, false);
    receiving.abandon();
    return -EFAULT;
  }
  const count = socket.take(receiving.got, bounce, 0, room, (flags & MSG_PEEK) !== 0);
  if (count > 0) scatter(task, receiving.done, count);
  return count;
}

function waitForMore(task: Task, socket: UnixSocket, receiving: Receiving, flags: number): number {
  const { done, deadlineNs } = receiving;
  if (!mayWait(task, socket, flags, deadlineNs)) return done > 0 ? done : -EAGAIN;
  task.partialResult = done;
  return task.block(socket.queue, deadlineNs, interruption(deadlineNs));
}

function receivePacket(task: Task, socket: UnixSocket, receiving: Receiving, flags: number): number {
  if (socket.nextLength < 0) {
    const waits = mayWait(task, socket, flags, receiving.deadlineNs);
    // The end of a connection, or what shutdown(2) makes of those who wait for datagrams.
    if (socket.shut & SHUT_RECEIVE && (waits || socket.type === SOCK_SEQPACKET)) return 0;
    return waitForMore(task, socket, receiving, flags);
  }
  const count = takeSome(task, socket, receiving, wantedBytes(), flags);
  if (count < 0) return count;
  const { length } = receiving.got;
  if (length > count) receiving.flags |= MSG_TRUNC;
  receiving.done = count;
  return flags & MSG_TRUNC ? length : count;
}

/** read and readv. */
export function socketRead(task: Task, socket: UnixSocket, nonblock: boolean): number {
  if (wantedBytes() === 0) return 0;
  const receiving: Receiving = task.syscallState ??= new Receiving(task, socket);
  const result = receive(task, socket, receiving, nonblock ? MSG_DONTWAIT : 0);
  // Descriptors that read(2) has no place for.
  receiving.abandon();
  return result;
}
