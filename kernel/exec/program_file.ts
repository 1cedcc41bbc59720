// May this file be executed by this task, and as what? (Linux: do_open_execat, bprm_fill_uid, cap_bprm_creds_from_file.)

import { MS_NOEXEC, MS_NOSUID } from "../../fs/vfs/mount.ts";
import type { Inode } from "../../fs/vfs/inode.ts";
import { IN_ACCESS, IN_OPEN, notifyFile } from "../../fs/vfs/notify.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import type { Path } from "../../fs/vfs/path.ts";
import { MAY_EXEC, MAY_READ, permission } from "../../fs/vfs/permissions.ts";
import { EACCES, ELOOP, ETXTBSY } from "../abi/errno.ts";
import { AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, O_RDONLY } from "../abi/fcntl.ts";
import { isLink, isRegular, S_ISGID, S_ISUID, S_IXGRP } from "../abi/stat.ts";
import type { Instance } from "../session/instance.ts";
import type { Credentials, Task } from "../task/task.ts";

/** A file opened for execution. The caller releases `file`. */
export interface ProgramFile {
  readonly path: Path;
  readonly inode: Inode;
  readonly file: OpenFile;
}

/** Opens what `path` names for execution. `base` is the place of a directory descriptor; `flags` are execveat's AT_*. */
export function openProgram(
  task: Task,
  base: Path | undefined,
  path: string,
  flags: number,
): ProgramFile | number {
  const noFollow = (flags & AT_SYMLINK_NOFOLLOW) !== 0;
  const found = task.instance.vfs.resolve(task.fs, task.credentials, base, path, {
    followLast: !noFollow,
    empty: (flags & AT_EMPTY_PATH) !== 0,
  });
  if (typeof found === "number") return found;
  const inode = found.dentry.inode!;
  if (noFollow && isLink(inode.mode)) return -ELOOP;
  if (!isRegular(inode.mode) || (found.mount.flags & MS_NOEXEC) !== 0) return -EACCES;
  const denied = permission(inode, task.credentials, MAY_EXEC);
  if (denied < 0) return denied;
  if (isOpenForWriting(task.instance, inode)) return -ETXTBSY;
  const file = inode.open(O_RDONLY);
  if (typeof file === "number") return file;
  notifyFile(file.openedAt(found), IN_OPEN);
  // Its headers are read.
  notifyFile(file, IN_ACCESS);
  return { path: found, inode, file };
}

/** A file that somebody has open for writing cannot be executed. */
function isOpenForWriting(instance: Instance, inode: Inode): boolean {
  for (const process of instance.pids.processes.values()) {
    const files = process.anyTask?.files;
    if (files === undefined) continue;
    for (let fd = 0; fd < files.length; fd++) {
      const file = files.get(fd);
      if (file !== undefined && file.writable && file.inode === inode) return true;
    }
  }
  return false;
}

/** Bits above the low 31 make bitwise operators useless here: capability sets are numbers of 41 bits. */
const TWO_32 = 0x1_0000_0000;

function union(a: number, b: number): number {
  const low = (a | b) >>> 0, high = (Math.floor(a / TWO_32) | Math.floor(b / TWO_32)) >>> 0;
  return high * TWO_32 + low;
}

const SECBIT_NOROOT = 1;

export interface ExecIdentity {
  readonly credentials: Credentials;
  /** AT_SECURE: the program runs with rights that its caller does not have. */
  readonly secure: boolean;
  /** The caller may not look into the process (ptrace, /proc, core dumps). */
  readonly dumpable: boolean;
}

/** Credentials that `program` runs with: set-user-id and set-group-id bits, and capabilities of root. */
export function identityFor(task: Task, program: ProgramFile): ExecIdentity {
  const old = task.credentials;
  let { euid, egid } = old;
  const mode = program.inode.mode;
  if (
    (mode & (S_ISUID | S_ISGID)) !== 0 && (program.path.mount.flags & MS_NOSUID) === 0 && !task.noNewPrivs
  ) {
    const { uid, gid } = program.inode.stat();
    if ((mode & S_ISUID) !== 0) euid = uid;
    // Without the group's execute bit the bit once meant mandatory locking.
    if ((mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP)) egid = gid;
  }
  const changed = euid !== old.euid || egid !== old.egid;
  const ambient = changed ? 0 : old.capAmbient;
  let permitted = ambient, effective = ambient;
  if ((task.securebits & SECBIT_NOROOT) === 0 && (euid === 0 || old.uid === 0)) {
    permitted = union(old.capBounding, old.capInheritable);
    effective = euid === 0 ? permitted : ambient;
  }
  const unchanged = euid === old.suid && euid === old.fsuid && egid === old.sgid && egid === old.fsgid &&
    !changed &&
    permitted === old.capPermitted && effective === old.capEffective && ambient === old.capAmbient;
  const secure = euid !== old.uid || egid !== old.gid;
  return {
    credentials: unchanged ? old : {
      ...old,
      euid,
      egid,
      suid: euid,
      sgid: egid,
      fsuid: euid,
      fsgid: egid,
      capPermitted: permitted,
      capEffective: effective,
      capAmbient: ambient,
    },
    secure,
    dumpable: !secure && permission(program.inode, old, MAY_READ) === 0,
  };
}
