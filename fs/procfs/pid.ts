// A process's (or thread's) directory in proc: which files there are, who may open them, and what makes their text.

import { EACCES, EINVAL, ENOENT, ESRCH } from "../../kernel/abi/errno.ts";
import { major, minor } from "../../kernel/abi/stat.ts";
import type { DirectoryEntry, Inode } from "../vfs/inode.ts";
import {
  DirectoryNode,
  type FileFunctions,
  MagicLink,
  type NodeContext,
  type Owner,
  ProcDirectory,
  ProcFile,
  ProcLink,
  ROOT_OWNER,
} from "./nodes.ts";
import { namespaceDirectory } from "./namespaces.ts";
import { decimal, fdDirectory, fdinfoDirectory } from "./pid_fd.ts";
import { MemoryFile, type MemoryOpen, OpenMem, OpenPagemap } from "./pid_memory.ts";
import { mapsText, smapsRollupText, smapsText } from "./pid_maps.ts";
import * as text from "./pid_text.ts";
import type { ProcSource, ProcTask } from "./source.ts";

const DT_DIR = 4, DT_REG = 8, DT_LNK = 10;

/** Inode numbers of a thread's files begin at tid * INO_STEP; the group's view has GROUP_INO added. */
const INO_STEP = 2 ** 24, GROUP_INO = 2 ** 23, FD_INO = 2 ** 20, FDINFO_INO = 2 ** 21, NS_INO = 2 ** 22;

function threadIno(ino: number): number {
  return ino - (ino % INO_STEP);
}

type Maker = (directory: PidDirectory, ino: number) => Inode;
type Read = (task: ProcTask, source: ProcSource, whole: boolean) => string | Uint8Array | number;

/** A file that everybody may read. */
const open = (read: Read): Maker => file(0o444, read);
/** A file whose reader must be allowed to inspect the process. */
const guarded = (permissions: number, read: Read): Maker => file(permissions, read, undefined, true);

function file(
  permissions: number,
  read: Read | undefined,
  write?: (task: ProcTask, value: string) => number,
  guard = false,
): Maker {
  return (directory, ino) => {
    const { task, source } = directory;
    const functions: FileFunctions = {
      owner: () => directory.owner(),
      open: () => !task.exists ? -ESRCH : guard && !source.mayInspect(task) ? -EACCES : 0,
    };
    if (read !== undefined) functions.read = () => task.exists ? read(task, source, directory.whole) : -ESRCH;
    if (write !== undefined) functions.write = (value) => task.exists ? write(task, value) : -ESRCH;
    return new ProcFile(directory.context, ino, permissions, functions);
  };
}

/** A file that is the address space in some form. */
function memoryFile(permissions: number, Open: MemoryOpen): Maker {
  return ({ task, source, context, ownerOf }, ino) =>
    new MemoryFile(context, ino, permissions, {
      owner: ownerOf,
      open: (inode, flags) =>
        !task.exists ? -ESRCH : source.mayInspect(task) ? new Open(inode, task, flags) : -EACCES,
    });
}

function link(which: "cwd" | "root" | "exe"): Maker {
  return ({ task, source, context, ownerOf }, ino) =>
    new MagicLink(context, ino, {
      owner: ownerOf,
      resolve: () => !task.exists ? -ESRCH : source.mayInspect(task) ? task.link(which) : -EACCES,
    });
}

/** Files of both /proc/PID and /proc/PID/task/TID, in the kernel's order. */
const COMMON: Readonly<Record<string, Maker>> = {
  fd: ({ context, source, task, ownerOf }, ino) =>
    fdDirectory(context, source, task, ino, threadIno(ino) + FD_INO, ownerOf),
  fdinfo: ({ context, source, task, ownerOf }, ino) =>
    fdinfoDirectory(context, source, task, ino, threadIno(ino) + FDINFO_INO, ownerOf),
  ns: ({ context, source, task, ownerOf }, ino) =>
    namespaceDirectory(context, source, task, ino, threadIno(ino) + NS_INO, ownerOf),
  environ: guarded(0o400, (task) => {
    const memory = task.memory;
    return memory === undefined ? "" : text.memoryRange(task, memory.envStart, memory.envEnd);
  }),
  auxv: guarded(0o400, (task) => task.memory?.auxv ?? ""),
  status: open((task, source) => text.statusText(task, source)),
  personality: guarded(0o400, (task) => `${task.personality.toString(16).padStart(8, "0")}\n`),
  limits: open(text.limitsText),
  comm: file(0o644, (task) => `${task.comm}\n`, (task, value) => {
    task.comm = value.replace(/\n[^]*$/, "");
    return 0;
  }),
  cmdline: open(text.commandLine),
  stat: open(text.statText),
  statm: open(text.statmText),
  maps: guarded(0o444, mapsText),
  mem: memoryFile(0o600, OpenMem),
  pagemap: memoryFile(0o400, OpenPagemap),
  cwd: link("cwd"),
  root: link("root"),
  exe: link("exe"),
  mounts: open((task) => text.mountsText(task.mounts())),
  mountinfo: open((task) => text.mountinfoText(task.mounts(), (dev) => `${major(dev)}:${minor(dev)}`)),
  smaps: guarded(0o444, smapsText),
  smaps_rollup: guarded(0o444, smapsRollupText),
  wchan: open((task) => task.waitChannel === "" ? "0" : task.waitChannel),
  schedstat: open((task) =>
    `${Math.floor(task.times.userNs + task.times.systemNs)} 0 ${task.switches.voluntary}\n`
  ),
  cgroup: open(() => "0::/\n"),
  oom_score: open((task) => `${Math.max(0, 666 + Math.floor(task.oomScoreAdjust * 2 / 3))}\n`),
  oom_score_adj: file(0o644, (task) => `${task.oomScoreAdjust}\n`, (task, value) => {
    const number = Number(value.trim());
    if (value.trim() === "" || !Number.isInteger(number) || number < -1000 || number > 1000) return -EINVAL;
    task.oomScoreAdjust = number;
    return 0;
  }),
  loginuid: file(0o644, () => "4294967295", () => 0),
  sessionid: open(() => "4294967295"),
  uid_map: file(0o644, () => idMap()),
  gid_map: file(0o644, () => idMap()),
  setgroups: file(0o644, () => "allow\n"),
  io: guarded(0o400, text.ioText),
};

const GROUP_ONLY: Readonly<Record<string, Maker>> = {
  task: ({ context, source, task, ownerOf }, ino) => taskDirectory(context, source, task, ino, ownerOf),
  net: ({ context }, ino) => new ProcLink(context, ino, () => "../net"),
  coredump_filter: file(0o644, () => "00000033\n", () => 0),
  timerslack_ns: file(0o666, () => "50000\n", () => 0),
};

const ALL = { ...GROUP_ONLY, ...COMMON };

function idMap(): string {
  return `${"0".padStart(10)} ${"0".padStart(10)} ${"4294967295".padStart(10)}\n`;
}

/** /proc/PID (`whole`) or /proc/PID/task/TID. Entries are made once and kept, so that their identity lasts. */
export class PidDirectory extends DirectoryNode {
  readonly source: ProcSource;
  readonly task: ProcTask;
  readonly whole: boolean;
  /** Files belong to the process's effective ids, unless it may not be dumped. */
  readonly ownerOf = (): Owner => this.owner();
  readonly #names: readonly string[];
  readonly #made = new Map<string, Inode>();

  constructor(context: NodeContext, source: ProcSource, task: ProcTask, whole: boolean) {
    super(context, task.tid * INO_STEP + (whole ? GROUP_INO : 0));
    this.source = source;
    this.task = task;
    this.whole = whole;
    this.#names = Object.keys(whole ? ALL : COMMON);
  }

  override get links(): number {
    return 9;
  }
  override owner(): Owner {
    const { task } = this;
    return task.dumpable ? { uid: task.uid.effective, gid: task.gid.effective } : ROOT_OWNER;
  }
  override lookup(name: string): Inode | number {
    const index = this.#names.indexOf(name);
    if (index < 0 || !this.task.exists) return -ENOENT;
    let inode = this.#made.get(name);
    if (inode === undefined) this.#made.set(name, inode = ALL[name](this, this.ino + 1 + index));
    return inode;
  }
  override list(): DirectoryEntry[] | number {
    if (!this.task.exists) return -ENOENT;
    return this.#names.map((name, index) => ({
      name,
      ino: this.ino + 1 + index,
      type: TYPES[name] ?? DT_REG,
    }));
  }
}

/** DT_* of what is not a regular file. */
const TYPES: Readonly<Record<string, number>> = {
  fd: DT_DIR,
  fdinfo: DT_DIR,
  ns: DT_DIR,
  task: DT_DIR,
  cwd: DT_LNK,
  root: DT_LNK,
  exe: DT_LNK,
  net: DT_LNK,
};

function taskDirectory(
  context: NodeContext,
  source: ProcSource,
  task: ProcTask,
  ino: number,
  owner: () => Owner,
): ProcDirectory {
  const directories = new DirectoryCache();
  return new ProcDirectory(context, ino, {
    owner,
    lookup(name) {
      const tid = decimal(name);
      const thread = tid > 0 ? source.task(tid) : undefined;
      if (thread === undefined || thread.tgid !== task.tgid) return -ENOENT;
      return directories.get(thread, () => new PidDirectory(context, source, thread, false));
    },
    list: () =>
      !task.exists
        ? -ENOENT
        : task.threads.map((tid) => ({ name: String(tid), ino: tid * INO_STEP, type: DT_DIR })),
    links: () => 2 + task.threads.length,
  });
}

/** One directory per live task; those of ended tasks are dropped when their number is used again. */
export class DirectoryCache {
  readonly #directories = new Map<number, PidDirectory>();

  get(task: ProcTask, make: () => PidDirectory): PidDirectory {
    const known = this.#directories.get(task.tid);
    if (known !== undefined && known.task.identity === task.identity) return known;
    const made = make();
    this.#directories.set(task.tid, made);
    if (this.#directories.size > 64) this.#sweep();
    return made;
  }

  #sweep(): void {
    for (const [tid, directory] of this.#directories) {
      if (!directory.task.exists) this.#directories.delete(tid);
    }
  }
}
