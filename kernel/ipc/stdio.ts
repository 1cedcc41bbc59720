// What are descriptors 0, 1 and 2 of the first program? The console when the host's are terminals, else what the host has.

import type { Inode } from "../../fs/vfs/inode.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { HostStdio } from "../host/stdio.ts";
import { HostTerminal } from "../host/terminal.ts";
import type { Instance } from "../session/instance.ts";
import type { Process } from "../task/process.ts";
import { Console } from "../tty/console.ts";
import { setConsole } from "../tty/devices.ts";
import { ttyKernel } from "../tty/job_control.ts";
import { TtyFile } from "../tty/tty_file.ts";
import { HostFile, HostStream } from "./host_stream.ts";

const O_RDWR = 2, O_ACCMODE = 3, O_APPEND = 0o2000;

/** The host's terminal as the console of `instance`; undefined when denix runs without one. Close it at the end. */
export function openConsole(instance: Instance): Console | undefined {
  const terminal = HostTerminal.find();
  if (terminal === undefined) return undefined;
  const result = new Console(terminal, ttyKernel(instance), () => instance.scheduler.requestIdleWake());
  setConsole(result.tty);
  return result;
}

/** Makes the console the controlling terminal of the first process, which leads a session. */
export function attachConsole(terminal: Console, process: Process): void {
  terminal.tty.attach(process.session, process.pgid);
}

/**
 * Files for descriptors 0, 1 and 2, each with one reference for the table. Descriptors that are the same on the host share
 * one. `deviceNode` finds the inode of a name such as /dev/pts/0, so that ttyname(3) recognises the console.
 */
export function openStdio(
  instance: Instance,
  terminal: Console | undefined,
  deviceNode: (name: string) => Inode | undefined = () => undefined,
): OpenFile[] {
  const hosts: HostStdio[] = [], files: OpenFile[] = [];
  for (const fd of [0, 1, 2] as const) {
    const host = new HostStdio(fd);
    const same = hosts.findIndex((other) => isSame(other, host));
    hosts.push(host);
    files.push(same >= 0 ? files[same].retain() : open(host, instance, terminal, deviceNode));
  }
  return files;
}

function open(
  host: HostStdio,
  instance: Instance,
  terminal: Console | undefined,
  deviceNode: (name: string) => Inode | undefined,
): OpenFile {
  const { kind } = host.info;
  if (kind === "terminal" && terminal !== undefined) {
    return new TtyFile(terminal.tty, O_RDWR, deviceNode(terminal.name));
  }
  // A non-blocking pipe of the host is waited for here: the guest did not ask for O_NONBLOCK.
  const flags = host.info.flags & (O_ACCMODE | O_APPEND);
  if (kind === "file" || kind === "device") return new HostFile(host, flags);
  return new HostStream(host, flags, () => instance.scheduler.requestIdleWake());
}

function isSame(a: HostStdio, b: HostStdio): boolean {
  const { info: x } = a, { info: y } = b;
  if (x.kind === "terminal" && y.kind === "terminal") return true;
  return x.name !== undefined && x.kind === y.kind && x.dev === y.dev && x.ino === y.ino &&
    x.flags === y.flags &&
    x.kind !== "device";
}
