// What is an AF_UNIX socket? One end of a connection within the kernel (or of none: datagrams), with the messages that wait
// to be received, or, when it listens, the connections that wait to be accepted.
//
// As with every open file nothing blocks here: -EAGAIN, and `queue` (or `peerWait` of the other socket) tells when to try
// again. Which error comes first is Linux's order (net/unix in its manual pages, and tried out natively).

import {
  EAGAIN,
  ECONNREFUSED,
  ECONNRESET,
  EINVAL,
  EISCONN,
  EMSGSIZE,
  ENOTCONN,
  ENOTTY,
  EOPNOTSUPP,
  EPERM,
  EPIPE,
} from "../abi/errno.ts";
import { MAX_DGRAM_QLEN, SOCK_DGRAM, SOCK_STREAM, SOCKET_BUFFER } from "../abi/socket.ts";
import {
  type IoctlCaller,
  type OpenFile,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLPRI,
  POLLRDBAND,
  POLLRDHUP,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "../../fs/vfs/open_file.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { AnonInode, sockFs } from "../ipc/anon_inode.ts";
import { FIONREAD, O_RDWR, S_IFSOCK, TIOCOUTQ } from "../ipc/modes.ts";
import { Carrier, socketClosed } from "./in_flight.ts";
import { Message, packetCharge, STREAM_PIECE, streamCharge, type Ucred } from "./message.ts";
import { PeerRelay } from "./peer_relay.ts";
import { Received, takeBytes, takePacket } from "./receive.ts";
import type { UnixNames } from "./unix_names.ts";

export const UNCONNECTED = 0, LISTENING = 1, CONNECTED = 2;
/** Bits of `shut`. */
export const SHUT_RECEIVE = 1, SHUT_SEND = 2, SHUT_BOTH = 3;
const READABLE = POLLIN | POLLRDNORM, WRITABLE = POLLOUT | POLLWRNORM | POLLWRBAND;
const ARRIVED = READABLE | POLLPRI | POLLRDBAND;

/** What goes along with data: descriptors (their references pass over when anything is sent) and credentials. */
export interface Attached {
  files: readonly OpenFile[] | undefined;
  /** Told with SCM_CREDENTIALS. */
  readonly credentials: Ucred | undefined;
  /** The sender's own, for receivers that ask. */
  readonly sender: Ucred;
}

export class UnixSocket extends Carrier {
  override readonly inode: AnonInode = new AnonInode(sockFs, S_IFSOCK | 0o777);
  state = UNCONNECTED;
  /** The other end; of datagram sockets where connect(2) pointed. Stays when the other end is closed. */
  peer: UnixSocket | undefined;
  /** sun_path: a path with its zero, or an abstract name, which begins with one; undefined without a name. */
  name: Uint8Array | undefined;
  /** The node that a path leads to. */
  node: Inode | undefined;
  shut = 0;
  /** SO_ERROR */
  error = 0;
  closed = false;
  /** SO_PEERCRED: of the other end, when it connected or listened; of a listening socket its own. */
  peerCredentials: Ucred | undefined;
  /** SO_PASSCRED */
  passCredentials = false;
  sendBuffer = SOCKET_BUFFER;
  receiveBuffer = SOCKET_BUFFER;
  /** SO_RCVLOWAT */
  receiveLow = 1;
  receiveTimeoutNs = Infinity;
  sendTimeoutNs = Infinity;
  /** Other options that were set. */
  options: Map<number, number> | undefined;
  /** Who waits for room among the messages, or for a place in the backlog. */
  readonly peerWait: WaitQueue = new WaitQueue();
  /** Connections nobody accepted yet. */
  #backlog: UnixSocket[] = [];
  #backlogLimit = MAX_DGRAM_QLEN;
  #messages: Message[] = [];
  /** Made by connect(2), not accepted yet. */
  #embryo = false;
  /** Charge of the messages from here that nobody received yet. */
  #sent = 0;
  #relay: PeerRelay | undefined;

  constructor(readonly type: number, flags: number, readonly names: UnixNames) {
    super(flags | O_RDWR);
    names.sockets.add(this);
  }

  override label(): string {
    return `socket:[${this.inode.ino}]`;
  }
  override get pollable(): boolean {
    return true;
  }
  /** Streams and sequenced packets have connections. */
  get #connects(): boolean {
    return this.type !== SOCK_DGRAM;
  }
  /** Bytes that wait to be received; at least `limit` when there are more. */
  waiting(limit = Infinity): number {
    let sum = 0;
    for (let i = 0; i < this.#messages.length && sum < limit; i++) sum += this.#messages[i]!.length;
    return sum;
  }
  /** Length of the packet that is received next; -1 without one. */
  get nextLength(): number {
    return this.#messages.length === 0 ? -1 : this.#messages[0]!.length;
  }

  takeError(): number {
    const { error } = this;
    this.error = 0;
    return -error;
  }

  listen(limit: number, own: Ucred): number {
    if (!this.#connects) return -EOPNOTSUPP;
    if (this.name === undefined || this.state === CONNECTED) return -EINVAL;
    const more = limit > this.#backlogLimit;
    this.#backlogLimit = limit;
    this.state = LISTENING;
    this.peerCredentials = own;
    if (more) this.peerWait.wake(WRITABLE);
    return 0;
  }

  /** Joins the two ends of socketpair(2), or of a connection. */
  join(other: UnixSocket): void {
    this.peer = other;
    other.peer = this;
    this.state = other.state = CONNECTED;
  }

  /** connect(2) of a stream or of sequenced packets; -EAGAIN: the other one's backlog is full. */
  connect(target: UnixSocket, own: Ucred): number {
    if (target.state !== LISTENING || target.shut & SHUT_RECEIVE) return -ECONNREFUSED;
    if (target.#backlog.length > target.#backlogLimit) return -EAGAIN;
    if (this.state !== UNCONNECTED) return this.state === CONNECTED ? -EISCONN : -EINVAL;
    const end = new UnixSocket(this.type, 0, this.names);
    end.#embryo = true;
    end.name = target.name;
    end.node = target.node;
    end.peerCredentials = own;
    this.peerCredentials = target.peerCredentials;
    this.join(end);
    target.#backlog.push(end);
    this.queue.wake();
    target.queue.wake(ARRIVED);
    return 0;
  }

  /** connect(2) of datagrams: where they go from now on; undefined dissolves (AF_UNSPEC). */
  direct(target: UnixSocket | undefined): number {
    if (target !== undefined && !target.#takes(this)) return -EPERM;
    const old = this.peer;
    this.peer = target;
    if (old === undefined || old === target) return 0;
    this.#relay?.leave();
    this.queue.wake(WRITABLE);
    // Messages of the old partner are lost, which it is told if it was connected to us.
    if (this.#messages.length === 0) return 0;
    this.purge();
    this.peerWait.wake(WRITABLE);
    if (!old.closed && old.peer === this) {
      old.error = ECONNRESET;
      old.queue.wake(POLLERR);
    }
    return 0;
  }

  /** The next connection, or -EAGAIN. */
  accept(): UnixSocket | number {
    if (!this.#connects) return -EOPNOTSUPP;
    if (this.state !== LISTENING) return -EINVAL;
    const end = this.#backlog.shift();
    if (end === undefined) return this.error !== 0 ? this.takeError() : -EAGAIN;
    end.#embryo = false;
    end.passCredentials = this.passCredentials;
    this.peerWait.wake(WRITABLE);
    return end;
  }

  /** Datagrams from `sender` are welcome: this one is connected to nobody else. */
  #takes(sender: UnixSocket): boolean {
    return this.peer === undefined || this.peer === sender;
  }
  /** Too many datagrams wait here for `sender` to add one. The two ends of a pair have no limit but their buffers. */
  #fullFor(sender: UnixSocket): boolean {
    return this !== sender && this.peer !== sender && this.#messages.length > this.#backlogLimit;
  }
  get #writable(): boolean {
    return this.state !== LISTENING && this.#sent * 4 <= this.sendBuffer;
  }

  /** Whether another message may be made: 0, -EAGAIN while too much is under way, or an error. */
  readyToSend(): number {
    if (this.error !== 0) return this.takeError();
    return this.shut & SHUT_SEND ? -EPIPE : this.#sent < this.sendBuffer ? 0 : -EAGAIN;
  }
  /** Bytes of a stream that go into one message. */
  get piece(): number {
    return Math.min((this.sendBuffer >> 1) - 64, STREAM_PIECE);
  }
  /** What a sender that got -EAGAIN waits for. */
  sendQueue(target: UnixSocket | undefined): WaitQueue {
    return this.#sent >= this.sendBuffer || target === undefined ? this.queue : target.peerWait;
  }

  /** Sends a piece of a stream (`data` is kept), after readyToSend(). */
  sendBytes(data: Uint8Array, attached: Attached): number {
    const target = this.peer;
    if (target === undefined) return -ENOTCONN;
    if (target.closed || target.shut & SHUT_RECEIVE) return -EPIPE;
    this.#post(target, data, attached, streamCharge(data.length));
    return data.length;
  }

  /** Sends a packet (`data` is kept), after readyToSend(): to `target`, which a name led to, or to the peer. */
  sendPacket(data: Uint8Array, attached: Attached, target: UnixSocket): number {
    if (data.length > this.sendBuffer - 32) return -EMSGSIZE;
    if (!target.#takes(this)) return -EPERM;
    if (target.closed) {
      if (this.#connects) return -EPIPE;
      this.direct(undefined);
      return -ECONNREFUSED;
    }
    if (target.shut & SHUT_RECEIVE) return -EPIPE;
    if (target.#fullFor(this)) return -EAGAIN;
    this.#post(target, data, attached, packetCharge(data.length));
    return data.length;
  }

  #post(target: UnixSocket, data: Uint8Array, attached: Attached, charge: number): void {
    const told = this.passCredentials || target.passCredentials || target.#embryo;
    const credentials = attached.credentials ?? (told ? attached.sender : undefined);
    target.#messages.push(
      new Message(data, attached.files, this, credentials, charge, attached.sender.uid),
    );
    attached.files = undefined;
    this.#sent += charge;
    target.queue.wake(ARRIVED);
  }

  /** A message from here was received or dropped. */
  #delivered(charge: number): void {
    this.#sent -= charge;
    if (!this.closed && this.#writable) this.queue.wake(WRITABLE);
  }

  /**
   * Takes (with `peek`: looks at) what one call may have: a packet, or bytes of a stream up to the next descriptors. -EAGAIN when
   * nothing is there: whether more can come is for the caller to look at.
   */
  take(got: Received, buffer: Uint8Array, offset: number, length: number, peek: boolean): number {
    const messages = this.#messages;
    if (messages.length === 0) return -EAGAIN;
    if (this.type !== SOCK_STREAM) {
      const count = takePacket(messages[0]!, got, buffer, offset, length, peek);
      if (!peek) this.#received(1);
      this.peerWait.wake(WRITABLE);
      return count;
    }
    const { count, used } = takeBytes(messages, got, buffer, offset, length, peek, this.passCredentials);
    this.#received(used);
    return count;
  }

  #received(count: number): void {
    for (; count > 0; count--) {
      const { from, charge } = this.#messages.shift()!;
      from.#delivered(charge);
    }
  }

  /** shutdown(2), by SHUT_* bits. */
  shutdown(bits: number): void {
    this.shut |= bits;
    const { peer } = this;
    if (peer !== undefined && this.#connects) {
      if (bits & SHUT_RECEIVE) peer.shut |= SHUT_SEND;
      if (bits & SHUT_SEND) peer.shut |= SHUT_RECEIVE;
      peer.queue.wake();
    }
    this.queue.wake();
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    if (this.#connects && this.state !== CONNECTED) return this.type === SOCK_STREAM ? -EINVAL : -ENOTCONN;
    const got = new Received(), count = this.take(got, buffer, offset, length, false);
    got.drop();
    if (count !== -EAGAIN) return count;
    return this.error !== 0 ? this.takeError() : this.shut & SHUT_RECEIVE ? 0 : -EAGAIN;
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    const { peer } = this;
    if (peer === undefined) return -ENOTCONN;
    const ready = this.readyToSend();
    if (ready < 0) return ready;
    const stream = this.type === SOCK_STREAM;
    if (stream) length = Math.min(length, this.piece);
    const data = buffer.slice(offset, offset + length);
    const attached = { files: undefined, credentials: undefined, sender: { pid: 0, uid: 0, gid: 0 } };
    return stream ? this.sendBytes(data, attached) : this.sendPacket(data, attached, peer);
  }

  override poll(): number {
    const { shut, peer } = this;
    let bits = this.error !== 0 ? POLLERR : 0;
    if (shut === SHUT_BOTH) bits |= POLLHUP;
    if (shut & SHUT_RECEIVE) bits |= POLLRDHUP | READABLE;
    if (this.#messages.length > 0 || this.#backlog.length > 0) bits |= READABLE;
    if (this.#connects && this.state === UNCONNECTED) bits |= POLLHUP;
    if (!this.#writable) return bits;
    if (!this.#connects && peer !== undefined && !peer.closed && peer.#fullFor(this)) {
      (this.#relay ??= new PeerRelay(() => this.queue.wake(WRITABLE))).watch(peer.peerWait);
      return bits;
    }
    return bits | WRITABLE;
  }

  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    if (command !== FIONREAD && command !== TIOCOUTQ) return -ENOTTY;
    if (command === FIONREAD && this.state === LISTENING) return -EINVAL;
    const waiting = this.#connects ? this.waiting() : Math.max(0, this.nextLength);
    const out = new DataView(new ArrayBuffer(4));
    out.setInt32(0, command === FIONREAD ? waiting : this.#sent, true);
    caller.write(argument, new Uint8Array(out.buffer));
    return 0;
  }

  override *carried(): Iterable<Message> {
    yield* this.#messages;
    for (const end of this.#backlog) yield* end.#messages;
  }

  override purge(): void {
    const messages = this.#messages;
    this.#messages = [];
    for (const message of messages) {
      message.drop();
      message.from.#delivered(message.charge);
    }
    for (const end of this.#backlog) end.purge();
  }

  override close(): void {
    const { peer } = this, unread = this.#messages.length > 0 || this.#embryo;
    this.closed = true;
    this.shut = SHUT_BOTH;
    this.state = UNCONNECTED;
    this.names.forget(this);
    this.#relay?.leave();
    this.peerWait.wake();
    if (peer !== undefined && this.#connects) {
      peer.shut = SHUT_BOTH;
      if (unread) peer.error = ECONNRESET;
      peer.queue.wake();
    }
    this.peer = undefined;
    this.purge();
    const backlog = this.#backlog;
    this.#backlog = [];
    for (const end of backlog) end.release();
    socketClosed();
  }

  /** Of /proc/net/unix: Linux's SS_* number. */
  get socketState(): number {
    return this.#embryo ? 2 : this.state === CONNECTED ? 3 : 1;
  }
}
