// To which level of x86-64 does an instruction belong? iced-x86 knows the CPUID feature, translator/cpuid.ts the level of each.

import { type Level, levelOfFeature, V1, V2, V3 } from "../cpuid.ts";
import type { IcedPackage } from "./iced.ts";

/** iced-x86's names where they are not Linux's in capitals. */
const NAMES: Readonly<Record<string, string>> = {
  CMPXCHG16B: "cx16",
  LZCNT: "abm",
  SHA: "sha_ni",
  SSE3: "pni",
};
/** Processors without these features run the instructions all the same, as NOPs. */
const HINTS: ReadonlySet<string> = new Set([
  "PREFETCHW",
  "PREFETCHWT1",
  "CLDEMOTE",
  "MPX",
  "CET_IBT",
  "CET_SS",
]);

const levels: Level[] = [];

/** Level of a Code value; of mnemonics that are older than their feature bit, too. */
export function levelOfCode(iced: IcedPackage, code: number): Level {
  return levels[code] ??= find(iced, code);
}
function find(iced: IcedPackage, code: number): Level {
  const i = new iced.Instruction();
  i.code = code;
  const { mnemonic } = i, features = [...i.cpuidFeatures()].map((f) => iced.CpuidFeature[f]!);
  i.free();
  // In 64-bit mode they came late.
  if (mnemonic === iced.Mnemonic.Lahf || mnemonic === iced.Mnemonic.Sahf) return V2;
  let level: Level = V1;
  for (const name of features) {
    if (HINTS.has(name)) continue;
    const found = levelOfFeature(NAMES[name] ?? name.toLowerCase());
    if (found > level) level = found;
  }
  // Before there were LZCNT and TZCNT, their prefix meant nothing: see lower/bmi.ts.
  return mnemonic === iced.Mnemonic.Lzcnt || mnemonic === iced.Mnemonic.Tzcnt ? V3 : level;
}
