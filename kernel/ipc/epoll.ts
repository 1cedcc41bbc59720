// What is an epoll instance? Files with the events somebody wants of them, and the list of those that may be ready.
//
// A wake-up of a file puts its item on the ready list; epoll_wait asks each item there for its events. Level-triggered
// items stay on the list while they are ready, edge-triggered ones leave it until the next wake-up.

import { EEXIST, EINVAL, ELOOP, ENOENT, EPERM } from "../abi/errno.ts";
import { OpenFile, POLLERR, POLLHUP, POLLIN, POLLRDNORM } from "../../fs/vfs/open_file.ts";
import type { Waiter, WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { anonInode } from "./anon_inode.ts";

export const EPOLLEXCLUSIVE = 1 << 28, EPOLLWAKEUP = 1 << 29, EPOLLONESHOT = 1 << 30, EPOLLET = 1 << 31;
const PRIVATE_BITS = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
/** With EPOLLEXCLUSIVE only these may be asked for. */
const EXCLUSIVE_OK = EPOLLET | EPOLLEXCLUSIVE | EPOLLWAKEUP | POLLERR | POLLHUP | POLLIN | POLLRDNORM | 4 |
  0x100;
/** Epolls in epolls in … */
const MAX_NESTING = 5;

class Item implements Waiter {
  ready = false;
  constructor(
    readonly epoll: Epoll,
    readonly fd: number,
    readonly file: OpenFile,
    public events: number,
    public dataLow: number,
    public dataHigh: number,
  ) {}

  /** A one-shot item that has reported is off until it is modified. */
  get disabled(): boolean {
    return (this.events & ~PRIVATE_BITS) === 0;
  }

  get exclusive(): boolean {
    return (this.events & EPOLLEXCLUSIVE) !== 0;
  }

  wake(_queue: WaitQueue, bits = -1): boolean {
    if (this.disabled || (bits & (this.events | POLLERR | POLLHUP)) === 0) return false;
    // An event that nobody waits for here may have somebody elsewhere.
    const awaited = this.epoll.queue.size > 0;
    this.epoll.itemWoken(this);
    return awaited;
  }

  /** What is ready now, of what is wanted. */
  poll(): number {
    return this.disabled ? 0 : this.file.poll() & (this.events | POLLERR | POLLHUP) & ~PRIVATE_BITS;
  }
}

export class Epoll extends OpenFile {
  override readonly inode = anonInode;
  /** By file, then by descriptor number: the same file may be there under several. */
  readonly #items = new Map<OpenFile, Map<number, Item>>();
  #ready: Set<Item> = new Set();

  constructor(flags = 2) {
    super(flags);
  }

  override label(): string {
    return "anon_inode:[eventpoll]";
  }

  override get pollable(): boolean {
    return true;
  }

  #find(fd: number, file: OpenFile): Item | undefined {
    return this.#items.get(file)?.get(fd);
  }

  add(fd: number, file: OpenFile, events: number, dataLow: number, dataHigh: number): number {
    if (file === this) return -EINVAL;
    if ((events & EPOLLEXCLUSIVE) !== 0 && ((events & ~EXCLUSIVE_OK) !== 0 || file instanceof Epoll)) {
      return -EINVAL;
    }
    if (!file.pollable) return -EPERM;
    if (file instanceof Epoll && (file.contains(this) || file.depth() >= MAX_NESTING)) return -ELOOP;
    if (this.#find(fd, file) !== undefined) return -EEXIST;
    let items = this.#items.get(file);
    if (items === undefined) {
      this.#items.set(file, items = new Map());
      (file.closeWatchers ??= new Set()).add(this);
    }
    const item = new Item(this, fd, file, events | POLLERR | POLLHUP, dataLow, dataHigh);
    items.set(fd, item);
    file.queue.add(item);
    if (item.poll() !== 0) this.itemWoken(item);
    return 0;
  }

  modify(fd: number, file: OpenFile, events: number, dataLow: number, dataHigh: number): number {
    if (file === this) return -EINVAL;
    if (!file.pollable) return -EPERM;
    const item = this.#find(fd, file);
    if (item === undefined) return -ENOENT;
    if (((events | item.events) & EPOLLEXCLUSIVE) !== 0) return -EINVAL;
    item.events = events | POLLERR | POLLHUP;
    item.dataLow = dataLow;
    item.dataHigh = dataHigh;
    if (item.poll() !== 0) this.itemWoken(item);
    return 0;
  }

  remove(fd: number, file: OpenFile): number {
    if (file === this) return -EINVAL;
    if (!file.pollable) return -EPERM;
    const item = this.#find(fd, file);
    if (item === undefined) return -ENOENT;
    this.#drop(item);
    const items = this.#items.get(file)!;
    items.delete(fd);
    if (items.size === 0) {
      this.#items.delete(file);
      file.closeWatchers?.delete(this);
    }
    return 0;
  }

  #drop(item: Item): void {
    item.file.queue.remove(item);
    this.#ready.delete(item);
  }

  /** The last descriptor of a watched file is closed. */
  fileClosed(file: OpenFile): void {
    for (const item of this.#items.get(file)?.values() ?? []) this.#drop(item);
    this.#items.delete(file);
  }

  itemWoken(item: Item): void {
    this.#ready.add(item);
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  /** Hands up to `max` ready events to `emit`; how many. */
  collect(max: number, emit: (events: number, dataLow: number, dataHigh: number) => void): number {
    if (this.#ready.size === 0) return 0;
    const looked = this.#ready;
    this.#ready = new Set();
    const again: Item[] = [];
    let count = 0;
    for (const item of looked) {
      if (count === max) {
        // Those that had no turn come first next time.
        this.#ready.add(item);
        continue;
      }
      const events = item.poll();
      if (events === 0) continue;
      emit(events, item.dataLow, item.dataHigh);
      count++;
      if ((item.events & EPOLLONESHOT) !== 0) item.events &= PRIVATE_BITS;
      else if ((item.events & EPOLLET) === 0) again.push(item);
    }
    for (const item of again) this.#ready.add(item);
    return count;
  }

  override poll(): number {
    for (const item of this.#ready) {
      if (item.poll() !== 0) return POLLIN | POLLRDNORM;
      this.#ready.delete(item);
    }
    return 0;
  }

  /** Whether `other` is reachable from here. */
  contains(other: Epoll): boolean {
    for (const file of this.#items.keys()) {
      if (file === other || (file instanceof Epoll && file.contains(other))) return true;
    }
    return false;
  }

  depth(): number {
    let deepest = 0;
    for (const file of this.#items.keys()) {
      if (file instanceof Epoll) deepest = Math.max(deepest, file.depth());
    }
    return deepest + 1;
  }

  override close(): void {
    for (const [file, items] of this.#items) {
      for (const item of items.values()) this.#drop(item);
      file.closeWatchers?.delete(this);
    }
    this.#items.clear();
  }

  override fdinfo(): string {
    let text = "";
    for (const items of this.#items.values()) {
      for (const { fd, events, dataLow, dataHigh, file } of items.values()) {
        const data = (dataHigh >>> 0).toString(16) + (dataLow >>> 0).toString(16).padStart(8, "0");
        text += `tfd: ${String(fd).padStart(8)} events: ${(events >>> 0).toString(16).padStart(8)} data: ${
          data.replace(/^0+(?=.)/, "").padStart(16)
        }  pos:${file.position} ino:${file.inode.ino.toString(16)} sdev:${file.inode.fs.dev.toString(16)}\n`;
      }
    }
    return text;
  }
}
