// How /proc/cpuinfo describes a processor.

export interface CpuDescription {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  readonly name: string;
  readonly mhz: number;
  /** Highest basic CPUID leaf. */
  readonly cpuidLevel: number;
  /** KiB of the largest cache. */
  readonly cacheSize: number;
  readonly cacheLine: number;
  readonly physicalBits: number;
  readonly virtualBits: number;
  readonly flags: readonly string[];
}
