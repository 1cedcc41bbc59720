// Changes in a writable host tree: making, linking, removing and renaming. The VFS has checked the guest's rights; the host
// checks its own. Each starts by making sure that the directory still is where it was (no link was put in its place).

import { EEXIST, EINVAL, ENOENT, ENOTEMPTY, EOPNOTSUPP } from "../kernel/abi/errno.ts";
import { RENAME_EXCHANGE, RENAME_NOREPLACE } from "../kernel/abi/fcntl.ts";
import { isLink, isRegular, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../kernel/abi/stat.ts";
import { HostInode } from "./hostfs_inode.ts";
import { HostNode } from "./hostfs_node.ts";
import type { AttributeChanges, Inode, NewInode, Time } from "./vfs/inode.ts";

/** The host gets a double and keeps milliseconds of it: half a microsecond more keeps them from becoming 0.999… of them. */
const seconds = (time: Time) => time.sec + Math.floor(time.nsec / 1e6) / 1e3 + 5e-7;

export function create(directory: HostInode, name: string, what: NewInode): Inode | number {
  const { fs } = directory, { files } = fs;
  if (!directory.verify()) return -ENOENT;
  const path = directory.childPath(name), type = what.mode & S_IFMT, bits = what.mode & 0o7777;
  let error: number;
  if (type === S_IFREG) {
    error = files.open(path, true, bits);
    if (error >= 0) files.close(error);
  } else if (type === S_IFDIR) error = files.mkdir(path, bits);
  else if (type === S_IFLNK) error = files.symlink(what.target ?? "", path);
  else {
    const node = new HostNode(fs, directory.stat().dev, what);
    directory.nodes.set(name, node);
    directory.named(name);
    return node;
  }
  if (error < 0) return error;
  directory.named(name);
  const made = fs.find(directory, name);
  if (typeof made === "number") return made;
  // The host process has its own umask and user.
  const a = made.stat();
  if (type !== S_IFLNK && (a.mode & 0o7777) !== bits) files.chmod(path, bits);
  if (a.uid !== what.uid || a.gid !== what.gid) files.chown(path, what.uid, what.gid);
  made.touchAttributes();
  return made;
}

export function link(directory: HostInode, name: string, target: Inode): number {
  if (target instanceof HostNode) {
    directory.nodes.set(name, target);
    directory.named(name);
    target.counted(1);
    return 0;
  }
  if (!(target instanceof HostInode) || !directory.verify()) return -ENOENT;
  const error = directory.fs.files.link(target.path, directory.childPath(name));
  if (error < 0) return error;
  directory.named(name);
  target.changed();
  return 0;
}

export function unlink(directory: HostInode, name: string): number {
  if (!directory.verify()) return -ENOENT;
  const victim = directory.lookup(name);
  if (typeof victim === "number") return victim;
  if (victim instanceof HostNode) {
    directory.nodes.delete(name);
    victim.counted(-1);
    return 0;
  }
  const inode = victim as HostInode;
  inode.prepareUnlink();
  const error = directory.fs.files.unlink(directory.childPath(name));
  if (error < 0) return error;
  inode.unlinkedNow();
  directory.changed();
  return 0;
}

export function rmdir(directory: HostInode, name: string): number {
  if (!directory.verify()) return -ENOENT;
  const victim = directory.lookup(name);
  if (typeof victim === "number") return victim;
  if ((victim as HostInode).nodes.size > 0) return -ENOTEMPTY;
  const error = directory.fs.files.rmdir(directory.childPath(name));
  if (error < 0) return error;
  (victim as HostInode).unlinkedNow();
  directory.changed();
  return 0;
}

export function rename(from: HostInode, name: string, to: HostInode, newName: string, flags: number): number {
  const { files } = from.fs;
  if (!from.verify() || !to.verify()) return -ENOENT;
  const inode = from.lookup(name);
  if (typeof inode === "number") return inode;
  const replaced = to.lookup(newName);
  const source = from.childPath(name), target = to.childPath(newName);
  if (flags & RENAME_NOREPLACE && typeof replaced !== "number") return -EEXIST;
  if (flags & RENAME_EXCHANGE) {
    return typeof replaced === "number" ? replaced : exchange(from, name, to, newName);
  }
  if (flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) return -EINVAL;
  if (inode instanceof HostNode) {
    const removed = typeof replaced === "number" ? 0 : to.unlink(newName);
    if (removed < 0) return removed;
    from.nodes.delete(name);
    to.nodes.set(newName, inode);
    to.named(newName);
    return 0;
  }
  if (replaced instanceof HostNode) {
    to.nodes.delete(newName);
    replaced.counted(-1);
  } else if (typeof replaced !== "number") (replaced as HostInode).prepareUnlink();
  const error = files.rename(source, target);
  if (error < 0) return error;
  if (replaced instanceof HostInode) replaced.unlinkedNow();
  settle(from, to, newName, inode as HostInode);
  return 0;
}

function settle(from: HostInode, to: HostInode, newName: string, inode: HostInode): void {
  inode.placedAt(to, newName);
  to.named(newName);
  from.changed();
  inode.changed();
}

/** The host cannot exchange through Deno: three renames, undone when one fails. */
function exchange(from: HostInode, name: string, to: HostInode, newName: string): number {
  const { files } = from.fs;
  const a = from.lookup(name), b = to.lookup(newName);
  if (!(a instanceof HostInode) || !(b instanceof HostInode)) return -EINVAL;
  const spare = from.childPath(`.denix-exchange-${a.ino}`);
  let error = files.rename(from.childPath(name), spare);
  if (error < 0) return error;
  if ((error = files.rename(to.childPath(newName), from.childPath(name))) < 0) {
    files.rename(spare, from.childPath(name));
    return error;
  }
  if ((error = files.rename(spare, to.childPath(newName))) < 0) return error;
  settle(from, to, newName, a as HostInode);
  settle(to, from, name, b as HostInode);
  return 0;
}

export function setattr(inode: HostInode, changes: AttributeChanges): number {
  const { files } = inode.fs, a = inode.stat(), symbolic = isLink(a.mode);
  let error = 0;
  if (changes.size !== undefined) {
    if (!isRegular(a.mode)) return -EINVAL;
    error = inode.resize(changes.size);
  }
  // What has no name left cannot be reached for the rest; it ends with its last descriptor anyway.
  if (inode.gone) return error;
  if (!inode.verifyPlace()) return -ENOENT;
  const path = inode.path;
  if (error >= 0 && (changes.uid !== undefined || changes.gid !== undefined)) {
    const uid = changes.uid ?? a.uid, gid = changes.gid ?? a.gid;
    if (uid !== a.uid || gid !== a.gid) error = files.chown(path, uid, gid);
  }
  if (error >= 0 && changes.mode !== undefined) {
    error = symbolic ? -EOPNOTSUPP : files.chmod(path, changes.mode);
  }
  if (error >= 0 && (changes.atime !== undefined || changes.mtime !== undefined)) {
    error = files.utimes(
      path,
      seconds(changes.atime ?? a.atime),
      seconds(changes.mtime ?? a.mtime),
      symbolic,
    );
  }
  inode.changed(changes);
  return error < 0 ? error : 0;
}
