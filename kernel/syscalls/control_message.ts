// Control data of sendmsg and recvmsg: descriptors (SCM_RIGHTS) and credentials (SCM_CREDENTIALS) that go along with bytes.

import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { EBADF, EINVAL, EPERM, ESRCH, ETOOMANYREFS } from "../abi/errno.ts";
import {
  MSG_CMSG_CLOEXEC,
  MSG_CTRUNC,
  SCM_CREDENTIALS,
  SCM_MAX_FD,
  SCM_RIGHTS,
  SOL_SOCKET,
} from "../abi/socket.ts";
import { inFlightOf, releaseFiles } from "../net/in_flight.ts";
import { NOBODY, type Ucred } from "../net/message.ts";
import type { Received } from "../net/receive.ts";
import type { UnixSocket } from "../net/unix_socket.ts";
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, CAP_SYS_RESOURCE, capable } from "../task/capabilities.ts";
import { RLIMIT_NOFILE } from "../task/rlimits.ts";
import type { Task } from "../task/task.ts";
import { installFd } from "./at.ts";

/** sizeof(struct cmsghdr): length (64 bits), level, type. */
const HEADER = 16;
const UCRED = 12;
const aligned = (length: number) => length + 7 & ~7;

export interface Control {
  files: readonly OpenFile[] | undefined;
  credentials: Ucred | undefined;
}

/** What the control data says, with references to the files; or -errno. */
export function readControl(task: Task, address: number, length: number): Control | number {
  const { memory } = task, files: OpenFile[] = [];
  let credentials: Ucred | undefined, error = 0;
  try {
    for (let at = 0; at + HEADER <= length;) {
      const size = memory.readU64(address + at);
      if (size < HEADER || size > length - at) return error = -EINVAL;
      const level = memory.readI32(address + at + 8), type = memory.readI32(address + at + 12);
      if (level === SOL_SOCKET) {
        const data = address + at + HEADER;
        if (type === SCM_RIGHTS) error = addFiles(task, files, data, Math.floor((size - HEADER) / 4));
        else if (type !== SCM_CREDENTIALS || size !== HEADER + UCRED) error = -EINVAL;
        else {
          credentials = {
            pid: memory.readI32(data),
            uid: memory.readU32(data + 4),
            gid: memory.readU32(data + 8),
          };
          error = checkCredentials(task, credentials);
        }
        if (error < 0) return error;
      }
      at += aligned(size);
    }
    if (files.length > 0 && tooMany(task)) return error = -ETOOMANYREFS;
    return { files: files.length > 0 ? files : undefined, credentials };
  } catch (fault) {
    error = -EINVAL;
    throw fault;
  } finally {
    if (error < 0) releaseFiles(files);
  }
}

function addFiles(task: Task, files: OpenFile[], address: number, count: number): number {
  if (files.length + count > SCM_MAX_FD) return -EINVAL;
  for (let i = 0; i < count; i++) {
    const file = task.files.get(task.memory.readI32(address + 4 * i));
    if (file === undefined) return -EBADF;
    files.push(file.retain());
  }
  return 0;
}

/** Only the privileged may say that they are somebody else. */
function checkCredentials(task: Task, { pid, uid, gid }: Ucred): number {
  const own = task.credentials;
  const may = (pid === task.process.pid || capable(task, CAP_SYS_ADMIN)) &&
    (uid === own.uid || uid === own.euid || uid === own.suid || capable(task, CAP_SETUID)) &&
    (gid === own.gid || gid === own.egid || gid === own.sgid || capable(task, CAP_SETGID));
  if (!may) return -EPERM;
  return pid === task.process.pid || task.instance.pids.process(pid) !== undefined ? 0 : -ESRCH;
}

function tooMany(task: Task): boolean {
  return inFlightOf(task.credentials.uid) > task.process.rlimits[RLIMIT_NOFILE]!.cur &&
    !capable(task, CAP_SYS_RESOURCE) && !capable(task, CAP_SYS_ADMIN);
}

/** Where control data goes: what is left of the room, and what did not fit. */
interface Room {
  address: number;
  left: number;
  flags: number;
}

/**
 * Hands over credentials and descriptors, which get numbers: as much of them as fits. Returns the bytes used and MSG_CTRUNC if
 * that was not all.
 */
export function writeControl(
  task: Task,
  socket: UnixSocket,
  got: Received,
  address: number,
  length: number,
  flags: number,
): { used: number; flags: number } {
  const room: Room = { address, left: address === 0 ? 0 : length, flags: 0 };
  if (socket.passCredentials) putCredentials(task, got.credentials ?? NOBODY, room);
  if (got.files !== undefined) putFiles(task, got, room, (flags & MSG_CMSG_CLOEXEC) !== 0);
  return { used: room.address - address, flags: room.flags };
}

function putHeader(task: Task, room: Room, size: number, type: number): void {
  const { memory } = task;
  memory.writeU64(room.address, size);
  memory.writeI32(room.address + 8, SOL_SOCKET);
  memory.writeI32(room.address + 12, type);
}

function advance(room: Room, size: number): void {
  const step = Math.min(aligned(size), room.left);
  room.address += step;
  room.left -= step;
}

function putCredentials(task: Task, { pid, uid, gid }: Ucred, room: Room): void {
  if (room.left < HEADER + UCRED) room.flags |= MSG_CTRUNC;
  if (room.left < HEADER) return;
  const size = Math.min(HEADER + UCRED, room.left);
  const data = new Uint8Array(Int32Array.of(pid, uid, gid).buffer);
  task.memory.write(room.address + HEADER, data, 0, size - HEADER);
  putHeader(task, room, size, SCM_CREDENTIALS);
  advance(room, HEADER + UCRED);
}

function putFiles(task: Task, got: Received, room: Room, cloexec: boolean): void {
  const files = got.files!;
  got.files = undefined;
  const fit = Math.min(files.length, Math.max(0, Math.floor((room.left - HEADER) / 4)));
  let count = 0, tried = 0;
  try {
    if (fit > 0) task.memory.probeWrite(room.address, HEADER + 4 * fit);
    while (count < fit) {
      const fd = installFd(task, files[tried++]!, cloexec);
      if (fd < 0) break;
      task.memory.writeI32(room.address + HEADER + 4 * count++, fd);
    }
  } finally {
    releaseFiles(files.slice(tried));
  }
  if (count < files.length) room.flags |= MSG_CTRUNC;
  if (count === 0) return;
  putHeader(task, room, HEADER + 4 * count, SCM_RIGHTS);
  advance(room, HEADER + 4 * count);
}
