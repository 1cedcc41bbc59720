// What is an inotify instance? Watches on inodes, and a queue of what they heard, which read(2) takes (inotify(7)).

import type { Inode } from "../../fs/vfs/inode.ts";
import { addMark, IN_DELETE_SELF, type Mark, notifyLimits, removeMark } from "../../fs/vfs/notify.ts";
import { type IoctlCaller, OpenFile, POLLIN, POLLRDNORM } from "../../fs/vfs/open_file.ts";
import { EAGAIN, EEXIST, EINVAL, EMFILE, ENOSPC, ENOTTY } from "../abi/errno.ts";
import { encodeName } from "../abi/text.ts";
import { anonInode } from "./anon_inode.ts";
import { FIONREAD } from "./modes.ts";

const IN_ALL_EVENTS = 0xfff;
const IN_Q_OVERFLOW = 0x4000, IN_IGNORED = 0x8000;
const IN_EXCL_UNLINK = 0x0400_0000, IN_MASK_CREATE = 0x1000_0000, IN_MASK_ADD = 0x2000_0000;
const IN_ONESHOT = 0x8000_0000;
/** struct inotify_event without the name. */
const HEADER = 16;

interface Queued {
  wd: number;
  mask: number;
  cookie: number;
  /** With its zeros; undefined where the watch is on the file itself. */
  name: Uint8Array | undefined;
  text: string | undefined;
}

class Watch implements Mark {
  mask = 0;
  /** Events that were asked for. */
  wanted = 0;
  ignoresUnlinked = false;
  once = false;

  /** As inotify_add_watch gave them. */
  get flags(): number {
    return (this.ignoresUnlinked ? IN_EXCL_UNLINK : 0) | (this.once ? IN_ONESHOT : 0);
  }

  constructor(readonly inotify: Inotify, readonly inode: Inode, readonly wd: number) {}

  hear(event: number, name: string | undefined, cookie: number): void {
    const asked = (event & this.wanted) !== 0;
    if (asked) this.inotify.queueEvent(this.wd, event, name, cookie);
    if (asked && this.once || (event & IN_DELETE_SELF) !== 0) this.inotify.drop(this);
  }
}

/** A name as events have it: ended by zeros, its length a multiple of the header's. */
function padded(name: string): Uint8Array {
  const bytes = encodeName(name);
  const out = new Uint8Array(Math.ceil((bytes.length + 1) / HEADER) * HEADER);
  out.set(bytes);
  return out;
}

export class Inotify extends OpenFile {
  override readonly inode = anonInode;
  /** Instances that are open. */
  static instances = 0;
  /** Watches of all instances. */
  static watches = 0;
  readonly #byWd = new Map<number, Watch>();
  readonly #byInode = new Map<Inode, Watch>();
  #lastWd = 0;
  readonly #queue: Queued[] = [];
  #overflowed = false;

  /** An instance, or -EMFILE. */
  static create(flags: number): Inotify | number {
    return Inotify.instances >= notifyLimits.instances ? -EMFILE : new Inotify(flags);
  }

  private constructor(flags: number) {
    super(flags);
    Inotify.instances++;
  }

  override label(): string {
    return "anon_inode:inotify";
  }

  override get pollable(): boolean {
    return true;
  }

  /** inotify_add_watch: the watch's number. */
  add(inode: Inode, mask: number): number {
    const known = this.#byInode.get(inode);
    if (known !== undefined && (mask & IN_MASK_CREATE) !== 0) return -EEXIST;
    if (known === undefined && Inotify.watches >= notifyLimits.watches) return -ENOSPC;
    const watch = known ?? new Watch(this, inode, ++this.#lastWd);
    const adds = (mask & IN_MASK_ADD) !== 0;
    watch.wanted = (adds ? watch.wanted : 0) | mask & IN_ALL_EVENTS;
    // The end of the file is always heard of: the watch goes with it.
    watch.mask = watch.wanted | IN_DELETE_SELF;
    watch.ignoresUnlinked = adds && watch.ignoresUnlinked || (mask & IN_EXCL_UNLINK) !== 0;
    watch.once = adds && watch.once || (mask & IN_ONESHOT) !== 0;
    if (known === undefined) {
      this.#byWd.set(watch.wd, watch);
      this.#byInode.set(inode, watch);
      Inotify.watches++;
      addMark(watch);
    }
    return watch.wd;
  }

  /** inotify_rm_watch. */
  remove(wd: number): number {
    const watch = this.#byWd.get(wd);
    if (watch === undefined) return -EINVAL;
    this.drop(watch);
    return 0;
  }

  /** Ends a watch, and says so. */
  drop(watch: Watch): void {
    if (this.#byWd.get(watch.wd) !== watch) return;
    this.#forget(watch);
    this.queueEvent(watch.wd, IN_IGNORED, undefined, 0);
  }

  #forget(watch: Watch): void {
    this.#byWd.delete(watch.wd);
    this.#byInode.delete(watch.inode);
    Inotify.watches--;
    removeMark(watch);
  }

  queueEvent(wd: number, mask: number, name: string | undefined, cookie: number): void {
    const queue = this.#queue, last = queue.at(-1);
    // What repeats the newest event tells nothing.
    if (last !== undefined && last.wd === wd && last.mask === mask && last.text === name) return;
    if (queue.length >= notifyLimits.queued) {
      if (this.#overflowed) return;
      this.#overflowed = true;
      queue.push({ wd: -1, mask: IN_Q_OVERFLOW, cookie: 0, name: undefined, text: undefined });
    } else {
      queue.push({ wd, mask, cookie, name: name === undefined ? undefined : padded(name), text: name });
    }
    this.queue.wake(POLLIN | POLLRDNORM);
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const queue = this.#queue;
    if (queue.length === 0) return -EAGAIN;
    const view = new DataView(buffer.buffer, buffer.byteOffset);
    let done = 0, taken = 0;
    for (const { wd, mask, cookie, name } of queue) {
      const size = HEADER + (name?.length ?? 0), at = offset + done;
      if (done + size > length) break;
      view.setInt32(at, wd, true);
      view.setUint32(at + 4, mask, true);
      view.setUint32(at + 8, cookie, true);
      view.setUint32(at + 12, size - HEADER, true);
      if (name !== undefined) buffer.set(name, at + HEADER);
      if (mask === IN_Q_OVERFLOW) this.#overflowed = false;
      done += size;
      taken++;
    }
    queue.splice(0, taken);
    return taken === 0 ? -EINVAL : done;
  }

  override seek(): number {
    return 0;
  }

  override poll(): number {
    return this.#queue.length > 0 ? POLLIN | POLLRDNORM : 0;
  }

  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    if (command !== FIONREAD) return -ENOTTY;
    const size = this.#queue.reduce((sum, { name }) => sum + HEADER + (name?.length ?? 0), 0);
    const out = new Uint8Array(4);
    new DataView(out.buffer).setInt32(0, size, true);
    caller.write(argument, out);
    return 0;
  }

  override fdinfo(): string {
    const hex = (value: number) => value.toString(16);
    return [...this.#byWd.values()].reverse().map(({ wd, inode, flags, wanted }) =>
      `inotify wd:${hex(wd)} ino:${hex(inode.ino)} sdev:${hex(inode.fs.dev)} mask:${
        hex((wanted | flags) >>> 0)
      } ignored_mask:0 \n`
    ).join("");
  }

  override close(): void {
    for (const watch of [...this.#byWd.values()]) this.#forget(watch);
    Inotify.instances--;
  }
}
