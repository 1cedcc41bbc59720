// The old questions about file systems: sysfs(2), which numbers their names, and ustat(2), which asks by device.

import type { FileSystem } from "../../fs/vfs/inode.ts";
import { EINVAL } from "../abi/errno.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

const USTAT_BYTES = 32;

function mounted(task: Task): FileSystem[] {
  return task.instance.vfs.mounts.map(({ fs }) => fs);
}

/** 1: number of a name; 2: name of a number; 3: how many there are. */
function sysSysfs(task: Task, option: number, first: number, buffer: number): number {
  const names = [...new Set(mounted(task).map(({ name }) => name))];
  switch (option) {
    case 1: {
      const name = task.memory.readPath(first);
      if (typeof name === "number") return name;
      const index = names.indexOf(name);
      return index < 0 ? -EINVAL : index;
    }
    case 2: {
      const name = names[first];
      if (name === undefined) return -EINVAL;
      task.memory.write(buffer, new TextEncoder().encode(name + "\0"));
      return 0;
    }
    case 3:
      return names.length;
    default:
      return -EINVAL;
  }
}

function sysUstat(task: Task, dev: number, buffer: number): number {
  const found = mounted(task).find(({ root }) => root.stat().dev === dev >>> 0);
  if (found === undefined) return -EINVAL;
  const { bfree, ffree } = found.info(),
    bytes = new Uint8Array(USTAT_BYTES),
    view = new DataView(bytes.buffer);
  view.setInt32(0, bfree | 0, true);
  view.setBigUint64(8, BigInt(ffree), true);
  task.memory.write(buffer, bytes);
  return 0;
}

export const filesystemCalls: Syscall[] = family({
  ustat: { nr: 136, args: "dev pointer", run: sysUstat },
  sysfs: { nr: 139, args: "int ulong ulong", run: sysSysfs },
});
