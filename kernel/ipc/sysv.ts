// What System V message queues, semaphore sets and shared memory have in common: identifiers, keys and permissions
// (Linux: ipc/util.c).

import { EACCES, EEXIST, EINVAL, ENOENT, ENOSPC, EPERM } from "../abi/errno.ts";
import { inGroup } from "../../fs/vfs/permissions.ts";
import { WaitQueue } from "../../fs/vfs/wait_queue.ts";
import type { Instance } from "../session/instance.ts";
import { CAP_IPC_OWNER, CAP_SYS_ADMIN, capable } from "../task/capabilities.ts";
import type { Task } from "../task/task.ts";

export const IPC_CREAT = 0o1000, IPC_EXCL = 0o2000, IPC_NOWAIT = 0o4000;
export const IPC_RMID = 0, IPC_SET = 1, IPC_STAT = 2, IPC_INFO = 3;
export const IPC_PRIVATE = 0;
export const S_IRUGO = 0o444, S_IWUGO = 0o222;
/** Bytes of struct ipc64_perm. */
export const PERM_BYTES = 48;

/** An identifier is a sequence number and an index. */
const INDEX_BITS = 15, INDEX_MASK = (1 << INDEX_BITS) - 1;

/** A queue, set or segment. */
export class IpcObject {
  id = -1;
  key = IPC_PRIVATE;
  uid: number;
  gid: number;
  readonly cuid: number;
  readonly cgid: number;
  /** Permissions, and flags of the kind above them. */
  mode: number;
  ctime: number;
  removed = false;
  /** Woken at every change that somebody may wait for. */
  readonly queue: WaitQueue = new WaitQueue();

  constructor(task: Task, flags: number) {
    this.uid = this.cuid = task.credentials.euid;
    this.gid = this.cgid = task.credentials.egid;
    this.mode = flags & 0o777;
    this.ctime = nowSeconds(task);
  }
}

export function nowSeconds(task: Task): number {
  return task.instance.clock.realtime().sec;
}

export class IpcTable<T extends IpcObject> {
  readonly #objects: (T | undefined)[] = [];
  readonly #keys = new Map<number, T>();
  #last = -1;
  #sequence = 0;
  used = 0;
  /** Identifier that the next object gets (/proc/sys/kernel/*_next_id); -1: as it comes. */
  nextId = -1;

  /** `header` and `row` make the lines of /proc/sysvipc. */
  constructor(public limit: number, readonly header: string, readonly row: (object: T) => string) {}

  /** All of /proc/sysvipc's file. */
  text(): string {
    return this.header + "\n" + this.objects().map((object) => this.row(object) + "\n").join("");
  }

  /** The highest index in use; 0 without any, as IPC_INFO tells it. */
  get highest(): number {
    for (let i = this.#objects.length - 1; i > 0; i--) if (this.#objects[i] !== undefined) return i;
    return 0;
  }

  find(id: number): T | undefined {
    const found = id < 0 ? undefined : this.#objects[id & INDEX_MASK];
    return found?.id === id ? found : undefined;
  }
  at(index: number): T | undefined {
    return index < 0 ? undefined : this.#objects[index & INDEX_MASK];
  }
  byKey(key: number): T | undefined {
    return this.#keys.get(key);
  }
  objects(): T[] {
    return this.#objects.filter((object) => object !== undefined);
  }

  add(object: T, key: number): number {
    const wanted = this.nextId;
    this.nextId = -1;
    let index = wanted < 0 ? 0 : wanted & INDEX_MASK;
    while (this.#objects[index] !== undefined) index++;
    // A number that is used again belongs to another sequence, so that old identifiers stay dead.
    if (wanted >= 0) this.#sequence = wanted >> INDEX_BITS;
    else if (index <= this.#last) this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#last = index;
    object.id = this.#sequence << INDEX_BITS | index;
    object.key = key;
    this.#objects[index] = object;
    if (key !== IPC_PRIVATE) this.#keys.set(key, object);
    this.used++;
    return object.id;
  }

  /** Nobody finds it by its key any more. */
  forgetKey(object: T): void {
    if (object.key !== IPC_PRIVATE) this.#keys.delete(object.key);
    object.key = IPC_PRIVATE;
  }

  remove(object: T): void {
    if (object.removed) return;
    object.removed = true;
    this.forgetKey(object);
    this.#objects[object.id & INDEX_MASK] = undefined;
    this.used--;
    object.queue.wake();
  }
}

/** The table of an instance, made by `make` at its first use. */
export function tableOf<T extends object>(
  make: (instance: Instance) => T,
): (owner: { readonly instance: Instance }) => T {
  const tables = new WeakMap<Instance, T>();
  return ({ instance }) => {
    let table = tables.get(instance);
    if (table === undefined) tables.set(instance, table = make(instance));
    return table;
  };
}

/** shmget, semget, msgget: the identifier, or a negative errno. `check` is for objects that exist, before permissions. */
export function get<T extends IpcObject>(
  task: Task,
  table: IpcTable<T>,
  key: number,
  flags: number,
  make: () => T | number,
  check: (object: T) => number = () => 0,
): number {
  const known = key === IPC_PRIVATE ? undefined : table.byKey(key);
  if (known !== undefined) {
    if ((flags & (IPC_CREAT | IPC_EXCL)) === (IPC_CREAT | IPC_EXCL)) return -EEXIST;
    const error = check(known) || permission(task, known, flags);
    return error < 0 ? error : known.id;
  }
  if (key !== IPC_PRIVATE && !(flags & IPC_CREAT)) return -ENOENT;
  const made = make();
  if (typeof made === "number") return made;
  return table.used >= table.limit ? -ENOSPC : table.add(made, key);
}

/** Whether the task has the rights in `wanted` (any of the three classes counts): 0 or -EACCES. */
export function permission(task: Task, object: IpcObject, wanted: number): number {
  const { credentials } = task, { euid } = credentials;
  const requested = wanted >> 6 | wanted >> 3 | wanted;
  let granted = object.mode;
  if (euid === object.cuid || euid === object.uid) granted >>= 6;
  else if (inGroup(credentials, object.cgid) || inGroup(credentials, object.gid)) granted >>= 3;
  return (requested & ~granted & 7) !== 0 && !capable(task, CAP_IPC_OWNER) ? -EACCES : 0;
}

/** For IPC_SET and IPC_RMID: the object if the task owns it, or a negative errno. */
export function owned<T extends IpcObject>(task: Task, table: IpcTable<T>, id: number): T | number {
  const object = table.find(id);
  if (object === undefined) return -EINVAL;
  const { euid } = task.credentials;
  return euid === object.cuid || euid === object.uid || capable(task, CAP_SYS_ADMIN) ? object : -EPERM;
}

/** What IPC_STAT and its relatives ask about, by identifier or index; the caller may read it unless `anyone`. */
export function inspected<T extends IpcObject>(
  task: Task,
  table: IpcTable<T>,
  id: number,
  byIndex: boolean,
  anyone: boolean,
): T | number {
  const object = byIndex ? table.at(id) : table.find(id);
  if (object === undefined) return -EINVAL;
  return anyone ? object : permission(task, object, S_IRUGO) || object;
}

/** Columns of a row of /proc/sysvipc: values, each at least so wide. */
export function columns(...values: readonly (readonly [value: number, width: number])[]): string {
  return values.map(([value, width]) => String(value).padStart(width)).join(" ");
}

/** The columns that all three kinds begin with. */
export function identityColumns(object: IpcObject): string {
  return `${columns([object.key, 10], [object.id, 10])}  ${object.mode.toString(8).padStart(4)}`;
}

export function ownerColumns({ uid, gid, cuid, cgid }: IpcObject): string {
  return columns([uid, 5], [gid, 5], [cuid, 5], [cgid, 5]);
}

/** Fields of the structures that the *ctl calls write, by position. */
export class Fields {
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }
  i32(at: number, value: number): this {
    this.#view.setInt32(at, value, true);
    return this;
  }
  u64(at: number, value: number): this {
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }
  /** struct ipc64_perm, at the start. */
  perm(object: IpcObject): this {
    [object.key, object.uid, object.gid, object.cuid, object.cgid, object.mode].forEach((value, i) =>
      this.i32(i * 4, value)
    );
    this.#view.setUint16(24, object.id >> INDEX_BITS, true);
    return this;
  }
}

/** IPC_SET: owner and permissions from struct ipc64_perm at `address`; 0 or -EINVAL. */
export function setOwner(task: Task, object: IpcObject, address: number): number {
  const { memory } = task;
  const uid = memory.readU32(address + 4), gid = memory.readU32(address + 8);
  const mode = memory.readU32(address + 20);
  if (uid === 0xffff_ffff || gid === 0xffff_ffff) return -EINVAL;
  object.uid = uid;
  object.gid = gid;
  object.mode = object.mode & ~0o777 | mode & 0o777;
  object.ctime = nowSeconds(task);
  return 0;
}
