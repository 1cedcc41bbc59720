// What are descriptors 0, 1 and 2 of the first process? The host's own as they are (terminal, pipe, file), bytes and functions
// of the library's caller, or /dev/null.

import { makedev } from "../abi/stat.ts";
import type { OpenFile } from "../../fs/vfs/open_file.ts";
import { KERNEL } from "../../fs/vfs/vfs.ts";
import { HostStdio } from "../host/stdio.ts";
import { HostTerminal } from "../host/terminal.ts";
import { BytesInput, CallbackOutput } from "../ipc/api_stream.ts";
import { HostFile, HostStream } from "../ipc/host_stream.ts";
import type { Session } from "../task/process.ts";
import type { FdTable } from "../task/fd_table.ts";
import { Console } from "../tty/console.ts";
import { setConsole } from "../tty/devices.ts";
import { ttyKernel } from "../tty/job_control.ts";
import { openTtyFile } from "../tty/tty_file.ts";
import type { Instance } from "./instance.ts";

const NULL_DEVICE = makedev(1, 3);
const O_ACCMODE = 3, O_RDWR = 2, O_NOCTTY = 0o400;

/** Installs the three descriptors; a terminal among them becomes the controlling terminal of `session`. */
export function installStandardStreams(instance: Instance, files: FdTable, session: Session): void {
  const { stdin, stdout, stderr } = instance.options.stdio;
  const wanted = [stdin, stdout, stderr];
  const hosts = wanted.map((w, fd) => w === "inherit" ? new HostStdio(fd as 0 | 1 | 2) : undefined);
  const changed = () => instance.scheduler.requestIdleWake();
  if (hosts.some((host) => host?.info.kind === "terminal")) {
    const terminal = HostTerminal.find();
    if (terminal !== undefined) {
      instance.console = new Console(terminal, ttyKernel(instance), changed);
      setConsole(instance.console.tty);
      instance.console.tty.attach(session, session.sid);
    }
  }
  wanted.forEach((want, fd) => {
    const file = streamFor(instance, want, fd, hosts[fd], changed);
    if (file !== undefined) files.set(fd, file, false);
  });
}

function streamFor(
  instance: Instance,
  want: "inherit" | "null" | Uint8Array | ((chunk: Uint8Array) => void),
  fd: number,
  host: HostStdio | undefined,
  changed: () => void,
): OpenFile | undefined {
  if (want instanceof Uint8Array) return new BytesInput(want);
  if (typeof want === "function") return new CallbackOutput(want);
  if (host === undefined) return openNull(instance);
  switch (host.info.kind) {
    case "closed":
      return undefined;
    case "terminal": {
      const tty = instance.console?.tty;
      if (tty === undefined) return openNull(instance);
      // By its name where there is one, so that ttyname(3) finds the same node.
      const { vfs } = instance;
      const request = { flags: O_RDWR | O_NOCTTY, mode: 0 };
      const named = vfs.open(vfs.context(), KERNEL, undefined, tty.name, request);
      const file = typeof named === "number" ? openTtyFile(tty, O_RDWR) : named;
      return typeof file === "number" ? openNull(instance) : file;
    }
    case "pipe":
    case "socket":
      return new HostStream(host, fd === 0 ? 0 : host.info.flags, changed);
    default:
      return host.info.attributes.rdev === NULL_DEVICE
        ? openNull(instance, host.info.flags & O_ACCMODE)
        : new HostFile(host, host.info.flags);
  }
}

/** What Deno's runtime finds closed at its start it opens as /dev/null itself, so that nobody can tell any more. */
function openNull(instance: Instance, access: number = O_RDWR): OpenFile | undefined {
  const { vfs } = instance;
  const file = vfs.open(vfs.context(), KERNEL, undefined, "/dev/null", { flags: access, mode: 0 });
  return typeof file === "number" ? undefined : file;
}
