// IR operations that end a block, and calls of helper functions.
//
// What ends a block returns the next Block, or null after H.exit recorded why the executor stops. A Link (cache/block.ts)
// remembers the target's block. Within one page a link needs no check: page and translations live and die together. Across
// pages the exec TLB must still show the frame that the target was translated from in this address space.

import { FLAGS, RIP, STATUS_FLAGS, TF } from "../cpu.ts";
import { conditionReads, conditionText, UNKNOWN } from "./flags.ts";
import { execEntry, op, type OpDef, readAddress, writeAddress } from "./op.ts";

const SET_RIP = (lo: string, hi: string) => `I32[c+${2 * RIP}]=${lo};I32[c+${2 * RIP + 1}]=${hi};`;

/** Name of a link that leads back to the start of the emitted function (js/source.ts). */
export const SELF = "SELF";

/** Statements: go to the block of link `l`. */
export function follow(l: string, near: number): string {
  if (l === SELF) return "continue loop;";
  const slow = `return H.follow(c,${l});`;
  if (near === 1) return `if(${l}.block!==null)return ${l}.block;${slow}`;
  return `if(${l}.block!==null){const x=${execEntry(`${l}.lo`)};` +
    `if(I32[x]===${l}.tag&&I32[x+1]===${l}.hi&&I32[x+2]===${l}.block.addend)return ${l}.block;}${slow}`;
}

const ends = { ends: true };

/** Statements that jump to the address in `lo`, `hi`, through the jump cache. */
const INDIRECT = "return H.jump(c,lo,hi);";

/** Statements: a branch to an address that is not canonical faults itself, before it changes anything. */
const canonical = (lo: string, hi: string, ip: string) => `if(${hi}>>>0>32767)H.target(c,${lo},${hi},${ip});`;

const CONTROL: OpDef[] = [
  op("jump", "lx", "goes to link l (x = 1: same page)", ([l, near]) => follow(l, near), ends),
  op(
    "call",
    "lxr",
    "pushes the return address r and goes to link l",
    ([l, near, r], ip) =>
      `const s=I32[c+8],lo=(s-8)|0,hi=(I32[c+9]-((s>>>0)<8?1:0))|0;` +
      writeAddress(
        8,
        `DV.setInt32(p,${r.lo},true);DV.setInt32(p+4,${r.hi},true);`,
        `H.write64(c,lo,hi,${r.lo},${r.hi},${ip});`,
      ) + `I32[c+8]=lo;I32[c+9]=hi;` + follow(l, near),
    { ends: true, faults: true },
  ),
  op(
    "jumpTo",
    "r",
    "goes to the address in r",
    ([r], ip) => `const lo=${r.lo},hi=${r.hi};${canonical("lo", "hi", ip)}${INDIRECT}`,
    { ends: true, faults: true },
  ),
  op(
    "callTo",
    "rr",
    "pushes the return address (second) and goes to the address in the first",
    ([r, back], ip) =>
      `const tl=${r.lo},th=${r.hi};${
        canonical("tl", "th", ip)
      }{const s=I32[c+8],lo=(s-8)|0,hi=(I32[c+9]-((s>>>0)<8?1:0))|0;` +
      writeAddress(
        8,
        `DV.setInt32(p,${back.lo},true);DV.setInt32(p+4,${back.hi},true);`,
        `H.write64(c,lo,hi,${back.lo},${back.hi},${ip});`,
      ) + `I32[c+8]=lo;I32[c+9]=hi;}const lo=tl,hi=th;${INDIRECT}`,
    { ends: true, faults: true },
  ),
  op(
    "ret",
    "n",
    "pops the address to go to; RSP grows by n more bytes",
    ([n], ip) =>
      `let tl,th;{const lo=I32[c+8],hi=I32[c+9];` + readAddress(8, ip) +
      `tl=DV.getInt32(p,true);th=DV.getInt32(p+4,true);${canonical("tl", "th", ip)}` +
      `const n=(lo+8+${n})|0;I32[c+8]=n;I32[c+9]=(hi+((n>>>0)<(lo>>>0)?1:0))|0;}` +
      `const lo=tl,hi=th;${INDIRECT}`,
    { ends: true, faults: true },
  ),
  op(
    "stepping",
    "rlx",
    "goes to link l, or stops at RIP = r if the trap flag is up",
    ([r, l, near]) =>
      `if((I32[c+${2 * FLAGS + 1}]&${TF})!==0){${SET_RIP(r.lo, r.hi)}return H.exit(1);}${follow(l, near)}`,
    { ends: true, reads: STATUS_FLAGS },
  ),
  op(
    "exit",
    "rx",
    "stores RIP = r and leaves the executor for reason x",
    ([r, reason]) => `${SET_RIP(r.lo, r.hi)}return H.exit(${reason});`,
    { ends: true, reads: STATUS_FLAGS },
  ),
];

for (let cc = 0; cc < 16; cc++) {
  CONTROL.push(op(
    `branch${cc}`,
    "lxlxx",
    `condition ${cc}: first link, else second; x: kind of the flags read`,
    ([taken, near1, other, near2, kind]) =>
      `if(${conditionText(cc, kind)}){${follow(taken, near1)}}${follow(other, near2)}`,
    { ends: true, reads: conditionReads(cc), kindArg: 4 },
  ));
}
// Branches on a slot rather than flags (LOOP, JRCXZ).
CONTROL.push(op(
  "branchZero",
  "rlxlx",
  "r == 0 (64 bits): first link, else second",
  ([r, taken, near1, other, near2]) =>
    `if((${r.lo}|${r.hi})===0){${follow(taken, near1)}}${follow(other, near2)}`,
  ends,
));

// Helper calls: RIP is stored first, so that the helper may raise. The flag effects are those of the call's IR node.
for (let n = 0; n <= 5; n++) {
  const numbers = Array.from({ length: n }, (_, i) => i);
  const list = (t: any[], from: number) => numbers.map((i) => `,${t[i + from]}`).join("");
  CONTROL.push(op(
    `help${n}`,
    "or" + "n".repeat(n),
    `calls o(c, n…) with RIP = r; it may raise, read and leave flags`,
    (t) => `${SET_RIP(t[1].lo, t[1].hi)}${t[0]}(c${list(t, 2)});`,
    { faults: true, reads: STATUS_FLAGS, kind: UNKNOWN },
  ));
  CONTROL.push(op(
    `quick${n}`,
    "o" + "n".repeat(n),
    `calls o(c, n…), which never raises and has nothing to do with flags`,
    (t) => `${t[0]}(c${list(t, 1)});`,
  ));
  const plainCall = (t: any[]) => `${t[0]}(c${list(t, 1)});`;
  CONTROL.push(
    op(`look${n}`, "o" + "n".repeat(n), "calls o(c, n…), which never raises and reads flags", plainCall, {
      reads: STATUS_FLAGS,
    }),
  );
  CONTROL.push(
    op(
      `flag${n}`,
      "o" + "n".repeat(n),
      "calls o(c, n…), which never raises, may read flags, and may leave others",
      plainCall,
      {
        reads: STATUS_FLAGS,
        kind: UNKNOWN,
      },
    ),
  );
  CONTROL.push(op(
    `repeat${n}`,
    "orlx" + "n".repeat(n),
    `calls o(c, n…) with RIP = r; when it returns true goes to link l, else stops for the budget to run r again`,
    (t) => `${SET_RIP(t[1].lo, t[1].hi)}if(${t[0]}(c${list(t, 4)})){${follow(t[2], t[3])}}return H.exit(1);`,
    { ends: true, faults: true, reads: STATUS_FLAGS },
  ));
  CONTROL.push(op(
    `leave${n}`,
    "or" + "n".repeat(n),
    `calls o(c, n…) with RIP = r, which sets RIP itself or raises; goes on at RIP`,
    (t) =>
      `${SET_RIP(t[1].lo, t[1].hi)}${t[0]}(c${list(t, 2)});` +
      `const lo=I32[c+${2 * RIP}],hi=I32[c+${2 * RIP + 1}];${INDIRECT}`,
    { ends: true, faults: true, reads: STATUS_FLAGS },
  ));
}

export const CONTROL_OPS: readonly OpDef[] = CONTROL;
