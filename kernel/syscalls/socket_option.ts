// getsockopt and setsockopt. Options that mean something here change the socket; those that only other families heed are kept
// and told again.

import { EACCES, EDOM, EINVAL, ENOPROTOOPT, ENOTCONN, EOPNOTSUPP, EPERM } from "../abi/errno.ts";
import * as S from "../abi/socket.ts";
import { LISTENING, type UnixSocket } from "../net/unix_socket.ts";
import { CAP_NET_ADMIN, capable } from "../task/capabilities.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { socketOf } from "./socket.ts";

/** Linux keeps twice what is asked for, for its own administration. */
const MIN_SNDBUF = 4608, MIN_RCVBUF = 2304;
const UNLIMITED = 0x7fff_ffff;

/** On or off. */
const SWITCHES: ReadonlySet<number> = new Set([
  S.SO_DEBUG,
  S.SO_REUSEADDR,
  S.SO_DONTROUTE,
  S.SO_BROADCAST,
  S.SO_KEEPALIVE,
  S.SO_OOBINLINE,
  S.SO_NO_CHECK,
  S.SO_REUSEPORT,
  S.SO_TIMESTAMP,
  S.SO_PASSSEC,
]);
const NUMBERS: ReadonlySet<number> = new Set([S.SO_PRIORITY, S.SO_MARK]);

const kept = (socket: UnixSocket, number: number) => socket.options?.get(number) ?? 0;
function keep(socket: UnixSocket, number: number, value: number): void {
  (socket.options ??= new Map()).set(number, value);
}

/** The 32-bit words that getsockopt answers; undefined for options there are none of. */
function read(socket: UnixSocket, number: number): number[] | undefined {
  switch (number) {
    case S.SO_TYPE:
      return [socket.type];
    case S.SO_ERROR:
      return [-socket.takeError()];
    case S.SO_SNDBUF:
      return [socket.sendBuffer];
    case S.SO_RCVBUF:
      return [socket.receiveBuffer];
    case S.SO_PASSCRED:
      return [socket.passCredentials ? 1 : 0];
    case S.SO_PEERCRED: {
      const { pid, uid, gid } = socket.peerCredentials ?? { pid: 0, uid: -1, gid: -1 };
      return [pid, uid, gid];
    }
    case S.SO_ACCEPTCONN:
      return [socket.state === LISTENING ? 1 : 0];
    case S.SO_PROTOCOL:
    case S.SO_BSDCOMPAT:
      return [0];
    case S.SO_DOMAIN:
      return [S.AF_UNIX];
    case S.SO_RCVLOWAT:
      return [socket.receiveLow];
    case S.SO_SNDLOWAT:
      return [1];
    case S.SO_LINGER: {
      const linger = kept(socket, S.SO_LINGER);
      return linger === 0 ? [0, 0] : [1, linger - 1];
    }
    case S.SO_RCVTIMEO_OLD:
    case S.SO_RCVTIMEO_NEW:
      return timeval(socket.receiveTimeoutNs);
    case S.SO_SNDTIMEO_OLD:
    case S.SO_SNDTIMEO_NEW:
      return timeval(socket.sendTimeoutNs);
  }
  return SWITCHES.has(number) || NUMBERS.has(number) ? [kept(socket, number)] : undefined;
}

function timeval(ns: number): number[] {
  if (ns === Infinity) return [0, 0, 0, 0];
  const sec = Math.floor(ns / 1e9);
  return [sec, Math.floor(sec / 2 ** 32), Math.floor((ns - sec * 1e9) / 1000), 0];
}

function sysGetsockopt(task: Task, fd: number, level: number, number: number, address: number, size: number) {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  if (level !== S.SOL_SOCKET) return -EOPNOTSUPP;
  const room = task.memory.readI32(size);
  if (room < 0) return -EINVAL;
  if (number === S.SO_PEERNAME) return peerName(task, socket, address, size, room);
  const words = read(socket, number);
  if (words === undefined) return -ENOPROTOOPT;
  const raw = new Uint8Array(Int32Array.from(words).buffer), count = Math.min(room, raw.length);
  task.memory.write(address, raw, 0, count);
  task.memory.writeI32(size, count);
  return 0;
}

function peerName(task: Task, socket: UnixSocket, address: number, size: number, room: number): number {
  if (socket.peer === undefined) return -ENOTCONN;
  const path = socket.peer.name ?? new Uint8Array(0);
  const raw = Uint8Array.of(S.AF_UNIX, 0, ...path);
  if (raw.length < room) room = raw.length;
  else if (raw.length > room) return -EINVAL;
  task.memory.write(address, raw, 0, room);
  task.memory.writeI32(size, room);
  return 0;
}

function sysSetsockopt(task: Task, fd: number, level: number, number: number, address: number, size: number) {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  if (size < 0) return -EINVAL;
  if (level !== S.SOL_SOCKET) return -EOPNOTSUPP;
  if (size < 4) return -EINVAL;
  return set(task, socket, number, task.memory.readI32(address), address, size);
}

function set(
  task: Task,
  socket: UnixSocket,
  number: number,
  value: number,
  address: number,
  size: number,
): number {
  const privileged = capable(task, CAP_NET_ADMIN);
  switch (number) {
    case S.SO_SNDBUF:
    case S.SO_SNDBUFFORCE:
    case S.SO_RCVBUF:
    case S.SO_RCVBUFFORCE: {
      const force = number === S.SO_SNDBUFFORCE || number === S.SO_RCVBUFFORCE;
      if (force && !privileged) return -EPERM;
      // Negative ones are big unsigned ones, but where force counts.
      const wanted = force ? Math.max(0, value) : value >>> 0;
      const bytes = Math.min(wanted, S.SOCKET_BUFFER) * 2;
      if (number === S.SO_SNDBUF || number === S.SO_SNDBUFFORCE) {
        socket.sendBuffer = Math.max(bytes, MIN_SNDBUF);
        socket.queue.wake();
      } else socket.receiveBuffer = Math.max(bytes, MIN_RCVBUF);
      return 0;
    }
    case S.SO_PASSCRED:
      socket.passCredentials = value !== 0;
      return 0;
    case S.SO_RCVLOWAT:
      socket.receiveLow = value < 0 ? UNLIMITED : value || 1;
      return 0;
    case S.SO_RCVTIMEO_OLD:
    case S.SO_RCVTIMEO_NEW:
    case S.SO_SNDTIMEO_OLD:
    case S.SO_SNDTIMEO_NEW: {
      if (size < 16) return -EINVAL;
      const ns = readTimeout(task, address);
      if (ns < 0) return ns;
      if (number === S.SO_RCVTIMEO_OLD || number === S.SO_RCVTIMEO_NEW) socket.receiveTimeoutNs = ns;
      else socket.sendTimeoutNs = ns;
      return 0;
    }
    case S.SO_LINGER: {
      if (size < 8) return -EINVAL;
      keep(socket, number, value === 0 ? 0 : 1 + Math.max(0, task.memory.readI32(address + 4)));
      return 0;
    }
    case S.SO_BSDCOMPAT:
      return 0;
    case S.SO_DEBUG:
      if (value !== 0 && !privileged) return -EACCES;
      break;
    case S.SO_PRIORITY:
      if ((value < 0 || value > 6) && !privileged) return -EPERM;
      break;
    case S.SO_MARK:
      if (!privileged) return -EPERM;
      break;
  }
  if (SWITCHES.has(number)) keep(socket, number, value !== 0 ? 1 : 0);
  else if (NUMBERS.has(number)) keep(socket, number, value);
  else return -ENOPROTOOPT;
  return 0;
}

/** A struct timeval as ns, zero meaning for ever; -EDOM. Before the beginning of time means not to wait at all. */
function readTimeout(task: Task, address: number): number {
  const sec = task.memory.readI64(address), usec = task.memory.readI64(address + 8);
  if (usec < 0 || usec >= 1_000_000) return -EDOM;
  if (sec < 0) return 0;
  return sec === 0 && usec === 0 ? Infinity : sec * 1e9 + usec * 1000;
}

export const socketOptionCalls: Syscall[] = family({
  setsockopt: {
    nr: 54,
    args: "fd SOL SO pointer int",
    run: sysSetsockopt,
    partial: "no filters, time stamps, SO_PEEK_OFF",
  },
  getsockopt: {
    nr: 55,
    args: "fd SOL SO pointer int_pointer_out",
    run: sysGetsockopt,
    partial: "no SO_PEERGROUPS, SO_PEERPIDFD, SO_COOKIE",
  },
});
