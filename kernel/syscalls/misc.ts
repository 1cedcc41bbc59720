// Calls about the machine as a whole: names, memory and load, random numbers, the kernel log, NUMA policies of a machine
// with one node, and the doors to hardware that stay shut.

import { fillRandom } from "../../fs/random.ts";
import { EBADF, EFAULT, EINVAL, ENAMETOOLONG, ENOENT, ENOSYS, EPERM, ESRCH } from "../abi/errno.ts";

import { encodeName } from "../abi/text.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import { loadAverages, systemMemory } from "../session/system_state.ts";
import { UTS } from "../session/uts.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const CAP_SYSLOG = 34, CAP_SYS_ADMIN = 21, CAP_SYS_TTY_CONFIG = 26, CAP_SYS_PACCT = 20, CAP_SYS_RAWIO = 17;

function capable(task: Task, capability: number): boolean {
  return Math.floor(task.credentials.capEffective / 2 ** capability) % 2 === 1;
}

const NAME_BYTES = 65;
const PER_MASK = 0xff, PER_LINUX32 = 8;

function sysUname(task: Task, buffer: number): number {
  const bytes = new Uint8Array(6 * NAME_BYTES);
  const { instance } = task;
  // linux32 and setarch ask for another name of the machine.
  const machine = (task.process.personality & PER_MASK) === PER_LINUX32 ? "i686" : UTS.machine;
  const names = [UTS.sysname, instance.hostname, UTS.release, UTS.version, machine, instance.domainname];
  names.forEach((name, i) => bytes.set(encodeName(name).subarray(0, NAME_BYTES - 1), i * NAME_BYTES));
  task.memory.write(buffer, bytes, 0, bytes.length);
  return 0;
}

/** The name at `address`, or -errno. */
function readName(task: Task, address: number, length: number): string | number {
  if (!capable(task, CAP_SYS_ADMIN)) return -EPERM;
  if (length < 0 || length > NAME_BYTES - 1) return -EINVAL;
  const bytes = new Uint8Array(length);
  task.memory.read(address, bytes, 0, length);
  const end = bytes.indexOf(0);
  return new TextDecoder("latin1").decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function sysSethostname(task: Task, address: number, length: number): number {
  const name = readName(task, address, length);
  if (typeof name === "number") return name;
  task.instance.hostname = name;
  return 0;
}

function sysSetdomainname(task: Task, address: number, length: number): number {
  const name = readName(task, address, length);
  if (typeof name === "number") return name;
  task.instance.domainname = name;
  return 0;
}

function sysSysinfo(task: Task, buffer: number): number {
  const { instance } = task;
  const bytes = new Uint8Array(112), data = new DataView(bytes.buffer);
  const put = (offset: number, value: number) => {
    data.setUint32(offset, value >>> 0, true);
    data.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
  };
  const memory = systemMemory(instance);
  put(0, Math.floor(instance.clock.monotonicNs() / 1e9));
  loadAverages(instance).forEach((load, i) => put(8 + 8 * i, Math.floor(load * 65536)));
  put(32, memory.total);
  put(40, memory.free);
  put(48, memory.shmem);
  data.setUint16(80, Math.min(instance.pids.tasks.size, 0xffff), true);
  data.setUint32(104, 1, true);
  task.memory.write(buffer, bytes, 0, bytes.length);
  return 0;
}

const GRND_NONBLOCK = 1, GRND_RANDOM = 2, GRND_INSECURE = 4;
const RANDOM_CHUNK = 65536;
const randomChunk = new Uint8Array(RANDOM_CHUNK);

function sysGetrandom(task: Task, buffer: number, length: number, flags: number): number {
  if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
  if ((flags & (GRND_RANDOM | GRND_INSECURE)) === (GRND_RANDOM | GRND_INSECURE)) return -EINVAL;
  const total = length < 0 ? 0x7fff_ffff : Math.min(length, 0x7fff_ffff);
  let done = 0;
  while (done < total) {
    const count = Math.min(RANDOM_CHUNK, total - done);
    fillRandom(randomChunk, 0, count);
    try {
      task.memory.write(buffer + done, randomChunk, 0, count);
    } catch (error) {
      if (error !== EFAULT_SENTINEL) throw error;
      return done > 0 ? done : -EFAULT;
    }
    done += count;
  }
  return done;
}

const LOG_READ = 2, LOG_READ_ALL = 3, LOG_READ_CLEAR = 4, LOG_CONSOLE_LEVEL = 8, LOG_SIZE_UNREAD = 9;
const LOG_SIZE_BUFFER = 10, LOG_BUFFER_BYTES = 262144;

/** The log is empty: what denix has to say goes to its own report. */
function sysSyslog(task: Task, type: number, buffer: number, length: number): number {
  const open = type === LOG_READ_ALL || type === LOG_SIZE_BUFFER;
  if (!open && !capable(task, CAP_SYSLOG) && !capable(task, CAP_SYS_ADMIN)) return -EPERM;
  if (type < 0 || type > LOG_SIZE_BUFFER) return -EINVAL;
  if (type === LOG_READ || type === LOG_READ_ALL || type === LOG_READ_CLEAR) {
    return buffer === 0 || length < 0 ? -EINVAL : 0;
  }
  if (type === LOG_CONSOLE_LEVEL && (length < 1 || length > 8)) return -EINVAL;
  if (type === LOG_SIZE_UNREAD) return 0;
  return type === LOG_SIZE_BUFFER ? LOG_BUFFER_BYTES : 0;
}

function sysGetcpu(task: Task, cpu: number, node: number): number {
  if (cpu !== 0) task.memory.writeU32(cpu, 0);
  if (node !== 0) task.memory.writeU32(node, 0);
  return 0;
}

const KCMP_FILE = 0,
  KCMP_VM = 1,
  KCMP_FILES = 2,
  KCMP_FS = 3,
  KCMP_SIGHAND = 4,
  KCMP_IO = 5,
  KCMP_SYSVSEM = 6;
/** Any order among objects will do, as long as it lasts. */
const order = new WeakMap<object, number>();
let nextOrder = 1;
function rank(object: object): number {
  let number = order.get(object);
  if (number === undefined) order.set(object, number = nextOrder++);
  return number;
}

function sysKcmp(
  task: Task,
  pid1: number,
  pid2: number,
  type: number,
  index1: number,
  index2: number,
): number {
  const one = task.instance.pids.task(pid1), two = task.instance.pids.task(pid2);
  if (one === undefined || two === undefined) return -ESRCH;
  const compare = (a: object, b: object) => a === b ? 0 : rank(a) < rank(b) ? 1 : 2;
  switch (type) {
    case KCMP_FILE: {
      const a = one.files.get(index1), b = two.files.get(index2);
      return a === undefined || b === undefined ? -EBADF : compare(a, b);
    }
    case KCMP_VM:
      return compare(one.mm, two.mm);
    case KCMP_FILES:
      return compare(one.files, two.files);
    case KCMP_FS:
      return compare(one.fs, two.fs);
    case KCMP_SIGHAND:
      return compare(one.handlers, two.handlers);
    case KCMP_IO:
    case KCMP_SYSVSEM:
      return 0;
  }
  return -EINVAL;
}

const MPOL_MODE_FLAGS = 0xe000, MPOL_MAX = 6, MPOL_LOCAL = 4;
const MPOL_F_NODE = 1, MPOL_F_ADDR = 2, MPOL_F_MEMS_ALLOWED = 4;

/** Bits of a node mask; the only node is 0. -errno for masks with others. */
function nodeMask(task: Task, address: number, maxNode: number): number {
  if (address === 0 || maxNode <= 1) return 0;
  if (maxNode > 4096 * 8) return -EINVAL;
  const bytes = new Uint8Array(Math.ceil((maxNode - 1) / 64) * 8);
  task.memory.read(address, bytes, 0, bytes.length);
  if (bytes[0] > 1 || bytes.subarray(1).some((byte) => byte !== 0)) return -EINVAL;
  return bytes[0];
}

function checkPolicy(task: Task, mode: number, mask: number, maxNode: number): number {
  const policy = mode & ~MPOL_MODE_FLAGS;
  if (policy < 0 || policy > MPOL_MAX) return -EINVAL;
  const nodes = nodeMask(task, mask, maxNode);
  if (nodes < 0) return nodes;
  if ((policy === 0 || policy === MPOL_LOCAL) && nodes !== 0) return -EINVAL;
  // Preferring no node means the local one; binding to none is wrong.
  return policy > 1 && policy !== MPOL_LOCAL && nodes === 0 ? -EINVAL : 0;
}

function sysGetMempolicy(
  task: Task,
  mode: number,
  mask: number,
  maxNode: number,
  address: number,
  flags: number,
): number {
  if (flags & ~(MPOL_F_NODE | MPOL_F_ADDR | MPOL_F_MEMS_ALLOWED)) return -EINVAL;
  if (mask !== 0 && maxNode < 1) return -EINVAL;
  if (flags & MPOL_F_MEMS_ALLOWED && flags & (MPOL_F_NODE | MPOL_F_ADDR)) return -EINVAL;
  if ((flags & MPOL_F_ADDR) === 0 && address !== 0) return -EINVAL;
  if (flags & MPOL_F_NODE && (flags & MPOL_F_ADDR) === 0) return -EINVAL;
  if (mode !== 0) task.memory.writeU32(mode, 0);
  if (mask !== 0) {
    const bytes = new Uint8Array(Math.min(Math.ceil((maxNode - 1) / 64) * 8, 128));
    if (flags & MPOL_F_MEMS_ALLOWED && bytes.length > 0) bytes[0] = 1;
    task.memory.write(mask, bytes, 0, bytes.length);
  }
  return 0;
}

function sysMbind(
  task: Task,
  start: number,
  length: number,
  mode: number,
  mask: number,
  maxNode: number,
  flags: number,
): number {
  if (flags & ~7 || start % 4096 !== 0 || length < 0) return -EINVAL;
  return checkPolicy(task, mode, mask, maxNode);
}

function sysMovePages(
  task: Task,
  pid: number,
  count: number,
  _pages: number,
  nodes: number,
  status: number,
): number {
  if (pid !== 0 && task.instance.pids.task(pid) === undefined) return -ESRCH;
  if (nodes !== 0) {
    for (let i = 0; i < count; i++) if (task.memory.readI32(nodes + 4 * i) !== 0) return -ENOENT;
  }
  for (let i = 0; i < count; i++) task.memory.writeU32(status + 4 * i, 0);
  return 0;
}

function sysIoperm(task: Task, from: number, count: number, on: number): number {
  if (from < 0 || count <= 0 || from + count > 65536) return -EINVAL;
  return on !== 0 || !capable(task, CAP_SYS_RAWIO) ? -EPERM : 0;
}

function sysIopl(_task: Task, level: number): number {
  return level < 0 || level > 3 ? -EINVAL : level === 0 ? 0 : -EPERM;
}

function sysModifyLdt(_task: Task, operation: number): number {
  // There is no LDT: reading gives nothing, writing is refused.
  return operation === 0 ? 0 : operation === 1 || operation === 0x11 ? -EINVAL : -ENOSYS;
}

function sysReboot(): number {
  return -EPERM;
}

function pathCheck(task: Task, address: number): number {
  const path = task.memory.readPath(address);
  return typeof path === "number" ? path : path.length >= 4096 ? -ENAMETOOLONG : 0;
}

export const misc: Syscall[] = family({
  uname: { nr: 63, args: "utsname", run: sysUname },
  sethostname: { nr: 170, args: "string size", run: sysSethostname },
  setdomainname: { nr: 171, args: "string size", run: sysSetdomainname },
  sysinfo: { nr: 99, args: "sysinfo", run: sysSysinfo },
  getrandom: { nr: 318, args: "pointer size GRND", ret: "long", run: sysGetrandom },
  syslog: { nr: 103, args: "int pointer int", run: sysSyslog, partial: "the log is always empty" },
  getcpu: { nr: 309, args: "int_pointer_out int_pointer_out pointer", run: sysGetcpu },
  kcmp: { nr: 312, args: "pid pid int ulong ulong", run: sysKcmp },
  set_mempolicy: {
    nr: 238,
    args: "int pointer ulong",
    run: (task, mode, mask, max) => checkPolicy(task, mode, mask, max),
  },
  get_mempolicy: { nr: 239, args: "int_pointer_out pointer ulong pointer hex", run: sysGetMempolicy },
  mbind: { nr: 237, args: "pointer size int pointer ulong hex", run: sysMbind },
  migrate_pages: { nr: 256, args: "pid ulong pointer pointer", run: () => 0 },
  move_pages: { nr: 279, args: "pid ulong pointer pointer pointer hex", run: sysMovePages },
  set_mempolicy_home_node: {
    nr: 450,
    args: "pointer size ulong hex",
    run: (_task, _start, _length, node, flags) => node !== 0 || flags !== 0 ? -EINVAL : 0,
  },
  ioperm: { nr: 173, args: "ulong ulong int", run: sysIoperm, partial: "no ports to be had" },
  iopl: { nr: 172, args: "int", run: sysIopl, partial: "no ports to be had" },
  modify_ldt: { nr: 154, args: "int pointer size", run: sysModifyLdt, partial: "no segments of one's own" },
  reboot: { nr: 169, args: "hex hex hex pointer", run: sysReboot, partial: "always EPERM" },
  vhangup: { nr: 153, args: "", run: (task) => capable(task, CAP_SYS_TTY_CONFIG) ? 0 : -EPERM },
  acct: { nr: 163, args: "path", run: (task) => capable(task, CAP_SYS_PACCT) ? -ENOSYS : -EPERM },
  quotactl: { nr: 179, args: "hex path int pointer", run: () => -ENOSYS, partial: "no quotas" },
  swapon: { nr: 167, args: "path hex", run: refuseSwap, partial: "always EPERM" },
  swapoff: { nr: 168, args: "path", run: refuseSwap, partial: "always EPERM" },
});

function refuseSwap(task: Task, path: number): number {
  if (!capable(task, CAP_SYS_ADMIN)) return -EPERM;
  return pathCheck(task, path) || -EPERM;
}
