// /proc/PID/mem and /proc/PID/pagemap: an address space as a file, its bytes or what is known of its pages.

import { EINVAL } from "../../kernel/abi/errno.ts";
import type { Inode } from "../vfs/inode.ts";
import { OpenFile } from "../vfs/open_file.ts";
import { type NodeContext, type Owner, ProcFile } from "./nodes.ts";
import type { ProcTask } from "./source.ts";

/** Makes the open file of one form. */
export type MemoryOpen = new (inode: Inode, task: ProcTask, flags: number) => OpenFile;

export class MemoryFile extends ProcFile {
  readonly #open: (inode: Inode, flags: number) => OpenFile | number;

  constructor(
    context: NodeContext,
    ino: number,
    permissions: number,
    functions: { owner: () => Owner; open: (inode: Inode, flags: number) => OpenFile | number },
  ) {
    super(context, ino, permissions, { owner: functions.owner });
    this.#open = functions.open;
  }

  override open(flags: number): OpenFile | number {
    return this.#open(this, flags);
  }
}

/** What both have: a position. */
abstract class OpenMemory extends OpenFile {
  readonly inode: Inode;
  protected readonly task: ProcTask;

  constructor(inode: Inode, task: ProcTask, flags: number) {
    super(flags);
    this.inode = inode;
    this.task = task;
  }

  override read(buffer: Uint8Array, offset: number, length: number): number {
    const count = this.readAt(this.position, buffer, offset, length);
    if (count > 0) this.position += count;
    return count;
  }

  override seek(offset: number, whence: number): number {
    const target = whence === 0 ? offset : whence === 1 ? this.position + offset : -1;
    return target < 0 ? -EINVAL : this.position = target;
  }
}

export class OpenMem extends OpenMemory {
  override write(buffer: Uint8Array, offset: number, length: number): number {
    const count = this.writeAt(this.position, buffer, offset, length);
    if (count > 0) this.position += count;
    return count;
  }
  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    return this.task.memory?.read(position, buffer, offset, length) ?? 0;
  }
  override writeAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    return this.task.memory?.write(position, buffer, offset, length) ?? 0;
  }
}

const PAGE = 4096, WORD_BYTES = 8, ADDRESS_LIMIT = 0x7fff_ffff_f000;

/** One word for each page (Linux: Documentation/admin-guide/mm/pagemap.rst), without frame numbers. */
export class OpenPagemap extends OpenMemory {
  override readAt(position: number, buffer: Uint8Array, offset: number, length: number): number {
    if (position % WORD_BYTES !== 0 || length % WORD_BYTES !== 0) return -EINVAL;
    const view = new DataView(buffer.buffer, buffer.byteOffset + offset, length);
    const { memory } = this.task;
    let done = 0;
    for (; done < length; done += WORD_BYTES) {
      const address = (position + done) / WORD_BYTES * PAGE;
      if (memory === undefined || address >= ADDRESS_LIMIT) break;
      view.setUint32(done, 0, true);
      view.setUint32(done + 4, highWord(memory.page(address)), true);
    }
    return done;
  }
}

const PRESENT = 1 << 31, SHARED_OR_FILE = 1 << 29, EXCLUSIVE = 1 << 24, SOFT_DIRTY = 1 << 23;

/** Nobody clears soft-dirty bits here, so all of a mapping has them. */
function highWord(page: { present: boolean; anonymous: boolean; shared: boolean } | undefined): number {
  if (page === undefined) return 0;
  if (!page.present) return SOFT_DIRTY;
  return (PRESENT | SOFT_DIRTY | (page.anonymous ? 0 : SHARED_OR_FILE) | (page.shared ? 0 : EXCLUSIVE)) >>> 0;
}
