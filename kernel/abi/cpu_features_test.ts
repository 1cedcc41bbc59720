// Do CPUID and /proc/cpuinfo describe the same processor?

import { assertEquals } from "@std/assert";
import { cpuid, family, featureNames, model, modelName, stepping, vendor } from "../../translator/cpuid.ts";
import { CPU, CPU_FLAGS } from "./cpu_features.ts";

/** Flags that Linux works out itself. */
const SYNTHETIC = ["nopl", "cpuid"];

Deno.test("the flags are CPUID's", () => {
  assertEquals(CPU_FLAGS.filter((name) => !SYNTHETIC.includes(name)), featureNames);
});

Deno.test("the processor is CPUID's", () => {
  assertEquals([CPU.vendor, CPU.family, CPU.model, CPU.stepping, CPU.name], [
    vendor,
    family,
    model,
    stepping,
    modelName,
  ]);
  assertEquals(CPU.cpuidLevel, cpuid(0, 0)[0]);
});
