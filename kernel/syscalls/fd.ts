// Descriptors themselves: dup, fcntl, flock, ioctl.

import type { Inode } from "../../fs/vfs/inode.ts";
import type { IoctlCaller, OpenFile } from "../../fs/vfs/open_file.ts";
import { getLease } from "../../fs/vfs/leases.ts";
import { MessageQueueFile } from "../ipc/mqueue.ts";
import { lockQueue, releaseFile, releaseLocks, setFlock } from "../../fs/vfs/locks.ts";
import { CAP_LEASE, CAP_SYS_RESOURCE, capable, ownerOrCapable } from "../../fs/vfs/permissions.ts";
import { EACCES, EAGAIN, EBADF, EINVAL, ENOTTY, EPERM } from "../abi/errno.ts";
import * as F from "../abi/fcntl.ts";
import { isDirectory, isRegular } from "../abi/stat.ts";
import { AsyncIo, asyncIoOf, F_OWNER_PGRP, F_OWNER_PID, F_OWNER_TID, followAsync } from "../ipc/async_io.ts";
import { MemFile } from "../ipc/memfd.ts";
import { liveMms } from "../mm/mm.ts";
import { VM_NOT_WRITE, VM_SHARED } from "../mm/vma.ts";
import { PipeFile } from "../ipc/pipe.ts";
import { FdTable } from "../task/fd_table.ts";
import { RLIMIT_NOFILE } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";
import { installFd } from "./at.ts";
import { family, type Syscall } from "./family.ts";
import { getLock, setRecordLock } from "./record_lock.ts";

const FIONREAD = 0x541b,
  FIONBIO = 0x5421,
  FIONCLEX = 0x5450,
  FIOCLEX = 0x5451,
  FIOASYNC = 0x5452,
  FIOQSIZE = 0x5460;
const FIGETBSZ = 2;

/**
 * Closing any descriptor of a file ends the process's record locks on it; the last one of a description, those of the
 * description. Of a message queue it ends mq_notify's registration.
 */
FdTable.onClose = (table, file) => {
  releaseLocks(file.inode, table);
  if (file.references === 1) releaseFile(file.inode, file);
  if (file instanceof MessageQueueFile) file.flush(table);
};

function limit(task: Task): number {
  return task.files.limit = task.process.rlimits[RLIMIT_NOFILE]!.cur;
}

function sysDup(task: Task, fd: number): number {
  const file = task.files.get(fd);
  return file === undefined ? -EBADF : installFd(task, file.retain(), false);
}

function dupTo(task: Task, oldFd: number, newFd: number, cloexec: boolean): number {
  const file = task.files.get(oldFd);
  if (newFd < 0 || newFd >= limit(task)) return -EBADF;
  if (file === undefined) return -EBADF;
  task.files.set(newFd, file.retain(), cloexec);
  return newFd;
}

function sysDup2(task: Task, oldFd: number, newFd: number): number {
  if (oldFd === newFd) return task.files.get(oldFd) === undefined ? -EBADF : newFd;
  return dupTo(task, oldFd, newFd, false);
}

function sysDup3(task: Task, oldFd: number, newFd: number, flags: number): number {
  if (flags & ~F.O_CLOEXEC || oldFd === newFd) return -EINVAL;
  return dupTo(task, oldFd, newFd, flags !== 0);
}

function sysFcntl(task: Task, fd: number, command: number, argument: number): number {
  const file = task.files.get(fd);
  if (file === undefined) return -EBADF;
  switch (command) {
    case F.F_DUPFD:
    case F.F_DUPFD_CLOEXEC: {
      const min = argument | 0;
      if (min < 0 || min >= limit(task)) return -EINVAL;
      return installFd(task, file.retain(), command === F.F_DUPFD_CLOEXEC, min);
    }
    case F.F_GETFD:
      return task.files.flags(fd);
    case F.F_SETFD:
      task.files.setFlags(fd, argument & F.FD_CLOEXEC);
      return 0;
    case F.F_GETFL:
      return file.flags;
  }
  if (file.pathOnly) return -EBADF;
  switch (command) {
    case F.F_SETFL:
      return setFlags(task, file, fd, argument | 0);
    case F.F_GETLK:
    case F.F_OFD_GETLK:
      return getLock(task, file, argument, command === F.F_OFD_GETLK);
    case F.F_SETLK:
    case F.F_SETLKW:
      return setRecordLock(task, file, argument, false, command === F.F_SETLKW);
    case F.F_OFD_SETLK:
    case F.F_OFD_SETLKW:
      return setRecordLock(task, file, argument, true, command === F.F_OFD_SETLKW);
    case F.F_GETOWN:
      return ownerOf(file);
    case F.F_SETOWN: {
      const id = argument | 0;
      if (id === -0x8000_0000) return -EINVAL;
      return AsyncIo.of(task, file).setOwner(task, id < 0 ? F_OWNER_PGRP : F_OWNER_PID, Math.abs(id));
    }
    case F.F_SETOWN_EX: {
      const kind = task.memory.readI32(argument), id = task.memory.readI32(argument + 4);
      if (kind < F_OWNER_TID || kind > F_OWNER_PGRP) return -EINVAL;
      return AsyncIo.of(task, file).setOwner(task, kind, id);
    }
    case F.F_GETOWN_EX: {
      const { kind, owner } = asyncIoOf(file) ?? { kind: F_OWNER_TID, owner: 0 };
      task.memory.writeI32(argument, kind);
      task.memory.writeI32(argument + 4, owner);
      return 0;
    }
    case F.F_GETSIG:
      return asyncIoOf(file)?.signal ?? 0;
    case F.F_SETSIG:
      return AsyncIo.of(task, file).setSignal(argument);
    case F.F_NOTIFY:
      return AsyncIo.of(task, file).notify(task, fd, argument);
    case F.F_GETLEASE:
      return getLease(file);
    case F.F_SETLEASE:
      return changeLease(task, file, fd, argument | 0);
  }
  if (file instanceof PipeFile) {
    if (command === F.F_GETPIPE_SZ) return file.pipeSize();
    if (command === F.F_SETPIPE_SZ) {
      return file.setPipeSize(argument >>> 0, capable(task.credentials, CAP_SYS_RESOURCE));
    }
  } else if (file instanceof MemFile) {
    if (command === F.F_GET_SEALS) return file.getSeals();
    if (command === F.F_ADD_SEALS) return file.addSeals(argument | 0, () => isMappedForWriting(file.inode));
  } else if (command === F.F_GETPIPE_SZ || command === F.F_SETPIPE_SZ) return -EBADF;
  return -EINVAL;
}

function isMappedForWriting(inode: Inode): boolean {
  return [...liveMms()].some((mm) =>
    mm.vmas.list.some(({ file, flags }) =>
      file?.inode === inode && (flags & (VM_SHARED | VM_NOT_WRITE)) === VM_SHARED
    )
  );
}

function changeLease(task: Task, file: OpenFile, fd: number, type: number): number {
  const { inode } = file;
  if (type !== F.F_RDLCK && type !== F.F_WRLCK && type !== F.F_UNLCK) return -EINVAL;
  if (inode.stat().uid !== task.credentials.fsuid && !capable(task.credentials, CAP_LEASE)) return -EACCES;
  return isRegular(inode.mode) ? AsyncIo.of(task, file).lease(task, fd, type) : -EINVAL;
}

/** F_GETOWN: groups are negative. */
function ownerOf(file: OpenFile): number {
  const io = asyncIoOf(file);
  return io === undefined ? 0 : io.kind === F_OWNER_PGRP ? -io.owner : io.owner;
}

function setFlags(task: Task, file: OpenFile, fd: number, flags: number): number {
  if ((flags ^ file.flags) & F.O_NOATIME && flags & F.O_NOATIME) {
    if (!ownerOrCapable(file.inode.stat(), task.credentials)) return -EPERM;
  }
  file.flags = file.flags & ~F.SETFL_MASK | flags & F.SETFL_MASK;
  followAsync(task, file, fd);
  return 0;
}

function sysFlock(task: Task, fd: number, operation: number): number {
  // Mandatory locks are gone from Linux; asking for one still succeeds, and does nothing.
  if (operation & F.LOCK_MAND) return 0;
  const kind = operation & ~F.LOCK_NB;
  const type = kind === F.LOCK_SH
    ? F.F_RDLCK
    : kind === F.LOCK_EX
    ? F.F_WRLCK
    : kind === F.LOCK_UN
    ? F.F_UNLCK
    : -1;
  if (type < 0) return -EINVAL;
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  const result = setFlock(file.inode, file, type, task.process.pid);
  if (result === -EAGAIN && !(operation & F.LOCK_NB)) return task.block(lockQueue(file.inode));
  return result;
}

class Caller implements IoctlCaller {
  constructor(readonly task: Task) {}
  read(address: number, length: number): Uint8Array {
    return this.task.memory.readBytes(address, length);
  }
  write(address: number, data: Uint8Array): void {
    this.task.memory.write(address, data);
  }
}

function sysIoctl(task: Task, fd: number, command: number, argument: number): number {
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  command >>>= 0;
  switch (command) {
    case FIOCLEX:
      task.files.setFlags(fd, F.FD_CLOEXEC);
      return 0;
    case FIONCLEX:
      task.files.setFlags(fd, 0);
      return 0;
    case FIONBIO:
      file.flags = task.memory.readI32(argument) !== 0
        ? file.flags | F.O_NONBLOCK
        : file.flags & ~F.O_NONBLOCK;
      return 0;
    case FIOASYNC:
      file.flags = task.memory.readI32(argument) !== 0 ? file.flags | F.O_ASYNC : file.flags & ~F.O_ASYNC;
      followAsync(task, file, fd);
      return 0;
  }
  const mode = file.inode.mode;
  if (isRegular(mode) || isDirectory(mode)) {
    switch (command) {
      case FIONREAD:
        if (!isRegular(mode)) return -ENOTTY;
        task.memory.writeI32(argument, Math.max(0, file.inode.size - file.position));
        return 0;
      case FIGETBSZ:
        task.memory.writeI32(argument, file.inode.stat().blksize);
        return 0;
      case FIOQSIZE:
        task.memory.writeI64(argument, file.inode.size);
        return 0;
    }
  }
  return file.ioctl(command, argument, new Caller(task));
}

export const fd: Syscall[] = family({
  ioctl: { nr: 16, args: "fd ioctl pointer", run: sysIoctl },
  dup: { nr: 32, args: "fd", ret: "fd", run: sysDup },
  dup2: { nr: 33, args: "fd fd", ret: "fd", run: sysDup2 },
  fcntl: { nr: 72, args: "fd F long", run: sysFcntl },
  flock: { nr: 73, args: "fd LOCK", run: sysFlock },
  dup3: { nr: 292, args: "fd fd O", ret: "fd", run: sysDup3 },
});
