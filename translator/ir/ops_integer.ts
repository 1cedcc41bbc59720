// IR operations of multiplication, bit tests and scans, string steps and loops; and calls of helpers with known effects on flags.

import { DF, FLAG_B, FLAG_C, FLAG_R, FLAGS, RIP, STATUS_FLAGS, ZF } from "../cpu.ts";
import { carryKind, EXPLICIT, KEPT, kindOf, LOGIC, MUL, RECORD, setFlags } from "./flags.ts";
import { op, type OpDef } from "./op.ts";
import { follow } from "./ops_control.ts";

const ops: OpDef[] = [];

// Helper calls: what they leave is explicit flags, all six.
for (let n = 0; n <= 5; n++) {
  const call = (t: any[]) => `${t[0]}(c${t.slice(1).map((x) => `,${x}`).join("")});`;
  ops.push(
    op(`result${n}`, "o" + "n".repeat(n), "calls o(c, n…), which never raises and replaces all flags", call, {
      writes: STATUS_FLAGS,
      kind: -1,
    }),
  );
  ops.push(
    op(
      `status${n}`,
      "o" + "n".repeat(n),
      "calls o(c, n…), which reads flags, leaves explicit ones, and nothing else",
      call,
      {
        reads: STATUS_FLAGS,
        writes: STATUS_FLAGS,
        kind: EXPLICIT,
        plain: "",
      },
    ),
  );
}

// Products that fit the operand. `o` is umulh(a, b): the high 32 bits of an unsigned product.
ops.push(
  op("imul32", "drr", "d = a * b", ([d, a, b]) => `${d.lo}=Math.imul(${a.lo},${b.lo});${d.hi}=0;`),
);
ops.push(op(
  "imul64",
  "drro",
  "d = a * b",
  ([d, a, b, o]) =>
    `const al=${a.lo},bl=${b.lo},h=(${o}(al,bl)+Math.imul(al,${b.hi})+Math.imul(${a.hi},bl))|0;` +
    `${d.lo}=Math.imul(al,bl);${d.hi}=h;`,
));
ops.push(op(
  "imul32f",
  "drr",
  "d = a * b; flags",
  ([d, a, b]) =>
    `const x=${a.lo},y=${b.lo};${setFlags(MUL, 4, ["x", ""], ["y", ""])}${d.lo}=Math.imul(x,y);${d.hi}=0;`,
  { writes: STATUS_FLAGS, kind: kindOf(MUL, 4), plain: "imul32" },
));
ops.push(op(
  "imul64f",
  "drro",
  "d = a * b; flags",
  ([d, a, b, high]) =>
    `const al=${a.lo},bl=${b.lo},ah=${a.hi},bh=${b.hi},h=(${high}(al,bl)+Math.imul(al,bh)+Math.imul(ah,bl))|0;` +
    `${setFlags(MUL, 8, ["al", "ah"], ["bl", "bh"])}${d.lo}=Math.imul(al,bl);${d.hi}=h;`,
  { writes: STATUS_FLAGS, kind: kindOf(MUL, 8), plain: "imul64" },
));

// Bit tests: CF = the bit; ZF stays, and so do the others, which are undefined. Offsets are taken modulo the operand's bits.
for (const bits of [16, 32, 64]) {
  const pick = bits === 64
    ? "const n=k&63,m=1<<(n&31),high=n>31,w=high?ah:al;"
    : `const m=1<<(k&${bits - 1}),high=false,w=al;`;
  const carry = carryKind(KEPT, bits / 8);
  const test = (a: any, b: any) =>
    `const al=${a.lo},ah=${bits === 64 ? a.hi : "0"},k=${b.lo};${pick}` +
    `I32[c+${2 * FLAG_C}]=(w&m)!==0?1:0;I32[c+${2 * FLAGS}]=I32[c+${2 * FLAGS}]&${RECORD}|${carry};`;
  const more = { writes: STATUS_FLAGS & ~ZF, carry: () => carry };
  ops.push(op(`bt${bits}f`, "rr", "CF = bit b of a", ([a, b]) => test(a, b), { ...more, plain: "" }));
  for (
    const [name, change, doc] of [["bts", "w|m", "set"], ["btr", "w&~m", "clear"], ["btc", "w^m", "changed"]]
  ) {
    ops.push(op(
      `${name}${bits}f`,
      "drr",
      `d = a with bit b ${doc}; CF as bt`,
      ([d, a, b]) =>
        `${test(a, b)}const v=${change};${d.lo}=high?al:v;${d.hi}=${bits === 64 ? "high?v:ah" : "0"};`,
      more,
    ));
  }
  // The address of the unit that holds bit b of the bit string at a; b is signed and as wide as the operand.
  const b = (r: any) => bits === 16 ? `${r.lo}<<16>>16` : r.lo;
  const shift = Math.log2(bits), unit = Math.log2(bits / 8);
  ops.push(op(
    `bitAddress${bits}`,
    "drr",
    "d = a + the bytes to the unit of bit b",
    ([d, a, r]) =>
      bits === 64
        ? `const x=${r.lo},y=${r.hi},q=x>>>6|y<<26,p=y>>6,o=q<<3,al=${a.lo},l=(al+o)|0;` +
          `const h=(${a.hi}+(p<<3|q>>>29)+((l>>>0)<(al>>>0)?1:0))|0;${d.lo}=l;${d.hi}=h;`
        : `const o=${b(r)}>>${shift}<<${unit},al=${a.lo},l=(al+o)|0;` +
          `const h=(${a.hi}+(o>>31)+((l>>>0)<(al>>>0)?1:0))|0;${d.lo}=l;${d.hi}=h;`,
  ));
  // Scans: d stays when the source is 0. ZF from the source; the others, undefined, follow from LOGIC.
  const wide = bits === 64;
  const source = `I32[c+${2 * FLAGS}]=${kindOf(LOGIC, bits / 8)};I32[c+${2 * FLAG_R}]=l;` +
    (wide ? `I32[c+${2 * FLAG_R + 1}]=h;` : "");
  const low = (w: string) => `31-Math.clz32(${w}&-${w})`;
  const forward = wide ? `l!==0?${low("l")}:32+${low("h")}` : low("l");
  const reverse = wide ? "h!==0?63-Math.clz32(h):31-Math.clz32(l)" : "31-Math.clz32(l)";
  for (const [name, value] of [["bsf", forward], ["bsr", reverse]] as const) {
    const body = (t: any[], flags: boolean) =>
      `const l=${t[1].lo}${wide ? `,h=${t[1].hi}` : ""};${flags ? source : ""}` +
      `if(${wide ? "(l|h)" : "l"}!==0){${t[0].lo}=${value};${t[0].hi}=0;}`;
    ops.push(
      op(
        `${name}${bits}`,
        "dr",
        "d = number of the lowest/highest set bit of r, if any",
        (t) => body(t, false),
      ),
    );
    ops.push(
      op(
        `${name}${bits}f`,
        "dr",
        "d = number of the lowest/highest set bit of r, if any; ZF = none",
        (t) => body(t, true),
        {
          writes: STATUS_FLAGS,
          kind: kindOf(LOGIC, bits / 8),
          plain: `${name}${bits}`,
        },
      ),
    );
  }
  const count = (w: string, v: string) =>
    `let ${v}=${w};${v}=${v}-(${v}>>>1&0x55555555);${v}=(${v}&0x33333333)+(${v}>>>2&0x33333333);` +
    `${v}=Math.imul(${v}+(${v}>>>4)&0x0f0f0f0f,0x01010101)>>>24;`;
  const popcnt = (t: any[], flags: boolean) =>
    count(t[1].lo, "v") + (wide ? count(t[1].hi, "w") + "v+=w;" : "") +
    (flags ? `I32[c+${2 * FLAGS}]=${EXPLICIT};I32[c+${2 * FLAG_B}]=v===0?${ZF}:0;` : "") +
    `${t[0].lo}=v;${t[0].hi}=0;`;
  ops.push(op(`popcnt${bits}`, "dr", "d = set bits of r", (t) => popcnt(t, false)));
  ops.push(op(`popcnt${bits}f`, "dr", "d = set bits of r; flags", (t) => popcnt(t, true), {
    writes: STATUS_FLAGS,
    kind: EXPLICIT,
    plain: `popcnt${bits}`,
  }));
}

// String instructions step their pointers up or down.
const down = `(I32[c+${2 * FLAGS + 1}]&${DF})!==0`;
ops.push(op(
  "advance",
  "dn",
  "d += n, or -= n when DF is set",
  ([d, n]) =>
    `const k=${down}?-${n}:${n},a=${d.lo},l=(a+k)|0;${d.lo}=l;` +
    `${d.hi}=(${d.hi}+(k>>31)+((l>>>0)<(a>>>0)?1:0))|0;`,
));
ops.push(
  op(
    "advance32",
    "dn",
    "the same for the low 32 bits; the high ones become 0",
    ([d, n]) => `${d.lo}=(${d.lo}+(${down}?-${n}:${n}))|0;${d.hi}=0;`,
  ),
);
const SET_RIP = (r: any) => `I32[c+${2 * RIP}]=${r.lo};I32[c+${2 * RIP + 1}]=${r.hi};`;
ops.push(op(
  "repRun",
  "ordddnnn",
  "calls o(H, c, n…, 0, 0) with RIP = the first r: a run of REP MOVS or STOS (d: the registers they use); what is left stays in RCX",
  (t) => `${SET_RIP(t[1])}${t[0]}(H,c,${t.slice(5).join(",")},0,0);`,
  { faults: true },
));
ops.push(op(
  "repString",
  "orlxnnnnn",
  "calls o(H, c, n…) with RIP = r; when it returns true goes to link o, else stops for the budget to run r again",
  (t) => `${SET_RIP(t[1])}if(${t[0]}(H,c,${t.slice(4).join(",")})){${follow(t[2], t[3])}}return H.exit(1);`,
  { ends: true, faults: true, reads: STATUS_FLAGS },
));

// LOOPcc goes on while the counter is not zero and the condition holds.
ops.push(
  op(
    "bothNonZero",
    "drr",
    "d = 1 if neither (the first in 64 bits, the second in 32) is zero, else 0",
    ([d, a, b]) => `${d.lo}=(${a.lo}|${a.hi})!==0&&${b.lo}!==0?1:0;${d.hi}=0;`,
  ),
);

export const INTEGER_OPS: readonly OpDef[] = ops;
