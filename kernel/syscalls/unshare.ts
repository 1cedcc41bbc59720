// unshare(2): what a task shared with those it was cloned with becomes its own.

import { EINVAL, EPERM } from "../abi/errno.ts";
import {
  CLONE_FILES,
  CLONE_FS,
  CLONE_SIGHAND,
  CLONE_SYSVSEM,
  CLONE_THREAD,
  CLONE_VM,
  NAMESPACES,
} from "../task/fork.ts";
import type { Task } from "../task/task.ts";
import { family, type Syscall } from "./family.ts";

/** What nobody but a task alone can be without. */
const ALONE = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;

function sysUnshare(task: Task, flags: number): number {
  flags |= 0;
  if ((flags & ~(ALONE | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM | NAMESPACES)) !== 0) return -EINVAL;
  if ((flags & ALONE) !== 0 && task.process.tasks.size > 1) return -EINVAL;
  if ((flags & CLONE_VM) !== 0 && task.mm.references > 1) return -EINVAL;
  if ((flags & NAMESPACES) !== 0) return -EPERM;
  if ((flags & CLONE_FS) !== 0) task.fs = { ...task.fs };
  if ((flags & CLONE_FILES) !== 0 && task.files.references > 1) {
    const own = task.files.dup();
    task.files.release();
    task.files = own;
  }
  return 0;
}

export const unshareCalls: Syscall[] = family({
  unshare: { nr: 272, args: "CLONE", run: sysUnshare, partial: "no namespaces" },
});
