// IR operations of integer arithmetic and logic, in plain forms and (name + "f") forms that leave lazy flags.
//
// 8- and 16-bit operations work on zero-extended values and give zero-extended results; the lowering inserts them.
// Every operation writes all 64 bits of its destination, so 32-bit ones zero the upper half as the CPU does.

import { AF, CF, FLAG_C, OF, STATUS_FLAGS } from "../cpu.ts";
import {
  ADD,
  carryKind,
  conditionReads,
  conditionText,
  isSaved,
  KEPT,
  kindOf,
  LOGIC,
  RESULT,
  SAVED,
  setFlags,
  SUB,
  UNKNOWN,
} from "./flags.ts";
import { op, type OpDef, type Ref } from "./op.ts";

const alu: OpDef[] = [];
const MASK: Record<number, string> = { 1: "&255", 2: "&65535", 4: "|0" };

/** Declares NAMEsize and NAMEsizef for all widths. */
function both(
  name: string,
  args: string,
  doc: string,
  size: number,
  body: (t: any[], flags: boolean) => string,
  flagsClass: number,
  more: Partial<OpDef> = {},
): void {
  const bits = 8 * size;
  alu.push(op(`${name}${bits}`, args, doc, (t) => body(t, false), { ...more, writes: 0 }));
  alu.push(
    op(`${name}${bits}f`, args, `${doc}; flags`, (t) => body(t, true), {
      writes: STATUS_FLAGS,
      kind: kindOf(flagsClass, size),
      plain: `${name}${bits}`,
      ...more,
    }),
  );
}

for (const size of [1, 2, 4, 8]) {
  const bits = 8 * size, wide = size === 8, mask = MASK[size]!;
  const flagsOf = (k: number, a: [string, string], b?: [string, string]) => setFlags(k, size, a, b);

  both(
    "add",
    "drr",
    "d = a + b",
    size,
    ([d, a, b]: Ref[], flags) =>
      wide
        ? `const al=${a!.lo},ah=${a!.hi},bl=${b!.lo},bh=${b!.hi},l=(al+bl)|0;` +
          (flags ? flagsOf(ADD, ["al", "ah"], ["bl", "bh"]) : "") +
          `${d!.lo}=l;${d!.hi}=(ah+bh+((l>>>0)<(al>>>0)?1:0))|0;`
        : `const a=${a!.lo},b=${b!.lo};` + (flags ? flagsOf(ADD, ["a", ""], ["b", ""]) : "") +
          `${d!.lo}=(a+b)${mask};${d!.hi}=0;`,
    ADD,
  );

  both(
    "sub",
    "drr",
    "d = a - b",
    size,
    ([d, a, b]: Ref[], flags) =>
      wide
        ? `const al=${a!.lo},ah=${a!.hi},bl=${b!.lo},bh=${b!.hi};` +
          (flags ? flagsOf(SUB, ["al", "ah"], ["bl", "bh"]) : "") +
          `${d!.lo}=(al-bl)|0;${d!.hi}=(ah-bh-((al>>>0)<(bl>>>0)?1:0))|0;`
        : `const a=${a!.lo},b=${b!.lo};` + (flags ? flagsOf(SUB, ["a", ""], ["b", ""]) : "") +
          `${d!.lo}=(a-b)${mask};${d!.hi}=0;`,
    SUB,
  );

  alu.push(op(
    `cmp${bits}f`,
    "rr",
    "flags of a - b",
    ([a, b]) => flagsOf(SUB, [a.lo, a.hi], [b.lo, b.hi]),
    { writes: STATUS_FLAGS, kind: kindOf(SUB, size), plain: "" },
  ));
  alu.push(op(
    `test${bits}f`,
    "rr",
    "flags of a & b",
    ([a, b]) => flagsOf(LOGIC, [`${a.lo}&${b.lo}`, `${a.hi}&${b.hi}`]),
    { writes: STATUS_FLAGS, kind: kindOf(LOGIC, size), plain: "" },
  ));

  for (const [name, sign] of [["and", "&"], ["or", "|"], ["xor", "^"]] as const) {
    both(
      name,
      "drr",
      `d = a ${sign} b`,
      size,
      ([d, a, b]: Ref[], flags) =>
        wide
          ? `const l=${a!.lo}${sign}${b!.lo},h=${a!.hi}${sign}${b!.hi};` +
            (flags ? flagsOf(LOGIC, ["l", "h"]) : "") +
            `${d!.lo}=l;${d!.hi}=h;`
          : `const l=${a!.lo}${sign}${b!.lo}${size < 4 ? `&${size === 1 ? 255 : 65535}` : ""};` +
            (flags ? flagsOf(LOGIC, ["l", ""]) : "") + `${d!.lo}=l;${d!.hi}=0;`,
      LOGIC,
    );
  }

  alu.push(op(
    `not${bits}`,
    "dr",
    "d = ~a",
    ([d, a]) =>
      wide
        ? `const h=~${a.hi};${d.lo}=~${a.lo};${d.hi}=h;`
        : `${d.lo}=~${a.lo}${size < 4 ? mask : ""};${d.hi}=0;`,
  ));

  // ADC and SBB: carry in, all flags worked out eagerly into a RESULT kind.
  for (const [name, minus] of [["adc", false], ["sbb", true]] as const) {
    const s = minus ? "-" : "+";
    const body = ([d, a, b, kind]: any[]): string => {
      let out = `const al=${a.lo},bl=${b.lo},ci=${conditionText(2, kind)}?1:0;`;
      if (wide) {
        out += `const ah=${a.hi},bh=${b.hi};`;
        out += minus
          ? `const lc=(al>>>0)-(bl>>>0)-ci<0?1:0,l=(al-bl-ci)|0,h=(ah-bh-lc)|0,co=(ah>>>0)-(bh>>>0)-lc<0?1:0;`
          : `const lc=(al>>>0)+(bl>>>0)+ci>4294967295?1:0,l=(al+bl+ci)|0,h=(ah+bh+lc)|0,` +
            `co=(ah>>>0)+(bh>>>0)+lc>4294967295?1:0;`;
        out += minus ? `const v=((ah^bh)&(ah^h))<0?${OF}:0;` : `const v=((ah^h)&(bh^h))<0?${OF}:0;`;
      } else {
        const max = size === 1 ? "255" : size === 2 ? "65535" : "4294967295";
        const u = size === 4 ? ">>>0" : "";
        out += `const l=(al${s}bl${s}ci)${mask};`;
        out += minus ? `const co=(al${u})-(bl${u})-ci<0?1:0;` : `const co=(al${u})+(bl${u})+ci>${max}?1:0;`;
        const up = size === 4 ? "" : `<<${32 - bits}`;
        out += minus
          ? `const v=(((al^bl)&(al^l))${up})<0?${OF}:0;`
          : `const v=(((al^l)&(bl^l))${up})<0?${OF}:0;`;
        out += `const h=0;`;
      }
      return out + flagsOf(RESULT, ["l", "h"], [`co|v|(al^bl^l)&${AF}`, ""]) + `${d.lo}=l;${d.hi}=h;`;
    };
    alu.push(op(`${name}${bits}`, "drrx", `d = a ${s} b ${s} CF; x: kind of the flags read; flags`, body, {
      reads: CF,
      writes: STATUS_FLAGS,
      kind: kindOf(RESULT, size),
      kindArg: 3,
    }));
  }

  // INC and DEC keep CF, so they carry it over.
  for (const [name, minus] of [["inc", false], ["dec", true]] as const) {
    const result = minus ? "-1" : "+1", kind = kindOf(minus ? SUB : ADD, size);
    const carry = carryKind(KEPT, size), saved = carryKind(SAVED, size);
    const body = ([d, a, read]: any[], flags: boolean): string => {
      let out = `const al=${a.lo};` + (wide ? `const ah=${a.hi};` : "");
      if (flags) {
        out += `const ci=${conditionText(2, read)}?1:0;I32[c+${2 * FLAG_C}]=ci;`;
        out += setFlags(minus ? SUB : ADD, size, ["al", "ah"], ["1", "0"], carry);
      }
      out += `const l=(al${result})${wide ? "|0" : mask};`;
      out += wide ? `const h=(ah${minus ? "-(al===0?1:0)" : "+(l===0?1:0)"})|0;` : `const h=0;`;
      return out + `${d.lo}=l;${d.hi}=h;`;
    };
    const doc = `d = a ${minus ? "-" : "+"} 1`;
    alu.push(op(`${name}${bits}`, "drx", `${doc}; x unused`, (t) => body(t, false)));
    alu.push(
      op(`${name}${bits}f`, "drx", `${doc}; x: kind of the flags read; flags but CF`, (t) => body(t, true), {
        reads: CF,
        writes: STATUS_FLAGS & ~CF,
        kind,
        carry: ([, , before]) => before === UNKNOWN || isSaved(before) ? saved : carry,
        kindArg: 2,
        plain: `${name}${bits}`,
      }),
    );
  }
}

// Conditions as values.
for (let cc = 0; cc < 16; cc++) {
  const reads = conditionReads(cc);
  alu.push(
    op(
      `set${cc}`,
      "dx",
      `d = condition ${cc} ? 1 : 0; x: kind of the flags read`,
      ([d, kind]) => `${d.lo}=${conditionText(cc, kind)}?1:0;${d.hi}=0;`,
      { reads, kindArg: 1 },
    ),
  );
  alu.push(
    op(
      `cmov${cc}`,
      "drx",
      `if condition ${cc}, d = r; x: kind of the flags read`,
      ([d, r, kind]) => `if(${conditionText(cc, kind)}){const h=${r.hi};${d.lo}=${r.lo};${d.hi}=h;}`,
      { reads, kindArg: 2 },
    ),
  );
}

export const ALU_OPS: readonly OpDef[] = alu;
