// What travels between local sockets: bytes or a packet, with descriptors and the sender's credentials; and how much of a
// socket's send buffer it takes.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { land, releaseFiles, takeOff } from "./in_flight.ts";
import type { UnixSocket } from "./unix_socket.ts";

/** struct ucred: who sent a message, or made or connected a socket. */
export interface Ucred {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Of messages that were sent when nobody asked for credentials. */
export const NOBODY: Ucred = { pid: 0, uid: 65534, gid: 65534 };

export class Message {
  /** Bytes before this one were read. */
  start = 0;
  /** In flight: each holds a reference. */
  files: readonly OpenFile[] | undefined;

  constructor(
    readonly data: Uint8Array,
    files: readonly OpenFile[] | undefined,
    readonly from: UnixSocket,
    readonly credentials: Ucred | undefined,
    /** What it takes of the sender's buffer while it is under way. */
    readonly charge: number,
    /** User id that the descriptors count for. */
    readonly owner: number,
  ) {
    if (files === undefined || files.length === 0) return;
    this.files = files;
    takeOff(files, owner);
  }

  get length(): number {
    return this.data.length - this.start;
  }

  /** The descriptors, whose references go to the caller. */
  takeFiles(): readonly OpenFile[] | undefined {
    const { files } = this;
    if (files !== undefined) land(files, this.owner);
    this.files = undefined;
    return files;
  }

  /** Nobody will receive it. */
  drop(): void {
    const files = this.takeFiles();
    if (files !== undefined) releaseFiles(files);
  }
}

// Linux charges a sender with the memory that its messages take, so how much a socket holds depends on their sizes. Programs
// notice: a non-blocking socket takes 278 messages of a byte. A message is a header of 256 bytes, a block of 2^n bytes for data
// and 320 bytes of administration, and for the rest whole pages.

const PAGE = 4096, ADMINISTRATION = 320, HEADER = 256, PACKET_BLOCK = 4 * PAGE;
const MAX_PAGES = 17;
/** Streams are cut into pieces of at most this: a block of one page, and eight pages. */
export const STREAM_PIECE: number = PAGE - ADMINISTRATION + 8 * PAGE;

const inPages = (bytes: number) => Math.ceil(bytes / PAGE) * PAGE;

function charge(length: number, paged: number): number {
  const block = Math.ceil((length - paged) / 64) * 64 + ADMINISTRATION;
  return HEADER + Math.max(512, 1 << 32 - Math.clz32(block - 1)) + inPages(paged);
}

export function streamCharge(length: number): number {
  return charge(length, Math.min(length, inPages(Math.max(0, length - (PAGE - ADMINISTRATION)))));
}

export function packetCharge(length: number): number {
  const rest = length - (PACKET_BLOCK - ADMINISTRATION);
  return charge(length, rest > 0 ? inPages(Math.min(rest, MAX_PAGES * PAGE)) : 0);
}
