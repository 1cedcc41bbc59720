// maps, smaps and smaps_rollup: a process's address space as text.

import { major, minor } from "../../kernel/abi/stat.ts";
import { hex, kilobytes, mangle } from "./format.ts";
import type { ProcArea, ProcTask } from "./source.ts";

/** Column at which names begin. */
const NAME_COLUMN = 73;

export function areaLine(area: ProcArea): string {
  const rights = (area.read ? "r" : "-") + (area.write ? "w" : "-") + (area.exec ? "x" : "-") +
    (area.shared ? "s" : "p");
  const head = `${hex(area.start, 8)}-${hex(area.end, 8)} ${rights} ${hex(area.offset, 8)} ` +
    `${hex(major(area.dev), 2)}:${hex(minor(area.dev), 2)} ${area.ino} `;
  return area.name === "" ? head + "\n" : `${head.padEnd(NAME_COLUMN)}${mangle(area.name, "\n")}\n`;
}

export function mapsText(task: ProcTask): string {
  return task.memory?.areas().map(areaLine).join("") ?? "";
}

interface Sums {
  size: number;
  rss: number;
  sharedClean: number;
  sharedDirty: number;
  privateClean: number;
  privateDirty: number;
  anonymous: number;
  pss: number;
  pssDirty: number;
}

function sum(area: ProcArea): Sums {
  const { total, anonymous, shared, dirty } = area.resident();
  const sharedDirty = Math.min(shared, area.shared ? dirty : 0);
  const own = total - shared;
  const privateDirty = Math.min(own, dirty);
  return {
    size: area.end - area.start,
    rss: total,
    sharedClean: shared - sharedDirty,
    sharedDirty,
    privateClean: own - privateDirty,
    privateDirty,
    anonymous,
    // Without reverse mappings: a shared page counts half.
    pss: own + shared / 2,
    pssDirty: privateDirty + sharedDirty / 2,
  };
}

function details(sums: Sums): string {
  const rows: [string, number][] = [
    ["Rss", sums.rss],
    ["Pss", sums.pss],
    ["Pss_Dirty", sums.pssDirty],
    ["Shared_Clean", sums.sharedClean],
    ["Shared_Dirty", sums.sharedDirty],
    ["Private_Clean", sums.privateClean],
    ["Private_Dirty", sums.privateDirty],
    ["Referenced", sums.rss],
    ["Anonymous", sums.anonymous],
    ["LazyFree", 0],
    ["AnonHugePages", 0],
    ["ShmemPmdMapped", 0],
    ["FilePmdMapped", 0],
    ["Shared_Hugetlb", 0],
    ["Private_Hugetlb", 0],
    ["Swap", 0],
    ["SwapPss", 0],
    ["Locked", 0],
  ];
  return rows.map(([name, bytes]) => row(name, bytes)).join("");
}

function row(name: string, bytes: number): string {
  return `${(name + ":").padEnd(16)}${kilobytes(bytes)}\n`;
}

function vmFlags(area: ProcArea): string {
  const flags = [];
  if (area.read) flags.push("rd");
  if (area.write) flags.push("wr");
  if (area.exec) flags.push("ex");
  if (area.shared) flags.push("sh");
  flags.push("mr", "mw", "me");
  if (area.shared) flags.push("ms");
  if (area.growsDown) flags.push("gd");
  if (area.write && !area.shared) flags.push("ac");
  return `VmFlags: ${flags.join(" ")} \n`;
}

export function smapsText(task: ProcTask): string {
  return task.memory?.areas().map((area) => {
    const sums = sum(area);
    return areaLine(area) + row("Size", sums.size) + row("KernelPageSize", 4096) + row("MMUPageSize", 4096) +
      details(sums) + "THPeligible:           0\n" + vmFlags(area);
  }).join("") ?? "";
}

export function smapsRollupText(task: ProcTask): string {
  const areas = task.memory?.areas() ?? [];
  const total: Sums = {
    size: 0,
    rss: 0,
    sharedClean: 0,
    sharedDirty: 0,
    privateClean: 0,
    privateDirty: 0,
    anonymous: 0,
    pss: 0,
    pssDirty: 0,
  };
  for (const area of areas) {
    const sums = sum(area);
    for (const key of Object.keys(total) as (keyof Sums)[]) total[key] += sums[key];
  }
  const start = areas[0]?.start ?? 0, end = areas[areas.length - 1]?.end ?? 0;
  const head = `${hex(start, 8)}-${hex(end, 8)} ---p 00000000 00:00 0 `.padEnd(NAME_COLUMN) + "[rollup]\n";
  return head + details(total);
}
