// Memory management calls: brk, mmap and their relatives, and access to the memory of other processes.

import { READ, WRITE } from "../../translator/env.ts";
import { EBADF, EFAULT, EINVAL, EPERM, ESRCH } from "../abi/errno.ts";
import { MAP_ANONYMOUS, MAP_FIXED, MAP_SHARED } from "../mm/mmap.ts";
import { TASK_SIZE } from "../mm/layout.ts";
import { VM_SHARED } from "../mm/vma.ts";
import type { UserMemory } from "../mm/user_memory.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const CAP_IPC_LOCK = 14, CAP_SYS_PTRACE = 19;

export const mm: Syscall[] = family({
  mmap: {
    nr: 9,
    args: "pointer size PROT MAP fd offset",
    ret: "hex",
    run: sysMmap,
    partial: "no huge pages",
  },
  mprotect: { nr: 10, args: "pointer size PROT", run: (t, a, n, prot) => t.mm.mprotect(a, n, prot) },
  munmap: { nr: 11, args: "pointer size", run: (t, a, n) => t.mm.munmap(a, n) },
  brk: { nr: 12, args: "pointer", ret: "hex", run: (t, a) => t.mm.setBrk(a) },
  mremap: {
    nr: 25,
    args: "pointer size size MREMAP pointer",
    ret: "hex",
    run: (t, a, old, size, flags, to) => t.mm.mremap(a, old, size, flags, to),
  },
  msync: { nr: 26, args: "pointer size MS", run: (t, a, n, flags) => t.mm.msync(a, n, flags) },
  mincore: { nr: 27, args: "pointer size pointer", run: sysMincore },
  madvise: { nr: 28, args: "pointer size MADV", run: (t, a, n, advice) => t.mm.madvise(a, n, advice) },
  mlock: { nr: 149, args: "pointer size", run: (t, a, n) => t.mm.mlock(a, n, mayLock(t), false) },
  munlock: { nr: 150, args: "pointer size", run: (t, a, n) => t.mm.munlock(a, n) },
  mlockall: { nr: 151, args: "MCL", run: (t, flags) => t.mm.mlockall(flags, mayLock(t)) },
  munlockall: { nr: 152, args: "", run: (t) => t.mm.munlockall() },
  remap_file_pages: { nr: 216, args: "pointer size PROT size MAP", run: sysRemapFilePages },
  mlock2: { nr: 325, args: "pointer size hex", run: sysMlock2 },
  process_vm_readv: { nr: 310, args: "pid iovec size iovec size hex", ret: "long", run: sysProcessVmReadv },
  process_vm_writev: { nr: 311, args: "pid iovec size iovec size hex", ret: "long", run: sysProcessVmWritev },
});

function has(task: Task, capability: number): boolean {
  return (task.credentials.capEffective >>> capability & 1) !== 0;
}

function mayLock(task: Task): boolean {
  return has(task, CAP_IPC_LOCK);
}

function sysMmap(
  task: Task,
  address: number,
  length: number,
  prot: number,
  flags: number,
  fd: number,
  offset: number,
): number {
  if (offset % 4096 !== 0) return -EINVAL;
  if ((flags & MAP_ANONYMOUS) !== 0) return task.mm.mmap(address, length, prot, flags, undefined, offset);
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  return task.mm.mmap(address, length, prot, flags, file, offset);
}

/** Linux does it by mapping anew, too, since it was taken out of the page tables' hands (5.0). */
function sysRemapFilePages(task: Task, start: number, size: number, prot: number, page: number): number {
  const { mm } = task, end = start + size - size % 4096;
  start -= start % 4096;
  if (prot !== 0 || end <= start || page < 0) return -EINVAL;
  const vma = mm.vmas.find(start);
  if (vma?.file === undefined || (vma.flags & VM_SHARED) === 0) return -EINVAL;
  for (let at = vma.end; at < end;) {
    const next = mm.vmas.find(at);
    if (next?.file?.inode !== vma.file.inode || next.flags !== vma.flags) return -EINVAL;
    at = next.end;
  }
  // The mapping that goes may hold the last reference.
  const file = vma.file.retain();
  const result = mm.mmap(start, end - start, vma.prot, MAP_SHARED | MAP_FIXED, file, page * 4096);
  file.release();
  return Math.min(0, result);
}

function sysMincore(task: Task, address: number, length: number, vector: number): number {
  const pages = task.mm.mincore(address, length);
  if (typeof pages === "number") {
    // Linux looks at the pointer's range before it looks at the mappings.
    const bytes = Math.ceil(length / 4096);
    const rangeOk = address % 4096 === 0 && address >= 0 && length >= 0 && address + length <= TASK_SIZE;
    return rangeOk && (vector < 0 || vector + bytes > TASK_SIZE) ? -EFAULT : pages;
  }
  task.memory.write(vector, pages);
  return 0;
}

const MLOCK_ONFAULT = 1;

function sysMlock2(task: Task, address: number, length: number, flags: number): number {
  if ((flags & ~MLOCK_ONFAULT) !== 0) return -EINVAL;
  return task.mm.mlock(address, length, mayLock(task), flags === MLOCK_ONFAULT);
}

interface Piece {
  address: number;
  length: number;
}

function readPieces(memory: UserMemory, at: number, count: number): Piece[] | number {
  if (count < 0 || count > 1024) return -EINVAL;
  const pieces: Piece[] = [];
  for (let i = 0; i < count; i++, at += 16) {
    const length = memory.readI64(at + 8);
    if (length < 0) return -EINVAL;
    pieces.push({ address: memory.readU64(at), length });
  }
  return pieces;
}

function sysProcessVmReadv(
  task: Task,
  pid: number,
  local: number,
  localCount: number,
  remote: number,
  remoteCount: number,
  flags: number,
): number {
  return transfer(task, pid, local, localCount, remote, remoteCount, flags, false);
}

function sysProcessVmWritev(
  task: Task,
  pid: number,
  local: number,
  localCount: number,
  remote: number,
  remoteCount: number,
  flags: number,
): number {
  return transfer(task, pid, local, localCount, remote, remoteCount, flags, true);
}

/** Moves bytes between two address spaces until one list ends or an address fails; what was moved counts. */
function transfer(
  task: Task,
  pid: number,
  local: number,
  localCount: number,
  remote: number,
  remoteCount: number,
  flags: number,
  toRemote: boolean,
): number {
  if (flags !== 0) return -EINVAL;
  const mine = readPieces(task.memory, local, localCount);
  if (typeof mine === "number") return mine;
  const theirs = readPieces(task.memory, remote, remoteCount);
  if (typeof theirs === "number") return theirs;
  const target = task.instance.pids.processes.get(pid)?.anyTask;
  if (target === undefined) return -ESRCH;
  const { credentials: a } = task, { credentials: b } = target;
  const same = a.uid === b.euid && a.uid === b.suid && a.uid === b.uid && a.gid === b.egid &&
    a.gid === b.sgid &&
    a.gid === b.gid && target.process.dumpable === 1;
  if (target.process !== task.process && !same && !has(task, CAP_SYS_PTRACE)) return -EPERM;
  const source = toRemote ? task.memory : target.memory, sink = toRemote ? target.memory : task.memory;
  let done = 0, i = 0, j = 0, usedMine = 0, usedTheirs = 0;
  const buffer = new Uint8Array(4096);
  while (i < mine.length && j < theirs.length) {
    const length = Math.min(mine[i].length - usedMine, theirs[j].length - usedTheirs, buffer.length);
    if (length > 0) {
      const here = mine[i].address + usedMine, there = theirs[j].address + usedTheirs;
      const from = toRemote ? here : there, to = toRemote ? there : here;
      const n = Math.min(source.accessible(from, length, READ), sink.accessible(to, length, WRITE));
      source.read(from, buffer, 0, n);
      sink.write(to, buffer, 0, n);
      done += n;
      if (n < length) return done > 0 ? done : -EFAULT;
      usedMine += length;
      usedTheirs += length;
    }
    if (usedMine === mine[i].length) {
      i++;
      usedMine = 0;
    }
    if (j < theirs.length && usedTheirs === theirs[j].length) {
      j++;
      usedTheirs = 0;
    }
  }
  return done;
}
