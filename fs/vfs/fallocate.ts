// What does fallocate(2) do to a file? The same everywhere: bytes to clear, and a size. Space is not set aside: frames come
// when they are written.

import { EFBIG, EOPNOTSUPP } from "../../kernel/abi/errno.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE } from "../../kernel/abi/fcntl.ts";
import type { Inode } from "./inode.ts";
import type { PageStore } from "./page_store.ts";

/** Largest file in memory: page numbers stay small integers. */
export const MAX_SIZE = 2 ** 43;

export interface Allocation {
  /** Bytes from the call's offset to here are cleared. */
  clearTo: number;
  /** Size of the file afterwards. */
  size: number;
}

/** What the call means for a file of `size` bytes; -EOPNOTSUPP for modes that move data. */
export function planFallocate(
  size: number,
  mode: number,
  offset: number,
  length: number,
): Allocation | number {
  const clears = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE,
    keeps = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;
  if (mode & ~(clears | keeps)) return -EOPNOTSUPP;
  const end = offset + length;
  return {
    clearTo: mode & clears ? Math.min(end, size) : offset,
    size: mode & keeps || end <= size ? size : end,
  };
}

/** The call on data that is kept in `store`: the file's new size, or a negative errno. */
export function fallocateStore(
  store: PageStore,
  size: number,
  mode: number,
  offset: number,
  length: number,
): number {
  const plan = planFallocate(size, mode, offset, length);
  if (typeof plan === "number") return plan;
  if (offset + length > MAX_SIZE) return -EFBIG;
  if (plan.clearTo > offset) {
    const error = store.zero(offset, plan.clearTo);
    if (error < 0) return error;
  }
  return plan.size;
}

const zeros = new Uint8Array(65536);

/** Clears [from, to) of a file whose data is elsewhere, by writing; 0 or a negative errno. */
export function clearByWriting(inode: Inode, from: number, to: number): number {
  for (let at = from; at < to;) {
    const count = inode.writeAt(at, zeros, 0, Math.min(zeros.length, to - at));
    if (count <= 0) return count;
    at += count;
  }
  return 0;
}
