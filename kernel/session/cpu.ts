// What the guest's processor is, as the kernel tells: from the translator's one list (translator/cpuid.ts).

import {
  cacheLine,
  family,
  featureNames,
  HIGHEST,
  largestCache,
  type Level,
  model,
  modelName,
  physicalBits,
  stepping,
  vendor,
  virtualBits,
} from "../../translator/cpuid.ts";
import type { CpuDescription } from "../abi/cpu_features.ts";

/** Flags that Linux works out itself, and the one behind which it prints them. */
const SYNTHETIC = ["nopl", "cpuid"], BEFORE = "lm";

export function describeCpu(level: Level): CpuDescription {
  const flags = featureNames(level);
  flags.splice(flags.indexOf(BEFORE) + 1, 0, ...SYNTHETIC);
  const caches = { cacheSize: largestCache, cacheLine };
  const sizes = { physicalBits, virtualBits };
  return {
    vendor,
    family,
    model,
    stepping,
    name: modelName,
    mhz: 1000,
    cpuidLevel: HIGHEST,
    ...caches,
    ...sizes,
    flags,
  };
}
