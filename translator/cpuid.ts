// What does the guest's processor say it is and can do? Exactly what the translator implements (SDM vol. 2, CPUID).

import { MXCSR } from "./cpu.ts";
import { I32 } from "./ram.ts";

/** Levels of the x86-64 psABI: each presents what those below it do. */
export const V1 = 1, V2 = 2, V3 = 3;
export type Level = typeof V1 | typeof V2 | typeof V3;

/** The level that CPU state `c` presents. Where nobody has said, it is the highest. */
export function levelOf(c: number): Level {
  return (I32[c + 2 * MXCSR + 1] || V3) as Level;
}
export function setLevel(c: number, level: Level): void {
  I32[c + 2 * MXCSR + 1] = level;
}

/** A feature bit: where CPUID shows it, its name in /proc/cpuinfo, and the level that it belongs to. */
interface Feature {
  leaf: number;
  register: 0 | 1 | 2 | 3;
  bit: number;
  name: string;
  level: Level;
}
const EBX = 1, ECX = 2, EDX = 3;

function features(
  leaf: number,
  register: Feature["register"],
  bits: Record<string, readonly [bit: number, level: Level]>,
): Feature[] {
  return Object.entries(bits).map(([name, [bit, level]]) => ({ leaf, register, bit, name, level }));
}

// In the order in which Linux prints them. What is in no level comes with the one whose processors began to have it.
const FEATURES: readonly Feature[] = [
  ...features(1, EDX, {
    fpu: [0, V1],
    tsc: [4, V1],
    cx8: [8, V1],
    cmov: [15, V1],
    clflush: [19, V1],
    mmx: [23, V1],
    fxsr: [24, V1],
    sse: [25, V1],
    sse2: [26, V1],
  }),
  ...features(0x8000_0001, EDX, { syscall: [11, V1], nx: [20, V1], rdtscp: [27, V2], lm: [29, V1] }),
  ...features(1, ECX, {
    pni: [0, V2],
    pclmulqdq: [1, V2],
    ssse3: [9, V2],
    fma: [12, V3],
    cx16: [13, V2],
    sse4_1: [19, V2],
    sse4_2: [20, V2],
    movbe: [22, V3],
    popcnt: [23, V2],
    aes: [25, V2],
    xsave: [26, V3],
    osxsave: [27, V3],
    avx: [28, V3],
    f16c: [29, V3],
    rdrand: [30, V3],
    hypervisor: [31, V1],
  }),
  ...features(0x8000_0001, ECX, { lahf_lm: [0, V2], abm: [5, V3], "3dnowprefetch": [8, V3] }),
  ...features(7, EBX, {
    fsgsbase: [0, V3],
    bmi1: [3, V3],
    avx2: [5, V3],
    bmi2: [8, V3],
    erms: [9, V2],
    rdseed: [18, V3],
    adx: [19, V3],
    clflushopt: [23, V3],
    clwb: [24, V3],
    sha_ni: [29, V3],
  }),
  ...features(7, ECX, { vaes: [9, V3], vpclmulqdq: [10, V3], rdpid: [22, V3] }),
];
/** CPUID shows it, /proc/cpuinfo does not. */
const UNNAMED = ["osxsave"];

/** Names as in the `flags` line of /proc/cpuinfo. */
export function featureNames(level: Level): string[] {
  return FEATURES.filter((f) => f.level <= level && !UNNAMED.includes(f.name)).map((f) => f.name);
}
/** Level that a feature belongs to, by its name in /proc/cpuinfo. What has no bit here every processor has. */
export function levelOfFeature(name: string): Level {
  return FEATURES.find((f) => f.name === name)?.level ?? V1;
}
/** Whether there are XSAVE and the state that it knows beyond FXSAVE's. */
export function hasAvx(level: Level): boolean {
  return level >= V3;
}
/** XCR0: x87, SSE and AVX state. Size of an XSAVE area, and where in it the upper halves of the YMM registers lie. */
export const XCR0 = 7, XSAVE_BYTES = 832, XSAVE_AVX = 576, XSAVE_AVX_BYTES = 256;

export const vendor = "GenuineIntel";
export const modelName = "denix virtual CPU";
export const family = 6, model = 15, stepping = 1;
/** Bytes of a cache line, as CLFLUSH and allocators want to know. */
export const cacheLine = 64;
export const physicalBits = 40, virtualBits = 48;

/** The bits of a register of a leaf. */
export function featureBits(level: Level, leaf: number, register: number): number {
  let out = 0;
  for (const f of FEATURES) {
    if (f.leaf === leaf && f.register === register && f.level <= level) out |= 1 << f.bit;
  }
  return out;
}

/** Four ASCII characters as a register. */
function word(text: string, at: number): number {
  let out = 0;
  for (let i = 3; i >= 0; i--) out = out << 8 | (text.charCodeAt(at + i) || 0);
  return out;
}

export const HIGHEST = 0xd;
const HIGHEST_EXTENDED = 0x8000_0008;

type Registers = readonly [number, number, number, number];
const NOTHING: Registers = [0, 0, 0, 0];
const BRAND = modelName.padEnd(48, "\0");

/** Caches (leaf 4): type (1 data, 2 instructions, 3 both), level, KiB, ways. Programs choose how to copy by their sizes. fs/sysfs.ts tells the same. */
const CACHES: readonly (readonly [type: number, level: number, size: number, ways: number])[] = [
  [1, 1, 32, 8],
  [2, 1, 32, 8],
  [3, 2, 4096, 16],
];
/** KiB. */
export const largestCache: number = Math.max(...CACHES.map(([, , size]) => size));
function cache(subleaf: number): Registers {
  const found = CACHES[subleaf];
  if (found === undefined) return NOTHING;
  const [type, level, size, ways] = found, sets = size * 1024 / (ways * cacheLine);
  return [type | level << 5 | 1 << 8, (ways - 1) << 22 | (cacheLine - 1), sets - 1, 0];
}

/** Extended state (leaf 0xd). */
function extendedState(subleaf: number): Registers {
  if (subleaf === 0) return [XCR0, XSAVE_BYTES, XSAVE_BYTES, 0];
  if (subleaf === 2) return [XSAVE_AVX_BYTES, XSAVE_AVX, 0, 0];
  return NOTHING;
}

/** EAX, EBX, ECX, EDX for a leaf. */
export function cpuid(leaf: number, subleaf: number, level: Level): Registers {
  switch (leaf) {
    case 0:
      return [HIGHEST, word(vendor, 0), word(vendor, 8), word(vendor, 4)];
    case 1:
      return [
        (model >> 4) << 16 | family << 8 | (model & 15) << 4 | stepping,
        1 << 16 | (cacheLine / 8) << 8, // one logical processor, APIC id 0
        featureBits(level, 1, ECX),
        featureBits(level, 1, EDX),
      ];
    case 2:
      return [0xff01, 0, 0, 0]; // see leaf 4
    case 4:
      return cache(subleaf);
    case 7:
      return subleaf === 0 ? [0, featureBits(level, 7, EBX), featureBits(level, 7, ECX), 0] : NOTHING;
    case 0xd:
      return hasAvx(level) ? extendedState(subleaf) : NOTHING;
    case 0x8000_0000:
      return [HIGHEST_EXTENDED | 0, 0, 0, 0];
    case 0x8000_0001:
      return [0, 0, featureBits(level, leaf, ECX), featureBits(level, leaf, EDX)];
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const at = 16 * (leaf - 0x8000_0002);
      return [word(BRAND, at), word(BRAND, at + 4), word(BRAND, at + 8), word(BRAND, at + 12)];
    }
    case 0x8000_0006:
      return [0, 0, largestCache << 16 | 8 << 12 | cacheLine, 0]; // the second level's, 16-way
    case 0x8000_0008:
      return [virtualBits << 8 | physicalBits, 0, 0, 0];
    default:
      // Above the highest basic leaf Intel's processors answer as for the highest; ours is empty anyway.
      return NOTHING;
  }
}
