// How is a failure told to the user? One line on standard error that says what is wrong and what to do, and an exit
// status that scripts can tell apart. Statuses are those of env(1) and docker-run(1): 125 denix itself, 126 the program
// cannot be run, 127 it is not there; anything else is the guest's own, 128 + N for death by signal N.

/** denix could not start: options, permissions, root, memory. */
export const EXIT_DENIX = 125;
export const EXIT_NOT_EXECUTABLE = 126;
export const EXIT_NOT_FOUND = 127;

/** Something that keeps an instance from starting, in words for the user. */
export class StartError extends Error {
  /** "StartError". */
  override readonly name = "StartError";
  /** Exit status of the command line: 125, 126 or 127. */
  readonly exitCode: number;

  /**
   * Something that keeps an instance from starting.
   *
   * @param message What is wrong, and what to do.
   * @param exitCode Exit status of the command line.
   */
  constructor(message: string, exitCode: number = EXIT_DENIX) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The line for standard error, with its newline. */
export function errorLine(message: string): string {
  return `denix: ${message.replaceAll("\n", " ")}\n`;
}

/** Shell-like exit status of a wait(2) status. */
export function exitCodeOf(waitStatus: number): number {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}

/** Names of signals 1 to 31 (asm/signal.h, x86). */
const SIGNALS =
  ("HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN " +
    "TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS").split(" ");

/** "SIGKILL" for a wait(2) status of a process killed by signal 9; undefined for one that exited. */
export function signalOf(waitStatus: number): string | undefined {
  const signal = waitStatus & 0x7f;
  if (signal === 0) return undefined;
  const name = SIGNALS[signal - 1];
  return name !== undefined ? `SIG${name}` : signal === 34 ? "SIGRTMIN" : `SIGRTMIN+${signal - 34}`;
}

/** Where to report faults of denix itself. */
export const REPORT_TO =
  "please report this with the lines above and the command that led to it (see README, Reporting)";

/** Turns whatever was thrown while starting or running into text for the user and an exit status. */
export function describeError(error: unknown): { message: string; exitCode: number } {
  if (error instanceof StartError) return { message: errorLine(error.message), exitCode: error.exitCode };
  if (error instanceof Error && (error.name === "NotCapable" || error.name === "PermissionDenied")) {
    return { message: errorLine(refused(error.message)), exitCode: EXIT_DENIX };
  }
  if (error instanceof RangeError && /memory/i.test(error.message)) {
    return {
      message: errorLine(
        `the host has too little memory: ${error.message}; denix reserves 2 GiB of addresses (ulimit -v, container limits)`,
      ),
      exitCode: EXIT_DENIX,
    };
  }
  if (error instanceof TypeError && /npm package|registry\.npmjs|--cached-only/.test(error.message)) {
    return {
      message: errorLine(
        `Deno could not download the x86 decoder, npm:iced-x86 (${error.message.split("\n")[0]}); ` +
          "it is needed once: run denix where there is a network, with the same DENO_DIR",
      ),
      exitCode: EXIT_DENIX,
    };
  }
  if (error instanceof Error && / \(os error \d+\)/.test(error.message)) {
    return { message: errorLine(`the host says: ${error.message}; check that path`), exitCode: EXIT_DENIX };
  }
  const text = error instanceof Error ? error.stack ?? String(error) : String(error);
  return { message: `denix: internal error: ${text}\ndenix: ${REPORT_TO}\n`, exitCode: EXIT_DENIX };
}

/** Deno's refusal, with what to type instead. Deno says: Requires read access to "/x", run again with the --allow-read flag. */
function refused(message: string): string {
  const match = /^Requires (.+?), run again with the (--[\w-]+) flag/.exec(message);
  if (match === null) {
    return `the host refused: ${message}; check the file's owner and mode, or run denix as another user`;
  }
  return `Deno refused ${match[1]}; put ${match[2]} (or -A) before mod.ts: deno run ${match[2]} mod.ts …`;
}
