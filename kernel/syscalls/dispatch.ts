// What happens at a `syscall` instruction: the row is looked up by number, the handler gets the six registers as signed
// numbers, and its result goes to RAX; or the task is parked and the handler is called again later. No allocation here.

import { R10, R8, R9, RAX, RDI, RDX, RIP, RSI } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { EFAULT, EINTR, ENOSYS, ERESTARTNOHAND, ERESTARTSYS } from "../abi/errno.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import { SA_RESTART } from "../signal/numbers.ts";
import { setMask } from "../signal/send.ts";
import type { Task } from "../task/task.ts";
import { BLOCKED, NO_RESULT, type Syscall } from "./family.ts";
import { syscallTable } from "./table.ts";

/** Follows every call (trace/strace.ts). `exit` gets -ERESTARTSYS and the like for calls that a signal interrupts. */
export interface SyscallTracer {
  enter(task: Task, row: Syscall, a: number, b: number, c: number, d: number, e: number, f: number): void;
  exit(task: Task, row: Syscall, result: number): void;
}

const TABLE_SIZE = 512;
const rows: (Syscall | undefined)[] = new Array(TABLE_SIZE).fill(undefined);
/** Arguments (bit i: the i-th) that are 32 bits wide: compilers leave the upper half of the register undefined. */
const signedArguments = new Uint8Array(TABLE_SIZE), unsignedArguments = new Uint8Array(TABLE_SIZE);
/** Calls by number since start. */
export const syscallCounts: Float64Array = new Float64Array(TABLE_SIZE);
/** Numbers outside the table, or without a row. */
export const unknownCalls: Map<number, number> = new Map();

const SIGNED = new Set(["int", "fd", "dirfd", "pid", "signal"]);
const UNSIGNED = new Set(["uint", "mode", "uid", "gid"]);

for (const row of syscallTable) {
  rows[row.nr] = row;
  row.args.forEach((kind, i) => {
    // Flag sets (upper case) are ints, too; those of 64 bits (clone's, mmap's) have nothing above bit 31.
    if (SIGNED.has(kind) || /^[A-Z]/.test(kind)) signedArguments[row.nr] |= 1 << i;
    else if (UNSIGNED.has(kind)) unsignedArguments[row.nr] |= 1 << i;
  });
}

/** The row of a call number. */
export function syscallRow(nr: number): Syscall | undefined {
  return rows[nr];
}

function register(c: number, slot: number): number {
  const low = I32[c + 2 * slot] >>> 0, high = I32[c + 2 * slot + 1];
  return high === 0 ? low : high * 0x1_0000_0000 + low;
}

function setResult(c: number, result: number): void {
  I32[c + 2 * RAX] = result;
  I32[c + 2 * RAX + 1] = result < 0 ? -1 : result <= 0x7fff_ffff ? 0 : Math.floor(result / 0x1_0000_0000);
}

/** A `syscall` instruction was executed. */
export function enterSyscall(task: Task): void {
  const nr = I32[task.cpu + 2 * RAX];
  task.syscallNr = nr;
  task.syscallState = undefined;
  task.timedOut = false;
  task.partialResult = 0;
  const row = nr >= 0 && nr < TABLE_SIZE ? rows[nr] : undefined;
  if (row === undefined) {
    unknownCalls.set(nr, (unknownCalls.get(nr) ?? 0) + 1);
    setResult(task.cpu, -ENOSYS);
    return;
  }
  syscallCounts[nr]++;
  call(task, row, true);
}

/** The task was woken (or continued) in a call: its handler looks again. */
export function reenterSyscall(task: Task): void {
  call(task, rows[task.syscallNr]!, false);
}

function call(task: Task, row: Syscall, first: boolean): void {
  const cpu = task.cpu;
  let a = register(cpu, RDI), b = register(cpu, RSI), c = register(cpu, RDX);
  let d = register(cpu, R10), e = register(cpu, R8), f = register(cpu, R9);
  const signed = signedArguments[row.nr], unsigned = unsignedArguments[row.nr];
  if ((signed | unsigned) !== 0) {
    if ((signed & 1) !== 0) a |= 0;
    else if ((unsigned & 1) !== 0) a >>>= 0;
    if ((signed & 2) !== 0) b |= 0;
    else if ((unsigned & 2) !== 0) b >>>= 0;
    if ((signed & 4) !== 0) c |= 0;
    else if ((unsigned & 4) !== 0) c >>>= 0;
    if ((signed & 8) !== 0) d |= 0;
    else if ((unsigned & 8) !== 0) d >>>= 0;
    if ((signed & 16) !== 0) e |= 0;
    else if ((unsigned & 16) !== 0) e >>>= 0;
    if ((signed & 32) !== 0) f |= 0;
    else if ((unsigned & 32) !== 0) f >>>= 0;
  }
  const trace = task.instance.trace;
  if (first && trace !== undefined) trace.enter(task, row, a, b, c, d, e, f);
  let result: number;
  try {
    result = row.run(task, a, b, c, d, e, f);
  } catch (error) {
    if (error !== EFAULT_SENTINEL) throw error;
    result = -EFAULT;
  }
  if (result === BLOCKED) {
    task.inSyscall = true;
    return;
  }
  if (result === -ERESTARTSYS || result === -ERESTARTNOHAND) {
    // A handler that was interrupted without blocking (a background process that gets SIGTTIN).
    task.interruptResult = result;
    task.inSyscall = true;
    return;
  }
  task.inSyscall = false;
  if (result !== NO_RESULT) setResult(cpu, result);
  // ppoll, pselect, epoll_pwait: the call is over, so is its mask.
  if (task.savedMask !== undefined && task.state !== "dead") restoreMask(task);
  if (trace !== undefined) trace.exit(task, row, result);
}

function restoreMask(task: Task): void {
  const { low, high } = task.savedMask!;
  task.savedMask = undefined;
  setMask(task, low, high);
}

/** A handler will run for a signal that interrupted the call: it ends with EINTR or a part of the result, or is restarted later. */
export function interruptForHandler(task: Task, handlerFlags: number): void {
  if (!task.inSyscall) return;
  task.inSyscall = false;
  const c = task.cpu;
  let result = task.interruptResult;
  if (task.partialResult > 0) setResult(c, result = task.partialResult);
  else if (result === -ERESTARTSYS && (handlerFlags & SA_RESTART) !== 0) {
    // The instruction runs again after sigreturn: `syscall` has two bytes.
    const low = I32[c + 2 * RIP];
    I32[c + 2 * RIP] = low - 2;
    if (low >>> 0 < 2) I32[c + 2 * RIP + 1]--;
    setResult(c, task.syscallNr);
  } else setResult(c, -EINTR);
  abandonCall(task);
  task.instance.trace?.exit(task, rows[task.syscallNr]!, result);
}

/** The call in progress will not be run again: what it holds (a FIFO half open, a place in a queue of locks) is given up. */
export function abandonCall(task: Task): void {
  task.syscallState?.abandon?.();
  task.syscallState = undefined;
}

/** Signals interrupted the call, but none ran a handler: most calls go on where they were, some end with EINTR even so. */
export function interruptWithoutHandler(task: Task): void {
  if (task.inSyscall && task.interruptResult === -EINTR) {
    task.inSyscall = false;
    const result = task.partialResult > 0 ? task.partialResult : -EINTR;
    setResult(task.cpu, result);
    abandonCall(task);
    task.instance.trace?.exit(task, rows[task.syscallNr]!, result);
  }
  if (!task.inSyscall && task.savedMask !== undefined) restoreMask(task);
}
