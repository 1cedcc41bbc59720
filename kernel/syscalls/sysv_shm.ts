// System V shared memory: shmget, shmat, shmdt, shmctl.

import { PAGE_SIZE } from "../../translator/ram.ts";
import { EACCES, EINVAL, ENOMEM, ENOSPC, EPERM } from "../abi/errno.ts";
import * as sysv from "../ipc/sysv.ts";
import { Segment, SHM_LOCKED } from "../ipc/sysv_segment.ts";
import { mapObject, munmap, pageAlign } from "../mm/mmap.ts";
import { PROT_EXEC, PROT_READ, PROT_WRITE } from "../mm/vma.ts";
import { CAP_IPC_LOCK, capable } from "../task/capabilities.ts";
import { RLIMIT_MEMLOCK } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const SHM_RDONLY = 0o10000, SHM_RND = 0o20000, SHM_REMAP = 0o40000, SHM_EXEC = 0o100000, SHM_HUGETLB = 0o4000;
const SHM_LOCK = 11, SHM_UNLOCK = 12, SHM_STAT = 13, SHM_INFO = 14, SHM_STAT_ANY = 15;
const SHMMNI = 4096, SHMMAX = 2 ** 64 - 2 ** 24;
const PAGE = 4096;

export const sharedSegments = sysv.tableOf(() =>
  new sysv.IpcTable<Segment>(
    SHMMNI,
    "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap",
    (s) =>
      [
        sysv.identityColumns(s),
        sysv.columns([s.size, 21], [s.creator, 5], [s.lastUser, 5], [s.attached, 6]),
        sysv.ownerColumns(s),
        sysv.columns([s.atime, 10], [s.dtime, 10], [s.ctime, 10]),
        sysv.columns([s.memory.resident * PAGE_SIZE, 21], [0, 21]),
      ].join(" "),
  )
);

function sysShmget(task: Task, key: number, size: number, flags: number): number {
  const table = sharedSegments(task);
  const make = () => {
    if (size < 1) return -EINVAL;
    if (size > 2 ** 46) return -ENOSPC;
    return flags & SHM_HUGETLB ? -ENOMEM : new Segment(task, flags, size, table);
  };
  return sysv.get(task, table, key | 0, flags, make, (segment) => segment.size < size ? -EINVAL : 0);
}

function sysShmat(task: Task, id: number, address: number, flags: number): number {
  if (id < 0) return -EINVAL;
  if (address !== 0) {
    if (address % PAGE !== 0) {
      if (!(flags & SHM_RND)) return -EINVAL;
      address -= address % PAGE;
      if (address === 0 && flags & SHM_REMAP) return -EINVAL;
    }
  } else if (flags & SHM_REMAP) return -EINVAL;
  const readOnly = (flags & SHM_RDONLY) !== 0, executable = (flags & SHM_EXEC) !== 0;
  const segment = sharedSegments(task).find(id);
  if (segment === undefined) return -EINVAL;
  const wanted = (readOnly ? sysv.S_IRUGO : sysv.S_IRUGO | sysv.S_IWUGO) | (executable ? 0o111 : 0);
  if (sysv.permission(task, segment, wanted) < 0) return -EACCES;
  const size = pageAlign(segment.size), { mm } = task;
  if (address !== 0 && !(flags & SHM_REMAP) && mm.vmas.intersects(address, address + size)) return -EINVAL;
  const prot = PROT_READ | (readOnly ? 0 : PROT_WRITE) | (executable ? PROT_EXEC : 0);
  segment.memory.ino = id;
  return mapObject(mm, address, size, prot, readOnly, segment.memory);
}

/** Unmaps every piece of the segment whose start would have been at `address`. */
function sysShmdt(task: Task, address: number): number {
  if (address < 0 || address % PAGE !== 0) return -EINVAL;
  const { mm } = task;
  const first = mm.vmas.list.find((vma) =>
    vma.start >= address && vma.start - address === vma.offset && isSegment(vma)
  );
  if (first === undefined) return -EINVAL;
  const pieces = mm.vmas.list.filter((vma) =>
    vma.shm === first.shm && vma.start >= address && vma.start - address === vma.offset
  );
  for (const { start, end } of pieces) munmap(mm, start, end - start);
  return 0;

  function isSegment({ shm }: typeof mm.vmas.list[number]): boolean {
    return shm !== undefined && sharedSegments(task).objects().some(({ memory }) => memory === shm);
  }
}

function sysShmctl(task: Task, id: number, command: number, address: number): number {
  if (id < 0 || command < 0) return -EINVAL;
  const table = sharedSegments(task), { memory } = task;
  switch (command) {
    case sysv.IPC_INFO:
      memory.write(
        address,
        new sysv.Fields(72).u64(0, SHMMAX).u64(8, 1).u64(16, SHMMNI).u64(24, SHMMNI).u64(32, SHMMAX).bytes,
      );
      return table.highest;
    case SHM_INFO: {
      let total = 0, resident = 0;
      for (const segment of table.objects()) {
        total += pageAlign(segment.size) / PAGE;
        resident += segment.memory.resident;
      }
      memory.write(address, new sysv.Fields(48).i32(0, table.used).u64(8, total).u64(16, resident).bytes);
      return table.highest;
    }
    case sysv.IPC_STAT:
    case SHM_STAT:
    case SHM_STAT_ANY: {
      const segment = sysv.inspected(task, table, id, command !== sysv.IPC_STAT, command === SHM_STAT_ANY);
      if (typeof segment === "number") return segment;
      memory.write(address, describe(segment));
      return command === sysv.IPC_STAT ? 0 : segment.id;
    }
    case sysv.IPC_SET: {
      memory.probeRead(address, 112);
      const segment = sysv.owned(task, table, id);
      return typeof segment === "number" ? segment : sysv.setOwner(task, segment, address);
    }
    case sysv.IPC_RMID: {
      const segment = sysv.owned(task, table, id);
      if (typeof segment === "number") return segment;
      segment.destroy();
      return 0;
    }
    case SHM_LOCK:
    case SHM_UNLOCK:
      return lock(task, table.find(id), command === SHM_LOCK);
  }
  return -EINVAL;
}

/** Nothing is ever swapped out: only the flag changes. */
function lock(task: Task, segment: Segment | undefined, on: boolean): number {
  if (segment === undefined) return -EINVAL;
  if (!capable(task, CAP_IPC_LOCK)) {
    const { euid } = task.credentials;
    if (euid !== segment.uid && euid !== segment.cuid) return -EPERM;
    if (on && task.process.rlimits[RLIMIT_MEMLOCK]!.cur === 0) return -EPERM;
  }
  segment.mode = on ? segment.mode | SHM_LOCKED : segment.mode & ~SHM_LOCKED;
  return 0;
}

function describe(segment: Segment): Uint8Array {
  const { size, atime, dtime, ctime, creator, lastUser, attached } = segment;
  return new sysv.Fields(112).perm(segment).u64(48, size).u64(56, atime).u64(64, dtime).u64(72, ctime)
    .i32(80, creator).i32(84, lastUser).u64(88, attached).bytes;
}

export const sysvMemory: Syscall[] = family({
  shmget: { nr: 29, args: "hex size IPC", run: sysShmget, partial: "no huge pages" },
  shmat: { nr: 30, args: "int pointer hex", ret: "hex", run: sysShmat },
  shmctl: { nr: 31, args: "int int pointer", run: sysShmctl },
  shmdt: { nr: 67, args: "pointer", run: sysShmdt },
});
