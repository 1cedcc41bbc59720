// What becomes of descriptors that are under way in messages (SCM_RIGHTS)? Each holds a reference to its open file. Sockets
// that only messages refer to, and only such as wait in those sockets themselves, can never be received: they are closed.

import { OpenFile } from "../../fs/vfs/open_file.ts";
import type { Message } from "./message.ts";

/** An open file whose queue may hold other open files. */
export abstract class Carrier extends OpenFile {
  /** References to it that messages hold. */
  inFlight = 0;
  /** Messages that wait here, or in connections that wait here to be accepted. */
  abstract carried(): Iterable<Message>;
  /** Drops those messages. */
  abstract purge(): void;
}

/** Sockets with references in flight. */
const underWay = new Set<Carrier>();
/** Descriptors in flight by the user who sent them (RLIMIT_NOFILE limits them). */
const byUser = new Map<number, number>();

export function inFlightOf(uid: number): number {
  return byUser.get(uid) ?? 0;
}

function count(uid: number, change: number): void {
  const now = inFlightOf(uid) + change;
  if (now === 0) byUser.delete(uid);
  else byUser.set(uid, now);
}

/** The files' references go into a message. */
export function takeOff(files: readonly OpenFile[], uid: number): void {
  count(uid, files.length);
  for (const file of files) {
    if (!(file instanceof Carrier)) continue;
    file.inFlight++;
    underWay.add(file);
  }
}

/** The references leave the message; the caller has them now. */
export function land(files: readonly OpenFile[], uid: number): void {
  count(uid, -files.length);
  for (const file of files) if (file instanceof Carrier && --file.inFlight === 0) underWay.delete(file);
}

const releasing: OpenFile[] = [];
let draining = false, wanted = false;

/** Gives references up. A closed socket drops messages with more files in them, so this is a list, not a recursion. */
export function releaseFiles(files: readonly OpenFile[]): void {
  for (const file of files) releasing.push(file);
  drain();
}

/** With more sockets than these under way, the search for unreachable ones is put off until as many were closed. */
const FEW = 64;
let closedSince = 0;

/** A socket was closed: others may have become unreachable. */
export function socketClosed(): void {
  if (underWay.size === 0 || ++closedSince < underWay.size && underWay.size > FEW) return;
  wanted = true;
  drain();
}

function drain(): void {
  if (draining) return;
  draining = true;
  try {
    do {
      for (let file = releasing.pop(); file !== undefined; file = releasing.pop()) file.release();
      if (wanted) collect();
    } while (releasing.length > 0);
  } finally {
    draining = false;
  }
}

/** Closes what only unreachable messages refer to. */
function collect(): void {
  wanted = false;
  closedSince = 0;
  const candidates = new Set<Carrier>();
  for (const socket of underWay) if (socket.references === socket.inFlight) candidates.add(socket);
  if (candidates.size === 0) return;
  const inside = new Map<OpenFile, number>();
  for (const socket of candidates) {
    for (const file of carriedFiles(socket)) inside.set(file, (inside.get(file) ?? 0) + 1);
  }
  // Those that wait in a socket somebody has are alive, and so is what waits in them.
  const alive = [...candidates].filter((socket) => (inside.get(socket) ?? 0) < socket.inFlight);
  for (let socket = alive.pop(); socket !== undefined; socket = alive.pop()) {
    if (!candidates.delete(socket)) continue;
    for (const file of carriedFiles(socket)) if (file instanceof Carrier) alive.push(file);
  }
  for (const socket of candidates) socket.purge();
}

function* carriedFiles(socket: Carrier): Iterable<OpenFile> {
  for (const message of socket.carried()) yield* message.files ?? [];
}
