// WebAssembly of instructions that set, read and move flags (helpers/flags.ts).

import { AF, CF, DF, FLAG_B, FLAGS, OF, PF, RAX, SF, ZF } from "../cpu.ts";
import { EXPLICIT } from "../ir/flags.ts";
import { nameOf } from "../ir/objects.ts";
import { leave } from "./conditions.ts";
import { OP } from "./encoder.ts";
import type { Generator } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";
import { pushStatus } from "./status.ts";

export const FLAG: Record<string, Emit> = {};

/** Emitters of an operation by its helper; other helpers are run by the closure. */
function byHelper(
  name: string,
  emitters: Readonly<Record<string, (g: Generator, args: any[]) => void>>,
): void {
  FLAG[name] = (g, a, o) => {
    const emit = emitters[nameOf(a[0]) ?? ""];
    emit !== undefined ? emit(g, a) : g.runStep(g.step(o));
  };
}

/** The word with DF is `change`d. */
const direction = (change: (g: Generator) => void) => (g: Generator) => {
  g.base();
  g.base();
  g.code.mem(OP.i32Load, 8 * FLAGS + 4);
  change(g);
  g.code.mem(OP.i32Store, 8 * FLAGS + 4);
};
byHelper("quick0", {
  "flags.cld": direction((g) => g.code.i32(~DF).op(OP.i32And)),
  "flags.std": direction((g) => g.code.i32(DF).op(OP.i32Or)),
});

/** All six flags = what `change` makes of them. */
const status = (change: (g: Generator) => void) => (g: Generator) => {
  pushStatus(g);
  change(g);
  g.set32(FLAG_B);
  leave(g, EXPLICIT);
};
/** What LAHF and SAHF move. */
const LOW = CF | PF | AF | ZF | SF;
byHelper("status0", {
  "flags.clc": status((g) => g.code.i32(~CF).op(OP.i32And)),
  "flags.stc": status((g) => g.code.i32(CF).op(OP.i32Or)),
  "flags.cmc": status((g) => g.code.i32(CF).op(OP.i32Xor)),
  "flags.sahf": status((g) => {
    g.code.i32(OF).op(OP.i32And);
    g.get32(RAX);
    g.code.i32(8).op(OP.i32ShrU).i32(LOW).op(OP.i32And, OP.i32Or);
  }),
});
byHelper("look0", {
  "flags.lahf": (g) => {
    g.get64(RAX);
    g.code.i64(~0xff00, -1).op(OP.i64And);
    pushStatus(g);
    g.code.i32(LOW).op(OP.i32And).i32(2).op(OP.i32Or).i32(8).op(OP.i32Shl, OP.i64ExtendI32U, OP.i64Or);
    g.set64(RAX);
  },
});
byHelper("look1", {
  "flags.readInto": (g, [, d]) => {
    pushStatus(g);
    g.base();
    g.code.mem(OP.i32Load, 8 * FLAGS + 4).i32(0x202).op(OP.i32Or, OP.i32Or);
    g.set32(d);
  },
});
