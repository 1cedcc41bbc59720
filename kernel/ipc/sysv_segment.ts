// A System V shared memory segment: it outlives its mappings until it is marked for removal and the last one goes.

import { PAGE_SIZE } from "../../translator/ram.ts";
import { SharedMemory } from "../mm/shared_memory.ts";
import { current } from "../task/current.ts";
import type { Task } from "../task/task.ts";
import { IpcObject, type IpcTable, nowSeconds } from "./sysv.ts";

export const SHM_DEST = 0o1000, SHM_LOCKED = 0o2000;

export class Segment extends IpcObject {
  readonly memory: SegmentMemory;
  atime = 0;
  dtime = 0;
  readonly creator: number;
  lastUser = 0;
  /** Mappings. */
  attached = 0;

  constructor(task: Task, flags: number, readonly size: number, readonly table: IpcTable<Segment>) {
    super(task, flags);
    this.creator = task.process.pid;
    this.memory = new SegmentMemory(this);
  }

  /** IPC_RMID. */
  destroy(): void {
    if (this.attached > 0) {
      this.mode |= SHM_DEST;
      this.table.forgetKey(this);
    } else this.end();
  }

  end(): void {
    if (this.removed) return;
    this.table.remove(this);
    this.memory.release();
  }
}

/** Each mapping holds a reference; one more is the segment's own. */
class SegmentMemory extends SharedMemory {
  readonly #segment: Segment;

  constructor(segment: Segment) {
    super(Math.ceil(segment.size / PAGE_SIZE));
    this.#segment = segment;
  }

  override get name(): string {
    return `/SYSV${(this.#segment.key >>> 0).toString(16).padStart(8, "0")} (deleted)`;
  }

  override retain(): this {
    const segment = this.#segment, { task } = current;
    segment.attached++;
    if (task !== undefined) {
      segment.atime = nowSeconds(task);
      segment.lastUser = task.process.pid;
    }
    return super.retain();
  }

  override release(): void {
    super.release();
    const segment = this.#segment, { task } = current;
    if (segment.removed) return;
    segment.attached--;
    if (task !== undefined) {
      segment.dtime = nowSeconds(task);
      segment.lastUser = task.process.pid;
    }
    if (segment.attached === 0 && segment.mode & SHM_DEST) segment.end();
  }
}
