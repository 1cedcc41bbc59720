// What getrusage and wait4 tell of used resources (struct rusage, 144 bytes).

import type { UserMemory } from "../mm/user_memory.ts";
import type { Process } from "./process.ts";
import type { Task } from "./task.ts";

export interface Rusage {
  userNs: number;
  systemNs: number;
  maxRssPages: number;
  minorFaults: number;
  majorFaults: number;
  voluntarySwitches: number;
  involuntarySwitches: number;
}

/** RUSAGE_SELF: all threads, ended ones included. */
export function usageOf(process: Process): Rusage {
  const mm = process.anyTask?.mm;
  return {
    userNs: process.userNs,
    systemNs: process.systemNs,
    maxRssPages: Math.max(process.maxRssPages, mm?.peakResident ?? 0),
    minorFaults: process.minorFaults + (mm?.minorFaults ?? 0),
    majorFaults: process.majorFaults + (mm?.majorFaults ?? 0),
    voluntarySwitches: process.voluntarySwitches,
    involuntarySwitches: process.involuntarySwitches,
  };
}

/** RUSAGE_CHILDREN: reaped children and what they had reaped. */
export function usageOfChildren(process: Process): Rusage {
  return {
    userNs: process.childUserNs,
    systemNs: process.childSystemNs,
    maxRssPages: process.childMaxRssPages,
    minorFaults: process.childMinorFaults,
    majorFaults: process.childMajorFaults,
    voluntarySwitches: 0,
    involuntarySwitches: 0,
  };
}

/** RUSAGE_THREAD. */
export function usageOfThread(task: Task): Rusage {
  return { ...usageOf(task.process), userNs: task.userTimeNs, systemNs: task.systemTimeNs };
}

/** What a wait reports: the process and its reaped children together. */
export function usageWithChildren(process: Process): Rusage {
  const own = usageOf(process), children = usageOfChildren(process);
  return {
    userNs: own.userNs + children.userNs,
    systemNs: own.systemNs + children.systemNs,
    maxRssPages: Math.max(own.maxRssPages, children.maxRssPages),
    minorFaults: own.minorFaults + children.minorFaults,
    majorFaults: own.majorFaults + children.majorFaults,
    voluntarySwitches: own.voluntarySwitches,
    involuntarySwitches: own.involuntarySwitches,
  };
}

const bytes = new Uint8Array(144);
const view = new DataView(bytes.buffer);

function put64(offset: number, value: number): void {
  view.setUint32(offset, value >>> 0, true);
  view.setUint32(offset + 4, Math.floor(value / 0x1_0000_0000), true);
}

export function writeRusage(memory: UserMemory, address: number, usage: Rusage): void {
  bytes.fill(0);
  put64(0, Math.floor(usage.userNs / 1e9));
  put64(8, Math.floor(usage.userNs % 1e9 / 1000));
  put64(16, Math.floor(usage.systemNs / 1e9));
  put64(24, Math.floor(usage.systemNs % 1e9 / 1000));
  put64(32, usage.maxRssPages * 4);
  put64(64, usage.minorFaults);
  put64(72, usage.majorFaults);
  put64(128, usage.voluntarySwitches);
  put64(136, usage.involuntarySwitches);
  memory.write(address, bytes, 0, bytes.length);
}
