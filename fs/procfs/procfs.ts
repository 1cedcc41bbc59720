// The proc file system: its root directory, where processes and the machine's own files come together.
//
//   /proc/PID …          pid.ts, pid_text.ts, pid_maps.ts, pid_fd.ts
//   /proc/sys …          sysctl.ts
//   /proc/net …          net.ts
//   /proc/meminfo …      system_text.ts
//
// What it tells comes from a ProcSource (source.ts); the file system itself holds no state but settings.

import { ENOENT } from "../../kernel/abi/errno.ts";
import { locksText } from "../vfs/locks.ts";
import type { DirectoryEntry, FileSystem, FileSystemInfo, Inode, Time } from "../vfs/inode.ts";
import { netDirectory } from "./net.ts";
import { DirectoryNode, type NodeContext, ProcFile, ProcLink, StaticDirectory } from "./nodes.ts";
import { DirectoryCache, PidDirectory } from "./pid.ts";
import { decimal } from "./pid_fd.ts";
import type { ProcSource } from "./source.ts";
import { sysDirectory } from "./sysctl.ts";
import * as text from "./system_text.ts";

export const PROC_SUPER_MAGIC = 0x9fa0;
const ROOT_INO = 1, FIRST_INO = 0xf000_0001;
const DT_DIR = 4;

export class ProcFs implements FileSystem, NodeContext {
  readonly name = "proc";
  readonly volatile = true;
  readonly dev: number;
  readonly source: ProcSource;
  readonly root: Inode;

  constructor(source: ProcSource, dev: number) {
    this.source = source;
    this.dev = dev;
    this.root = new RootDirectory(this, source);
  }

  get fs(): FileSystem {
    return this;
  }
  now(): Time {
    return this.source.realtime();
  }
  encode(value: string): Uint8Array {
    return this.source.encode(value);
  }
  decode(bytes: Uint8Array): string {
    return this.source.decode(bytes);
  }
  info(): FileSystemInfo {
    return {
      type: PROC_SUPER_MAGIC,
      bsize: 4096,
      blocks: 0,
      bfree: 0,
      bavail: 0,
      files: 0,
      ffree: 0,
      namelen: 255,
    };
  }
}

class RootDirectory extends DirectoryNode {
  readonly #source: ProcSource;
  #entries: Map<string, Inode> | undefined;
  readonly #processes = new DirectoryCache();

  constructor(context: NodeContext, source: ProcSource) {
    super(context, ROOT_INO);
    this.#source = source;
  }

  /** What is no process: made when somebody looks. */
  get #fixed(): Map<string, Inode> {
    return this.#entries ??= fixedEntries(this.context, this.#source);
  }

  override get links(): number {
    return 4 + this.#source.pids().length;
  }

  override lookup(name: string): Inode | number {
    const fixed = this.#fixed.get(name);
    if (fixed !== undefined) return fixed;
    const pid = decimal(name);
    const task = pid > 0 ? this.#source.task(pid) : undefined;
    if (task === undefined) return -ENOENT;
    return this.#processes.get(task, () => new PidDirectory(this.context, this.#source, task, true));
  }

  override list(): DirectoryEntry[] {
    const entries: DirectoryEntry[] = [];
    for (const [name, inode] of this.#fixed) entries.push({ name, ino: inode.ino, type: inode.mode >> 12 });
    for (const pid of this.#source.pids()) {
      const directory = this.lookup(String(pid));
      if (typeof directory !== "number") {
        entries.push({ name: String(pid), ino: directory.ino, type: DT_DIR });
      }
    }
    return entries;
  }
}

function fixedEntries(context: NodeContext, source: ProcSource): Map<string, Inode> {
  const entries = new Map<string, Inode>();
  let ino = FIRST_INO;
  const add = (name: string, read: () => string, permissions = 0o444) =>
    entries.set(name, new ProcFile(context, ino++, permissions, { read }));
  const link = (name: string, target: () => string | number) =>
    entries.set(name, new ProcLink(context, ino++, target));

  link("self", () => {
    const task = source.current();
    return task === undefined ? -ENOENT : String(task.tgid);
  });
  link("thread-self", () => {
    const task = source.current();
    return task === undefined ? -ENOENT : `${task.tgid}/task/${task.tid}`;
  });
  link("mounts", () => "self/mounts");
  entries.set("net", netDirectory(context, source, ino + 0x1000));
  entries.set("sys", sysDirectory(context, source, ino + 0x2000));
  const sysv = Object.entries(source.sysv).map(([name, kind], index) =>
    [name, new ProcFile(context, ino + 0x3001 + index, 0o444, { read: () => kind.text() })] as const
  );
  entries.set("sysvipc", new StaticDirectory(context, ino + 0x3000, () => new Map(sysv)));
  add("cmdline", () => source.commandLine + "\n");
  add("consoles", () => "tty0                 -WU (EC p  )    4:1\n");
  add("cpuinfo", () => text.cpuinfoText(source));
  add("crypto", () => "");
  add("devices", () => text.devicesText(source));
  add("diskstats", () => "");
  add("filesystems", () => text.filesystemsText(source));
  add("interrupts", () => text.interruptsText(source));
  add("loadavg", () => text.loadavgText(source));
  add("locks", locksText);
  add("meminfo", () => text.meminfoText(source));
  add("misc", () => "");
  add("modules", () => "");
  add("partitions", () => "major minor  #blocks  name\n\n");
  add("stat", () => text.statText(source));
  add("swaps", () => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
  add("uptime", () => text.uptimeText(source));
  add("version", () => text.versionText(source));
  add("vmstat", () => text.vmstatText(source));
  return entries;
}
