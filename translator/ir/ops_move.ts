// IR operations that move values: between slots, to and from memory, with extension and insertion.

import {
  effectiveAddress,
  type Mem,
  op,
  type OpDef,
  readAddress,
  type Ref,
  updateAddress,
  writeAddress,
} from "./op.ts";
export { effectiveAddress, type Mem };

const moves: OpDef[] = [
  op("mov64", "dr", "d = r", ([d, r]) => `const h=${r.hi};${d.lo}=${r.lo};${d.hi}=h;`),
  op("mov32", "dr", "d = low 32 bits of r, zero-extended", ([d, r]) => `${d.lo}=${r.lo};${d.hi}=0;`),
  op(
    "sext32",
    "dr",
    "d = low 32 bits of r, sign-extended",
    ([d, r]) => `const v=${r.lo};${d.lo}=v;${d.hi}=v>>31;`,
  ),
  op(
    "ext8u",
    "drx",
    "d = byte x of r, zero-extended",
    ([d, r, x]) => `${d.lo}=${x ? `${r.lo}>>>${8 * x}&255` : `${r.lo}&255`};${d.hi}=0;`,
  ),
  op(
    "ext8s32",
    "drx",
    "d = byte x of r, sign-extended to 32 bits",
    ([d, r, x]) => `${d.lo}=${r.lo}<<${24 - 8 * x}>>24;${d.hi}=0;`,
  ),
  op(
    "ext8s64",
    "drx",
    "d = byte x of r, sign-extended to 64 bits",
    ([d, r, x]) => `const v=${r.lo}<<${24 - 8 * x}>>24;${d.lo}=v;${d.hi}=v>>31;`,
  ),
  op("ext16u", "dr", "d = low 16 bits of r", ([d, r]) => `${d.lo}=${r.lo}&65535;${d.hi}=0;`),
  op(
    "ext16s32",
    "dr",
    "d = low 16 bits of r, sign-extended to 32",
    ([d, r]) => `${d.lo}=${r.lo}<<16>>16;${d.hi}=0;`,
  ),
  op(
    "ext16s64",
    "dr",
    "d = low 16 bits of r, sign-extended to 64",
    ([d, r]) => `const v=${r.lo}<<16>>16;${d.lo}=v;${d.hi}=v>>31;`,
  ),
  op(
    "ins8",
    "drx",
    "byte x of d = low byte of r; the rest of d stays",
    ([d, r, x]) => `${d.lo}=${d.lo}&${~(255 << (8 * x))}|(${r.lo}&255)<<${8 * x};`,
  ),
  op(
    "ins16",
    "dr",
    "low 16 bits of d = those of r; the rest stays",
    ([d, r]) => `${d.lo}=${d.lo}&-65536|${r.lo}&65535;`,
  ),
  op("sign32", "dr", "d = bit 31 of r in all 32 low bits", ([d, r]) => `${d.lo}=${r.lo}>>31;${d.hi}=0;`),
  op("sign64", "dr", "d = bit 63 of r in all bits", ([d, r]) => `const v=${r.hi}>>31;${d.lo}=v;${d.hi}=v;`),
  op(
    "bswap16",
    "dr",
    "d = the two low bytes of r swapped",
    ([d, r]) => `const v=${r.lo};${d.lo}=v>>>8&255|(v&255)<<8;${d.hi}=0;`,
  ),
  op(
    "bswap32",
    "dr",
    "d = the four low bytes of r reversed",
    ([d, r]) => `const v=${r.lo};${d.lo}=v>>>24|v>>>8&65280|v<<8&16711680|v<<24;${d.hi}=0;`,
  ),
  op(
    "bswap64",
    "dr",
    "d = r with its bytes reversed",
    ([d, r]) =>
      `const v=${r.lo},w=${r.hi};${d.lo}=w>>>24|w>>>8&65280|w<<8&16711680|w<<24;` +
      `${d.hi}=v>>>24|v>>>8&65280|v<<8&16711680|v<<24;`,
  ),
  op(
    "xchg64",
    "dd",
    "d and d exchange all 64 bits",
    ([a, b]) => `const l=${a.lo},h=${a.hi};${a.lo}=${b.lo};${a.hi}=${b.hi};${b.lo}=l;${b.hi}=h;`,
  ),
];

const load = (name: string, size: number, doc: string, take: (d: Ref) => string) =>
  op(name, "dm", doc, ([d, m], ip) => m.ea + readAddress(size, ip) + take(d));

const loads: OpDef[] = [
  load("ld8u", 1, "d = byte at m, zero-extended", (d) => `${d.lo}=U8[p];${d.hi}=0;`),
  load("ld8s32", 1, "d = byte at m, sign-extended to 32 bits", (d) => `${d.lo}=I8[p];${d.hi}=0;`),
  load("ld8s64", 1, "d = byte at m, sign-extended", (d) => `const v=I8[p];${d.lo}=v;${d.hi}=v>>31;`),
  load("ld16u", 2, "d = 16 bits at m, zero-extended", (d) => `${d.lo}=DV.getUint16(p,true);${d.hi}=0;`),
  load(
    "ld16s32",
    2,
    "d = 16 bits at m, sign-extended to 32",
    (d) => `${d.lo}=DV.getInt16(p,true);${d.hi}=0;`,
  ),
  load(
    "ld16s64",
    2,
    "d = 16 bits at m, sign-extended",
    (d) => `const v=DV.getInt16(p,true);${d.lo}=v;${d.hi}=v>>31;`,
  ),
  load("ld32", 4, "d = 32 bits at m, zero-extended", (d) => `${d.lo}=DV.getInt32(p,true);${d.hi}=0;`),
  load(
    "ld32s64",
    4,
    "d = 32 bits at m, sign-extended",
    (d) => `const v=DV.getInt32(p,true);${d.lo}=v;${d.hi}=v>>31;`,
  ),
  load("ld64", 8, "d = 64 bits at m", (d) => `${d.lo}=DV.getInt32(p,true);${d.hi}=DV.getInt32(p+4,true);`),
];

const update = (size: number, take: (d: Ref) => string) =>
  op(
    `ldu${8 * size}`,
    "dm",
    "loads as ldu of this width, from a place that is written next: faults as a write",
    (
      [d, m],
      ip,
    ) => m.ea + updateAddress(size, ip) + take(d),
  );

const updates: OpDef[] = [
  update(1, (d) => `${d.lo}=U8[p];${d.hi}=0;`),
  update(2, (d) => `${d.lo}=DV.getUint16(p,true);${d.hi}=0;`),
  update(4, (d) => `${d.lo}=DV.getInt32(p,true);${d.hi}=0;`),
  update(8, (d) => `${d.lo}=DV.getInt32(p,true);${d.hi}=DV.getInt32(p+4,true);`),
];

const stores: OpDef[] = [
  op(
    "st8",
    "mr",
    "byte at m = low byte of r",
    ([m, r], ip) => m.ea + writeAddress(1, `U8[p]=${r.lo};`, `H.write8(c,lo,hi,${r.lo},${ip});`),
  ),
  op(
    "st8h",
    "mr",
    "byte at m = byte 1 of r",
    ([m, r], ip) => m.ea + writeAddress(1, `U8[p]=${r.lo}>>>8;`, `H.write8(c,lo,hi,${r.lo}>>>8,${ip});`),
  ),
  op(
    "st16",
    "mr",
    "16 bits at m = low half-word of r",
    ([m, r], ip) =>
      m.ea + writeAddress(2, `DV.setInt16(p,${r.lo},true);`, `H.write16(c,lo,hi,${r.lo},${ip});`),
  ),
  op(
    "st32",
    "mr",
    "32 bits at m = low word of r",
    ([m, r], ip) =>
      m.ea + writeAddress(4, `DV.setInt32(p,${r.lo},true);`, `H.write32(c,lo,hi,${r.lo},${ip});`),
  ),
  op(
    "st64",
    "mr",
    "64 bits at m = r",
    ([m, r], ip) =>
      m.ea + writeAddress(
        8,
        `DV.setInt32(p,${r.lo},true);DV.setInt32(p+4,${r.hi},true);`,
        `H.write64(c,lo,hi,${r.lo},${r.hi},${ip});`,
      ),
  ),
];

// PUSH and POP of 64 bits and LEA read the address computation from the operand, so they are operations of their own.
const stack: OpDef[] = [
  op(
    "push64",
    "r",
    "RSP -= 8, then 64 bits at RSP = r (r read before)",
    ([r], ip) =>
      `const s=I32[c+8],lo=(s-8)|0,hi=(I32[c+9]-((s>>>0)<8?1:0))|0;` +
      writeAddress(
        8,
        `DV.setInt32(p,${r.lo},true);DV.setInt32(p+4,${r.hi},true);`,
        `H.write64(c,lo,hi,${r.lo},${r.hi},${ip});`,
      ) + `I32[c+8]=lo;I32[c+9]=hi;`,
    { faults: true },
  ),
  op(
    "pop64",
    "d",
    "d = 64 bits at RSP; RSP += 8 (POP RSP keeps the loaded value)",
    ([d], ip) =>
      `const lo=I32[c+8],hi=I32[c+9];` + readAddress(8, ip) +
      `const n=(lo+8)|0;I32[c+8]=n;I32[c+9]=(hi+((n>>>0)<8?1:0))|0;` +
      `${d.lo}=DV.getInt32(p,true);${d.hi}=DV.getInt32(p+4,true);`,
    { faults: true },
  ),
  op("lea64", "dm", "d = effective address", ([d, m]) => `${m.ea}${d.lo}=lo;${d.hi}=hi;`, { faults: false }),
  op("lea32", "dm", "d = low 32 bits of the effective address", ([d, m]) => `${m.ea}${d.lo}=lo;${d.hi}=0;`, {
    faults: false,
  }),
  op(
    "probe",
    "mx",
    "makes x bytes at m writable or faults (before a read-modify-write commits anything)",
    ([m, x], ip) => m.ea + writeAddress(x, "", `H.probeWrite(c,lo,hi,${x},${ip});`),
  ),
];

export const MOVE_OPS: readonly OpDef[] = [...moves, ...loads, ...updates, ...stores, ...stack];
