// What a file is, whatever file system it lives on.
//
// Everything returns a value or a negative errno; nothing throws for a guest's mistake and nothing blocks.
// Permissions are the caller's business (fs/vfs/permissions.ts): an inode does what it is told.

import { EINVAL, ENODEV, ENOTDIR, ENOTSUP, ENXIO, EPERM, EROFS } from "../../kernel/abi/errno.ts";
import type { OpenFile } from "./open_file.ts";

/** A point in time; `nsec` is 0 … 999,999,999. */
export interface Time {
  readonly sec: number;
  readonly nsec: number;
}

/** What stat(2) and statx(2) tell. `mode` holds the type bits too. */
export interface Attributes {
  dev: number;
  ino: number;
  mode: number;
  nlink: number;
  uid: number;
  gid: number;
  rdev: number;
  size: number;
  blksize: number;
  /** In units of 512 bytes. */
  blocks: number;
  atime: Time;
  mtime: Time;
  ctime: Time;
  btime: Time;
}

/** What setattr may change; absent fields stay. A changed field updates ctime. `mode` is permission bits only. */
export interface AttributeChanges {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  atime?: Time;
  mtime?: Time;
}

/** Owner and permissions of a new file. `mode` has the type bits and the permissions, umask already applied. */
export interface NewInode {
  mode: number;
  uid: number;
  gid: number;
  /** Device number, for character and block devices. */
  rdev?: number;
  /** Target, for symbolic links. */
  target?: string;
}

/** An entry of getdents64; `type` is a DT_* value (file type bits >> 12). */
export interface DirectoryEntry {
  name: string;
  ino: number;
  type: number;
}

/** What statfs(2) tells of a file system. */
export interface FileSystemInfo {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
  namelen: number;
}

/** A mounted tree. */
export interface FileSystem {
  /** Name as in /proc/filesystems: "tmpfs", "overlay", "proc". */
  readonly name: string;
  /** Device number that its inodes show in st_dev. */
  readonly dev: number;
  readonly root: Inode;
  /** Names may appear and vanish without the VFS (proc, devpts): entries are looked up again each time. */
  readonly volatile?: boolean;
  readonly readOnly?: boolean;
  /**
   * For file systems whose names may change behind the VFS: whether what the cache knows of `name` (an inode, or undefined: it
   * does not exist) still holds. When not, it is looked up again.
   */
  revalidate?(directory: Inode, name: string, known: Inode | undefined): boolean;
  info(): FileSystemInfo;
  /** sync(2), fsync of directories. */
  sync?(): number;
}

/**
 * A file, directory, link, device node, pipe or socket node. Identity is object identity: a file system returns the same
 * object for the same file as long as anyone holds it (hard links too).
 */
export abstract class Inode {
  abstract readonly fs: FileSystem;
  abstract readonly ino: number;

  /** File type and permission bits, fresh. */
  abstract get mode(): number;
  /** The result belongs to the file system: callers do not change it. */
  abstract stat(): Attributes;
  /** Size in bytes; cheaper than stat() where the file system knows it. */
  get size(): number {
    return this.stat().size;
  }

  setattr(_changes: AttributeChanges): number {
    return -EPERM;
  }

  // Directories. Names are single components, never "." or "..".
  lookup(_name: string): Inode | number {
    return -ENOTDIR;
  }
  /** Entries without "." and "..", in a stable order. No stat per entry. */
  list(): DirectoryEntry[] | number {
    return -ENOTDIR;
  }
  /** Makes a file, directory, symbolic link, device node, FIFO or socket node, told by `what.mode`. The name is free. */
  create(_name: string, _what: NewInode): Inode | number {
    return -EROFS;
  }
  /** A file without a name (O_TMPFILE). */
  createTemporary?(what: NewInode): Inode | number;
  link(_name: string, _target: Inode): number {
    return -EPERM;
  }
  unlink(_name: string): number {
    return -EROFS;
  }
  rmdir(_name: string): number {
    return -EROFS;
  }
  /** Same file system; an existing target has been checked for type and is replaced atomically. flags: RENAME_*. */
  rename(_name: string, _newDirectory: Inode, _newName: string, _flags: number): number {
    return -EROFS;
  }

  readlink(): string | number {
    return -EINVAL;
  }
  /** A link that is followed to an object, not by its text (/proc/PID/exe, cwd, root, fd/N). Undefined elsewhere. */
  followMagic?(): unknown;

  /** A new open file description's behaviour, or a negative errno. `flags` are O_* of the open call. */
  open(_flags: number): OpenFile | number {
    return -ENXIO;
  }

  // Regular file data, by position. Counts may be short only at end of file.
  readAt(_position: number, _buffer: Uint8Array, _offset: number, _length: number): number {
    return -EINVAL;
  }
  writeAt(_position: number, _buffer: Uint8Array, _offset: number, _length: number): number {
    return -EINVAL;
  }
  /** The data is in page frames, all of it: see OpenFile.inMemory. */
  get inMemory(): boolean {
    return false;
  }
  /** Frame that holds page `index` of the file for mmap, with one reference for the caller; -errno (ENODEV: cannot be mapped). Writes to it reach the file where the mapping is shared. */
  mapPage(_index: number, _forWrite: boolean): number {
    return -ENODEV;
  }
  /** Pages that were mapped for writing go to the backing store (msync, munmap of the last shared mapping). */
  writeBack(): number {
    return 0;
  }
  fallocate(_mode: number, _offset: number, _length: number): number {
    return -ENOTSUP;
  }
  /** First offset from `offset` on with data (or, with `hole`, in a hole; the end of the file is one). -ENXIO past the end. */
  seekData(offset: number, hole: boolean): number {
    const size = this.size;
    return offset >= size || offset < 0 ? -ENXIO : hole ? size : offset;
  }
  /** Descriptions of it that were opened by a name and are not closed. */
  opens = 0;
  /** Those of them that may write. */
  writers = 0;
  /** A description of the file was opened / closed: an unlinked file's data is freed at the last close. */
  opened?(): void;
  closed?(): void;
  /** Extended attributes; undefined where the file system has none. */
  xattrs?: Map<string, Uint8Array>;
}
