// /proc/PID/ns: the namespaces of a process. There is one of each kind, the first, which all processes share; so the links
// serve to compare them, and the files behind them tell their kind (ioctl_ns(2)).

import { EACCES, EINVAL, ENOENT, ENOTTY, EPERM, ESPIPE } from "../../kernel/abi/errno.ts";
import { S_IFREG } from "../../kernel/abi/stat.ts";
import { type Attributes, type FileSystem, type FileSystemInfo, Inode } from "../vfs/inode.ts";
import { type IoctlCaller, OpenFile } from "../vfs/open_file.ts";
import { newAttributes } from "../vfs/memory_attributes.ts";
import { MagicLink, type NodeContext, type Owner, ProcDirectory } from "./nodes.ts";
import type { ProcSource, ProcTask } from "./source.ts";

const DT_LNK = 10, O_ACCMODE = 3;
const NSFS_MAGIC = 0x6e736673;
const CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000;
const NS_GET_PARENT = 0xb702, NS_GET_NSTYPE = 0xb703, NS_GET_OWNER_UID = 0xb704;

/** Name of the link, kind as the text says it, CLONE_NEW* flag, and the number that Linux gives the first one. */
const ROWS: readonly (readonly [name: string, kind: string, type: number, ino: number])[] = [
  ["cgroup", "cgroup", 0x02000000, 4026531835],
  ["ipc", "ipc", 0x08000000, 4026531839],
  ["mnt", "mnt", 0x00020000, 4026531841],
  ["net", "net", 0x40000000, 4026531840],
  ["pid", "pid", CLONE_NEWPID, 4026531836],
  ["pid_for_children", "pid", CLONE_NEWPID, 4026531836],
  ["time", "time", 0x00000080, 4026531834],
  ["time_for_children", "time", 0x00000080, 4026531834],
  ["user", "user", CLONE_NEWUSER, 4026531837],
  ["uts", "uts", 0x04000000, 4026531838],
];

class NamespaceInode extends Inode {
  constructor(readonly fs: FileSystem, readonly kind: string, readonly type: number, readonly ino: number) {
    super();
  }
  override get mode(): number {
    return S_IFREG | 0o444;
  }
  override stat(): Attributes {
    const { mode, ino } = this;
    return newAttributes(this.fs.dev, ino, { mode, uid: 0, gid: 0 }, { sec: 0, nsec: 0 });
  }
  override setattr(): number {
    return -EPERM;
  }
  override open(flags: number): OpenFile | number {
    return (flags & O_ACCMODE) === 0 ? new NamespaceFile(this, flags) : -EPERM;
  }
}

class NamespaceFile extends OpenFile {
  constructor(override readonly inode: NamespaceInode, flags: number) {
    super(flags);
  }
  override label(): string {
    return `${this.inode.kind}:[${this.inode.ino}]`;
  }
  override seek(): number {
    return -ESPIPE;
  }
  override ioctl(command: number, argument: number, caller: IoctlCaller): number {
    const { type } = this.inode;
    switch (command) {
      case NS_GET_NSTYPE:
        return type;
      case NS_GET_PARENT:
        // The parent of the first one cannot be seen; other kinds have none.
        return type === CLONE_NEWUSER || type === CLONE_NEWPID ? -EPERM : -EINVAL;
      case NS_GET_OWNER_UID:
        if (type !== CLONE_NEWUSER) return -EINVAL;
        caller.write(argument, new Uint8Array(4));
        return 0;
      default:
        return -ENOTTY;
    }
  }
}

class NsFs implements FileSystem {
  readonly name = "nsfs";
  readonly dev = 4;
  readonly root: Inode = new NamespaceInode(this, "", 0, 1);
  info(): FileSystemInfo {
    const none = { blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
    return { type: NSFS_MAGIC, bsize: 4096, ...none, namelen: 255 };
  }
}

const nsfs = new NsFs();

/** What the links lead to, by name; one inode for each number. */
const files = new Map<string, NamespaceFile>();
for (const [name, kind, type, ino] of ROWS) {
  const same = files.get(kind);
  files.set(name, same ?? new NamespaceFile(new NamespaceInode(nsfs, kind, type, ino), 0));
}
const names = [...files.keys()];

/** ioctl NS_GET_USERNS: the user namespace that a namespace belongs to, opened; the first one belongs to none. */
export function owningNamespace(file: OpenFile): OpenFile | number {
  if (!(file instanceof NamespaceFile)) return -ENOTTY;
  return file.inode.type === CLONE_NEWUSER ? -EPERM : files.get("user")!.inode.open(0);
}

/** The directory of `task`; the links' inode numbers begin at `base`. */
export function namespaceDirectory(
  context: NodeContext,
  source: ProcSource,
  task: ProcTask,
  ino: number,
  base: number,
  owner: () => Owner,
): ProcDirectory {
  return new ProcDirectory(context, ino, {
    owner,
    lookup(name) {
      const file = files.get(name);
      if (file === undefined) return -ENOENT;
      return new MagicLink(context, base + names.indexOf(name), {
        owner,
        resolve: () => source.mayInspect(task) ? { text: file.label(), target: file } : -EACCES,
      });
    },
    list: () => names.map((name, index) => ({ name, ino: base + index, type: DT_LNK })),
  }, 0o511);
}
