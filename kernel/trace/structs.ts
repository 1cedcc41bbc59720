// How structures in guest memory look in a trace. A decoder gets the address and what else it may need; it returns
// undefined when the memory cannot be read, and the tracer prints the pointer then.

import type { UserMemory } from "../mm/user_memory.ts";
import { major, minor } from "../abi/stat.ts";
import * as guest from "./memory.ts";
import { device, flags, hex, octal, pointer, quoted, signal, signalSet } from "./values.ts";

export type StructDecoder = (memory: UserMemory, address: number, extent: number) => string | undefined;

/** A decoder over a copy of `size` bytes. */
function fixed(size: number, format: (data: DataView) => string): StructDecoder {
  return (memory, address) => {
    const data = guest.view(memory, address, size);
    return data === undefined ? undefined : format(data);
  };
}

export function modeText(mode: number): string {
  const type = mode & 0o170000;
  const permissions = octal(mode & 0o7777);
  return type === 0 ? permissions : `${flags("S_IF", type)}|${permissions}`;
}

function deviceText(dev: number): string {
  return device(dev, major(dev), minor(dev));
}

const timespec = (data: DataView, at = 0) =>
  `{tv_sec=${guest.i64(data, at)}, tv_nsec=${guest.i64(data, at + 8)}}`;
const timeval = (data: DataView, at = 0) =>
  `{tv_sec=${guest.i64(data, at)}, tv_usec=${guest.i64(data, at + 8)}}`;

function utimeSpec(data: DataView, at: number): string {
  const nsec = guest.i64(data, at + 8);
  return nsec === 0x3fffffff ? "UTIME_NOW" : nsec === 0x3ffffffe ? "UTIME_OMIT" : timespec(data, at);
}

function limit(data: DataView, at: number): string {
  if (data.getUint32(at, true) === 0xffff_ffff && data.getUint32(at + 4, true) === 0xffff_ffff) {
    return "RLIM64_INFINITY";
  }
  const value = guest.u64(data, at);
  return value > 1024 && value % 1024 === 0 ? `${value / 1024}*1024` : String(value);
}

/** What a wait status says. */
export function waitStatus(status: number): string {
  const low = status & 0x7f;
  if (status === 0xffff) return "[{WIFCONTINUED(s)}]";
  if ((status & 0xff) === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signal((status >> 8) & 0xff)}}]`;
  if (low === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(status >> 8) & 0xff}}]`;
  return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signal(low)}${status & 0x80 ? " && WCOREDUMP(s)" : ""}}]`;
}

/** Signals in the bits of a 64-bit word; `size` is what the call passed (8). */
const sigset: StructDecoder = fixed(8, (data) => signalSet(data.getUint32(0, true), data.getUint32(4, true)));

const sigaction: StructDecoder = fixed(32, (data) => {
  const handler = guest.u64(data, 0), bits = data.getUint32(8, true);
  const name = handler === 0 ? "SIG_DFL" : handler === 1 ? "SIG_IGN" : hex(handler);
  const mask = signalSet(data.getUint32(24, true), data.getUint32(28, true));
  const restorer = bits & 0x4000000 ? `, sa_restorer=${pointer(guest.u64(data, 16))}` : "";
  return `{sa_handler=${name}, sa_mask=${mask}, sa_flags=${flags("SA", bits)}${restorer}}`;
});

/** `extent`: bytes moved (negative: as long as the vector says). The count is in `count`. */
export function iovec(memory: UserMemory, address: number, count: number, moved: number): string | undefined {
  if (count <= 0 || count > 1024) return count === 0 ? "[]" : undefined;
  const data = guest.view(memory, address, count * 16);
  if (data === undefined) return undefined;
  const parts: string[] = [];
  let left = moved < 0 ? Infinity : moved;
  for (let i = 0; i < count; i++) {
    const base = guest.u64(data, i * 16), length = guest.u64(data, i * 16 + 8);
    const shown = Math.min(length, left);
    left -= shown;
    parts.push(`{iov_base=${guest.data(memory, base, shown)}, iov_len=${length}}`);
  }
  return `[${parts.join(", ")}]`;
}

/** Extent: the length of the address. */
const sockaddr: StructDecoder = (memory, address, extent) => {
  if (extent < 2) return undefined;
  const raw = guest.bytes(memory, address, Math.min(extent, 128));
  if (raw === undefined) return undefined;
  const data = new DataView(raw.buffer);
  const family = data.getUint16(0, true);
  if (family === 1) {
    if (raw.length === 2) return "{sa_family=AF_UNIX}";
    const abstract = raw[2] === 0;
    const path = abstract ? raw.subarray(3) : raw.subarray(2);
    const end = abstract ? -1 : path.indexOf(0);
    return `{sa_family=AF_UNIX, sun_path=${abstract ? "@" : ""}${
      quoted(end < 0 ? path : path.subarray(0, end))
    }}`;
  }
  if (family === 2 && raw.length >= 8) {
    const address4 = [...raw.subarray(4, 8)].join(".");
    return `{sa_family=AF_INET, sin_port=htons(${data.getUint16(2)}), sin_addr=inet_addr("${address4}")}`;
  }
  if (family === 10 && raw.length >= 24) {
    const words = Array.from({ length: 8 }, (_, i) => data.getUint16(8 + 2 * i).toString(16)).join(":");
    return `{sa_family=AF_INET6, sin6_port=htons(${data.getUint16(2)}), sin6_flowinfo=htonl(0), ` +
      `inet_pton(AF_INET6, "${words}", &sin6_addr), sin6_scope_id=0}`;
  }
  return `{sa_family=${flags("AF", family)}, sa_data=${quoted(raw.subarray(2, 16))}}`;
};

/** Descriptors asked for: extent is the count. */
export function pollfds(
  memory: UserMemory,
  address: number,
  count: number,
  events: "events" | "revents",
): string | undefined {
  if (count > 1024) return undefined;
  const data = guest.view(memory, address, count * 8);
  if (data === undefined) return undefined;
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    const value = data.getUint16(i * 8 + (events === "events" ? 4 : 6), true);
    if (events === "revents" && value === 0) continue;
    parts.push(`{fd=${data.getInt32(i * 8, true)}, ${events}=${flags("POLL", value)}}`);
  }
  return `[${parts.join(", ")}]`;
}

/** Bits of an fd_set below `count`. */
export function fdSet(memory: UserMemory, address: number, count: number): string | undefined {
  const size = Math.ceil(Math.min(count, 1024) / 8);
  const raw = guest.bytes(memory, address, size);
  if (raw === undefined) return undefined;
  const set: number[] = [];
  for (let fd = 0; fd < size * 8 && fd < count; fd++) if (raw[fd >> 3] & (1 << (fd & 7))) set.push(fd);
  return `[${set.join(" ")}]`;
}

function epollEvent(data: DataView, at: number): string {
  const low = data.getUint32(at + 4, true), wide = guest.u64(data, at + 4);
  return `{events=${flags("EPOLL", data.getUint32(at, true))}, data={u32=${low}, u64=${wide}}}`;
}

function strings(data: DataView, count: number, size: number): string[] {
  const raw = new Uint8Array(data.buffer);
  return Array.from({ length: count }, (_, i) => {
    const field = raw.subarray(i * size, (i + 1) * size);
    const end = field.indexOf(0);
    return quoted(end < 0 ? field : field.subarray(0, end));
  });
}

/** A list of strings; `whole` lists them, else they are counted. */
export function stringList(memory: UserMemory, address: number, whole: boolean): string {
  if (address === 0) return "NULL";
  const items: string[] = [];
  for (let i = 0; i < 4096; i++) {
    const entry = guest.view(memory, address + i * 8, 8);
    if (entry === undefined) return hex(address);
    const string = guest.u64(entry, 0);
    if (string === 0) break;
    if (whole && items.length === 32) {
      items.push("...");
      break;
    }
    items.push(whole ? guest.cString(memory, string, 32) : "");
  }
  if (whole) return `[${items.join(", ")}]`;
  return `${hex(address)} /* ${items.length} var${items.length === 1 ? "" : "s"} */`;
}

export const STRUCTS: Readonly<Record<string, StructDecoder>> = {
  stat: fixed(144, (data) => {
    const mode = data.getUint32(24, true), type = mode & 0o170000;
    const special = type === 0o020000 || type === 0o060000;
    return `{st_mode=${modeText(mode)}, ${
      special ? `st_rdev=${deviceText(guest.u64(data, 40))}` : `st_size=${guest.i64(data, 48)}`
    }, ...}`;
  }),
  statx: fixed(256, (data) => {
    const mask = data.getUint32(0, true);
    return `{stx_mask=${flags("STATX", mask)}, stx_attributes=${hex(guest.u64(data, 8))}, ` +
      `stx_mode=${modeText(data.getUint16(28, true))}, stx_size=${guest.i64(data, 40)}, ...}`;
  }),
  statfs: fixed(
    120,
    (data) =>
      `{f_type=${hex(guest.u64(data, 0))}, f_bsize=${guest.u64(data, 8)}, f_blocks=${guest.u64(data, 16)}, ` +
      `f_bfree=${guest.u64(data, 24)}, f_bavail=${guest.u64(data, 32)}, f_files=${guest.u64(data, 40)}, ` +
      `f_ffree=${guest.u64(data, 48)}, f_fsid={val=[${hex(data.getUint32(56, true))}, ` +
      `${hex(data.getUint32(60, true))}]}, f_namelen=${guest.u64(data, 64)}, f_frsize=${
        guest.u64(data, 72)
      }, ` +
      `f_flags=${hex(guest.u64(data, 80))}}`,
  ),
  timespec: fixed(16, timespec),
  utimespec: fixed(32, (data) => `[${utimeSpec(data, 0)}, ${utimeSpec(data, 16)}]`),
  timeval: fixed(16, timeval),
  timevals: fixed(32, (data) => `[${timeval(data)}, ${timeval(data, 16)}]`),
  timezone: fixed(
    8,
    (data) => `{tz_minuteswest=${data.getInt32(0, true)}, tz_dsttime=${data.getInt32(4, true)}}`,
  ),
  itimerspec: fixed(32, (data) => `{it_interval=${timespec(data)}, it_value=${timespec(data, 16)}}`),
  itimerval: fixed(32, (data) => `{it_interval=${timeval(data)}, it_value=${timeval(data, 16)}}`),
  tms: fixed(
    32,
    (data) =>
      `{tms_utime=${guest.i64(data, 0)}, tms_stime=${guest.i64(data, 8)}, tms_cutime=${
        guest.i64(data, 16)
      }, ` +
      `tms_cstime=${guest.i64(data, 24)}}`,
  ),
  rlimit: fixed(16, (data) => `{rlim_cur=${limit(data, 0)}, rlim_max=${limit(data, 8)}}`),
  rusage: fixed(144, (data) => `{ru_utime=${timeval(data)}, ru_stime=${timeval(data, 16)}, ...}`),
  sigset,
  sigaction,
  stack: fixed(
    24,
    (data) =>
      `{ss_sp=${pointer(guest.u64(data, 0))}, ss_flags=${flags("SS", data.getUint32(8, true))}, ` +
      `ss_size=${guest.u64(data, 16)}}`,
  ),
  wait_status: fixed(4, (data) => waitStatus(data.getInt32(0, true))),
  int_pointer: fixed(4, (data) => `[${data.getInt32(0, true)}]`),
  long_pointer: fixed(8, (data) => `[${guest.i64(data, 0)}]`),
  int_pair: fixed(8, (data) => `[${data.getInt32(0, true)}, ${data.getInt32(4, true)}]`),
  utsname: fixed(390, (data) => {
    const [sysname, nodename] = strings(data, 6, 65);
    return `{sysname=${sysname}, nodename=${nodename}, ...}`;
  }),
  sysinfo: fixed(
    112,
    (data) =>
      `{uptime=${guest.i64(data, 0)}, loads=[${guest.u64(data, 8)}, ${guest.u64(data, 16)}, ${
        guest.u64(data, 24)
      }], ` +
      `totalram=${guest.u64(data, 32)}, freeram=${guest.u64(data, 40)}, sharedram=${guest.u64(data, 48)}, ` +
      `bufferram=${guest.u64(data, 56)}, totalswap=${guest.u64(data, 64)}, freeswap=${
        guest.u64(data, 72)
      }, ` +
      `procs=${data.getUint16(80, true)}, totalhigh=${guest.u64(data, 88)}, freehigh=${
        guest.u64(data, 96)
      }, ` +
      `mem_unit=${data.getUint32(104, true)}}`,
  ),
  winsize: fixed(8, (data) =>
    `{ws_row=${data.getUint16(0, true)}, ws_col=${data.getUint16(2, true)}, ` +
    `ws_xpixel=${data.getUint16(4, true)}, ws_ypixel=${data.getUint16(6, true)}}`),
  termios: fixed(
    36,
    (data) =>
      `{c_iflag=${hex(data.getUint32(0, true))}, c_oflag=${hex(data.getUint32(4, true))}, ` +
      `c_cflag=${hex(data.getUint32(8, true))}, c_lflag=${hex(data.getUint32(12, true))}, c_line=${
        data.getUint8(16)
      }, ...}`,
  ),
  flock: fixed(
    32,
    (data) =>
      `{l_type=${flags("LOCK_TYPE", data.getInt16(0, true))}, l_whence=${
        flags("SEEK", data.getInt16(2, true))
      }, ` +
      `l_start=${guest.i64(data, 8)}, l_len=${guest.i64(data, 16)}}`,
  ),
  epoll_event: fixed(12, (data) => epollEvent(data, 0)),
  sockaddr,
  siginfo: fixed(
    128,
    (data) =>
      `{si_signo=${signal(data.getInt32(0, true))}, si_code=${data.getInt32(8, true)}, ` +
      `si_pid=${data.getInt32(16, true)}, si_uid=${data.getUint32(20, true)}, ...}`,
  ),
  open_how: (memory, address) => {
    const data = guest.view(memory, address, 24);
    if (data === undefined) return undefined;
    const mode = guest.u64(data, 8);
    return `{flags=${flags("O", guest.u64(data, 0))}${mode ? `, mode=${octal(mode)}` : ""}, ` +
      `resolve=${hex(guest.u64(data, 16))}}`;
  },
  clone_args: (memory, address, extent) => {
    const data = guest.view(memory, address, Math.max(64, Math.min(extent, 88)));
    if (data === undefined) return undefined;
    const field = (i: number) => guest.u64(data, i * 8);
    const bits = field(0);
    const parts = [`flags=${flags("CLONE", bits)}`];
    if (bits & 0x1000) parts.push(`pidfd=${pointer(field(1))}`);
    if (bits & 0x1200000) parts.push(`child_tid=${pointer(field(2))}`);
    if (bits & 0x100000) parts.push(`parent_tid=${pointer(field(3))}`);
    parts.push(`exit_signal=${field(4) === 0 ? "0" : signal(field(4))}`, `stack=${pointer(field(5))}`);
    parts.push(`stack_size=${hex(field(6))}`);
    if (bits & 0x80000) parts.push(`tls=${pointer(field(7))}`);
    return `{${parts.join(", ")}}`;
  },
  epoll_events: (memory, address, extent) => {
    const data = guest.view(memory, address, extent * 12);
    return data === undefined
      ? undefined
      : `[${Array.from({ length: extent }, (_, i) => epollEvent(data, i * 12)).join(", ")}]`;
  },
  dirents: (memory, address, extent) => {
    const data = guest.view(memory, address, extent);
    if (data === undefined) return undefined;
    let count = 0;
    for (let at = 0; at + 19 <= extent; count++) {
      const size = data.getUint16(at + 16, true);
      if (size === 0) break;
      at += size;
    }
    return `${hex(address)} /* ${count} entries */`;
  },
};
