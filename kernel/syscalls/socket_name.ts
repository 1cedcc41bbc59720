// Addresses of local sockets: struct sockaddr_un from and to user memory, and the socket that one leads to.

import { MAY_WRITE, permission } from "../../fs/vfs/permissions.ts";
import { ECONNREFUSED, EINVAL, ENOSPC, EPROTOTYPE } from "../abi/errno.ts";
import { AF_UNIX, SOCKADDR_STORAGE, SOCKADDR_UN, SUN_PATH } from "../abi/socket.ts";
import { S_IFMT, S_IFSOCK } from "../abi/stat.ts";
import { decodeName } from "../abi/text.ts";
import { unixNames } from "../net/unix_names.ts";
import type { UnixSocket } from "../net/unix_socket.ts";
import type { Task } from "../task/task.ts";

/** The address as the user gave it; -EINVAL when it is longer than any. */
export function readAddress(task: Task, address: number, length: number): Uint8Array | number {
  if (length < 0 || length > SOCKADDR_STORAGE) return -EINVAL;
  return task.memory.readBytes(address, length);
}

export function familyOf(address: Uint8Array): number {
  return address.length < SUN_PATH ? -1 : address[0]! | address[1]! << 8;
}

/**
 * The name in an address: a path with its zero, or an abstract name, which begins with one. Undefined (EINVAL) for what is no
 * struct sockaddr_un, or has no name.
 */
export function checkName(address: Uint8Array): Uint8Array | undefined {
  if (address.length <= SUN_PATH || address.length > SOCKADDR_UN || familyOf(address) !== AF_UNIX) {
    return undefined;
  }
  const path = address.subarray(SUN_PATH);
  if (path[0] === 0) return path;
  const end = path.indexOf(0), length = end < 0 ? path.length : end;
  const name = new Uint8Array(length + 1);
  name.set(path.subarray(0, length));
  return name;
}

/** The path in a name that is no abstract one. */
export function pathOf(name: Uint8Array): string {
  return decodeName(name, 0, name.length - 1);
}

/** Tells a name (undefined: there is none): cut off where the user's buffer ends, with its whole length. */
export function writeName(
  task: Task,
  name: Uint8Array | undefined,
  address: number,
  lengthAddress: number,
): number {
  const raw = new Uint8Array(SUN_PATH + (name?.length ?? 0));
  raw[0] = AF_UNIX;
  if (name !== undefined) raw.set(name, SUN_PATH);
  return writeAddress(task, raw, address, lengthAddress);
}

/** As above; an empty address is none at all. */
export function writeAddress(
  task: Task,
  raw: Uint8Array,
  address: number,
  lengthAddress: number,
): number {
  const room = task.memory.readI32(lengthAddress);
  if (room < 0) return -EINVAL;
  task.memory.write(address, raw, 0, Math.min(room, raw.length));
  task.memory.writeI32(lengthAddress, raw.length);
  return 0;
}

/** Where data came from: nothing when that socket has no name. */
export function writeSource(
  task: Task,
  from: UnixSocket | undefined,
  address: number,
  lengthAddress: number,
): number {
  if (from?.name !== undefined) return writeName(task, from.name, address, lengthAddress);
  return writeAddress(task, new Uint8Array(0), address, lengthAddress);
}

/** The socket that a name leads to, which the caller may reach and which is of this type. */
export function findSocket(task: Task, name: Uint8Array, type: number): UnixSocket | number {
  const names = unixNames(task.instance);
  if (name[0] === 0) return names.abstract(name, type) ?? -ECONNREFUSED;
  const place = task.instance.vfs.resolve(task.fs, task.credentials, undefined, pathOf(name));
  if (typeof place === "number") return place;
  const inode = place.dentry.inode!, denied = permission(inode, task.credentials, MAY_WRITE);
  if (denied < 0) return denied;
  if ((inode.mode & S_IFMT) !== S_IFSOCK) return -ECONNREFUSED;
  const socket = names.at(inode);
  if (socket === undefined) return -ECONNREFUSED;
  return socket.type === type ? socket : -EPROTOTYPE;
}

/** Gives a socket without a name an abstract one that is free. */
export function bindAutomatically(socket: UnixSocket): number {
  if (socket.name !== undefined) return 0;
  const name = socket.names.automatic(socket.type);
  if (name === undefined) return -ENOSPC;
  socket.names.bind(socket, name, undefined);
  return 0;
}
