// How busy and how full is the machine? Memory, CPU time and load as sysinfo(2), /proc/meminfo, /proc/stat and
// /proc/loadavg tell them.

import type { SystemMemory } from "../../fs/procfs/source.ts";
import { frames } from "../mm/frames.ts";
import { liveMms } from "../mm/mm.ts";
import type { Instance } from "./instance.ts";
import { loadAverageOf } from "./load_average.ts";

const PAGE = 4096;

export function systemMemory(_instance: Instance): SystemMemory {
  let anonymous = 0, shmem = 0, mapped = 0, committed = 0;
  for (const mm of liveMms()) {
    anonymous += mm.rssAnon;
    shmem += mm.rssShmem;
    mapped += mm.rssFile + mm.rssShmem;
    committed += mm.dataVm + mm.stackVm;
  }
  const { used, total, free } = frames;
  // Pages shared after fork were counted once for each process.
  anonymous = Math.min(anonymous, used);
  const cached = used - anonymous;
  return {
    total: total * PAGE,
    free: free * PAGE,
    cached: cached * PAGE,
    shmem: Math.min(shmem, cached) * PAGE,
    anonymous: anonymous * PAGE,
    mapped: Math.min(mapped, cached) * PAGE,
    pageTables: 0,
    committed: committed * PAGE,
  };
}

/** Of all processes there were: a reaped one's time is in its parent's, and in the end in init's. */
export function cpuTimes(instance: Instance): { userNs: number; systemNs: number; idleNs: number } {
  let userNs = 0, systemNs = 0;
  for (const process of instance.pids.processes.values()) {
    userNs += process.userNs + process.childUserNs;
    systemNs += process.systemNs + process.childSystemNs;
  }
  return { userNs, systemNs, idleNs: Math.floor(instance.scheduler.idleNs) };
}

export function loadAverages(instance: Instance): readonly [number, number, number] {
  return loadAverageOf(instance).values(instance.clock.monotonicNs());
}
