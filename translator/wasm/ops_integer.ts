// WebAssembly of the IR's integer operations, one entry an operation. What is missing here is run by its JavaScript closure.

import { AF, DF, FLAG_A, FLAG_B, FLAG_C, FLAG_R, FLAGS, OF, RSP, TEMP_COUNT, TEMPS } from "../cpu.ts";
import type { IrOp } from "../ir/block.ts";
import {
  ADD,
  carryKind,
  COND_B,
  isSaved,
  KEPT,
  kindOf,
  LOGIC,
  RESULT,
  SAR,
  SAVED,
  SHL,
  SHR,
  SUB,
  UNKNOWN,
} from "../ir/flags.ts";
import { atRegister, type Mem, type Value } from "../ir/op.ts";
import { condition, leave } from "./conditions.ts";
import { OP, SIMD } from "./encoder.ts";
import { type Generator, X32, X64, Y64 } from "./generator.ts";

/** Emits one operation. */
export type Emit = (g: Generator, args: any[], o: IrOp) => void;
export const INTEGER: Record<string, Emit> = {};

/** What RSP points to. */
export const STACK_TOP: Mem = atRegister(RSP, 0);

/** d = what `value` pushes, as i64. */
const to64 = (value: Emit): Emit => (g, a, o) => {
  value(g, a, o);
  g.set64(a[0]);
};
/** d = what `value` pushes, an i32, zero-extended. */
const to32 = (value: Emit): Emit => (g, a, o) => {
  value(g, a, o);
  g.set32(a[0]);
};
const cut32 = (g: Generator, size: number) => {
  if (size === 1) g.code.i32(255).op(OP.i32And);
  else if (size === 2) g.code.i32(65535).op(OP.i32And);
};
/** Copies two operands into the flags' operands, so that the destination may be one of them. */
export function operands(g: Generator, x: Value, y: Value): void {
  g.get64(x);
  g.set64(FLAG_A);
  g.get64(y);
  g.set64(FLAG_B);
}

// Moves.
INTEGER.mov64 = (g, [d, r]) => {
  if (g.isVector(d) && g.isVector(r)) {
    const { floats } = g;
    floats.copiedHalf(d, r, () => g.copyHalf(d, r));
    return;
  }
  g.get64(r);
  g.set64(d);
};
INTEGER.mov32 = to32((g, a) => g.get32(a[1]));
INTEGER.sext32 = to64((g, a) => {
  g.get32(a[1]);
  g.code.op(OP.i64ExtendI32S);
});
INTEGER.ext8u = to32((g, a) => {
  g.get32(a[1]);
  if (a[2]) g.code.i32(8).op(OP.i32ShrU);
  g.code.i32(255).op(OP.i32And);
});
const byte = (g: Generator, a: any[]) => {
  g.get32(a[1]);
  if (a[2]) g.code.i32(8).op(OP.i32ShrU);
  g.code.op(OP.i32Extend8S);
};
INTEGER.ext8s32 = to32(byte);
INTEGER.ext8s64 = to64((g, a) => {
  byte(g, a);
  g.code.op(OP.i64ExtendI32S);
});
INTEGER.ext16u = to32((g, a) => {
  g.get32(a[1]);
  g.code.i32(65535).op(OP.i32And);
});
INTEGER.ext16s32 = to32((g, a) => {
  g.get32(a[1]);
  g.code.op(OP.i32Extend16S);
});
INTEGER.ext16s64 = to64((g, a) => {
  g.get32(a[1]);
  g.code.op(OP.i32Extend16S, OP.i64ExtendI32S);
});
INTEGER.ins8 = (g, [d, r, x]) => {
  const shift = 8 * x;
  g.get64(d);
  g.code.i64(~(255 << shift), -1).op(OP.i64And);
  g.get64(r);
  g.code.i64(255, 0).op(OP.i64And);
  if (shift) g.code.i64(shift, 0).op(OP.i64Shl);
  g.code.op(OP.i64Or);
  g.set64(d);
};
INTEGER.ins16 = (g, [d, r]) => insert16(g, d, () => g.get64(r));
/** Low 16 bits of slot `d` = those that `push` pushes as i64. */
export function insert16(g: Generator, d: number, push: () => void): void {
  g.get64(d);
  g.code.i64(-65536, -1).op(OP.i64And);
  push();
  g.code.i64(65535, 0).op(OP.i64And, OP.i64Or);
  g.set64(d);
}
INTEGER.sign32 = to32((g, a) => {
  g.get32(a[1]);
  g.code.i32(31).op(OP.i32ShrS);
});
INTEGER.sign64 = to64((g, a) => {
  g.get64(a[1]);
  g.code.i64(63, 0).op(OP.i64ShrS);
});
INTEGER.xchg64 = (g, [a, b]) => {
  g.get64(a);
  g.code.set(X64);
  g.get64(b);
  g.set64(a);
  g.code.get(X64);
  g.set64(b);
};
INTEGER.bswap32 = to32((g, a) => {
  const { code } = g;
  g.get32(a[1]);
  code.tee(X32).i32(8).op(OP.i32Rotl).i32(0x00ff00ff).op(OP.i32And);
  code.get(X32).i32(8).op(OP.i32Rotr).i32(0xff00ff00 | 0).op(OP.i32And, OP.i32Or);
});

/** The i64 in X64 with pairs of its `bits`-bit units exchanged; `mask`: the lower unit of each pair. */
const exchange = (g: Generator, bits: number, mask: number) => {
  g.code.get(X64).i64(bits, 0).op(OP.i64ShrU).i64(mask, mask).op(OP.i64And);
  g.code.get(X64).i64(mask, mask).op(OP.i64And).i64(bits, 0).op(OP.i64Shl, OP.i64Or);
};
INTEGER.bswap64 = to64((g, a) => {
  g.get64(a[1]);
  g.code.set(X64);
  exchange(g, 8, 0x00ff00ff);
  g.code.set(X64);
  exchange(g, 16, 0x0000ffff);
  g.code.i64(32, 0).op(OP.i64Rotl);
});
INTEGER.bswap16 = to32((g, a) => {
  const { code } = g;
  g.get32(a[1]);
  code.tee(X32).i32(8).op(OP.i32Shl).i32(0xff00).op(OP.i32And);
  code.get(X32).i32(8).op(OP.i32ShrU).i32(0xff).op(OP.i32And, OP.i32Or);
});
/** Pushes ±n as DF says. */
const step = (g: Generator, n: number) => {
  g.code.i32(-n).i32(n);
  g.base();
  g.code.mem(OP.i32Load, 8 * FLAGS + 4).i32(DF).op(OP.i32And, OP.select);
};
INTEGER.advance = to64((g, a) => {
  g.get64(a[0]);
  step(g, a[1]);
  g.code.op(OP.i64ExtendI32S, OP.i64Add);
});
INTEGER.advance32 = to32((g, a) => {
  g.get32(a[0]);
  step(g, a[1]);
  g.code.op(OP.i32Add);
});
// Loads.
const loadTo = (name: string, size: number, opcode: number) => {
  INTEGER[name] = to64((g, a, o) => g.load(a[1], size, opcode, o.ip));
};
loadTo("ld8u", 1, OP.i64Load8u);
loadTo("ld8s64", 1, OP.i64Load8s);
loadTo("ld16u", 2, OP.i64Load16u);
loadTo("ld16s64", 2, OP.i64Load16s);
loadTo("ld32", 4, OP.i64Load32u);
loadTo("ld32s64", 4, OP.i64Load32s);
INTEGER.ld64 = (g, [d, m], o) => {
  if (!g.isVector(d)) {
    g.load(m, 8, OP.i64Load, o.ip);
    return g.set64(d);
  }
  // MOVLPS, MOVHPS
  if (g.isSplit(d)) return g.setF64(d, () => g.load(m, 8, OP.f64Load, o.ip));
  g.effective(m);
  g.setAddress();
  const at = g.loadAt(8, o.ip);
  g.code.set(X32);
  g.setVector(d & ~1, () => {
    g.code.get(X32);
    g.vector(d & ~1);
    g.code.simd(SIMD.load64Lane).op(0).u(at).op(d & 1);
  });
};
INTEGER.ld8s32 = to32((g, a, o) => g.load(a[1], 1, OP.i32Load8s, o.ip));
INTEGER.ld16s32 = to32((g, a, o) => g.load(a[1], 2, OP.i32Load16s, o.ip));
const UPDATE: [string, number, number][] = [
  ["ldu8", 1, OP.i64Load8u],
  ["ldu16", 2, OP.i64Load16u],
  ["ldu32", 4, OP.i64Load32u],
  ["ldu64", 8, OP.i64Load],
];
for (const [name, size, opcode] of UPDATE) {
  INTEGER[name] = to64((g, a, o) => g.loadForUpdate(a[1], size, opcode, o.ip));
}

// Stores.
for (const size of [1, 2, 4, 8]) {
  INTEGER[`st${8 * size}`] = (g, [m, r], o) => g.store(m, size, r, o.ip);
}
/** The last temporary, which no lowering needs beside a store of AH and its like. */
const BYTE = TEMPS + TEMP_COUNT - 1;
INTEGER.st8h = (g, [m, r], o) => {
  g.get64(r);
  g.code.i64(8, 0).op(OP.i64ShrU);
  g.set64(BYTE);
  g.store(m, 1, BYTE, o.ip);
};
INTEGER.probe = (g, [m, size], o) => g.probe(m, size, o.ip);
INTEGER.push64 = (g, [r], o) => {
  g.get64(r);
  g.code.set(Y64);
  pushValue(g, () => g.code.get(Y64), o.ip);
};
/** Stores the i64 that `value` pushes below RSP, then moves RSP. */
export function pushValue(g: Generator, value: () => void, ip: number): void {
  g.effective(atRegister(RSP, -8));
  g.setAddress();
  g.storePushed(value, ip);
  g.move(RSP, -8, () => {
    g.getAddress();
    g.set64(RSP);
  });
}
INTEGER.pop64 = (g, [d], o) => {
  g.load(STACK_TOP, 8, OP.i64Load, o.ip);
  g.code.set(X64);
  moveStack(g, 8);
  g.code.get(X64);
  g.set64(d);
};
export function moveStack(g: Generator, bytes: number): void {
  g.move(RSP, bytes, () => {
    g.get64(RSP);
    g.code.i64(bytes, bytes >> 31).op(OP.i64Add);
    g.set64(RSP);
  });
}
INTEGER.lea64 = to64((g, a) => g.effective(a[1]));
INTEGER.lea32 = to64((g, a) => {
  g.effective(a[1]);
  g.code.op(OP.i32WrapI64, OP.i64ExtendI32U);
});

// Arithmetic and logic.
for (const size of [1, 2, 4, 8]) {
  const bits = 8 * size, wide = size === 8;
  const get = (g: Generator, v: Value) => wide ? g.get64(v) : g.get32(v);
  const set = (g: Generator, d: number) => {
    if (wide) g.set64(d);
    else {
      cut32(g, size);
      g.set32(d);
    }
  };
  const pick = (narrow: number, large: number) => wide ? large : narrow;
  const ADDITIVE: [string, number, number][] = [
    ["add", pick(OP.i32Add, OP.i64Add), ADD],
    ["sub", pick(OP.i32Sub, OP.i64Sub), SUB],
  ];
  for (const [name, opcode, kind] of ADDITIVE) {
    INTEGER[`${name}${bits}`] = (g, [d, x, y]) => {
      get(g, x);
      get(g, y);
      g.code.op(opcode);
      set(g, d);
    };
    INTEGER[`${name}${bits}f`] = (g, [d, x, y]) => {
      operands(g, x, y);
      leave(g, kindOf(kind, size));
      get(g, FLAG_A);
      get(g, FLAG_B);
      g.code.op(opcode);
      set(g, d);
    };
  }
  INTEGER[`cmp${bits}f`] = (g, [x, y]) => {
    operands(g, x, y);
    leave(g, kindOf(SUB, size));
  };
  const logicFlags = (g: Generator) => {
    g.set64(FLAG_R);
    leave(g, kindOf(LOGIC, size));
  };
  INTEGER[`test${bits}f`] = (g, [x, y]) => {
    g.get64(x);
    g.get64(y);
    g.code.op(OP.i64And);
    logicFlags(g);
  };
  const LOGICAL = [["and", OP.i32And, OP.i64And], ["or", OP.i32Or, OP.i64Or], [
    "xor",
    OP.i32Xor,
    OP.i64Xor,
  ]] as const;
  for (const [name, narrow, large] of LOGICAL) {
    const value: Emit = (g, [, x, y]) => {
      get(g, x);
      get(g, y);
      g.code.op(pick(narrow, large));
      cut32(g, size);
      if (!wide) g.code.op(OP.i64ExtendI32U);
    };
    INTEGER[`${name}${bits}`] = to64(value);
    INTEGER[`${name}${bits}f`] = (g, a, o) => {
      value(g, a, o);
      logicFlags(g);
      g.get64(FLAG_R);
      g.set64(a[0]);
    };
  }
  INTEGER[`not${bits}`] = (g, [d, x]) => {
    get(g, x);
    if (wide) g.code.i64(-1, -1).op(OP.i64Xor);
    else g.code.i32(-1).op(OP.i32Xor);
    set(g, d);
  };
  for (const [name, minus] of [["inc", false], ["dec", true]] as const) {
    const value = (g: Generator, x: Value) => {
      get(g, x);
      if (wide) g.code.i64(1, 0);
      else g.code.i32(1);
      g.code.op(minus ? pick(OP.i32Sub, OP.i64Sub) : pick(OP.i32Add, OP.i64Add));
    };
    INTEGER[`${name}${bits}`] = (g, [d, x]) => {
      value(g, x);
      set(g, d);
    };
    INTEGER[`${name}${bits}f`] = (g, [d, x, kind]) => {
      const { code } = g;
      const record = kindOf(minus ? SUB : ADD, size), saved = kind === UNKNOWN || isSaved(kind);
      if (kind === UNKNOWN) g.saveFlags();
      if (!saved) {
        condition(g, COND_B, kind);
        code.set(X32);
      }
      operands(g, x, { lo: 1, hi: 0 });
      if (!saved) {
        code.get(X32);
        g.set32(FLAG_C);
      }
      leave(g, record | carryKind(saved ? SAVED : KEPT, size));
      value(g, FLAG_A);
      set(g, d);
    };
  }
  for (const [name, minus] of [["adc", false], ["sbb", true]] as const) {
    INTEGER[`${name}${bits}`] = (g, [d, x, y, kind]) => carried(g, size, minus, d, x, y, kind);
  }
  if (size >= 4) shifts(size);
}

/** ADC and SBB: all flags at once. */
function carried(
  g: Generator,
  size: number,
  minus: boolean,
  d: number,
  x: Value,
  y: Value,
  kind: number,
): void {
  const { code } = g;
  const wide = size === 8;
  condition(g, COND_B, kind);
  code.set(X32);
  g.get64(x);
  code.set(X64);
  g.get64(y);
  code.set(Y64);
  const a = () => wide ? code.get(X64) : code.get(X64).op(OP.i32WrapI64);
  const b = () => wide ? code.get(Y64) : code.get(Y64).op(OP.i32WrapI64);
  const r = () => wide ? g.get64(FLAG_R) : g.get32(FLAG_R);
  const pick = (narrow: number, large: number) => code.op(wide ? large : narrow);
  a();
  b();
  pick(minus ? OP.i32Sub : OP.i32Add, minus ? OP.i64Sub : OP.i64Add);
  code.get(X32);
  if (wide) code.op(OP.i64ExtendI32U);
  pick(minus ? OP.i32Sub : OP.i32Add, minus ? OP.i64Sub : OP.i64Add);
  if (wide) g.set64(FLAG_R);
  else {
    cut32(g, size);
    g.set32(FLAG_R);
  }
  // Carry out: with carry in, equality counts too.
  code.get(X32);
  g.open(OP.if, 0x7f);
  if (minus) {
    a();
    b();
    pick(OP.i32LeU, OP.i64LeU);
  } else {
    r();
    a();
    pick(OP.i32LeU, OP.i64LeU);
  }
  code.op(OP.else);
  if (minus) {
    a();
    b();
  } else {
    r();
    a();
  }
  pick(OP.i32LtU, OP.i64LtU);
  g.close();
  // AF
  code.get(X64).get(Y64).op(OP.i64Xor);
  g.get64(FLAG_R);
  code.op(OP.i64Xor, OP.i32WrapI64).i32(AF).op(OP.i32And, OP.i32Or);
  // OF: SBB (a ^ b) & (a ^ r), ADC (a ^ r) & (b ^ r)
  if (minus) {
    a();
    b();
  } else {
    b();
    r();
  }
  pick(OP.i32Xor, OP.i64Xor);
  a();
  r();
  pick(OP.i32Xor, OP.i64Xor);
  pick(OP.i32And, OP.i64And);
  if (wide) code.i64(63, 0).op(OP.i64ShrU, OP.i32WrapI64);
  else code.i32(8 * size - 1).op(OP.i32ShrU);
  code.i32(Math.log2(OF)).op(OP.i32Shl, OP.i32Or);
  g.set32(FLAG_B);
  leave(g, kindOf(RESULT, size));
  g.get64(FLAG_R);
  g.set64(d);
}

const FROM = { shl: SHL, shr: SHR, sar: SAR } as const;

/** Shifts by a constant, 32 and 64 bits; by a register without flags. */
function shifts(size: number): void {
  const bits = 8 * size, wide = size === 8;
  const OPCODES = {
    shl: [OP.i32Shl, OP.i64Shl],
    shr: [OP.i32ShrU, OP.i64ShrU],
    sar: [OP.i32ShrS, OP.i64ShrS],
    rol: [OP.i32Rotl, OP.i64Rotl],
    ror: [OP.i32Rotr, OP.i64Rotr],
  } as const;
  for (const name of ["shl", "shr", "sar", "rol", "ror"] as const) {
    const opcode = OPCODES[name][wide ? 1 : 0];
    const by = (g: Generator, x: Value, n: number) => {
      if (wide) {
        g.get64(x);
        g.code.i64(n, 0).op(opcode);
      } else {
        g.get32(x);
        g.code.i32(n).op(opcode);
      }
    };
    const set = (g: Generator, d: number) => wide ? g.set64(d) : g.set32(d);
    INTEGER[`${name}${bits}`] = (g, [d, x, n]) => {
      by(g, x, n);
      set(g, d);
    };
    INTEGER[`${name}v${bits}`] = (g, [d, x, y]) => {
      // Wasm masks the count as the CPU does.
      if (wide) {
        g.get64(x);
        g.get64(y);
      } else {
        g.get32(x);
        g.get32(y);
      }
      g.code.op(opcode);
      set(g, d);
    };
    if (name === "rol" || name === "ror") continue; // ops_shift.ts
    INTEGER[`${name}${bits}f`] = (g, [d, x, n]) => {
      if (wide) g.get64(x);
      else {
        g.get32(x);
        g.code.op(name === "sar" ? OP.i64ExtendI32S : OP.i64ExtendI32U);
      }
      g.set64(FLAG_C);
      by(g, FLAG_C, n);
      if (wide) g.set64(FLAG_R);
      else g.set32(FLAG_R);
      leave(g, kindOf(LOGIC, size) | carryKind(FROM[name], size, n));
      g.get64(FLAG_R);
      g.set64(d);
    };
  }
}

// Conditions.
for (let cc = 0; cc < 16; cc++) {
  INTEGER[`set${cc}`] = (g, [d, kind]) => {
    condition(g, cc, kind);
    g.set32(d);
  };
  INTEGER[`cmov${cc}`] = (g, [d, r, kind]) => {
    g.get64(r);
    g.get64(d);
    condition(g, cc, kind);
    g.code.op(OP.select);
    g.set64(d);
  };
}
