// Reading directories: getdents64 and the old getdents.

import { IN_ACCESS, notifyFile } from "../../fs/vfs/notify.ts";
import { EBADF, EINVAL, ENOENT, ENOTDIR } from "../abi/errno.ts";
import { encodeName } from "../abi/text.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

let buffer = new Uint8Array(32768);

function getdents(task: Task, fd: number, address: number, size: number, wide: boolean): number {
  const file = task.files.get(fd);
  if (file === undefined || file.pathOnly) return -EBADF;
  if (file.readDirectory === undefined) return -ENOTDIR;
  size = Math.min(size >>> 0, 1 << 20);
  if (file.path?.dentry.deleted && file.path.dentry.inode === file.inode) return -ENOENT;
  if (buffer.length < size) buffer = new Uint8Array(size);
  const view = new DataView(buffer.buffer);
  const header = wide ? 19 : 18;
  let used = 0, tooSmall = false;
  const error = file.readDirectory((name, ino, type, next) => {
    const bytes = encodeName(name);
    // The old form has the type in the last byte, behind the name's zero.
    const length = (header + bytes.length + (wide ? 1 : 2) + 7) & ~7;
    if (used + length > size) {
      tooSmall = used === 0;
      return false;
    }
    view.setUint32(used, ino >>> 0, true);
    view.setUint32(used + 4, Math.floor(ino / 2 ** 32), true);
    view.setUint32(used + 8, next >>> 0, true);
    view.setUint32(used + 12, Math.floor(next / 2 ** 32), true);
    view.setUint16(used + 16, length, true);
    if (wide) buffer[used + 18] = type;
    buffer.set(bytes, used + header);
    buffer.fill(0, used + header + bytes.length, used + length);
    if (!wide) buffer[used + length - 1] = type;
    used += length;
    return true;
  });
  if (error < 0) return error;
  notifyFile(file, IN_ACCESS);
  if (tooSmall) return -EINVAL;
  task.memory.write(address, buffer, 0, used);
  return used;
}

export const dir: Syscall[] = family({
  getdents: { nr: 78, args: "fd pointer uint", run: (t, fd, p, n) => getdents(t, fd, p, n, false) },
  getdents64: { nr: 217, args: "fd dirents uint", run: (t, fd, p, n) => getdents(t, fd, p, n, true) },
});
