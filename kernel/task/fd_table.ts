// Which descriptor numbers of a task refer to which open file descriptions, and which of them close on exec.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { EBADF, EMFILE } from "../abi/errno.ts";
import { FD_CLOEXEC } from "../abi/fcntl.ts";

/** Called when a descriptor of `file` goes away, before its reference is dropped (POSIX record locks end then). */
export type CloseHook = (table: FdTable, file: OpenFile) => void;

export class FdTable {
  /** Set by the system-call layer: releases the record locks that `table` holds on the file. */
  static onClose: CloseHook | undefined;

  readonly #files: (OpenFile | undefined)[] = [];
  /** One byte of FD_* flags per descriptor. */
  #flags = new Uint8Array(64);
  /** No descriptor below this one is free. */
  #lowestFree = 0;
  #references = 1;
  #open = 0;
  /** RLIMIT_NOFILE's soft limit: descriptors are below it. The owner of the limits keeps it current. */
  limit = 1024;

  get(fd: number): OpenFile | undefined {
    return this.#files[fd];
  }

  /** FD_CLOEXEC or 0; meaningless for a closed descriptor. */
  flags(fd: number): number {
    return fd < this.#flags.length ? this.#flags[fd]! : 0;
  }

  setFlags(fd: number, flags: number): void {
    this.#room(fd);
    this.#flags[fd] = flags & FD_CLOEXEC;
  }

  /** Number of open descriptors. */
  get size(): number {
    return this.#open;
  }

  /** Open descriptors in ascending order. */
  *entries(): IterableIterator<[number, OpenFile]> {
    for (let fd = 0; fd < this.#files.length; fd++) {
      const file = this.#files[fd];
      if (file !== undefined) yield [fd, file];
    }
  }

  /** One more than the highest descriptor that was ever open since the table shrank. */
  get length(): number {
    return this.#files.length;
  }

  /** Gives `file` (its reference goes to the table) the lowest free descriptor from `min` on; -EMFILE: the caller keeps it. */
  install(file: OpenFile, cloexec: boolean, min = 0): number {
    let fd = Math.max(min, this.#lowestFree);
    while (this.#files[fd] !== undefined) fd++;
    if (fd >= this.limit) return -EMFILE;
    this.#put(fd, file, cloexec);
    if (min <= this.#lowestFree) this.#lowestFree = fd + 1;
    return fd;
  }

  /** dup2: `file` (its reference goes to the table) becomes descriptor `fd`, whatever was there is closed. */
  set(fd: number, file: OpenFile, cloexec: boolean): void {
    const old = this.#files[fd];
    this.#put(fd, file, cloexec);
    if (old !== undefined) {
      this.#open--;
      this.#drop(old);
    }
  }

  close(fd: number): number {
    const file = this.#files[fd];
    if (file === undefined) return -EBADF;
    this.#files[fd] = undefined;
    this.#flags[fd] = 0;
    this.#open--;
    if (fd < this.#lowestFree) this.#lowestFree = fd;
    while (this.#files.length > 0 && this.#files[this.#files.length - 1] === undefined) this.#files.pop();
    this.#drop(file);
    return 0;
  }

  /** A copy for fork: same open file descriptions, one more reference each. */
  dup(): FdTable {
    const copy = new FdTable();
    copy.limit = this.limit;
    copy.#flags = this.#flags.slice();
    copy.#lowestFree = this.#lowestFree;
    copy.#open = this.#open;
    for (let fd = 0; fd < this.#files.length; fd++) copy.#files.push(this.#files[fd]?.retain());
    return copy;
  }

  closeOnExec(): void {
    for (let fd = this.#files.length - 1; fd >= 0; fd--) {
      if (this.#files[fd] !== undefined && this.#flags[fd]! & FD_CLOEXEC) this.close(fd);
    }
  }

  /** How many tasks share the table. */
  get references(): number {
    return this.#references;
  }

  /** CLONE_FILES. */
  retain(): this {
    this.#references++;
    return this;
  }

  /** A task is done with the table; the last one closes everything. */
  release(): void {
    if (--this.#references > 0) return;
    for (let fd = 0; fd < this.#files.length; fd++) if (this.#files[fd] !== undefined) this.close(fd);
  }

  #put(fd: number, file: OpenFile, cloexec: boolean): void {
    this.#room(fd);
    while (this.#files.length < fd) this.#files.push(undefined);
    this.#files[fd] = file;
    this.#flags[fd] = cloexec ? FD_CLOEXEC : 0;
    this.#open++;
  }

  #drop(file: OpenFile): void {
    FdTable.onClose?.(this, file);
    file.release();
  }

  #room(fd: number): void {
    if (fd < this.#flags.length) return;
    const flags = new Uint8Array(Math.max(fd + 1, this.#flags.length * 2));
    flags.set(this.#flags);
    this.#flags = flags;
  }
}
