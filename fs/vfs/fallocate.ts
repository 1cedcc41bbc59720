// fallocate(2) on data that is kept in a PageStore.

import { EOPNOTSUPP } from "../../kernel/abi/errno.ts";
import {
  FALLOC_FL_COLLAPSE_RANGE,
  FALLOC_FL_INSERT_RANGE,
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
} from "../../kernel/abi/fcntl.ts";
import type { PageStore } from "./page_store.ts";

/** The file's new size, or a negative errno. Space is not set aside: frames come when they are written. */
export function fallocateStore(
  store: PageStore,
  size: number,
  mode: number,
  offset: number,
  length: number,
): number {
  if (mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) return -EOPNOTSUPP;
  const end = offset + length;
  if (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) {
    const error = store.zero(offset, Math.min(end, size));
    if (error < 0) return error;
  }
  return mode & (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE) || end <= size ? size : end;
}
