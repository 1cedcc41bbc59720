// One file or directory of the host: attributes cached for a moment, data by position, pages for mmap.

import { EINVAL, EIO, ENODEV, ENOENT, ENOMEM, EOPNOTSUPP, ESTALE } from "../kernel/abi/errno.ts";
import { isDirectory, isLink, isRegular, S_IFMT } from "../kernel/abi/stat.ts";
import { type HostFs, TRUST_MS } from "./hostfs.ts";
import { HostPages } from "./hostfs_pages.ts";
import * as names from "./hostfs_names.ts";
import { NodeTable } from "./hostfs_node.ts";
import { ExactTimes } from "./hostfs_times.ts";
import { clearByWriting, planFallocate } from "./vfs/fallocate.ts";
import { coarseTime } from "./vfs/coarse_time.ts";
import {
  type AttributeChanges,
  type Attributes,
  type DirectoryEntry,
  Inode,
  type NewInode,
} from "./vfs/inode.ts";
import type { OpenFile } from "./vfs/open_file.ts";
import { DirectoryFile, RegularFile } from "./vfs/regular_file.ts";

const PAGE = 4096;

export class HostInode extends Inode {
  readonly fs: HostFs;
  #a!: Attributes;
  /** Host time until which the attributes are believed. */
  #trusted = 0;
  /** A directory of it and the name there (of a file with several names, the one seen last). */
  #parent: HostInode | undefined;
  #name: string;
  /** Has no name on the host any more: only its handle still reaches it. */
  #unlinked = false;
  #handle = -1;
  #writableHandle = false;
  #opens = 0;
  #pages: HostPages | undefined;
  /** Of a directory: until when a look-up's result is believed, by name. */
  #names: Map<string, number> | undefined;
  #verified = 0;
  /** Of a directory: what getdents64 saw, so that the look-ups that mostly follow need not ask the host again. */
  #listed: Map<string, HostInode> | undefined;
  #times: ExactTimes | undefined;
  /** Of a directory: FIFOs, sockets and device nodes that exist only here. */
  #nodes: NodeTable | undefined;

  constructor(fs: HostFs, parent: HostInode | undefined, name: string) {
    super();
    this.fs = fs;
    this.#parent = parent;
    this.#name = name;
  }

  get ino(): number {
    return this.#a.ino;
  }
  get type(): number {
    return this.#a.mode & S_IFMT;
  }
  get holdsPages(): boolean {
    return this.#pages !== undefined && this.#pages.count > 0;
  }

  /** Host path. */
  get path(): string {
    const parent = this.#parent;
    if (parent === undefined) return this.fs.directory || "/";
    return parent.childPath(this.#name);
  }
  childPath(name: string): string {
    const parent = this.#parent;
    return (parent === undefined ? this.fs.directory : this.path) + "/" + name;
  }

  placedAt(parent: HostInode, name: string): void {
    if (this === parent) return;
    this.#parent = parent;
    this.#name = name;
    this.#unlinked = false;
  }

  /** Takes over what the host says; cached pages of a file that somebody else changed are dropped. */
  adopt(a: Attributes): void {
    const old = this.#a;
    a = this.#times?.refine(a) ?? a;
    if (
      old !== undefined && this.holdsPages && !this.#pages!.dirty &&
      (old.mtime.sec !== a.mtime.sec || old.mtime.nsec !== a.mtime.nsec || old.size !== a.size)
    ) this.#pages!.clear();
    this.#a = a;
    this.#trusted = this.fs.files.now() + TRUST_MS;
  }

  /** Whether the directory's path still leads to it without any link, as far as that matters. */
  verify(): boolean {
    const now = this.fs.files.now();
    if (this.fs.readOnly && now < this.#verified) return true;
    if (!this.fs.files.isReal(this.path)) return false;
    this.#verified = now + TRUST_MS;
    return true;
  }

  /** The same for a file of any type: a link must be where it was, others must not have become one. */
  verifyPlace(): boolean {
    if (isLink(this.type) && this.#parent !== undefined) return this.#parent.verify();
    return this.fs.files.isReal(this.path);
  }
  /** No name leads to it any more. */
  get gone(): boolean {
    return this.#unlinked;
  }
  /** Gone, and nothing keeps the host from giving its number to another file. */
  get dead(): boolean {
    return this.#unlinked && this.#handle < 0;
  }

  /** For the dentry cache: is what was found under `name` still to be believed? */
  trusts(name: string, known: Inode | undefined): boolean {
    if (this.#nodes !== undefined && this.#nodes.size > 0) {
      const node = this.#nodes.get(name);
      if (node !== undefined) return node === known;
    }
    if (known !== undefined && !(known instanceof HostInode)) return false;
    const now = this.fs.files.now();
    if (known !== undefined) return now < known.#trusted && known.#parent === this && known.#name === name;
    const until = this.#names?.get(name);
    return until !== undefined && now < until;
  }

  #refresh(): Attributes {
    if (this.fs.files.now() < this.#trusted) return this.#a;
    const a = this.#unlinked && this.#handle >= 0
      ? this.fs.files.fstat(this.#handle)
      : this.fs.files.lstat(this.path);
    if (typeof a === "number" || a.ino !== this.#a.ino || (a.mode & S_IFMT) !== this.type) {
      // Gone or replaced on the host: the last that was known stays.
      this.#trusted = this.fs.files.now() + TRUST_MS;
      return this.#a;
    }
    this.adopt(a);
    return this.#a;
  }

  /** We changed it: `set` are times that were asked for. The host tells seconds of ctime and milliseconds of the others. */
  changed(set?: AttributeChanges): void {
    (this.#times ??= new ExactTimes()).changed(set);
    this.touchAttributes();
  }

  /** The next look asks the host. */
  touchAttributes(): void {
    this.#trusted = 0;
  }

  override get mode(): number {
    return this.#refresh().mode;
  }
  override get size(): number {
    return this.#refresh().size;
  }
  override stat(): Attributes {
    return this.#refresh();
  }

  override setattr(changes: AttributeChanges): number {
    return this.fs.readOnly ? super.setattr(changes) : names.setattr(this, changes);
  }

  /** ftruncate, with the cached pages kept in step. */
  resize(size: number): number {
    const handle = this.#open(true);
    if (handle < 0) return handle;
    this.#flushTimes();
    const error = this.fs.files.truncate(handle, size);
    if (error < 0) return error;
    this.#pages?.truncate(size);
    this.changed();
    return 0;
  }

  override lookup(name: string): Inode | number {
    if (!isDirectory(this.type)) return super.lookup(name);
    const node = this.#nodes?.get(name);
    if (node !== undefined) return node;
    // A miss is the dearest answer of the host (an exception): what was missing a moment ago still is.
    const missing = this.#names?.get(name);
    if (missing !== undefined && this.fs.files.now() < missing) return -ENOENT;
    const listed = this.#listed?.get(name);
    if (listed !== undefined && !listed.gone && this.trusts(name, listed)) return listed;
    const found = this.fs.find(this, name);
    if (found === -ENOENT) {
      if (this.#names === undefined || this.#names.size > 1000) this.#names = new Map();
      this.#names.set(name, this.fs.files.now() + TRUST_MS);
    }
    return found;
  }

  /** The nodes that are kept here for the host. */
  get nodes(): NodeTable {
    return this.#nodes ??= new NodeTable(this);
  }

  /** The name came into being: forget that it was missing. */
  named(name: string): void {
    this.#names?.delete(name);
    this.#listed?.delete(name);
    this.changed();
  }

  override list(): DirectoryEntry[] | number {
    if (!isDirectory(this.type)) return super.list();
    if (this.fs.confined && !this.verify()) return -ENOENT;
    const entries = this.fs.files.list(this.path);
    if (typeof entries === "number") return entries;
    this.#listed = new Map();
    const listed = entries.map(({ name, type }) => {
      // The host lists no numbers. A name that is gone again has none any more.
      const inode = this.fs.find(this, name, true);
      if (typeof inode === "number") return { name, ino: 1, type };
      this.#listed!.set(name, inode);
      return { name, ino: inode.ino, type: inode.type >> 12 };
    });
    if (this.#nodes !== undefined) {
      for (const [name, node] of this.#nodes.entries()) {
        listed.push({ name, ino: node.ino, type: node.mode >> 12 & 15 });
      }
    }
    return listed;
  }

  override create(name: string, what: NewInode): Inode | number {
    return this.fs.readOnly ? super.create(name, what) : names.create(this, name, what);
  }
  override link(name: string, target: Inode): number {
    return this.fs.readOnly ? super.link(name, target) : names.link(this, name, target);
  }
  override unlink(name: string): number {
    return this.fs.readOnly ? super.unlink(name) : names.unlink(this, name);
  }
  override rmdir(name: string): number {
    return this.fs.readOnly ? super.rmdir(name) : names.rmdir(this, name);
  }
  override rename(name: string, to: Inode, newName: string, flags: number): number {
    return this.fs.readOnly
      ? super.rename(name, to, newName, flags)
      : names.rename(this, name, to as HostInode, newName, flags);
  }

  override readlink(): string | number {
    return isLink(this.type) ? this.fs.files.readlink(this.path) : -EINVAL;
  }

  override open(flags: number): OpenFile | number {
    if (isDirectory(this.type)) return new DirectoryFile(this, flags);
    if (!isRegular(this.type)) return super.open(flags);
    const handle = this.#open((flags & 3) !== 0);
    return handle < 0 ? handle : new RegularFile(this, flags);
  }
  override opened(): void {
    if (this.#opens++ === 0) this.fs.busy(this);
  }
  override closed(): void {
    if (--this.#opens > 0 || this.#handle < 0) return;
    if (this.#pages?.dirty) {
      // Mappings hold the file open: nobody can store to the pages any more.
      this.writeBack();
      this.#pages.markClean();
    }
    // A handle for writing would keep the host from running the file as a program; one of a deleted file keeps its space.
    if (this.#writableHandle || this.#unlinked) this.closeHandle();
    else this.fs.idle(this);
    if (this.#unlinked) this.#pages?.clear();
  }

  /** The last name goes away on the host: from now on only a handle reaches the data. */
  prepareUnlink(): void {
    if (isRegular(this.type) && (this.#opens > 0 || this.holdsPages)) this.#open(false);
  }
  unlinkedNow(): void {
    this.changed();
    const a = this.#a;
    if (a.nlink <= 1 || isDirectory(a.mode)) {
      this.#unlinked = true;
      this.#a = { ...a, nlink: 0, ctime: coarseTime() };
      if (this.#handle < 0) this.#trusted = Infinity;
    }
    if (this.#opens === 0 && this.#handle >= 0) this.closeHandle();
    if (this.#opens === 0 && this.#unlinked) this.#pages?.clear();
  }

  closeHandle(): void {
    if (this.#handle < 0) return;
    this.fs.files.close(this.#handle);
    this.#handle = -1;
    this.#writableHandle = false;
  }

  #open(write: boolean): number {
    if (this.#handle >= 0 && (!write || this.#writableHandle)) return this.#handle;
    if (this.#unlinked) return -ESTALE;
    const { fs } = this;
    if (fs.confined && this.#parent !== undefined && !this.#parent.verify()) return -ENOENT;
    const handle = fs.files.open(this.path, write);
    if (handle < 0) return handle;
    // The name may lead to another file by now; a confined file system must not take that one.
    if (fs.confined) {
      const a = fs.files.fstat(handle);
      if (typeof a === "number" || a.ino !== this.#a.ino || a.dev !== this.#a.dev || !isRegular(a.mode)) {
        fs.files.close(handle);
        this.touchAttributes();
        return -ESTALE;
      }
    }
    if (this.#handle >= 0) fs.files.close(this.#handle);
    this.#handle = handle;
    this.#writableHandle = write;
    if (this.#opens === 0 && !write) fs.idle(this);
    return handle;
  }

  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const handle = this.#open(false);
    if (handle < 0) return handle;
    const count = this.fs.files.read(handle, buffer, offset, length, position);
    if (count > 0 && this.#pages?.dirty) this.#pages.cover(position, buffer, offset, count);
    return count;
  }

  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (this.fs.readOnly) return super.writeAt(position, buffer, offset, length);
    const handle = this.#open(true);
    if (handle < 0) return handle;
    const count = this.fs.files.write(handle, buffer, offset, length, position);
    this.changed();
    if (count <= 0 || !this.holdsPages) return count;
    this.#flushTimes();
    this.#pages!.wrote(position, buffer, offset, count);
    return count;
  }

  /** Our own change of the file must not make the cached pages look stale. */
  #flushTimes(): void {
    const a = this.#unlinked ? this.#a : this.fs.files.fstat(this.#handle);
    if (typeof a === "number") return;
    this.#a = this.#times?.refine(a) ?? a;
  }

  override mapPage(index: number, forWrite: boolean): number {
    if (!isRegular(this.type)) return -ENODEV;
    if (index * PAGE >= this.size) return -EINVAL;
    this.#pages ??= new HostPages(this.fs.source, (position, buffer, offset, length) => {
      const handle = this.#open(false);
      return handle < 0 ? -EIO : this.fs.files.read(handle, buffer, offset, length, position);
    });
    if (forWrite) {
      const handle = this.#open(true);
      if (handle < 0) return handle;
      this.#pages.markDirty(index);
    }
    const frame = this.#pages.frame(index);
    if (frame <= 0) return frame === 0 ? -ENOMEM : frame;
    if (this.#pages.count === 1 || forWrite) this.fs.caching(this);
    this.fs.source.retain(frame);
    return frame;
  }

  /** For copy-up: the cached frame of a page moves to the upper file, so that mappings see what is written to it. */
  detachPage(index: number): number {
    return this.#pages?.detach(index) ?? 0;
  }

  override writeBack(): number {
    if (this.#pages?.dirty) {
      const handle = this.#open(true);
      if (handle < 0) return handle;
      const error = this.#pages.writeBack(this.fs.files, handle, this.size);
      if (error < 0) return error;
      this.#flushTimes();
      this.touchAttributes();
    }
    return this.fs.readOnly || this.#handle < 0 || !this.#writableHandle
      ? 0
      : this.fs.files.sync(this.#handle);
  }

  /** Gives up pages that need no writing; returns how many. */
  dropPages(): number {
    if (this.#pages === undefined || this.#pages.dirty) return 0;
    const count = this.#pages.count;
    this.#pages.clear();
    return count;
  }

  override fallocate(mode: number, offset: number, length: number): number {
    const plan = this.fs.readOnly ? -EOPNOTSUPP : planFallocate(this.size, mode, offset, length);
    if (typeof plan === "number") return plan;
    const error = clearByWriting(this, offset, plan.clearTo);
    return error < 0 || plan.size === this.size ? error : this.resize(plan.size);
  }
}
