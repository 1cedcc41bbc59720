// By what name is a local socket found? A node in the file system, or an "abstract" name that begins with a zero byte and lives
// only as long as the socket. One set of names for each instance.

import type { Inode } from "../../fs/vfs/inode.ts";
import type { Instance } from "../session/instance.ts";
import type { UnixSocket } from "./unix_socket.ts";

/** Names of five hexadecimal digits are given by the kernel. */
const AUTOMATIC = 0x10_0000;

export class UnixNames {
  /** All open sockets, for /proc/net/unix. */
  readonly sockets: Set<UnixSocket> = new Set();
  readonly #byInode = new WeakMap<Inode, UnixSocket>();
  readonly #abstract = new Map<string, UnixSocket>();
  #lastAutomatic = Math.floor(Math.random() * AUTOMATIC);

  /** The socket bound to a node of the file system. */
  at(inode: Inode): UnixSocket | undefined {
    return this.#byInode.get(inode);
  }

  /** Sockets of different types may have the same abstract name. */
  abstract(name: Uint8Array, type: number): UnixSocket | undefined {
    return this.#abstract.get(key(name, type));
  }

  /** Gives the socket a name: of the node `inode`, or an abstract one, which must be free. */
  bind(socket: UnixSocket, name: Uint8Array, inode: Inode | undefined): void {
    socket.name = name;
    socket.node = inode;
    if (inode === undefined) this.#abstract.set(key(name, socket.type), socket);
    else this.#byInode.set(inode, socket);
  }

  /** A free abstract name; undefined when there is none. */
  automatic(type: number): Uint8Array | undefined {
    for (let tries = 0; tries < AUTOMATIC; tries++) {
      this.#lastAutomatic = (this.#lastAutomatic + 1) % AUTOMATIC;
      const name = new TextEncoder().encode("\0" + this.#lastAutomatic.toString(16).padStart(5, "0"));
      if (this.abstract(name, type) === undefined) return name;
    }
    return undefined;
  }

  /** The socket is closed. Connections made through its name keep the name, too, but do not own it. */
  forget(socket: UnixSocket): void {
    this.sockets.delete(socket);
    const { name, node, type } = socket;
    if (node !== undefined) {
      if (this.#byInode.get(node) === socket) this.#byInode.delete(node);
    } else if (name !== undefined && this.#abstract.get(key(name, type)) === socket) {
      this.#abstract.delete(key(name, type));
    }
  }
}

const key = (name: Uint8Array, type: number) => String.fromCharCode(type, ...name);

const byInstance = new WeakMap<Instance, UnixNames>();

export function unixNames(instance: Instance): UnixNames {
  let names = byInstance.get(instance);
  if (names === undefined) byInstance.set(instance, names = new UnixNames());
  return names;
}
