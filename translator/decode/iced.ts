// The only user of iced-x86: guest bytes to Instruction records. The package is given by whoever loads it (useIced): it takes longer to load than all of
// the translator, and is not needed where all translations were kept.

import type * as Iced from "iced-x86";
import { FS_BASE, GS_BASE, RBP, RDI, RSI, RSP, xmmSlot } from "../cpu.ts";
import type { Level } from "../cpuid.ts";
import type { Mem } from "../ir/op.ts";
import { levelOfCode } from "./level.ts";
import {
  CLASS_GPR,
  CLASS_MMX,
  CLASS_OTHER,
  CLASS_SEGMENT,
  CLASS_ST,
  CLASS_XMM,
  CLASS_YMM,
  type Instruction,
  type Operand,
  OPERAND_BRANCH,
  OPERAND_IMMEDIATE,
  OPERAND_MEMORY,
  OPERAND_REGISTER,
} from "./instruction.ts";

/** iced-x86 as a module. */
export type IcedPackage = typeof Iced;

let iced: IcedPackage;
let Register: IcedPackage["Register"], OpKind: IcedPackage["OpKind"];
/** The one object that every decode writes to. */
let scratch: Iced.Instruction;
/** Instructions whose operand size shows only in what they do to RSP. */
let STACK: Set<number>;
/** By iced Register value. */
const REGISTERS: Operand[] = [];

/** Must be called before anything else here. */
export function useIced(module: IcedPackage): void {
  if (iced !== undefined) return;
  iced = module;
  ({ Register, OpKind } = iced);
  const { Mnemonic: M } = iced;
  scratch = new iced.Instruction();
  STACK = new Set([
    M.Push,
    M.Pop,
    M.Ret,
    M.Leave,
    M.Enter,
    M.Call,
    M.Pushf,
    M.Pushfq,
    M.Popf,
    M.Popfq,
    M.Retf,
  ]);
  nameRegisters();
}

/** Level of x86-64 that an instruction belongs to, by its Code value. */
export function levelOf(code: number): Level {
  return levelOfCode(iced, code);
}

/** Names of iced-x86's mnemonics, for tables that are keyed by name. */
export function mnemonics(): Record<string, number> {
  return iced.Mnemonic as unknown as Record<string, number>;
}

function register(cls: number, number: number, size: number, slot: number, high = false): Operand {
  return {
    kind: OPERAND_REGISTER,
    size,
    class: cls,
    number,
    slot,
    high,
    lo: 0,
    hi: 0,
    mem: undefined,
    target: 0,
  };
}
function immediate(lo: number, hi: number, size: number): Operand {
  return {
    kind: OPERAND_IMMEDIATE,
    size,
    class: CLASS_OTHER,
    number: -1,
    slot: -1,
    high: false,
    lo,
    hi,
    mem: undefined,
    target: 0,
  };
}
function memoryOperand(size: number, mem: Mem): Operand {
  return {
    kind: OPERAND_MEMORY,
    size,
    class: CLASS_OTHER,
    number: -1,
    slot: -1,
    high: false,
    lo: 0,
    hi: 0,
    mem,
    target: 0,
  };
}
function branch(target: number): Operand {
  return {
    kind: OPERAND_BRANCH,
    size: 0,
    class: CLASS_OTHER,
    number: -1,
    slot: -1,
    high: false,
    lo: 0,
    hi: 0,
    mem: undefined,
    target,
  };
}

function nameRegisters(): void {
  for (let i = 0; i < 16; i++) {
    // iced's order: AL CL DL BL AH CH DH BH SPL BPL SIL DIL R8L …
    REGISTERS[Register.AL + (i < 4 ? i : i + 4)] = register(CLASS_GPR, i, 1, i);
    if (i < 4) REGISTERS[Register.AH + i] = register(CLASS_GPR, i, 1, i, true);
    REGISTERS[Register.AX + i] = register(CLASS_GPR, i, 2, i);
    REGISTERS[Register.EAX + i] = register(CLASS_GPR, i, 4, i);
    REGISTERS[Register.RAX + i] = register(CLASS_GPR, i, 8, i);
    REGISTERS[Register.XMM0 + i] = register(CLASS_XMM, i, 16, xmmSlot(i));
    REGISTERS[Register.YMM0 + i] = register(CLASS_YMM, i, 32, xmmSlot(i));
    if (i < 8) {
      REGISTERS[Register.MM0 + i] = register(CLASS_MMX, i, 8, -1);
      REGISTERS[Register.ST0 + i] = register(CLASS_ST, i, 10, -1);
    }
    if (i < 6) REGISTERS[Register.ES + i] = register(CLASS_SEGMENT, i, 2, -1);
  }
}
const OTHER_REGISTER = register(CLASS_OTHER, -1, 8, -1);

function segmentOf(segment: number): number {
  return segment === Register.FS ? FS_BASE : segment === Register.GS ? GS_BASE : -1;
}

function stringMemory(i: Iced.Instruction, slot: number, address32: boolean, segment: number): Operand {
  const mem: Mem = { base: slot, index: -1, scale: 0, dispLo: 0, dispHi: 0, segment, address32 };
  return memoryOperand(memorySize(i), mem);
}

const sizes: number[] = [];
function memorySize(i: Iced.Instruction): number {
  const s = i.memorySize;
  return sizes[s] ??= iced.MemorySizeExt.size(s);
}

function memory(i: Iced.Instruction): Operand {
  const base = i.memoryBase, index = i.memoryIndex;
  const segment = segmentOf(i.memorySegment);
  const displacement = i.memoryDisplacement;
  const lo = Number(BigInt.asIntN(32, displacement)), hi = Number(BigInt.asIntN(32, displacement >> 32n));
  const b = REGISTERS[base], x = REGISTERS[index];
  const ipRelative = base === Register.RIP || base === Register.EIP;
  const address32 = base === Register.EIP || b?.size === 4 || x?.size === 4 ||
    (base === Register.None && index === Register.None && i.memoryDisplSize === 4);
  const lanes = x !== undefined && x.class !== CLASS_GPR;
  const mem: Mem = {
    base: ipRelative || base === Register.None ? -1 : b!.slot,
    index: index === Register.None || lanes ? -1 : x!.slot,
    scale: index === Register.None ? 0 : 31 - Math.clz32(i.memoryIndexScale),
    dispLo: lo,
    dispHi: address32 ? 0 : hi,
    segment,
    address32,
  };
  const o = memoryOperand(memorySize(i), mem);
  return lanes ? { ...o, class: x.class, slot: x.slot } : o;
}

function operand(i: Iced.Instruction, n: number): Operand {
  const kind = i.opKind(n);
  switch (kind) {
    case OpKind.Register:
      return REGISTERS[i.opRegister(n)] ?? OTHER_REGISTER;
    case OpKind.NearBranch16:
    case OpKind.NearBranch32:
    case OpKind.NearBranch64:
      // As a number that holds it: an address of the upper half is negative.
      return branch(Number(BigInt.asIntN(64, i.nearBranchTarget)));
    case OpKind.Memory:
      return memory(i);
    case OpKind.Immediate8:
      return immediate(i.immediate8, 0, 1);
    case OpKind.Immediate8_2nd:
      return immediate(i.immediate8_2nd, 0, 1);
    case OpKind.Immediate16:
      return immediate(i.immediate16, 0, 2);
    case OpKind.Immediate32:
      return immediate(i.immediate32 | 0, 0, 4);
    case OpKind.Immediate64: {
      const v = i.immediate64;
      return immediate(Number(BigInt.asIntN(32, v)), Number(BigInt.asIntN(32, v >> 32n)), 8);
    }
    case OpKind.Immediate8to16:
    case OpKind.Immediate8to32:
    case OpKind.Immediate8to64: {
      const v = i.immediate8 << 24 >> 24;
      return immediate(v, v >> 31, 1);
    }
    case OpKind.Immediate32to64: {
      const v = i.immediate32 | 0;
      return immediate(v, v >> 31, 4);
    }
    case OpKind.MemorySegSI:
    case OpKind.MemorySegESI:
    case OpKind.MemorySegRSI:
      return stringMemory(i, RSI, kind !== OpKind.MemorySegRSI, segmentOf(i.memorySegment));
    case OpKind.MemorySegDI:
    case OpKind.MemorySegEDI:
    case OpKind.MemorySegRDI:
      return stringMemory(i, RDI, kind !== OpKind.MemorySegRDI, segmentOf(i.memorySegment));
    case OpKind.MemoryESDI:
    case OpKind.MemoryESEDI:
    case OpKind.MemoryESRDI:
      return stringMemory(i, RDI, kind !== OpKind.MemoryESRDI, -1);
    default:
      return immediate(0, 0, 0);
  }
}

/** What depends on the Code value alone (each property is a call into wasm). */
interface CodeInfo {
  readonly mnemonic: number;
  readonly count: number;
  /** An instruction, and not one of those that share mnemonics with VEX's but mean more (EVEX). */
  readonly valid: boolean;
}
const codes: CodeInfo[] = [];

const PREFIX_REP = 1, PREFIX_REPNE = 2, PREFIX_LOCK = 4, PREFIX_OPERAND = 8, PREFIX_ADDRESS = 16;
/** Legacy prefixes before the opcode: looked up in the bytes, cheaper than asking. */
function prefixes(bytes: Uint8Array, at: number): number {
  const start = at;
  let found = 0;
  for (;; at++) {
    switch (bytes[at]) {
      case 0xf3:
        found = found & ~PREFIX_REPNE | PREFIX_REP;
        break;
      case 0xf2:
        found = found & ~PREFIX_REP | PREFIX_REPNE;
        break;
      case 0xf0:
        found |= PREFIX_LOCK;
        break;
      case 0x66:
        found |= PREFIX_OPERAND;
        break;
      case 0x67:
        found |= PREFIX_ADDRESS;
        break;
      case 0x64:
      case 0x65:
      case 0x2e:
      case 0x36:
      case 0x3e:
      case 0x26:
        break;
      default:
        // REX that does not stand before the opcode means nothing, but does not end the prefixes. There, its W goes before 66.
        if ((bytes[at]! & 0xf0) === 0x40) break;
        return (bytes[at - 1]! & 0xf8) === 0x48 && at > start ? found & ~PREFIX_OPERAND : found;
    }
  }
}

/** Bytes that an instruction may have (SDM vol. 2, 2.3.11). */
const LONGEST = 15;

/** Whether what is too long would be an instruction without the prefixes that it has more than once. */
function isLonger(bytes: Uint8Array): boolean {
  const once = new Set<number>();
  let at = 0;
  for (; isPrefix(bytes[at]!) || isRex(bytes[at]!) && isPrefix(bytes[at + 1]!); at++) {
    if (!isRex(bytes[at]!)) once.add(bytes[at]!);
  }
  const decoder = new iced.Decoder(
    64,
    Uint8Array.of(...once, ...bytes.subarray(at)),
    iced.DecoderOptions.None,
  );
  const i = decoder.decode();
  const found = i.code !== iced.Code.INVALID && i.length + at - once.size > LONGEST;
  i.free();
  decoder.free();
  return found;
}
function isRex(byte: number): boolean {
  return (byte & 0xf0) === 0x40;
}
function isPrefix(byte: number): boolean {
  return byte >= 0x64 && byte <= 0x67 || byte === 0xf0 || byte >= 0xf2 && byte <= 0xf3 ||
    (byte & 0xe7) === 0x26;
}

/** Reads instructions one after another from a piece of guest code. */
export class CodeReader {
  readonly #decoder: Iced.Decoder;
  readonly #bytes: Uint8Array;
  readonly #address: number;
  #at = 0;

  /** `bytes` is what lies at guest address `address`. */
  constructor(bytes: Uint8Array, address: number) {
    this.#decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
    this.#decoder.ip = BigInt(address);
    this.#bytes = bytes;
    this.#address = address;
  }

  /** The next instruction; `undefined` when the bytes end inside it. `valid` is false for what is no instruction. */
  next(): Instruction | undefined {
    const i = scratch;
    this.#decoder.decodeOut(i);
    const code = i.code;
    if (code === iced.Code.INVALID && this.#decoder.lastError === iced.DecoderError.NoMoreBytes) {
      return undefined;
    }
    const info = codes[code] ??= {
      mnemonic: i.mnemonic,
      count: i.opCount,
      valid: code !== iced.Code.INVALID && i.encoding <= iced.EncodingKind.VEX,
    };
    const ops: Operand[] = [];
    for (let n = 0; n < info.count; n++) ops.push(operand(i, n));
    const found = prefixes(this.#bytes, this.#at);
    const at = this.#at, ip = this.#address + at;
    this.#at += i.length;
    return {
      ip,
      next: this.#address + this.#at,
      mnemonic: info.mnemonic,
      code,
      ops,
      rep: (found & PREFIX_REP) !== 0,
      repne: (found & PREFIX_REPNE) !== 0,
      lock: (found & PREFIX_LOCK) !== 0,
      operand16: (found & PREFIX_OPERAND) !== 0,
      address32: (found & PREFIX_ADDRESS) !== 0,
      stackIncrement: STACK.has(info.mnemonic) ? i.stackPointerIncrement : 0,
      valid: info.valid,
      tooLong: code === iced.Code.INVALID && this.#at - at >= LONGEST && isLonger(this.#bytes.subarray(at)),
    };
  }

  free(): void {
    this.#decoder.free();
  }
}

/** Text of the instruction at the start of `bytes` (Intel syntax), for messages and dumps. */
export function disassemble(bytes: Uint8Array, address: number): string {
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  decoder.ip = BigInt(address);
  const i = decoder.decode();
  const text = i.toString();
  i.free();
  decoder.free();
  return text;
}

/** Whether the instruction at the start of `bytes` reaches memory through SS; undefined when the bytes end inside it. */
export function usesStackSegment(bytes: Uint8Array, address: number, badStack: boolean): boolean | undefined {
  const decoder = new iced.Decoder(64, bytes, iced.DecoderOptions.None);
  decoder.ip = BigInt(address);
  const i = decoder.decode();
  const whole = i.code !== iced.Code.INVALID || decoder.lastError !== iced.DecoderError.NoMoreBytes;
  let memory = false, stack = false;
  for (let n = 0; n < i.opCount; n++) {
    if (i.opKind(n) !== OpKind.Memory) continue;
    memory = true;
    // FS and GS override; the other segment prefixes mean nothing in 64-bit mode.
    const base = REGISTERS[i.memoryBase]?.slot;
    stack ||= (base === RSP || base === RBP) && segmentOf(i.memorySegment) < 0;
  }
  stack ||= (!memory || badStack) && (i.isStackInstruction || i.mnemonic === iced.Mnemonic.Leave);
  i.free();
  decoder.free();
  return whole ? stack : undefined;
}
