// /sys: the few files that programs read, as a fixed tree of texts.

import type { FileSystem, FileSystemInfo, Inode, Time } from "./vfs/inode.ts";
import { type NodeContext, ProcFile, StaticDirectory } from "./procfs/nodes.ts";
import { cpuList, cpuMask } from "./procfs/format.ts";

export interface SysfsOptions {
  dev: number;
  cpuCount: number;
  memoryBytes: number;
  now(): Time;
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

const SYSFS_MAGIC = 0x62656572;

/** Memory of the one node. Nothing here tells how much is in use; /proc/meminfo does. */
function nodeMemory(bytes: number): string {
  const line = (name: string, kib: number) =>
    `Node 0 ${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`;
  const total = Math.floor(bytes / 1024);
  return line("MemTotal", total) + line("MemFree", total) + line("MemUsed", 0);
}

/** Path to text; a path that ends in "/" is an empty directory. */
function tree({ cpuCount, memoryBytes }: SysfsOptions): Record<string, string> {
  const cpus = cpuList(cpuCount) + "\n";
  const files: Record<string, string> = {
    "block/": "",
    "bus/": "",
    "class/block/": "",
    "class/net/lo/address": "00:00:00:00:00:00\n",
    "class/net/lo/flags": "0x9\n",
    "class/net/lo/ifindex": "1\n",
    "class/net/lo/mtu": "65536\n",
    "class/net/lo/operstate": "unknown\n",
    "class/net/lo/type": "772\n",
    "class/thermal/": "",
    "class/tty/": "",
    "dev/block/": "",
    "dev/char/": "",
    "devices/system/cpu/isolated": "\n",
    "devices/system/cpu/kernel_max": "8191\n",
    "devices/system/cpu/offline": "\n",
    "devices/system/cpu/online": cpus,
    "devices/system/cpu/possible": cpus,
    "devices/system/cpu/present": cpus,
    "devices/system/cpu/smt/active": "0\n",
    "devices/system/cpu/smt/control": "notsupported\n",
    "devices/system/node/has_cpu": "0\n",
    "devices/system/node/has_memory": "0\n",
    "devices/system/node/has_normal_memory": "0\n",
    "devices/system/node/online": "0\n",
    "devices/system/node/possible": "0\n",
    "devices/system/node/node0/cpulist": cpus,
    "devices/system/node/node0/cpumap": cpuMask(cpuCount) + "\n",
    "devices/system/node/node0/distance": "10\n",
    "devices/system/node/node0/meminfo": nodeMemory(memoryBytes),
    "devices/virtual/": "",
    "firmware/": "",
    "fs/cgroup/": "",
    "kernel/mm/hugepages/": "",
    "kernel/mm/transparent_hugepage/defrag": "always defer defer+madvise madvise [never]\n",
    "kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
    "kernel/mm/transparent_hugepage/hpage_pmd_size": "2097152\n",
    "module/": "",
    "power/": "",
  };
  for (let cpu = 0; cpu < cpuCount; cpu++) {
    const base = `devices/system/cpu/cpu${cpu}`;
    files[`${base}/online`] = "1\n";
    files[`${base}/topology/core_id`] = `${cpu}\n`;
    files[`${base}/topology/core_cpus_list`] = `${cpu}\n`;
    files[`${base}/topology/physical_package_id`] = "0\n";
    files[`${base}/topology/thread_siblings`] = `${(2 ** cpu).toString(16)}\n`;
    files[`${base}/topology/thread_siblings_list`] = `${cpu}\n`;
    const caches = [["Data", 1, 32], ["Instruction", 1, 32], ["Unified", 2, 4096]] as const;
    caches.forEach(([type, level, size], index) => {
      files[`${base}/cache/index${index}/coherency_line_size`] = "64\n";
      files[`${base}/cache/index${index}/level`] = `${level}\n`;
      files[`${base}/cache/index${index}/shared_cpu_list`] = `${cpu}\n`;
      files[`${base}/cache/index${index}/size`] = `${size}K\n`;
      files[`${base}/cache/index${index}/type`] = `${type}\n`;
    });
  }
  return files;
}

export class Sysfs implements FileSystem, NodeContext {
  readonly name = "sysfs";
  readonly dev: number;
  readonly root: StaticDirectory;
  readonly #options: SysfsOptions;

  constructor(options: SysfsOptions) {
    this.#options = options;
    this.dev = options.dev;
    this.root = new StaticDirectory(this, 1, () => this.#entries(), 0o755);
  }

  /** All that is below the root. */
  #entries(): Map<string, Inode> {
    const root = new Map<string, Inode>();
    let ino = 2;
    for (const [path, text] of Object.entries(tree(this.#options))) {
      const names = path.split("/");
      const last = names.pop()!;
      let at = root;
      for (const name of names) {
        let inner = at.get(name);
        if (inner === undefined) {
          at.set(name, inner = new StaticDirectory(this, ino++, () => new Map<string, Inode>(), 0o755));
        }
        at = (inner as StaticDirectory).entries;
      }
      if (last !== "") {
        at.set(last, new ProcFile(this, ino++, 0o444, { read: () => text, size: () => 4096 }));
      }
    }
    return root;
  }

  get fs(): FileSystem {
    return this;
  }
  now(): Time {
    return this.#options.now();
  }
  encode(text: string): Uint8Array {
    return this.#options.encode(text);
  }
  decode(bytes: Uint8Array): string {
    return this.#options.decode(bytes);
  }
  info(): FileSystemInfo {
    return {
      type: SYSFS_MAGIC,
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
