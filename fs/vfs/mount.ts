// Where file systems are attached to the tree.

import { Dentry } from "./dentry.ts";
import type { FileSystem } from "./inode.ts";
import type { Path } from "./path.ts";

export const MS_RDONLY = 1,
  MS_NOSUID = 2,
  MS_NODEV = 4,
  MS_NOEXEC = 8,
  MS_NOATIME = 1024,
  MS_RELATIME = 1 << 21;

let nextId = 20;

export class Mount {
  /** As in /proc/PID/mountinfo. */
  readonly id: number = nextId++;
  readonly fs: FileSystem;
  readonly root: Dentry;
  /** Where it is mounted; undefined for the root mount and for kernel-internal ones. */
  at: Path | undefined;
  /** First field of /proc/mounts. */
  readonly source: string;
  /** MS_*. */
  flags: number;

  constructor(fs: FileSystem, source: string, flags = 0, root?: Dentry) {
    this.fs = fs;
    this.source = source;
    this.flags = flags;
    this.root = root ?? new Dentry("/", undefined, fs.root);
  }

  get readOnly(): boolean {
    return (this.flags & MS_RDONLY) !== 0 || this.fs.readOnly === true;
  }
}

/** Attaches `mount` on `at`. */
export function attach(mount: Mount, at: Path): void {
  mount.at = at;
  (at.dentry.mounts ??= []).push(mount);
}

export function detach(mount: Mount): void {
  const dentry = mount.at?.dentry;
  if (dentry?.mounts === undefined) return;
  dentry.mounts = dentry.mounts.filter((m) => m !== mount);
  if (dentry.mounts.length === 0) dentry.mounts = undefined;
  mount.at = undefined;
}

/** The mount that hides `dentry` as seen through `mount`, or undefined. */
export function mountedOn(mount: Mount, dentry: Dentry): Mount | undefined {
  const mounts = dentry.mounts;
  if (mounts === undefined) return undefined;
  for (let i = mounts.length - 1; i >= 0; i--) if (mounts[i]!.at!.mount === mount) return mounts[i];
  return undefined;
}
