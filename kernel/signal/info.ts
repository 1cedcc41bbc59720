// What a signal carries (siginfo_t), and its 128 bytes in guest memory.

import type { UserMemory } from "../mm/user_memory.ts";
import {
  SI_TIMER,
  SI_USER,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGIO,
  SIGSEGV,
  SIGSYS,
  SIGTRAP,
} from "./numbers.ts";

export const SIGINFO_BYTES = 128;

export interface SignalInfo {
  signo: number;
  /** SI_USER, SI_KERNEL, CLD_*, SEGV_* …: which of the optional fields mean something. */
  code: number;
  /** Sender: pid and real uid. */
  pid: number;
  uid: number;
  errno?: number;
  /** sigqueue(3), timers: union sigval, low and high word. */
  value?: number;
  valueHigh?: number;
  /** Faults: the address (SIGSYS: of the call). */
  addr?: number;
  /** SIGCHLD: exit code, or the signal that killed, stopped or continued the child. */
  status?: number;
  /** SIGCHLD: CPU times of the child in clock ticks. */
  utime?: number;
  stime?: number;
  /** SI_TIMER: id; its pending signal counts missed expirations in `overrun`. */
  timerId?: number;
  overrun?: number;
  /** SIGIO: POLL* bits and descriptor. SIGSYS: `fd` is the call number. */
  band?: number;
  fd?: number;
  /** The 128 bytes as rt_sigqueueinfo got them; they win over all fields but signo and code. */
  raw?: Uint8Array;
}

/** A signal by the kernel itself. */
export function kernelSignal(signo: number, code = 0x80): SignalInfo {
  return { signo, code, pid: 0, uid: 0 };
}

/** Which member of the union _sifields holds for this signal (kernel/signal.c siginfo_layout). */
export function siginfoLayout(
  signo: number,
  code: number,
): "kill" | "timer" | "poll" | "fault" | "child" | "rt" | "sys" {
  if (code > SI_USER && code < 0x80) {
    switch (signo) {
      case SIGILL:
      case SIGFPE:
      case SIGSEGV:
      case SIGBUS:
      case SIGTRAP:
        return "fault";
      case SIGCHLD:
        return "child";
      case SIGIO:
        return "poll";
      case SIGSYS:
        return "sys";
      default:
        // POLL_IN … POLL_HUP by a signal of the program's choice (F_SETSIG).
        return code <= 6 ? "poll" : "kill";
    }
  }
  if (code === SI_TIMER) return "timer";
  if (code === -5) return "poll";
  return code < 0 ? "rt" : "kill";
}

const bytes = new Uint8Array(SIGINFO_BYTES);
const view = new DataView(bytes.buffer);

function put64(offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setInt32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

/** The 128 bytes; the array is reused by the next call. */
export function encodeSiginfo(info: SignalInfo): Uint8Array {
  if (info.raw !== undefined) {
    bytes.set(info.raw);
    view.setInt32(0, info.signo, true);
    return bytes;
  }
  bytes.fill(0);
  view.setInt32(0, info.signo, true);
  view.setInt32(4, info.errno ?? 0, true);
  view.setInt32(8, info.code, true);
  switch (siginfoLayout(info.signo, info.code)) {
    case "kill":
    case "rt":
      view.setInt32(16, info.pid, true);
      view.setUint32(20, info.uid, true);
      view.setInt32(24, info.value ?? 0, true);
      view.setInt32(28, info.valueHigh ?? 0, true);
      break;
    case "timer":
      view.setInt32(16, info.timerId ?? 0, true);
      view.setInt32(20, info.overrun ?? 0, true);
      view.setInt32(24, info.value ?? 0, true);
      view.setInt32(28, info.valueHigh ?? 0, true);
      break;
    case "child":
      view.setInt32(16, info.pid, true);
      view.setUint32(20, info.uid, true);
      view.setInt32(24, info.status ?? 0, true);
      put64(32, info.utime ?? 0);
      put64(40, info.stime ?? 0);
      break;
    case "fault":
      put64(16, info.addr ?? 0);
      break;
    case "poll":
      put64(16, info.band ?? 0);
      view.setInt32(24, info.fd ?? 0, true);
      break;
    case "sys":
      put64(16, info.addr ?? 0);
      view.setInt32(24, info.fd ?? 0, true);
      view.setUint32(28, 0xc000_003e, true); // AUDIT_ARCH_X86_64
      break;
  }
  return bytes;
}

export function writeSiginfo(memory: UserMemory, address: number, info: SignalInfo): void {
  memory.write(address, encodeSiginfo(info), 0, SIGINFO_BYTES);
}

/** Reads what a guest hands to rt_sigqueueinfo; `signo` is the call's, whatever the bytes say. */
export function readSiginfo(memory: UserMemory, address: number, signo: number): SignalInfo {
  const raw = new Uint8Array(SIGINFO_BYTES);
  memory.read(address, raw, 0, SIGINFO_BYTES);
  const data = new DataView(raw.buffer);
  data.setInt32(0, signo, true);
  return {
    signo,
    code: data.getInt32(8, true),
    errno: data.getInt32(4, true),
    pid: data.getInt32(16, true),
    uid: data.getUint32(20, true),
    value: data.getInt32(24, true),
    valueHigh: data.getInt32(28, true),
    raw,
  };
}
