// The system-call table: all families together, by number. A number may appear once only.

import { aioCalls } from "./aio.ts";
import { dir } from "./dir.ts";
import { exec } from "./exec.ts";
import type { Syscall } from "./family.ts";
import { fd } from "./fd.ts";
import { file } from "./file.ts";
import { filesystemCalls } from "./filesystems.ts";
import { futex } from "./futex.ts";
import { futexWaitv } from "./futex_waitv.ts";
import { handleCalls } from "./handle.ts";
import { id } from "./id.ts";
import { inotifyCalls } from "./inotify.ts";
import { ipcCalls } from "./ipc.ts";
import { misc } from "./misc.ts";
import { missing } from "./missing.ts";
import { mm } from "./mm.ts";
import { messageQueueCalls } from "./mqueue.ts";
import { path } from "./path.ts";
import { pidfd } from "./pidfd.ts";
import { pollCalls } from "./poll.ts";
import { prctl } from "./prctl.ts";
import { process } from "./process.ts";
import { sched } from "./sched.ts";
import { signal } from "./signal.ts";
import { signalfd } from "./signalfd.ts";
import { socketCalls } from "./socket.ts";
import { socketMessageCalls } from "./socket_message.ts";
import { socketOptionCalls } from "./socket_option.ts";
import { spliceCalls } from "./splice.ts";
import { sysvMessages } from "./sysv_msg.ts";
import { sysvSemaphores } from "./sysv_sem.ts";
import { sysvMemory } from "./sysv_shm.ts";
import { time } from "./time.ts";
import { timer } from "./timer.ts";
import { unshareCalls } from "./unshare.ts";

/** Joins families; throws when two of them claim a number or a name. */
export function assemble(families: readonly (readonly Syscall[])[]): Syscall[] {
  const byNumber = new Map<number, Syscall>(), names = new Set<string>();
  for (const row of families.flat()) {
    const other = byNumber.get(row.nr);
    if (other !== undefined) throw new Error(`system call ${row.nr} is both ${other.name} and ${row.name}`);
    if (names.has(row.name)) throw new Error(`system call ${row.name} has two numbers`);
    byNumber.set(row.nr, row);
    names.add(row.name);
  }
  return [...byNumber.values()].sort((a, b) => a.nr - b.nr);
}

const implemented = assemble([
  file,
  path,
  dir,
  fd,
  mm,
  exec,
  process,
  prctl,
  unshareCalls,
  pidfd,
  signal,
  signalfd,
  time,
  timer,
  futex,
  futexWaitv,
  sched,
  id,
  pollCalls,
  ipcCalls,
  inotifyCalls,
  sysvMemory,
  sysvSemaphores,
  sysvMessages,
  messageQueueCalls,
  spliceCalls,
  socketCalls,
  socketMessageCalls,
  socketOptionCalls,
  aioCalls,
  handleCalls,
  filesystemCalls,
  misc,
]);

/** All rows by ascending number; unimplemented calls have rows that answer ENOSYS. */
export const syscallTable: readonly Syscall[] = assemble([
  implemented,
  missing(new Set(implemented.map(({ nr }) => nr))),
]);
