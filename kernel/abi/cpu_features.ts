// What the guest's CPU is: the one list behind CPUID and /proc/cpuinfo. Names are those of /proc/cpuinfo.

export interface CpuDescription {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly name: string;
  readonly mhz: number;
  /** Highest basic CPUID leaf. */
  readonly cpuidLevel: number;
  readonly flags: readonly string[];
}

/** In the order in which the kernel prints them (by word and bit of its capability table). */
export const CPU_FLAGS: readonly string[] = [
  "fpu",
  "tsc",
  "cx8",
  "cmov",
  "clflush",
  "mmx",
  "fxsr",
  "sse",
  "sse2",
  "syscall",
  "nx",
  "lm",
  "nopl",
  "cpuid",
  "pni",
  "cx16",
  "movbe",
  "popcnt",
  "hypervisor",
  "lahf_lm",
];

export const CPU: CpuDescription = {
  vendor: "GenuineIntel",
  family: 6,
  model: 15,
  stepping: 1,
  name: "denix virtual CPU",
  mhz: 1000,
  cpuidLevel: 13,
  flags: CPU_FLAGS,
};
