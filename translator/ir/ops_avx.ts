// IR operations on 256-bit registers and memory, and of SSE4.
//
// A 256-bit register is two 128-bit ones, which lie next to each other: operations name the halves, so that whoever follows
// what registers an operation uses need not know of anything wider; their JavaScript uses the first one's address for all 32 bytes.

import { FLAG_B, FLAGS, RIP, STATUS_FLAGS, YMM } from "../cpu.ts";
import { EXPLICIT } from "./flags.ts";
import { op, type OpDef, readAddress, type Ref, writeAddress } from "./op.ts";

const eight = [0, 1, 2, 3, 4, 5, 6, 7];
/** Statements that raise #GP through helper `o` when the address is not a multiple of 32. */
const aligned = (o: string, ip: string) => `if((lo&31)!==0)${o}(c,${ip});`;
const take = (d: Ref) => eight.map((i) => `${d.word(i)}=DV.getInt32(p+${4 * i},true);`).join("");
const put = (r: Ref, ip: string) =>
  writeAddress(
    32,
    eight.map((i) => `DV.setInt32(p+${4 * i},${r.word(i)},true);`).join(""),
    `H.write256(c,lo,hi,(${r.address}-(c<<2))>>3,${ip});`,
  );

/** Statements that leave explicit flags. */
const explicit = (bits: string) => `const f=${bits};I32[c+${2 * FLAGS}]=${EXPLICIT};I32[c+${2 * FLAG_B}]=f;`;
const flags = { writes: STATUS_FLAGS, kind: EXPLICIT };
const SET_RIP = (r: any) => `I32[c+${2 * RIP}]=${r.lo};I32[c+${2 * RIP + 1}]=${r.hi};`;

export const AVX_OPS: readonly OpDef[] = [
  op(
    "ld256",
    "ddm",
    "d and the next = 256 bits at m",
    ([d, , m], ip) => m.ea + readAddress(32, ip) + take(d),
  ),
  op(
    "ld256a",
    "oddm",
    "d and the next = 256 bits at m; o(c, ip) when m is not aligned",
    ([o, d, , m], ip) => m.ea + aligned(o, ip) + readAddress(32, ip) + take(d),
  ),
  op("st256", "mrr", "256 bits at m = r and the next", ([m, r], ip) => m.ea + put(r, ip)),
  op(
    "st256a",
    "omrr",
    "256 bits at m = r and the next; o(c, ip) when m is not aligned",
    ([o, m, r], ip) => m.ea + aligned(o, ip) + put(r, ip),
  ),
  op(
    "vecn",
    "odrn",
    "o(d address, r address, n): never raises",
    ([o, d, r, n]) => `${o}(${d.address},${r.address},${n});`,
  ),
  op(
    "vecfy",
    "oddrrxx",
    "o(c, x, d address, r address, x, ip) on 256 bits: floats, may raise #XM",
    ([o, d, , r, , x, y], ip) => `${o}(c,${x},${d.address},${r.address},${y},${ip});`,
    { faults: true },
  ),
  op(
    "vecfn",
    "odrxx",
    "o(c, x, d address, r address, x, ip) on up to 128 bits: floats, may raise #XM",
    ([o, d, r, x, y], ip) => `${o}(c,${x},${d.address},${r.address},${y},${ip});`,
    { faults: true },
  ),
  op(
    "vecmy",
    "oddrrrr",
    "o(d address, r address, r address) on 256 bits: never raises",
    ([o, d, , r, , s]) => `${o}(${d.address},${r.address},${s.address});`,
  ),
  op(
    "fma",
    "odrrrxx",
    "o(c, x, d address, r addresses, x, ip): d = ±(r × r) ± r on x lanes",
    ([o, d, a, b, s, x, y], ip) =>
      `${o}(c,${x},${d.address},${a.address},${b.address},${s.address},${y},${ip});`,
    { faults: true },
  ),
  ...["fmasd", "fmass"].map((name) =>
    op(
      name,
      "odrrrx",
      "the same on the lowest lane",
      ([o, d, a, b, s, x], ip) => `${o}(c,${x},${d.address},${a.address},${b.address},${s.address},1,${ip});`,
      { faults: true },
    )
  ),
  op(
    "fmay",
    "oddrrrrrrxx",
    "the same on 256 bits",
    ([o, d, , a, , b, , s, , x, y], ip) =>
      `${o}(c,${x},${d.address},${a.address},${b.address},${s.address},${y},${ip});`,
    { faults: true },
  ),
  op(
    "ptest",
    "orrnn",
    "ZF, CF of testing r with r on the bits n, n of each 64; o works them out",
    ([o, d, r, n, m]) => explicit(`${o}(${d.address},${r.address},4,${n},${m})`),
    flags,
  ),
  op(
    "ptesty",
    "orrrrnn",
    "the same on 256 bits",
    ([o, d, , r, , n, m]) => explicit(`${o}(${d.address},${r.address},8,${n},${m})`),
    flags,
  ),
  op("pextrb", "drx", "d = byte x of r", ([d, r, x]) => `${d.lo}=${r.byte(x)};${d.hi}=0;`),
  op("pextrd", "drx", "d = 32-bit lane x of r", ([d, r, x]) => `${d.lo}=${r.word(x)};${d.hi}=0;`),
  op("pinsrb", "drx", "byte x of d = low byte of r", ([d, r, x]) => `${d.byte(x)}=${r.lo};`),
  op("pinsrd", "drx", "32-bit lane x of d = low word of r", ([d, r, x]) => `${d.word(x)}=${r.lo};`),
  op(
    "splatb",
    "dr",
    "all bytes of d = low byte of r",
    ([d, r]) =>
      `const v=Math.imul(${r.lo}&255,16843009);${eight.slice(4).map((_, i) => `${d.word(i)}=v;`).join("")}`,
  ),
  op(
    "splatw",
    "dr",
    "all 16-bit lanes of d = low half-word of r",
    ([d, r]) =>
      `const v=Math.imul(${r.lo}&65535,65537);${eight.slice(4).map((_, i) => `${d.word(i)}=v;`).join("")}`,
  ),
  op(
    "splatd",
    "dr",
    "all 32-bit lanes of d = low word of r",
    ([d, r]) => `const v=${r.lo};${eight.slice(4).map((_, i) => `${d.word(i)}=v;`).join("")}`,
  ),
  op(
    "zeroupper",
    "",
    "upper halves of all 256-bit registers = 0",
    () => `for(let i=c+${2 * YMM + 4};i<c+${2 * YMM + 128};i+=8)I32.fill(0,i,i+4);`,
  ),
  op(
    "vecpages",
    "ormnnnn",
    "calls o(H, c, address low, high, n…) with RIP = r: memory lane by lane, faults where it must",
    ([o, r, m, ...n], _ip) => `${SET_RIP(r)}${m.ea}${o}(H,c,lo,hi,${n.join()});`,
    { faults: true },
  ),
];
