// deno run -A docs/instructions.ts
//
// Writes docs/instructions.md: how many of iced-x86's encodings of 64-bit mode the translator knows, by CPUID feature. Each encoding is made
// with registers and with memory and given to the translator, which says what it refuses.

import * as iced from "iced-x86";
import { createExecutor } from "../translator/dispatch.ts";
import { FlatMemory } from "../tests/isa/flat_memory.ts";

const { Code, CodeExt, CpuidFeature, Mnemonic, OpCodeOperandKind: Kind, OpKind, Register } = iced;

export const TARGET: URL = new URL("./instructions.md", import.meta.url);
const ADDRESS = 0x40_0000;

/** The first register of an operand's kind, plus how many are spoken for. */
const REGISTERS: readonly (readonly [RegExp, number])[] = [
  [/^r8_/, Register.CL],
  [/^r16_/, Register.CX],
  [/^r32_/, Register.ECX],
  [/^r64_/, Register.RCX],
  [/^mm_/, Register.MM1],
  [/^xmm/, Register.XMM1],
  [/^ymm/, Register.YMM1],
  [/^zmm/, Register.ZMM1],
  [/^k/, Register.K1],
  [/^seg_reg/, Register.DS],
  [/^cr_/, Register.CR0],
  [/^dr_/, Register.DR0],
  [/^tr_/, Register.TR0],
  [/^bnd_/, Register.BND0],
  [/^tmm_/, Register.TMM0],
  [/^sti_/, Register.ST1],
];
const FIXED: Readonly<Record<string, number>> = {
  al: Register.AL,
  cl: Register.CL,
  ax: Register.AX,
  dx: Register.DX,
  eax: Register.EAX,
  rax: Register.RAX,
  st0: Register.ST0,
  es: Register.ES,
  cs: Register.CS,
  ss: Register.SS,
  ds: Register.DS,
  fs: Register.FS,
  gs: Register.GS,
};
const IMMEDIATES: Readonly<Record<string, number>> = {
  imm8: OpKind.Immediate8,
  imm8_const_1: OpKind.Immediate8,
  imm4_m2z: OpKind.Immediate8,
  imm8sex16: OpKind.Immediate8to16,
  imm8sex32: OpKind.Immediate8to32,
  imm8sex64: OpKind.Immediate8to64,
  imm16: OpKind.Immediate16,
  imm32: OpKind.Immediate32,
  imm32sex64: OpKind.Immediate32to64,
  imm64: OpKind.Immediate64,
};
const STRINGS: Readonly<Record<string, number>> = {
  seg_rSI: OpKind.MemorySegRSI,
  es_rDI: OpKind.MemoryESRDI,
  seg_rDI: OpKind.MemorySegRDI,
};

/** Sets operand `n`; false where this form is none. */
function operand(i: iced.Instruction, n: number, kind: string, memory: boolean): boolean {
  if (kind.startsWith("mem") || memory && /_or_mem/.test(kind) || kind === "sibmem") {
    i.setOpKind(n, OpKind.Memory);
    i.memoryBase = Register.RBX;
    i.memoryIndex = kind.includes("vsib")
      ? (kind.endsWith("y") ? Register.YMM6 : Register.XMM6)
      : Register.None;
    if (kind === "sibmem") i.memoryIndex = Register.RSI;
    return true;
  }
  if (kind in FIXED) {
    i.setOpKind(n, OpKind.Register);
    i.setOpRegister(n, FIXED[kind]!);
    return true;
  }
  if (kind in IMMEDIATES) {
    i.setOpKind(n, IMMEDIATES[kind]!);
    if (kind === "imm64") i.immediate64 = 1n;
    else if (/^imm(16|32)/.test(kind)) i.immediate32 = 1;
    else i.immediate8 = 1;
    return true;
  }
  if (kind in STRINGS) {
    i.setOpKind(n, STRINGS[kind]!);
    return true;
  }
  if (/^br(64)_/.test(kind)) {
    i.setOpKind(n, OpKind.NearBranch64);
    i.nearBranch64 = BigInt(ADDRESS + 64);
    return true;
  }
  const [, register] = REGISTERS.find(([pattern]) => pattern.test(kind)) ?? [];
  if (register === undefined) return false;
  i.setOpKind(n, OpKind.Register);
  // Gathers want three different ones.
  i.setOpRegister(n, register + (/seg_reg|cr_|dr_|tr_|bnd_/.test(kind) ? 0 : n));
  return true;
}

/** Bytes of an encoding with registers, or with memory, where it can be had. */
function encode(encoder: iced.Encoder, code: number, memory: boolean): Uint8Array | undefined {
  const i = new iced.Instruction(), info = CodeExt.opCode(code);
  try {
    i.code = code;
    i.memoryBase = i.memoryIndex = Register.None;
    for (let n = 0; n < info.opCount; n++) {
      if (!operand(i, n, Kind[info.opKind(n)]!, memory)) return undefined;
    }
    encoder.encode(i, BigInt(ADDRESS));
    return encoder.takeBuffer();
  } catch {
    encoder.takeBuffer();
    return undefined; // not in this form
  } finally {
    i.free();
  }
}

interface Feature {
  count: number;
  covered: number;
  /** Mnemonics with encodings that the translator does not know. */
  readonly missing: Set<string>;
}

async function survey(): Promise<Map<string, Feature>> {
  const memory = new FlatMemory(), { translator } = await createExecutor(memory, { tier: "closure" });
  const code = new Uint8Array(4096).fill(0x90);
  memory.map({ address: ADDRESS, bytes: code, size: 4096, write: true, execute: true });
  const { U8 } = await import("../translator/ram.ts");
  const physical = memory.physical(ADDRESS);
  let refused = false;
  translator.onRefused = () => refused = true;
  const encoder = new iced.Encoder(64), i = new iced.Instruction();
  const features = new Map<string, Feature>();
  for (const [name, value] of Object.entries(Code)) {
    if (typeof value !== "number" || value === Code.INVALID) continue;
    const info = CodeExt.opCode(value);
    // Pseudo-instructions (DB), and what only other processors decode so.
    if (!info.mode64 || !info.isInstruction || info.fwait) continue;
    const forms = [false, true].map((form) => encode(encoder, value, form)).filter((bytes) =>
      bytes !== undefined
    );
    if (forms.length === 0) continue;
    i.code = value;
    const feature = [...i.cpuidFeatures()].map((f) => CpuidFeature[f]).join(" + ");
    const entry = features.get(feature) ?? { count: 0, covered: 0, missing: new Set<string>() };
    features.set(feature, entry);
    entry.count++;
    const known = forms.every((bytes) => {
      refused = false;
      U8.fill(0x90, physical, physical + 64);
      U8.set(bytes!, physical);
      translator.lower(ADDRESS, physical, () => 0, true);
      return !refused;
    });
    if (known) entry.covered++;
    else entry.missing.add(Mnemonic[info.mnemonic]!.toUpperCase());
    void name;
  }
  return features;
}

function page(features: Map<string, Feature>): string {
  const rows = [...features].sort(([a], [b]) => a < b ? -1 : 1);
  const known = rows.filter(([, { covered }]) => covered > 0);
  const none = rows.filter(([, { covered }]) => covered === 0);
  const sum = (list: typeof rows, of: "count" | "covered") => list.reduce((n, [, f]) => n + f[of], 0);
  const list = (missing: Set<string>) => [...missing].sort().join(" ");
  const width = Math.max(...known.map(([name]) => name.length), 12);
  return [
    "# Instructions",
    "",
    "What of x86-64 the translator knows: encodings in 64-bit mode as iced-x86 lists them (its `Code` values), by the",
    "CPUID feature that they belong to. Made by `deno run -A docs/instructions.ts`. An instruction that is not known",
    "is `#UD`, SIGILL to the guest, as on a processor without the feature; privileged ones are known by their `#GP`.",
    "What is known is compared with the machine's CPU by the tests in [tests/isa](../tests/isa).",
    "",
    `| ${"Feature".padEnd(width)} | Encodings | Known | Not known |`,
    `| ${"-".repeat(width)} | --------: | ----: | --------- |`,
    ...known.map(([name, { count, covered, missing }]) =>
      `| ${name.padEnd(width)} | ${String(count).padStart(9)} | ${String(covered).padStart(5)} | ${
        list(missing) || "–"
      } |`
    ),
    `| ${"Together".padEnd(width)} | ${String(sum(known, "count")).padStart(9)} | ${
      String(sum(known, "covered")).padStart(5)
    } | |`,
    "",
    `Nothing is known of these (${sum(none, "count")} encodings): ${
      none.map(([name, { count }]) => `${name} (${count})`).join(", ")
    }.`,
    "",
  ].join("\n");
}

/** The page's text. */
export async function instructionsPage(): Promise<string> {
  return page(await survey());
}

if (import.meta.main) Deno.writeTextFileSync(TARGET, await instructionsPage());
