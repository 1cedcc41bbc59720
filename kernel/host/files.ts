// Host files through Deno and, for writing and what Deno has no words for, node:fs: the calls hostfs needs, each answering a value or a negative
// Linux errno. node:fs takes 20 ms to load, and most programs do without it.
//
// Measured on Deno 2.9: Deno.lstatSync takes 2.7 µs where fs.lstatSync with bigint takes 8, and both give milliseconds;
// fs.openSync is as fast as Deno.openSync and takes O_NOFOLLOW; fs.readSync at a position takes 1.3 µs.

import type { HostEntry, HostFiles } from "../../fs/host_files.ts";
import type { Attributes, FileSystemInfo, Time } from "../../fs/vfs/inode.ts";
import * as errno from "../abi/errno.ts";
import { coarseNowMs } from "../../fs/vfs/coarse_time.ts";
import { isEscaped } from "../abi/text.ts";
import { nodeFs } from "./node.ts";

const NAMES = errno as unknown as Record<string, number>;

/** Deno's error classes, for errors without a code. */
const CLASSES: Record<string, number> = {
  NotFound: errno.ENOENT,
  PermissionDenied: errno.EACCES,
  NotCapable: errno.EACCES,
  AlreadyExists: errno.EEXIST,
  NotADirectory: errno.ENOTDIR,
  IsADirectory: errno.EISDIR,
  FilesystemLoop: errno.ELOOP,
  InvalidData: errno.EINVAL,
  WouldBlock: errno.EAGAIN,
  Interrupted: errno.EINTR,
  BadResource: errno.EBADF,
  NotSupported: errno.EOPNOTSUPP,
  Busy: errno.EBUSY,
};

/** The errno that a thrown host error stands for. Errors that are none of the host's are thrown on. */
export function hostErrno(error: unknown): number {
  const { code, name } = error as { code?: unknown; name?: string };
  if (typeof code === "string") {
    const known = NAMES[code];
    if (typeof known === "number") return -known;
  }
  const known = CLASSES[name ?? ""];
  if (known !== undefined) return -known;
  const text = error instanceof Error ? error.message : String(error);
  const number = /os error (\d+)/.exec(text);
  if (number !== null) return -Number(number[1]);
  if (error instanceof TypeError || error instanceof RangeError) return -errno.EINVAL;
  if (typeof code === "string" || error instanceof Error && error.constructor.name in CLASSES) {
    return -errno.EIO;
  }
  throw error;
}

function attempt(action: () => void): number {
  try {
    action();
    return 0;
  } catch (error) {
    return hostErrno(error);
  }
}

/** Names that are not UTF-8 cannot be said to the host through Deno. */
const refused = (path: string) => isEscaped(path);

function toTime(date: Date | null): Time {
  const ms = date === null ? 0 : date.getTime();
  const sec = Math.floor(ms / 1000);
  return { sec, nsec: (ms - sec * 1000) * 1_000_000 };
}

function attributes(s: Deno.FileInfo): Attributes {
  return {
    dev: s.dev,
    ino: s.ino ?? 0,
    mode: s.mode ?? (s.isDirectory ? 0o040755 : s.isSymlink ? 0o120777 : 0o100644),
    nlink: s.nlink ?? 1,
    uid: s.uid ?? 0,
    gid: s.gid ?? 0,
    rdev: s.rdev ?? 0,
    size: s.size,
    blksize: s.blksize ?? 4096,
    blocks: s.blocks ?? Math.ceil(s.size / 512),
    atime: toTime(s.atime),
    mtime: toTime(s.mtime),
    ctime: toTime(s.ctime ?? s.mtime),
    btime: toTime(s.birthtime),
  };
}

/** What fstat(2) tells of an open descriptor of the host's, or a negative errno. */
export function statDescriptor(fd: number): Attributes | number {
  // The link in /proc leads to what is open, whatever its name; only unrestricted Deno may look there.
  try {
    return attributes(Deno.statSync(`/proc/self/fd/${fd}`));
  } catch { /* An open descriptor may be asked without any permission. */ }
  try {
    return nodeAttributes(fd);
  } catch (error) {
    return hostErrno(error);
  }
}
function nodeAttributes(fd: number): Attributes {
  const s = nodeFs().fstatSync(fd);
  const times = {
    atime: toTime(s.atime),
    mtime: toTime(s.mtime),
    ctime: toTime(s.ctime),
    btime: toTime(s.birthtime),
  };
  return { ...s, ...times } as Attributes;
}

/** Handles from this on are files opened for reading, by Deno; those before it, descriptors of node:fs. */
const FIRST_READER = 1 << 24;

class DenoFiles implements HostFiles {
  readonly uid: number;
  readonly gid: number;
  readonly #readers: (Deno.FsFile | undefined)[] = [];

  constructor() {
    // Without --allow-sys nobody tells; then new files are taken to be root's, as chown would say if it failed.
    let uid = 0, gid = 0;
    try {
      uid = Deno.uid() ?? 0;
      gid = Deno.gid() ?? 0;
    } catch { /* not allowed */ }
    this.uid = uid;
    this.gid = gid;
  }

  lstat(path: string): Attributes | number {
    if (refused(path)) return -errno.ENOENT;
    try {
      return attributes(Deno.lstatSync(path));
    } catch (error) {
      return hostErrno(error);
    }
  }

  fstat(handle: number): Attributes | number {
    try {
      const reader = this.#reader(handle);
      return reader === undefined ? nodeAttributes(handle) : attributes(reader.statSync());
    } catch (error) {
      return hostErrno(error);
    }
  }

  readlink(path: string): string | number {
    try {
      return Deno.readLinkSync(path);
    } catch (error) {
      return hostErrno(error);
    }
  }

  list(path: string): HostEntry[] | number {
    try {
      const entries: HostEntry[] = [];
      // In the host's own order; node:fs would sort and take twice as long. Other types than these are left to stat.
      for (const { name, isDirectory, isFile, isSymlink } of Deno.readDirSync(path)) {
        entries.push({ name, type: isDirectory ? 4 : isSymlink ? 10 : isFile ? 8 : 0 });
      }
      return entries;
    } catch (error) {
      return hostErrno(error);
    }
  }

  isReal(path: string): boolean {
    try {
      return Deno.realPathSync(path) === path;
    } catch {
      return false;
    }
  }

  open(path: string, write: boolean, create?: number): number {
    if (refused(path)) return -errno.EINVAL;
    try {
      if (!write && create === undefined) return this.#openReader(path);
      const { O_RDONLY, O_RDWR, O_NOFOLLOW, O_NONBLOCK, O_CREAT, O_EXCL } = nodeFs().constants;
      // O_NOFOLLOW is not everywhere (Windows); O_NONBLOCK so that a FIFO put in the file's place cannot hang the host process.
      const flags = (write ? O_RDWR : O_RDONLY) | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0) |
        (create === undefined ? 0 : O_CREAT | O_EXCL);
      return nodeFs().openSync(path, flags, create ?? 0);
    } catch (error) {
      return hostErrno(error);
    }
  }

  /** Deno opens what a link leads to, and waits for a FIFO: the name must be that of a regular file, and what was opened that file. */
  #openReader(path: string): number {
    const named = Deno.lstatSync(path);
    if (named.isSymlink) return -errno.ELOOP;
    if (!named.isFile) return named.isDirectory ? -errno.EISDIR : -errno.EACCES;
    const file = Deno.openSync(path);
    const { dev, ino } = file.statSync();
    if (dev !== named.dev || ino !== named.ino) {
      file.close();
      return -errno.ESTALE;
    }
    let n = this.#readers.indexOf(undefined);
    if (n < 0) n = this.#readers.length;
    this.#readers[n] = file;
    return FIRST_READER + n;
  }
  #reader(handle: number): Deno.FsFile | undefined {
    return this.#readers[handle - FIRST_READER];
  }

  close(handle: number): void {
    const reader = this.#reader(handle);
    if (reader === undefined) return void attempt(() => nodeFs().closeSync(handle));
    this.#readers[handle - FIRST_READER] = undefined;
    attempt(() => reader.close());
  }

  read(handle: number, buffer: Uint8Array, offset: number, length: number, position: number): number {
    try {
      const reader = this.#reader(handle);
      reader?.seekSync(position, Deno.SeekMode.Start);
      let done = 0;
      while (done < length) {
        const from = offset + done, rest = length - done, at = position + done;
        const count = reader === undefined
          ? nodeFs().readSync(handle, buffer as Uint8Array<ArrayBuffer>, from, rest, at)
          : reader.readSync(buffer.subarray(from, from + rest)) ?? 0;
        if (count === 0) break;
        done += count;
      }
      return done;
    } catch (error) {
      return hostErrno(error);
    }
  }

  write(handle: number, buffer: Uint8Array, offset: number, length: number, position: number): number {
    let done = 0;
    try {
      while (done < length) {
        done += nodeFs().writeSync(
          handle,
          buffer as Uint8Array<ArrayBuffer>,
          offset + done,
          length - done,
          position + done,
        );
      }
      return done;
    } catch (error) {
      return done > 0 ? done : hostErrno(error);
    }
  }

  truncate(handle: number, size: number): number {
    return attempt(() => nodeFs().ftruncateSync(handle, size));
  }

  sync(handle: number): number {
    return attempt(() => nodeFs().fsyncSync(handle));
  }

  mkdir(path: string, mode: number): number {
    return refused(path) ? -errno.EINVAL : attempt(() => Deno.mkdirSync(path, { mode }));
  }

  rmdir(path: string): number {
    return attempt(() => nodeFs().rmdirSync(path));
  }

  unlink(path: string): number {
    return attempt(() => nodeFs().unlinkSync(path));
  }

  rename(from: string, to: string): number {
    return refused(to) ? -errno.EINVAL : attempt(() => Deno.renameSync(from, to));
  }

  link(from: string, to: string): number {
    return refused(to) ? -errno.EINVAL : attempt(() => Deno.linkSync(from, to));
  }

  symlink(target: string, path: string): number {
    return refused(path) || refused(target)
      ? -errno.EINVAL
      : attempt(() => nodeFs().symlinkSync(target, path));
  }

  chmod(path: string, mode: number): number {
    return attempt(() => Deno.chmodSync(path, mode));
  }

  chown(path: string, uid: number, gid: number): number {
    return attempt(() => nodeFs().lchownSync(path, uid, gid));
  }

  utimes(path: string, atime: number, mtime: number, link: boolean): number {
    return attempt(() =>
      link ? nodeFs().lutimesSync(path, atime, mtime) : nodeFs().utimesSync(path, atime, mtime)
    );
  }

  statfs(path: string): FileSystemInfo | number {
    try {
      const s = nodeFs().statfsSync(path);
      return {
        type: s.type,
        bsize: s.bsize,
        blocks: s.blocks,
        bfree: s.bfree,
        bavail: s.bavail,
        files: s.files,
        ffree: s.ffree,
        namelen: 255,
      };
    } catch (error) {
      return hostErrno(error);
    }
  }

  now(): number {
    return coarseNowMs();
  }
}

let files: HostFiles | undefined;

/** The host's files. One instance: handles and ids belong to the process. */
export function hostFiles(): HostFiles {
  return files ??= new DenoFiles();
}
