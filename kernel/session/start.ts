// How does an instance come to life? Memory, file systems, translator, the first process and its streams; then the scheduler
// runs until it is over, and everything is given back.

import type { FileSystem } from "../../fs/vfs/inode.ts";
import { createRoot } from "../../fs/root.ts";
import type { WalkContext } from "../../fs/vfs/path.ts";
import { Vfs } from "../../fs/vfs/vfs.ts";
import { setLevel } from "../../translator/cpuid.ts";
import { createExecutor, type Dispatcher } from "../../translator/dispatch.ts";
import { CodeStore } from "../../translator/cache/code_store.ts";
import type { Env } from "../../translator/env.ts";
import { isRegular, S_IFIFO, S_IFMT } from "../abi/stat.ts";
import { EACCES, EISDIR } from "../abi/errno.ts";
import { encodeName } from "../abi/text.ts";
import { describeExecutable } from "../exec/describe.ts";
import { execve } from "../exec/execve.ts";
import { print } from "../host/command_line.ts";
import type { CodeDirectory } from "../host/code_directory.ts";
import { hostFiles } from "../host/files.ts";
import { hostPackages } from "../host/packages.ts";
import { hostIdentity } from "../host/identity.ts";
import { ignoredHostSignals, onHostSignals } from "../host/signals.ts";
import { openFifo, openFifoBlocking } from "../ipc/fifo.ts";
import { frames } from "../mm/frames.ts";
import { adoptAddresses, knownAddresses } from "../mm/library_addresses.ts";
import { fillGaps } from "../mm/fault.ts";
import { codeAdded, Mm } from "../mm/mm.ts";
import { DEFAULT_ACTION } from "../signal/handlers.ts";
import { kernelSignal } from "../signal/info.ts";
import { SI_USER, SIG_IGN } from "../signal/numbers.ts";
import { sendSignal } from "../signal/send.ts";
import { CAP_FULL } from "../task/capabilities.ts";
import { current } from "../task/current.ts";
import { FdTable } from "../task/fd_table.ts";
import { createFirstTask } from "../task/fork.ts";
import type { Credentials, Task } from "../task/task.ts";
import { stats } from "../trace/stats.ts";
import { blockDumper } from "../trace/dump.ts";
import { codeSource } from "./code_source.ts";
import { Instance } from "./instance.ts";
import { mountKernelFileSystems } from "./kernel_filesystems.ts";
import type { InstanceOptions, StartInstance } from "./options.ts";
import { explainExecFailure, findProgram, type ProgramFiles } from "./program.ts";
import { StartError } from "./report.ts";
import { installStandardStreams } from "./standard_streams.ts";
import { MAY_EXEC, permission } from "../../fs/vfs/permissions.ts";

/** The translator asks the kernel for pages of the running task's memory. */
const ENV: Env = {
  page: (_c, va, access) => {
    stats.tlbMisses++;
    return current.task!.mm.page(va, access);
  },
  codeAdded,
  crowded: () => fillGaps(current.task!.mm),
  codeSource,
};

/** One translator serves all instances of the isolate: code belongs to page frames, not to processes. */
let executor: Promise<Dispatcher> | undefined;
let store: CodeStore | undefined;
/** The kept file that says where libraries lie. */
const ADDRESSES = "addresses";

function makeExecutor({ tier, code }: InstanceOptions): Promise<Dispatcher> {
  if (code === undefined) return createExecutor(ENV, { tier });
  store = new CodeStore(code);
  const addresses = code.read(ADDRESSES);
  if (addresses !== undefined) adoptAddresses(new TextDecoder().decode(addresses));
  // The decoder is not loaded where all code may be known already.
  return createExecutor(ENV, {
    tier,
    store,
    ...(code.empty ? {} : { packages: hostPackages }),
  });
}

export const startInstance: StartInstance = async (options) => {
  frames.setLimit(options.memoryBytes);
  const loading = executor ??= makeExecutor(options);
  const identity = hostIdentity();
  const report = (text: string) => print(2, text);
  const instance = new Instance(options, new Vfs(rootFileSystem(options)), identity.hostname, report);
  if (identity.pidMax !== undefined) instance.pids.max = identity.pidMax;
  const kernelFs = mountKernelFileSystems(instance);
  instance.vfs.openSpecial = (inode, flags) =>
    (inode.mode & S_IFMT) !== S_IFIFO
      ? kernelFs.openDevice(inode, flags)
      : current.task === undefined
      ? openFifo(inode, flags)
      : openFifoBlocking(current.task, inode, flags);
  let stopForwarding: (() => void) | undefined;
  try {
    instance.executor = await loading;
    (await loading).present(options.cpu);
    attachTools(instance, await loading);
    const stats = options.stats ? await import("./stats_report.ts") : undefined;
    const hot = stats?.watch(await loading);
    const task = await firstTask(instance, identity);
    const interactive = instance.console !== undefined;
    // With a terminal, signals are its business (kernel/tty/console.ts).
    if (!interactive && options.stdio.stdin === "inherit") {
      stopForwarding = onHostSignals((signo) => {
        sendSignal(task.process, kernelSignal(signo, SI_USER));
        instance.scheduler.requestIdleWake();
      });
    }
    const status = await instance.scheduler.run(task.process, interactive ? "kill" : "wait");
    keepTranslations(options.code);
    if (stats !== undefined) report(stats.statsReport(instance, await loading, hot!));
    return status;
  } finally {
    stopForwarding?.();
    instance.console?.close();
  }
};

/** For the next run. */
function keepTranslations(code: CodeDirectory | undefined): void {
  store?.save();
  const addresses = knownAddresses();
  if (addresses !== undefined) code?.write(ADDRESSES, new TextEncoder().encode(addresses));
}

/** The guest's tree: the host's under a copy-on-write overlay, or written through where that is granted. */
function rootFileSystem(options: InstanceOptions): FileSystem {
  return createRoot({
    files: hostFiles(),
    source: frames,
    directory: options.root,
    write: options.grants.write,
  });
}

/** Hooks that follow the translator and the system calls, where asked for. */
function attachTools(instance: Instance, dispatcher: Dispatcher): void {
  frames.onCode = (frame) => dispatcher.invalidateFrame(frame);
  const { options } = instance;
  const { translator } = dispatcher;
  translator.onBlock = options.dump === undefined
    ? undefined
    : blockDumper(options.dump, () => current.task?.mm, (text) => print(2, text));
  translator.onRefused = options.strict
    ? (address, bytes, text) => {
      const hex = [...bytes].map((b) => b.toString(16).padStart(2, "0")).join(" ");
      instance.report(`denix: instruction not implemented at 0x${address.toString(16)}: ${text} (${hex})\n`);
    }
    : undefined;
}

async function firstTask(instance: Instance, identity: ReturnType<typeof hostIdentity>): Promise<Task> {
  const { options, vfs } = instance;
  const context = firstContext(instance, identity.umask);
  const mm = Mm.create();
  if (typeof mm === "number") throw new StartError("too little memory to start; give more with --memory");
  const files = new FdTable();
  const credentials = credentialsOf(identity);
  const task = createFirstTask(instance, { mm, files, fs: context, credentials, comm: "denix" });
  task.nice = identity.nice;
  if (options.stdio.stdin === "inherit") {
    for (const signo of ignoredHostSignals()) {
      task.handlers.actions[signo] = { ...DEFAULT_ACTION, handler: SIG_IGN };
    }
  }
  setLevel(task.cpu, options.cpu);
  installStandardStreams(instance, files, task.process.session);
  if (options.strace !== undefined) await traceCalls(instance, options.strace.file);
  const programs = programFiles(vfs, context, credentials);
  const path = findProgram(options.args[0]!, options.env["PATH"], programs);
  const environment = Object.entries(options.env).map(([name, value]) => encodeName(`${name}=${value}`));
  current.task = task;
  const result = execve(task, path, options.args.map((a) => encodeName(a)), environment);
  current.task = undefined;
  if (result < 0) throw explainExecFailure(path, result, programs, describeExecutable);
  instance.trace?.started(task, path, options.args, task.mm.envStart, environment.length);
  instance.scheduler.enqueue(task);
  return task;
}

function firstContext(instance: Instance, umask: number): WalkContext {
  const { options, vfs } = instance;
  const context = vfs.context(umask);
  const place = vfs.resolve(context, KERNEL_CREDENTIALS, undefined, options.cwd, { directory: true });
  if (typeof place !== "number") return { ...context, cwd: place };
  if (options.cwdRequired) {
    throw new StartError(
      `the directory ${options.cwd} does not exist in the guest; name one that does with --cwd`,
    );
  }
  return context;
}

const KERNEL_CREDENTIALS = { fsuid: 0, fsgid: 0, groups: [], capEffective: CAP_FULL };

function credentialsOf({ uid, gid, groups, capabilities }: ReturnType<typeof hostIdentity>): Credentials {
  const all = uid === 0 ? CAP_FULL : 0;
  return {
    uid,
    euid: uid,
    suid: uid,
    fsuid: uid,
    gid,
    egid: gid,
    sgid: gid,
    fsgid: gid,
    groups,
    capEffective: capabilities?.effective ?? all,
    capPermitted: capabilities?.permitted ?? all,
    capInheritable: capabilities?.inheritable ?? 0,
    capBounding: capabilities?.bounding ?? CAP_FULL,
    capAmbient: capabilities?.ambient ?? 0,
  };
}

/** The guest's files for looking up the first program. */
function programFiles(vfs: Vfs, context: WalkContext, credentials: Credentials): ProgramFiles {
  return {
    executable(path) {
      const place = vfs.resolve(context, credentials, undefined, path);
      if (typeof place === "number") return place;
      const inode = place.dentry.inode!;
      if (!isRegular(inode.mode)) return (inode.mode & S_IFMT) === 0o040000 ? -EISDIR : -EACCES;
      return permission(inode, credentials, MAY_EXEC);
    },
    head(path, length) {
      const place = vfs.resolve(context, credentials, undefined, path);
      if (typeof place === "number") return undefined;
      const bytes = new Uint8Array(length);
      const n = place.dentry.inode!.readAt(0, bytes, 0, length);
      return n < 0 ? undefined : bytes.subarray(0, n);
    },
  };
}

async function traceCalls(instance: Instance, file: string | undefined): Promise<void> {
  const { Strace } = await import("../trace/strace.ts");
  if (file === undefined) {
    instance.trace = new Strace((text) => print(2, text));
    return;
  }
  const { hostLog } = await import("../host/log.ts");
  instance.trace = new Strace(hostLog(file), { pids: "always" });
}
