// To which guest file does a page of code belong, so that its translations can be kept between runs?

import type { Inode } from "../../fs/vfs/inode.ts";
import type { CodeSource } from "../../translator/cache/code_store.ts";
import { hostWallMs } from "../host/clock.ts";
import { PTE_ANON } from "../mm/page_table.ts";
import { current } from "../task/current.ts";

const started = hostWallMs();
/** Null: a file that translations are not kept of. */
const sources = new WeakMap<Inode, CodeSource | null>();

/** {@link Env.codeSource} for the running task. Private copies of a page are the process's, no longer the file's. */
export function codeSource(va: number): CodeSource | undefined {
  const { mm } = current.task!;
  const inode = mm.vmas.find(va)?.file?.inode;
  if (inode === undefined || (mm.table.get(va) & PTE_ANON) !== 0) return undefined;
  let source = sources.get(inode);
  if (source === undefined) sources.set(inode, source = sourceOf(inode));
  return source ?? undefined;
}

/** What is younger than this instance may be somebody's work, and what only the guest's memory holds is gone at the end. */
function sourceOf(inode: Inode): CodeSource | null {
  const { dev, ino, size, mtime, ctime } = inode.stat();
  if (1000 * ctime.sec >= started - 1000) return null;
  return { name: `${dev}:${ino}:${size}:${mtime.sec}.${mtime.nsec}` };
}
