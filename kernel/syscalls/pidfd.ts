// Descriptors that stand for a process: pidfd_open, pidfd_send_signal, and what poll tells of them.

import { PidDirectory } from "../../fs/procfs/pid.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import { OpenFile, POLLIN, POLLRDNORM } from "../../fs/vfs/open_file.ts";
import { EBADF, EINVAL, EPERM, ESRCH } from "../abi/errno.ts";
import { anonInode } from "../ipc/anon_inode.ts";
import { readSiginfo } from "../signal/info.ts";
import { NSIG, SI_TKILL, SI_USER } from "../signal/numbers.ts";
import { mayKill } from "../signal/permission.ts";
import { sendSignal } from "../signal/send.ts";
import { CAP_KILL, capable } from "../task/capabilities.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const O_RDWR = 2, O_NONBLOCK = 0x800;

export class PidFile extends OpenFile {
  readonly process: Process;

  constructor(process: Process, flags: number) {
    super(flags);
    this.process = process;
    process.exitQueue.add(this.#relay);
  }

  readonly #relay = { wake: () => this.queue.wake() };

  get inode(): Inode {
    return anonInode;
  }
  override label(): string {
    return "anon_inode:[pidfd]";
  }
  override get pollable(): boolean {
    return true;
  }
  override poll(): number {
    return this.process.state === "zombie" || this.process.state === "dead" ? POLLIN | POLLRDNORM : 0;
  }
  override fdinfo(): string {
    const pid = this.process.state === "dead" ? -1 : this.process.pid;
    return `Pid:\t${pid}\nNSpid:\t${pid}\n`;
  }
  override close(): void {
    this.process.exitQueue.remove(this.#relay);
  }
}

/** A new descriptor for `process`, or a negative errno. */
export function openPidfd(task: Task, process: Process, cloexec: boolean, nonblock: boolean): number {
  const file = new PidFile(process, O_RDWR | (nonblock ? O_NONBLOCK : 0));
  const fd = task.files.install(file, cloexec);
  if (fd < 0) file.release();
  return fd;
}

export function processOfPidfd(task: Task, fd: number): Process | number {
  const file = task.files.get(fd);
  return file instanceof PidFile ? file.process : -EBADF;
}

function sysPidfdOpen(task: Task, pid: number, flags: number): number {
  if ((flags & ~O_NONBLOCK) !== 0 || pid <= 0) return -EINVAL;
  const process = task.instance.pids.process(pid);
  if (process === undefined) return task.instance.pids.task(pid) === undefined ? -ESRCH : -EINVAL;
  return openPidfd(task, process, true, (flags & O_NONBLOCK) !== 0);
}

/** A descriptor of /proc/PID names the process too, but only here. -ESRCH once it is gone. */
function processOfDirectory(task: Task, fd: number): Process | number | undefined {
  const inode = task.files.get(fd)?.inode;
  if (!(inode instanceof PidDirectory) || !inode.whole) return undefined;
  return task.instance.pids.process(inode.task.tid) ?? -ESRCH;
}

function sysPidfdSendSignal(task: Task, fd: number, signo: number, info: number, flags: number): number {
  if (flags !== 0) return -EINVAL;
  const target = processOfDirectory(task, fd) ?? processOfPidfd(task, fd);
  if (typeof target === "number") return target;
  if (signo < 0 || signo > NSIG) return -EINVAL;
  if (target.state === "dead") return -ESRCH;
  const own = { signo, code: SI_USER, pid: task.process.pid, uid: task.credentials.uid };
  const sent = info === 0 ? own : readSiginfo(task.memory, info, signo);
  if (info !== 0) {
    if (task.memory.readI32(info) !== signo) return -EINVAL;
    if ((sent.code >= 0 || sent.code === SI_TKILL) && target !== task.process) return -EPERM;
  }
  // Init has no thread: root's signals to it are ignored, as it has no handlers.
  if (target.pid === 1) return capable(task, CAP_KILL) ? 0 : -EPERM;
  if (!mayKill(task, target.leader, signo)) return -EPERM;
  return signo === 0 ? 0 : sendSignal(target, sent);
}

export const pidfd: Syscall[] = family({
  pidfd_open: { nr: 434, args: "pid hex", ret: "fd", run: sysPidfdOpen },
  pidfd_send_signal: { nr: 424, args: "fd signal siginfo hex", run: sysPidfdSendSignal },
});
