// How a system call is written down: one row with number, name, argument kinds and handler. Dispatch, tracing, statistics
// and the restart policy all read the same row.

import type { Task } from "../task/task.ts";

/**
 * Argument kinds, decoded by the tracer (trace/strace.ts). Plain: int, uint, long, size, offset, hex, pointer, fd, dirfd,
 * pid, signal, mode, dev, path, string, buffer_in, buffer_out (length: next argument, or the result for _out), struct
 * kinds by name ("stat", "timespec", "sigaction", "sigset", "iovec", "argv", "sockaddr" …, unknown ones print as pointers), and flag sets by name
 * ("O", "PROT", "MAP", "AT", "CLONE", "WAIT", "SEEK", "F", "POLL", "FUTEX" …).
 */
export type ArgumentKind = string;

/**
 * A handler. Arguments are the low 53 bits' worth of the six registers as *signed* 64-bit numbers (-1 is -1; user addresses
 * are exact). It returns a result ≥ 0 or a negative errno, or BLOCKED after `task.block(...)`: then it is
 * called again with the same arguments when the task is woken. Guest memory is reached through `task.memory`, whose
 * methods throw the EFAULT sentinel that the dispatcher turns into -EFAULT. Handlers throw nothing else for guest errors.
 */
export type Handler = (
  task: Task,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
) => number;

export interface Syscall {
  readonly nr: number;
  readonly name: string;
  readonly args: readonly ArgumentKind[];
  /** Kind of the result for traces. Default "int". */
  readonly ret: "int" | "hex" | "fd" | "long";
  readonly run: Handler;
  /** What is not done, for the coverage page. */
  readonly partial?: string;
}

/** Returned by a handler that has parked its task. Outside the range of errno values. */
export const BLOCKED = -0x1000_0000;
/** Returned by handlers that have set the registers themselves (rt_sigreturn, execve): RAX is left alone. */
export const NO_RESULT = -0x1000_0001;

type Row = { nr: number; args: string; ret?: Syscall["ret"]; run: Handler; partial?: string };

/** Declares system calls that belong together. `args` is a list of argument kinds separated by spaces, at most six. */
export function family(rows: Readonly<Record<string, Row>>): Syscall[] {
  return Object.entries(rows).map(([name, row]) => ({
    nr: row.nr,
    name,
    args: row.args === "" ? [] : row.args.split(" "),
    ret: row.ret ?? "int",
    run: row.run,
    ...(row.partial === undefined ? {} : { partial: row.partial }),
  }));
}
