// What is behind memfd_create? A tmpfs file without a name, whose size and contents can be sealed.

import { Tmpfs, TmpInode } from "../../fs/tmpfs.ts";
import type { AttributeChanges, Attributes } from "../../fs/vfs/inode.ts";
import { RegularFile } from "../../fs/vfs/regular_file.ts";
import { EBUSY, EINVAL, EPERM } from "../abi/errno.ts";
import { F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE } from "../abi/fcntl.ts";
import { frames } from "../mm/frames.ts";
import { current } from "../task/current.ts";
import { S_IFREG } from "./modes.ts";

const ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE | 0x20;
const NO_WRITE = F_SEAL_WRITE | F_SEAL_FUTURE_WRITE;
const shmem = new Tmpfs(frames, { dev: 1, name: "tmpfs" });

export class MemInode extends TmpInode {
  seals: number;
  #opens = 0;

  constructor(mode: number, sealable: boolean) {
    const credentials = current.task?.credentials;
    super(shmem, { mode: S_IFREG | mode, uid: credentials?.fsuid ?? 0, gid: credentials?.fsgid ?? 0 });
    this.seals = sealable ? 0 : F_SEAL_SEAL;
  }

  override stat(): Attributes {
    return { ...super.stat(), nlink: 0 };
  }

  override open(flags: number): MemFile {
    return new MemFile(this, flags, "memfd");
  }

  override opened(): void {
    this.#opens++;
  }

  override closed(): void {
    if (--this.#opens === 0) super.setattr({ size: 0 });
  }

  override setattr(changes: AttributeChanges): number {
    if (changes.size !== undefined) {
      if ((this.seals & F_SEAL_SHRINK) !== 0 && changes.size < this.size) return -EPERM;
      if ((this.seals & F_SEAL_GROW) !== 0 && changes.size > this.size) return -EPERM;
    }
    return super.setattr(changes);
  }

  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if ((this.seals & NO_WRITE) !== 0) return -EPERM;
    if ((this.seals & F_SEAL_GROW) !== 0 && position + length > this.size) return -EPERM;
    return super.writeAt(position, buffer, offset, length);
  }

  override fallocate(mode: number, offset: number, length: number): number {
    if ((mode & 2) !== 0 && (this.seals & NO_WRITE) !== 0) return -EPERM;
    if ((this.seals & F_SEAL_GROW) !== 0 && offset + length > this.size) return -EPERM;
    return super.fallocate(mode, offset, length);
  }
}

export class MemFile extends RegularFile {
  constructor(override readonly inode: MemInode, flags: number, readonly name: string) {
    super(inode, flags);
  }

  override label(): string {
    return `/memfd:${this.name} (deleted)`;
  }

  override get writeSealed(): boolean {
    return (this.inode.seals & NO_WRITE) !== 0;
  }

  /** fcntl(F_GET_SEALS). */
  getSeals(): number {
    return this.inode.seals;
  }

  /** fcntl(F_ADD_SEALS). `mapped`: whether a shared mapping can be written to. */
  addSeals(seals: number, mapped: () => boolean): number {
    if (!this.writable) return -EPERM;
    if ((seals & ~ALL_SEALS) !== 0) return -EINVAL;
    if ((this.inode.seals & F_SEAL_SEAL) !== 0) return -EPERM;
    if ((seals & F_SEAL_WRITE & ~this.inode.seals) !== 0 && mapped()) return -EBUSY;
    this.inode.seals |= seals;
    return 0;
  }
}

export function createMemfd(name: string, flags: number, sealable: boolean): MemFile {
  return new MemFile(new MemInode(0o777, sealable), flags, name);
}
