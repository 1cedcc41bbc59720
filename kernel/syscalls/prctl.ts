// prctl: settings of a thread or process that found no place elsewhere.

import { EINVAL, EPERM } from "../abi/errno.ts";
import { decodeName, encodeName } from "../abi/text.ts";
import { NSIG } from "../signal/numbers.ts";
import { and, CAP_LAST, CAP_SETPCAP, capable, hasBit, or, without } from "../task/capabilities.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const COMM_BYTES = 16;
const SECURE_KEEP_CAPS = 0x10;

function setName(task: Task, address: number): number {
  const bytes = new Uint8Array(COMM_BYTES);
  let length = 0;
  while (length < COMM_BYTES - 1) {
    const byte = task.memory.readU8(address + length);
    if (byte === 0) break;
    bytes[length++] = byte;
  }
  task.comm = decodeName(bytes, 0, length);
  return 0;
}

function getName(task: Task, address: number): number {
  const bytes = new Uint8Array(COMM_BYTES);
  bytes.set(encodeName(task.comm).subarray(0, COMM_BYTES - 1));
  task.memory.write(address, bytes, 0, COMM_BYTES);
  return 0;
}

const SECBIT_NO_CAP_AMBIENT_RAISE = 1 << 6;

/** PR_CAP_AMBIENT: is set, raise, lower, clear all. */
function ambient(task: Task, operation: number, capability: number): number {
  const old = task.credentials;
  if (operation === 4) {
    if (capability !== 0) return -EINVAL;
    task.credentials = { ...old, capAmbient: 0 };
    return 0;
  }
  if (operation < 1 || operation > 4 || capability < 0 || capability > CAP_LAST) return -EINVAL;
  const bit = 2 ** capability;
  if (operation === 1) return hasBit(old.capAmbient, capability) ? 1 : 0;
  if (operation === 2 && and(and(old.capPermitted, old.capInheritable), bit) === 0) return -EPERM;
  if (operation === 2 && (task.securebits & SECBIT_NO_CAP_AMBIENT_RAISE) !== 0) return -EPERM;
  const capAmbient = operation === 2 ? or(old.capAmbient, bit) : without(old.capAmbient, bit);
  task.credentials = { ...old, capAmbient };
  return 0;
}

function dropBound(task: Task, capability: number): number {
  if (!capable(task, CAP_SETPCAP)) return -EPERM;
  if (capability < 0 || capability > CAP_LAST) return -EINVAL;
  const old = task.credentials;
  task.credentials = { ...old, capBounding: without(old.capBounding, 2 ** capability) };
  return 0;
}

function sysPrctl(task: Task, option: number, a: number, b: number, c: number, d: number): number {
  const { process } = task;
  switch (option) {
    case 1: // PR_SET_PDEATHSIG
      if (a < 0 || a > NSIG) return -EINVAL;
      task.parentDeathSignal = a;
      return 0;
    case 2: // PR_GET_PDEATHSIG
      task.memory.writeU32(a, task.parentDeathSignal);
      return 0;
    case 3: // PR_GET_DUMPABLE
      return process.dumpable;
    case 4: // PR_SET_DUMPABLE
      if (a !== 0 && a !== 1) return -EINVAL;
      process.dumpable = a;
      return 0;
    case 7: // PR_GET_KEEPCAPS
      return task.keepCaps ? 1 : 0;
    case 8: // PR_SET_KEEPCAPS
      if (a !== 0 && a !== 1) return -EINVAL;
      task.keepCaps = a === 1;
      return 0;
    case 13: // PR_GET_TIMING: statistical
      return 0;
    case 14: // PR_SET_TIMING
      return a === 0 ? 0 : -EINVAL;
    case 15: // PR_SET_NAME
      return setName(task, a);
    case 16: // PR_GET_NAME
      return getName(task, a);
    case 21: // PR_GET_SECCOMP
      return 0;
    case 22: // PR_SET_SECCOMP
      return -EINVAL;
    case 23: // PR_CAPBSET_READ
      if (a < 0 || a > CAP_LAST) return -EINVAL;
      return hasBit(task.credentials.capBounding, a) ? 1 : 0;
    case 24: // PR_CAPBSET_DROP
      return dropBound(task, a);
    case 25: // PR_GET_TSC: readable
      task.memory.writeU32(a, 1);
      return 0;
    case 26: // PR_SET_TSC
      return a === 1 ? 0 : -EINVAL;
    case 27: // PR_GET_SECUREBITS
      return task.securebits | (task.keepCaps ? SECURE_KEEP_CAPS : 0);
    case 28: // PR_SET_SECUREBITS
      if (!capable(task, CAP_SETPCAP)) return -EPERM;
      if ((a & ~0xff) !== 0) return -EPERM;
      task.securebits = a & ~SECURE_KEEP_CAPS;
      task.keepCaps = (a & SECURE_KEEP_CAPS) !== 0;
      return 0;
    case 29: // PR_SET_TIMERSLACK
      task.timerSlackNs = a <= 0 ? 50_000 : a;
      return 0;
    case 30: // PR_GET_TIMERSLACK
      return task.timerSlackNs;
    case 35: // PR_SET_MM
      return -EPERM;
    case 36: // PR_SET_CHILD_SUBREAPER
      process.subreaper = a !== 0;
      return 0;
    case 37: // PR_GET_CHILD_SUBREAPER
      task.memory.writeU32(a, process.subreaper ? 1 : 0);
      return 0;
    case 38: // PR_SET_NO_NEW_PRIVS
      if (a !== 1 || b !== 0 || c !== 0 || d !== 0) return -EINVAL;
      task.noNewPrivs = true;
      return 0;
    case 39: // PR_GET_NO_NEW_PRIVS
      if (a !== 0 || b !== 0 || c !== 0 || d !== 0) return -EINVAL;
      return task.noNewPrivs ? 1 : 0;
    case 40: // PR_GET_TID_ADDRESS
      task.memory.writeU64(a, task.clearChildTid);
      return 0;
    case 41: // PR_SET_THP_DISABLE
      return b !== 0 || c !== 0 || d !== 0 ? -EINVAL : 0;
    case 42: // PR_GET_THP_DISABLE
      return a !== 0 || b !== 0 || c !== 0 || d !== 0 ? -EINVAL : 0;
    case 47: // PR_CAP_AMBIENT
      if (c !== 0 || d !== 0) return -EINVAL;
      return ambient(task, a, b);
    case 0x53564d41: // PR_SET_VMA: names of anonymous memory are not kept
      return a === 0 ? 0 : -EINVAL;
    case 0x59616d61: // PR_SET_PTRACER
      return 0;
    default:
      return -EINVAL;
  }
}

export const prctl: Syscall[] = family({
  prctl: { nr: 157, args: "PR ulong ulong ulong ulong", run: sysPrctl, partial: "no seccomp" },
});
