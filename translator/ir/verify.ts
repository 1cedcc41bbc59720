// Checks that a block is well-formed IR: argument counts and kinds, slots in range, one ending operation at the end.
// Runs in tests and with --verify.

import type { IrBlock } from "./block.ts";
import { opText } from "./text.ts";

const SLOTS = 192;

/** Throws an Error that names the operation at fault. */
export function verify(block: IrBlock): void {
  const { ops } = block;
  if (ops.length === 0) throw new Error("empty block");
  ops.forEach((o, i) => {
    const fail = (why: string): never => {
      throw new Error(`block ${block.address.toString(16)}, operation ${i} (${o.def.name}): ${why}`);
    };
    const { args } = o.def;
    if (o.args.length !== args.length) fail(`${o.args.length} arguments, wants ${args.length}`);
    for (let n = 0; n < args.length; n++) {
      const a: any = o.args[n];
      const slot = (s: unknown) => Number.isInteger(s) && (s as number) >= 0 && (s as number) < SLOTS;
      const word = (w: unknown) => Number.isInteger(w) && (w as number) === ((w as number) | 0);
      switch (args[n]) {
        case "d":
          if (!slot(a)) fail(`argument ${n} is no slot`);
          break;
        case "r":
          if (!slot(a) && !(typeof a === "object" && word(a.lo) && word(a.hi))) {
            fail(`argument ${n} is no value`);
          }
          break;
        case "m":
          if (typeof a !== "object" || !word(a.dispLo) || !word(a.dispHi)) {
            fail(`argument ${n} is no memory operand`);
          }
          if ((a.base !== -1 && !slot(a.base)) || (a.index !== -1 && !slot(a.index))) {
            fail(`argument ${n}: bad slot`);
          }
          break;
        case "l":
        case "o":
          if (typeof a !== "object" && typeof a !== "function") fail(`argument ${n} is no object`);
          break;
        default:
          if (!word(a)) fail(`argument ${n} is no 32-bit number`);
      }
    }
    opText(o);
    if (o.def.ends !== (i === ops.length - 1)) {
      fail(o.def.ends ? "ends the block too early" : "does not end the block");
    }
  });
}
