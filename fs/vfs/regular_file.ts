// Open regular files and directories of file systems whose data is read and written through inodes.

import { EBADF, EINVAL, EISDIR, ENODEV, ENXIO, EOVERFLOW } from "../../kernel/abi/errno.ts";
import { O_APPEND, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from "../../kernel/abi/fcntl.ts";
import { DT_DIR } from "../../kernel/abi/stat.ts";
import type { DirectoryEntry, Inode } from "./inode.ts";
import { OpenFile } from "./open_file.ts";
import { pageHooks } from "./pages.ts";

const MAX_OFFSET = Number.MAX_SAFE_INTEGER;

export class RegularFile extends OpenFile {
  readonly inode: Inode;

  constructor(inode: Inode, flags: number) {
    super(flags);
    this.inode = inode;
    inode.opened?.();
  }

  override close(): void {
    this.inode.closed?.();
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const count = this.inode.readAt(this.position, buffer, offset, length);
    if (count > 0) this.position += count;
    return count;
  }

  override write(buffer: Uint8Array, offset: number, length: number): number {
    const at = this.flags & O_APPEND ? this.inode.size : this.position;
    const count = this.inode.writeAt(at, buffer, offset, length);
    if (count > 0) this.position = at + count;
    return count;
  }

  override get inMemory(): boolean {
    return this.inode.inMemory;
  }

  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    return this.inode.readAt(position, buffer, offset, length);
  }

  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    // As Linux has it (man 2 pwrite, BUGS): with O_APPEND the data goes to the end whatever the offset.
    return this.inode.writeAt(this.flags & O_APPEND ? this.inode.size : position, buffer, offset, length);
  }

  override seek(offset: number, whence: number): number {
    let at: number;
    switch (whence) {
      case SEEK_SET:
        at = offset;
        break;
      case SEEK_CUR:
        at = this.position + offset;
        break;
      case SEEK_END:
        at = this.inode.size + offset;
        break;
      case SEEK_DATA:
      case SEEK_HOLE:
        if (offset < 0) return -ENXIO;
        at = this.inode.seekData(offset, whence === SEEK_HOLE);
        if (at < 0) return at;
        break;
      default:
        return -EINVAL;
    }
    if (at < 0) return -EINVAL;
    if (at > MAX_OFFSET) return whence === SEEK_SET ? -EINVAL : -EOVERFLOW;
    return this.position = at;
  }

  override truncate(size: number): number {
    if (!this.writable) return -EINVAL;
    const shorter = size < this.inode.size;
    const result = this.inode.setattr({ size });
    if (shorter && result === 0) pageHooks.truncated(this.inode, size);
    return result;
  }

  override sync(): number {
    return this.inode.writeBack();
  }

  override mappable(): number {
    return 0;
  }
}

/**
 * An open directory. The names are read once, at the first getdents and after a rewind: positions stay valid while
 * entries come and go. Position 0 is ".", 1 is "..", n + 2 the n-th name.
 */
export class DirectoryFile extends OpenFile {
  readonly inode: Inode;
  #entries: DirectoryEntry[] | undefined;

  constructor(inode: Inode, flags: number) {
    super(flags);
    this.inode = inode;
    inode.opened?.();
  }

  override close(): void {
    this.inode.closed?.();
  }

  override read(): number {
    return -EISDIR;
  }
  override readAt(): number {
    return -EISDIR;
  }
  override write(): number {
    return -EBADF;
  }
  override writeAt(): number {
    return -EBADF;
  }

  override readDirectory(
    emit: (name: string, ino: number, type: number, nextPosition: number) => boolean,
  ): number {
    if (this.#entries === undefined || this.position === 0) {
      const entries = this.inode.list();
      if (typeof entries === "number") return entries;
      this.#entries = entries;
    }
    const entries = this.#entries;
    while (this.position < entries.length + 2) {
      const at = this.position;
      let taken: boolean;
      if (at === 0) taken = emit(".", this.inode.ino, DT_DIR, 1);
      else if (at === 1) taken = emit("..", this.#parentIno(), DT_DIR, 2);
      else {
        const entry = entries[at - 2]!;
        taken = emit(entry.name, entry.ino, entry.type, at + 1);
      }
      if (!taken) break;
      this.position = at + 1;
    }
    return 0;
  }

  #parentIno(): number {
    const path = this.path;
    if (path === undefined) return this.inode.ino;
    let { mount, dentry } = path;
    while (dentry === mount.root && mount.at !== undefined) ({ mount, dentry } = mount.at);
    return dentry.parent.inode?.ino ?? this.inode.ino;
  }

  override seek(offset: number, whence: number): number {
    if (whence === SEEK_CUR) offset += this.position;
    else if (whence !== SEEK_SET) return -EINVAL;
    if (offset < 0) return -EINVAL;
    if (offset === 0) this.#entries = undefined;
    return this.position = offset;
  }

  override sync(): number {
    return this.inode.fs.sync?.() ?? 0;
  }

  override mappable(): number {
    return -ENODEV;
  }
}
