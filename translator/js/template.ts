// Turns an IR operation's arguments into the names or literals that its template is written with.

import type { Link } from "../cache/block.ts";
import { SELF } from "../ir/ops_control.ts";
import type { IrOp } from "../ir/block.ts";
import { type Const, constRef, effectiveAddress, type Mem, slotRef } from "../ir/op.ts";
import {
  FORM_ADDRESS32,
  FORM_BASE,
  FORM_CONST,
  FORM_DISP,
  FORM_INDEX,
  FORM_WIDE,
  OFFSET_SHIFT,
  scaleOf,
  segmentOf,
  type Shape,
} from "../ir/words.ts";

/** Names that every template may use, in the order in which code generators bind them. */
export const GLOBALS = "I32,U8,I8,U16,I16,U32,F32,F64,I64,U64,DV,H";

/**
 * Source of the function that executes operations of a shape: CPU state `c`, the words and the index of the operation in them, and
 * the block they belong to (js/closures.ts). Objects are found in `$O`.
 */
export function handlerText({ def, forms }: Shape): string {
  const captures: string[] = [];
  let word = 0, link = 0;
  const next = (value = `$a[$i+${++word}]`) => {
    const name = `p${captures.length}`;
    captures.push(`${name}=${value}`);
    return name;
  };
  const t = forms.map((form, i): unknown => {
    switch (def.args[i]) {
      case "d":
        return slotRef(next());
      case "r": {
        if (form !== FORM_CONST) return slotRef(next());
        const lo = next(), hi = next();
        return constRef(lo, hi, undefined);
      }
      case "m": {
        const base = form & FORM_BASE ? next() : "", index = form & FORM_INDEX ? next() : "";
        const lo = form & FORM_DISP ? next() : "0";
        const hi = form & FORM_WIDE ? next() : form & FORM_DISP ? `(${lo}>>31)` : "0";
        const shape: Mem = {
          base: base === "" ? -1 : 0,
          index: index === "" ? -1 : 0,
          scale: scaleOf(form),
          dispLo: form & FORM_DISP ? 1 : 0,
          dispHi: 0,
          segment: segmentOf(form),
          address32: (form & FORM_ADDRESS32) !== 0,
        };
        return { ea: effectiveAddress(shape, base, index, lo, hi) };
      }
      case "x":
        return form;
      case "o":
        return next(`$O[$a[$i+${++word}]]`);
      case "l":
        return next(`$b.links[${link++}]`);
      default:
        return next();
    }
  });
  const body = def.js(t, `($b.address-($b.lo&4095)+($a[$i]>>>${OFFSET_SHIFT}&4095))`);
  return `function ${def.name}(c,$a,$i,$b){${
    captures.length > 0 ? `const ${captures.join(",")};` : ""
  }{${body}}}`;
}

/**
 * The operation as JavaScript with literals; objects become `K[i]`, pushed to `objects`. Jumps to address `self` become
 * jumps to the start of the function.
 */
export function sourceText(o: IrOp, objects: unknown[], self?: number): string {
  const { def, args } = o;
  const t = args.map((a, i): unknown => {
    switch (def.args[i]) {
      case "d":
        return slotRef(2 * (a as number));
      case "r": {
        if (typeof a === "number") return slotRef(2 * a);
        const k = a as Const;
        return constRef(literal(k.lo), literal(k.hi), k);
      }
      case "m": {
        const m = a as Mem;
        return {
          ea: effectiveAddress(m, `${2 * m.base}`, `${2 * m.index}`, literal(m.dispLo), literal(m.dispHi)),
        };
      }
      case "l":
        return self !== undefined && (a as Link).address === self ? SELF : `K[${objects.push(a) - 1}]`;
      case "o":
        return `K[${objects.push(a) - 1}]`;
      case "n":
        return literal(a as number);
      default:
        return a;
    }
  });
  return def.js(t, `${o.ip}`);
}

/** Negative numbers in parentheses, so that `a-${literal}` stays an expression. */
function literal(n: number): string {
  return n < 0 ? `(${n})` : `${n}`;
}
