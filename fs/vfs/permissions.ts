// Who may do what to an inode: owner, group and other bits, sticky directories, and the capabilities that override them.

import { EACCES, EPERM } from "../../kernel/abi/errno.ts";
import { isDirectory, isRegular, S_ISGID, S_ISVTX, S_IXGRP } from "../../kernel/abi/stat.ts";
import type { Attributes, Inode } from "./inode.ts";

export const MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4;

export const CAP_CHOWN = 0, CAP_DAC_OVERRIDE = 1, CAP_DAC_READ_SEARCH = 2, CAP_FOWNER = 3, CAP_FSETID = 4;
export const CAP_LEASE = 28;
export const CAP_LINUX_IMMUTABLE = 9,
  CAP_SYS_CHROOT = 18,
  CAP_SYS_ADMIN = 21,
  CAP_SYS_RESOURCE = 24,
  CAP_MKNOD = 27;

/** What file systems look at of a task's credentials (kernel/task's Credentials have all of it). */
export interface FsCredentials {
  readonly fsuid: number;
  readonly fsgid: number;
  readonly groups: readonly number[];
  /** Effective capabilities as a number; all that matter to file systems are in the low 32 bits. */
  readonly capEffective: number;
}

export function capable(cred: FsCredentials, cap: number): boolean {
  return (cred.capEffective >>> cap & 1) !== 0;
}

export function inGroup(cred: FsCredentials, gid: number): boolean {
  return cred.fsgid === gid || cred.groups.includes(gid);
}

/** 0, or -EACCES if `cred` lacks one of the MAY_* rights in `mask`. */
export function permission(inode: Inode, cred: FsCredentials, mask: number): number {
  const mode = inode.mode;
  // What everybody may needs no look at the owner: the usual case of a path walk.
  if ((mode & mode >> 3 & mode >> 6 & mask) === mask) return 0;
  const a = inode.stat();
  const bits = cred.fsuid === a.uid ? mode >> 6 : inGroup(cred, a.gid) ? mode >> 3 : mode;
  if ((bits & mask) === mask) return 0;
  if (isDirectory(mode)) {
    if (capable(cred, CAP_DAC_OVERRIDE)) return 0;
    if (!(mask & MAY_WRITE) && capable(cred, CAP_DAC_READ_SEARCH)) return 0;
    return -EACCES;
  }
  if (mask === MAY_READ && capable(cred, CAP_DAC_READ_SEARCH)) return 0;
  if (capable(cred, CAP_DAC_OVERRIDE) && (!(mask & MAY_EXEC) || (mode & 0o111) !== 0)) return 0;
  return -EACCES;
}

/** Owner of the inode, or CAP_FOWNER. */
export function ownerOrCapable(a: Attributes, cred: FsCredentials): boolean {
  return a.uid === cred.fsuid || capable(cred, CAP_FOWNER);
}

/** Whether `cred` may remove or replace `victim` in `directory` (which it may write): the sticky bit's rule. */
export function sticky(directory: Inode, victim: Inode, cred: FsCredentials): boolean {
  if (!(directory.mode & S_ISVTX)) return true;
  if (victim.stat().uid === cred.fsuid || directory.stat().uid === cred.fsuid) return true;
  return capable(cred, CAP_FOWNER);
}

/** Mode and group of a new file in `directory`: setgid directories hand on their group (and, to directories, the bit). */
export function inherit(
  directory: Inode,
  cred: FsCredentials,
  mode: number,
): { mode: number; uid: number; gid: number } {
  let gid = cred.fsgid;
  if (directory.mode & S_ISGID) {
    gid = directory.stat().gid;
    if (isDirectory(mode)) mode |= S_ISGID;
    else if (
      (mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP) && !inGroup(cred, gid) &&
      !capable(cred, CAP_FSETID)
    ) {
      mode &= ~S_ISGID;
    }
  }
  return { mode, uid: cred.fsuid, gid };
}

/** Permission bits after someone without CAP_FSETID wrote to the file, or its owner changed; undefined: unchanged. */
export function withoutSetid(mode: number): number | undefined {
  if (!isRegular(mode)) return undefined;
  let bits = mode & 0o7777 & ~0o4000;
  if (mode & S_IXGRP) bits &= ~S_ISGID;
  return bits === (mode & 0o7777) ? undefined : bits;
}

/** chmod(2)'s check and adjustment: the new permission bits, or -EPERM. */
export function chmodBits(a: Attributes, cred: FsCredentials, bits: number): number {
  if (!ownerOrCapable(a, cred)) return -EPERM;
  if (bits & S_ISGID && !inGroup(cred, a.gid) && !capable(cred, CAP_FSETID)) bits &= ~S_ISGID;
  return bits;
}

/** chown(2)'s check (-1: leave): 0 or -EPERM. */
export function mayChown(a: Attributes, cred: FsCredentials, uid: number, gid: number): number {
  if (capable(cred, CAP_CHOWN)) return 0;
  if (uid !== -1 && (cred.fsuid !== a.uid || uid !== a.uid)) return -EPERM;
  if (gid !== -1 && (cred.fsuid !== a.uid || (gid !== a.gid && !inGroup(cred, gid)))) return -EPERM;
  return 0;
}
