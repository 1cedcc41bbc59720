// Turns an IR operation's arguments into the names or literals that its template is written with.

import type { Link } from "../cache/block.ts";
import { FS_BASE } from "../cpu.ts";
import { SELF } from "../ir/ops_control.ts";
import type { IrOp } from "../ir/block.ts";
import { type Const, constRef, effectiveAddress, type Mem, slotRef } from "../ir/op.ts";

/** Names that every template may use, in the order in which code generators bind them. */
export const GLOBALS = "I32,U8,I8,U16,I16,U32,F32,F64,I64,U64,DV,H";

/**
 * The number that tells the factory for `o` from others of the same operation: a bit for each value (slot or constant), eight for a
 * memory operand, the number itself for an `x`. Runs for every operation translated: no allocation.
 */
export function closureKey(o: IrOp): number {
  const { args } = o;
  const kinds = o.def.args;
  let key = 0;
  for (let i = 0; i < kinds.length; i++) {
    const a = args[i];
    switch (kinds.charCodeAt(i)) {
      case KIND_R:
        key = key * 2 + (typeof a === "number" ? 0 : 1);
        break;
      case KIND_M: {
        const m = a as Mem;
        key = key * 256 + (m.base >= 0 ? 1 : 0) + (m.index >= 0 ? 2 + 4 * m.scale : 0) +
          (m.dispLo !== 0 || m.dispHi !== 0 ? 16 : 0) +
          (m.segment < 0 ? 0 : m.segment === FS_BASE ? 32 : 64) + (m.address32 ? 128 : 0);
        break;
      }
      case KIND_X:
        key = key * 512 + (a as number) + 1;
        break;
    }
  }
  return key;
}

const KIND_R = 114, KIND_M = 109, KIND_X = 120;

/**
 * Source of the factory for operations like `o`: a function of an operation's arguments `a` and address `ip` that takes out what the
 * closure captures and returns the closure.
 */
export function factoryText(o: IrOp): string {
  const { def, args } = o;
  const captures: string[] = [];
  const next = (value: string) => {
    const name = `p${captures.length}`;
    captures.push(`${name}=${value}`);
    return name;
  };
  const t: unknown[] = [];
  for (let i = 0; i < def.args.length; i++) {
    const a = args[i];
    switch (def.args[i]) {
      case "d":
        t.push(slotRef(next(`2*a[${i}]`)));
        break;
      case "r":
        t.push(
          typeof a === "number"
            ? slotRef(next(`2*a[${i}]`))
            : constRef(next(`a[${i}].lo`), next(`a[${i}].hi`), undefined),
        );
        break;
      case "m": {
        const base = next(`2*a[${i}].base`), index = next(`2*a[${i}].index`);
        const lo = next(`a[${i}].dispLo`), hi = next(`a[${i}].dispHi`);
        t.push({ ea: effectiveAddress(a as Mem, base, index, lo, hi) });
        break;
      }
      case "x":
        t.push(a);
        break;
      default:
        t.push(next(`a[${i}]`));
    }
  }
  const body = def.js(t, "ip");
  return `function(a,ip){${captures.length > 0 ? `const ${captures.join(",")};` : ""}` +
    `return function ${def.name}(c){${body}}}`;
}

/**
 * The operation as JavaScript with literals; objects become `K[i]`, pushed to `objects`. Jumps to address `self` become
 * jumps to the start of the function.
 */
export function sourceText(o: IrOp, objects: unknown[], self?: number): string {
  const { def, args } = o;
  const t: unknown[] = [];
  for (let i = 0; i < def.args.length; i++) {
    const a = args[i];
    switch (def.args[i]) {
      case "d":
        t.push(slotRef(2 * (a as number)));
        break;
      case "r":
        if (typeof a === "number") t.push(slotRef(2 * a));
        else {
          const k = a as Const;
          t.push(constRef(literal(k.lo), literal(k.hi), k));
        }
        break;
      case "m": {
        const m = a as Mem;
        t.push({
          ea: effectiveAddress(m, `${2 * m.base}`, `${2 * m.index}`, literal(m.dispLo), literal(m.dispHi)),
        });
        break;
      }
      case "o":
        t.push(self !== undefined && (a as Link).address === self ? SELF : `K[${objects.push(a) - 1}]`);
        break;
      case "n":
        t.push(literal(a as number));
        break;
      default:
        t.push(a);
    }
  }
  return def.js(t, `${o.ip}`);
}

/** Negative numbers in parentheses, so that `a-${literal}` stays an expression. */
function literal(n: number): string {
  return n < 0 ? `(${n})` : `${n}`;
}
