// Advisory locks on files: POSIX record locks (of a descriptor table), open file description locks, and flock.

import { EAGAIN, EDEADLK } from "../../kernel/abi/errno.ts";
import { F_UNLCK, F_WRLCK } from "../../kernel/abi/fcntl.ts";
import { major, minor } from "../../kernel/abi/stat.ts";
import type { Inode } from "./inode.ts";
import { WaitQueue } from "./wait_queue.ts";

/** A lock on [start, end); `owner` is compared by identity. */
export interface Lock {
  readonly owner: object;
  /** Process of a POSIX lock, -1 for open file description locks. */
  readonly pid: number;
  readonly type: number;
  readonly start: number;
  /** Infinity: up to whatever the end of the file becomes. */
  readonly end: number;
}

class FileLocks {
  records: Lock[] = [];
  /** flock: by open file description. */
  readonly flocks = new Map<object, { readonly type: number; readonly pid: number }>();
  readonly queue = new WaitQueue();
}

const all = new WeakMap<Inode, FileLocks>();
/** Files that may have locks, for /proc/locks; whoever holds one has the file open. */
const locked = new Set<Inode>();
/** Who waits for whom, among owners of POSIX locks. */
const waiting = new Map<object, object>();

function locksOf(inode: Inode): FileLocks {
  let locks = all.get(inode);
  if (locks === undefined) all.set(inode, locks = new FileLocks());
  return locks;
}

/** Woken when a lock of the file goes away. */
export function lockQueue(inode: Inode): WaitQueue {
  return locksOf(inode).queue;
}

function conflicting(locks: FileLocks, wanted: Lock): Lock | undefined {
  return locks.records.find((lock) =>
    lock.owner !== wanted.owner && lock.start < wanted.end && wanted.start < lock.end &&
    (lock.type === F_WRLCK || wanted.type === F_WRLCK)
  );
}

/** F_GETLK: the first lock that would be in the way. */
export function testLock(inode: Inode, wanted: Lock): Lock | undefined {
  const locks = all.get(inode);
  return locks === undefined ? undefined : conflicting(locks, wanted);
}

/** Sets or removes (F_UNLCK) a record lock: 0, or -EAGAIN when another one is in the way. */
export function setLock(inode: Inode, wanted: Lock): number {
  const locks = locksOf(inode);
  waiting.delete(wanted.owner);
  if (wanted.type !== F_UNLCK && conflicting(locks, wanted) !== undefined) return -EAGAIN;
  const kept: Lock[] = [];
  let { start, end } = wanted, freed = false;
  for (const lock of locks.records) {
    if (lock.owner !== wanted.owner || lock.end < start || end < lock.start) {
      kept.push(lock);
    } else if (lock.type === wanted.type) {
      // Neighbours of the same type become one lock.
      start = Math.min(start, lock.start);
      end = Math.max(end, lock.end);
    } else {
      if (lock.start < wanted.start) kept.push({ ...lock, end: Math.min(lock.end, wanted.start) });
      if (wanted.end < lock.end) kept.push({ ...lock, start: Math.max(lock.start, wanted.end) });
      freed = true;
    }
  }
  if (wanted.type !== F_UNLCK) kept.push({ ...wanted, start, end });
  kept.sort((a, b) => a.start - b.start);
  locks.records = kept;
  if (kept.length > 0) locked.add(inode);
  if (freed) locks.queue.wake();
  return 0;
}

/** Before a POSIX lock's owner waits: -EDEADLK if whoever is in the way waits for this owner. */
export function waitForLock(inode: Inode, wanted: Lock): number {
  let blocker: object | undefined = conflicting(locksOf(inode), wanted)?.owner;
  const first = blocker;
  for (let hops = 0; blocker !== undefined && hops < 100; hops++) {
    blocker = waiting.get(blocker);
    if (blocker === wanted.owner) return -EDEADLK;
  }
  if (first !== undefined) waiting.set(wanted.owner, first);
  return 0;
}

/** The owner waits no longer (a signal). */
export function stopWaiting(owner: object): void {
  waiting.delete(owner);
}

/** All record locks of `owner` on the file end: a descriptor of it was closed. */
export function releaseLocks(inode: Inode, owner: object): void {
  const locks = all.get(inode);
  if (locks === undefined) return;
  waiting.delete(owner);
  const kept = locks.records.filter((lock) => lock.owner !== owner);
  if (kept.length === locks.records.length) return;
  locks.records = kept;
  locks.queue.wake();
}

/** flock(2) by process `pid`: `type` F_RDLCK, F_WRLCK or F_UNLCK. 0 or -EAGAIN. */
export function setFlock(inode: Inode, owner: object, type: number, pid: number): number {
  const { flocks, queue } = locksOf(inode);
  if (type === F_UNLCK) {
    if (flocks.delete(owner)) queue.wake();
    return 0;
  }
  const held = flocks.get(owner);
  if (held?.type === type) return 0;
  // A change of type is a release and a new lock: it is not atomic (man 2 flock).
  if (held !== undefined) {
    flocks.delete(owner);
    queue.wake();
  }
  for (const other of flocks.values()) {
    if (type === F_WRLCK || other.type === F_WRLCK) return -EAGAIN;
  }
  flocks.set(owner, { type, pid });
  locked.add(inode);
  return 0;
}

/** Everything an open file description holds ends with it. */
export function releaseFile(inode: Inode, file: object): void {
  const locks = all.get(inode);
  if (locks === undefined) return;
  if (locks.flocks.delete(file)) locks.queue.wake();
  releaseLocks(inode, file);
}

/** Record locks held on a file. */
export function locksHeld(inode: Inode): readonly Lock[] {
  return all.get(inode)?.records ?? [];
}

/** Text of /proc/locks (Linux: lock_get_status). */
export function locksText(): string {
  let text = "", number = 0;
  for (const inode of locked) {
    const { records, flocks } = all.get(inode)!;
    if (records.length === 0 && flocks.size === 0) {
      locked.delete(inode);
      continue;
    }
    const dev = inode.stat().dev, hex = (value: number) => value.toString(16).padStart(2, "0");
    const line = (kind: string, type: number, pid: number, range: string) => {
      const mode = type === F_WRLCK ? "WRITE" : "READ";
      text += `${++number}: ${kind} ADVISORY  ${mode} ${pid} ${hex(major(dev))}:${
        hex(minor(dev))
      }:${inode.ino} ${range}\n`;
    };
    for (const { pid, type, start, end } of records) {
      line(pid < 0 ? "OFDLCK" : "POSIX ", type, pid, `${start} ${end === Infinity ? "EOF" : end - 1}`);
    }
    for (const { pid, type } of flocks.values()) line("FLOCK ", type, pid, "0 EOF");
  }
  return text;
}
