// What are the host's descriptors 0, 1 and 2, and how are bytes moved through them without holding up guest tasks?

import type { Attributes } from "../../fs/vfs/inode.ts";
import { newAttributes } from "../../fs/vfs/memory_attributes.ts";
import { S_IFCHR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from "../abi/stat.ts";
import { statDescriptor } from "./files.ts";
import { nodeFs } from "./node.ts";

export type StreamKind = "terminal" | "pipe" | "socket" | "file" | "device" | "closed";

/** What is known of a host descriptor when denix starts. */
export interface StreamInfo {
  kind: StreamKind;
  attributes: Attributes;
  /** O_* flags of the open file description. */
  flags: number;
  /** Host's name of it, from /proc/self/fd; undefined where that must not be read. */
  name: string | undefined;
}

const standard = [Deno.stdin, Deno.stdout, Deno.stderr] as const;

export class HostStdio {
  readonly fd: 0 | 1 | 2;
  readonly info: StreamInfo;
  /** A second, non-blocking way to the same pipe: to look what is there without waiting. */
  #peek: number | undefined;
  #peekTried = false;

  constructor(fd: 0 | 1 | 2) {
    this.fd = fd;
    this.info = describe(fd);
  }

  /** Waits for up to `length` bytes: 0 at the end. */
  async read(length: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(length);
    const n = this.fd === 0 ? await Deno.stdin.read(buffer) : null;
    return buffer.subarray(0, n ?? 0);
  }

  /** Reads what is there at once; -1 when nothing is, or nobody can tell without waiting. */
  tryRead(buffer: Uint8Array, offset: number, length: number): number {
    if (!this.#peekTried) {
      this.#peekTried = true;
      try {
        const { openSync, constants } = nodeFs();
        this.#peek = openSync(`/proc/self/fd/${this.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
      } catch {
        // A socket, no proc, or no permission: reads wait in the background instead.
      }
    }
    if (this.#peek === undefined) return -1;
    try {
      // Zero means "no writer" here, and a writer may still come to a named pipe: the waiting read decides.
      const n = nodeFs().readSync(this.#peek, buffer, offset, length, null);
      return n === 0 ? -1 : n;
    } catch {
      return -1;
    }
  }

  /** For regular files and devices, which do not wait long. Throws host errors. */
  readSync(buffer: Uint8Array, offset: number, length: number): number {
    if (this.fd !== 0) return this.readAt(this.seek(0, 1), buffer, offset, length);
    return Deno.stdin.readSync(buffer.subarray(offset, offset + length)) ?? 0;
  }

  /** Bytes written (at least 1), 0 when it would block. Throws host errors (BrokenPipe …). */
  write(buffer: Uint8Array, offset: number, length: number): number {
    if (this.fd === 0) return nodeFs().writeSync(0, buffer, offset, length);
    try {
      return standard[this.fd].writeSync(buffer.subarray(offset, offset + length));
    } catch (error) {
      if (error instanceof Deno.errors.WouldBlock) return 0;
      throw error;
    }
  }

  readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    return nodeFs().readSync(this.fd, buffer, offset, length, position);
  }

  writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    return nodeFs().writeSync(this.fd, buffer, offset, length, position);
  }

  /** lseek of the host's descriptor; -1 when this Deno has no way to do it. */
  seek(offset: number, whence: number): number {
    try {
      // Deno.stdin has no seekSync; the operation behind FsFile.seekSync takes any descriptor's number.
      // deno-lint-ignore no-explicit-any
      const internal = (Deno as any)[(Deno as any).internal];
      return internal.core.ops.op_fs_seek_sync(this.fd, offset, whence);
    } catch {
      return -1;
    }
  }

  /** ftruncate of the host's descriptor; throws host errors. */
  truncate(size: number): void {
    nodeFs().ftruncateSync(this.fd, size);
  }

  /** What fstat(2) tells of it now. */
  stat(): Attributes {
    const now = statDescriptor(this.fd);
    return typeof now === "number" ? this.info.attributes : now;
  }

  size(): number {
    return this.stat().size;
  }

  /** Closes the second way in. */
  close(): void {
    if (this.#peek !== undefined) nodeFs().closeSync(this.#peek);
    this.#peek = undefined;
  }
}

/** Flags of the open file description. Only unrestricted Deno may look; others know what the descriptor is for. */
function flagsOf(fd: number): number {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(Deno.readTextFileSync(`/proc/self/fdinfo/${fd}`));
    if (flags !== null) return parseInt(flags[1], 8);
  } catch {
    // As below.
  }
  return fd === 0 ? 0 : 1;
}

function nameOf(fd: number): string | undefined {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

function kindOf(mode: number): StreamKind {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return "file";
    case S_IFSOCK:
      return "socket";
    case S_IFIFO:
      return "pipe";
    default:
      return "device";
  }
}

function describe(fd: 0 | 1 | 2): StreamInfo {
  const attributes = statDescriptor(fd);
  const isTerminal = standard[fd].isTerminal();
  if (typeof attributes === "number") return unknown(fd, isTerminal);
  const kind = isTerminal ? "terminal" : kindOf(attributes.mode);
  return { kind, attributes, flags: flagsOf(fd), name: nameOf(fd) };
}

/** Hosts without fstat: a terminal can be told, for the rest a pipe is assumed. */
function unknown(fd: 0 | 1 | 2, isTerminal: boolean): StreamInfo {
  const mode = isTerminal ? S_IFCHR | 0o620 : S_IFIFO | 0o600;
  return {
    kind: isTerminal ? "terminal" : "pipe",
    attributes: newAttributes(14, fd + 1, { mode, uid: 0, gid: 0 }, { sec: 0, nsec: 0 }),
    flags: isTerminal ? 2 : fd === 0 ? 0 : 1,
    name: undefined,
  };
}

/** A negative errno for what a host call threw. */
export function hostErrno(error: unknown): number {
  const code = (error as { code?: string } | undefined)?.code;
  switch (code) {
    case "EPIPE":
      return -32;
    case "ENOSPC":
      return -28;
    case "EFBIG":
      return -27;
    case "EINVAL":
      return -22;
    case "EISDIR":
      return -21;
    case "EBADF":
      return -9;
    case "EAGAIN":
      return -11;
    case "EACCES":
      return -13;
    case "ESPIPE":
      return -29;
    case "EDQUOT":
      return -122;
    case "ECONNRESET":
      return -104;
  }
  if (error instanceof Deno.errors.BrokenPipe) return -32;
  if (error instanceof Deno.errors.BadResource) return -9;
  return -5;
}
