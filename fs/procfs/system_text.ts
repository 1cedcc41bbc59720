// What the machine-wide text files of proc say: cpuinfo, meminfo, stat, loadavg and the like.

import { kilobytes, seconds, ticks } from "./format.ts";
import type { ProcSource } from "./source.ts";

export function cpuinfoText({ cpu, cpuCount }: ProcSource): string {
  let text = "";
  for (let index = 0; index < cpuCount; index++) {
    const rows: [string, string | number][] = [
      ["processor\t", index],
      ["vendor_id\t", cpu.vendor],
      ["cpu family\t", cpu.family],
      ["model\t\t", cpu.model],
      ["model name\t", cpu.name],
      ["stepping\t", cpu.stepping],
      ["microcode\t", "0x1"],
      ["cpu MHz\t\t", cpu.mhz.toFixed(3)],
      ["cache size\t", `${cpu.cacheSize} KB`],
      ["physical id\t", 0],
      ["siblings\t", cpuCount],
      ["core id\t\t", index],
      ["cpu cores\t", cpuCount],
      ["apicid\t\t", index],
      ["initial apicid\t", index],
      ["fpu\t\t", "yes"],
      ["fpu_exception\t", "yes"],
      ["cpuid level\t", cpu.cpuidLevel],
      ["wp\t\t", "yes"],
      ["flags\t\t", cpu.flags.join(" ")],
      ["bugs\t\t", ""],
      ["bogomips\t", (cpu.mhz * 2).toFixed(2)],
      ["clflush size\t", cpu.cacheLine],
      ["cache_alignment\t", cpu.cacheLine],
      ["address sizes\t", `${cpu.physicalBits} bits physical, ${cpu.virtualBits} bits virtual`],
      ["power management", ""],
    ];
    for (const [name, value] of rows) text += value === "" ? `${name}:\n` : `${name}: ${value}\n`;
    text += "\n";
  }
  return text;
}

export function meminfoText(source: ProcSource): string {
  const memory = source.memory();
  const droppable = Math.max(0, memory.cached - memory.shmem);
  const rows: [string, number][] = [
    ["MemTotal", memory.total],
    ["MemFree", memory.free],
    ["MemAvailable", memory.free + droppable],
    ["Buffers", 0],
    ["Cached", memory.cached],
    ["SwapCached", 0],
    ["Active", memory.anonymous],
    ["Inactive", memory.cached],
    ["Active(anon)", memory.anonymous],
    ["Inactive(anon)", memory.shmem],
    ["Active(file)", 0],
    ["Inactive(file)", droppable],
    ["Unevictable", 0],
    ["Mlocked", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Dirty", 0],
    ["Writeback", 0],
    ["AnonPages", memory.anonymous],
    ["Mapped", memory.mapped],
    ["Shmem", memory.shmem],
    ["KReclaimable", 0],
    ["Slab", 0],
    ["SReclaimable", 0],
    ["SUnreclaim", 0],
    ["KernelStack", 0],
    ["PageTables", memory.pageTables],
    ["NFS_Unstable", 0],
    ["Bounce", 0],
    ["WritebackTmp", 0],
    ["CommitLimit", Math.floor(memory.total / 2)],
    ["Committed_AS", memory.committed],
    ["VmallocTotal", 0],
    ["VmallocUsed", 0],
    ["VmallocChunk", 0],
    ["Percpu", 0],
    ["AnonHugePages", 0],
    ["ShmemHugePages", 0],
    ["ShmemPmdMapped", 0],
    ["FileHugePages", 0],
    ["FilePmdMapped", 0],
  ];
  let text = "";
  for (const [name, bytes] of rows) text += `${(name + ":").padEnd(16)}${kilobytes(bytes)}\n`;
  for (const name of ["Total", "Free", "Rsvd", "Surp"]) {
    text += `${`HugePages_${name}:`.padEnd(16)}${"0".padStart(8)}\n`;
  }
  return text +
    `${"Hugepagesize:".padEnd(16)}${kilobytes(0x200000)}\n${"Hugetlb:".padEnd(16)}${kilobytes(0)}\n`;
}

export function statText(source: ProcSource): string {
  const { userNs, systemNs, idleNs } = source.cpuTimes();
  const counters = source.counters();
  const { cpuCount } = source;
  const row = (share: number) =>
    `${ticks(userNs / share)} 0 ${ticks(systemNs / share)} ${ticks(idleNs / share)} 0 0 0 0 0 0\n`;
  let text = `cpu  ${row(1)}`;
  for (let index = 0; index < cpuCount; index++) text += `cpu${index} ${row(cpuCount)}`;
  return text +
    `intr ${counters.interrupts}\nctxt ${counters.contextSwitches}\nbtime ${source.bootTimeSeconds()}\n` +
    `processes ${counters.forks}\nprocs_running ${counters.running}\nprocs_blocked ${counters.blocked}\n` +
    "softirq 0 0 0 0 0 0 0 0 0 0 0\n";
}

export function uptimeText(source: ProcSource): string {
  return `${seconds(source.uptimeNs())} ${seconds(source.cpuTimes().idleNs)}\n`;
}

export function loadavgText(source: ProcSource): string {
  const { running, threads, lastPid } = source.counters();
  const averages = source.loadAverage().map((value) => value.toFixed(2)).join(" ");
  return `${averages} ${running}/${threads} ${lastPid}\n`;
}

export function versionText({ names }: ProcSource): string {
  return `${names.sysname} version ${names.release} (denix@deno) (V8) ${names.version}\n`;
}

export function filesystemsText(source: ProcSource): string {
  return source.fileSystems().map(({ name, device }) => `${device ? "" : "nodev"}\t${name}\n`).join("");
}

export function devicesText(source: ProcSource): string {
  const rows = source.characterDevices().map(({ major, name }) => `${String(major).padStart(3)} ${name}\n`);
  return `Character devices:\n${rows.join("")}\nBlock devices:\n`;
}

export function vmstatText(source: ProcSource): string {
  const memory = source.memory(), counters = source.counters();
  const pages = (bytes: number) => Math.floor(bytes / 4096);
  const rows: [string, number][] = [
    ["nr_free_pages", pages(memory.free)],
    ["nr_zone_inactive_anon", pages(memory.shmem)],
    ["nr_zone_active_anon", pages(memory.anonymous)],
    ["nr_zone_inactive_file", pages(memory.cached - memory.shmem)],
    ["nr_zone_active_file", 0],
    ["nr_zone_unevictable", 0],
    ["nr_mlock", 0],
    ["nr_inactive_anon", pages(memory.shmem)],
    ["nr_active_anon", pages(memory.anonymous)],
    ["nr_inactive_file", pages(memory.cached - memory.shmem)],
    ["nr_active_file", 0],
    ["nr_unevictable", 0],
    ["nr_slab_reclaimable", 0],
    ["nr_slab_unreclaimable", 0],
    ["nr_anon_pages", pages(memory.anonymous)],
    ["nr_mapped", pages(memory.mapped)],
    ["nr_file_pages", pages(memory.cached)],
    ["nr_dirty", 0],
    ["nr_writeback", 0],
    ["nr_shmem", pages(memory.shmem)],
    ["nr_page_table_pages", pages(memory.pageTables)],
    ["pgpgin", 0],
    ["pgpgout", 0],
    ["pswpin", 0],
    ["pswpout", 0],
    ["pgalloc_normal", 0],
    ["pgfree", 0],
    ["pgactivate", 0],
    ["pgdeactivate", 0],
    ["pgfault", counters.pageFaults],
    ["pgmajfault", counters.majorFaults],
    ["pgsteal_kswapd", 0],
    ["pgsteal_direct", 0],
    ["pgscan_kswapd", 0],
    ["pgscan_direct", 0],
    ["oom_kill", 0],
  ];
  return rows.map(([name, value]) => `${name} ${value}\n`).join("");
}

export function interruptsText({ cpuCount }: ProcSource): string {
  let text = "    ";
  for (let index = 0; index < cpuCount; index++) text += `       CPU${index}`;
  const row = (name: string, what: string) =>
    `${name.padStart(3)}: ${"0".padStart(10).repeat(cpuCount)}   ${what}\n`;
  return text + "\n" + row("NMI", "Non-maskable interrupts") + row("LOC", "Local timer interrupts");
}
