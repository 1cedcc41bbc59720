// name_to_handle_at and open_by_handle_at: names for files that stay when the files are renamed (open_by_handle_at(2)).

import type { Inode } from "../../fs/vfs/inode.ts";
import type { Path } from "../../fs/vfs/path.ts";
import { CAP_DAC_READ_SEARCH, capable } from "../../fs/vfs/permissions.ts";
import { EBADF, EINVAL, EOPNOTSUPP, EOVERFLOW, EPERM, ESTALE } from "../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_FOLLOW,
  AT_SYMLINK_NOFOLLOW,
  O_CLOEXEC,
  O_LARGEFILE,
} from "../abi/fcntl.ts";
import type { Task } from "../task/task.ts";
import { installFd, placeAt } from "./at.ts";
import { family, type Syscall } from "./family.ts";

/** struct file_handle: length, type, then the bytes: an inode number and which file with that number it is. */
const MAX_HANDLE_SZ = 128, HEADER = 8, HANDLE_BYTES = 8, FILEID_INO32_GEN = 1;

/** Files that have been asked for, by their serial number. */
const serials = new WeakMap<Inode, number>();
const places: Path[] = [];

/** Where a handle leads to; only what a disk could hold has one. */
function serialOf(place: Path): number {
  const inode = place.dentry.inode!;
  if (inode.fs.volatile) return -EOPNOTSUPP;
  let serial = serials.get(inode);
  if (serial === undefined) serials.set(inode, serial = places.length);
  // The name that was seen last: another one may be gone.
  places[serial] = place;
  return serial;
}

function sysNameToHandleAt(
  task: Task,
  dirfd: number,
  path: number,
  handle: number,
  mountId: number,
  flags: number,
): number {
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) return -EINVAL;
  const { memory } = task;
  const walk = (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW);
  const place = placeAt(task, dirfd, path, walk);
  if (typeof place === "number") return place;
  const room = memory.readU32(handle);
  if (room > MAX_HANDLE_SZ) return -EINVAL;
  const serial = serialOf(place);
  if (serial < 0) return serial;
  memory.writeU32(mountId, place.mount.id);
  memory.writeU32(handle, HANDLE_BYTES);
  if (room < HANDLE_BYTES) return -EOVERFLOW;
  memory.writeU32(handle + 4, FILEID_INO32_GEN);
  memory.writeU32(handle + HEADER, place.dentry.inode!.ino >>> 0);
  memory.writeU32(handle + HEADER + 4, serial);
  return 0;
}

function sysOpenByHandleAt(task: Task, mountFd: number, handle: number, flags: number): number {
  const { memory, instance: { vfs } } = task;
  if (!capable(task.credentials, CAP_DAC_READ_SEARCH)) return -EPERM;
  const mount = mountFd === AT_FDCWD ? task.fs.cwd.mount : task.files.get(mountFd)?.path?.mount;
  if (mount === undefined) return task.files.get(mountFd) === undefined ? -EBADF : -ESTALE;
  const size = memory.readU32(handle);
  if (size === 0 || size > MAX_HANDLE_SZ) return -EINVAL;
  const bytes = memory.readBytes(handle, HEADER + size), view = new DataView(bytes.buffer);
  if (view.getInt32(4, true) !== FILEID_INO32_GEN || size < HANDLE_BYTES) return -ESTALE;
  const place = places[view.getUint32(HEADER + 4, true)], inode = place?.dentry.inode;
  if (place === undefined || inode === undefined || place.dentry.deleted && inode.stat().nlink === 0) {
    return -ESTALE;
  }
  if (inode.ino >>> 0 !== view.getUint32(HEADER, true) || place.mount !== mount) return -ESTALE;
  const file = vfs.open(task.fs, task.credentials, place, "", {
    flags: flags | O_LARGEFILE,
    empty: true,
  });
  return typeof file === "number" ? file : installFd(task, file, (flags & O_CLOEXEC) !== 0);
}

export const handleCalls: Syscall[] = family({
  name_to_handle_at: { nr: 303, args: "dirfd path pointer pointer AT", run: sysNameToHandleAt },
  open_by_handle_at: { nr: 304, args: "fd pointer O", ret: "fd", run: sysOpenByHandleAt },
});
