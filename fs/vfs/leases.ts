// Leases (fcntl(2), F_SETLEASE): the holder is told when somebody else is about to open the file in a way that does not go
// with its lease, and has a while to give it up; the opener waits so long.

import { EAGAIN } from "../../kernel/abi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK } from "../../kernel/abi/fcntl.ts";
import type { Inode } from "./inode.ts";
import type { OpenFile } from "./open_file.ts";
import { WaitQueue } from "./wait_queue.ts";

/** What opening a leased file returns: who may wait, waits for {@link brokenLease}. No errno. */
export const LEASED = -0x2000_0000;
/** /proc/sys/fs/lease-break-time, in seconds. */
export const leaseBreakTime = { seconds: 45 };

class Lease {
  /** What the holder has to come down to; as `type` while nobody is in the way. */
  target: number;
  /** Host milliseconds at which it is taken away. */
  deadline = Infinity;
  constructor(readonly file: OpenFile, public type: number, readonly tell: () => void) {
    this.target = type;
  }
}

const leases = new Map<Inode, Lease[]>();
/** Of the last open that found a lease: what tells that leases have changed, and when they are taken away. */
export const brokenLease: { queue: WaitQueue; deadline: number } = { queue: new WaitQueue(), deadline: 0 };
const queues = new WeakMap<Inode, WaitQueue>();

function queueOf(inode: Inode): WaitQueue {
  let queue = queues.get(inode);
  if (queue === undefined) queues.set(inode, queue = new WaitQueue());
  return queue;
}

/** Takes leases whose time is over down to what they were asked for. */
function expire(inode: Inode): Lease[] {
  const there = leases.get(inode) ?? [], now = performance.now();
  for (const lease of there) {
    if (lease.deadline > now) continue;
    lease.deadline = Infinity;
    lease.type = lease.target;
  }
  const left = there.filter(({ type }) => type !== F_UNLCK);
  if (left.length > 0) leases.set(inode, left);
  else leases.delete(inode);
  return left;
}

/** F_GETLEASE. */
export function getLease(file: OpenFile): number {
  return expire(file.inode).find((lease) => lease.file === file)?.target ?? F_UNLCK;
}

/** F_SETLEASE on a regular file; `tell` is called when the lease is in somebody's way. 0 or -EAGAIN. */
export function setLease(file: OpenFile, type: number, tell: () => void): number {
  const { inode } = file, there = expire(inode), own = there.find((lease) => lease.file === file);
  if (type === F_UNLCK) return own === undefined ? -EAGAIN : dropLease(file);
  const { opens, writers } = inode;
  // Who waits to open it for writing counts as a writer.
  const awaited = own !== undefined && own.deadline !== Infinity && own.target === F_UNLCK;
  if (type === F_RDLCK ? writers > 0 || awaited : opens > 1) return -EAGAIN;
  for (const lease of there) {
    if (lease !== own && (type === F_WRLCK || lease.target === F_UNLCK)) return -EAGAIN;
  }
  if (own === undefined) leases.set(inode, [...there, new Lease(file, type, tell)]);
  else {
    own.type = own.target = type;
    own.deadline = Infinity;
    queueOf(inode).wake();
  }
  return 0;
}

/** The lease of a description ends. */
export function dropLease(file: OpenFile): number {
  const { inode } = file, left = leases.get(inode)?.filter((lease) => lease.file !== file);
  if (left === undefined) return 0;
  if (left.length > 0) leases.set(inode, left);
  else leases.delete(inode);
  queueOf(inode).wake();
  return 0;
}

/** Somebody is about to open the file: 0, or LEASED when holders have been told and are waited for. */
export function breakLeases(inode: Inode, write: boolean): number {
  if (leases.size === 0 || !leases.has(inode)) return 0;
  const target = write ? F_UNLCK : F_RDLCK;
  const inTheWay = expire(inode).filter(({ type }) => write || type === F_WRLCK);
  if (inTheWay.length === 0) return 0;
  const now = performance.now();
  brokenLease.queue = queueOf(inode);
  brokenLease.deadline = 0;
  for (const lease of inTheWay) {
    const told = lease.deadline !== Infinity;
    if (!told || lease.target !== F_UNLCK) lease.target = target;
    if (!told) {
      lease.deadline = now + leaseBreakTime.seconds * 1000;
      lease.tell();
    }
    brokenLease.deadline = Math.max(brokenLease.deadline, lease.deadline);
  }
  return LEASED;
}
