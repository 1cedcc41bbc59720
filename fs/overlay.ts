// Copy-on-write over a read-only tree: the guest may change anything, the tree below does not change, the changes are held in
// memory. Host paths that the user granted are the exception: they are the host's own files, written through.

import { OVERLAYFS_MAGIC } from "../kernel/abi/stat.ts";
import type { HostFs } from "./hostfs.ts";
import type { HostInode } from "./hostfs_inode.ts";
import { OverlayInode } from "./overlay_inode.ts";
import { coarseTime } from "./vfs/coarse_time.ts";
import type { FileSystem, FileSystemInfo, Inode, Time } from "./vfs/inode.ts";
import type { PageSource } from "./vfs/pages.ts";

export interface OverlayOptions {
  lower: HostFs;
  source: PageSource;
  /** Paths below the lower root that are written through: absolute, without links, "." and "..". Not "/" itself. */
  grants?: readonly string[];
  /** The same host tree as `lower`, writable; needed with grants. */
  writable?: HostFs;
  now?: () => Time;
}

/** Numbers of files that exist only up here: above what host file systems use. */
const FIRST_INO = 2 ** 41;

export class OverlayFs implements FileSystem {
  readonly name = "overlay";
  readonly dev: number;
  readonly root: OverlayInode;
  readonly lower: HostFs;
  readonly source: PageSource;
  readonly now: () => Time;
  readonly #writable: HostFs | undefined;
  /** Granted names by the path of the directory they are in. */
  readonly #grants = new Map<string, Set<string>>();
  readonly #wrapped = new WeakMap<Inode, OverlayInode>();
  #nextIno = FIRST_INO;

  constructor(options: OverlayOptions) {
    this.lower = options.lower;
    this.source = options.source;
    this.now = options.now ?? coarseTime;
    this.dev = options.lower.dev;
    this.#writable = options.writable;
    for (const path of options.grants ?? []) {
      const cut = path.lastIndexOf("/");
      if (cut < 0 || cut === path.length - 1 || options.writable === undefined) {
        throw new Error(`bad grant ${path}`);
      }
      const directory = path.slice(0, cut);
      let names = this.#grants.get(directory);
      if (names === undefined) this.#grants.set(directory, names = new Set());
      names.add(path.slice(cut + 1));
    }
    this.root = this.wrap(options.lower.root, undefined, "");
  }

  nextIno(): number {
    return this.#nextIno++;
  }

  /** The one overlay inode of a lower inode. */
  wrap(lower: Inode, parent: OverlayInode | undefined, name: string): OverlayInode {
    let inode = this.#wrapped.get(lower);
    if (inode === undefined) {
      inode = new OverlayInode(this, lower, parent, name);
      this.#wrapped.set(lower, inode);
    } else inode.foundAt(parent, name);
    return inode;
  }

  /** Names that are granted in the lower directory `lower`, undefined for most. */
  grantedNames(lower: Inode): Set<string> | undefined {
    if (this.#grants.size === 0) return undefined;
    const path = (lower as HostInode).path.slice(this.lower.directory.length);
    return this.#grants.get(path === "/" ? "" : path);
  }

  /** The host's own directory `lower`, for a granted name in it; or a negative errno. */
  hostDirectory(lower: Inode): Inode | number {
    const path = (lower as HostInode).path.slice(this.lower.directory.length);
    let inode: Inode = this.#writable!.root;
    for (const name of path.split("/")) {
      if (name === "") continue;
      const next = inode.lookup(name);
      if (typeof next === "number") return next;
      inode = next;
    }
    return inode;
  }

  revalidate(directory: Inode, name: string, known: Inode | undefined): boolean {
    const dir = directory as OverlayInode;
    if (dir.settled(name)) return true;
    const lower = dir.lower!;
    if (dir.granted(name)) {
      const host = this.hostDirectory(lower);
      return typeof host !== "number" && this.#writable!.revalidate(host, name, known);
    }
    return this.lower.revalidate(lower, name, (known as OverlayInode | undefined)?.lower);
  }

  info(): FileSystemInfo {
    return { ...this.lower.info(), type: OVERLAYFS_MAGIC };
  }

  sync(): number {
    return this.#writable?.sync() ?? 0;
  }
}
