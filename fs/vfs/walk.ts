// Path resolution: from a string to a place in the tree, by Linux's rules (path_resolution(7)).

import { EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, EXDEV } from "../../kernel/abi/errno.ts";
import {
  PATH_MAX,
  RESOLVE_BENEATH,
  RESOLVE_CACHED,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  RESOLVE_NO_XDEV,
} from "../../kernel/abi/fcntl.ts";
import { isDirectory, isLink } from "../../kernel/abi/stat.ts";
import { encodedLength } from "../../kernel/abi/text.ts";
import { Dentry, lookupChild } from "./dentry.ts";
import type { Inode } from "./inode.ts";
import { Mount, mountedOn } from "./mount.ts";
import { OpenFile } from "./open_file.ts";
import type { Path, WalkContext } from "./path.ts";
import { type FsCredentials, MAY_EXEC, permission } from "./permissions.ts";

/** Symbolic links followed in one resolution. */
const MAX_LINKS = 40;
const SCOPED = RESOLVE_BENEATH | RESOLVE_IN_ROOT;

/** One resolution in progress; `mount` and `dentry` are where it stands. */
export class Walk {
  mount: Mount;
  dentry: Dentry;
  /** Last component after parent(): "" (the path was only slashes), ".", ".." or a name. */
  last = "";
  /** The last component had slashes behind it. */
  trailing = false;
  readonly cred: FsCredentials;
  readonly #root: Path;
  readonly #resolve: number;
  #links = 0;

  constructor(ctx: WalkContext, cred: FsCredentials, base: Path | undefined, resolve = 0) {
    const start = base ?? ctx.cwd;
    this.mount = start.mount;
    this.dentry = start.dentry;
    this.cred = cred;
    this.#resolve = resolve;
    this.#root = resolve & SCOPED ? start : ctx.root;
  }

  get path(): Path {
    return { mount: this.mount, dentry: this.dentry };
  }

  /** Walks to the directory of the last component, which is left in `last` and `trailing`. */
  parent(path: string): number {
    if (path === "") return -ENOENT;
    if (path.length >= PATH_MAX || path.length >= PATH_MAX / 3 && encodedLength(path) >= PATH_MAX) {
      return -ENAMETOOLONG;
    }
    return this.#parent(path);
  }

  /** Walks the whole path. The result may be negative (`dentry.inode` undefined): callers decide. */
  full(path: string, followLast: boolean): number {
    const error = this.parent(path);
    return error < 0 ? error : this.lastStep(followLast);
  }

  /** Takes the step to `last`. A trailing slash follows links and wants a directory. */
  lastStep(followLast: boolean): number {
    if (this.last === "") return 0;
    const trailing = this.trailing;
    const error = this.step(this.last, followLast || trailing);
    if (error < 0) return error;
    if (trailing) {
      const inode = this.dentry.inode;
      if (inode === undefined) return -ENOENT;
      if (!isDirectory(inode.mode)) return -ENOTDIR;
    }
    return 0;
  }

  /** One component: permission to search the directory, then the name in it, mounts and links. */
  step(name: string, follow: boolean): number {
    const dir = this.dentry, directory = dir.inode;
    if (directory === undefined) return -ENOENT;
    if (!isDirectory(directory.mode)) return -ENOTDIR;
    const denied = permission(directory, this.cred, MAY_EXEC);
    if (denied < 0) return denied;
    if (name === ".") return 0;
    if (name === "..") return this.#up();
    const child = lookupChild(dir, name);
    if (typeof child === "number") return child;
    const inode = child.inode;
    if (inode !== undefined && isLink(inode.mode)) {
      if (follow) return this.#follow(inode);
    } else if (child.mounts !== undefined) {
      return this.#enter(child);
    }
    this.dentry = child;
    return 0;
  }

  /**
   * For open with O_CREAT: follows the link `inode` in the current directory up to the directory of its last component (0), or to the
   * object of a magic link (1).
   */
  followTo(inode: Inode): number {
    const target = this.#linkTarget(inode);
    if (typeof target === "number") return target < 0 ? target : 1;
    return this.#parent(target);
  }

  #parent(path: string): number {
    let i = 0;
    const length = path.length;
    if (path.charCodeAt(0) === 47) {
      const error = this.#toRoot();
      if (error < 0) return error;
      while (i < length && path.charCodeAt(i) === 47) i++;
      if (i === length) {
        this.last = "";
        this.trailing = false;
        return 0;
      }
    }
    for (;;) {
      let end = path.indexOf("/", i);
      if (end < 0) end = length;
      const name = path.slice(i, end);
      i = end;
      while (i < length && path.charCodeAt(i) === 47) i++;
      if (i === length) {
        // The search right on the directory is due even where the last component is created, not looked up.
        const directory = this.dentry.inode;
        if (directory === undefined) return -ENOENT;
        if (!isDirectory(directory.mode)) return -ENOTDIR;
        const denied = permission(directory, this.cred, MAY_EXEC);
        if (denied < 0) return denied;
        this.last = name;
        this.trailing = end < length;
        return 0;
      }
      const error = this.step(name, true);
      if (error < 0) return error;
      if (this.dentry.inode === undefined) return -ENOENT;
    }
  }

  #toRoot(): number {
    if (this.#resolve & RESOLVE_BENEATH) return -EXDEV;
    const root = this.#root;
    if (this.#resolve & RESOLVE_NO_XDEV && root.mount !== this.mount) return -EXDEV;
    this.mount = root.mount;
    this.dentry = root.dentry;
    return 0;
  }

  /** `..`: stops at the root of the task, crosses mounts upwards. */
  #up(): number {
    const root = this.#root;
    for (;;) {
      if (this.dentry === root.dentry && this.mount === root.mount) {
        return this.#resolve & RESOLVE_BENEATH ? -EXDEV : 0;
      }
      if (this.dentry !== this.mount.root) {
        this.dentry = this.dentry.parent;
        break;
      }
      const at = this.mount.at;
      if (at === undefined) break;
      if (this.#resolve & RESOLVE_NO_XDEV) return -EXDEV;
      this.mount = at.mount;
      this.dentry = at.dentry;
    }
    return this.#enter(this.dentry);
  }

  /** Goes to `dentry`, or to what is mounted on it. */
  #enter(dentry: Dentry): number {
    this.dentry = dentry;
    for (let over = mountedOn(this.mount, dentry); over !== undefined; over = mountedOn(over, over.root)) {
      if (this.#resolve & RESOLVE_NO_XDEV) return -EXDEV;
      this.mount = over;
      this.dentry = over.root;
    }
    return 0;
  }

  /** Follows the link `inode`, which is in the current directory. */
  #follow(inode: Inode): number {
    const target = this.#linkTarget(inode);
    if (typeof target === "number") return target;
    const error = this.#parent(target);
    return error < 0 ? error : this.lastStep(true);
  }

  /** The text to go on with, 0 when a magic link led to its object, or a negative errno. */
  #linkTarget(inode: Inode): string | number {
    if (this.#resolve & RESOLVE_NO_SYMLINKS) return -ELOOP;
    if (++this.#links > MAX_LINKS) return -ELOOP;
    const magic = inode.followMagic?.();
    if (magic !== undefined) return this.#followMagic(magic);
    const target = inode.readlink();
    return target === "" ? -ENOENT : target;
  }

  #followMagic(magic: unknown): number {
    if (typeof magic === "number") return magic;
    if (this.#resolve & RESOLVE_NO_MAGICLINKS) return -ELOOP;
    if (this.#resolve & SCOPED) return -EXDEV;
    const path = magic instanceof OpenFile ? magic.path ?? anonymousPath(magic) : magic as Path;
    if (this.#resolve & RESOLVE_NO_XDEV && path.mount !== this.mount) return -EXDEV;
    this.mount = path.mount;
    this.dentry = path.dentry;
    return 0;
  }
}

const anonymousMounts = new WeakMap<object, Mount>();

/** A place for what has no name: pipes, sockets and anonymous inodes reached through /proc/PID/fd. */
export function anonymousPath(file: OpenFile): Path {
  const inode = file.inode;
  const dentry = new Dentry(file.label(), undefined, inode);
  let mount = anonymousMounts.get(inode.fs);
  if (mount === undefined) {
    mount = new Mount(inode.fs, "none", 0, new Dentry("", undefined, undefined));
    anonymousMounts.set(inode.fs, mount);
  }
  return { mount, dentry };
}

/** RESOLVE_* flags that go together, else -EINVAL. */
export function checkResolve(resolve: number): number {
  const known = RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | SCOPED | RESOLVE_CACHED;
  if (resolve & ~known || (resolve & SCOPED) === SCOPED) return -EINVAL;
  return 0;
}
