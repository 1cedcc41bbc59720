// --strace: every system call as strace -f prints it.
//
// What a call is given is printed when it begins, what it fills when it ends. A call that has to wait while others
// print is cut in two: "read(0,  <unfinished ...>" and "<... read resumed>". All names come from the rows of the
// system-call table (argument kinds) and from flag_names.ts.

import { RAX } from "../../translator/cpu.ts";
import { I32 } from "../../translator/ram.ts";
import type { SignalInfo } from "../signal/info.ts";
import { NO_RESULT, type Syscall } from "../syscalls/family.ts";
import type { Task } from "../task/task.ts";
import { argumentText, type CallView, printedAfter } from "./arguments.ts";
import { signalText } from "./signal_text.ts";
import { errorResult, signal } from "./values.ts";
import { argumentIndex, kindsOf, NO_RETURN, resultText } from "./variants.ts";

export interface StraceOptions {
  /** "always": "123   call()" as with strace -f -o FILE; "auto": "[pid   123] " as soon as there are several tasks. */
  readonly pids?: "always" | "auto";
}

/** Column of the "= result". */
const RESULT_COLUMN = 40;

interface Call {
  readonly row: Syscall;
  readonly args: readonly number[];
  readonly kinds: readonly string[];
  /** Arguments printed so far. */
  printed: number;
  /** Its line was ended with <unfinished ...>. */
  cut: boolean;
}

export class Strace {
  readonly #write: (text: string) => void;
  readonly #options: StraceOptions;
  readonly #calls = new Map<Task, Call>();
  /** Tasks seen and not ended, for the prefix. */
  readonly #tasks = new Set<Task>();
  /** Whose line has no end yet. */
  #open: Task | undefined;
  #column = 0;
  /** Printed, not yet written. */
  #pieces = "";

  constructor(write: (text: string) => void, options: StraceOptions = {}) {
    this.#write = write;
    this.#options = options;
  }

  enter(
    task: Task,
    row: Syscall,
    a: number,
    b: number,
    c: number,
    d: number,
    e: number,
    f: number,
  ): void {
    this.#tasks.add(task);
    const args = [a, b, c, d, e, f];
    const call: Call = { row, args, kinds: kindsOf(row.name, row.args, args), printed: 0, cut: false };
    this.#calls.set(task, call);
    this.#begin(task, `${row.name}(`);
    this.#arguments(task, call, undefined);
    if (NO_RETURN.has(row.name)) this.#result(task, "?");
    this.#flush();
  }

  exit(task: Task, row: Syscall, result: number): void {
    const call = this.#calls.get(task);
    // The child's return from fork, or a call that began before the trace.
    if (call === undefined || call.row !== row) return;
    if (NO_RETURN.has(row.name)) {
      this.#calls.delete(task);
      return;
    }
    if (call.cut || this.#open !== task) {
      this.#begin(task, `<... ${row.name} resumed>`);
      call.cut = false;
    }
    if (result === NO_RESULT) {
      const low = I32[task.cpu + 2 * RAX];
      result = row.name === "execve" || row.name === "execveat" ? 0 : low;
    }
    this.#arguments(task, call, result);
    let text: string;
    if (result < 0 && result > -4096) text = errorResult(-result);
    else text = resultText(task, row, call.args, result);
    this.#result(task, text);
    this.#calls.delete(task);
    this.#flush();
  }

  /** denix has started the first program: the line that strace's own child begins with. */
  started(task: Task, path: string, args: readonly string[], environment: number, variables: number): void {
    this.#tasks.add(task);
    const list = args.map((arg) => JSON.stringify(arg)).join(", ");
    const where = `0x${environment.toString(16)} /* ${variables} var${variables === 1 ? "" : "s"} */`;
    this.#begin(task, `execve(${JSON.stringify(path)}, [${list}], ${where}`);
    this.#result(task, "0");
    this.#flush();
  }

  /** `task` is about to take a signal. */
  signal(task: Task, info: SignalInfo): void {
    this.#line(task, `--- ${signalText(info)} ---`);
  }

  /** `task` was stopped by a signal. */
  stopped(task: Task, signo: number): void {
    this.#line(task, `--- stopped by ${signal(signo)} ---`);
  }

  /** `task` has ended with a wait status. */
  exited(task: Task, status: number): void {
    const signo = status & 0x7f;
    this.#line(
      task,
      signo === 0
        ? `+++ exited with ${(status >> 8) & 0xff} +++`
        : `+++ killed by ${signal(signo)}${status & 0x80 ? " (core dumped)" : ""} +++`,
    );
    this.#calls.delete(task);
    this.#tasks.delete(task);
  }

  /** Prints what can be printed now: before the call up to the first argument that the call fills, after it the rest. */
  #arguments(task: Task, call: Call, result: number | undefined): void {
    const { row, args, kinds } = call;
    const view: CallView = { task, name: row.name, args, result };
    while (call.printed < kinds.length) {
      const i = call.printed;
      if (result === undefined && printedAfter(kinds[i], row.name)) return;
      const text = argumentText(kinds[i], argumentIndex(kinds[i], i), view);
      const last = i === kinds.length - 1;
      this.#put(last ? text : text + ", ");
      call.printed++;
    }
  }

  #result(task: Task, text: string): void {
    this.#put(") ");
    if (this.#column < RESULT_COLUMN) this.#put(" ".repeat(RESULT_COLUMN - this.#column));
    this.#put(`= ${text}\n`);
    if (this.#open === task) this.#open = undefined;
  }

  /** A line by itself. */
  #line(task: Task, text: string): void {
    this.#begin(task, `${text}\n`);
    this.#open = undefined;
    this.#flush();
  }

  #begin(task: Task, text: string): void {
    if (this.#open !== undefined) {
      const call = this.#calls.get(this.#open);
      if (call !== undefined) call.cut = true;
      this.#put(" <unfinished ...>\n");
    }
    this.#open = task;
    this.#column = 0;
    this.#put(this.#prefix(task) + text);
  }

  #prefix(task: Task): string {
    if (this.#options.pids === "always") return `${String(task.tid).padEnd(5)} `;
    return this.#tasks.size > 1 ? `[pid ${String(task.tid).padStart(5)}] ` : "";
  }

  #put(text: string): void {
    this.#column += text.length;
    this.#pieces += text;
  }

  /** One write for each half of a call. */
  #flush(): void {
    this.#write(this.#pieces);
    this.#pieces = "";
  }
}
