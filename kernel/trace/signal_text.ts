// siginfo as a trace shows it: "SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=7, …}".

import { siginfoLayout, type SignalInfo } from "../signal/info.ts";
import { SI_CODES, SI_CODES_BY_SIGNAL } from "./flag_names.ts";
import { hex, pointer, signal } from "./values.ts";

const CLD_EXITED = 1, SI_TKILL = -6;

export function codeName(signo: number, code: number): string {
  const own = code > 0 ? SI_CODES_BY_SIGNAL[signo]?.[code] : undefined;
  return own ?? SI_CODES[code] ?? hex(code);
}

export function signalText(info: SignalInfo): string {
  const name = signal(info.signo);
  const fields = [`si_signo=${name}`, `si_code=${codeName(info.signo, info.code)}`];
  if (info.errno) fields.push(`si_errno=${info.errno}`);
  const layout = siginfoLayout(info.signo, info.code);
  const status = info.status ?? 0;
  switch (layout) {
    case "child":
      fields.push(`si_pid=${info.pid}`, `si_uid=${info.uid}`);
      fields.push(`si_status=${info.code === CLD_EXITED ? status : signal(status)}`);
      fields.push(`si_utime=${info.utime ?? 0}`, `si_stime=${info.stime ?? 0}`);
      break;
    case "fault":
      fields.push(`si_addr=${pointer(info.addr ?? 0)}`);
      break;
    case "timer":
      fields.push(`si_timerid=${hex(info.timerId ?? 0)}`, `si_overrun=${info.overrun ?? 0}`);
      break;
    case "poll":
      fields.push(`si_band=${info.band ?? 0}`, `si_fd=${info.fd ?? 0}`);
      break;
    case "sys":
      fields.push(`si_call_addr=${pointer(info.addr ?? 0)}`, `si_syscall=${info.fd ?? 0}`);
      break;
    default:
      // Signals by the kernel itself have no sender.
      if (info.code !== 0x80) fields.push(`si_pid=${info.pid}`, `si_uid=${info.uid}`);
      if (layout === "rt" && info.code !== SI_TKILL && info.value !== undefined) {
        const wide = (info.value >>> 0) + (info.valueHigh ?? 0) * 2 ** 32;
        fields.push(`si_int=${info.value | 0}`, `si_ptr=${pointer(wide)}`);
      }
  }
  return `${name} {${fields.join(", ")}}`;
}
