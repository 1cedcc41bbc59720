// CLC STC CMC CLD STD LAHF SAHF PUSHF POPF (SDM vol. 2)

import { RSP } from "../cpu.ts";
import type { Instruction } from "../decode/instruction.ts";
import * as h from "../helpers/flags.ts";
import { type Builder, memAt } from "../ir/builder.ts";
import type { Family } from "./lowering.ts";

function pushf(size: number) {
  return (b: Builder): void => {
    const t = b.temp();
    b.quickFlags(h.readInto, t);
    if (size === 8) return b.op("push64", t);
    b.op("st16", memAt(RSP, -2), t);
    b.op("lea64", RSP, memAt(RSP, -2));
  };
}

function popf(size: number) {
  return (b: Builder, _i: Instruction): void => {
    const t = b.temp();
    b.op(size === 8 ? "ld64" : "ld16u", t, memAt(RSP));
    b.op("lea64", RSP, memAt(RSP, size));
    b.setFlags(h.writeFrom, t, size);
    // The trap flag is the dispatcher's business.
    b.stepping();
  };
}

export const FLAG: Family = {
  Clc: (b) => b.op("status0", h.clc),
  Stc: (b) => b.op("status0", h.stc),
  Cmc: (b) => b.op("status0", h.cmc),
  Sahf: (b) => b.op("status0", h.sahf),
  Lahf: (b) => b.quickFlags(h.lahf),
  Cld: (b) => b.quick(h.cld),
  Std: (b) => b.quick(h.std),
  Pushfq: pushf(8),
  Pushf: pushf(2),
  Popfq: popf(8),
  Popf: popf(2),
};
