// The tree of an instance: its mounts, and what system calls may do with paths in it.
//
// Every method takes the caller's walk context and credentials, checks all rights, and returns a value or a negative errno.

import { EBUSY, EINVAL, ENOENT, ENOTDIR, ENXIO } from "../../kernel/abi/errno.ts";
import { isDirectory } from "../../kernel/abi/stat.ts";
import type { FileSystem, Inode } from "./inode.ts";
import { attach, detach, Mount } from "./mount.ts";
import { openPath, type OpenRequest } from "./open.ts";
import type { OpenFile } from "./open_file.ts";
import type { Path, WalkContext, WalkOptions } from "./path.ts";
import type { FsCredentials } from "./permissions.ts";
import { Walk } from "./walk.ts";

/** Opens what is no regular file or directory: FIFOs, sockets, devices (by `inode.mode` and `inode.stat().rdev`). */
export type OpenSpecial = (inode: Inode, flags: number, path: Path) => OpenFile | number;

export class Vfs {
  readonly rootMount: Mount;
  /** In order of mounting, the root first. */
  readonly mounts: Mount[];
  /** Set by the kernel. What it returns besides an open file goes to the caller of open as it is. */
  openSpecial: OpenSpecial = () => -ENXIO;

  constructor(root: FileSystem, source = "denix", flags = 0) {
    this.rootMount = new Mount(root, source, flags);
    this.mounts = [this.rootMount];
  }

  get root(): Path {
    return { mount: this.rootMount, dentry: this.rootMount.root };
  }

  /** A context at the root of the tree, for the kernel's own look-ups and the first process. */
  context(umask = 0o022): WalkContext {
    return { root: this.root, cwd: this.root, umask };
  }

  /** Mounts `fs` on the place that `at` names (as the kernel itself, which may search everything). */
  mount(fs: FileSystem, at: string, source: string = fs.name, flags = 0): Mount | number {
    const path = this.resolve(this.context(), KERNEL, undefined, at, {
      directory: isDirectory(fs.root.mode),
    });
    if (typeof path === "number") return path;
    const mount = new Mount(fs, source, flags);
    attach(mount, path);
    this.mounts.push(mount);
    return mount;
  }

  unmount(path: Path): number {
    const { mount, dentry } = path;
    if (dentry !== mount.root || mount === this.rootMount) return -EINVAL;
    if (this.mounts.some((m) => m.at?.mount === mount)) return -EBUSY;
    detach(mount);
    this.mounts.splice(this.mounts.indexOf(mount), 1);
    return 0;
  }

  /** The place that `path` names, which exists (`dentry.inode` is there). `base`: a directory descriptor's place. */
  resolve(
    ctx: WalkContext,
    cred: FsCredentials,
    base: Path | undefined,
    path: string,
    options: WalkOptions = {},
  ): Path | number {
    if (path === "" && options.empty) {
      const place = base ?? ctx.cwd;
      return options.directory && !isDirectory(place.dentry.inode!.mode) ? -ENOTDIR : place;
    }
    const walk = new Walk(ctx, cred, base, options.resolve);
    const error = walk.full(path, options.followLast !== false);
    if (error < 0) return error;
    const inode = walk.dentry.inode;
    if (inode === undefined) return -ENOENT;
    if (options.directory && !isDirectory(inode.mode)) return -ENOTDIR;
    return walk.path;
  }

  /** open(2): -errno, what `openSpecial` answers, or the open file with `path` set. */
  open(
    ctx: WalkContext,
    cred: FsCredentials,
    base: Path | undefined,
    path: string,
    request: OpenRequest,
  ): OpenFile | number {
    return openPath(this, ctx, cred, base, path, request);
  }

  /** Text of the place as seen from `root`, for getcwd and /proc: "/a/b", "/a/b (deleted)". */
  pathString(root: Path, path: Path): string {
    return pathText(root, path).text;
  }
}

/** The kernel's own credentials. */
export const KERNEL: FsCredentials = { fsuid: 0, fsgid: 0, groups: [], capEffective: 2 ** 41 - 1 };

/** The text of a place, whether it was unlinked, and whether it lies below `root` at all (getcwd: "(unreachable)"). */
export function pathText(root: Path, path: Path): { text: string; deleted: boolean; reachable: boolean } {
  let { mount, dentry } = path;
  let text = "", deleted = false;
  for (;;) {
    if (dentry === root.dentry && mount === root.mount) break;
    if (dentry === mount.root) {
      if (mount.at === undefined) {
        // The root of all, reached from outside a chroot; or a thing without a place in the tree.
        if (dentry.name === "" && text === "") text = "";
        const reachable = root.mount === mount && root.dentry === dentry;
        return { text: (text === "" ? "/" : text) + (deleted ? " (deleted)" : ""), deleted, reachable };
      }
      dentry = mount.at.dentry;
      mount = mount.at.mount;
      continue;
    }
    if (dentry.deleted) deleted = true;
    if (dentry.parent === dentry) return { text: dentry.name + text, deleted, reachable: false };
    text = "/" + dentry.name + text;
    dentry = dentry.parent;
  }
  if (text === "") text = "/";
  return { text: deleted ? text + " (deleted)" : text, deleted, reachable: true };
}
