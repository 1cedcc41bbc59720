// MOVS STOS LODS SCAS CMPS, alone and with REP, REPE, REPNE (SDM vol. 2)

import { RAX, RCX, RDI, RSI } from "../cpu.ts";
import { type Instruction, OPERAND_MEMORY } from "../decode/instruction.ts";
import { CMPS, LODS, MOVS, REPE, REPNE, repString, SCAS, STOS } from "../helpers/string.ts";
import type { Builder } from "../ir/builder.ts";
import type { Value } from "../ir/op.ts";
import { type Family, refuse } from "./lowering.ts";

const LOAD: Record<number, string> = { 1: "ld8u", 2: "ld16u", 4: "ld32", 8: "ld64" };
const STORE: Record<number, string> = { 1: "st8", 2: "st16", 4: "st32", 8: "st64" };

function string(operation: number, size: number) {
  return (b: Builder, i: Instruction): void => {
    const memories = i.ops.filter((o) => o.kind === OPERAND_MEMORY);
    const first = memories[0]?.mem;
    if (!first) return refuse();
    const source = memories.find((o) => o.mem!.base === RSI)?.mem,
      target = memories.find((o) => o.mem!.base === RDI)?.mem;
    const narrow = first.address32;
    if (i.rep || i.repne) {
      const link = b.link(i.next);
      const segment = source?.segment ?? -1, condition = i.repne ? REPNE : REPE;
      if ((operation === MOVS || operation === STOS) && !narrow) {
        // What the count alone ends is a loop of runs.
        const self = b.link(i.ip);
        b.op(
          "repRun",
          repString,
          b.ipConst,
          RCX,
          RDI,
          operation === MOVS ? RSI : RAX,
          operation,
          size,
          segment,
        );
        b.op("branchZero", RCX, link, b.near(link), self, b.near(self));
        return;
      }
      b.op(
        "repString",
        repString,
        b.ipConst,
        link,
        b.near(link),
        operation,
        size,
        segment,
        condition,
        narrow ? 1 : 0,
      );
      return;
    }
    const accumulator = (): Value => {
      if (size >= 4) return RAX;
      const t = b.temp();
      b.op(size === 1 ? "ext8u" : "ext16u", t, RAX, ...(size === 1 ? [0] : []));
      return t;
    };
    const load = (m: typeof source): number => {
      const t = b.temp();
      b.op(LOAD[size]!, t, m);
      return t;
    };
    switch (operation) {
      case MOVS:
        b.op(STORE[size]!, target, load(source));
        break;
      case STOS:
        b.op(STORE[size]!, target, RAX);
        break;
      case LODS: {
        const t = load(source);
        b.op(
          size === 1 ? "ins8" : size === 2 ? "ins16" : size === 4 ? "mov32" : "mov64",
          RAX,
          t,
          ...(size === 1 ? [0] : []),
        );
        break;
      }
      case SCAS:
        b.op(`cmp${8 * size}f`, accumulator(), load(target));
        break;
      case CMPS: {
        const y = load(target), x = load(source);
        b.op(`cmp${8 * size}f`, x, y);
      }
    }
    const advance = narrow ? "advance32" : "advance";
    if (source) b.op(advance, RSI, size);
    if (target) b.op(advance, RDI, size);
  };
}

const family: Record<string, (b: Builder, i: Instruction) => void> = {};
const OPERATIONS: [string, number][] = [["Movs", MOVS], ["Stos", STOS], ["Lods", LODS], ["Scas", SCAS], [
  "Cmps",
  CMPS,
]];
for (const [name, operation] of OPERATIONS) {
  for (const [suffix, size] of [["b", 1], ["w", 2], ["d", 4], ["q", 8]] as const) {
    family[name + suffix] = string(operation, size);
  }
}

export const STRING: Family = family;
