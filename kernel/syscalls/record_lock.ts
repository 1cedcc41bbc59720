// fcntl's record locks: struct flock, ranges relative to the file, waiting.

import { type Lock, lockQueue, setLock, stopWaiting, testLock, waitForLock } from "../../fs/vfs/locks.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { EAGAIN, EBADF, EINVAL, EOVERFLOW } from "../abi/errno.ts";
import { F_RDLCK, F_UNLCK, F_WRLCK, SEEK_CUR, SEEK_END, SEEK_SET } from "../abi/fcntl.ts";
import type { Task } from "../task/task.ts";

/** struct flock: short type, short whence, (4 bytes), long start, long len, int pid. */
function readLock(task: Task, file: OpenFile, address: number, ofd: boolean): Lock | number {
  const { memory } = task;
  const type = memory.readU16(address), whence = memory.readU16(address + 2);
  const offset = memory.readI64(address + 8), length = memory.readI64(address + 16);
  const origin = whence === SEEK_SET ? 0 : whence === SEEK_CUR ? file.position : file.inode.size;
  if (whence !== SEEK_SET && whence !== SEEK_CUR && whence !== SEEK_END) return -EINVAL;
  let start = origin + offset, end = length === 0 ? Infinity : start + length;
  if (length < 0) [start, end] = [end, start];
  if (start < 0) return -EINVAL;
  if (start > 0x7fff_ffff_ffff_ffff) return -EOVERFLOW;
  if (type !== F_RDLCK && type !== F_WRLCK && type !== F_UNLCK) return -EINVAL;
  if (ofd && memory.readI32(address + 24) !== 0) return -EINVAL;
  return { owner: ofd ? file : task.files, pid: ofd ? -1 : task.process.pid, type, start, end };
}

export function getLock(task: Task, file: OpenFile, address: number, ofd: boolean): number {
  const wanted = readLock(task, file, address, ofd);
  if (typeof wanted === "number") return wanted;
  const found = wanted.type === F_UNLCK ? undefined : testLock(file.inode, wanted);
  const { memory } = task;
  if (found === undefined) {
    memory.writeU16(address, F_UNLCK);
    return wanted.type === F_UNLCK ? -EINVAL : 0;
  }
  memory.writeU16(address, found.type);
  memory.writeU16(address + 2, SEEK_SET);
  memory.writeI64(address + 8, found.start);
  memory.writeI64(address + 16, found.end === Infinity ? 0 : found.end - found.start);
  memory.writeI32(address + 24, found.pid);
  return 0;
}

export function setRecordLock(
  task: Task,
  file: OpenFile,
  address: number,
  ofd: boolean,
  wait: boolean,
): number {
  const wanted = readLock(task, file, address, ofd);
  if (typeof wanted === "number") return wanted;
  if (wanted.type === F_RDLCK && !file.readable || wanted.type === F_WRLCK && !file.writable) return -EBADF;
  const result = setLock(file.inode, wanted);
  if (result !== -EAGAIN || !wait) return result;
  if (!ofd) {
    const deadlock = waitForLock(file.inode, wanted);
    if (deadlock < 0) return deadlock;
    task.syscallState = { abandon: () => stopWaiting(wanted.owner) };
  }
  return task.block(lockQueue(file.inode));
}
