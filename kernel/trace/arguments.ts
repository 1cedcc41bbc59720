// One argument as text, by its kind. Kinds ending in _out (and a few by nature) are filled by the call, so they are printed
// after it, and as plain pointers when it failed.

import type { Task } from "../task/task.ts";
import { FLAG_SETS, signalName } from "./flag_names.ts";
import * as guest from "./memory.ts";
import { fdSet, iovec, modeText, pollfds, stringList, STRUCTS } from "./structs.ts";
import { device, flags, hex, octal, pointer, quotedHex, signal, signalSet, STRING_LIMIT } from "./values.ts";
import { major, minor } from "../abi/stat.ts";

export interface CallView {
  readonly task: Task;
  readonly name: string;
  readonly args: readonly number[];
  /** Undefined before the call has run. */
  readonly result: number | undefined;
}

const AT_FDCWD = -100;
const PATH_LIMIT = 4096;
/** Vectors are input unless the call fills them. */
const FILLS_VECTORS: ReadonlySet<string> = new Set([
  "readv",
  "preadv",
  "preadv2",
  "process_vm_readv",
  "recvmsg",
]);
const FILLS_ADDRESSES: ReadonlySet<string> = new Set([
  "accept",
  "accept4",
  "getsockname",
  "getpeername",
  "recvfrom",
]);
const OUT_BY_NATURE: ReadonlySet<string> = new Set([
  "stat",
  "statx",
  "statfs",
  "rusage",
  "utsname",
  "sysinfo",
  "tms",
  "wait_status",
  "status",
  "dirents",
  "dirent",
  "int_pair",
  "pipefd",
  "fd_pair",
  "epoll_events",
  "timezone",
  "restored_mask",
]);
/** Other names for the same thing. */
const ALIASES: Readonly<Record<string, string>> = {
  status: "wait_status",
  dirent: "dirents",
  getdents: "dirents",
  pipefd: "int_pair",
  fds: "int_pair",
  CLOCKFLAG: "TIMER",
  fd_pair: "int_pair",
  pollfd: "pollfds",
  fd_set: "fdset",
  itimerspec_in: "itimerspec",
  sigaltstack: "stack",
  stack_t: "stack",
  int_ptr: "int_pointer",
  long_ptr: "long_pointer",
  sysinfo_t: "sysinfo",
  utimes: "utimespec",
  time: "long_pointer",
  termios2: "termios",
  how: "open_how",
  loff: "long_pointer",
  siginfo_t: "siginfo",
};

function split(kind: string): { base: string; out: boolean } {
  const match = /^(.*?)_(in|out|inout)$/.exec(kind);
  const base = match === null || kind === "buffer_in" || kind === "buffer_out" ? kind : match[1];
  return { base: ALIASES[base] ?? base, out: kind.endsWith("_out") };
}

/** Printed only when the call has run. */
export function printedAfter(kind: string, name: string): boolean {
  const { base, out } = split(kind);
  if (base === "iovec") return out || FILLS_VECTORS.has(name);
  return out || OUT_BY_NATURE.has(base);
}

export function argumentText(kind: string, i: number, view: CallView): string {
  const { task, args, result } = view;
  const value = args[i];
  const { base, out } = split(kind);
  const memory = task.memory;
  if (out || OUT_BY_NATURE.has(base)) {
    if (base === "restored_mask") return `{mask=${signalSet(task.maskLow, task.maskHigh)}}`;
    if (result === undefined || result < 0) return pointer(value);
    // Nothing was waited for, so no status was stored.
    if ((base === "wait_status" || base === "rusage") && result === 0 && view.name === "wait4") {
      return pointer(value);
    }
  }
  const set = FLAG_SETS[base];
  if (set !== undefined) return flagText(base, value);
  const struct = STRUCTS[base];
  if (struct !== undefined) {
    if (value === 0) return "NULL";
    return struct(memory, value, structExtent(base, i, view)) ?? pointer(value);
  }
  switch (base) {
    case "int":
    case "fd":
    case "pid":
    case "uid":
    case "gid":
      return String(value | 0);
    case "long":
    case "offset":
      return String(value);
    case "uint":
      return String(value >>> 0);
    case "size":
    case "ulong":
      return value < 0 ? String(BigInt.asUintN(64, BigInt(value))) : String(value);
    case "hex":
      return hex(value);
    case "dirfd":
      return (value | 0) === AT_FDCWD ? "AT_FDCWD" : String(value | 0);
    case "signal":
      return signal(value | 0);
    case "mode":
      return value & 0o170000 ? modeText(value) : octal(value & 0o177777);
    case "dev":
      return device(value, major(value), minor(value));
    case "O_only":
      return value === 0 ? "0" : flags("O", value).replace(/^O_RDONLY\|/, "");
    case "path":
      return guest.cString(memory, value, PATH_LIMIT);
    case "string":
      return guest.cString(memory, value, out ? 16 : STRING_LIMIT);
    case "buffer_in":
      return guest.data(memory, value, args[i + 1]);
    case "buffer_out":
      return guest.data(memory, value, result!);
    case "random":
      return randomText(view, value);
    case "argv":
      return stringList(memory, value, true);
    case "envp":
      return stringList(memory, value, false);
    case "iovec":
      return vectorText(i, view);
    case "pollfds":
      return value === 0 ? "NULL" : pollfds(memory, value, args[i + 1], "events") ?? pointer(value);
    case "fdset":
      return value === 0 ? "NULL" : fdSet(memory, value, args[0]) ?? pointer(value);
    case "futex_bitset":
      return (value | 0) === -1 ? "FUTEX_BITSET_MATCH_ANY" : hex(value >>> 0);
    case "clone_flags": {
      const exitSignal = value & 0xff, bits = value - exitSignal;
      const name = signalName(exitSignal);
      return `flags=${
        [bits === 0 ? "" : flags("CLONE", bits), name ? "SIG" + name : exitSignal || ""].filter((s) =>
          s !== ""
        ).join("|") || "0"
      }`;
    }
    case "clone_stack":
      return `child_stack=${pointer(value)}`;
    case "clone_parent_tid":
      return `parent_tid=${pointer(value)}`;
    case "clone_child_tid":
      return `child_tidptr=${pointer(value)}`;
    case "clone_tls":
      return `tls=${pointer(value)}`;
  }
  return pointer(value);
}

function flagText(name: string, value: number): string {
  if (name !== "FUTEX") return flags(name, value);
  const op = flags("FUTEX", value & 0x7f) + (value & 0x80 ? "_PRIVATE" : "");
  return value & 0x100 ? `${op}|FUTEX_CLOCK_REALTIME` : op;
}

/** How much of a variable structure there is: a neighbouring argument or the result. */
function structExtent(base: string, i: number, { task, name, args, result }: CallView): number {
  switch (base) {
    case "sockaddr":
      // What the call fills has its length behind a pointer.
      if (!FILLS_ADDRESSES.has(name)) return args[i + 1];
      return guest.view(task.memory, args[i + 1], 4)?.getInt32(0, true) ?? 0;
    case "clone_args":
      return args[i + 1];
    case "dirents":
    case "epoll_events":
      return result ?? 0;
  }
  return 0;
}

function vectorText(i: number, { task, name, args, result }: CallView): string {
  const moved = FILLS_VECTORS.has(name) ? (result ?? 0) : -1;
  if (moved < 0 && FILLS_VECTORS.has(name)) return pointer(args[i]);
  return iovec(task.memory, args[i], args[i + 1], moved) ?? pointer(args[i]);
}

function randomText({ task, result }: CallView, address: number): string {
  const shown = guest.bytes(task.memory, address, Math.min(result!, STRING_LIMIT));
  return shown === undefined ? pointer(address) : quotedHex(shown, result! > STRING_LIMIT);
}
