// Signals: actions, masks, sending, and waiting for them without a handler.

import { RSP } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { EAGAIN, EINTR, EINVAL, ENOMEM, EPERM, ERESTARTNOHAND, ESRCH } from "../abi/errno.ts";
import {
  altStackFlags,
  onAltStack,
  popSignalFrame,
  SS_AUTODISARM,
  SS_DISABLE,
  SS_ONSTACK,
} from "../signal/frame.ts";
import { readSiginfo, type SignalInfo, writeSiginfo } from "../signal/info.ts";
import { NSIG, SA_KNOWN, SI_TKILL, SI_USER, SIGKILL, SIGSTOP, UNBLOCKABLE } from "../signal/numbers.ts";
import { mayKill } from "../signal/permission.ts";
import { discardIgnored, recalcPending, sendSignal, setMask } from "../signal/send.ts";
import { takeSignal } from "../signal/take.ts";
import type { Process } from "../task/process.ts";
import type { Task } from "../task/task.ts";
import { readTimespecNs } from "../time/timespec.ts";
import { family, NO_RESULT, type Syscall } from "./family.ts";

const SIGSET_BYTES = 8;
const MINSIGSTKSZ = 2048;

function sysRtSigaction(
  task: Task,
  signo: number,
  newAction: number,
  oldAction: number,
  size: number,
): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  const { memory, handlers } = task;
  const wanted = newAction === 0 ? undefined : {
    handler: memory.readU64(newAction),
    flags: memory.readI32(newAction + 8) & SA_KNOWN,
    restorer: memory.readU64(newAction + 16),
    maskLow: memory.readI32(newAction + 24) & ~UNBLOCKABLE,
    maskHigh: memory.readI32(newAction + 28),
  };
  if (signo < 1 || signo > NSIG) return -EINVAL;
  if (wanted !== undefined && (signo === SIGKILL || signo === SIGSTOP)) return -EINVAL;
  const old = handlers.actions[signo];
  if (wanted !== undefined) {
    handlers.actions[signo] = wanted;
    // POSIX: what is pending and now ignored is dropped, even when it is blocked. SIGCONT's effect is past already.
    if (handlers.ignores(signo)) discardIgnored(task.process, signo);
  }
  if (oldAction !== 0) {
    memory.writeU64(oldAction, old.handler);
    memory.writeU32(oldAction + 8, old.flags >>> 0);
    memory.writeU32(oldAction + 12, 0);
    memory.writeU64(oldAction + 16, old.restorer);
    memory.writeU32(oldAction + 24, old.maskLow >>> 0);
    memory.writeU32(oldAction + 28, old.maskHigh >>> 0);
  }
  return 0;
}

function writeSet(task: Task, address: number, low: number, high: number): void {
  task.memory.writeU32(address, low >>> 0);
  task.memory.writeU32(address + 4, high >>> 0);
}

function sysRtSigprocmask(task: Task, how: number, set: number, old: number, size: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  const { maskLow, maskHigh } = task;
  if (set !== 0) {
    const low = task.memory.readI32(set), high = task.memory.readI32(set + 4);
    if (how === 0) setMask(task, maskLow | low, maskHigh | high);
    else if (how === 1) setMask(task, maskLow & ~low, maskHigh & ~high);
    else if (how === 2) setMask(task, low, high);
    else return -EINVAL;
  }
  if (old !== 0) writeSet(task, old, maskLow, maskHigh);
  return 0;
}

function sysRtSigpending(task: Task, set: number, size: number): number {
  if (size > SIGSET_BYTES) return -EINVAL;
  const own = task.pending, shared = task.process.pending;
  const bytes = new Uint8Array(8), data = new DataView(bytes.buffer);
  data.setInt32(0, (own.low | shared.low) & task.maskLow, true);
  data.setInt32(4, (own.high | shared.high) & task.maskHigh, true);
  task.memory.write(set, bytes, 0, size);
  return 0;
}

function sysRtSigsuspend(task: Task, set: number, size: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  if (task.syscallState === undefined) {
    const low = task.memory.readI32(set), high = task.memory.readI32(set + 4);
    task.syscallState = true;
    task.savedMask = { low: task.maskLow, high: task.maskHigh };
    setMask(task, low, high);
  }
  return task.block([], Infinity, -ERESTARTNOHAND);
}

function sysPause(task: Task): number {
  return task.block([], Infinity, -ERESTARTNOHAND);
}

interface TimedWait {
  low: number;
  high: number;
  deadline: number;
}

function sysRtSigtimedwait(task: Task, set: number, info: number, timeout: number, size: number): number {
  if (size !== SIGSET_BYTES) return -EINVAL;
  let state = task.syscallState as TimedWait | undefined;
  if (state === undefined) {
    const low = task.memory.readI32(set) & ~UNBLOCKABLE, high = task.memory.readI32(set + 4);
    let deadline = Infinity;
    if (timeout !== 0) {
      const ns = readTimespecNs(task.memory, timeout);
      if (ns < 0) return ns;
      deadline = ns === 0 ? 0 : task.instance.clock.monotonicNs() + ns;
    }
    state = task.syscallState = { low, high, deadline };
  }
  // Signals of the set count as unblocked for the taking, all others as blocked.
  const taken = takeWaited(task, state);
  if (taken !== undefined) {
    recalcPending(task);
    if (info !== 0) writeSiginfo(task.memory, info, taken);
    return taken.signo;
  }
  if (task.timedOut || state.deadline === 0) return -EAGAIN;
  // Signals of the set wake it even when they are blocked; others that are not blocked interrupt it.
  return task.block(task.process.signalQueue, state.deadline, -EINTR);
}

function takeWaited(task: Task, { low, high }: TimedWait): SignalInfo | undefined {
  const own = task.pending, shared = task.process.pending;
  if (((own.low | shared.low) & low) === 0 && ((own.high | shared.high) & high) === 0) return undefined;
  if (((own.low | shared.low) & (1 << (SIGKILL - 1))) !== 0) return undefined;
  return takeSignal(task, ~low, ~high);
}

function userSignal(task: Task, signo: number, code: number): SignalInfo {
  return { signo, code, pid: task.process.pid, uid: task.credentials.uid };
}

/** Sends after the checks of kill(2); signal 0 only checks. */
function killProcess(task: Task, target: Process, signo: number, info: SignalInfo): number {
  if (target.isInit) return task.credentials.euid === 0 ? 0 : -EPERM;
  if (!mayKill(task, target.leader, signo)) return -EPERM;
  return signo === 0 ? 0 : sendSignal(target, info);
}

function sysKill(task: Task, pid: number, signo: number): number {
  const { pids } = task.instance;
  if (pid > 0) {
    const target = pids.process(pid) ?? pids.task(pid)?.process;
    if (target === undefined || target.state === "dead") return -ESRCH;
    if (signo < 0 || signo > NSIG) return -EINVAL;
    return killProcess(task, target, signo, userSignal(task, signo, SI_USER));
  }
  if (pid === -0x8000_0000) return -ESRCH;
  const targets: Process[] = [];
  if (pid === -1) {
    for (const process of pids.processes.values()) {
      if (!process.isInit && process !== task.process) targets.push(process);
    }
  } else targets.push(...pids.group(pid === 0 ? task.process.pgid : -pid) ?? []);
  if (targets.length === 0) return -ESRCH;
  if (signo < 0 || signo > NSIG) return -EINVAL;
  let result = -ESRCH;
  for (const target of targets) {
    const one = killProcess(task, target, signo, userSignal(task, signo, SI_USER));
    // kill(-1) does not count refusals; a group counts as signalled when one member was.
    if (pid === -1) result = one === -EPERM ? (result === -ESRCH ? 0 : result) : one;
    else if (result !== 0) result = one;
  }
  return result;
}

function sendToThread(task: Task, tgid: number, tid: number, signo: number, info: SignalInfo): number {
  const target = task.instance.pids.task(tid);
  if (target === undefined || (tgid > 0 && target.process.pid !== tgid)) return -ESRCH;
  if (signo < 0 || signo > NSIG) return -EINVAL;
  if (!mayKill(task, target, signo)) return -EPERM;
  // A leader that has ended, or a zombie, takes no more signals.
  return signo === 0 || target.state === "dead" ? 0 : sendSignal(target, info);
}

function sysTkill(task: Task, tid: number, signo: number): number {
  if (tid <= 0) return -EINVAL;
  return sendToThread(task, 0, tid, signo, userSignal(task, signo, SI_TKILL));
}

function sysTgkill(task: Task, tgid: number, tid: number, signo: number): number {
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  return sendToThread(task, tgid, tid, signo, userSignal(task, signo, SI_TKILL));
}

/** Only the kernel and kill(2) may say that a signal comes from them. */
function forged(task: Task, info: SignalInfo, pid: number): boolean {
  return (info.code >= 0 || info.code === SI_TKILL) && pid !== task.process.pid;
}

function sysRtSigqueueinfo(task: Task, pid: number, signo: number, address: number): number {
  const info = readSiginfo(task.memory, address, signo);
  if (forged(task, info, pid)) return -EPERM;
  const { pids } = task.instance;
  const target = pids.process(pid) ?? pids.task(pid)?.process;
  if (target === undefined) return -ESRCH;
  if (signo < 0 || signo > NSIG) return -EINVAL;
  return killProcess(task, target, signo, info);
}

function sysRtTgsigqueueinfo(task: Task, tgid: number, tid: number, signo: number, address: number): number {
  if (tgid <= 0 || tid <= 0) return -EINVAL;
  const info = readSiginfo(task.memory, address, signo);
  if (forged(task, info, tgid)) return -EPERM;
  return sendToThread(task, tgid, tid, signo, info);
}

function sysSigaltstack(task: Task, newStack: number, oldStack: number): number {
  const { memory } = task, c = task.cpu;
  const sp = I32[c + 2 * RSP + 1] * 0x1_0000_0000 + (I32[c + 2 * RSP] >>> 0);
  const old = task.altStack;
  const flags = altStackFlags(task, sp) | (old.flags & SS_AUTODISARM);
  if (newStack !== 0) {
    const address = memory.readU64(newStack),
      wanted = memory.readI32(newStack + 8),
      size = memory.readU64(newStack + 16);
    if (onAltStack(task, sp)) return -EPERM;
    const mode = wanted & ~SS_AUTODISARM;
    if (mode !== 0 && mode !== SS_ONSTACK && mode !== SS_DISABLE) return -EINVAL;
    if (mode === SS_DISABLE) task.altStack = { address: 0, size: 0, flags: wanted };
    else if (size < MINSIGSTKSZ) return -ENOMEM;
    else task.altStack = { address, size, flags: wanted };
  }
  if (oldStack !== 0) {
    memory.writeU64(oldStack, old.address);
    memory.writeU32(oldStack + 8, flags >>> 0);
    memory.writeU32(oldStack + 12, 0);
    memory.writeU64(oldStack + 16, old.size);
  }
  return 0;
}

function sysRtSigreturn(task: Task): number {
  popSignalFrame(task);
  return NO_RESULT;
}

export const signal: Syscall[] = family({
  rt_sigaction: { nr: 13, args: "signal sigaction sigaction_out size", run: sysRtSigaction },
  rt_sigprocmask: { nr: 14, args: "SIGHOW sigset sigset_out size", run: sysRtSigprocmask },
  rt_sigreturn: { nr: 15, args: "", run: sysRtSigreturn },
  rt_sigpending: { nr: 127, args: "sigset_out size", run: sysRtSigpending },
  rt_sigsuspend: { nr: 130, args: "sigset size", run: sysRtSigsuspend },
  rt_sigtimedwait: { nr: 128, args: "sigset siginfo_out timespec size", run: sysRtSigtimedwait },
  rt_sigqueueinfo: { nr: 129, args: "pid signal siginfo", run: sysRtSigqueueinfo },
  rt_tgsigqueueinfo: { nr: 297, args: "pid pid signal siginfo", run: sysRtTgsigqueueinfo },
  sigaltstack: { nr: 131, args: "stack stack_out", run: sysSigaltstack },
  kill: { nr: 62, args: "pid signal", run: sysKill },
  tkill: { nr: 200, args: "pid signal", run: sysTkill },
  tgkill: { nr: 234, args: "pid pid signal", run: sysTgkill },
  pause: { nr: 34, args: "", run: sysPause },
});
