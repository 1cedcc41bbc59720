// Calls whose arguments mean different things by value (fcntl, ioctl, futex, prctl, open): which kinds hold this time, and
// what strace adds behind a result.

import type { Syscall } from "../syscalls/family.ts";
import type { Task } from "../task/task.ts";
import { fdSet, pollfds } from "./structs.ts";
import { flags, hex, octal } from "./values.ts";

const O_CREAT = 0o100, O_TMPFILE_BIT = 0o20000000;
const CLONE_PARENT_SETTID = 0x100000, CLONE_SETTLS = 0x80000, CLONE_CHILD_TID = 0x1200000;

type Chooser = (kinds: readonly string[], args: readonly number[]) => readonly string[];

/** `mode` is there only when the call may create. */
const open = (index: number): Chooser => (kinds, args) =>
  args[index] & (O_CREAT | O_TMPFILE_BIT) ? kinds : kinds.slice(0, index + 1);

const isDevice = (mode: number) => (mode & 0o170000) === 0o020000 || (mode & 0o170000) === 0o060000;

const FCNTL: Readonly<Record<number, string>> = {
  0: "int",
  2: "FD",
  4: "O",
  5: "flock_out",
  6: "flock",
  7: "flock",
  8: "pid",
  10: "signal",
  15: "pointer",
  16: "pointer",
  36: "flock_out",
  37: "flock",
  38: "flock",
  1024: "LOCK_TYPE",
  1026: "hex",
  1030: "int",
  1031: "int",
  1033: "SEAL",
};

const IOCTL: Readonly<Record<number, string>> = {
  0x5401: "termios_out",
  0x5402: "termios",
  0x5403: "termios",
  0x5404: "termios",
  0x5409: "int",
  0x540a: "int",
  0x540b: "int",
  0x540c: "",
  0x540d: "",
  0x540e: "int",
  0x540f: "int_pointer_out",
  0x5410: "int_pointer",
  0x5411: "int_pointer_out",
  0x5413: "winsize_out",
  0x5414: "winsize",
  0x541b: "int_pointer_out",
  0x5421: "int_pointer",
  0x5422: "",
  0x5425: "int",
  0x5429: "int_pointer_out",
  0x5450: "",
  0x5451: "",
  0x5452: "int_pointer",
  0x80045430: "int_pointer_out",
  0x40045431: "int_pointer",
  0x40049409: "fd",
};

const FUTEX: Readonly<Record<number, string>> = {
  0: "pointer FUTEX int timespec",
  1: "pointer FUTEX int",
  3: "pointer FUTEX int int pointer",
  4: "pointer FUTEX int int pointer int",
  5: "pointer FUTEX int int pointer hex",
  6: "pointer FUTEX timespec",
  7: "pointer FUTEX",
  8: "pointer FUTEX",
  9: "pointer FUTEX int timespec futex_bitset",
  10: "pointer FUTEX int futex_bitset",
};

const PRCTL: Readonly<Record<number, string>> = {
  1: "signal",
  2: "int_pointer_out",
  3: "",
  4: "int",
  7: "",
  8: "int",
  15: "string",
  16: "string_out",
  21: "",
  23: "int",
  24: "int",
  27: "",
  29: "int",
  30: "",
  36: "int",
  37: "int_pointer_out",
  38: "int int int int",
  39: "int int int int",
  40: "long_pointer_out",
  42: "",
};

const CHOOSERS: Readonly<Record<string, Chooser>> = {
  open: open(1),
  openat: open(2),
  fcntl: (_, args) => ["fd", "F", FCNTL[args[1]] ?? ""].filter((kind) => kind !== ""),
  ioctl: (_, args) => ["fd", "IOCTL", IOCTL[args[1] >>> 0] ?? "pointer"].filter((kind) => kind !== ""),
  futex: (kinds, args) => FUTEX[args[1] & 0x7f]?.split(" ") ?? kinds,
  prctl: (kinds, args) => {
    const more = PRCTL[args[0]];
    return more === undefined ? kinds : ["PRCTL", ...more.split(" ").filter((kind) => kind !== "")];
  },
  arch_prctl: (
    _,
    args,
  ) => ["ARCH", args[0] === 0x1003 || args[0] === 0x1004 ? "long_pointer_out" : "pointer"],
  mknod: (kinds, args) => isDevice(args[1]) ? kinds : kinds.slice(0, 2),
  mknodat: (kinds, args) => isDevice(args[2]) ? kinds : kinds.slice(0, 3),
  mremap: (kinds, args) => args[3] & 2 ? kinds : kinds.slice(0, 4),
  wait4: () => ["pid", "wait_status_out", "WAIT4", "rusage_out"],
  waitid: () => ["P", "pid", "siginfo_out", "WAIT", "rusage_out"],
  kill: () => ["pid", "signal"],
  pipe: () => ["int_pair_out"],
  pipe2: () => ["int_pair_out", "O_only"],
  rt_sigreturn: () => ["restored_mask"],
  rt_sigaction: () => ["signal", "sigaction", "sigaction_out", "size"],
  rt_sigprocmask: () => ["SIGHOW", "sigset", "sigset_out", "size"],
  rt_sigsuspend: () => ["sigset", "size"],
  rt_sigpending: () => ["sigset_out", "size"],
  rt_sigtimedwait: () => ["sigset", "siginfo_out", "timespec", "size"],
  getcwd: () => ["path_out", "size"],
  readlink: () => ["path", "buffer_out", "size"],
  readlinkat: () => ["dirfd", "path", "buffer_out", "size"],
  getdents64: () => ["fd", "dirents", "size"],
  statx: () => ["dirfd", "path", "AT_STATX", "STATX", "statx_out"],
  getrandom: () => ["random_out", "size", "GRND"],
  set_tid_address: () => ["pointer"],
  prlimit64: () => ["pid", "RLIMIT", "rlimit", "rlimit_out"],
  execve: () => ["path", "argv", "envp"],
  execveat: () => ["dirfd", "path", "argv", "envp", "AT"],
  clone: (_, args) => {
    const bits = args[0];
    const kinds = ["clone_stack", "clone_flags"];
    if (bits & (CLONE_PARENT_SETTID | 0x1000)) kinds.push("clone_parent_tid");
    if (bits & CLONE_CHILD_TID) kinds.push("clone_child_tid");
    if (bits & CLONE_SETTLS) kinds.splice(bits & CLONE_PARENT_SETTID ? 3 : 2, 0, "clone_tls");
    return kinds;
  },
  clone3: () => ["clone_args", "size"],
};

/** The argument kinds of this very call. */
export function kindsOf(name: string, kinds: readonly string[], args: readonly number[]): readonly string[] {
  return CHOOSERS[name]?.(kinds, args) ?? kinds;
}

/** Arguments that strace shows in another order than the registers: index of the register for kind `i`. */
export function argumentIndex(kind: string, i: number): number {
  switch (kind) {
    case "clone_stack":
      return 1;
    case "clone_flags":
      return 0;
    case "clone_parent_tid":
      return 2;
    case "clone_child_tid":
      return 3;
    case "clone_tls":
      return 4;
    case "futex_bitset":
      return 5;
  }
  return i;
}

/** A successful result: mostly a number in the row's form, for some calls in another, with a note: " (flags O_RDWR)". */
export function resultText(task: Task, row: Syscall, args: readonly number[], result: number): string {
  if (row.name === "umask") return octal(result);
  const inHex = row.ret === "hex" || row.name === "fcntl" && (args[1] === 1 || args[1] === 3);
  return (inHex ? hex(result) : String(result)) + resultNote(task, row.name, args, result);
}

function resultNote(task: Task, name: string, args: readonly number[], result: number): string {
  switch (name) {
    case "fcntl":
      if (args[1] === 3) return ` (flags ${flags("O", result)})`;
      return args[1] === 1 && result !== 0 ? ` (flags ${flags("FD", result)})` : "";
    case "poll":
    case "ppoll":
      if (result === 0) return " (Timeout)";
      return ` (${pollfds(task.memory, args[0], args[1], "revents") ?? "?"})`;
    case "select":
    case "pselect6": {
      if (result === 0) return " (Timeout)";
      const parts: string[] = [];
      ["in", "out", "except"].forEach((word, i) => {
        if (args[i + 1] === 0) return;
        const set = fdSet(task.memory, args[i + 1], args[0]);
        if (set !== undefined && set !== "[]") parts.push(`${word} ${set}`);
      });
      return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
    }
  }
  return "";
}

/** Calls that never come back print "= ?" at once. */
export const NO_RETURN: ReadonlySet<string> = new Set(["exit", "exit_group"]);
