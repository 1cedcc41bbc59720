// IR operations of shifts and rotates (SDM vol. 2, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR).
//
// By a constant count (already masked, never 0): `shl32` and, with flags, `shl32f`. By a count in a register: `shlv32`, `shlv32f`,
// which leave flags alone when the masked count is 0. 8- and 16-bit operands are zero-extended values, as in ops_alu.ts.
// OF is only defined for counts of 1 and AF never; we give what the formula for 1 gives, and 0.

import { CF, FLAG_C, FLAG_R, FLAGS, OF, STATUS_FLAGS } from "../cpu.ts";
import { carryKind, COUNT_SHIFT, kindOf, LOGIC, RECORD, ROL, ROR, SAR, SHL, SHR, UNKNOWN } from "./flags.ts";
import { op, type OpDef } from "./op.ts";

const ops: OpDef[] = [];
const SHIFTS = ["shl", "shr", "sar"] as const;
type Shift = typeof SHIFTS[number];

const FROM = { shl: SHL, shr: SHR, sar: SAR } as const;

/** Statements: the flags of the result `l` (`h`); the operand is `low` (and `high`, where it has one). */
const leaveFlags = (name: Shift, size: number, n: string, low: string, high: string) =>
  `I32[c+${2 * FLAGS}]=${kindOf(LOGIC, size) | carryKind(FROM[name], size)}|(${n})<<${COUNT_SHIFT};` +
  `I32[c+${2 * FLAG_R}]=l;` + (size === 8 ? `I32[c+${2 * FLAG_R + 1}]=h;` : "") +
  `I32[c+${2 * FLAG_C}]=${low};` + (high === "" ? "" : `I32[c+${2 * FLAG_C + 1}]=${high};`);

/** Statements: `l` = `a` shifted by `n` (1–31, an expression), and the flags if asked for. Operands up to 32 bits. */
function narrow(name: Shift, size: number, n: string, flags: boolean): string {
  const bits = 8 * size, mask = size === 4 ? "|0" : `&${2 ** bits - 1}`;
  const sign = size === 4 ? "" : `<<${32 - bits}>>${32 - bits}`;
  const leave = (low: string, high: string) => flags ? leaveFlags(name, size, n, low, high) : "";
  switch (name) {
    case "shl":
      return `const l=(a<<${n})${mask};` + leave("a", "");
    case "shr":
      return `const l=(a>>>${n})|0;` + leave("a", "");
    case "sar":
      return `const s=a${sign},l=(s>>${n})${mask};` + leave("s", "s>>31");
  }
}

/** The same for 64 bits: `al`, `ah` to `l`, `h` by `n` in 1–63. `n` is a number, or undefined when it is in variable `n`. */
function wide(name: Shift, flags: boolean, count: number | undefined): string {
  const n = count ?? 0;
  const fill = name === "sar" ? "(ah>>31)" : "0";
  const right = name === "sar" ? ">>" : ">>>";
  // [condition on n, low, high]
  const cases: [boolean, string, string, string][] = name === "shl"
    ? [
      [n < 32, "n<32", "al<<n", "ah<<n|al>>>32-n"],
      [n === 32, "n===32", "0", "al"],
      [true, "", "0", "al<<n-32"],
    ]
    : [
      [n < 32, "n<32", "al>>>n|ah<<32-n", `ah${right}n`],
      [n === 32, "n===32", "ah", fill],
      [true, "", `ah${right}n-32`, fill],
    ];
  const tail = flags ? leaveFlags(name, 8, count === undefined ? "n" : `${count}`, "al", "ah") : "";
  if (count !== undefined) {
    const [, , low, high] = cases.find(([is]) => is)!;
    const literal = (text: string) =>
      text.replace(/32-n/, `${32 - n}`).replace(/n-(\d+)/, (_, k) => `${n - k}`).replace(/\bn\b/, `${n}`);
    return `const l=${literal(low)}|0,h=${literal(high)}|0;${tail}`;
  }
  return "let l,h;" +
    cases.map(([, test, low, high]) => `${test ? `if(${test})` : ""}{l=${low}|0;h=${high}|0;}`).join(
      "else ",
    ) + tail;
}

for (const name of SHIFTS) {
  for (const size of [1, 2, 4, 8]) {
    const bits = 8 * size, isWide = size === 8;
    const by = (t: any[], flags: boolean) =>
      isWide
        ? `const al=${t[1].lo},ah=${t[1].hi};${wide(name, flags, t[2])}${t[0].lo}=l;${t[0].hi}=h;`
        : `const a=${t[1].lo};${narrow(name, size, t[2], flags)}${t[0].lo}=l;${t[0].hi}=0;`;
    const args = isWide ? "drx" : "drn";
    ops.push(op(`${name}${bits}`, args, `d = r ${name} count (1 or more)`, (t) => by(t, false)));
    ops.push(op(`${name}${bits}f`, args, `d = r ${name} count (1 or more); flags`, (t) => by(t, true), {
      writes: STATUS_FLAGS,
      kind: kindOf(LOGIC, size),
      carry: (args) => carryKind(FROM[name], size, args[2]),
      plain: `${name}${bits}`,
    }));
    const variable = (t: any[], flags: boolean) =>
      isWide
        ? `const al=${t[1].lo},ah=${t[1].hi},n=${t[2].lo}&63;` +
          `if(n===0){${t[0].lo}=al;${t[0].hi}=ah;}else{${wide(name, flags, undefined)}${t[0].lo}=l;${
            t[0].hi
          }=h;}`
        : `const a=${t[1].lo},n=${t[2].lo}&31;` +
          `if(n===0)${t[0].lo}=a;else{${narrow(name, size, "n", flags)}${t[0].lo}=l;}${t[0].hi}=0;`;
    ops.push(op(`${name}v${bits}`, "drr", `d = first ${name} masked second`, (t) => variable(t, false)));
    ops.push(
      op(
        `${name}v${bits}f`,
        "drr",
        `d = first ${name} masked second; flags unless that is 0`,
        (t) => variable(t, true),
        {
          reads: STATUS_FLAGS,
          writes: STATUS_FLAGS,
          kind: UNKNOWN,
          plain: `${name}v${bits}`,
        },
      ),
    );
  }
}

// Rotates leave their result beside the flags that they do not change (flags.ts).
for (const size of [1, 2, 4, 8]) {
  const bits = 8 * size, isWide = size === 8;
  for (const name of ["rol", "ror"] as const) {
    const left = name === "rol", from = left ? ROL : ROR;
    /** Statements: `l` (and `h`) from `a` (`yl`, `yh`) and `n`, which may be 0 and is below the operand's bits. */
    const rotate = isWide
      ? `const al=n&32?yh:yl,ah=n&32?yl:yh,k=n&31,l=k===0?al:` +
        (left ? `al<<k|ah>>>32-k,h=k===0?ah:ah<<k|al>>>32-k;` : `al>>>k|ah<<32-k,h=k===0?ah:ah>>>k|al<<32-k;`)
      : size === 4
      ? `const l=n===0?a:${left ? "a<<n|a>>>32-n" : "a>>>n|a<<32-n"};`
      : `const l=(${left ? `a<<n|a>>>${bits}-n` : `a>>>n|a<<${bits}-n`})&${2 ** bits - 1};`;
    const leave = `I32[c+${2 * FLAGS}]=I32[c+${2 * FLAGS}]&${RECORD}|${carryKind(from, size)};` +
      `I32[c+${2 * FLAG_C}]=l;` + (isWide ? `I32[c+${2 * FLAG_C + 1}]=h;` : "");
    const take = (r: any) => isWide ? `const yl=${r.lo},yh=${r.hi};` : `const a=${r.lo};`;
    const body = (t: any[], count: string, flags: boolean) =>
      take(t[1]) + `const n=${count}&${bits - 1};` + rotate +
      (flags ? `if((${count}&${isWide ? 63 : 31})!==0){${leave}}` : "") +
      `${t[0].lo}=l;${t[0].hi}=${isWide ? "h" : "0"};`;
    const plain = `${name}${bits}`, variable = `${name}v${bits}`;
    ops.push(op(plain, "drn", `d = r ${name} n (not 0)`, (t) => body(t, `${t[2]}`, false)));
    ops.push(
      op(`${plain}f`, "drn", `d = r ${name} n (not 0); CF and OF`, (t) => body(t, `${t[2]}`, true), {
        writes: CF | OF,
        carry: () => carryKind(from, size),
        plain,
      }),
    );
    ops.push(op(variable, "drr", `d = first ${name} second`, (t) => body(t, t[2].lo, false)));
    ops.push(
      op(
        `${variable}f`,
        "drr",
        `d = first ${name} second; CF and OF unless the masked count is 0`,
        (t) => body(t, t[2].lo, true),
        { reads: STATUS_FLAGS, writes: CF | OF, kind: UNKNOWN, plain: variable },
      ),
    );
  }
}

export const SHIFT_OPS: readonly OpDef[] = ops;
