// What does one receive get? A packet, or bytes of a stream: from several messages, but of one writer where credentials are
// asked for, and never beyond a message with descriptors.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { releaseFiles } from "./in_flight.ts";
import { type Message, NOBODY, type Ucred } from "./message.ts";
import type { UnixSocket } from "./unix_socket.ts";

/** What comes besides bytes. */
export class Received {
  /** With their references. */
  files: readonly OpenFile[] | undefined;
  credentials: Ucred | undefined;
  from: UnixSocket | undefined;
  /** Length of the packet, which may be more than fitted. */
  length = 0;
  /** Nothing behind it may be added, though there be room. */
  complete = false;

  drop(): void {
    const { files } = this;
    this.files = undefined;
    if (files !== undefined) releaseFiles(files);
  }
}

export function takePacket(
  message: Message,
  got: Received,
  buffer: Uint8Array,
  offset: number,
  length: number,
  peek: boolean,
): number {
  got.length = message.length;
  got.from = message.from;
  got.credentials = message.credentials ?? NOBODY;
  got.complete = true;
  const count = Math.min(length, message.length);
  copy(message, buffer, offset, count);
  takeFiles(message, got, peek);
  return count;
}

/** Bytes taken, and how many messages are used up. At least one message is there. */
export function takeBytes(
  messages: readonly Message[],
  got: Received,
  buffer: Uint8Array,
  offset: number,
  length: number,
  peek: boolean,
  oneWriter: boolean,
): { count: number; used: number } {
  let count = 0, used = 0;
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!, credentials = message.credentials ?? NOBODY;
    if (oneWriter && got.credentials !== undefined && !same(got.credentials, credentials)) {
      got.complete = true;
      break;
    }
    got.credentials ??= credentials;
    got.from ??= message.from;
    const n = Math.min(length - count, message.length);
    copy(message, buffer, offset + count, n);
    count += n;
    const withFiles = message.files !== undefined;
    takeFiles(message, got, peek);
    if (!peek) {
      message.start += n;
      if (message.length === 0) used++;
    }
    if (withFiles) got.complete = true;
    if (withFiles || count === length) break;
  }
  // A second look would see the same bytes again.
  if (peek) got.complete = true;
  return { count, used };
}

function copy(message: Message, buffer: Uint8Array, offset: number, count: number): void {
  if (count === message.data.length) buffer.set(message.data, offset);
  else buffer.set(message.data.subarray(message.start, message.start + count), offset);
}

function takeFiles(message: Message, got: Received, peek: boolean): void {
  if (message.files === undefined) return;
  got.files = peek ? message.files.map((file) => file.retain()) : message.takeFiles();
}

function same(a: Ucred, b: Ucred): boolean {
  return a.pid === b.pid && a.uid === b.uid && a.gid === b.gid;
}
