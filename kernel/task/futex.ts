// Who sleeps on which futex word, and how they are woken or moved. The system call is in syscalls/futex.ts.

import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { WRITE } from "../../translator/env.ts";
import type { Mm } from "../mm/mm.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import type { Task } from "./task.ts";

/** One sleeper. It keeps its place in the order while it is requeued. */
export interface FutexWaiter {
  readonly task: Task;
  /** Only wakes with a common bit count. */
  readonly bitset: number;
  readonly queue: WaitQueue;
  /** The word it sleeps on now. */
  key: FutexKey;
  woken: boolean;
  /** Waits for a priority-inheritance lock: the waker hands the lock over. */
  readonly pi: boolean;
}

/** All sleepers of one word, oldest first. */
class FutexKey {
  readonly waiters: FutexWaiter[] = [];
  constructor(readonly space: object, readonly id: number) {}
}

/** By address space for private words, by one object for words in shared mappings (id: physical address). */
const words = new WeakMap<object, Map<number, FutexKey>>();
const sharedSpace = {};

/** The identity of the word at `address`. Shared mappings are known by their frame, which is the same for all. */
function keyOf(mm: Mm, address: number, isPrivate: boolean, create: true): FutexKey;
function keyOf(mm: Mm, address: number, isPrivate: boolean, create: boolean): FutexKey | undefined;
function keyOf(mm: Mm, address: number, isPrivate: boolean, create: boolean): FutexKey | undefined {
  let space: object = mm, id = address;
  if (!isPrivate && mm.vmas.find(address)?.shared === true) {
    const page = mm.kernelPage(address, WRITE);
    if (page < 0) throw EFAULT_SENTINEL;
    space = sharedSpace;
    id = page + (address & 0xfff);
  }
  let map = words.get(space);
  if (map === undefined) {
    if (!create) return undefined;
    words.set(space, map = new Map());
  }
  let key = map.get(id);
  if (key === undefined && create) map.set(id, key = new FutexKey(space, id));
  return key;
}

function drop(key: FutexKey): void {
  if (key.waiters.length === 0) words.get(key.space)?.delete(key.id);
}

export function addWaiter(
  task: Task,
  address: number,
  isPrivate: boolean,
  bitset: number,
  pi = false,
): FutexWaiter {
  const key = keyOf(task.mm, address, isPrivate, true);
  const waiter = { task, bitset, queue: new WaitQueue(), key, woken: false, pi };
  key.waiters.push(waiter);
  return waiter;
}

/** The sleeper gives up (time-out, signal). */
export function removeWaiter(waiter: FutexWaiter): void {
  const { waiters } = waiter.key;
  const at = waiters.indexOf(waiter);
  if (at < 0) return;
  waiters.splice(at, 1);
  drop(waiter.key);
}

function wakeOne(waiter: FutexWaiter): void {
  waiter.woken = true;
  waiter.queue.wake();
}

/** Wakes up to `count` sleepers that share a bit with `bitset`; returns how many. */
export function futexWake(mm: Mm, address: number, isPrivate: boolean, count: number, bitset = -1): number {
  const key = keyOf(mm, address, isPrivate, false);
  if (key === undefined) return 0;
  let woken = 0;
  for (let i = 0; i < key.waiters.length && woken < count;) {
    const waiter = key.waiters[i];
    if ((waiter.bitset & bitset) === 0 || waiter.pi) {
      i++;
      continue;
    }
    key.waiters.splice(i, 1);
    wakeOne(waiter);
    woken++;
  }
  drop(key);
  return woken;
}

/** Wakes up to `wake` sleepers of one word and moves up to `move` others to another word. [woken, moved]. */
export function futexRequeue(
  mm: Mm,
  from: number,
  to: number,
  isPrivate: boolean,
  wake: number,
  move: number,
): { woken: number; moved: number } {
  const source = keyOf(mm, from, isPrivate, false);
  if (source === undefined) return { woken: 0, moved: 0 };
  const target = keyOf(mm, to, isPrivate, true);
  let woken = 0, moved = 0;
  while (source.waiters.length > 0 && woken < wake) {
    wakeOne(source.waiters.shift()!);
    woken++;
  }
  if (target === source) moved = Math.min(move, source.waiters.length);
  else {
    while (source.waiters.length > 0 && moved < move) {
      const waiter = source.waiters.shift()!;
      waiter.key = target;
      target.waiters.push(waiter);
      moved++;
    }
  }
  drop(source);
  drop(target);
  return { woken, moved };
}

/** The next owner of a priority-inheritance lock, taken off the queue but not woken; and whether others wait. */
export function takePiWaiter(
  mm: Mm,
  address: number,
  isPrivate: boolean,
): { waiter: FutexWaiter; more: boolean } | undefined {
  const key = keyOf(mm, address, isPrivate, false);
  const at = key?.waiters.findIndex((waiter) => waiter.pi) ?? -1;
  if (key === undefined || at < 0) return undefined;
  const [waiter] = key.waiters.splice(at, 1);
  const more = key.waiters.length > 0;
  drop(key);
  return { waiter, more };
}

export function wakeWaiter(waiter: FutexWaiter): void {
  wakeOne(waiter);
}

const FUTEX_WAITERS = 0x8000_0000 | 0, FUTEX_OWNER_DIED = 0x4000_0000, FUTEX_TID_MASK = 0x3fff_ffff;
const ROBUST_LIMIT = 2048;

/** A thread ends (or leaves its memory): the robust futexes it holds are marked, and a sleeper of each is woken. */
export function exitRobustList(task: Task): void {
  const head = task.robustList;
  task.robustList = 0;
  if (head === 0) return;
  const { memory } = task;
  try {
    let entry = memory.readU64(head);
    const offset = memory.readI64(head + 8);
    const pending = memory.readU64(head + 16);
    for (let n = 0; n < ROBUST_LIMIT; n++) {
      const address = Math.floor(entry / 2) * 2;
      if (address === head || address === 0) break;
      // The next link is read first: the entry's memory may be gone once its sleeper runs.
      const next = memory.readU64(address);
      if (entry !== pending) markOwnerDied(task, address + offset, (entry & 1) !== 0);
      entry = next;
    }
    if (pending !== 0) markOwnerDied(task, Math.floor(pending / 2) * 2 + offset, (pending & 1) !== 0);
  } catch (error) {
    if (error !== EFAULT_SENTINEL) throw error;
  }
}

function markOwnerDied(task: Task, address: number, pi: boolean): void {
  const value = task.memory.readI32(address);
  if ((value & FUTEX_TID_MASK) !== task.tid) return;
  task.memory.writeU32(address, ((value & FUTEX_WAITERS) | FUTEX_OWNER_DIED) >>> 0);
  if (!pi && (value & FUTEX_WAITERS) !== 0) futexWake(task.mm, address, false, 1);
}
