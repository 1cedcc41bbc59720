// Signal numbers, si_code values, sigaction flags and what each signal does by default (man 7 signal).

export const SIGHUP = 1,
  SIGINT = 2,
  SIGQUIT = 3,
  SIGILL = 4,
  SIGTRAP = 5,
  SIGABRT = 6,
  SIGBUS = 7,
  SIGFPE = 8;
export const SIGKILL = 9, SIGUSR1 = 10, SIGSEGV = 11, SIGUSR2 = 12, SIGPIPE = 13, SIGALRM = 14, SIGTERM = 15;
export const SIGSTKFLT = 16,
  SIGCHLD = 17,
  SIGCONT = 18,
  SIGSTOP = 19,
  SIGTSTP = 20,
  SIGTTIN = 21,
  SIGTTOU = 22;
export const SIGURG = 23, SIGXCPU = 24, SIGXFSZ = 25, SIGVTALRM = 26, SIGPROF = 27, SIGWINCH = 28, SIGIO = 29;
export const SIGPWR = 30, SIGSYS = 31;
/** First and last real-time signals as the kernel counts them; NSIG is the number of signals. */
export const SIGRTMIN = 32, SIGRTMAX = 64, NSIG = 64;

export const SIG_DFL = 0, SIG_IGN = 1;

export const SA_NOCLDSTOP = 1,
  SA_NOCLDWAIT = 2,
  SA_SIGINFO = 4,
  SA_UNSUPPORTED = 0x400,
  SA_EXPOSE_TAGBITS = 0x800;
export const SA_RESTORER = 0x0400_0000, SA_ONSTACK = 0x0800_0000, SA_RESTART = 0x1000_0000;
export const SA_NODEFER = 0x4000_0000, SA_RESETHAND = 0x8000_0000 | 0;
/** Flag bits that rt_sigaction keeps; all others read back as zero. */
export const SA_KNOWN = SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART |
  SA_NODEFER |
  SA_RESETHAND;

// si_code: who sent it.
export const SI_USER = 0, SI_KERNEL = 0x80, SI_QUEUE = -1, SI_TIMER = -2, SI_MESGQ = -3, SI_ASYNCIO = -4;
export const SI_SIGIO = -5, SI_TKILL = -6;
export const ILL_ILLOPN = 2, ILL_PRVOPC = 5;
export const FPE_INTDIV = 1, FPE_INTOVF = 2, FPE_FLTDIV = 3, FPE_FLTOVF = 4, FPE_FLTUND = 5, FPE_FLTRES = 6;
export const FPE_FLTINV = 7;
export const SEGV_MAPERR = 1, SEGV_ACCERR = 2;
export const BUS_ADRALN = 1, BUS_ADRERR = 2;
export const TRAP_BRKPT = 1, TRAP_TRACE = 2;
export const CLD_EXITED = 1,
  CLD_KILLED = 2,
  CLD_DUMPED = 3,
  CLD_TRAPPED = 4,
  CLD_STOPPED = 5,
  CLD_CONTINUED = 6;
export const POLL_IN = 1, POLL_HUP = 6;

export type DefaultAction = "terminate" | "core" | "ignore" | "stop" | "continue";

const CORE = [SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS];

export function defaultAction(signo: number): DefaultAction {
  switch (signo) {
    case SIGCHLD:
    case SIGURG:
    case SIGWINCH:
      return "ignore";
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
      return "stop";
    case SIGCONT:
      return "continue";
    default:
      return CORE.includes(signo) ? "core" : "terminate";
  }
}

/** Bit of `signo` in the low (signals 1–32) or high (33–64) word of a signal set. */
export function maskBit(signo: number): number {
  return 1 << ((signo - 1) & 31);
}

/** SIGKILL and SIGSTOP: cannot be blocked, caught or ignored. Both are in the low word. */
export const UNBLOCKABLE = maskBit(SIGKILL) | maskBit(SIGSTOP);
export const STOP_SIGNALS = maskBit(SIGSTOP) | maskBit(SIGTSTP) | maskBit(SIGTTIN) | maskBit(SIGTTOU);
/** Signals that an instruction raises: they go first among the pending ones. */
export const SYNCHRONOUS = maskBit(SIGSEGV) | maskBit(SIGBUS) | maskBit(SIGILL) | maskBit(SIGTRAP) |
  maskBit(SIGFPE) |
  maskBit(SIGSYS);

const NAMES =
  ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN " +
    "TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split(" ");

/** "SIGINT", "SIGRT_3" (as strace says it). */
export function signalName(signo: number): string {
  if (signo >= 1 && signo <= 31) return "SIG" + NAMES[signo - 1];
  if (signo === SIGRTMIN) return "SIGRTMIN";
  return signo > 31 && signo <= NSIG ? `SIGRT_${signo - SIGRTMIN}` : String(signo);
}
