// What the text files of a process say: stat, status, statm, limits, io and the small ones (proc(5)).

import { encodeDev32 } from "../../kernel/abi/device.ts";
import { cpuList, cpuMask, hex, kilobytes, mangle, signalSet, ticks, unlimited } from "./format.ts";
import type { ProcMount, ProcSource, ProcTask } from "./source.ts";

const PAGE = 4096;

/** The 52 fields of stat(5). `whole` is the group's view (/proc/PID/stat), else one thread's (task/TID/stat). */
export function statText(task: ProcTask, source: ProcSource, whole: boolean): string {
  const memory = task.memory;
  const inspect = source.mayInspect(task);
  const times = whole ? task.groupTimes : task.times;
  const { faults, childTimes, signals } = task;
  const address = (value: number | undefined) => inspect && value !== undefined ? value : 0;
  const priority = task.realtimePriority > 0 ? -1 - task.realtimePriority : 20 + task.nice;
  const low31 = (word: number) => word & 0x7fffffff;
  const fields: (number | string)[] = [
    task.tid,
    `(${task.comm})`,
    task.state,
    task.ppid,
    task.pgid,
    task.sid,
    encodeDev32(task.tty),
    task.tpgid,
    task.flags,
    faults.minor,
    faults.childMinor,
    faults.major,
    faults.childMajor,
    ticks(times.userNs),
    ticks(times.systemNs),
    ticks(childTimes.userNs),
    ticks(childTimes.systemNs),
    priority,
    task.nice,
    task.threads.length,
    0, // itrealvalue
    ticks(task.startNs),
    memory?.totals.virtual ?? 0,
    memory === undefined ? 0 : Math.floor(memory.totals.resident / PAGE),
    unlimited(task.limits[5]?.cur ?? Infinity),
    memory === undefined ? 0 : inspect ? memory.codeStart : 1,
    memory === undefined ? 0 : inspect ? memory.codeEnd : 1,
    address(memory?.stackStart),
    0, // kstkesp
    0, // kstkeip
    low31(signals.pending.low),
    low31(signals.blocked.low),
    low31(signals.ignored.low),
    low31(signals.caught.low),
    task.waitChannel === "" ? 0 : 1,
    0, // nswap
    0, // cnswap
    task.exitSignal,
    0, // processor
    task.realtimePriority,
    task.policy,
    0, // delayacct_blkio_ticks
    0, // guest_time
    0, // cguest_time
    address(memory?.dataStart),
    address(memory?.dataEnd),
    address(memory?.brkStart),
    address(memory?.argStart),
    address(memory?.argEnd),
    address(memory?.envStart),
    address(memory?.envEnd),
    inspect ? task.exitCode : 0,
  ];
  return fields.join(" ") + "\n";
}

const STATE_NAMES: Readonly<Record<string, string>> = {
  R: "running",
  S: "sleeping",
  D: "disk sleep",
  T: "stopped",
  t: "tracing stop",
  Z: "zombie",
  X: "dead",
  I: "idle",
};

export function statusText(task: ProcTask, source: ProcSource): string {
  const { uid, gid, signals, capabilities: caps } = task;
  const lines: [string, string | number][] = [
    ["Name", mangle(task.comm, "\n\\")],
    ["Umask", task.umask.toString(8).padStart(4, "0")],
    ["State", `${task.state} (${STATE_NAMES[task.state] ?? "unknown"})`],
    ["Tgid", task.tgid],
    ["Ngid", 0],
    ["Pid", task.tid],
    ["PPid", task.ppid],
    ["TracerPid", 0],
    ["Uid", [uid.real, uid.effective, uid.saved, uid.fs].join("\t")],
    ["Gid", [gid.real, gid.effective, gid.saved, gid.fs].join("\t")],
    ["FDSize", task.descriptorTableSize],
    ["Groups", task.groups.map((group) => `${group} `).join("") || " "],
    ["NStgid", task.tgid],
    ["NSpid", task.tid],
    ["NSpgid", task.pgid],
    ["NSsid", task.sid],
    ["Kthread", 0],
  ];
  if (task.memory !== undefined) {
    const totals = task.memory.totals;
    const sizes: [string, number][] = [
      ["VmPeak", totals.virtualPeak],
      ["VmSize", totals.virtual],
      ["VmLck", totals.locked],
      ["VmPin", 0],
      ["VmHWM", totals.residentPeak],
      ["VmRSS", totals.resident],
      ["RssAnon", totals.residentAnonymous],
      ["RssFile", totals.residentFile],
      ["RssShmem", totals.residentShared],
      ["VmData", totals.data],
      ["VmStk", totals.stack],
      ["VmExe", totals.code],
      ["VmLib", totals.libraries],
      ["VmPTE", totals.pageTables],
      ["VmSwap", 0],
      ["HugetlbPages", 0],
    ];
    for (const [name, bytes] of sizes) lines.push([name, kilobytes(bytes)]);
    lines.push(["CoreDumping", 0], ["THP_enabled", 0], ["untag_mask", "0xffffffffffffffff"]);
  }
  lines.push(
    ["Threads", task.threads.length],
    ["SigQ", `${signals.queued}/${signals.queueLimit === Infinity ? 0 : signals.queueLimit}`],
    ["SigPnd", signalSet(signals.pending)],
    ["ShdPnd", signalSet(signals.sharedPending)],
    ["SigBlk", signalSet(signals.blocked)],
    ["SigIgn", signalSet(signals.ignored)],
    ["SigCgt", signalSet(signals.caught)],
    ["CapInh", hex(caps.inheritable, 16)],
    ["CapPrm", hex(caps.permitted, 16)],
    ["CapEff", hex(caps.effective, 16)],
    ["CapBnd", hex(caps.bounding, 16)],
    ["CapAmb", hex(caps.ambient, 16)],
    ["NoNewPrivs", task.noNewPrivileges ? 1 : 0],
    ["Seccomp", 0],
    ["Seccomp_filters", 0],
    ["Speculation_Store_Bypass", "not vulnerable"],
    ["SpeculationIndirectBranch", "not affected"],
    ["Cpus_allowed", cpuMask(source.cpuCount)],
    ["Cpus_allowed_list", cpuList(source.cpuCount)],
    ["Mems_allowed", "1"],
    ["Mems_allowed_list", "0"],
    ["voluntary_ctxt_switches", task.switches.voluntary],
    ["nonvoluntary_ctxt_switches", task.switches.involuntary],
  );
  return lines.map(([name, value]) => `${name}:\t${value}\n`).join("");
}

/** Pages: size, resident, shared, text, lib (0), data, dirty (0). */
export function statmText(task: ProcTask): string {
  const totals = task.memory?.totals;
  if (totals === undefined) return "0 0 0 0 0 0 0\n";
  const pages = (bytes: number) => Math.floor(bytes / PAGE);
  const shared = totals.residentFile + totals.residentShared;
  return [
    pages(totals.virtual),
    pages(totals.resident),
    pages(shared),
    Math.ceil(totals.code / PAGE),
    0,
    pages(totals.data + totals.stack),
    0,
  ].join(" ") + "\n";
}

/** In RLIMIT_* order. */
const LIMITS: readonly (readonly [string, string])[] = [
  ["Max cpu time", "seconds"],
  ["Max file size", "bytes"],
  ["Max data size", "bytes"],
  ["Max stack size", "bytes"],
  ["Max core file size", "bytes"],
  ["Max resident set", "bytes"],
  ["Max processes", "processes"],
  ["Max open files", "files"],
  ["Max locked memory", "bytes"],
  ["Max address space", "bytes"],
  ["Max file locks", "locks"],
  ["Max pending signals", "signals"],
  ["Max msgqueue size", "bytes"],
  ["Max nice priority", ""],
  ["Max realtime priority", ""],
  ["Max realtime timeout", "us"],
];

export function limitsText(task: ProcTask): string {
  const row = (a: string, b: string, c: string, d: string) =>
    `${a.padEnd(25)} ${b.padEnd(20)} ${c.padEnd(20)} ${d.padEnd(10)}\n`;
  const value = (limit: number | undefined) =>
    limit === undefined || limit === Infinity ? "unlimited" : String(limit);
  let text = row("Limit", "Soft Limit", "Hard Limit", "Units");
  LIMITS.forEach(([name, unit], resource) => {
    const limit = task.limits[resource];
    text += row(name, value(limit?.cur), value(limit?.max), unit);
  });
  return text;
}

export function ioText(task: ProcTask): string {
  const { readChars, writeChars, readCalls, writeCalls } = task.io;
  return `rchar: ${readChars}\nwchar: ${writeChars}\nsyscr: ${readCalls}\nsyscw: ${writeCalls}\n` +
    "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n";
}

/** /proc/PID/mounts: source, mount point, type, options and two zeros. */
export function mountsText(mounts: readonly ProcMount[]): string {
  return mounts.map((mount) =>
    `${mangle(mount.source)} ${mangle(mount.mountPoint)} ${mount.type} ${joinOptions(mount)} 0 0\n`
  ).join("");
}

/** /proc/PID/mountinfo (proc(5)). */
export function mountinfoText(
  mounts: readonly ProcMount[],
  deviceText: (dev: number) => string,
): string {
  return mounts.map((mount) =>
    `${mount.id} ${mount.parentId} ${deviceText(mount.dev)} ${mangle(mount.root)} ${
      mangle(mount.mountPoint)
    } ` +
    `${mount.options} - ${mount.type} ${mangle(mount.source)} ${mount.superOptions}\n`
  ).join("");
}

/** mounts merges both option lists; "rw" and "ro" come once. */
function joinOptions(mount: ProcMount): string {
  const own = mount.superOptions.split(",").filter((option) =>
    option !== "rw" && option !== "ro" && option !== ""
  );
  return [mount.options, ...own].join(",");
}

/** Arguments or environment as they lie in memory now. */
export function memoryRange(task: ProcTask, start: number, end: number, limit = 0x200000): Uint8Array {
  const memory = task.memory;
  if (memory === undefined || end <= start) return new Uint8Array(0);
  const bytes = new Uint8Array(Math.min(end - start, limit));
  const count = memory.read(start, bytes, 0, bytes.length);
  return bytes.subarray(0, Math.max(count, 0));
}

/**
 * cmdline: the argument area. A program that has overwritten the final zero byte has set its title over the
 * environment (setproctitle): then the text goes on to the first zero.
 */
export function commandLine(task: ProcTask): Uint8Array {
  const memory = task.memory;
  if (memory === undefined) return new Uint8Array(0);
  const { argStart, argEnd, envEnd } = memory;
  const area = memoryRange(task, argStart, argEnd);
  if (area.length === 0 || area[area.length - 1] === 0 || area.length < argEnd - argStart) return area;
  const longer = memoryRange(task, argStart, Math.max(envEnd, argEnd));
  const zero = longer.indexOf(0);
  return zero < 0 ? longer : longer.subarray(0, zero);
}
