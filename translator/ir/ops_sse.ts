// IR operations on 128-bit registers: moves, logic, and integer arithmetic lane by lane.
//
// A vector argument is the first of two consecutive slots. Lane-wise operations read d and r and write d; d may be r.

import { op, type OpDef, readAddress, type Ref, writeAddress } from "./op.ts";

const SSE: OpDef[] = [];
const four = [0, 1, 2, 3];

/** Statements that raise #GP through helper `o` when the address is not a multiple of 16. */
const aligned = (o: string, ip: string) => `if((lo&15)!==0)${o}(c,${ip});`;
const take = (d: Ref) => four.map((i) => `${d.word(i)}=DV.getInt32(p+${4 * i},true);`).join("");
const put = (r: Ref, ip: string) =>
  writeAddress(
    16,
    four.map((i) => `DV.setInt32(p+${4 * i},${r.word(i)},true);`).join(""),
    `H.write128(c,lo,hi,(${r.address}-(c<<2))>>3,${ip});`,
  );

SSE.push(
  op("movx", "dr", "d = r, 128 bits", ([d, r]) => four.map((i) => `${d.word(i)}=${r.word(i)};`).join("")),
  op("zerox", "d", "d = 0, 128 bits", ([d]) => four.map((i) => `${d.word(i)}=0;`).join("")),
  op("onesx", "d", "d = all ones, 128 bits", ([d]) => four.map((i) => `${d.word(i)}=-1;`).join("")),
  op(
    "movlowx",
    "dr",
    "d = low 64 bits of r, upper half 0",
    ([d, r]) => `const h=${r.hi};${d.lo}=${r.lo};${d.hi}=h;${d.word(2)}=0;${d.word(3)}=0;`,
  ),
  op(
    "movd",
    "dr",
    "d = low 32 bits of r, rest of the 128 bits 0",
    ([d, r]) => `${d.lo}=${r.lo};${d.hi}=0;${d.word(2)}=0;${d.word(3)}=0;`,
  ),
  op("movlow32", "dr", "low 32 bits of d = those of r; the rest stays", ([d, r]) => `${d.lo}=${r.lo};`),
  op("ld128", "dm", "d = 128 bits at m", ([d, m], ip) => m.ea + readAddress(16, ip) + take(d)),
  op(
    "ld128a",
    "odm",
    "d = 128 bits at m; o(c, ip) when m is not aligned",
    ([o, d, m], ip) => m.ea + aligned(o, ip) + readAddress(16, ip) + take(d),
  ),
  op("ldlow64", "dm", "d = 64 bits at m, upper half 0", ([d, m], ip) =>
    m.ea + readAddress(8, ip) +
    `${d.lo}=DV.getInt32(p,true);${d.hi}=DV.getInt32(p+4,true);${d.word(2)}=0;${d.word(3)}=0;`),
  op(
    "ldlow32",
    "dm",
    "d = 32 bits at m, rest of the 128 bits 0",
    ([d, m], ip) =>
      m.ea + readAddress(4, ip) + `${d.lo}=DV.getInt32(p,true);${d.hi}=0;${d.word(2)}=0;${d.word(3)}=0;`,
  ),
  op("st128", "mr", "128 bits at m = r", ([m, r], ip) => m.ea + put(r, ip)),
  op(
    "st128a",
    "omr",
    "128 bits at m = r; o(c, ip) when m is not aligned",
    ([o, m, r], ip) => m.ea + aligned(o, ip) + put(r, ip),
  ),
);

for (
  const [name, f] of [
    ["andx", (a: string, b: string) => `${a}&${b}`],
    ["orx", (a: string, b: string) => `${a}|${b}`],
    ["xorx", (a: string, b: string) => `${a}^${b}`],
    ["andnx", (a: string, b: string) => `~${a}&${b}`],
  ] as const
) {
  SSE.push(
    op(
      name,
      "dr",
      "128-bit logic, d = d op r",
      ([d, r]) => four.map((i) => `${d.word(i)}=${f(d.word(i), r.word(i))};`).join(""),
    ),
  );
}

/** Byte equality of two words without a loop: 0x80 where the bytes of x differ in nothing, then spread to 0xff. */
const equalBytes = (a: string, b: string, i: number) =>
  `const x${i}=${a}^${b},y${i}=~(((x${i}&2139062143)+2139062143|0)|x${i}|2139062143);`;
SSE.push(
  op(
    "pcmpeqb",
    "dr",
    "d = bytes of d equal to r's: 0xff, else 0",
    ([d, r]) =>
      four.map((i) => equalBytes(d.word(i), r.word(i), i) + `${d.word(i)}=Math.imul(y${i}>>>7,255);`).join(
        "",
      ),
  ),
  op(
    "pcmpeqd",
    "dr",
    "likewise for 32-bit lanes",
    ([d, r]) => four.map((i) => `${d.word(i)}=${d.word(i)}===${r.word(i)}?-1:0;`).join(""),
  ),
  op("pmovmskb", "dr", "d = top bits of r's 16 bytes", ([d, r]) => {
    // The products put the four bits of a word next to each other at bit 28 without carries.
    const bits = (i: number) => `Math.imul(${r.word(i)}>>>7&16843009,270549120)>>>28`;
    return `${d.lo}=${bits(0)}|(${bits(1)})<<4|(${bits(2)})<<8|(${bits(3)})<<12;${d.hi}=0;`;
  }),
  op(
    "movmskps",
    "dr",
    "d = signs of r's four singles",
    ([d, r]) =>
      `${d.lo}=${r.word(0)}>>>31|${r.word(1)}>>>31<<1|${r.word(2)}>>>31<<2|${r.word(3)}>>>31<<3;${d.hi}=0;`,
  ),
  op(
    "movmskpd",
    "dr",
    "d = signs of r's two doubles",
    ([d, r]) => `${d.lo}=${r.word(1)}>>>31|${r.word(3)}>>>31<<1;${d.hi}=0;`,
  ),
);

/** Lanes of `view` (n of them): expression over a (of d) and b (of r). */
function lanes(name: string, view: string, n: number, expression: string): void {
  const shift = 16 / n === 1 ? 0 : 16 / n === 2 ? 1 : 2;
  SSE.push(
    op(
      name,
      "dr",
      `each of ${n} lanes of d: ${expression}`,
      ([d, r]) =>
        `const x=${d.address}>>>${shift},y=${r.address}>>>${shift};` +
        `for(let i=0;i<${n};i++){const a=${view}[x+i],b=${view}[y+i];${view}[x+i]=${expression};}`,
    ),
  );
}

const clamp = (e: string, min: number, max: number) => `Math.max(${min},Math.min(${max},${e}))`;
lanes("paddb", "U8", 16, "a+b");
lanes("paddw", "U16", 8, "a+b");
lanes("paddd", "I32", 4, "a+b|0");
lanes("psubb", "U8", 16, "a-b");
lanes("psubw", "U16", 8, "a-b");
lanes("psubd", "I32", 4, "a-b|0");
lanes("paddusb", "U8", 16, "Math.min(255,a+b)");
lanes("paddusw", "U16", 8, "Math.min(65535,a+b)");
lanes("psubusb", "U8", 16, "Math.max(0,a-b)");
lanes("psubusw", "U16", 8, "Math.max(0,a-b)");
lanes("paddsb", "I8", 16, clamp("a+b", -128, 127));
lanes("paddsw", "I16", 8, clamp("a+b", -32768, 32767));
lanes("psubsb", "I8", 16, clamp("a-b", -128, 127));
lanes("psubsw", "I16", 8, clamp("a-b", -32768, 32767));
lanes("pminub", "U8", 16, "a<b?a:b");
lanes("pmaxub", "U8", 16, "a>b?a:b");
lanes("pminsw", "I16", 8, "a<b?a:b");
lanes("pmaxsw", "I16", 8, "a>b?a:b");
for (
  const [lane, view, n] of [["sb", "I8", 16], ["sd", "I32", 4], ["uw", "U16", 8], ["ud", "U32", 4]] as const
) {
  lanes(`pmin${lane}`, view, n, "a<b?a:b");
  lanes(`pmax${lane}`, view, n, "a>b?a:b");
}
lanes("pavgb", "U8", 16, "a+b+1>>>1");
lanes("pavgw", "U16", 8, "a+b+1>>>1");
lanes("pcmpeqw", "I16", 8, "a===b?-1:0");
lanes("pcmpgtb", "I8", 16, "a>b?-1:0");
lanes("pcmpgtw", "I16", 8, "a>b?-1:0");
lanes("pcmpgtd", "I32", 4, "a>b?-1:0");
lanes("pmullw", "I16", 8, "Math.imul(a,b)");
lanes("pmulhw", "I16", 8, "Math.imul(a,b)>>16");
lanes("pmulhuw", "U16", 8, "Math.imul(a,b)>>>16");

// 64-bit lanes as two words.
for (const [name, minus] of [["paddq", false], ["psubq", true]] as const) {
  SSE.push(op(name, "dr", "64-bit lanes of d", ([d, r]) =>
    [0, 2].map((i) => {
      const [al, ah, bl, bh] = [d.word(i), d.word(i + 1), r.word(i), r.word(i + 1)];
      return minus
        ? `{const a=${al},b=${bl};${ah}=${ah}-${bh}-((a>>>0)<(b>>>0)?1:0)|0;${al}=a-b|0;}`
        : `{const a=${al},s=a+${bl}|0;${ah}=${ah}+${bh}+((s>>>0)<(a>>>0)?1:0)|0;${al}=s;}`;
    }).join("")));
}

// Shifts of all lanes by a constant below the lane's width.
for (const [bits, view, unsigned] of [[16, "I16", "U16"], [32, "I32", "U32"]] as const) {
  const n = 128 / bits, shift = bits / 16;
  for (
    const [name, v, sign] of [["psll", view, "<<"], ["psrl", unsigned, ">>>"], ["psra", view, ">>"]] as const
  ) {
    SSE.push(
      op(
        `${name}${bits === 16 ? "w" : "d"}i`,
        "dn",
        `lanes of d ${sign} n`,
        ([d, k]) => `const x=${d.address}>>>${shift};for(let i=0;i<${n};i++)${v}[x+i]=${v}[x+i]${sign}${k};`,
      ),
    );
  }
}
SSE.push(
  op(
    "psllqi",
    "dx",
    "64-bit lanes of d << x (1–63)",
    ([d, n]) =>
      [0, 2].map((i) =>
        n < 32
          ? `${d.word(i + 1)}=${d.word(i + 1)}<<${n}|${d.word(i)}>>>${32 - n};${d.word(i)}=${
            d.word(i)
          }<<${n};`
          : `${d.word(i + 1)}=${d.word(i)}<<${n - 32};${d.word(i)}=0;`
      ).join(""),
  ),
  op(
    "psrlqi",
    "dx",
    "64-bit lanes of d >>> x (1–63)",
    ([d, n]) =>
      [0, 2].map((i) =>
        n < 32
          ? `${d.word(i)}=${d.word(i)}>>>${n}|${d.word(i + 1)}<<${32 - n};${d.word(i + 1)}=${
            d.word(i + 1)
          }>>>${n};`
          : `${d.word(i)}=${d.word(i + 1)}>>>${n - 32};${d.word(i + 1)}=0;`
      ).join(""),
  ),
  op(
    "pslldq",
    "dx",
    "d << 8 x bits (1–15)",
    ([d, n]) => `const x=${d.address};U8.copyWithin(x+${n},x,x+${16 - n});U8.fill(0,x,x+${n});`,
  ),
  op(
    "psrldq",
    "dx",
    "d >>> 8 x bits (1–15)",
    ([d, n]) => `const x=${d.address};U8.copyWithin(x,x+${n},x+16);U8.fill(0,x+${16 - n},x+16);`,
  ),
);

// Shuffles with a control byte; the control is part of the template, so a shuffle is four moves.
const pick = (x: number, i: number) => (x >>> (2 * i)) & 3;
SSE.push(
  op(
    "pshufd",
    "drx",
    "32-bit lanes of r chosen by x",
    ([d, r, x]) =>
      `const ${four.map((i) => `w${i}=${r.word(pick(x, i))}`).join()};` +
      four.map((i) => `${d.word(i)}=w${i};`).join(""),
  ),
  op(
    "shufps",
    "drx",
    "two lanes of d, then two of r, chosen by x",
    ([d, r, x]) =>
      `const ${four.map((i) => `w${i}=${(i < 2 ? d : r).word(pick(x, i))}`).join()};` +
      four.map((i) => `${d.word(i)}=w${i};`).join(""),
  ),
  op(
    "pshufw",
    "drxx",
    "16-bit lanes chosen by x in the low or (second x = 4) high half; the other half is copied",
    ([d, r, x, at]) =>
      `const ${four.map((i) => `w${i}=${r.short(at + pick(x, i))}`).join()},` +
      `l=${r.word((at ^ 4) / 2)},h=${r.word((at ^ 4) / 2 + 1)};` +
      four.map((i) => `${d.short(at + i)}=w${i};`).join("") +
      `${d.word((at ^ 4) / 2)}=l;${d.word((at ^ 4) / 2 + 1)}=h;`,
  ),
  op(
    "unpackld",
    "dr",
    "PUNPCKLDQ, UNPCKLPS",
    ([d, r]) =>
      `const a=${d.word(1)},b=${r.word(0)},e=${r.word(1)};${d.word(1)}=b;${d.word(2)}=a;${d.word(3)}=e;`,
  ),
  op(
    "unpackhd",
    "dr",
    "PUNPCKHDQ, UNPCKHPS",
    ([d, r]) =>
      `const a=${d.word(2)},b=${r.word(2)},e=${d.word(3)},f=${r.word(3)};` +
      `${d.word(0)}=a;${d.word(1)}=b;${d.word(2)}=e;${d.word(3)}=f;`,
  ),
  op("pinsrw", "drx", "16-bit lane x of d = low half-word of r", ([d, r, x]) => `${d.short(x)}=${r.lo};`),
  op("pextrw", "drx", "d = 16-bit lane x of r", ([d, r, x]) => `${d.lo}=${r.short(x)};${d.hi}=0;`),
);
// Bytes and half-words interleaved: from the middle outwards, so that d can be written in place.
for (const [unit, n] of [["b", 16], ["w", 8]] as const) {
  const view = unit === "b" ? "U8" : "U16", shift = unit === "b" ? 0 : 1, half = n / 2;
  for (const high of [false, true]) {
    SSE.push(
      op(`unpack${high ? "h" : "l"}${unit}`, "dr", `PUNPCK${high ? "H" : "L"} of ${n} lanes`, ([d, r]) => {
        const from = high ? half : 0;
        const setup = `const x=${d.address}>>>${shift},y=${r.address}>>>${shift};`;
        // When d is r every pair holds the same lane twice; a separate source is only read.
        return setup +
          (high
            ? `for(let i=0;i<${half};i++){const a=${view}[x+${from}+i],b=${view}[y+${from}+i];${view}[x+2*i]=a;${view}[x+2*i+1]=b;}`
            : `for(let i=${
              half - 1
            };i>=0;i--){const a=${view}[x+i],b=${view}[y+i];${view}[x+2*i]=a;${view}[x+2*i+1]=b;}`);
      }),
    );
  }
}

export const SSE_OPS: readonly OpDef[] = SSE;
