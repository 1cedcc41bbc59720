// What the guest's processor is, as the kernel tells: from the translator's one list (translator/cpuid.ts).

import {
  family,
  featureNames,
  HIGHEST,
  type Level,
  model,
  modelName,
  stepping,
  vendor,
} from "../../translator/cpuid.ts";
import type { CpuDescription } from "../abi/cpu_features.ts";

/** Flags that Linux works out itself, and the one behind which it prints them. */
const SYNTHETIC = ["nopl", "cpuid"], BEFORE = "lm";

export function describeCpu(level: Level): CpuDescription {
  const flags = featureNames(level);
  flags.splice(flags.indexOf(BEFORE) + 1, 0, ...SYNTHETIC);
  return { vendor, family, model, stepping, name: modelName, mhz: 1000, cpuidLevel: HIGHEST, flags };
}
