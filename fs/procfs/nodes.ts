// What files in proc are made of: directories whose entries are looked up in functions, files whose text is made when
// they are read, and links.
//
// Text is made at the first read and whenever a read starts at position 0 (as the kernel's seq_file does: top and
// vmstat keep files open and rewind them); in between it stays as it is, so that a reader never sees two versions mixed.

import { EINVAL, EIO, ENOENT, EPERM } from "../../kernel/abi/errno.ts";
import { S_IFDIR, S_IFLNK, S_IFREG } from "../../kernel/abi/stat.ts";
import {
  type AttributeChanges,
  type Attributes,
  type DirectoryEntry,
  type FileSystem,
  Inode,
  type Time,
} from "../vfs/inode.ts";
import { OpenFile } from "../vfs/open_file.ts";
import { DirectoryFile } from "../vfs/regular_file.ts";

const O_TRUNC = 0o1000;

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Of the file system, not of a process. */
export const ROOT_OWNER: Owner = { uid: 0, gid: 0 };

/** What all nodes know about where they are. */
export interface NodeContext {
  readonly fs: FileSystem;
  now(): Time;
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

export abstract class ProcNode extends Inode {
  readonly context: NodeContext;
  readonly ino: number;
  readonly #mode: number;
  readonly #time: Time;

  constructor(context: NodeContext, ino: number, mode: number) {
    super();
    this.context = context;
    this.ino = ino;
    this.#mode = mode;
    this.#time = context.now();
  }

  get fs(): FileSystem {
    return this.context.fs;
  }
  override get mode(): number {
    return this.#mode;
  }
  owner(): Owner {
    return ROOT_OWNER;
  }
  get links(): number {
    return 1;
  }
  override get size(): number {
    return 0;
  }

  override stat(): Attributes {
    const { uid, gid } = this.owner();
    const time = this.#time;
    return {
      dev: this.fs.dev,
      ino: this.ino,
      mode: this.mode,
      nlink: this.links,
      uid,
      gid,
      rdev: 0,
      size: this.size,
      blksize: 1024,
      blocks: 0,
      atime: time,
      mtime: time,
      ctime: time,
      btime: time,
    };
  }

  /** Truncation (O_TRUNC, `> file`) is accepted and means nothing; owner and mode cannot be changed. */
  override setattr(changes: AttributeChanges): number {
    return changes.mode === undefined && changes.uid === undefined && changes.gid === undefined ? 0 : -EPERM;
  }
}

/** A directory: nobody may make or remove anything in it. */
export abstract class DirectoryNode extends ProcNode {
  constructor(context: NodeContext, ino: number, permissions = 0o555) {
    super(context, ino, S_IFDIR | permissions);
  }
  override get links(): number {
    return 2;
  }
  override open(flags: number): OpenFile {
    return new DirectoryFile(this, flags);
  }
  /** Linux finds no name to make anything at. */
  override create(_name: string): number {
    return -ENOENT;
  }
  override unlink(_name: string): number {
    return -EPERM;
  }
  override rmdir(_name: string): number {
    return -EPERM;
  }
}

/** A directory whose entries come from functions. */
export class ProcDirectory extends DirectoryNode {
  readonly #entries: DirectoryFunctions;

  constructor(context: NodeContext, ino: number, entries: DirectoryFunctions, permissions = 0o555) {
    super(context, ino, permissions);
    this.#entries = entries;
  }
  override owner(): Owner {
    return this.#entries.owner?.() ?? ROOT_OWNER;
  }
  override get links(): number {
    return this.#entries.links?.() ?? 2;
  }
  override get size(): number {
    return this.#entries.size?.() ?? 0;
  }
  override lookup(name: string): Inode | number {
    return this.#entries.lookup(name);
  }
  override list(): DirectoryEntry[] | number {
    return this.#entries.list();
  }
}

export interface DirectoryFunctions {
  lookup(name: string): Inode | number;
  list(): DirectoryEntry[] | number;
  owner?(): Owner;
  links?(): number;
  size?(): number;
}

/** A fixed directory: names and inodes are known from the start. */
export class StaticDirectory extends ProcDirectory {
  readonly #entries: () => Map<string, Inode>;

  /** `make` is called when somebody looks into the directory. */
  constructor(context: NodeContext, ino: number, make: () => Map<string, Inode>, permissions = 0o555) {
    let made: Map<string, Inode> | undefined;
    const entries = () => made ??= make();
    const directories = () => {
      let count = 0;
      for (const inode of entries().values()) if ((inode.mode & 0o170000) === S_IFDIR) count++;
      return count;
    };
    super(context, ino, {
      lookup: (name) => entries().get(name) ?? -ENOENT,
      list: () => [...entries()].map(([name, inode]) => ({ name, ino: inode.ino, type: inode.mode >> 12 })),
      links: () => 2 + directories(),
    }, permissions);
    this.#entries = entries;
  }

  get entries(): Map<string, Inode> {
    return this.#entries();
  }
}

/** How a file's contents come about. Functions return a negative errno to fail. */
export interface FileFunctions {
  read?(): string | Uint8Array | number;
  /** All of one write(2); returns 0 or -errno. */
  write?(text: string): number;
  /** Asked at open, after the permission bits have been. */
  open?(): number;
  owner?(): Owner;
  size?(): number;
}

export class ProcFile extends ProcNode {
  readonly functions: FileFunctions;

  constructor(context: NodeContext, ino: number, permissions: number, functions: FileFunctions) {
    super(context, ino, S_IFREG | permissions);
    this.functions = functions;
  }
  override owner(): Owner {
    return this.functions.owner?.() ?? ROOT_OWNER;
  }
  override get size(): number {
    return this.functions.size?.() ?? 0;
  }
  override open(flags: number): OpenFile | number {
    const refused = this.functions.open?.() ?? 0;
    if (refused < 0) return refused;
    return new ProcOpenFile(this, flags & ~O_TRUNC);
  }
  /** For those who read without opening. */
  contents(): Uint8Array | number {
    const made = this.functions.read?.() ?? -EIO;
    return typeof made === "string" ? this.context.encode(made) : made;
  }
  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    const bytes = this.contents();
    return typeof bytes === "number" ? bytes : copyOut(bytes, position, buffer, offset, length);
  }
}

class ProcOpenFile extends OpenFile {
  readonly inode: ProcFile;
  #bytes: Uint8Array | undefined;

  constructor(inode: ProcFile, flags: number) {
    super(flags);
    this.inode = inode;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const count = this.readAt(this.position, buffer, offset, length);
    if (count > 0) this.position += count;
    return count;
  }
  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (this.inode.functions.read === undefined) return -EINVAL;
    if (position === 0 || this.#bytes === undefined) {
      const bytes = this.inode.contents();
      if (typeof bytes === "number") return bytes;
      this.#bytes = bytes;
    }
    return copyOut(this.#bytes, position, buffer, offset, length);
  }
  override write(buffer: Uint8Array, offset: number, length: number): number {
    const write = this.inode.functions.write;
    if (write === undefined) return -EIO;
    const result = write(this.inode.context.decode(buffer.slice(offset, offset + length)));
    if (result < 0) return result;
    this.position += length;
    return length;
  }
  override writeAt(_position: number, buffer: Uint8Array, offset: number, length: number): number {
    const before = this.position;
    const result = this.write(buffer, offset, length);
    this.position = before;
    return result;
  }
  override seek(offset: number, whence: number): number {
    const target = whence === 0 ? offset : whence === 1 ? this.position + offset : -1;
    if (target < 0) return -EINVAL;
    return this.position = target;
  }
  override truncate(_size: number): number {
    return 0;
  }
}

/** A symbolic link that is read by its text. */
export class ProcLink extends ProcNode {
  readonly #target: () => string | number;

  constructor(context: NodeContext, ino: number, target: () => string | number) {
    super(context, ino, S_IFLNK | 0o777);
    this.#target = target;
  }
  override readlink(): string | number {
    return this.#target();
  }
}

/** A link that leads to an object whatever its text says: exe, cwd, root, fd/N. */
export class MagicLink extends ProcNode {
  readonly #functions: MagicFunctions;

  constructor(context: NodeContext, ino: number, functions: MagicFunctions, permissions = 0o777) {
    super(context, ino, S_IFLNK | permissions);
    this.#functions = functions;
  }
  override owner(): Owner {
    return this.#functions.owner();
  }
  override get size(): number {
    return 64;
  }
  override readlink(): string | number {
    const found = this.#functions.resolve();
    return typeof found === "number" ? found : found.text;
  }
  /** The object ({@link ../vfs/path.ts Path} or open file), or a negative errno. */
  override followMagic(): unknown {
    const found = this.#functions.resolve();
    return typeof found === "number" ? found : found.target;
  }
}

export interface MagicFunctions {
  resolve(): { text: string; target: unknown } | number;
  owner(): Owner;
}

function copyOut(
  bytes: Uint8Array,
  position: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
): number {
  if (position >= bytes.length) return 0;
  const count = Math.min(length, bytes.length - position);
  buffer.set(bytes.subarray(position, position + count), offset);
  return count;
}
