// /proc/PID/fd and fdinfo: links to open files and what is known of them.

import { EACCES, EBADF, ENOENT, ESRCH } from "../../kernel/abi/errno.ts";
import {
  type DirectoryFunctions,
  MagicLink,
  type NodeContext,
  type Owner,
  ProcDirectory,
  ProcFile,
} from "./nodes.ts";
import type { ProcSource, ProcTask } from "./source.ts";

const O_CLOEXEC = 0o2000000;
const DT_REG = 8, DT_LNK = 10;

/** The number that `name` spells canonically; -1 for other names ("007", "x"). */
export function decimal(name: string): number {
  return /^(0|[1-9][0-9]{0,9})$/.test(name) ? Number(name) : -1;
}

/** The links; their inode numbers begin at `base`. */
export function fdDirectory(
  context: NodeContext,
  source: ProcSource,
  task: ProcTask,
  ino: number,
  base: number,
  owner: () => Owner,
): ProcDirectory {
  const functions: DirectoryFunctions = {
    owner,
    lookup(name) {
      const fd = decimal(name);
      const open = fd < 0 ? undefined : task.descriptor(fd);
      if (open === undefined) return -ENOENT;
      // The owner's bits tell how the file is open.
      const permissions = 0o100 | (open.file.readable ? 0o400 : 0) | (open.file.writable ? 0o200 : 0);
      return new MagicLink(context, base + fd, {
        owner,
        resolve() {
          if (!source.mayInspect(task)) return -EACCES;
          return task.descriptor(fd) ?? -ENOENT;
        },
      }, permissions);
    },
    list: () =>
      !task.exists
        ? -ENOENT
        : task.descriptors().map((fd) => ({ name: String(fd), ino: base + fd, type: DT_LNK })),
    size: () => task.descriptors().length,
  };
  return new ProcDirectory(context, ino, functions, 0o500);
}

/** The files of fdinfo; their inode numbers begin at `base`. */
export function fdinfoDirectory(
  context: NodeContext,
  source: ProcSource,
  task: ProcTask,
  ino: number,
  base: number,
  owner: () => Owner,
): ProcDirectory {
  const functions: DirectoryFunctions = {
    owner,
    lookup(name) {
      const fd = decimal(name);
      if (fd < 0 || task.descriptor(fd) === undefined) return -ENOENT;
      return new ProcFile(context, base + fd, 0o444, {
        owner,
        open: () => source.mayInspect(task) ? 0 : -EACCES,
        read: () => fdinfoText(task, fd),
      });
    },
    list: () =>
      !task.exists
        ? -ENOENT
        : task.descriptors().map((fd) => ({ name: String(fd), ino: base + fd, type: DT_REG })),
  };
  return new ProcDirectory(context, ino, functions);
}

function fdinfoText(task: ProcTask, fd: number): string | number {
  if (!task.exists) return -ESRCH;
  const open = task.descriptor(fd);
  if (open === undefined) return -EBADF;
  const flags = open.file.flags | (open.cloexec ? O_CLOEXEC : 0);
  return `pos:\t${open.file.position}\nflags:\t0${(flags >>> 0).toString(8)}\nmnt_id:\t${open.mountId}\n` +
    `ino:\t${open.file.inode.ino}\n${open.file.fdinfo()}`;
}
