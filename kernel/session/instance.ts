// An instance: all processes, threads and run-time state of one running Linux user space, and where its parts find each other.

import type { Executor } from "../../translator/env.ts";
import type { Vfs } from "../../fs/vfs/vfs.ts";
import { Pids } from "../task/pid.ts";
import { createInit, type Process } from "../task/process.ts";
import { Scheduler } from "../task/scheduler.ts";
import { Clock } from "../time/clock.ts";
import type { Strace } from "../trace/strace.ts";
import type { Console } from "../tty/console.ts";
import type { InstanceOptions } from "./options.ts";

export class Instance {
  readonly options: InstanceOptions;
  readonly clock: Clock = new Clock();
  readonly pids: Pids = new Pids();
  readonly scheduler: Scheduler;
  /** Process 1: adopts and reaps orphans, runs no guest code. */
  readonly init: Process;
  readonly vfs: Vfs;
  /** Set before the first task runs. */
  executor!: Executor;
  /** Follows system calls and signals (`--strace`). */
  trace: Strace | undefined;
  /** The host terminal, where standard input, output or error is one. */
  console: Console | undefined;
  hostname: string;
  domainname = "(none)";
  /** Prints a line of denix's own. */
  readonly report: (text: string) => void;

  constructor(options: InstanceOptions, vfs: Vfs, hostname: string, report: (text: string) => void) {
    this.options = options;
    this.vfs = vfs;
    this.hostname = hostname;
    this.report = report;
    this.scheduler = new Scheduler(this);
    this.init = createInit(this);
  }
}
