// AVX and AVX2: broadcasts, permutations across halves, blends by a register, tests, masked moves, gathers; F16C and FMA (SDM vol. 2)

import {
  CLASS_YMM,
  type Instruction,
  type Operand,
  OPERAND_IMMEDIATE,
  OPERAND_MEMORY,
} from "../decode/instruction.ts";
import type { Builder } from "../ir/builder.ts";
import { YMM } from "../cpu.ts";
import * as fma from "../sse/fma.ts";
import { maskedBytes } from "../sse/integer.ts";
import * as masked from "../sse/masked.ts";
import * as packed from "../sse/packed.ts";
import * as rounding from "../sse/rounding.ts";
import * as wideOps from "../sse/wide.ts";
import { type Family, type Lowering, refuse } from "./lowering.ts";
import { SSE_INTEGER } from "./sse_integer.ts";
import { binary, source128 } from "./sse_operands.ts";
import { finish, halfCount, source, three, two, vector } from "./vex.ts";

/** Low `size` bytes of a register, or memory, in all lanes. */
function broadcast(size: 1 | 2 | 4 | 8): Lowering {
  return (b, i) => {
    const d = vector(i.ops[0]!), s = i.ops[1]!, count = halfCount256(i);
    let v = s.slot;
    if (s.kind === OPERAND_MEMORY) {
      v = b.temp();
      b.op(size === 8 ? "ld64" : size === 4 ? "ld32" : size === 2 ? "ld16u" : "ld8u", v, s.mem);
    }
    if (size === 8) {
      b.op("mov64", d, v);
      b.op("mov64", d + 1, d);
    } else b.op(size === 4 ? "splatd" : size === 2 ? "splatw" : "splatb", d, v);
    if (count === 2) b.op("movx", d + 2, d);
    finish(b, i.ops[0]!);
  };
}
/** As the destination says. */
const halfCount256 = (i: Instruction): 1 | 2 => i.ops[0]!.class === CLASS_YMM ? 2 : 1;

function broadcast128(b: Builder, i: Instruction): void {
  const d = vector(i.ops[0]!);
  b.op("ld128", d, i.ops[1]!.mem);
  b.op("movx", d + 2, d);
}
function insert128(b: Builder, i: Instruction): void {
  const d = vector(i.ops[0]!), a = vector(i.ops[1]!), n = i.ops[3]!.lo & 1;
  let s = source(b, i.ops[2]!, 16);
  if (s === d && n === 1) {
    s = b.temp(2);
    b.op("movx", s, d);
  }
  if (n === 0) {
    b.op("movx", d, s);
    if (d !== a) b.op("movx", d + 2, a + 2);
  } else {
    if (d !== a) b.op("movx", d, a);
    b.op("movx", d + 2, s);
  }
}
function extract128(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = vector(i.ops[1]!) + 2 * (i.ops[2]!.lo & 1);
  if (d.kind === OPERAND_MEMORY) return b.op("st128", d.mem, s);
  if (d.slot !== s) b.op("movx", d.slot, s);
  finish(b, d);
}
/** Halves of the two sources chosen by an immediate. */
function permute128(b: Builder, i: Instruction): void {
  const d = vector(i.ops[0]!), a = vector(i.ops[1]!), s = source(b, i.ops[2]!, 32), n = i.ops[3]!.lo;
  const t = b.temp(4);
  for (const k of [0, 1]) {
    const x = n >> 4 * k;
    if (x & 8) b.op("zerox", t + 2 * k);
    else b.op("movx", t + 2 * k, (x & 2 ? s : a) + 2 * (x & 1));
  }
  for (const k of [0, 2]) b.op("movx", d + k, t + k);
}
/** 64-bit lanes chosen by an immediate. */
function permute64(b: Builder, i: Instruction): void {
  const d = vector(i.ops[0]!), s = source(b, i.ops[1]!, 32), n = i.ops[2]!.lo, t = b.temp(4);
  for (let k = 0; k < 4; k++) b.op("mov64", t + k, s + (n >> 2 * k & 3));
  for (const k of [0, 2]) b.op("movx", d + k, t + k);
}
function permute32(b: Builder, i: Instruction): void {
  const d = vector(i.ops[0]!), x = vector(i.ops[1]!), s = source(b, i.ops[2]!, 32);
  b.op("vecmy", wideOps.permute32, d, d + 2, x, x + 2, s, s + 2);
}
/** VPERMILPx: by an immediate, as PSHUFD would be told, or by a register. */
function permil(
  helper: (d: number, s: number) => void,
  dwords: (n: number, half: number) => number,
): Lowering {
  const byNumber = two(SSE_INTEGER["Pshufd"]!, { immediate: dwords });
  const byRegister = three(binary("vec", source128, helper));
  return (b, i) => (i.ops[2]!.kind === OPERAND_IMMEDIATE ? byNumber : byRegister)(b, i);
}

/** Lanes of s where the mask, a fourth register, has its sign set. */
function blend(helper: (d: number, s: number, mask: number) => void): Lowering {
  return three((b, i) => b.op("vecm", helper, i.ops[0]!.slot, source128(b, i.ops[1]!), i.ops[2]!.slot));
}
function test(mask: number, maskHigh: number): Lowering {
  return (b, i) => {
    const d = vector(i.ops[0]!), count = halfCount(i), s = source(b, i.ops[1]!, 16 * count);
    if (count === 1) b.op("ptest", packed.testBits, d, s, mask, maskHigh);
    else b.op("ptesty", packed.testBits, d, d + 2, s, s + 2, mask, maskHigh);
  };
}

/** Lanes widened: the upper half's begin `bytes` after the lower one's. */
function widen(helper: (d: number, s: number, n: number) => void, ratio: number): Lowering {
  return (b, i) => {
    const d = vector(i.ops[0]!), o = i.ops[1]!, count = halfCount256(i);
    const s = o.kind === OPERAND_MEMORY ? lowSource(b, o) : vector(o);
    if (count === 2) {
      const from = s === d ? b.temp(2) : s;
      if (from !== s) b.op("movx", from, s);
      b.op("vecn", helper, d + 2, from, 16 / ratio);
      b.op("vecn", helper, d, from, 0);
    } else {
      b.op("vecn", helper, d, s, 0);
      finish(b, i.ops[0]!);
    }
  };
}
/** Memory of 2 to 16 bytes as the low part of a vector. */
function lowSource(b: Builder, o: Operand): number {
  const t = b.temp(2);
  b.op(o.size === 16 ? "ld128" : o.size === 8 ? "ld64" : o.size === 4 ? "ld32" : "ld16u", t, o.mem);
  return t;
}

function maskMove(size: 4 | 8): Lowering {
  return (b, i) => {
    const store = i.ops[0]!.kind === OPERAND_MEMORY, m = vector(i.ops[1]!), r = vector(i.ops[store ? 2 : 0]!);
    const bytes = 16 * halfCount(i), o = i.ops[store ? 0 : 2]!;
    b.op("vecpages", store ? masked.maskStore : masked.maskLoad, b.ipConst, o.mem, r, m, size, bytes);
    if (!store) finish(b, i.ops[0]!);
  };
}
function gather(element: 4 | 8, index: 4 | 8): Lowering {
  return (b, i) => {
    const d = vector(i.ops[0]!), o = i.ops[1]!, m = vector(i.ops[2]!), x = o.slot;
    if (d === x || d === m || m === x) refuse();
    const whole = i.ops[0]!.class === CLASS_YMM || o.class === CLASS_YMM ? 32 : 16;
    const lanes = whole / Math.max(element, index);
    const { scale, address32, segment } = o.mem!;
    b.op(
      "vecpages",
      masked.gather,
      b.ipConst,
      address32 ? { ...o.mem!, segment: -1 } : o.mem,
      d,
      x,
      m,
      masked.packShape({ element, index, lanes, scale, narrow: address32, segment }),
    );
  };
}

/** VCVTPS2PH: eight or four halves, to memory after it is known to be writable. */
function toHalves(b: Builder, i: Instruction): void {
  const d = i.ops[0]!, s = i.ops[1]!, n = i.ops[2]!.lo & 255, t = b.temp(4);
  const wide = s.class === CLASS_YMM;
  if (d.kind === OPERAND_MEMORY) b.op("probe", d.mem, wide ? 16 : 8);
  b.op("zerox", t);
  b.op("zerox", t + 2);
  if (wide) b.op("vecfy", rounding.toHalves, t, t + 2, s.slot, s.slot + 2, n, 8);
  else b.op("vecfn", rounding.toHalves, t, s.slot, n, 4);
  if (d.kind === OPERAND_MEMORY) return wide ? b.op("st128", d.mem, t) : b.op("st64", d.mem, t);
  b.op("movx", d.slot, t);
  b.op("zerox", d.slot + 2);
}
function fromHalves(b: Builder, i: Instruction): void {
  const d = vector(i.ops[0]!), o = i.ops[1]!, t = b.temp(4);
  const s = o.kind === OPERAND_MEMORY ? lowSource(b, o) : vector(o);
  b.op("movx", t, s);
  b.op("zerox", t + 2);
  if (halfCount256(i) === 2) return b.op("vecfy", rounding.fromHalves, d, d + 2, t, t + 2, 0, 8);
  b.op("vecfn", rounding.fromHalves, d, t, 0, 4);
  finish(b, i.ops[0]!);
}

/** Operands as the digits say: multiplicand, multiplier, addend. */
const ORDERS = { 132: [0, 2, 1], 213: [1, 0, 2], 231: [1, 2, 0] } as const;
const KINDS = {
  Vfmadd: 0,
  Vfmsub: fma.SUBTRACT,
  Vfnmadd: fma.NEGATE_PRODUCT,
  Vfnmsub: fma.NEGATE_PRODUCT | fma.SUBTRACT,
  Vfmaddsub: fma.SUBTRACT_EVEN,
  Vfmsubadd: fma.SUBTRACT_ODD,
} as const;
function fused(kind: number, order: readonly number[], double: boolean, packedForm: boolean): Lowering {
  const helper = double ? fma.fma64 : fma.fma32;
  return (b, i) => {
    const count = halfCount256(i), o = i.ops[2]!, size = double ? 8 : 4;
    let third = o.slot;
    if (o.kind === OPERAND_MEMORY) {
      if (packedForm) third = source(b, o, 16 * count);
      else b.op(double ? "ld64" : "ld32", third = b.temp(2), o.mem);
    }
    const slots = [vector(i.ops[0]!), vector(i.ops[1]!), third], d = slots[0]!;
    const [x, y, z] = order.map((n) => slots[n]!) as [number, number, number];
    if (count === 2) return b.op("fmay", helper, d, d + 2, x, x + 2, y, y + 2, z, z + 2, kind, 32 / size);
    if (packedForm) b.op("fma", helper, d, x, y, z, kind, 16 / size);
    else b.op(double ? "fmasd" : "fmass", helper, d, x, y, z, kind);
    finish(b, i.ops[0]!);
  };
}
const FMA: Record<string, Lowering> = {};
for (const [name, kind] of Object.entries(KINDS)) {
  for (const [digits, order] of Object.entries(ORDERS)) {
    for (const suffix of ["ps", "pd", "ss", "sd"]) {
      const packedForm = suffix[0] === "p";
      if (!packedForm && /addsub|subadd/.test(name)) continue;
      FMA[name + digits + suffix] = fused(kind, order, suffix[1] === "d", packedForm);
    }
  }
}

function zeroAll(b: Builder): void {
  for (let i = 0; i < 16; i++) b.op("zerox", YMM + 4 * i);
  b.op("zeroupper");
}

const pair = (n: number) => (n & 1 ? 0xe : 4) | (n & 2 ? 0xe0 : 0x40);

export const AVX_PERMUTE: Family = {
  ...FMA,
  Vbroadcastss: broadcast(4),
  Vbroadcastsd: broadcast(8),
  Vbroadcastf128: broadcast128,
  Vbroadcasti128: broadcast128,
  Vpbroadcastb: broadcast(1),
  Vpbroadcastw: broadcast(2),
  Vpbroadcastd: broadcast(4),
  Vpbroadcastq: broadcast(8),
  Vinsertf128: insert128,
  Vinserti128: insert128,
  Vextractf128: extract128,
  Vextracti128: extract128,
  Vperm2f128: permute128,
  Vperm2i128: permute128,
  Vpermq: permute64,
  Vpermpd: permute64,
  Vpermd: permute32,
  Vpermps: permute32,
  Vpermilps: permil(wideOps.permil32, (n) => n),
  Vpermilpd: permil(wideOps.permil64, (n, k) => pair(n >> 2 * k)),
  Vblendvps: blend(packed.blendSigns32),
  Vblendvpd: blend(packed.blendSigns64),
  Vpblendvb: blend(maskedBytes),
  Vptest: test(-1, -1),
  Vtestps: test(-1 << 31, -1 << 31),
  Vtestpd: test(0, -1 << 31),
  Vpmovsxbw: widen(packed.signed8to16, 2),
  Vpmovsxbd: widen(packed.signed8to32, 4),
  Vpmovsxbq: widen(packed.signed8to64, 8),
  Vpmovsxwd: widen(packed.signed16to32, 2),
  Vpmovsxwq: widen(packed.signed16to64, 4),
  Vpmovsxdq: widen(packed.signed32to64, 2),
  Vpmovzxbw: widen(packed.unsigned8to16, 2),
  Vpmovzxbd: widen(packed.unsigned8to32, 4),
  Vpmovzxbq: widen(packed.unsigned8to64, 8),
  Vpmovzxwd: widen(packed.unsigned16to32, 2),
  Vpmovzxwq: widen(packed.unsigned16to64, 4),
  Vpmovzxdq: widen(packed.unsigned32to64, 2),
  Vmaskmovps: maskMove(4),
  Vmaskmovpd: maskMove(8),
  Vpmaskmovd: maskMove(4),
  Vpmaskmovq: maskMove(8),
  Vpgatherdd: gather(4, 4),
  Vpgatherdq: gather(8, 4),
  Vpgatherqd: gather(4, 8),
  Vpgatherqq: gather(8, 8),
  Vgatherdps: gather(4, 4),
  Vgatherdpd: gather(8, 4),
  Vgatherqps: gather(4, 8),
  Vgatherqpd: gather(8, 8),
  Vcvtph2ps: fromHalves,
  Vcvtps2ph: toHalves,
  Vzeroupper: (b) => b.op("zeroupper"),
  Vzeroall: zeroAll,
};
