// Expected lines are what strace 6.1 prints natively for the same calls.

import { assertEquals } from "@std/assert";
import type { Syscall } from "../syscalls/family.ts";
import type { Task } from "../task/task.ts";
import { Strace, type StraceOptions } from "./strace.ts";

const BASE = 0x10000;

/** A task with 64 KiB of memory at BASE; everything else faults. */
class FakeTask {
  readonly bytes = new Uint8Array(65536);
  readonly data = new DataView(this.bytes.buffer);
  readonly cpu = 0;
  maskLow = 0;
  maskHigh = 0;
  #next = 0;

  constructor(readonly tid: number) {}

  readonly memory = {
    read: (va: number, target: Uint8Array, offset = 0, length: number = target.length - offset): void => {
      if (va < BASE || va + length > BASE + this.bytes.length) throw { name: "EFAULT" };
      target.set(this.bytes.subarray(va - BASE, va - BASE + length), offset);
    },
  };

  put(bytes: Uint8Array | string): number {
    const raw = typeof bytes === "string" ? new TextEncoder().encode(bytes + "\0") : bytes;
    const address = BASE + this.#next;
    this.bytes.set(raw, this.#next);
    this.#next = (this.#next + raw.length + 15) & ~15;
    return address;
  }
  /** Little-endian words of 32 bits. */
  words(...values: number[]): number {
    return this.put(new Uint8Array(Int32Array.from(values.map((value) => value | 0)).buffer));
  }
  longs(...values: number[]): number {
    return this.words(...values.flatMap((value) => [value, Math.floor(value / 2 ** 32)]));
  }
}

function row(name: string, args: string, ret: Syscall["ret"] = "int"): Syscall {
  return { nr: 0, name, args: args === "" ? [] : args.split(" "), ret, run: () => 0 };
}

class Trace {
  text = "";
  readonly strace: Strace;
  constructor(options?: StraceOptions) {
    this.strace = new Strace((text) => this.text += text, options);
  }
  enter(task: FakeTask, call: Syscall, ...args: number[]): void {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = args;
    this.strace.enter(task as unknown as Task, call, a, b, c, d, e, f);
  }
  exit(task: FakeTask, call: Syscall, result: number): void {
    this.strace.exit(task as unknown as Task, call, result);
  }
}

/** One call's line without its end. */
function line(task: FakeTask, call: Syscall, args: number[], result: number): string {
  const trace = new Trace();
  trace.enter(task, call, ...args);
  trace.exit(task, call, result);
  return trace.text.replace(/\n$/, "");
}

const read = row("read", "fd buffer_out size", "long");
const write = row("write", "fd buffer_in size", "long");
const openat = row("openat", "dirfd path O mode", "fd");

Deno.test("openat: mode only with O_CREAT; errors by name and text", () => {
  const task = new FakeTask(1);
  const path = task.put("/etc/passwd");
  assertEquals(
    line(task, openat, [-100, path, 0o2000000, 0], 3),
    'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3',
  );
  assertEquals(
    line(task, openat, [-100, path, 0o1101, 0o644], -2),
    'openat(AT_FDCWD, "/etc/passwd", O_WRONLY|O_CREAT|O_TRUNC, 0644) = -1 ENOENT (No such file or directory)',
  );
  assertEquals(
    line(task, openat, [-100, path, 0o2204000, 0], 3),
    'openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_DIRECTORY) = 3',
  );
  assertEquals(
    line(task, openat, [-100, 8, 0, 0], -14),
    "openat(AT_FDCWD, 0x8, O_RDONLY)         = -1 EFAULT (Bad address)",
  );
});

Deno.test("data is escaped and cut at 32 bytes", () => {
  const task = new FakeTask(1);
  const elf = task.put(
    Uint8Array.of(
      0x7f,
      69,
      76,
      70,
      2,
      1,
      1,
      3,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      3,
      0,
      62,
      0,
      1,
      0,
      0,
      0,
      0x10,
      0x74,
      2,
      0,
      0,
      0,
      0,
      0,
      9,
    ),
  );
  assertEquals(
    line(task, read, [3, elf, 832], 832),
    'read(3, "\\177ELF\\2\\1\\1\\3\\0\\0\\0\\0\\0\\0\\0\\0\\3\\0>\\0\\1\\0\\0\\0\\20t\\2\\0\\0\\0\\0\\0"..., 832) = 832',
  );
  assertEquals(line(task, read, [3, elf, 4096], 0), 'read(3, "", 4096)                       = 0');
  assertEquals(
    line(task, read, [3, elf, 4096], -11),
    "read(3, 0x10000, 4096)                  = -1 EAGAIN (Resource temporarily unavailable)",
  );
  const text = task.put('a"\t\n\x01' + "5");
  assertEquals(line(task, write, [1, text, 6], 6), 'write(1, "a\\"\\t\\n\\0015", 6)             = 6');
});

Deno.test("results stand in column 40", () => {
  const task = new FakeTask(1);
  assertEquals(
    line(task, row("brk", "pointer", "hex"), [0], 0x557a50ed1000),
    "brk(NULL)                               = 0x557a50ed1000",
  );
  assertEquals(
    line(task, row("mmap", "pointer size PROT MAP fd hex", "hex"), [0, 8192, 3, 0x22, -1, 0], 0x7f0a7f655000),
    "mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0a7f655000",
  );
  assertEquals(
    line(task, row("mmap", "pointer size PROT MAP fd hex", "hex"), [
      0x7f0a7f611000,
      4096,
      1,
      0x812,
      3,
      0x1000,
    ], 0x7f0a7f611000),
    "mmap(0x7f0a7f611000, 4096, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_DENYWRITE, 3, 0x1000) = 0x7f0a7f611000",
  );
});

Deno.test("structures", () => {
  const task = new FakeTask(1);
  const stat = new DataView(new ArrayBuffer(144));
  stat.setUint32(24, 0o100644, true);
  stat.setUint32(48, 34779, true);
  const newfstatat = row("newfstatat", "dirfd path stat AT");
  const empty = task.put("");
  const file = task.put(new Uint8Array(stat.buffer));
  assertEquals(
    line(task, newfstatat, [3, empty, file, 0x1000], 0),
    'newfstatat(3, "", {st_mode=S_IFREG|0644, st_size=34779, ...}, AT_EMPTY_PATH) = 0',
  );
  stat.setUint32(24, 0o20666, true);
  stat.setUint32(40, 0x103, true);
  assertEquals(
    line(task, newfstatat, [1, empty, task.put(new Uint8Array(stat.buffer)), 0], 0),
    'newfstatat(1, "", {st_mode=S_IFCHR|0666, st_rdev=makedev(0x1, 0x3), ...}, 0) = 0',
  );
  assertEquals(
    line(task, row("prlimit64", "pid RLIMIT pointer pointer"), [0, 3, 0, task.words(8 << 20, 0, -1, -1)], 0),
    "prlimit64(0, RLIMIT_STACK, NULL, {rlim_cur=8192*1024, rlim_max=RLIM64_INFINITY}) = 0",
  );
  assertEquals(
    line(task, row("clock_nanosleep", "CLOCK TIMER timespec timespec_out"), [
      0,
      0,
      task.longs(0, 100000000),
      0x7ffe32f21460,
    ], 0),
    "clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0, tv_nsec=100000000}, 0x7ffe32f21460) = 0",
  );
  assertEquals(
    line(task, row("pipe2", "pointer O"), [task.words(3, 4), 0o2000000], 0),
    "pipe2([3, 4], O_CLOEXEC)                = 0",
  );
});

Deno.test("signals: actions, masks, infos", () => {
  const task = new FakeTask(1);
  const action = row("rt_sigaction", "signal sigaction sigaction_out size");
  const caught = task.longs(0x55d408ce0dc0, 0x4000000, 0x7f4712132050);
  // The mask: all but RTMIN and RT_1.
  const bytes = task.put(new Uint8Array(32));
  task.memory.read(caught, task.bytes.subarray(bytes - BASE, bytes - BASE + 24));
  task.data.setInt32(bytes - BASE + 24, 0x7fffffff, true);
  task.data.setInt32(bytes - BASE + 28, ~1, true);
  assertEquals(
    line(task, action, [17, bytes, 0, 8], 0),
    "rt_sigaction(SIGCHLD, {sa_handler=0x55d408ce0dc0, sa_mask=~[RTMIN RT_1], sa_flags=SA_RESTORER, sa_restorer=0x7f4712132050}, NULL, 8) = 0",
  );
  assertEquals(
    line(task, action, [2, 0, task.longs(0, 0, 0, 0), 8], 0),
    "rt_sigaction(SIGINT, NULL, {sa_handler=SIG_DFL, sa_mask=[], sa_flags=0}, 8) = 0",
  );
  const mask = row("rt_sigprocmask", "SIGHOW sigset sigset_out size");
  assertEquals(
    line(task, mask, [2, task.longs(0), task.words(0x7fffffff & ~(1 << 8) & ~(1 << 18), ~1), 8], 0),
    "rt_sigprocmask(SIG_SETMASK, [], ~[KILL STOP RTMIN RT_1], 8) = 0",
  );
  const trace = new Trace();
  trace.strace.signal(task as unknown as Task, {
    signo: 17,
    code: 1,
    pid: 5732,
    uid: 0,
    status: 0,
    utime: 0,
    stime: 0,
  });
  trace.strace.signal(task as unknown as Task, { signo: 11, code: 1, pid: 0, uid: 0, addr: 0 });
  trace.strace.signal(task as unknown as Task, { signo: 15, code: 0, pid: 7, uid: 1000 });
  trace.strace.exited(task as unknown as Task, 15);
  assertEquals(trace.text.split("\n"), [
    "--- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=5732, si_uid=0, si_status=0, si_utime=0, si_stime=0} ---",
    "--- SIGSEGV {si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=NULL} ---",
    "--- SIGTERM {si_signo=SIGTERM, si_code=SI_USER, si_pid=7, si_uid=1000} ---",
    "+++ killed by SIGTERM +++",
    "",
  ]);
});

Deno.test("processes: execve, clone, wait4, exit", () => {
  const task = new FakeTask(1);
  const path = task.put("/usr/bin/ls"), name = task.put("ls"), other = task.put("/etc/passwd");
  const argv = task.longs(name, other, 0), envp = task.longs(name, 0);
  assertEquals(
    line(task, row("execve", "path argv envp"), [path, argv, envp], 0),
    `execve("/usr/bin/ls", ["ls", "/etc/passwd"], 0x${envp.toString(16)} /* 1 var */) = 0`,
  );
  assertEquals(
    line(
      task,
      row("clone", "CLONE pointer pointer pointer pointer"),
      [0x1200011, 0, 0, 0x7f47120f3a10, 0],
      5732,
    ),
    "clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD, child_tidptr=0x7f47120f3a10) = 5732",
  );
  const wait4 = row("wait4", "pid pointer WAIT pointer");
  assertEquals(
    line(task, wait4, [-1, task.words(0), 1, 0], 5732),
    "wait4(-1, [{WIFEXITED(s) && WEXITSTATUS(s) == 0}], WNOHANG, NULL) = 5732",
  );
  assertEquals(line(task, wait4, [-1, 0x12345, 1, 0], 0), "wait4(-1, 0x12345, WNOHANG, NULL)       = 0");
  const trace = new Trace();
  trace.enter(task, row("exit_group", "int"), 2);
  trace.strace.exited(task as unknown as Task, 2 << 8);
  assertEquals(trace.text, "exit_group(2)                           = ?\n+++ exited with 2 +++\n");
});

Deno.test("calls that depend on a command", () => {
  const task = new FakeTask(1);
  const fcntl = row("fcntl", "fd F long");
  assertEquals(
    line(task, fcntl, [3, 1, 99], 1),
    "fcntl(3, F_GETFD)                       = 0x1 (flags FD_CLOEXEC)",
  );
  assertEquals(line(task, fcntl, [3, 2, 1], 0), "fcntl(3, F_SETFD, FD_CLOEXEC)           = 0");
  assertEquals(
    line(task, fcntl, [1, 3, 0], 0x8002),
    "fcntl(1, F_GETFL)                       = 0x8002 (flags O_RDWR|O_LARGEFILE)",
  );
  assertEquals(
    line(
      task,
      row("futex", "pointer FUTEX int pointer pointer int"),
      [0x7f7a00, 0x81, 2147483647, 0, 0, 0],
      0,
    ),
    "futex(0x7f7a00, FUTEX_WAKE_PRIVATE, 2147483647) = 0",
  );
  assertEquals(
    line(task, row("ioctl", "fd IOCTL pointer"), [1, 0x5401, 0x7ffd5b7b8270], -25),
    "ioctl(1, TCGETS, 0x7ffd5b7b8270)        = -1 ENOTTY (Inappropriate ioctl for device)",
  );
  assertEquals(
    line(task, row("arch_prctl", "int pointer"), [0x1002, 0x7f39f800], 0),
    "arch_prctl(ARCH_SET_FS, 0x7f39f800)     = 0",
  );
  const fds = task.words(3, 1 | (1 << 16));
  assertEquals(
    line(task, row("poll", "pollfds uint int"), [fds, 1, 1000], 1),
    "poll([{fd=3, events=POLLIN}], 1, 1000)  = 1 ([{fd=3, revents=POLLIN}])",
  );
  assertEquals(
    line(task, row("poll", "pollfds uint int"), [fds, 1, 0], 0),
    "poll([{fd=3, events=POLLIN}], 1, 0)     = 0 (Timeout)",
  );
});

Deno.test("a call that waits is cut in two", () => {
  const one = new FakeTask(7), two = new FakeTask(8);
  const wait4 = row("wait4", "pid pointer WAIT pointer");
  const robust = row("set_robust_list", "pointer size");
  const trace = new Trace();
  trace.enter(two, robust, 0x20, 24);
  trace.exit(two, robust, 0);
  trace.enter(one, wait4, -1, 0x99, 1, 0);
  trace.enter(two, robust, 0x20, 24);
  trace.exit(two, robust, 0);
  trace.exit(one, wait4, 0);
  assertEquals(trace.text.split("\n"), [
    "set_robust_list(0x20, 24)               = 0",
    "[pid     7] wait4(-1,  <unfinished ...>",
    "[pid     8] set_robust_list(0x20, 24)   = 0",
    "[pid     7] <... wait4 resumed>0x99, WNOHANG, NULL) = 0",
    "",
  ]);
  const interrupted = new Trace({ pids: "always" });
  const suspend = row("rt_sigsuspend", "sigset size");
  interrupted.enter(one, suspend, one.longs(0), 8);
  interrupted.exit(one, suspend, -514);
  assertEquals(
    interrupted.text,
    "7     rt_sigsuspend([], 8)              = ? ERESTARTNOHAND (To be restarted if no handler)\n",
  );
});
