// What hostfs asks of the host. Implemented by kernel/host/files.ts over Deno; tests may fake it.
//
// Every function is synchronous and returns a value or a negative Linux errno. None follows a symbolic link in the
// last component (hostfs resolves links itself).

import type { Attributes, FileSystemInfo } from "./vfs/inode.ts";

export interface HostEntry {
  name: string;
  /** DT_*. */
  type: number;
}

export interface HostFiles {
  lstat(path: string): Attributes | number;
  /** Of an open file, also when its name is gone. */
  fstat(handle: number): Attributes | number;
  readlink(path: string): string | number;
  list(path: string): HostEntry[] | number;
  /** Whether `path` is its own real path: no component of it is a symbolic link. */
  isReal(path: string): boolean;
  /** A handle of a regular file that exists, or with `create` of a new one (EEXIST otherwise). */
  open(path: string, write: boolean, create?: number): number;
  close(handle: number): void;
  read(handle: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  write(handle: number, buffer: Uint8Array, offset: number, length: number, position: number): number;
  truncate(handle: number, size: number): number;
  sync(handle: number): number;
  mkdir(path: string, mode: number): number;
  rmdir(path: string): number;
  unlink(path: string): number;
  rename(from: string, to: string): number;
  link(from: string, to: string): number;
  symlink(target: string, path: string): number;
  /** Never for symbolic links: the host would follow them. */
  chmod(path: string, mode: number): number;
  chown(path: string, uid: number, gid: number): number;
  /** Times in seconds; of a symbolic link itself where `link` is true. */
  utimes(path: string, atime: number, mtime: number, link: boolean): number;
  statfs(path: string): FileSystemInfo | number;
  /** A monotonic time in milliseconds, cheap; it need not be exact. */
  now(): number;
  /** Owner of what the host process makes. */
  readonly uid: number;
  readonly gid: number;
}
