// Which numbers name which tasks, processes, process groups and sessions; and what is counted per user.

import type { SignalQuota } from "../signal/pending.ts";
import type { Process, Session } from "./process.ts";
import type { Task } from "./task.ts";

/** Where numbers go on after the highest was used. */
const RESERVED = 300;

/** What RLIMIT_NPROC and RLIMIT_SIGPENDING count, by real uid. */
export class UserRecord {
  tasks = 0;
  readonly signals: SignalQuota = { count: 0 };
}

export class Pids {
  /** Living threads by tid. A thread-group leader stays until its process is reaped. */
  readonly tasks: Map<number, Task> = new Map();
  /** Thread groups by pid, zombies included, init (1) too. */
  readonly processes: Map<number, Process> = new Map();
  /** Members by pgid, zombies included. A group without members is removed. */
  readonly groups: Map<number, Set<Process>> = new Map();
  readonly sessions: Map<number, Session> = new Map();
  readonly #users = new Map<number, UserRecord>();
  /** One more than the highest pid (/proc/sys/kernel/pid_max); as the host's, where that is known. */
  max = 4_194_304;
  #last = 0;
  /** Forks since start (`processes` of /proc/stat). */
  forks = 0;

  /** The number given last (fifth field of /proc/loadavg). */
  get last(): number {
    return this.#last;
  }

  /** A number that no task, group or session uses; 0 when there is none. */
  allocate(): number {
    for (let tries = 0; tries < this.max; tries++) {
      this.#last = this.#last + 1 >= this.max ? RESERVED : this.#last + 1;
      if (!this.#used(this.#last)) return this.#last;
    }
    return 0;
  }

  task(tid: number): Task | undefined {
    return this.tasks.get(tid);
  }

  process(pid: number): Process | undefined {
    return this.processes.get(pid);
  }

  /** Members of a process group; undefined when there is no such group. */
  group(pgid: number): ReadonlySet<Process> | undefined {
    return this.groups.get(pgid);
  }

  user(uid: number): UserRecord {
    let user = this.#users.get(uid);
    if (user === undefined) this.#users.set(uid, user = new UserRecord());
    return user;
  }

  /** Puts `process` into a group, out of the one it is in. */
  setGroup(process: Process, pgid: number): void {
    this.leaveGroup(process);
    process.pgid = pgid;
    let group = this.groups.get(pgid);
    if (group === undefined) this.groups.set(pgid, group = new Set());
    group.add(process);
  }

  leaveGroup(process: Process): void {
    const group = this.groups.get(process.pgid);
    if (group === undefined) return;
    group.delete(process);
    if (group.size === 0) this.groups.delete(process.pgid);
  }

  setSession(process: Process, session: Session): void {
    this.leaveSession(process);
    process.session = session;
    session.members++;
    this.sessions.set(session.sid, session);
  }

  leaveSession(process: Process): void {
    const { session } = process;
    if (session === undefined || --session.members > 0) return;
    this.sessions.delete(session.sid);
  }

  #used(pid: number): boolean {
    return this.tasks.has(pid) || this.processes.has(pid) || this.groups.has(pid) || this.sessions.has(pid);
  }
}
