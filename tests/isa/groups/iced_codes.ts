// Cases made from iced-x86's own tables: every encoding of a CPUID feature, with registers and memory, random immediates, and the flags
// that the tables say it reads, writes and leaves undefined.

import * as iced from "iced-x86";
import type { Mem } from "../encode.ts";
import { EDGE, MIDDLE, READ_ONLY } from "../layout.ts";
import type { Snippet } from "../snippet.ts";
import { AF, CF, type FlagEffect, OF, PF, SF, ZF } from "../undefined_flags.ts";

const { Code, CodeExt, CpuidFeature, OpCodeOperandKind: Kind, OpKind, Register, RflagsBits } = iced;

export interface CodeInfo {
  readonly code: number;
  readonly name: string;
  /** As iced-x86 names it. */
  readonly mnemonic: string;
  readonly kinds: readonly number[];
  readonly memorySize: number;
}

/** All encodings of 64-bit mode by feature, e.g. "SSSE3", or "AES+AVX" where two are needed. */
export const CODES: ReadonlyMap<string, readonly CodeInfo[]> = (() => {
  const all = new Map<string, CodeInfo[]>(), i = new iced.Instruction();
  for (const [name, code] of Object.entries(Code)) {
    if (typeof code !== "number" || code === Code.INVALID) continue;
    const info = CodeExt.opCode(code);
    if (!info.mode64 || !info.isInstruction) continue;
    i.code = code;
    const feature = [...i.cpuidFeatures()].map((f) => CpuidFeature[f]).join("+");
    const kinds = Array.from({ length: info.opCount }, (_, n) => info.opKind(n));
    const list = all.get(feature) ?? [];
    if (list.length === 0) all.set(feature, list);
    list.push({
      code,
      name,
      mnemonic: iced.Mnemonic[info.mnemonic]!,
      kinds,
      memorySize: iced.MemorySizeExt.size(info.memorySize),
    });
  }
  i.free();
  return all;
})();

const scratch = new iced.Instruction();
const encoder = new iced.Encoder(64);

function flagBits(bits: number): number {
  const pairs = [
    [RflagsBits.CF, CF],
    [RflagsBits.PF, PF],
    [RflagsBits.AF, AF],
    [RflagsBits.ZF, ZF],
    [RflagsBits.SF, SF],
    [RflagsBits.OF, OF],
  ] as const;
  return pairs.reduce((out, [from, to]) => bits & from ? out | to : out, 0);
}

function effectOf(i: iced.Instruction): FlagEffect {
  return {
    reads: flagBits(i.rflagsRead),
    writes: flagBits(i.rflagsWritten | i.rflagsCleared | i.rflagsSet),
    undefined: flagBits(i.rflagsUndefined),
  };
}

function putMemory(i: iced.Instruction, n: number, m: Mem): void {
  i.setOpKind(n, OpKind.Memory);
  const general = (r: number) => r < 0 ? Register.None : (m.addr32 ? Register.EAX : Register.RAX) + r;
  i.memoryBase = m.rip ? (m.addr32 ? Register.EIP : Register.RIP) : general(m.base);
  i.memoryIndex = general(m.index);
  i.memoryIndexScale = m.index < 0 ? 1 : 1 << m.scale;
  i.memoryDisplacement = BigInt(m.disp);
  const needsFour = m.wide || m.disp < -128 || m.disp > 127 || m.rip || m.base < 0;
  i.memoryDisplSize = needsFour ? (m.addr32 ? 4 : 8) : m.disp !== 0 ? 1 : 0;
  i.segmentPrefix = m.segment === 0x64 ? Register.FS : m.segment === 0x65 ? Register.GS : Register.None;
}

const byte = (s: Snippet) => {
  const r = s.data();
  return r < 4 ? Register.AL + r : r < 8 ? Register.SPL + r - 4 : Register.R8L + r - 8;
};
const vector = (s: Snippet, first: number) => first + s.rng.below(s.rng.chance(70) ? 6 : 16);

/** The register that an operand of this kind may be, or undefined for kinds without one. */
function registerFor(s: Snippet, kind: number): number | undefined {
  const name = Kind[kind]!;
  if (name.startsWith("xmm")) return vector(s, Register.XMM0);
  if (name.startsWith("ymm")) return vector(s, Register.YMM0);
  if (name.startsWith("mm_")) return Register.MM0 + s.rng.below(8);
  if (name.startsWith("r8_")) return byte(s);
  if (name.startsWith("r16_")) return Register.AX + s.data();
  if (name.startsWith("r32_")) return Register.EAX + s.data();
  if (name.startsWith("r64_")) return Register.RAX + s.data();
  return undefined;
}

const RDI = 7;
/** MASKMOVDQU stores at RDI. */
function stringOperand(s: Snippet, i: iced.Instruction, n: number): void {
  s.inputs.set(RDI, (rng) => {
    const tame = MIDDLE + rng.between(-20, 20);
    s.setAddress(rng, rng.chance(90) ? tame : rng.pick([EDGE - rng.below(12), EDGE, READ_ONLY + 64]));
  });
  i.setOpKind(n, OpKind.MemorySegRDI);
}

/** A gather: the indices are made small first, so that all addresses are mapped; three different registers. */
function addGather(s: Snippet, info: CodeInfo): void {
  const m = s.memTame(), x = s.rng.below(16), d = (x + 1 + s.rng.below(15)) & 15;
  let mask = s.rng.below(16);
  while (mask === x || mask === d) mask = s.rng.below(16);
  if (m.index >= 0) return s.addBytes([0x90]);
  const kind = Kind[info.kinds[1]!]!, i = scratch, wide = kind.includes("64");
  i.code = wide ? Code.VEX_Vpsrlq_ymm_ymm_imm8 : Code.VEX_Vpsrad_ymm_ymm_imm8;
  for (const n of [0, 1]) {
    i.setOpKind(n, OpKind.Register);
    i.setOpRegister(n, Register.YMM0 + x);
  }
  i.setOpKind(2, OpKind.Immediate8);
  i.immediate8 = wide ? 56 : 24;
  add(s, i);
  i.code = info.code;
  putMemory(i, 1, m);
  i.memoryIndex = (kind.endsWith("y") ? Register.YMM0 : Register.XMM0) + x;
  i.memoryIndexScale = 1 << s.rng.below(4);
  for (const [n, r] of [[0, d], [2, mask]] as const) {
    i.setOpKind(n, OpKind.Register);
    i.setOpRegister(n, (Kind[info.kinds[n]!]!.startsWith("ymm") ? Register.YMM0 : Register.XMM0) + r);
  }
  add(s, i);
}

/** Adds an instruction with this encoding. */
export function addCode(s: Snippet, info: CodeInfo): void {
  const i = scratch;
  if (info.kinds.some((kind) => Kind[kind]!.includes("vsib"))) return addGather(s, info);
  i.code = info.code;
  i.memoryBase = i.memoryIndex = i.segmentPrefix = Register.None;
  info.kinds.forEach((kind, n) => {
    const name = Kind[kind]!;
    const memory = name.startsWith("mem") || name.includes("_or_mem") && s.rng.chance(40);
    if (name === "seg_rDI") return stringOperand(s, i, n);
    if (memory) return putMemory(i, n, s.mem());
    const r = registerFor(s, kind);
    if (r !== undefined) {
      i.setOpKind(n, OpKind.Register);
      i.setOpRegister(n, r);
    } else if (name === "imm8") {
      i.setOpKind(n, OpKind.Immediate8);
      i.immediate8 = s.rng.below(256);
    } else throw new Error(`${info.name}: operand of kind ${name}`);
  });
  add(s, i);
}

function add(s: Snippet, i: iced.Instruction): void {
  const effect = effectOf(i);
  s.need(effect);
  encoder.encode(i, BigInt(s.here));
  s.addBytes([...encoder.takeBuffer()], effect);
}

const FLOAT = /(ps|pd|ss|sd)\d*(_|$)|cvt|comis|^V?dpp|^V?round/i;

/** A group of all encodings of some features, but those whose names match `but`. */
export function fromCodes(features: readonly string[], but?: RegExp): (s: Snippet) => void {
  const codes = features.flatMap((f) => CODES.get(f) ?? []).filter(({ name }) => !but?.test(name));
  if (codes.length === 0) throw new Error(`no encodings of ${features}`);
  return (s) => {
    const info = s.rng.pick(codes);
    if (FLOAT.test(info.mnemonic)) {
      s.lanes = /(pd|sd)\d*$|pd2|sd2|64/i.test(info.mnemonic) ? "f64" : "f32";
      s.randomRounding = true;
    }
    if (/_mm_|_mm$/.test(info.name)) s.usesX87 = s.usesMmx = true;
    addCode(s, info);
  };
}
