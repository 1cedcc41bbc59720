// What is in /dev? As in Linux a tmpfs that starts with the device nodes in it: programs may add to it.

import {
  MEM_FULL,
  MEM_KMSG,
  MEM_MAJOR,
  MEM_NULL,
  MEM_RANDOM,
  MEM_URANDOM,
  MEM_ZERO,
  TTY_MAJOR,
  TTYAUX_CONSOLE,
  TTYAUX_MAJOR,
  TTYAUX_PTMX,
  TTYAUX_TTY,
} from "../kernel/abi/device.ts";
import { makedev, S_IFCHR, S_IFDIR, S_IFLNK } from "../kernel/abi/stat.ts";
import { Tmpfs } from "./tmpfs.ts";
import type { Time } from "./vfs/inode.ts";
import type { PageSource } from "./vfs/pages.ts";

/** Group of terminals on Debian. */
const TTY_GID = 5;

/** Name, permissions, major, minor, group. */
const DEVICES: readonly (readonly [string, number, number, number, number])[] = [
  ["null", 0o666, MEM_MAJOR, MEM_NULL, 0],
  ["zero", 0o666, MEM_MAJOR, MEM_ZERO, 0],
  ["full", 0o666, MEM_MAJOR, MEM_FULL, 0],
  ["random", 0o666, MEM_MAJOR, MEM_RANDOM, 0],
  ["urandom", 0o666, MEM_MAJOR, MEM_URANDOM, 0],
  ["kmsg", 0o644, MEM_MAJOR, MEM_KMSG, 0],
  ["tty", 0o666, TTYAUX_MAJOR, TTYAUX_TTY, TTY_GID],
  ["console", 0o600, TTYAUX_MAJOR, TTYAUX_CONSOLE, TTY_GID],
  ["ptmx", 0o666, TTYAUX_MAJOR, TTYAUX_PTMX, TTY_GID],
  ["tty0", 0o620, TTY_MAJOR, 0, TTY_GID],
  ["tty1", 0o620, TTY_MAJOR, 1, TTY_GID],
];

const LINKS: readonly (readonly [string, string])[] = [
  ["fd", "/proc/self/fd"],
  ["stdin", "/proc/self/fd/0"],
  ["stdout", "/proc/self/fd/1"],
  ["stderr", "/proc/self/fd/2"],
  ["core", "/proc/kcore"],
];

export interface DevfsOptions {
  dev: number;
  /** Owner of the console: the user who started the instance. */
  uid?: number;
  now?: () => Time;
}

/** A fresh /dev, with empty directories for what is mounted there: pts, shm, mqueue. */
export function createDevfs(pages: PageSource, options: DevfsOptions): Tmpfs {
  const fs = new Tmpfs(pages, {
    dev: options.dev,
    name: "devtmpfs",
    mode: 0o755,
    ...(options.now === undefined ? {} : { now: options.now }),
  });
  const { root } = fs;
  for (const [name, permissions, major, minor, gid] of DEVICES) {
    const uid = name === "console" ? options.uid ?? 0 : 0;
    root.create(name, { mode: S_IFCHR | permissions, uid, gid, rdev: makedev(major, minor) });
  }
  for (const [name, target] of LINKS) root.create(name, { mode: S_IFLNK | 0o777, uid: 0, gid: 0, target });
  for (const name of ["pts", "shm", "mqueue"]) root.create(name, { mode: S_IFDIR | 0o755, uid: 0, gid: 0 });
  return fs;
}
