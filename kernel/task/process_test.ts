// Processes without guest code: groups, sessions, endings, waiting.

import { assertEquals } from "@std/assert";
import { Mm } from "../mm/mm.ts";
import type { Instance } from "../session/instance.ts";
import { kernelSignal } from "../signal/info.ts";
import { SIGCHLD, SIGCONT, SIGHUP, SIGKILL, SIGSTOP, SIGTERM, SIGTSTP } from "../signal/numbers.ts";
import { sendSignal, sendToGroup } from "../signal/send.ts";
import { Clock } from "../time/clock.ts";
import { exitGroup } from "./exit.ts";
import { FdTable } from "./fd_table.ts";
import { cloneTask, createFirstTask } from "./fork.ts";
import { isOrphaned, stopGroup } from "./job_control.ts";
import { Pids } from "./pid.ts";
import { createInit, type Process, type Session } from "./process.ts";
import { Scheduler } from "./scheduler.ts";
import type { Task } from "./task.ts";
import { waitChild, WCONTINUED, WEXITED, WNOWAIT, WUNTRACED } from "./wait.ts";

const CREDENTIALS = {
  uid: 0,
  euid: 0,
  suid: 0,
  fsuid: 0,
  gid: 0,
  egid: 0,
  sgid: 0,
  fsgid: 0,
  groups: [],
  capEffective: 0,
  capPermitted: 0,
  capInheritable: 0,
  capBounding: 0,
  capAmbient: 0,
};

function firstTask(): Task {
  const instance = { clock: new Clock(), pids: new Pids(), report: () => {} } as unknown as Instance;
  Object.assign(instance, { scheduler: new Scheduler(instance) });
  Object.assign(instance, { init: createInit(instance) });
  return createFirstTask(instance, {
    mm: Mm.create() as Mm,
    files: new FdTable(),
    fs: {} as Task["fs"],
    credentials: CREDENTIALS,
    comm: "first",
  });
}

function fork(parent: Task): Task {
  const fork = { flags: 0, flagsHigh: 0, exitSignal: SIGCHLD, stack: 0, parentTid: 0, childTid: 0, tls: 0 };
  return cloneTask(parent, fork) as Task;
}

const anyChild = () => true;

Deno.test("the first program is process 2, child of init, leader of its session and group", () => {
  const { process } = firstTask();
  assertEquals([process.pid, process.parent.pid, process.pgid, process.session.sid], [2, 1, 2, 2]);
  assertEquals(process.session.leader, process);
});

Deno.test("a child is a zombie until it is waited for, and its status tells how it ended", () => {
  const parent = firstTask();
  assertEquals(waitChild(parent, anyChild, WEXITED), -10);
  const exited = fork(parent), killed = fork(parent);
  assertEquals(waitChild(parent, anyChild, WEXITED), undefined);
  exitGroup(exited, 7 << 8);
  exitGroup(killed, SIGTERM);
  assertEquals(parent.process.pending.has(SIGCHLD), false); // ignored by default, so not kept
  const peek = waitChild(parent, anyChild, WEXITED | WNOWAIT), first = waitChild(parent, anyChild, WEXITED);
  assertEquals([peek, first].map((e) => typeof e === "object" && [e.pid, e.status, e.code, e.value]), [
    [exited.process.pid, 0x700, 1, 7],
    [exited.process.pid, 0x700, 1, 7],
  ]);
  const second = waitChild(parent, anyChild, WEXITED);
  assertEquals(typeof second === "object" && [second.status, second.code, second.value], [
    SIGTERM,
    2,
    SIGTERM,
  ]);
  assertEquals(waitChild(parent, anyChild, WEXITED), -10);
  assertEquals(parent.instance.pids.process(exited.process.pid), undefined);
});

Deno.test("orphans go to init and vanish when they end", () => {
  const parent = firstTask(), child = fork(parent), grandchild = fork(child);
  exitGroup(child, 0);
  assertEquals(grandchild.process.parent.pid, 1);
  exitGroup(grandchild, 0);
  assertEquals(grandchild.process.state, "dead");
});

Deno.test("orphans go to the nearest subreaper that lives", () => {
  const reaper = firstTask(), child = fork(reaper), grandchild = fork(child);
  reaper.process.subreaper = true;
  exitGroup(child, 0);
  assertEquals(grandchild.process.parent, reaper.process);
});

Deno.test("stopping and continuing are reported once each; SIGCONT and stop signals cancel each other", () => {
  const parent = firstTask(), child = fork(parent);
  stopGroup(child.process, SIGSTOP);
  const stop = waitChild(parent, anyChild, WUNTRACED);
  assertEquals(typeof stop === "object" && stop.status, (SIGSTOP << 8) | 0x7f);
  assertEquals(waitChild(parent, anyChild, WUNTRACED), undefined);
  sendSignal(child.process, kernelSignal(SIGTSTP));
  assertEquals(child.process.pending.has(SIGTSTP), true);
  sendSignal(child.process, kernelSignal(SIGCONT));
  assertEquals(child.signalPending, true); // it tells the parent when it runs
  assertEquals([child.process.pending.has(SIGTSTP), child.state], [false, "runnable"]);
  const cont = waitChild(parent, anyChild, WCONTINUED);
  assertEquals(typeof cont === "object" && cont.status, 0xffff);
});

Deno.test("SIGKILL wakes a stopped process", () => {
  const child = fork(firstTask());
  stopGroup(child.process, SIGSTOP);
  assertEquals(child.state, "stopped");
  sendSignal(child.process, kernelSignal(SIGKILL));
  assertEquals([child.state, child.signalPending], ["runnable", true]);
});

function ownGroup(process: Process): void {
  process.instance.pids.setGroup(process, process.pid);
}

Deno.test("a group is orphaned when no parent of a member is in the session but outside the group", () => {
  const shell = firstTask(), job = fork(shell), { instance } = shell;
  ownGroup(job.process);
  assertEquals(isOrphaned(instance, shell.process.pgid), true); // its parent is init
  assertEquals(isOrphaned(instance, job.process.pgid), false);
  const member = fork(job);
  assertEquals(isOrphaned(instance, member.process.pgid), false);
  exitGroup(shell, 0);
  assertEquals(isOrphaned(instance, job.process.pgid), true);
});

Deno.test("a stopped group that becomes orphaned gets SIGHUP and SIGCONT", () => {
  const shell = firstTask(), job = fork(shell);
  ownGroup(job.process);
  stopGroup(job.process, SIGTSTP);
  exitGroup(shell, 0);
  assertEquals([job.process.state, job.process.pending.has(SIGHUP)], ["running", true]);
});

Deno.test("the end of a session leader hangs up the foreground group and frees the terminal", () => {
  const shell = firstTask(), job = fork(shell), { session } = shell.process;
  ownGroup(job.process);
  const tty = { session: session as Session | undefined, foregroundPgid: job.process.pgid };
  session.tty = tty;
  exitGroup(shell, 0);
  assertEquals(job.process.pending.has(SIGHUP), true);
  assertEquals([session.tty, tty.session, tty.foregroundPgid], [undefined, undefined, 0]);
});

Deno.test("numbers of groups and sessions are not given to new processes", () => {
  const shell = firstTask(), { pids } = shell.instance, child = fork(shell), { pid } = child.process;
  ownGroup(child.process);
  const member = fork(child);
  exitGroup(child, 0);
  waitChild(shell, anyChild, WEXITED);
  assertEquals([pids.process(pid), pids.group(pid)?.size], [undefined, 1]);
  assertEquals(sendToGroup(shell.instance, pid, kernelSignal(SIGTERM)), 0);
  assertEquals(member.signalPending, true);
});
