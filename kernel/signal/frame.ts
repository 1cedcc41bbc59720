// The x86-64 signal frame (struct rt_sigframe of arch/x86): what a handler finds on its stack, and the way back.
//
// From the frame's start, which is 8 modulo 16 as after a call:
//     0  return address (sa_restorer)
//     8  struct ucontext: uc_flags, uc_link, uc_stack (ss_sp, ss_flags, ss_size), sigcontext (256 bytes), uc_sigmask
//   312  siginfo (128 bytes)
//   440  end; above it, 64-byte aligned, the FXSAVE or XSAVE area that sigcontext.fpstate points to.

import {
  DF,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R8,
  R9,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RIP,
  RSI,
  RSP,
  TF,
} from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import { EFAULT_SENTINEL } from "../mm/user_memory.ts";
import type { Task } from "../task/task.ts";
import { faultRecord } from "./fault_record.ts";
import { frameStateBytes, FXSAVE_BYTES, resetFpState, restoreFrameState, saveFrameState } from "./fpstate.ts";
import type { SignalAction } from "./handlers.ts";
import { encodeSiginfo, SIGINFO_BYTES, type SignalInfo } from "./info.ts";
import { SA_ONSTACK, SA_RESTORER } from "./numbers.ts";
import { forceSegv, setMask } from "./send.ts";

export const SS_ONSTACK = 1, SS_DISABLE = 2, SS_AUTODISARM = 0x8000_0000 | 0;
/** uc_flags: fpstate has XSAVE data / SS is saved and restored strictly. */
const UC_FP_XSTATE = 1, UC_SIGCONTEXT_SS = 2, UC_STRICT_RESTORE_SS = 4;
const RED_ZONE = 128;
const UCONTEXT = 8, SIGCONTEXT = UCONTEXT + 40, SIGMASK = SIGCONTEXT + 256, SIGINFO = SIGMASK + 8;
export const FRAME_BYTES = SIGINFO + SIGINFO_BYTES;
const USER_CS = 0x33, USER_SS = 0x2b;
/** RFLAGS bits a frame may set: AC OF DF TF SF ZF AF PF CF RF. */
const RESTORED_FLAGS = 0x50dd5;
const HALF = 0x1_0000_0000;

/** Order of the registers in struct sigcontext. */
const CONTEXT_REGISTERS = [
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  RDI,
  RSI,
  RBP,
  RBX,
  RDX,
  RAX,
  RCX,
  RSP,
  RIP,
];

const frame = new Uint8Array(FRAME_BYTES);
const view = new DataView(frame.buffer);

function put64(offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value / HALF), true);
}

function register(c: number, slot: number): number {
  return I32[c + 2 * slot + 1] * HALF + (I32[c + 2 * slot] >>> 0);
}

function setRegister(c: number, slot: number, value: number): void {
  I32[c + 2 * slot] = value;
  I32[c + 2 * slot + 1] = Math.floor(value / HALF);
}

/** Whether `sp` lies on the task's alternate stack. With SS_AUTODISARM it never counts as "on". */
export function onAltStack(task: Task, sp: number): boolean {
  const { address, size, flags } = task.altStack;
  if ((flags & SS_AUTODISARM) !== 0) return false;
  return size > 0 && sp > address && sp - address <= size;
}

/** ss_flags as sigaltstack and frames tell them. */
export function altStackFlags(task: Task, sp: number): number {
  if (task.altStack.size === 0) return SS_DISABLE;
  return onAltStack(task, sp) ? SS_ONSTACK : 0;
}

/**
 * Makes the task enter the handler of `action` for `info`; `maskLow/High` is what sigreturn will restore. False when the
 * frame cannot be written, then nothing has changed.
 */
export function pushSignalFrame(
  task: Task,
  info: SignalInfo,
  action: SignalAction,
  maskLow: number,
  maskHigh: number,
): boolean {
  const c = task.cpu, { altStack } = task;
  if ((action.flags & SA_RESTORER) === 0) return false;
  const sp = register(c, RSP);
  let top = sp - RED_ZONE;
  const nested = onAltStack(task, sp);
  let entering = false;
  if ((action.flags & SA_ONSTACK) !== 0 && altStack.size > 0 && !nested) {
    top = altStack.address + altStack.size;
    entering = true;
  }
  const stateBytes = frameStateBytes(c);
  const fpstate = Math.floor((top - stateBytes) / 64) * 64;
  const base = Math.floor((fpstate - FRAME_BYTES) / 16) * 16 - 8;
  // Running off the alternate stack must not go on below it.
  if ((entering || nested) && base < altStack.address) return false;

  const flags = task.instance.executor.readFlags(c);
  frame.fill(0);
  put64(0, action.restorer);
  put64(UCONTEXT, (stateBytes > FXSAVE_BYTES ? UC_FP_XSTATE : 0) | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS);
  put64(UCONTEXT + 16, altStack.address);
  view.setInt32(UCONTEXT + 24, altStackFlags(task, sp) | (altStack.flags & SS_AUTODISARM), true);
  put64(UCONTEXT + 32, altStack.size);
  for (let i = 0; i < CONTEXT_REGISTERS.length; i++) {
    const slot = c + 2 * CONTEXT_REGISTERS[i];
    view.setInt32(SIGCONTEXT + 8 * i, I32[slot], true);
    view.setInt32(SIGCONTEXT + 8 * i + 4, I32[slot + 1], true);
  }
  put64(SIGCONTEXT + 136, flags);
  view.setUint16(SIGCONTEXT + 144, USER_CS, true);
  view.setUint16(SIGCONTEXT + 150, USER_SS, true);
  const record = faultRecord(task);
  put64(SIGCONTEXT + 152, record?.errorCode ?? 0);
  put64(SIGCONTEXT + 160, record?.vector ?? 0);
  view.setInt32(SIGCONTEXT + 168, maskLow, true);
  view.setInt32(SIGCONTEXT + 172, maskHigh, true);
  put64(SIGCONTEXT + 176, record?.address ?? 0);
  put64(SIGCONTEXT + 184, fpstate);
  view.setInt32(SIGMASK, maskLow, true);
  view.setInt32(SIGMASK + 4, maskHigh, true);
  frame.set(encodeSiginfo(info), SIGINFO);
  try {
    task.memory.write(fpstate, saveFrameState(c), 0, stateBytes);
    task.memory.write(base, frame, 0, FRAME_BYTES);
  } catch (error) {
    if (error !== EFAULT_SENTINEL) throw error;
    return false;
  }
  if ((altStack.flags & SS_AUTODISARM) !== 0) task.altStack = { address: 0, size: 0, flags: SS_DISABLE };

  setRegister(c, RIP, action.handler);
  setRegister(c, RSP, base);
  setRegister(c, RDI, info.signo);
  setRegister(c, RSI, base + SIGINFO);
  setRegister(c, RDX, base + UCONTEXT);
  // Handlers may be declared with varargs: no vector registers are in use.
  setRegister(c, RAX, 0);
  task.instance.executor.writeFlags(c, flags & ~(DF | TF | 0x10000));
  // A handler starts with the initial floating-point state; sigreturn brings back the frame's.
  resetFpState(c);
  return true;
}

const image = new Uint8Array(1024);

/** rt_sigreturn: everything is as the frame says. A frame that cannot be read, or makes no sense, means SIGSEGV. */
export function popSignalFrame(task: Task): void {
  const c = task.cpu;
  const base = register(c, RSP) - 8;
  try {
    task.memory.read(base, frame, 0, FRAME_BYTES);
    const fpstate = view.getUint32(SIGCONTEXT + 184, true) + view.getInt32(SIGCONTEXT + 188, true) * HALF;
    if (fpstate === 0) resetFpState(c);
    else {
      // Memory reads use no frame of their own: `frame` is still what was read above.
      const read = (offset: number, count: number) => {
        task.memory.read(fpstate + offset, image, 0, count);
        return image.subarray(0, count);
      };
      if (!restoreFrameState(c, read)) return forceSegv(task, 0);
    }
  } catch (error) {
    if (error !== EFAULT_SENTINEL) throw error;
    return forceSegv(task, 0);
  }
  for (let i = 0; i < CONTEXT_REGISTERS.length; i++) {
    const slot = c + 2 * CONTEXT_REGISTERS[i];
    I32[slot] = view.getInt32(SIGCONTEXT + 8 * i, true);
    I32[slot + 1] = view.getInt32(SIGCONTEXT + 8 * i + 4, true);
  }
  const flags = task.instance.executor.readFlags(c) & ~RESTORED_FLAGS;
  task.instance.executor.writeFlags(c, flags | (view.getInt32(SIGCONTEXT + 136, true) & RESTORED_FLAGS));
  setMask(task, view.getInt32(SIGMASK, true), view.getInt32(SIGMASK + 4, true));
  // Frames that switched stacks restore the alternate stack, unless the task runs on it now (then it stays).
  const stack = {
    address: view.getUint32(UCONTEXT + 16, true) + view.getInt32(UCONTEXT + 20, true) * HALF,
    flags: view.getInt32(UCONTEXT + 24, true),
    size: view.getUint32(UCONTEXT + 32, true) + view.getInt32(UCONTEXT + 36, true) * HALF,
  };
  if (onAltStack(task, register(c, RSP))) return;
  const mode = stack.flags & ~SS_AUTODISARM;
  if (mode === SS_DISABLE || stack.size === 0) task.altStack = { address: 0, size: 0, flags: SS_DISABLE };
  else if ((mode === 0 || mode === SS_ONSTACK) && stack.size >= 2048) {
    task.altStack = { address: stack.address, size: stack.size, flags: stack.flags & SS_AUTODISARM };
  }
}
