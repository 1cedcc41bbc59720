// Do CPUID, /proc/cpuinfo and the auxiliary vector describe the same processor?

import { assert, assertEquals } from "@std/assert";
import { cpuid, featureNames, type Level } from "../../translator/cpuid.ts";
import { describeCpu } from "./cpu.ts";

const LEVELS: readonly Level[] = [1, 2, 3];
/** Features that a level of the psABI is made of, by /proc/cpuinfo's names. */
const PSABI: Record<Level, readonly string[]> = {
  1: ["cmov", "cx8", "fpu", "fxsr", "mmx", "syscall", "sse", "sse2"],
  2: ["cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"],
  3: ["avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"],
};

Deno.test("levels present what they are made of, and no more than those above", () => {
  for (const level of LEVELS) {
    const names = featureNames(level);
    for (const other of LEVELS) {
      for (const name of PSABI[other]) {
        assertEquals(names.includes(name), other <= level, `${name} in v${level}`);
      }
    }
  }
});

Deno.test("/proc/cpuinfo is CPUID's, and what Linux works out itself", () => {
  for (const level of LEVELS) {
    const { flags, cpuidLevel } = describeCpu(level);
    assertEquals(flags.filter((name) => name !== "nopl" && name !== "cpuid"), featureNames(level));
    assertEquals(cpuidLevel, cpuid(0, 0, level)[0]);
    const [, , ecx] = cpuid(1, 0, level), [, ebx] = cpuid(7, 0, level);
    assertEquals((ecx >>> 28 & 1) === 1, flags.includes("avx"));
    // XGETBV is there when AVX is.
    assertEquals(ecx >>> 27 & 1, ecx >>> 28 & 1);
    assertEquals((ebx >>> 5 & 1) === 1, flags.includes("avx2"));
  }
});

Deno.test("the leaf of extended states adds up", () => {
  const [mask, size] = cpuid(0xd, 0, 3), [bytes, offset] = cpuid(0xd, 2, 3);
  assertEquals(mask, 7);
  assertEquals(offset + bytes, size);
  assert(cpuid(0xd, 0, 2).every((word) => word === 0));
});
