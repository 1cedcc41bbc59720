// IR operations of BMI1, BMI2, LZCNT and SSE4.2's CRC32 on general registers (SDM vol. 2)
//
// Flags that an instruction leaves undefined follow from the lazy kind.

import { CF, FLAG_B, FLAG_R, FLAGS, OF, STATUS_FLAGS } from "../cpu.ts";
import { EXPLICIT, kindOf, LOGIC, RESULT } from "./flags.ts";
import { op, type OpDef } from "./op.ts";

const ops: OpDef[] = [];

for (const bits of [16, 32, 64]) {
  const wide = bits === 64, size = bits / 8;
  const take = (r: any) => `const l=${r.lo},h=${wide ? r.hi : "0"};`;
  const put = (d: any, lo: string, hi: string) => `${d.lo}=${lo};${d.hi}=${wide ? hi : "0"};`;
  /** Flags of the result in x, y, with a carry, or none. */
  const leave = (carry?: string) =>
    `I32[c+${2 * FLAGS}]=${kindOf(carry ? RESULT : LOGIC, size)};I32[c+${2 * FLAG_R}]=x;` +
    (wide ? `I32[c+${2 * FLAG_R + 1}]=y;` : "") + (carry ? `I32[c+${2 * FLAG_B}]=${carry}?${CF}:0;` : "");
  const pair = (
    name: string,
    args: string,
    doc: string,
    text: (t: any[]) => string,
    carry?: string,
  ) => {
    ops.push(
      op(`${name}${bits}`, args, doc, (t) => text(t) + put(t[0], "x", "y")),
      op(`${name}${bits}f`, args, `${doc}; flags`, (t) => text(t) + leave(carry) + put(t[0], "x", "y"), {
        writes: STATUS_FLAGS,
        kind: kindOf(carry ? RESULT : LOGIC, size),
        plain: `${name}${bits}`,
      }),
    );
  };
  const none = wide ? "(l|h)===0" : "l===0";
  const trailing = (w: string) => `31-Math.clz32(${w}&-${w})`;
  pair(
    "tzcnt",
    "dr",
    "d = zeros below the lowest set bit of r, or all",
    ([, r]) =>
      take(r) +
      `const x=${
        wide ? `l!==0?${trailing("l")}:h!==0?32+${trailing("h")}:64` : `l!==0?${trailing("l")}:${bits}`
      },y=0;`,
    none,
  );
  pair(
    "lzcnt",
    "dr",
    "d = zeros above the highest set bit of r, or all",
    ([, r]) =>
      take(r) +
      `const x=${wide ? "h!==0?Math.clz32(h):32+Math.clz32(l)" : `Math.clz32(l)-${32 - bits}`},y=0;`,
    none,
  );
  if (bits === 16) continue;

  pair(
    "andn",
    "drr",
    "d = first AND NOT second",
    ([, a, b]) => `const x=${a.lo}&~${b.lo},y=${wide ? `${a.hi}&~${b.hi}` : "0"};`,
  );
  // r - 1 and -r in two words.
  const less = "const p=l-1|0,q=h-(l===0?1:0)|0;", negative = "const p=-l|0,q=(l===0?-h:~h)|0;";
  pair(
    "blsr",
    "dr",
    "d = r without its lowest set bit",
    ([, r]) => take(r) + less + "const x=l&p,y=h&q;",
    none,
  );
  pair(
    "blsmsk",
    "dr",
    "d = r up to its lowest set bit",
    ([, r]) => take(r) + less + "const x=l^p,y=h^q;",
    none,
  );
  pair(
    "blsi",
    "dr",
    "d = the lowest set bit of r",
    ([, r]) => take(r) + negative + "const x=l&p,y=h&q;",
    `!(${none})`,
  );
  /** Statements: x, y = l, h cut to the low n bits, n below the operand's. */
  const cut = "const x=n>31?l:n===0?0:l&-1>>>32-n,y=n>32?h&-1>>>64-n:0;";
  pair(
    "bextr",
    "drr",
    "d = bits of the first; start and length in bytes 0 and 1 of the second",
    ([, a, b]) =>
      `const s=${b.lo}&255,n=${b.lo}>>>8&255;let l=${a.lo},h=${wide ? a.hi : "0"};` +
      (wide
        ? "if(s>63)l=h=0;else if(s>31){l=h>>>s-32;h=0;}else if(s>0){l=l>>>s|h<<32-s;h=h>>>s;}"
        : "l=s>31?0:l>>>s;") +
      (wide
        ? "let x=l,y=h;if(n<64){" + cut.replace("const x=", "x=").replace(",y=", ";y=") + "}"
        : "const y=0,x=n>31?l|0:l&(n===0?0:-1>>>32-n);") +
      (wide ? "x|=0;y|=0;" : ""),
  );
  pair(
    "bzhi",
    "drr",
    "d = the low bits of the first, as many as byte 0 of the second says",
    ([, a, b]) =>
      `const n=${b.lo}&255;let x=${a.lo},y=${wide ? a.hi : "0"};const l=x,h=y;if(n<${bits}){` +
      (wide ? cut.replace("const x=", "x=").replace(",y=", ";y=") + "x|=0;y|=0;" : "x=n===0?0:x&-1>>>32-n;") +
      "}" +
      "void l;void h;",
    `n>${bits - 1}`,
  );
}

for (const [bits, count] of [[8, 1], [16, 2], [32, 4], [64, 8]] as const) {
  ops.push(
    op(
      `crc${bits}`,
      "odrr",
      `d = CRC-32C of the first and ${count} bytes of the second, through o`,
      ([o, d, a, b]) =>
        `const v=${o}(${a.lo},${b.lo},${bits === 64 ? b.hi : "0"},${count});${d.lo}=v;${d.hi}=0;`,
    ),
  );
}

for (const bits of [32, 64]) {
  const wide = bits === 64;
  ops.push(
    op(
      `scatter${bits}`,
      "oodrr",
      "d = what o(r, r) leaves in the second o, lo and hi: PDEP, PEXT",
      ([o, out, d, a, m]) =>
        `${o}(${a.lo},${wide ? a.hi : "0"},${m.lo},${
          wide ? m.hi : "0"
        });${d.lo}=${out}.lo;${d.hi}=${out}.hi;`,
    ),
  );
}
// Products without flags: the second d, the high half, is written last. `o` is umulh().
ops.push(
  op(
    "mulx32",
    "oddrr",
    "low, high 32 bits of the product",
    ([o, low, high, a, b]) =>
      `const x=${a.lo},y=${b.lo},h=${o}(x,y);${low.lo}=Math.imul(x,y);${low.hi}=0;${high.lo}=h;${high.hi}=0;`,
  ),
  op(
    "mulx64",
    "oddrr",
    "low, high 64 bits of the product",
    ([o, low, high, a, b]) =>
      `const al=${a.lo},ah=${a.hi},bl=${b.lo},bh=${b.hi},` +
      `m=(${o}(al,bl)>>>0)+(Math.imul(al,bh)>>>0)+(Math.imul(ah,bl)>>>0),` +
      `u=(${o}(al,bh)>>>0)+(${o}(ah,bl)>>>0)+(Math.imul(ah,bh)>>>0)+Math.floor(m/4294967296),` +
      `t=${o}(ah,bh)+Math.floor(u/4294967296)|0;` +
      `${low.lo}=Math.imul(al,bl);${low.hi}=m|0;${high.lo}=u|0;${high.hi}=t;`,
  ),
);

// ADCX and ADOX add through one flag and leave the others: all of them are explicit then. `o` is statusFlags().
for (const [name, flag] of [["adcx", CF], ["adox", OF]] as const) {
  const more = { reads: STATUS_FLAGS, writes: flag, kind: EXPLICIT, kindArg: 4 };
  const through = (f: string, carry: string) =>
    `I32[c+${2 * FLAGS}]=${EXPLICIT};I32[c+${2 * FLAG_B}]=${f}&${~flag}|(${carry}?${flag}:0);`;
  ops.push(
    op(
      `${name}32`,
      "odrrx",
      "d = sum through one flag",
      ([o, d, a, b]) =>
        `const f=${o}(c),s=(${a.lo}>>>0)+(${b.lo}>>>0)+(f&${flag}?1:0);` +
        `${through("f", "s>4294967295")}${d.lo}=s|0;${d.hi}=0;`,
      more,
    ),
    op(
      `${name}64`,
      "odrrx",
      "d = sum through one flag",
      ([o, d, a, b]) =>
        `const f=${o}(c),s=(${a.lo}>>>0)+(${b.lo}>>>0)+(f&${flag}?1:0),` +
        `t=(${a.hi}>>>0)+(${b.hi}>>>0)+(s>4294967295?1:0);` +
        `${through("f", "t>4294967295")}${d.lo}=s|0;${d.hi}=t|0;`,
      more,
    ),
  );
}

export const BMI_OPS: readonly OpDef[] = ops;
