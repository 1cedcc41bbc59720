// Which signal a CPU exception becomes (arch/x86/kernel/traps.c): number, si_code and si_addr.

import { RIP } from "../../translator/cpu.ts";
import {
  fault,
  PF_PRESENT,
  VECTOR_AC,
  VECTOR_BP,
  VECTOR_BR,
  VECTOR_DB,
  VECTOR_DE,
  VECTOR_GP,
  VECTOR_MF,
  VECTOR_NP,
  VECTOR_OF,
  VECTOR_PF,
  VECTOR_SS,
  VECTOR_UD,
  VECTOR_XM,
} from "../../translator/env.ts";
import { I32 } from "../../translator/ram.ts";
import type { Task } from "../task/task.ts";
import { recordFault } from "./fault_record.ts";
import { unmaskedSse, unmaskedX87 } from "./fpstate.ts";
import {
  BUS_ADRALN,
  FPE_FLTDIV,
  FPE_FLTINV,
  FPE_FLTOVF,
  FPE_FLTRES,
  FPE_FLTUND,
  FPE_INTDIV,
  ILL_ILLOPN,
  SEGV_ACCERR,
  SEGV_MAPERR,
  SI_KERNEL,
  SIGBUS,
  SIGFPE,
  SIGILL,
  SIGSEGV,
  SIGTRAP,
  TRAP_BRKPT,
  TRAP_TRACE,
} from "./numbers.ts";
import { forceSignal } from "./send.ts";

/** Turns the translator's fault into a signal for the task that ran. */
export function handleFault(task: Task): void {
  const { vector, errorCode, address } = fault;
  const c = task.cpu;
  const rip = I32[c + 2 * RIP + 1] * 0x1_0000_0000 + (I32[c + 2 * RIP] >>> 0);
  recordFault(task, vector, vector === VECTOR_DB ? 0 : errorCode, address);
  let signo = SIGSEGV, code = SI_KERNEL, addr = 0;
  switch (vector) {
    case VECTOR_DE:
      signo = SIGFPE;
      code = FPE_INTDIV;
      addr = rip;
      break;
    case VECTOR_UD:
      signo = SIGILL;
      code = ILL_ILLOPN;
      addr = rip;
      break;
    case VECTOR_BP:
      signo = SIGTRAP;
      break;
    case VECTOR_DB:
      signo = SIGTRAP;
      code = (errorCode & 0x4000) !== 0 ? TRAP_TRACE : TRAP_BRKPT;
      addr = rip;
      break;
    case VECTOR_PF:
      // Addresses in the kernel's half (negative) have no mapping as far as user mode is told, though the error code says present.
      code = (errorCode & PF_PRESENT) !== 0 && address >= 0 ? SEGV_ACCERR : SEGV_MAPERR;
      addr = address;
      break;
    case VECTOR_XM:
      signo = SIGFPE;
      code = fpeCode(unmaskedSse(c));
      addr = rip;
      break;
    case VECTOR_MF:
      signo = SIGFPE;
      code = fpeCode(unmaskedX87(c));
      addr = rip;
      break;
    case VECTOR_AC:
      signo = SIGBUS;
      code = BUS_ADRALN;
      break;
    case VECTOR_SS:
    case VECTOR_NP:
      signo = SIGBUS;
      break;
    case VECTOR_OF:
    case VECTOR_BR:
    case VECTOR_GP:
      break;
  }
  if (fault.signal !== 0) {
    signo = fault.signal;
    code = fault.siCode;
    addr = address;
  }
  forceSignal(task, { signo, code, pid: 0, uid: 0, addr });
}

/** si_code of the first unmasked exception (arch/x86/kernel/fpu/core.c fpu__exception_code). */
function fpeCode(exceptions: number): number {
  if ((exceptions & 1) !== 0) return FPE_FLTINV;
  if ((exceptions & 4) !== 0) return FPE_FLTDIV;
  if ((exceptions & 8) !== 0) return FPE_FLTOVF;
  if ((exceptions & 0x12) !== 0) return FPE_FLTUND;
  return (exceptions & 0x20) !== 0 ? FPE_FLTRES : 0;
}
