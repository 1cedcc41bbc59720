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
  readonly flags: readonly string[];
}
