// What an IR operation is, and the vocabulary its JavaScript template is written in.
//
// The IR is three-address code over the slots of a CPU state (registers and temporaries, translator/cpu.ts). Each operation
// is declared once (ops_*.ts): kinds of its arguments, what it does to flags, whether it can fault, and its
// JavaScript as a template. From the template come a handler (js/handlers.ts) and source text (js/source.ts).
// 64-bit values are pairs of int32 there: unlike BigInt they cost the same in every tier of V8 and never allocate.

import { FS_BASE, GS_BASE, TLB, XTLB_ENTRIES, XTLB_ENTRY_WORDS } from "../cpu.ts";
import { TLB_ADDEND, TLB_ENTRIES, TLB_ENTRY_WORDS, TLB_WRITE } from "../cpu.ts";

/** A 64-bit constant as two int32 halves. */
export interface Const {
  readonly lo: number;
  readonly hi: number;
}
/** A value that an operation reads: a slot of the CPU state (a number) or a constant. */
export type Value = number | Const;

/** A memory operand: segment + base + (index << scale) + disp. Slots, -1 where absent; `segment` is FS_BASE, GS_BASE or -1. */
export interface Mem {
  readonly base: number;
  readonly index: number;
  readonly scale: number;
  readonly dispLo: number;
  readonly dispHi: number;
  readonly segment: number;
  /** 32-bit address size: the sum (before the segment base) is cut to 32 bits. */
  readonly address32: boolean;
}

/** What lies `disp` bytes behind where register `base` points. */
export function atRegister(base: number, disp: number): Mem {
  return {
    base,
    index: -1,
    scale: 0,
    dispLo: disp,
    dispHi: disp < 0 ? -1 : 0,
    segment: -1,
    address32: false,
  };
}

/**
 * Argument kinds: `d` slot written (all 64 bits, or as the operation says), `r` value read, `m` memory operand, `n` number known at translation
 * (int32), `x` number that is part of the template (-1 to 1022), `o` any object with a name (helper function), `l` link.
 * An operation that can fault gets the address of its instruction in addition.
 */
export type ArgKind = "d" | "r" | "m" | "n" | "x" | "o" | "l";
export type Arg = Value | Mem | unknown;

/** How a template names a slot or constant. */
export interface Ref {
  /** Low and high int32, assignable where the argument is a slot. */
  readonly lo: string;
  readonly hi: string;
  /** int32 number `i` from the slot's start (vectors). */
  word(i: number): string;
  /** Byte `i` as an element of U8; `short(i)` 16-bit unit i of U16. */
  byte(i: number): string;
  short(i: number): string;
  /** 64-bit lane `i` as double, 32-bit lane `i` as float. */
  f64(i: number): string;
  f32(i: number): string;
  /** 64-bit lane as BigInt (I64). Slow outside optimised code. */
  i64(i: number): string;
  /** The low half is this constant, if it is one. */
  readonly constant: Const | undefined;
  /** Physical byte address of the slot. */
  readonly address: string;
}

/** What a template sees of its arguments, in order. */
export interface MemRef {
  /** Statements that define `const lo, hi` (the effective address). */
  readonly ea: string;
}

export interface OpDef {
  readonly name: string;
  /** Argument kinds, one letter each. */
  readonly args: string;
  readonly doc: string;
  /** JavaScript statements. `t` are the arguments: Ref for d/r, MemRef for m, expression text for n, number for x, name for o and l. */
  readonly js: (t: any[], ip: string) => string;
  /** Status flags it may read / certainly replaces. */
  readonly reads: number;
  readonly writes: number;
  /** Can raise a fault (then flags and registers must be precise before it). */
  readonly faults: boolean;
  /** Kind of lazy flags it leaves (flags.ts); -1: not known at translation; undefined: leaves flags alone. */
  readonly kind: number | undefined;
  /** Bits that it adds to the kind (carryKind), given its arguments. */
  readonly carry: ((args: any[]) => number) | undefined;
  /** The operation to use when the flags it writes are dead; "" when it can be left out altogether. */
  readonly plain: string | undefined;
  /** Index of its `x` argument that holds the kind of the flags it reads (filled in by passes/flags.ts), or -1. */
  readonly kindArg: number;
  /** Ends a block: its JavaScript returns the next Block or null. */
  readonly ends: boolean;
}

/** Declares an operation; defaults: pure, keeps flags. */
export function op(
  name: string,
  args: string,
  doc: string,
  js: (t: any[], ip: string) => string,
  more: Partial<OpDef> = {},
): OpDef {
  return {
    name,
    args,
    doc,
    js,
    reads: 0,
    writes: 0,
    faults: args.includes("m"),
    kind: undefined,
    carry: undefined,
    plain: undefined,
    kindArg: -1,
    ends: false,
    ...more,
  };
}

/** The words of the CPU state are `I32[c + offset]`; `k` is a literal offset or the name of a variable that holds it. */
export function slotRef(k: number | string): Ref {
  const word = (i: number) =>
    typeof k === "number" ? `I32[c+${k + i}]` : i === 0 ? `I32[c+${k}]` : `I32[c+${k}+${i}]`;
  const address = `(c+${k}<<2)`;
  const lane = (view: string, i: number) => `${view}[(c+${k}>>1)${i ? `+${i}` : ""}]`;
  return {
    lo: word(0),
    hi: word(1),
    word,
    byte: (i) => `U8[${address}+${i}]`,
    short: (i) => `U16[(c+${k}<<1)+${i}]`,
    f64: (i) => lane("F64", i),
    f32: (i) => `F32[c+${k}+${i}]`,
    i64: (i) => lane("I64", i),
    constant: undefined,
    address,
  };
}

export function constRef(lo: string, hi: string, constant: Const | undefined): Ref {
  const no = () => {
    throw new Error("a constant has no lanes");
  };
  return {
    lo,
    hi,
    word: (i) => i === 0 ? lo : i === 1 ? hi : no(),
    byte: no,
    short: no,
    f64: no,
    f32: no,
    i64: (i) => i === 0 ? `(BigInt(${hi})<<32n|BigInt(${lo}>>>0))` : no(),
    constant,
    get address(): string {
      return no();
    },
  };
}

/** Statements defining `lo` and `hi` for a memory operand whose parts have these names or literals. */
export function effectiveAddress(
  m: Mem,
  base: string,
  index: string,
  dispLo: string,
  dispHi: string,
): string {
  const slot = (k: string, high: boolean) => high ? `I32[c+${k}+1]` : `I32[c+${k}]`;
  const hasDisp = m.dispLo !== 0 || m.dispHi !== 0;
  const segment = m.segment < 0 ? "" : `I32[c+${2 * m.segment}]`;
  const segmentHi = `I32[c+${2 * m.segment + 1}]`;
  // Terms as [low, high] pairs, summed with carries.
  const terms: [string, string][] = [];
  let out = "";
  if (m.base >= 0) terms.push([slot(base, false), slot(base, true)]);
  if (m.index >= 0) {
    out += `const xl=${slot(index, false)},xh=${slot(index, true)};`;
    terms.push(m.scale === 0 ? ["xl", "xh"] : [`(xl<<${m.scale})`, `(xh<<${m.scale}|xl>>>${32 - m.scale})`]);
  }
  if (hasDisp || terms.length === 0) terms.push([dispLo, dispHi]);
  if (m.address32) {
    const sum = terms.map(([lo]) => lo).join("+");
    if (m.segment < 0) return out + `const lo=(${sum})|0,hi=0;`;
    return out + `const t0=(${sum})|0,lo=(t0+${segment})|0,hi=(${segmentHi}+((lo>>>0)<(t0>>>0)?1:0))|0;`;
  }
  if (m.segment >= 0) terms.push([segment, segmentHi]);
  if (terms.length === 1) return out + `const lo=${terms[0]![0]},hi=${terms[0]![1]};`;
  let [low, high] = terms[0]!;
  out += `const a0=${low};`;
  low = "a0";
  for (let i = 1; i < terms.length; i++) {
    const last = i === terms.length - 1;
    const name = last ? "lo" : `a${i}`;
    out += `const ${name}=(${low}+${terms[i]![0]})|0;`;
    high = `${high}+${terms[i]![1]}+((${name}>>>0)<(${low}>>>0)?1:0)`;
    low = name;
  }
  return out + `const hi=(${high})|0;`;
}

const TLB_WORD = 2 * TLB;
const ENTRY_SHIFT = 12 - Math.log2(TLB_ENTRY_WORDS);
const ENTRY_MASK = (TLB_ENTRIES - 1) * TLB_ENTRY_WORDS;

/** Statements that define `p`, the physical address to read `size` bytes from, for the address in `lo`, `hi`. */
export function readAddress(size: number, ip: string): string {
  const end = size === 1 ? "lo" : `lo+${size - 1}`;
  return `const e=I32[c+${TLB_WORD}]+(lo>>>${ENTRY_SHIFT}&${ENTRY_MASK});` +
    `const p=I32[e]===(${end}&-4096)&&I32[e+1]===hi?(lo+I32[e+${TLB_ADDEND}])|0:H.read(c,lo,hi,${size},${ip});`;
}

/** The same for a location that is about to be written: it must be writable before anything happens. */
export function updateAddress(size: number, ip: string): string {
  return `let p;` + writeAddress(
    size,
    "",
    `{H.probeWrite(c,lo,hi,${size},${ip});p=H.read(c,lo,hi,${size},${ip});}`,
  ).replace("const p=", "p=");
}

/** Statements that store: `fast` uses `p`; `slow` is the call when the TLB misses. */
export function writeAddress(size: number, fast: string, slow: string): string {
  const end = size === 1 ? "lo" : `lo+${size - 1}`;
  return `const e=I32[c+${TLB_WORD}]+(lo>>>${ENTRY_SHIFT}&${ENTRY_MASK});` +
    `if(I32[e+${TLB_WRITE}]===(${end}&-4096)&&I32[e+${TLB_WRITE + 1}]===hi){` +
    `const p=(lo+I32[e+${TLB_ADDEND}])|0;${fast}}else ${slow}`;
}

const XTLB_SHIFT = 12 - Math.log2(XTLB_ENTRY_WORDS);
const XTLB_MASK = (XTLB_ENTRIES - 1) * XTLB_ENTRY_WORDS;
/** Expression: index of the exec TLB entry for an address with this low word. */
export function execEntry(lo: string): string {
  return `I32[c+${TLB_WORD + 1}]+(${lo}>>>${XTLB_SHIFT}&${XTLB_MASK})`;
}

export const SEGMENTS: Readonly<Record<number, string>> = { [FS_BASE]: "fs", [GS_BASE]: "gs" };
