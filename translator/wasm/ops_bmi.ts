// WebAssembly of LZCNT, BMI1 and BMI2; CRC32.

import { CF, FLAG_B, FLAG_R, OF } from "../cpu.ts";
import { pext } from "../helpers/bmi.ts";
import { EXPLICIT, kindOf, LOGIC, RESULT } from "../ir/flags.ts";
import { BITS_MASK, BITS_RESULT, BITS_VALUE } from "./bit_functions.ts";
import { leave } from "./conditions.ts";
import { I64, OP } from "./encoder.ts";
import { type Generator, W64, X32, X64, Y64 } from "./generator.ts";
import type { Emit } from "./ops_integer.ts";
import { sharedIndex } from "./shared.ts";
import { pushStatus } from "./status.ts";

export const BMI: Record<string, Emit> = {};

/** Leaves the result in W64, and the carry as an i32 where there is one, in `carry`. */
type Compute = (g: Generator, args: any[]) => void;

/** `carry` pushes CF as 0 or 1; the source is in X64, a second operand in Y64. */
function define(name: string, bits: number, compute: Compute, carry?: (g: Generator) => void): void {
  const size = bits / 8;
  const put = (g: Generator, d: number) => {
    g.code.get(W64);
    g.set64(d);
  };
  BMI[`${name}${bits}`] = (g, a) => {
    compute(g, a);
    put(g, a[0]);
  };
  BMI[`${name}${bits}f`] = (g, a) => {
    compute(g, a);
    g.code.get(W64);
    g.set64(FLAG_R);
    if (carry !== undefined) {
      carry(g);
      g.code.i32(Math.log2(CF)).op(OP.i32Shl);
      g.set32(FLAG_B);
    }
    leave(g, kindOf(carry === undefined ? LOGIC : RESULT, size));
    put(g, a[0]);
  };
}

const none = (g: Generator) => g.code.get(X64).op(OP.i64Eqz);
const some = (g: Generator) => g.code.get(X64).i64(0, 0).op(OP.i64Ne);

for (const bits of [16, 32, 64]) {
  const wide = bits === 64;
  /** X64 = the operand, zero-extended. */
  const take = (g: Generator, v: any, local = X64) => {
    if (wide) g.get64(v);
    else {
      g.get32(v);
      if (bits === 16) g.code.i32(65535).op(OP.i32And);
      g.code.op(OP.i64ExtendI32U);
    }
    g.code.set(local);
  };
  const cut = (g: Generator) => wide ? g.code : g.code.i64(-1, 0).op(OP.i64And);
  define("tzcnt", bits, (g, [, r]) => {
    take(g, r);
    // A one above the operand stops the count there.
    g.code.get(X64);
    if (!wide) g.code.i64(bits === 16 ? 65536 : 0, bits === 16 ? 0 : 1).op(OP.i64Or);
    g.code.op(OP.i64Ctz).set(W64);
  }, none);
  define("lzcnt", bits, (g, [, r]) => {
    take(g, r);
    g.code.get(X64).op(OP.i64Clz).i64(64 - bits, 0).op(OP.i64Sub).set(W64);
  }, none);
  if (bits === 16) continue;

  define("andn", bits, (g, [, a, b]) => {
    take(g, a);
    take(g, b, Y64);
    g.code.get(X64).get(Y64).i64(-1, -1).op(OP.i64Xor, OP.i64And).set(W64);
  });
  for (const [name, op, carry] of [["blsr", OP.i64And, none], ["blsmsk", OP.i64Xor, none]] as const) {
    define(name, bits, (g, [, r]) => {
      take(g, r);
      g.code.get(X64).get(X64).i64(1, 0).op(OP.i64Sub, op);
      cut(g).set(W64);
    }, carry);
  }
  define("blsi", bits, (g, [, r]) => {
    take(g, r);
    g.code.get(X64).i64(0, 0).get(X64).op(OP.i64Sub, OP.i64And).set(W64);
  }, some);
  /** W64 = the value on the stack cut to as many low bits as local `n` says, all if those are `bits` or more. */
  const keep = (g: Generator, n: number) => {
    const { code } = g;
    code.set(W64).get(W64).i64(1, 0).get(n).op(OP.i64Shl).i64(1, 0).op(OP.i64Sub, OP.i64And).get(W64);
    code.get(n).i64(bits, 0).op(OP.i64LtU, OP.select).set(W64);
  };
  define("bextr", bits, (g, [, a, b]) => {
    const { code } = g, start = g.scratch(I64, 7), length = g.scratch(I64, 8);
    take(g, b, Y64);
    take(g, a);
    code.get(Y64).i64(255, 0).op(OP.i64And).set(start);
    code.get(Y64).i64(8, 0).op(OP.i64ShrU).i64(255, 0).op(OP.i64And).set(length);
    code.get(X64).get(start).op(OP.i64ShrU).i64(0, 0).get(start).i64(bits, 0).op(OP.i64LtU, OP.select);
    keep(g, length);
  });
  define("bzhi", bits, (g, [, a, b]) => {
    const { code } = g;
    take(g, b, Y64);
    code.get(Y64).i64(255, 0).op(OP.i64And).set(Y64);
    take(g, a);
    code.get(X64);
    keep(g, Y64);
  }, (g) => g.code.get(Y64).i64(bits - 1, 0).op(OP.i64GtU));
}

// ADCX, ADOX.
for (const [name, flag] of [["adcx", CF], ["adox", OF]] as const) {
  const bit = Math.log2(flag);
  for (const bits of [32, 64]) {
    BMI[`${name}${bits}`] = (g, [, d, a, b, kind]) => {
      const { code } = g;
      if (kind === EXPLICIT) g.get32(FLAG_B);
      else pushStatus(g);
      code.set(X32);
      const wide = bits === 64;
      const operand = (v: any) => {
        wide ? g.get64(v) : g.get32(v);
        if (!wide) code.op(OP.i64ExtendI32U);
      };
      operand(a);
      code.set(X64);
      operand(b);
      // W64 = the sum; the carry out of 64 bits shows in two comparisons, that out of 32 in the sum.
      code.get(X64).op(OP.i64Add).tee(Y64).get(X32).i32(bit).op(OP.i32ShrU).i32(1).op(OP.i32And);
      code.op(OP.i64ExtendI32U, OP.i64Add).set(W64);
      code.get(X32).i32(~flag).op(OP.i32And);
      if (wide) code.get(Y64).get(X64).op(OP.i64LtU).get(W64).get(Y64).op(OP.i64LtU, OP.i32Or);
      else code.get(W64).i64(32, 0).op(OP.i64ShrU, OP.i32WrapI64);
      code.i32(bit).op(OP.i32Shl, OP.i32Or);
      g.set32(FLAG_B);
      leave(g, EXPLICIT);
      code.get(W64);
      if (!wide) code.i64(-1, 0).op(OP.i64And);
      g.set64(d);
    };
  }
}

/** Value and mask (what CRC32 adds) to memory, a call, and the result; the closure while the function is being made. */
function shared(
  g: Generator,
  name: string,
  [d, a, b]: readonly any[],
  push: (v: any, second: boolean) => void,
  closure: () => void,
): void {
  for (const [slot, v] of [[BITS_VALUE, a], [BITS_MASK, b]] as const) {
    g.base();
    push(v, slot === BITS_MASK);
    g.code.mem(OP.i64Store, 8 * slot);
  }
  g.callShared(sharedIndex(name));
  g.code.hint(true);
  g.open(OP.if);
  g.base();
  g.code.mem(OP.i64Load, 8 * BITS_RESULT);
  g.set64(d);
  g.code.op(OP.else);
  closure();
  g.close();
}
for (const bits of [32, 64]) {
  BMI[`scatter${bits}`] = (g, [helper, , d, a, b], o) => {
    const step = g.step(o),
      push = (v: any) => bits === 64 ? g.get64(v) : (g.get32(v), g.code.op(OP.i64ExtendI32U));
    shared(g, helper === pext ? "pext" : "pdep", [d, a, b], push, () => g.runStepOn(step, [a, b], [d]));
  };
}
for (const bits of [8, 16, 32, 64]) {
  BMI[`crc${bits}`] = (g, [, d, a, b], o) => {
    const step = g.step(o);
    const push = (v: any, second: boolean) => {
      if (bits === 64) return g.get64(v);
      g.get32(v);
      // The sum has 32 bits always.
      if (bits < 32 && second) g.code.i32((1 << bits) - 1).op(OP.i32And);
      g.code.op(OP.i64ExtendI32U);
    };
    shared(g, `crc ${bits / 8}`, [d, a, b], push, () => {
      g.runStepOn(step, [a, b].filter((v) => typeof v === "number"), [d]);
    });
  };
}
