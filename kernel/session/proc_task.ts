// A thread and its process as /proc shows them: a thin view, made for each look-up, over Task, Process and Mm.

import type { ProcIds, ProcMemory, ProcMount, ProcTask, SignalWords } from "../../fs/procfs/source.ts";
import { type Mount, MS_NOATIME, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RELATIME } from "../../fs/vfs/mount.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import type { Path } from "../../fs/vfs/path.ts";
import { pathText } from "../../fs/vfs/vfs.ts";
import { ENOENT } from "../abi/errno.ts";
import { decodeName, encodeName } from "../abi/text.ts";
import { DEFAULT_ACTION } from "../signal/handlers.ts";
import type { Process } from "../task/process.ts";
import type { Credentials, Task } from "../task/task.ts";
import { Tty } from "../tty/tty.ts";
import type { Instance } from "./instance.ts";
import { MemoryView } from "./proc_memory.ts";
import { waitChannelOf } from "./wait_channels.ts";

const NO_SIGNALS: SignalWords = { low: 0, high: 0 };
const ALL_CAPABILITIES = 2 ** 41 - 1;
/** Of /proc/PID/stat's flags: PF_FORKNOEXEC (never called execve), PF_KTHREAD has init for want of a program. */
const PF_FORKNOEXEC = 0x40, PF_RANDOMIZE = 0x400000;
const COMM_BYTES = 15;

/** Init has no thread and no program. */
const INIT_CREDENTIALS: Credentials = {
  uid: 0,
  euid: 0,
  suid: 0,
  fsuid: 0,
  gid: 0,
  egid: 0,
  sgid: 0,
  fsgid: 0,
  groups: [],
  capEffective: ALL_CAPABILITIES,
  capPermitted: ALL_CAPABILITIES,
  capInheritable: 0,
  capBounding: ALL_CAPABILITIES,
  capAmbient: 0,
};

export class TaskView implements ProcTask {
  readonly #process: Process;
  readonly #task: Task | undefined;
  readonly #instance: Instance;

  /** `task` undefined: the instance's init. */
  constructor(process: Process, task: Task | undefined) {
    this.#process = process;
    this.#task = task;
    this.#instance = process.instance;
  }

  get identity(): object {
    return this.#task ?? this.#process;
  }
  get tid(): number {
    return this.#task?.tid ?? this.#process.pid;
  }
  get tgid(): number {
    return this.#process.pid;
  }
  get exists(): boolean {
    const { pids } = this.#instance;
    if (this.#process.state === "dead" || pids.process(this.tgid) !== this.#process) return false;
    return this.#task === undefined || this.#task === this.#process.leader ||
      pids.task(this.tid) === this.#task;
  }

  get comm(): string {
    return this.#task?.comm ?? "init";
  }
  set comm(name: string) {
    if (this.#task !== undefined) this.#task.comm = decodeName(encodeName(name).subarray(0, COMM_BYTES));
  }

  get state(): string {
    const process = this.#process, task = this.#task;
    if (task === undefined) return "S";
    if (task.state === "dead" || process.state === "zombie") return "Z";
    if (process.state === "stopped" || task.state === "stopped") return "T";
    return task.state === "runnable" ? "R" : task.uninterruptible ? "D" : "S";
  }

  get ppid(): number {
    return this.#process.isInit ? 0 : this.#process.parent.pid;
  }
  get pgid(): number {
    return this.#process.pgid;
  }
  get sid(): number {
    return this.#process.session?.sid ?? 0;
  }
  get tty(): number {
    const tty = this.#process.session?.tty;
    return tty instanceof Tty ? tty.driver.rdev : 0;
  }
  get tpgid(): number {
    return this.#process.session?.tty?.foregroundPgid || -1;
  }
  get flags(): number {
    return PF_RANDOMIZE | (this.#process.execed ? 0 : PF_FORKNOEXEC);
  }
  get threads(): number[] {
    const tids = [...this.#process.tasks].map((task) => task.tid);
    if (!tids.includes(this.tgid)) tids.push(this.tgid);
    return tids.sort((a, b) => a - b);
  }

  get #credentials(): Credentials {
    return this.#task?.credentials ?? INIT_CREDENTIALS;
  }
  get uid(): ProcIds {
    const c = this.#credentials;
    return { real: c.uid, effective: c.euid, saved: c.suid, fs: c.fsuid };
  }
  get gid(): ProcIds {
    const c = this.#credentials;
    return { real: c.gid, effective: c.egid, saved: c.sgid, fs: c.fsgid };
  }
  get groups(): readonly number[] {
    return this.#credentials.groups;
  }
  get capabilities(): ProcTask["capabilities"] {
    const c = this.#credentials;
    return {
      inheritable: c.capInheritable,
      permitted: c.capPermitted,
      effective: c.capEffective,
      bounding: c.capBounding,
      ambient: c.capAmbient,
    };
  }
  get umask(): number {
    return this.#task?.fs.umask ?? 0o022;
  }
  get nice(): number {
    return this.#task?.nice ?? 0;
  }
  get policy(): number {
    return this.#task?.policy ?? 0;
  }
  get realtimePriority(): number {
    return this.#task?.priority ?? 0;
  }
  get startNs(): number {
    return this.#task?.startTimeNs || this.#process.startTimeNs;
  }

  get times(): { userNs: number; systemNs: number } {
    const task = this.#task;
    return { userNs: task?.userTimeNs ?? 0, systemNs: task?.systemTimeNs ?? 0 };
  }
  get groupTimes(): { userNs: number; systemNs: number } {
    return { userNs: this.#process.userNs, systemNs: this.#process.systemNs };
  }
  get childTimes(): { userNs: number; systemNs: number } {
    return { userNs: this.#process.childUserNs, systemNs: this.#process.childSystemNs };
  }
  get faults(): ProcTask["faults"] {
    const process = this.#process, mm = this.#mm;
    return {
      minor: process.minorFaults + (mm?.minorFaults ?? 0),
      major: process.majorFaults + (mm?.majorFaults ?? 0),
      childMinor: process.childMinorFaults,
      childMajor: process.childMajorFaults,
    };
  }
  get switches(): ProcTask["switches"] {
    const { voluntarySwitches, involuntarySwitches } = this.#process;
    return { voluntary: voluntarySwitches, involuntary: involuntarySwitches };
  }

  get signals(): ProcTask["signals"] {
    const process = this.#process, task = this.#task;
    const queueLimit = process.rlimits[11]?.cur ?? 0;
    if (task === undefined) {
      const none = NO_SIGNALS;
      return {
        pending: none,
        sharedPending: none,
        blocked: none,
        ignored: none,
        caught: none,
        queued: 0,
        queueLimit,
      };
    }
    const { ignored, caught } = handlerSets(task);
    return {
      pending: words(task.pending.low, task.pending.high),
      sharedPending: words(process.pending.low, process.pending.high),
      blocked: words(task.maskLow, task.maskHigh),
      ignored,
      caught,
      queued: this.#instance.pids.user(task.credentials.uid).signals.count,
      queueLimit,
    };
  }
  get exitSignal(): number {
    return this.#task === undefined || this.#task === this.#process.leader ? this.#process.exitSignal : -1;
  }
  get exitCode(): number {
    return this.#process.state === "zombie" ? this.#process.exitCode : 0;
  }
  get noNewPrivileges(): boolean {
    return this.#task?.noNewPrivs ?? false;
  }
  get dumpable(): boolean {
    return this.#process.dumpable === 1;
  }
  get oomScoreAdjust(): number {
    return this.#process.oomScoreAdj;
  }
  set oomScoreAdjust(value: number) {
    this.#process.oomScoreAdj = value;
  }
  get personality(): number {
    return this.#process.personality;
  }
  get limits(): readonly { cur: number; max: number }[] {
    return this.#process.rlimits;
  }
  get io(): ProcTask["io"] {
    return { readChars: 0, writeChars: 0, readCalls: 0, writeCalls: 0 };
  }
  get waitChannel(): string {
    const task = this.#task;
    if (task === undefined) return "do_wait";
    return task.state === "blocked" ? waitChannelOf(task.syscallNr) : "";
  }

  get #mm() {
    const task = this.#task;
    return task === undefined || task.state === "dead" || this.#process.state === "zombie"
      ? undefined
      : task.mm;
  }
  get memory(): ProcMemory | undefined {
    const mm = this.#mm;
    return mm === undefined ? undefined : new MemoryView(mm, this.#instance.vfs, this.#root);
  }

  get #root(): Path {
    return this.#task?.fs.root ?? this.#instance.vfs.root;
  }

  link(which: "cwd" | "root" | "exe"): { text: string; target: unknown } | number {
    const { vfs } = this.#instance;
    const task = this.#task, mm = this.#mm;
    if (task === undefined) return which === "exe" ? -ENOENT : { text: "/", target: vfs.root };
    if (mm === undefined) return -ENOENT;
    const path = which === "exe" ? mm.exe : which === "cwd" ? task.fs.cwd : task.fs.root;
    if (path === undefined) return -ENOENT;
    return {
      text: which === "root" ? vfs.pathString(vfs.root, path) : vfs.pathString(this.#root, path),
      target: path,
    };
  }

  get descriptorTableSize(): number {
    const length = this.#task?.files.length ?? 0;
    return Math.max(64, 2 ** Math.ceil(Math.log2(Math.max(1, length))));
  }
  descriptors(): number[] {
    const task = this.#task;
    if (task === undefined || this.#mm === undefined) return [];
    return [...task.files.entries()].map(([fd]) => fd);
  }
  descriptor(fd: number): ReturnType<ProcTask["descriptor"]> {
    const task = this.#task;
    if (task === undefined || this.#mm === undefined) return undefined;
    const file = task.files.get(fd);
    if (file === undefined) return undefined;
    return {
      file,
      text: this.#fileText(file),
      target: file,
      cloexec: (task.files.flags(fd) & 1) !== 0,
      mountId: file.path?.mount.id ?? 15,
    };
  }

  #fileText(file: OpenFile): string {
    return file.path === undefined ? file.label() : this.#instance.vfs.pathString(this.#root, file.path);
  }

  mounts(): readonly ProcMount[] {
    const root = this.#root;
    const mounts: ProcMount[] = [];
    for (const mount of this.#instance.vfs.mounts) {
      const place = pathText(root, { mount, dentry: mount.root });
      if (!place.reachable) continue;
      mounts.push({
        id: mount.id,
        parentId: mount.at?.mount.id ?? 1,
        dev: mount.fs.dev,
        root: "/",
        mountPoint: place.text,
        options: mountOptions(mount),
        superOptions: mount.fs.readOnly ? "ro" : "rw",
        type: mount.fs.name,
        source: mount.source,
      });
    }
    return mounts;
  }
}

function mountOptions(mount: Mount): string {
  const { flags } = mount;
  const options = [mount.readOnly ? "ro" : "rw"];
  if (flags & MS_NOSUID) options.push("nosuid");
  if (flags & MS_NODEV) options.push("nodev");
  if (flags & MS_NOEXEC) options.push("noexec");
  if (flags & MS_NOATIME) options.push("noatime");
  else if (flags & MS_RELATIME || flags === 0) options.push("relatime");
  return options.join(",");
}

function words(low: number, high: number): SignalWords {
  return { low, high };
}

function handlerSets(task: Task): { ignored: SignalWords; caught: SignalWords } {
  let ignoredLow = 0, ignoredHigh = 0, caughtLow = 0, caughtHigh = 0;
  for (let signo = 1; signo <= 64; signo++) {
    const action = task.handlers.get(signo);
    if (action === DEFAULT_ACTION || action.handler === 0) continue;
    const bit = 1 << ((signo - 1) & 31);
    const high = signo > 32;
    if (action.handler === 1) high ? ignoredHigh |= bit : ignoredLow |= bit;
    else high ? caughtHigh |= bit : caughtLow |= bit;
  }
  return { ignored: words(ignoredLow, ignoredHigh), caught: words(caughtLow, caughtHigh) };
}
