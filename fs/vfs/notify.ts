// Who hears that a file was used or changed? (Linux: fs/notify; inotify(7) is the one who listens.)
//
// A mark is put on an inode. What happens to a file is told to the marks on it and, with its name, to the marks on the
// directory that the name is in; what happens to a name is told to the marks on its directory. Only what guest processes
// do is heard: changes behind the VFS, by the host, are not.
//
// Without any mark all of this costs one comparison.

import { isDirectory } from "../../kernel/abi/stat.ts";
import type { Dentry } from "./dentry.ts";
import type { Inode } from "./inode.ts";
import type { OpenFile } from "./open_file.ts";

export const IN_ACCESS = 1, IN_MODIFY = 2, IN_ATTRIB = 4, IN_CLOSE_WRITE = 8, IN_CLOSE_NOWRITE = 0x10;
export const IN_OPEN = 0x20, IN_MOVED_FROM = 0x40, IN_MOVED_TO = 0x80, IN_CREATE = 0x100, IN_DELETE = 0x200;
export const IN_DELETE_SELF = 0x400, IN_MOVE_SELF = 0x800, IN_ISDIR = 0x4000_0000;
/** A name was changed within its directory: for dnotify, which knows no pairs of events. */
export const IN_RENAME = 0x1000_0000;

export interface Mark {
  readonly inode: Inode;
  /** Events it wants to hear of. */
  readonly mask: number;
  /** Nothing more of children that are unlinked (IN_EXCL_UNLINK). */
  readonly ignoresUnlinked: boolean;
  /** `name` is the child's, where the mark is on its directory; `cookie` joins the two ends of a move. */
  hear(event: number, name: string | undefined, cookie: number): void;
}

/** /proc/sys/fs/inotify. */
export const notifyLimits = { queued: 16384, instances: 128, watches: 65536 };

/** Marks keep their inodes, so that these stay the objects that look-ups find. */
const marks = new Map<Inode, Set<Mark>>();
/** Inodes without a name whose last description is still open. */
const orphans = new WeakSet<Inode>();
let lastCookie = 0;

export function addMark(mark: Mark): void {
  const there = marks.get(mark.inode);
  if (there === undefined) marks.set(mark.inode, new Set([mark]));
  else there.add(mark);
}

export function removeMark(mark: Mark): void {
  const there = marks.get(mark.inode);
  if (there?.delete(mark) && there.size === 0) marks.delete(mark.inode);
}

function tell(on: Inode, event: number, name?: string, cookie = 0, unlinked = false): void {
  const there = marks.get(on);
  if (there === undefined) return;
  for (const mark of [...there]) {
    if ((mark.mask & event) === 0 || unlinked && mark.ignoresUnlinked) continue;
    mark.hear(event, name, cookie);
  }
}

const kindOf = (inode: Inode) => isDirectory(inode.mode) ? IN_ISDIR : 0;

/** Something happened to the file at `dentry`: its directory hears of it first. */
export function notifyDentry(dentry: Dentry, event: number): void {
  if (marks.size === 0 || event === 0) return;
  const inode = dentry.inode;
  if (inode === undefined) return;
  const directory = dentry.parent.inode;
  event |= kindOf(inode);
  if (dentry.parent !== dentry && directory !== undefined) {
    tell(directory, event, dentry.name, 0, dentry.deleted);
  }
  tell(inode, event);
}

/** The same for an open file, as long as it was opened by a name. */
export function notifyFile(file: OpenFile, event: number): void {
  if (marks.size !== 0 && file.path !== undefined) notifyDentry(file.path.dentry, event);
}

/** The result of a call that moves data: when it moved some, `event` happened. */
export function notifyMoved(file: OpenFile, event: number, count: number): number {
  if (count > 0) notifyFile(file, event);
  return count;
}

/** Something happened to the file whatever its names are (its number of links changed). */
export function notifyInode(inode: Inode, event: number): void {
  if (marks.size !== 0) tell(inode, event | kindOf(inode));
}

/** `directory` has got a name for `inode`, or has lost it. */
export function notifyName(directory: Inode, event: number, name: string, inode: Inode): void {
  if (marks.size !== 0) tell(directory, event | kindOf(inode), name);
}

/** Whether taking a name from `inode` takes the last one. To be asked before. */
export function losesLastName(inode: Inode): boolean {
  return marks.size !== 0 && (isDirectory(inode.mode) || inode.stat().nlink <= 1);
}

/** The last name is gone: the file is, too, unless somebody has it open. */
export function notifyGone(inode: Inode): void {
  if (marks.size === 0) return;
  if (inode.opens > 0) orphans.add(inode);
  else tell(inode, IN_DELETE_SELF);
}

/** A name was moved; `replaced` is what had the new name, with `last`: its last name. */
export function notifyMove(
  from: Inode,
  name: string,
  to: Inode,
  newName: string,
  moved: Inode,
  replaced: Inode | undefined,
  last: boolean,
): void {
  if (marks.size === 0) return;
  const kind = kindOf(moved), cookie = lastCookie = lastCookie + 1 >>> 0 || 1;
  tell(from, IN_MOVED_FROM | kind, name, cookie);
  tell(to, IN_MOVED_TO | kind, newName, cookie);
  if (from === to) tell(from, IN_RENAME | kind, name);
  if (replaced !== undefined) notifyInode(replaced, IN_ATTRIB);
  tell(moved, IN_MOVE_SELF);
  if (replaced !== undefined && last) notifyGone(replaced);
}

/** The last reference to an open file description is gone. */
export function notifyClosed(file: OpenFile): void {
  if (marks.size === 0) return;
  notifyFile(file, file.writable ? IN_CLOSE_WRITE : IN_CLOSE_NOWRITE);
  const inode = file.path!.dentry.inode;
  if (inode !== undefined && inode.opens === 0 && orphans.delete(inode)) tell(inode, IN_DELETE_SELF);
}
