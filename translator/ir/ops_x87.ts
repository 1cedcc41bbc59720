// IR operations for x87 instructions with memory operands that helpers cannot do with loads into temporaries alone.

import { BOUNCE, FPU_CONTROL, RIP, STATUS_FLAGS } from "../cpu.ts";
import { EXPLICIT } from "./flags.ts";
import { op, type OpDef, writeAddress } from "./op.ts";

const STORES = new Map([
  [2, "DV.setInt16(p,$0,true);"],
  [4, "DV.setInt32(p,$0,true);"],
  [8, "DV.setInt32(p,$0,true);DV.setInt32(p+4,$1,true);"],
  [10, "DV.setInt32(p,$0,true);DV.setInt32(p+4,$1,true);DV.setInt16(p+8,$2,true);"],
]);

/** Statements of the slow path; the page (or both pages) is known to be writable. */
function slowStore(size: number, ip: string): string {
  switch (size) {
    case 2:
      return `H.write16(c,lo,hi,$0,${ip});`;
    case 4:
      return `H.write32(c,lo,hi,$0,${ip});`;
    case 8:
      return `H.write64(c,lo,hi,$0,$1,${ip});`;
    default:
      return `H.write64(c,lo,hi,$0,$1,${ip});const l=(lo+8)|0;H.write16(c,l,(hi+((l>>>0)<8?1:0))|0,$2,${ip});`;
  }
}

const BOUNCE_ADDRESS = `((c<<2)+${8 * BOUNCE})`;

/** Statements: o(c, ip) when the status word's error summary is set. */
const checkPending = (o: string, ip: string) => `if((I32[c+${2 * FPU_CONTROL + 1}]&128)!==0)${o}(c,${ip});`;

export const X87_OPS: readonly OpDef[] = [
  op("fcheck", "o", "o(c, ip) when an unmasked exception is pending", ([o], ip) => checkPending(o, ip), {
    faults: true,
  }),
  op(
    "fcomi",
    "ornnn",
    "calls o(c, n…) with RIP = r; it may raise, and leaves explicit flags",
    ([o, r, i, quiet, pops]) =>
      `I32[c+${2 * RIP}]=${r.lo};I32[c+${2 * RIP + 1}]=${r.hi};${o}(c,${i},${quiet},${pops});`,
    { faults: true, writes: STATUS_FLAGS, kind: EXPLICIT },
  ),
  op(
    "fstore",
    "ooomrxnn",
    "x bytes at m = what o(c, n, n) leaves in the third o, an array of words, if it returns true; RIP = r; second o: as in fcheck",
    ([o, pending, words, m, r, size, n1, n2], ip) => {
      const fill = (text: string) => text.replace(/\$(\d)/g, `${words}[$1]`);
      const call = `if(${o}(c,${n1},${n2}))`;
      return `I32[c+${2 * RIP}]=${r.lo};I32[c+${2 * RIP + 1}]=${r.hi};${checkPending(pending, ip)}` + m.ea +
        writeAddress(
          size,
          `${call}{${fill(STORES.get(size)!)}}`,
          `{H.probeWrite(c,lo,hi,${size},${ip});${call}{${fill(slowStore(size, ip))}}}`,
        );
    },
  ),
  op(
    "readblock",
    "omxn",
    "o(c, address of x bytes read from m, n)",
    ([o, m, size, n], ip) =>
      `${m.ea}const p=H.read(c,lo,hi,${size},${ip}),q=${BOUNCE_ADDRESS};U8.copyWithin(q,p,p+${size});${o}(c,q,${n});`,
  ),
  op(
    "writeblock",
    "omxn",
    "x bytes at m = what o(c, address, n) leaves at the address",
    ([o, m, size, n], ip) =>
      `${m.ea}H.probeWrite(c,lo,hi,${size},${ip});const q=${BOUNCE_ADDRESS};${o}(c,q,${n});` +
      `H.writeBytes(c,hi*4294967296+(lo>>>0),q,${size});`,
  ),
  op(
    "aligned",
    "om",
    "o(c, ip) when m is not a multiple of 16",
    ([o, m], ip) => `${m.ea}if((lo&15)!==0)${o}(c,${ip},hi);`,
  ),
];
