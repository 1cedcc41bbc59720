// What does the guest's processor say it is and can do? Exactly what the translator implements (SDM vol. 2, CPUID).

/** A feature bit: where CPUID shows it, and its name in /proc/cpuinfo. */
interface Feature {
  leaf: number;
  register: 0 | 1 | 2 | 3;
  bit: number;
  name: string;
}
const ECX = 2, EDX = 3;

function features(leaf: number, register: Feature["register"], bits: Record<string, number>): Feature[] {
  return Object.entries(bits).map(([name, bit]) => ({ leaf, register, bit, name }));
}

// In the order in which Linux prints them.
const FEATURES: readonly Feature[] = [
  ...features(1, EDX, {
    fpu: 0,
    tsc: 4,
    cx8: 8,
    cmov: 15,
    clflush: 19,
    mmx: 23,
    fxsr: 24,
    sse: 25,
    sse2: 26,
  }),
  ...features(0x8000_0001, EDX, { syscall: 11, nx: 20, lm: 29 }),
  ...features(1, ECX, { pni: 0, cx16: 13, movbe: 22, popcnt: 23, hypervisor: 31 }),
  ...features(0x8000_0001, ECX, { lahf_lm: 0 }),
];

/** The `flags` line of /proc/cpuinfo. */
export const featureNames: readonly string[] = FEATURES.map((f) => f.name);
export const vendor = "GenuineIntel";
export const modelName = "denix virtual CPU";
export const family = 6, model = 15, stepping = 1;
/** Bytes of a cache line, as CLFLUSH and allocators want to know. */
export const cacheLine = 64;
export const physicalBits = 40, virtualBits = 48;

function bits(leaf: number, register: number): number {
  let out = 0;
  for (const f of FEATURES) if (f.leaf === leaf && f.register === register) out |= 1 << f.bit;
  return out;
}

/** Four ASCII characters as a register. */
function word(text: string, at: number): number {
  let out = 0;
  for (let i = 3; i >= 0; i--) out = out << 8 | (text.charCodeAt(at + i) || 0);
  return out;
}

const HIGHEST = 0xd, HIGHEST_EXTENDED = 0x8000_0008;

type Registers = readonly [number, number, number, number];
const NOTHING: Registers = [0, 0, 0, 0];
const BRAND = modelName.padEnd(48, "\0");

const LEAVES: Readonly<Record<number, Registers>> = {
  0: [HIGHEST, word(vendor, 0), word(vendor, 8), word(vendor, 4)],
  1: [
    (model >> 4) << 16 | family << 8 | (model & 15) << 4 | stepping,
    1 << 16 | (cacheLine / 8) << 8, // one logical processor, APIC id 0
    bits(1, ECX),
    bits(1, EDX),
  ],
  0x8000_0000: [HIGHEST_EXTENDED | 0, 0, 0, 0],
  0x8000_0001: [0, 0, bits(0x8000_0001, ECX), bits(0x8000_0001, EDX)],
  0x8000_0006: [0, 0, 256 << 16 | 6 << 12 | cacheLine, 0], // 256 KiB of second-level cache, 8-way
  0x8000_0008: [virtualBits << 8 | physicalBits, 0, 0, 0],
};
for (let i = 0; i < 3; i++) {
  (LEAVES as Record<number, Registers>)[0x8000_0002 + i] = [0, 4, 8, 12].map((k) =>
    word(BRAND, 16 * i + k)
  ) as unknown as Registers;
}

/** EAX, EBX, ECX, EDX for a leaf. Every leaf without sub-leaves ignores `_subleaf`. Leaf 7 and 0xd are there and empty. */
export function cpuid(leaf: number, _subleaf: number): Registers {
  // Above the highest basic leaf Intel's processors answer as for the highest; ours is empty anyway.
  return LEAVES[leaf] ?? NOTHING;
}
