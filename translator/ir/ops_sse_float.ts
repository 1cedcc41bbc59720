// IR operations on floats in XMM registers: a fast path in line, the exact helper (sse/float.ts, an `o` argument) otherwise.
//
// The fast path applies when MXCSR rounds to nearest, has all exceptions masked, no DAZ or FTZ, and the sticky precision flag is
// already up (it soon is), and operands and result are normal numbers or true zeros: then no other flag can change.
// NaNs, infinities and denormals go to the helper, whose results are exact in value and flags.

import { FLAG_B, FLAGS, MXCSR, STATUS_FLAGS } from "../cpu.ts";
import { accepted } from "../sse/lane.ts";
import { EXPLICIT } from "./flags.ts";
import { op, type OpDef, type Ref } from "./op.ts";

const FLOAT: OpDef[] = [];

/** MXCSR is as above: only its low five flag bits are free. */
const ORDINARY = `(I32[c+${2 * MXCSR}]&65504)===8096`;
const MIN64 = "2.2250738585072014e-308", MAX64 = "1.7976931348623157e308";
const MIN32 = "1.1754943508222875e-38", MAX32 = "3.4028234663852886e38";
/** `v` is no denormal and no NaN. */
const ordinary = (v: string, min: string) => `(Math.abs(${v})>=${min}||${v}===0)`;

/** Condition: the operation on operands a and b with result v raises nothing but PE. */
function quiet(sign: string, a: string, b: string, v: string, min: string, max: string): string {
  const operands = `${ordinary(a, min)}&&${ordinary(b, min)}`;
  // Sums in the denormal range are exact.
  if (sign === "+" || sign === "-") return `Math.abs(${v})<=${max}&&${operands}`;
  return `Math.abs(${v})<=${max}&&(Math.abs(${v})>=${min}||${v}===0&&(${a}===0||${b}===0))&&${operands}`;
}

for (
  const [name, sign, number] of [["add", "+", 0], ["mul", "*", 1], ["sub", "-", 2], ["div", "/", 4]] as const
) {
  for (const [suffix, count] of [["sd", 1], ["pd", 2], ["ss", 1], ["ps", 4]] as const) {
    const double = suffix[1] === "d", lanes = Array.from({ length: count }, (_, k) => k);
    const lane = (r: Ref, k: number) => double ? r.f64(k) : r.f32(k);
    const value = double ? `a${sign}b` : `Math.fround(a${sign}b)`;
    const numbered = (text: string, k: number) => text.replace(/\b[ab]\b/g, (name) => name + k);
    FLOAT.push(
      op(`${name}${suffix}`, "odr", `d ${sign}= r on ${count} lanes; o: exact helper`, ([o, d, r], ip) => {
        const values = lanes.map((k) =>
          `a${k}=${lane(d, k)},b${k}=${lane(r, k)},v${k}=${numbered(value, k)}`
        );
        const conditions = lanes.map((k) =>
          quiet(sign, `a${k}`, `b${k}`, `v${k}`, double ? MIN64 : MIN32, double ? MAX64 : MAX32)
        );
        return `const ${values.join()};if(${ORDINARY}&&${conditions.join("&&")}){` +
          lanes.map((k) => `${lane(d, k)}=v${k};`).join("") +
          `}else ${o}(c,${number},${d.address},${r.address},${count},${ip});`;
      }, { faults: true }),
    );
  }
}

FLOAT.push(
  op(
    "sqrtsd",
    "odr",
    "low double of d = root of r's",
    ([o, d, r], ip) =>
      `const a=${r.f64(0)};if(${ORDINARY}&&(a>=${MIN64}&&a<=${MAX64}||a===0))${d.f64(0)}=Math.sqrt(a);` +
      `else ${o}(c,6,${d.address},${r.address},1,${ip});`,
    { faults: true },
  ),
  op(
    "sqrtss",
    "odr",
    "low single of d = root of r's",
    ([o, d, r], ip) =>
      `const a=${r.f32(0)};if(${ORDINARY}&&(a>=${MIN32}&&a<=${MAX32}||a===0))${d.f32(0)}=Math.sqrt(a);` +
      `else ${o}(c,6,${d.address},${r.address},1,${ip});`,
    { faults: true },
  ),
);

// MIN and MAX raise nothing for ordinary numbers; equal operands (two zeros) and NaNs give the second.
for (const [name, sign, number] of [["min", "<", 3], ["max", ">", 5]] as const) {
  for (const double of [true, false]) {
    const lane = (r: Ref) => double ? r.f64(0) : r.f32(0), min = double ? MIN64 : MIN32;
    FLOAT.push(
      op(
        `${name}s${double ? "d" : "s"}`,
        "odr",
        `low lane of d = ${name}(d, r)`,
        ([o, d, r], ip) =>
          `const v=${lane(d)},w=${lane(r)};if(${ordinary("v", min)}&&${ordinary("w", min)}){if(!(v${sign}w))${
            lane(d)
          }=w;}` +
          `else ${o}(c,${number},${d.address},${r.address},1,${ip});`,
        { faults: true },
      ),
    );
  }
}

/** RFLAGS after comparing doubles or singles; NaNs and denormals are the helper's. */
for (
  const [name, lane, tiny] of [["d", "f64", MIN64], [
    "s",
    "f32",
    "1.1754943508222875e-38",
  ]] as const
) {
  FLOAT.push(
    op(
      `comis${name}`,
      "odrx",
      "ZF PF CF of comparing d with r; x = 1: COMIS, 0: UCOMIS",
      ([o, d, r, quiet], ip) => {
        return `const v=${d[lane as "f64"](0)},w=${r[lane as "f64"](0)};const f=${ordinary("v", tiny)}&&${
          ordinary("w", tiny)
        }?v===w?64:v<w?1:0:` +
          `${o}(c,${quiet}===1,${d.address},${r.address},${ip});` +
          `I32[c+${2 * FLAGS}]=${EXPLICIT};I32[c+${2 * FLAG_B}]=f;`;
      },
      { faults: true, writes: STATUS_FLAGS, kind: EXPLICIT },
    ),
  );
}

const double = (r: Ref) => r.f64(0);
FLOAT.push(
  op(
    "cvtsi2sd32",
    "dr",
    "low double of d = low 32 bits of r as a signed integer",
    ([d, r]) => `${d.f64(0)}=${r.lo}|0;`,
  ),
  op(
    "cvtsi2sd64",
    "odr",
    "low double of d = r as a signed integer",
    ([o, d, r], ip) =>
      `const l=${r.lo},h=${r.hi},v=h*4294967296+(l>>>0);` +
      `if(${ORDINARY}||v<=9007199254740991&&v>=-9007199254740991)${d.f64(0)}=v;` +
      `else ${o}(c,${d.address},h,l,true,${ip});`,
    { faults: true },
  ),
  op(
    "cvtsi2ss32",
    "odr",
    "low single of d = low 32 bits of r as a signed integer",
    ([o, d, r], ip) =>
      `const v=${r.lo}|0;if(${ORDINARY}||v<=16777216&&v>=-16777216)${d.f32(0)}=v;` +
      `else ${o}(c,${d.address},v>>31,v,false,${ip});`,
    { faults: true },
  ),
  op(
    "cvttsd2si32",
    "odr",
    "d = low double of r truncated to 32 bits",
    ([o, d, r], ip) =>
      `const v=${double(r)},t=v|0;if(t===v||${ORDINARY}&&v>-2147483649&&v<2147483648){${d.lo}=t;${d.hi}=0;}` +
      `else ${o}(c,${d.address},${r.address},true,false,true,${ip});`,
    { faults: true },
  ),
  op(
    "cvttsd2si64",
    "odr",
    "d = low double of r truncated to 64 bits",
    ([o, d, r], ip) =>
      `const v=${double(r)},t=Math.trunc(v);` +
      `if((t===v||${ORDINARY})&&v>-9223372036854775808&&v<9223372036854775808){` +
      `${d.lo}=t|0;${d.hi}=Math.floor(t/4294967296)|0;}` +
      `else ${o}(c,${d.address},${r.address},true,true,true,${ip});`,
    { faults: true },
  ),
  op(
    "cvttss2si32",
    "odr",
    "d = low single of r truncated to 32 bits",
    ([o, d, r], ip) =>
      `const v=${r.f32(0)},t=v|0;if(t===v||${ORDINARY}&&v>-2147483649&&v<2147483648){${d.lo}=t;${d.hi}=0;}` +
      `else ${o}(c,${d.address},${r.address},false,false,true,${ip});`,
    { faults: true },
  ),
  op(
    "cvtsd2ss",
    "odr",
    "low single of d = low double of r",
    ([o, d, r], ip) =>
      `const v=Math.fround(${double(r)}),q=Math.abs(v);` +
      `if(${ORDINARY}&&(q>=${MIN32}&&q<=${MAX32}||${double(r)}===0))${
        d.f32(0)
      }=v;else ${o}(c,${d.address},${r.address},false,${ip});`,
    {
      faults: true,
    },
  ),
  op(
    "cvtss2sd",
    "odr",
    "low double of d = low single of r",
    ([o, d, r], ip) =>
      `const v=${r.f32(0)},q=Math.abs(v);` +
      `if(q>=${MIN32}&&q<=${MAX32}||v===0)${d.f64(0)}=v;else ${o}(c,${d.address},${r.address},true,${ip});`,
    { faults: true },
  ),
  op(
    "cvtsi2ss64",
    "odr",
    "low single of d = r as a signed integer",
    ([o, d, r], ip) => `${o}(c,${d.address},${r.hi},${r.lo},false,${ip});`,
    { faults: true },
  ),
  op(
    "cvtfi",
    "odrxxx",
    "d = float of r as integer; x: double, 64 bits wide, truncate",
    ([o, d, r, f, w, t], ip) => `${o}(c,${d.address},${r.address},${f === 1},${w === 1},${t === 1},${ip});`,
    { faults: true },
  ),
  op(
    "cvtdq2pd",
    "dr",
    "doubles of d = low two 32-bit integers of r",
    ([d, r]) => `const v=${r.word(0)},w=${r.word(1)};${d.f64(0)}=v;${d.f64(1)}=w;`,
  ),
);

/** Compares with a predicate: what holds between ordered numbers, by the bits of sse/lane.ts. */
const PREDICATES = ["false", "v<w", "v===w", "v<=w", "v>w", "v!==w", "v>=w", "true"];
for (
  const [name, lane, tiny, words] of [["d", "f64", MIN64, 2], [
    "s",
    "f32",
    "1.1754943508222875e-38",
    1,
  ]] as const
) {
  FLOAT.push(
    op(`cmps${name}`, "odrx", "low lane of d = all ones where predicate x holds", ([o, d, r, x], ip) => {
      return `const v=${d[lane as "f64"](0)},w=${r[lane as "f64"](0)};if(${ordinary("v", tiny)}&&${
        ordinary("w", tiny)
      }){` +
        `const f=${PREDICATES[accepted(x) & 7]}?-1:0;${d.lo}=f;${words === 2 ? `${d.hi}=f;` : ""}}` +
        `else ${o}(c,${x},${d.address},${r.address},1,${ip});`;
    }, { faults: true }),
  );
}

// Helper calls on vectors: the addresses of d and r after the helper's own numbers.
FLOAT.push(
  op(
    "vec",
    "odr",
    "o(d address, r address): never raises",
    ([o, d, r]) => `${o}(${d.address},${r.address});`,
  ),
  op(
    "vecm",
    "odrr",
    "o(d address, r address, r address): never raises",
    ([o, d, r, m]) => `${o}(${d.address},${r.address},${m.address});`,
  ),
  op(
    "vecfxx",
    "odrxx",
    "o(c, x, d address, r address, x, ip): floats, may raise #XM",
    ([o, d, r, x, y], ip) => `${o}(c,${x},${d.address},${r.address},${y},${ip});`,
    { faults: true },
  ),
  op(
    "vecf",
    "odr",
    "o(c, d address, r address, ip): floats, may raise #XM",
    ([o, d, r], ip) => `${o}(c,${d.address},${r.address},${ip});`,
    { faults: true },
  ),
);

export const SSE_FLOAT_OPS: readonly OpDef[] = FLOAT;
