// Who gets a signal when an open file can be read or written (O_ASYNC), when something happens in a directory (dnotify), or
// when somebody wants to open a leased file?
// What F_SETOWN, F_SETSIG and F_NOTIFY of fcntl(2) have told of a description.

import type { Inode } from "../../fs/vfs/inode.ts";
import { dropLease, setLease } from "../../fs/vfs/leases.ts";
import {
  addMark,
  IN_ACCESS,
  IN_ATTRIB,
  IN_CREATE,
  IN_DELETE,
  IN_MODIFY,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_RENAME,
  type Mark,
  removeMark,
} from "../../fs/vfs/notify.ts";
import {
  type OpenFile,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  POLLRDNORM,
  POLLWRBAND,
  POLLWRNORM,
} from "../../fs/vfs/open_file.ts";
import type { Waiter, WaitQueue } from "../../fs/vfs/wait_queue.ts";
import { EINVAL, ENOTDIR, ESRCH } from "../abi/errno.ts";
import { F_UNLCK, O_ASYNC } from "../abi/fcntl.ts";
import { isDirectory } from "../abi/stat.ts";
import type { Instance } from "../session/instance.ts";
import { kernelSignal } from "../signal/info.ts";
import { NSIG, SIGIO } from "../signal/numbers.ts";
import { sendSignal } from "../signal/send.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { anonInode } from "./anon_inode.ts";
import { Inotify } from "./inotify.ts";

/** Kinds of owners (struct f_owner_ex). */
export const F_OWNER_TID = 0, F_OWNER_PID = 1, F_OWNER_PGRP = 2;
/** si_code of these signals, and the bits of si_band that belong to it. */
const POLL_IN = 1, POLL_OUT = 2, POLL_MSG = 3;
const POLLMSG = 0x400;
const BANDS = [
  0,
  POLLIN | POLLRDNORM,
  POLLOUT | POLLWRNORM | POLLWRBAND,
  POLLIN | POLLRDNORM | POLLMSG,
];

const DN_MULTISHOT = 0x8000_0000;
/** What DN_ACCESS, DN_MODIFY … are made from, by bit. */
const DN_EVENTS = [
  IN_ACCESS,
  IN_MODIFY,
  IN_CREATE | IN_MOVED_TO,
  IN_DELETE | IN_MOVED_FROM,
  IN_RENAME,
  IN_ATTRIB,
];

const records = new WeakMap<OpenFile, AsyncIo>();

/** The record of a description; without one, nobody is told. */
export function asyncIoOf(file: OpenFile): AsyncIo | undefined {
  return records.get(file);
}

export class AsyncIo implements Waiter {
  kind = F_OWNER_TID;
  /** 0: nobody. */
  owner = 0;
  /** Who set the owner: it is told only what that user might have told it. */
  #uid = 0;
  #euid = 0;
  /** F_SETSIG; 0: plain SIGIO. */
  signal = 0;
  /** Descriptor by which O_ASYNC was set: si_fd. */
  #fd = -1;
  #armed = false;
  #directory: DirectoryNotify | undefined;

  private constructor(readonly file: OpenFile, readonly instance: Instance) {}

  static of(task: Task, file: OpenFile): AsyncIo {
    let record = records.get(file);
    if (record === undefined) {
      records.set(file, record = new AsyncIo(file, task.instance));
      (file.closeWatchers ??= new Set()).add(record);
    }
    return record;
  }

  /** F_SETOWN and F_SETOWN_EX. */
  setOwner(task: Task, kind: number, id: number): number {
    if (id !== 0 && this.#targets(kind, id).length === 0) return -ESRCH;
    this.kind = kind;
    this.owner = id;
    this.#uid = task.credentials.uid;
    this.#euid = task.credentials.euid;
    return 0;
  }

  setSignal(signo: number): number {
    if (signo < 0 || signo > NSIG) return -EINVAL;
    this.signal = signo;
    return 0;
  }

  /** O_ASYNC was set or cleared through `fd`. */
  arm(on: boolean, fd: number): void {
    this.#fd = fd;
    if (on === this.#armed) return;
    this.#armed = on;
    if (on) this.file.queue.add(this);
    else this.file.queue.remove(this);
  }

  /** F_NOTIFY. */
  notify(task: Task, fd: number, events: number): number {
    const { inode } = this.file;
    if (!isDirectory(inode.mode)) return -ENOTDIR;
    let mask = 0;
    DN_EVENTS.forEach((event, bit) => mask |= (events >>> bit & 1) !== 0 ? event : 0);
    if (mask === 0) {
      this.#directory?.end();
      this.#directory = undefined;
      return 0;
    }
    if (this.owner === 0) this.setOwner(task, F_OWNER_PID, task.process.pid);
    this.#directory ??= new DirectoryNotify(this, inode, fd);
    this.#directory.add(mask, (events & DN_MULTISHOT) !== 0);
    return 0;
  }

  /** F_SETLEASE. */
  lease(task: Task, fd: number, type: number): number {
    const result = setLease(this.file, type, () => this.send(fd, POLL_MSG));
    if (result < 0) return result;
    // With the lease goes what was said of its signals.
    if (type === F_UNLCK) this.owner = this.signal = 0;
    else if (this.owner === 0) this.setOwner(task, F_OWNER_PID, task.process.pid);
    return result;
  }

  notified(): void {
    this.#directory = undefined;
  }

  #targets(kind: number, id: number): (Task | Process)[] {
    const { pids } = this.instance;
    const one = kind === F_OWNER_TID ? pids.task(id) : kind === F_OWNER_PID ? pids.process(id) : undefined;
    return kind === F_OWNER_PGRP ? [...pids.group(id) ?? []] : one === undefined ? [] : [one];
  }

  send(fd: number, code: number): void {
    if (this.owner === 0) return;
    for (const target of this.#targets(this.kind, this.owner)) {
      const theirs = ("credentials" in target ? target : target.anyTask)?.credentials;
      if (theirs === undefined) continue;
      const mine = [this.#euid, this.#uid];
      if (this.#euid !== 0 && !mine.includes(theirs.suid) && !mine.includes(theirs.uid)) continue;
      if (this.signal !== 0) {
        const info = { ...kernelSignal(this.signal, code), band: BANDS[code]!, fd };
        if (sendSignal(target, info) === 0) continue;
      }
      sendSignal(target, kernelSignal(SIGIO));
    }
  }

  wake(_queue: WaitQueue, bits = -1): void {
    if (bits === -1) bits = this.file.poll();
    if ((bits & (POLLIN | POLLHUP | POLLERR)) !== 0 && this.file.readable) this.send(this.#fd, POLL_IN);
    else if ((bits & (POLLOUT | POLLERR)) !== 0 && this.file.writable) this.send(this.#fd, POLL_OUT);
  }

  fileClosed(): void {
    this.arm(false, -1);
    this.#directory?.end();
    dropLease(this.file);
  }
}

/** A directory that F_NOTIFY watches. */
class DirectoryNotify implements Mark {
  mask = 0;
  readonly ignoresUnlinked = false;
  #again = false;

  constructor(readonly io: AsyncIo, readonly inode: Inode, readonly fd: number) {
    addMark(this);
  }
  add(mask: number, again: boolean): void {
    this.mask |= mask;
    this.#again ||= again;
  }
  hear(): void {
    this.io.send(this.fd, POLL_MSG);
    if (this.#again) return;
    this.end();
    this.io.notified();
  }
  end(): void {
    removeMark(this);
  }
}

/** F_SETFL and FIOASYNC: makes the description's signals follow its O_ASYNC. Only what has events of its own sends any. */
export function followAsync(task: Task, file: OpenFile, fd: number): void {
  const on = (file.flags & O_ASYNC) !== 0;
  const able = file instanceof Inotify || file.pollable && file.inode !== anonInode;
  if (on && able) AsyncIo.of(task, file).arm(true, fd);
  else if (!on) records.get(file)?.arm(false, fd);
}
