// File modes, and the layouts of struct stat, statx and statfs (x86-64).

import type { Attributes, FileSystemInfo, Time } from "../../fs/vfs/inode.ts";

export const S_IFMT = 0o170000,
  S_IFSOCK = 0o140000,
  S_IFLNK = 0o120000,
  S_IFREG = 0o100000,
  S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000, S_IFCHR = 0o020000, S_IFIFO = 0o010000;
export const S_ISUID = 0o4000, S_ISGID = 0o2000, S_ISVTX = 0o1000;
export const S_IRWXU = 0o700, S_IRWXG = 0o070, S_IRWXO = 0o007, S_IXGRP = 0o010, S_IXUGO = 0o111;
export const S_IALLUGO = 0o7777;

export const DT_UNKNOWN = 0,
  DT_FIFO = 1,
  DT_CHR = 2,
  DT_DIR = 4,
  DT_BLK = 6,
  DT_REG = 8,
  DT_LNK = 10,
  DT_SOCK = 12;

export const isDirectory = (mode: number): boolean => (mode & S_IFMT) === S_IFDIR;
export const isRegular = (mode: number): boolean => (mode & S_IFMT) === S_IFREG;
export const isLink = (mode: number): boolean => (mode & S_IFMT) === S_IFLNK;

/** Device numbers as the user interface packs them: 12-bit major, 20-bit minor for what programs use. */
export const makedev = (major: number, minor: number): number =>
  (minor & 0xff) + (major & 0xfff) * 0x100 + (minor >>> 8) * 0x100000;
export const major = (dev: number): number => Math.floor(dev / 0x100) & 0xfff;
export const minor = (dev: number): number => (dev & 0xff) + (Math.floor(dev / 0x100000) & 0xfffff) * 0x100;

export const STAT_BYTES = 144, STATX_BYTES = 256, STATFS_BYTES = 120;

/** Magic numbers of statfs. */
export const TMPFS_MAGIC = 0x01021994,
  OVERLAYFS_MAGIC = 0x794c7630,
  PROC_MAGIC = 0x9fa0,
  DEVPTS_MAGIC = 0x1cd1;
export const EXT4_MAGIC = 0xef53,
  PIPEFS_MAGIC = 0x50495045,
  ANON_INODE_MAGIC = 0x09041934,
  SYSFS_MAGIC = 0x62656572;

function u64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000) >>> 0, true);
}

function time(view: DataView, at: number, value: Time): void {
  u64(view, at, value.sec);
  u64(view, at + 8, value.nsec);
}

const statBytes = new Uint8Array(STAT_BYTES), statView = new DataView(statBytes.buffer);

/** struct stat. The bytes hold until the next call. */
export function encodeStat(a: Attributes): Uint8Array<ArrayBuffer> {
  const bytes = statBytes, view = statView;
  u64(view, 0, a.dev);
  u64(view, 8, a.ino);
  u64(view, 16, a.nlink);
  view.setUint32(24, a.mode, true);
  view.setUint32(28, a.uid, true);
  view.setUint32(32, a.gid, true);
  u64(view, 40, a.rdev);
  u64(view, 48, a.size);
  u64(view, 56, a.blksize);
  u64(view, 64, a.blocks);
  time(view, 72, a.atime);
  time(view, 88, a.mtime);
  time(view, 104, a.ctime);
  return bytes;
}

export const STATX_BASIC_STATS = 0x7ff,
  STATX_BTIME = 0x800,
  STATX_MNT_ID = 0x1000,
  STATX__RESERVED = 0x8000_0000;
const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** struct statx. */
export function encodeStatx(
  a: Attributes,
  mask: number,
  mountId: number,
  mountRoot: boolean,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(STATX_BYTES);
  const view = new DataView(bytes.buffer);
  const born = a.btime.sec !== 0 || a.btime.nsec !== 0;
  view.setUint32(0, STATX_BASIC_STATS | (born && mask & STATX_BTIME ? STATX_BTIME : 0) | STATX_MNT_ID, true);
  view.setUint32(4, a.blksize, true);
  u64(view, 8, mountRoot ? STATX_ATTR_MOUNT_ROOT : 0);
  view.setUint32(16, a.nlink, true);
  view.setUint32(20, a.uid, true);
  view.setUint32(24, a.gid, true);
  view.setUint16(28, a.mode, true);
  u64(view, 32, a.ino);
  u64(view, 40, a.size);
  u64(view, 48, a.blocks);
  u64(view, 56, STATX_ATTR_MOUNT_ROOT);
  const stamp = (at: number, t: Time) => {
    u64(view, at, t.sec);
    view.setUint32(at + 8, t.nsec, true);
  };
  stamp(64, a.atime);
  if (born) stamp(80, a.btime);
  stamp(96, a.ctime);
  stamp(112, a.mtime);
  view.setUint32(128, major(a.rdev), true);
  view.setUint32(132, minor(a.rdev), true);
  view.setUint32(136, major(a.dev), true);
  view.setUint32(140, minor(a.dev), true);
  u64(view, 144, mountId);
  return bytes;
}

/** struct statfs. `flags` are ST_* of the mount. */
export function encodeStatfs(info: FileSystemInfo, fsid: number, flags: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(STATFS_BYTES);
  const view = new DataView(bytes.buffer);
  u64(view, 0, info.type);
  u64(view, 8, info.bsize);
  u64(view, 16, info.blocks);
  u64(view, 24, info.bfree);
  u64(view, 32, info.bavail);
  u64(view, 40, info.files);
  u64(view, 48, info.ffree);
  u64(view, 56, fsid);
  u64(view, 64, info.namelen);
  u64(view, 72, info.bsize);
  u64(view, 80, flags | 0x20); // ST_VALID
  return bytes;
}
