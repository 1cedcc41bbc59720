// Which task is the kernel working for right now? (Linux's `current`.)
//
// The dispatcher sets it before it calls a handler. Code that is reached through interfaces without a task (a terminal's
// read behind OpenFile.read, an inode's open) asks here. Outside of system calls (host callbacks, timers) it is undefined.

import type { Task } from "./task.ts";

export const current: { task: Task | undefined } = { task: undefined };
