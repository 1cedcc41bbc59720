// Sockets as system calls: making, naming, connecting and ending them. Local ones only (AF_UNIX). What goes through them:
// socket_message.ts; their options: socket_option.ts.

import { mknod, unlink } from "../../fs/vfs/namespace.ts";
import {
  EADDRINUSE,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EEXIST,
  EINVAL,
  ENOTCONN,
  ENOTSOCK,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
} from "../abi/errno.ts";
import {
  AF_UNIX,
  AF_UNSPEC,
  SHUT_RDWR,
  SOCK_DGRAM,
  SOCK_MAX,
  SOCK_RAW,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOCK_TYPE_MASK,
  SOMAXCONN,
  SUN_PATH,
} from "../abi/socket.ts";
import { S_IFSOCK } from "../abi/stat.ts";
import { O_CLOEXEC, O_NONBLOCK } from "../ipc/modes.ts";
import type { Ucred } from "../net/message.ts";
import { unixNames } from "../net/unix_names.ts";
import { UnixSocket } from "../net/unix_socket.ts";
import type { Task } from "../task/task.ts";
import { installFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";
import { installPair } from "./ipc.ts";
import {
  bindAutomatically,
  checkName,
  familyOf,
  findSocket,
  pathOf,
  readAddress,
  writeName,
} from "./socket_name.ts";
import { deadlineOf, interruption, mayWait } from "./socket_send.ts";

/** The caller as SO_PEERCRED tells it to the other end. */
function ucredOf(task: Task): Ucred {
  const { euid, egid } = task.credentials;
  return { pid: task.process.pid, uid: euid, gid: egid };
}

export function socketOf(task: Task, fd: number): UnixSocket | number {
  const file = task.files.get(fd);
  return file === undefined || file.pathOnly ? -EBADF : file instanceof UnixSocket ? file : -ENOTSOCK;
}

function make(task: Task, domain: number, type: number, protocol: number): UnixSocket | number {
  let kind = type & SOCK_TYPE_MASK;
  if (domain !== AF_UNIX) return -EAFNOSUPPORT;
  if (kind >= SOCK_MAX) return -EINVAL;
  if (protocol !== 0 && protocol !== AF_UNIX) return -EPROTONOSUPPORT;
  // SOCK_RAW is another word for datagrams here.
  if (kind === SOCK_RAW) kind = SOCK_DGRAM;
  if (kind !== SOCK_STREAM && kind !== SOCK_DGRAM && kind !== SOCK_SEQPACKET) return -ESOCKTNOSUPPORT;
  return new UnixSocket(kind, type & O_NONBLOCK, unixNames(task.instance));
}

const badFlags = (type: number) => (type & ~(SOCK_TYPE_MASK | O_NONBLOCK | O_CLOEXEC)) !== 0;

function sysSocket(task: Task, domain: number, type: number, protocol: number): number {
  if (badFlags(type)) return -EINVAL;
  const socket = make(task, domain, type, protocol);
  return typeof socket === "number" ? socket : installFd(task, socket, (type & O_CLOEXEC) !== 0);
}

function sysSocketpair(task: Task, domain: number, type: number, protocol: number, address: number): number {
  if (badFlags(type)) return -EINVAL;
  const a = make(task, domain, type, protocol);
  if (typeof a === "number") return a;
  const b = make(task, domain, type, protocol) as UnixSocket;
  a.join(b);
  a.peerCredentials = b.peerCredentials = ucredOf(task);
  return installPair(task, [a, b], (type & O_CLOEXEC) !== 0, address);
}

function sysBind(task: Task, fd: number, address: number, length: number): number {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  const raw = readAddress(task, address, length);
  if (typeof raw === "number") return raw;
  if (raw.length === SUN_PATH && familyOf(raw) === AF_UNIX) return bindAutomatically(socket);
  const name = checkName(raw);
  if (name === undefined) return -EINVAL;
  if (name[0] === 0) {
    if (socket.name !== undefined) return -EINVAL;
    if (socket.names.abstract(name, socket.type) !== undefined) return -EADDRINUSE;
    socket.names.bind(socket, name, undefined);
    return 0;
  }
  return bindToPath(task, socket, name);
}

/** Makes the node; its permissions are the socket's own (fchmod before bind), less the umask. */
function bindToPath(task: Task, socket: UnixSocket, name: Uint8Array): number {
  const { fs, credentials, instance: { vfs } } = task, path = pathOf(name);
  const made = mknod(fs, credentials, undefined, path, S_IFSOCK | socket.inode.mode & 0o7777, 0);
  if (made < 0) return made === -EEXIST ? -EADDRINUSE : made;
  if (socket.name !== undefined) {
    // That there is a name already is found out last.
    unlink(fs, credentials, undefined, path);
    return -EINVAL;
  }
  const place = vfs.resolve(fs, credentials, undefined, path, { followLast: false });
  if (typeof place === "number") return place;
  socket.names.bind(socket, name, place.dentry.inode!);
  return 0;
}

function sysListen(task: Task, fd: number, backlog: number): number {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  return socket.listen(backlog < 0 ? SOMAXCONN : Math.min(backlog, SOMAXCONN), ucredOf(task));
}

function sysConnect(task: Task, fd: number, address: number, length: number): number {
  if (task.files.get(fd) === undefined) return -EBADF;
  const raw = readAddress(task, address, length);
  if (typeof raw === "number") return raw;
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  if (socket.type === SOCK_DGRAM && familyOf(raw) === AF_UNSPEC) return socket.direct(undefined);
  const name = checkName(raw);
  if (name === undefined) return -EINVAL;
  if (socket.passCredentials) bindAutomatically(socket);
  const target = findSocket(task, name, socket.type);
  if (typeof target === "number") return target;
  if (socket.type === SOCK_DGRAM) return socket.direct(target);
  const deadlineNs: number = task.syscallState ??= deadlineOf(task, socket.sendTimeoutNs);
  const result = socket.connect(target, ucredOf(task));
  return result === -EAGAIN && mayWait(task, socket, 0, deadlineNs)
    ? task.block(target.peerWait, deadlineNs, interruption(deadlineNs))
    : result;
}

function sysAccept4(task: Task, fd: number, address: number, lengthAddress: number, flags: number): number {
  if (task.files.get(fd) === undefined) return -EBADF;
  if (flags & ~(O_NONBLOCK | O_CLOEXEC)) return -EINVAL;
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  const end = socket.accept();
  if (end === -EAGAIN) {
    const deadlineNs: number = task.syscallState ??= deadlineOf(task, socket.receiveTimeoutNs);
    if (!mayWait(task, socket, 0, deadlineNs)) return -EAGAIN;
    if (socket.shut !== 0) return -EINVAL;
    return task.block(socket.queue, deadlineNs, interruption(deadlineNs));
  }
  if (typeof end === "number") return end;
  end.flags |= flags & O_NONBLOCK;
  if (address !== 0) {
    let error = -EINVAL;
    try {
      error = writeName(task, end.peer?.name, address, lengthAddress);
    } finally {
      if (error < 0) end.release();
    }
    if (error < 0) return error;
  }
  return installFd(task, end, (flags & O_CLOEXEC) !== 0);
}

function sysGetsockname(task: Task, fd: number, address: number, lengthAddress: number): number {
  const socket = socketOf(task, fd);
  return typeof socket === "number" ? socket : writeName(task, socket.name, address, lengthAddress);
}

function sysGetpeername(task: Task, fd: number, address: number, lengthAddress: number): number {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  if (socket.peer === undefined) return -ENOTCONN;
  return writeName(task, socket.peer.name, address, lengthAddress);
}

function sysShutdown(task: Task, fd: number, how: number): number {
  const socket = socketOf(task, fd);
  if (typeof socket === "number") return socket;
  if (how < 0 || how > SHUT_RDWR) return -EINVAL;
  socket.shutdown(how + 1);
  return 0;
}

export const socketCalls: Syscall[] = family({
  socket: { nr: 41, args: "AF SOCK int", ret: "fd", run: sysSocket, partial: "AF_UNIX only" },
  connect: { nr: 42, args: "fd sockaddr int", run: sysConnect },
  accept: {
    nr: 43,
    args: "fd sockaddr_out int_pointer_out",
    ret: "fd",
    run: (t, fd, a, l) => sysAccept4(t, fd, a, l, 0),
  },
  shutdown: { nr: 48, args: "fd SHUT", run: sysShutdown },
  bind: { nr: 49, args: "fd sockaddr int", run: sysBind },
  listen: { nr: 50, args: "fd int", run: sysListen },
  getsockname: { nr: 51, args: "fd sockaddr_out int_pointer_out", run: sysGetsockname },
  getpeername: { nr: 52, args: "fd sockaddr_out int_pointer_out", run: sysGetpeername },
  socketpair: { nr: 53, args: "AF SOCK int int_pair_out", run: sysSocketpair, partial: "AF_UNIX only" },
  accept4: { nr: 288, args: "fd sockaddr_out int_pointer_out SOCK_FLAGS", ret: "fd", run: sysAccept4 },
});
