// What procfs has to know about the machine. The kernel implements this (kernel/session/proc_source.ts); procfs turns it
// into text. Everything is asked afresh at each use, so implementations may be thin views of live objects.

import type { CpuDescription } from "../../kernel/abi/cpu_features.ts";
import type { OpenFile } from "../vfs/open_file.ts";

/** Times are in ns; "since boot" is the instance's monotonic clock. */
/** One kind of System V object. */
export interface ProcSysv {
  /** The file in /proc/sysvipc. */
  text(): string;
  /** Identifier that the next object gets; -1: any. */
  nextId: number;
  /** How many there may be. */
  limit: number;
}

export interface ProcSource {
  /** By the names in /proc/sysvipc. */
  readonly sysv: Readonly<Record<"msg" | "sem" | "shm", ProcSysv>>;
  /** Thread group ids, ascending. */
  pids(): number[];
  process(pid: number): ProcTask | undefined;
  /** Any thread by its id, also one that is not a group leader (/proc/TID exists, though unlisted). */
  task(tid: number): ProcTask | undefined;
  /** Who is asking; undefined outside of system calls. */
  current(): ProcTask | undefined;
  /** PTRACE_MODE_READ: the caller may look inside `task` (environ, maps, fd …). */
  mayInspect(task: ProcTask): boolean;

  readonly cpu: CpuDescription;
  readonly cpuCount: number;
  /** uname's words. */
  readonly names: {
    sysname: string;
    release: string;
    version: string;
    machine: string;
    hostname: string;
    domainname: string;
  };
  setHostname(name: string): void;
  setDomainname(name: string): void;
  readonly commandLine: string;

  bootTimeSeconds(): number;
  uptimeNs(): number;
  realtime(): { sec: number; nsec: number };
  cpuTimes(): { userNs: number; systemNs: number; idleNs: number };
  loadAverage(): readonly [number, number, number];
  memory(): SystemMemory;
  counters(): SystemCounters;
  /** Names for /proc/filesystems; `device` is false for "nodev" ones. */
  fileSystems(): readonly { name: string; device: boolean }[];
  characterDevices(): readonly { major: number; name: string }[];
  openFileCount(): number;
  readonly pidMax: number;
  /** Local sockets, for /proc/net/unix. */
  unixSockets(): Iterable<UnixSocketInfo>;
  randomUuid(): string;
  /** A name as text to and from bytes (kernel/abi/text.ts), so that file names survive. */
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

export interface UnixSocketInfo {
  readonly references: number;
  readonly listening: boolean;
  /** SOCK_* */
  readonly type: number;
  /** SS_* */
  readonly state: number;
  readonly ino: number;
  /** Abstract ones with "@" for zero bytes. */
  readonly name: string | undefined;
}

/** In bytes. */
export interface SystemMemory {
  total: number;
  free: number;
  /** Page cache and tmpfs contents. */
  cached: number;
  /** Of `cached`: what cannot be dropped (tmpfs, memfd, shared anonymous memory). */
  shmem: number;
  anonymous: number;
  mapped: number;
  pageTables: number;
  committed: number;
}

export interface SystemCounters {
  contextSwitches: number;
  forks: number;
  running: number;
  blocked: number;
  threads: number;
  lastPid: number;
  pageFaults: number;
  majorFaults: number;
  interrupts: number;
}

/** Bits n - 1 of signal n, as two 32-bit words. */
export interface SignalWords {
  readonly low: number;
  readonly high: number;
}

export interface ProcIds {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fs: number;
}

/** A thread, with its group. */
export interface ProcTask {
  readonly tid: number;
  readonly tgid: number;
  /** The object behind this view: equal for equal tasks, so that inodes of a reused pid are told apart. */
  readonly identity: object;
  /** Still listed: false once reaped. */
  readonly exists: boolean;
  comm: string;
  /** R running, S sleeping, D disk, T stopped, t tracing, Z zombie, X dead. */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Controlling terminal's device number, 0 none. */
  readonly tty: number;
  /** Foreground group of that terminal, -1 none. */
  readonly tpgid: number;
  readonly flags: number;
  readonly threads: number[];
  readonly uid: ProcIds;
  readonly gid: ProcIds;
  readonly groups: readonly number[];
  readonly capabilities: {
    inheritable: number;
    permitted: number;
    effective: number;
    bounding: number;
    ambient: number;
  };
  readonly umask: number;
  readonly nice: number;
  readonly policy: number;
  readonly realtimePriority: number;
  readonly startNs: number;
  /** This thread's; `groupTimes` are the whole group's, `childTimes` those of reaped children. */
  readonly times: { userNs: number; systemNs: number };
  readonly groupTimes: { userNs: number; systemNs: number };
  readonly childTimes: { userNs: number; systemNs: number };
  readonly faults: { minor: number; major: number; childMinor: number; childMajor: number };
  readonly switches: { voluntary: number; involuntary: number };
  readonly signals: {
    pending: SignalWords;
    sharedPending: SignalWords;
    blocked: SignalWords;
    ignored: SignalWords;
    caught: SignalWords;
    queued: number;
    queueLimit: number;
  };
  readonly exitSignal: number;
  readonly exitCode: number;
  readonly noNewPrivileges: boolean;
  readonly dumpable: boolean;
  oomScoreAdjust: number;
  readonly personality: number;
  /** Sixteen pairs in RLIMIT_* order; Infinity is RLIM_INFINITY. */
  readonly limits: readonly { cur: number; max: number }[];
  readonly io: { readChars: number; writeChars: number; readCalls: number; writeCalls: number };
  /** Where it sleeps, a symbol name; empty when running. */
  readonly waitChannel: string;
  /** No address space: zombies. */
  readonly memory: ProcMemory | undefined;

  /** Text of the link and the object it leads to (what Inode.followMagic returns); -errno when there is none. */
  link(which: "cwd" | "root" | "exe"): { text: string; target: unknown } | number;
  readonly descriptorTableSize: number;
  /** Open descriptors, ascending. */
  descriptors(): number[];
  descriptor(
    fd: number,
  ): { file: OpenFile; text: string; target: unknown; cloexec: boolean; mountId: number } | undefined;
  mounts(): readonly ProcMount[];
}

export interface ProcMount {
  readonly id: number;
  readonly parentId: number;
  readonly dev: number;
  /** Root of the mount inside its file system. */
  readonly root: string;
  readonly mountPoint: string;
  /** "rw,relatime" and the file system's own. */
  readonly options: string;
  readonly superOptions: string;
  readonly type: string;
  readonly source: string;
}

export interface ProcMemory {
  areas(): readonly ProcArea[];
  /** In bytes. */
  readonly totals: {
    virtual: number;
    virtualPeak: number;
    resident: number;
    residentPeak: number;
    residentAnonymous: number;
    residentFile: number;
    residentShared: number;
    locked: number;
    data: number;
    stack: number;
    code: number;
    libraries: number;
    pageTables: number;
  };
  readonly codeStart: number;
  readonly codeEnd: number;
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly brkStart: number;
  readonly stackStart: number;
  readonly argStart: number;
  readonly argEnd: number;
  readonly envStart: number;
  readonly envEnd: number;
  readonly auxv: Uint8Array;
  /** The page at `address`; undefined where nothing is mapped. `shared`: others have it mapped too. */
  page(address: number): { present: boolean; anonymous: boolean; shared: boolean } | undefined;
  /** Bytes moved; short where memory ends, -EIO when there is none at `address`. */
  read(address: number, buffer: Uint8Array, offset: number, length: number): number;
  write(address: number, buffer: Uint8Array, offset: number, length: number): number;
}

export interface ProcArea {
  readonly start: number;
  readonly end: number;
  readonly read: boolean;
  readonly write: boolean;
  readonly exec: boolean;
  readonly shared: boolean;
  /** Byte offset in the file. */
  readonly offset: number;
  readonly dev: number;
  readonly ino: number;
  /** Path, "[heap]", "[stack]" …; empty for anonymous memory. */
  readonly name: string;
  readonly growsDown: boolean;
  /** Present bytes, and those of them that are anonymous, shared with others, written. */
  resident(): { total: number; anonymous: number; shared: number; dirty: number };
}
