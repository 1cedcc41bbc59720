// System V semaphores: semget, semop, semtimedop, semctl.

import { E2BIG, EACCES, EAGAIN, EFBIG, EIDRM, EINTR, EINVAL, ERANGE } from "../abi/errno.ts";
import * as sysv from "../ipc/sysv.ts";
import { type SemaphoreOperation, SemaphoreSet, type SemaphoreWait, SEMVMX } from "../ipc/sysv_semaphores.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";
import { readTimespec } from "./wait_time.ts";

const GETPID = 11, GETVAL = 12, GETALL = 13, GETNCNT = 14, GETZCNT = 15, SETVAL = 16, SETALL = 17;
const SEM_STAT = 18, SEM_INFO = 19, SEM_STAT_ANY = 20;
const SEMMNI = 32000, SEMMSL = 32000, SEMMNS = 1_024_000_000, SEMOPM = 500;

export const semaphoreSets = sysv.tableOf(() =>
  new sysv.IpcTable<SemaphoreSet>(
    SEMMNI,
    "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime",
    (set) =>
      [
        sysv.identityColumns(set),
        sysv.columns([set.values.length, 10]),
        sysv.ownerColumns(set),
        sysv.columns([set.otime, 10], [set.ctime, 10]),
      ].join(" "),
  )
);

function sysSemget(task: Task, key: number, count: number, flags: number): number {
  if (count < 0 || count > SEMMSL) return -EINVAL;
  const make = () => count === 0 ? -EINVAL : new SemaphoreSet(task, flags, count);
  return sysv.get(
    task,
    semaphoreSets(task),
    key | 0,
    flags,
    make,
    (set) => set.values.length < count ? -EINVAL : 0,
  );
}

/** A semop in progress. */
class Waiting {
  #wait: SemaphoreWait | undefined;

  constructor(
    readonly set: SemaphoreSet,
    readonly operations: readonly SemaphoreOperation[],
    readonly deadlineNs: number,
  ) {}

  /** For GETNCNT and GETZCNT. */
  waitFor(wait: SemaphoreWait): void {
    this.set.waits.add(this.#wait = wait);
  }

  abandon(): void {
    if (this.#wait !== undefined) this.set.waits.delete(this.#wait);
    this.#wait = undefined;
  }
}

function begin(task: Task, id: number, address: number, count: number, timeout: number): Waiting | number {
  const ns = timeout === 0 ? Infinity : readTimespec(task, timeout);
  if (count > SEMOPM) return -E2BIG;
  if (count < 1) return -EINVAL;
  const view = new DataView(task.memory.readBytes(address, count * 6).buffer);
  const operations = Array.from({ length: count }, (_, i) => ({
    index: view.getUint16(i * 6, true),
    change: view.getInt16(i * 6 + 2, true),
    flags: view.getInt16(i * 6 + 4, true),
  }));
  if (id < 0 || ns < 0) return -EINVAL;
  const set = semaphoreSets(task).find(id);
  if (set === undefined) return -EINVAL;
  if (operations.some(({ index }) => index >= set.values.length)) return -EFBIG;
  const alters = operations.some(({ change }) => change !== 0);
  if (sysv.permission(task, set, alters ? sysv.S_IWUGO : sysv.S_IRUGO) < 0) return -EACCES;
  return new Waiting(set, operations, task.instance.clock.monotonicNs() + ns);
}

function sysSemtimedop(task: Task, id: number, address: number, count: number, timeout: number): number {
  const state = (task.syscallState as Waiting | undefined) ?? begin(task, id, address, count, timeout);
  if (typeof state === "number") return state;
  state.abandon();
  const { set, deadlineNs } = state;
  if (set.removed) return -EIDRM;
  const result = set.perform(task, state.operations);
  if (typeof result === "number") return result;
  if (task.timedOut || task.instance.clock.monotonicNs() >= deadlineNs) return -EAGAIN;
  state.waitFor(result);
  task.syscallState = state;
  return task.block(set.queue, deadlineNs, -EINTR);
}

function sysSemctl(task: Task, id: number, index: number, command: number, argument: number): number {
  if (id < 0) return -EINVAL;
  const table = semaphoreSets(task), { memory } = task;
  switch (command) {
    case sysv.IPC_INFO:
    case SEM_INFO: {
      const info = command === SEM_INFO;
      const semaphores = table.objects().reduce((sum, { values }) => sum + values.length, 0);
      const fields = [SEMMNS, SEMMNI, SEMMNS, SEMMNS, SEMMSL, SEMOPM, SEMOPM];
      fields.push(info ? table.used : 20, SEMVMX, info ? semaphores : SEMVMX);
      memory.write(argument, new Uint8Array(Int32Array.from(fields).buffer));
      return table.highest;
    }
    case sysv.IPC_STAT:
    case SEM_STAT:
    case SEM_STAT_ANY: {
      const set = sysv.inspected(task, table, id, command !== sysv.IPC_STAT, command === SEM_STAT_ANY);
      if (typeof set === "number") return set;
      const { otime, ctime, values } = set;
      memory.write(
        argument,
        new sysv.Fields(104).perm(set).u64(48, otime).u64(64, ctime).u64(80, values.length).bytes,
      );
      return command === sysv.IPC_STAT ? 0 : set.id;
    }
    case sysv.IPC_SET: {
      memory.probeRead(argument, 104);
      const set = sysv.owned(task, table, id);
      return typeof set === "number" ? set : sysv.setOwner(task, set, argument);
    }
    case sysv.IPC_RMID: {
      const set = sysv.owned(task, table, id);
      if (typeof set === "number") return set;
      set.forgetUndo();
      table.remove(set);
      return 0;
    }
    case SETVAL: {
      // The argument is an int in a union: the upper half of the register is anything.
      const value = argument | 0;
      return value < 0 || value > SEMVMX ? -ERANGE : values(task, table.find(id), index, command, value);
    }
    case GETPID:
    case GETVAL:
    case GETALL:
    case GETNCNT:
    case GETZCNT:
    case SETALL:
      return values(task, table.find(id), index, command, argument);
  }
  return -EINVAL;
}

/** Commands on the semaphores themselves. */
function values(
  task: Task,
  set: SemaphoreSet | undefined,
  index: number,
  command: number,
  argument: number,
): number {
  if (set === undefined) return -EINVAL;
  const { memory } = task, count = set.values.length;
  const whole = command === GETALL || command === SETALL, valid = index >= 0 && index < count;
  if (command === SETVAL && !valid) return -EINVAL;
  const denied = sysv.permission(
    task,
    set,
    command === SETALL || command === SETVAL ? sysv.S_IWUGO : sysv.S_IRUGO,
  );
  if (denied < 0) return denied;
  if (!whole && !valid) return -EINVAL;
  const waiting = (forZero: boolean) =>
    [...set.waits].filter((wait) => wait.index === index && wait.forZero === forZero).length;
  switch (command) {
    case GETPID:
      return set.pids[index]!;
    case GETVAL:
      return set.values[index]!;
    case GETNCNT:
      return waiting(false);
    case GETZCNT:
      return waiting(true);
    case GETALL:
      memory.write(argument, new Uint8Array(set.values.buffer));
      return 0;
    case SETALL: {
      const wanted = new Uint16Array(memory.readBytes(argument, count * 2).buffer);
      if (wanted.some((value) => value > SEMVMX)) return -ERANGE;
      set.set(task, 0, wanted);
      return 0;
    }
  }
  set.set(task, index, [argument]);
  return 0;
}

export const sysvSemaphores: Syscall[] = family({
  semget: { nr: 64, args: "hex int IPC", run: sysSemget },
  semop: { nr: 65, args: "int pointer size", run: (task, id, p, n) => sysSemtimedop(task, id, p, n, 0) },
  semctl: { nr: 66, args: "int int int pointer", run: sysSemctl },
  semtimedop: { nr: 220, args: "int pointer size timespec", run: sysSemtimedop },
});
