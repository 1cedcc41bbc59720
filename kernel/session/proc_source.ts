// What /proc knows of an instance: the ProcSource over its processes, memory and clocks.

import type { CharDevices } from "../../fs/devices.ts";
import type {
  ProcSource,
  ProcTask,
  SystemCounters,
  SystemMemory,
  UnixSocketInfo,
} from "../../fs/procfs/source.ts";
import type { CpuDescription } from "../abi/cpu_features.ts";
import { decodeName, encodeName } from "../abi/text.ts";
import { liveMms } from "../mm/mm.ts";
import { unixNames } from "../net/unix_names.ts";
import { LISTENING } from "../net/unix_socket.ts";
import { messageQueues } from "../syscalls/sysv_msg.ts";
import { semaphoreSets } from "../syscalls/sysv_sem.ts";
import { sharedSegments } from "../syscalls/sysv_shm.ts";
import { current } from "../task/current.ts";
import { describeCpu } from "./cpu.ts";
import type { Instance } from "./instance.ts";
import { TaskView } from "./proc_task.ts";
import { cpuTimes, loadAverages, systemMemory } from "./system_state.ts";
import { UTS } from "./uts.ts";

const CAP_SYS_PTRACE = 19;

export class InstanceProcSource implements ProcSource {
  readonly cpu: CpuDescription;
  readonly cpuCount = 1;
  readonly commandLine = "denix";
  readonly #instance: Instance;
  readonly #devices: CharDevices;

  readonly sysv;

  constructor(instance: Instance, devices: CharDevices) {
    this.#instance = instance;
    const owner = { instance };
    this.sysv = { msg: messageQueues(owner), sem: semaphoreSets(owner), shm: sharedSegments(owner) };
    this.#devices = devices;
    this.cpu = describeCpu(instance.options.cpu);
  }

  pids(): number[] {
    return [...this.#instance.pids.processes.keys()].sort((a, b) => a - b);
  }

  process(pid: number): ProcTask | undefined {
    const process = this.#instance.pids.process(pid);
    return process === undefined || process.state === "dead"
      ? undefined
      : new TaskView(process, process.isInit ? undefined : process.leader);
  }

  task(tid: number): ProcTask | undefined {
    const process = this.process(tid);
    if (process !== undefined) return process;
    const task = this.#instance.pids.task(tid);
    return task === undefined || task.process.state === "dead" ? undefined : new TaskView(task.process, task);
  }

  current(): ProcTask | undefined {
    const { task } = current;
    return task === undefined ? undefined : new TaskView(task.process, task);
  }

  /** ptrace_may_access with PTRACE_MODE_READ_FSCREDS (ptrace(2)). */
  mayInspect(target: ProcTask): boolean {
    const { task } = current;
    if (task === undefined || target.tgid === task.process.pid) return true;
    const { fsuid, fsgid, capEffective } = task.credentials;
    if (Math.floor(capEffective / 2 ** CAP_SYS_PTRACE) % 2 === 1) return true;
    const { uid, gid, capabilities } = target;
    if (uid.real !== fsuid || uid.effective !== fsuid || uid.saved !== fsuid) return false;
    if (gid.real !== fsgid || gid.effective !== fsgid || gid.saved !== fsgid) return false;
    // The target may have no capability that the caller lacks.
    return target.dumpable &&
      (capabilities.permitted === 0 || capabilities.permitted === task.credentials.capPermitted);
  }

  get names(): ProcSource["names"] {
    const { hostname, domainname } = this.#instance;
    return { ...UTS, hostname, domainname };
  }
  setHostname(name: string): void {
    this.#instance.hostname = name;
  }
  setDomainname(name: string): void {
    this.#instance.domainname = name;
  }

  bootTimeSeconds(): number {
    const { clock } = this.#instance;
    return Math.round(clock.realtime().sec - clock.monotonicNs() / 1e9);
  }
  uptimeNs(): number {
    return this.#instance.clock.monotonicNs();
  }
  realtime(): { sec: number; nsec: number } {
    return this.#instance.clock.realtime();
  }
  cpuTimes(): { userNs: number; systemNs: number; idleNs: number } {
    return cpuTimes(this.#instance);
  }
  loadAverage(): readonly [number, number, number] {
    return loadAverages(this.#instance);
  }
  memory(): SystemMemory {
    return systemMemory(this.#instance);
  }

  counters(): SystemCounters {
    const { pids, scheduler } = this.#instance;
    let pageFaults = 0, majorFaults = 0;
    for (const mm of liveMms()) {
      pageFaults += mm.minorFaults + mm.majorFaults;
      majorFaults += mm.majorFaults;
    }
    return {
      contextSwitches: scheduler.contextSwitches,
      forks: pids.forks,
      running: Math.max(1, scheduler.runnable),
      blocked: 0,
      threads: pids.tasks.size,
      lastPid: pids.last,
      pageFaults,
      majorFaults,
      interrupts: 0,
    };
  }

  fileSystems(): readonly { name: string; device: boolean }[] {
    const names = new Set([
      "sysfs",
      "tmpfs",
      "proc",
      "devtmpfs",
      "sockfs",
      "pipefs",
      "devpts",
      "overlay",
      "mqueue",
    ]);
    for (const mount of this.#instance.vfs.mounts) names.add(mount.fs.name);
    return [...names].map((name) => ({ name, device: false }));
  }
  characterDevices(): readonly { major: number; name: string }[] {
    return this.#devices.list();
  }

  get pidMax(): number {
    return this.#instance.pids.max;
  }

  openFileCount(): number {
    const files = new Set<object>();
    const tables = new Set<object>();
    for (const task of this.#instance.pids.tasks.values()) {
      if (task.state === "dead" || tables.has(task.files)) continue;
      tables.add(task.files);
      for (const [, file] of task.files.entries()) files.add(file);
    }
    return files.size;
  }

  *unixSockets(): Iterable<UnixSocketInfo> {
    for (
      const { references, state, peer, type, socketState, inode, name } of unixNames(this.#instance).sockets
    ) {
      yield {
        references: references + (peer === undefined || peer.closed ? 1 : 2),
        listening: state === LISTENING,
        type,
        state: socketState,
        ino: inode.ino,
        name: name === undefined
          ? undefined
          : name[0] === 0
          ? decodeName(name).replaceAll("\0", "@")
          : decodeName(name, 0, name.length - 1),
      };
    }
  }

  randomUuid(): string {
    return crypto.randomUUID();
  }
  encode(text: string): Uint8Array {
    return encodeName(text);
  }
  decode(bytes: Uint8Array): string {
    return decodeName(bytes);
  }
}
