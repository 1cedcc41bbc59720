// Lazy flags in wasm: leaving them, and condition codes from flags of a known kind (see ir/flags.ts for the kinds).

import { CF, FLAG_A, FLAG_B, FLAG_R, OF, PF, SF, ZF } from "../cpu.ts";
import {
  ADD,
  COND_B,
  COND_BE,
  COND_E,
  COND_L,
  COND_O,
  COND_P,
  COND_S,
  EXPLICIT,
  LOGIC,
  SUB,
  UNKNOWN,
} from "../ir/flags.ts";
import { OP } from "./encoder.ts";
import type { Generator } from "./generator.ts";

/** Pushes condition `cc` (an i32, 0 or 1). */
export function condition(g: Generator, cc: number, kind: number): void {
  if (kind === UNKNOWN) return g.unknownCondition(cc);
  positive(g, cc & ~1, kind);
  if (cc & 1) g.code.op(OP.i32Eqz);
}

function positive(g: Generator, cc: number, kind: number): void {
  const { code } = g;
  const size = 1 << (kind & 3), wide = size === 8;
  const a = () => wide ? g.get64(FLAG_A) : g.get32(FLAG_A);
  const b = () => wide ? g.get64(FLAG_B) : g.get32(FLAG_B);
  const r = () => wide ? g.get64(FLAG_R) : g.get32(FLAG_R);
  /** The operand on the stack as a signed number of its size. */
  const signed = () => {
    if (size === 1) code.op(OP.i32Extend8S);
    else if (size === 2) code.op(OP.i32Extend16S);
  };
  /** Its sign bit as 0 or 1. */
  const sign = () => {
    if (wide) code.i64(63, 0).op(OP.i64ShrU, OP.i32WrapI64);
    else code.i32(8 * size - 1).op(OP.i32ShrU).i32(1).op(OP.i32And);
  };
  const op = (narrow: number, large: number) => code.op(wide ? large : narrow);
  const cut = () => {
    if (size === 1) code.i32(255).op(OP.i32And);
    else if (size === 2) code.i32(65535).op(OP.i32And);
  };
  const isZero = () => {
    cut();
    op(OP.i32Eqz, OP.i64Eqz);
  };
  const parity = () => {
    if (wide) code.op(OP.i32WrapI64);
    code.i32(255).op(OP.i32And, OP.i32Popcnt).i32(1).op(OP.i32And, OP.i32Eqz);
  };
  const bit = (mask: number) => {
    g.get32(FLAG_B);
    code.i32(mask).op(OP.i32And).i32(0).op(OP.i32Ne);
  };
  const compare = (narrow: number, large: number) => {
    a();
    b();
    op(narrow, large);
  };
  switch (kind & ~3) {
    case SUB: {
      const difference = () => compare(OP.i32Sub, OP.i64Sub);
      switch (cc) {
        case COND_O:
          compare(OP.i32Xor, OP.i64Xor);
          a();
          difference();
          op(OP.i32Xor, OP.i64Xor);
          op(OP.i32And, OP.i64And);
          return sign();
        case COND_B:
          return compare(OP.i32LtU, OP.i64LtU);
        case COND_E:
          return compare(OP.i32Eq, OP.i64Eq);
        case COND_BE:
          return compare(OP.i32LeU, OP.i64LeU);
        case COND_S:
          difference();
          return sign();
        case COND_P:
          difference();
          return parity();
        default:
          a();
          signed();
          b();
          signed();
          return void (cc === COND_L ? op(OP.i32LtS, OP.i64LtS) : op(OP.i32LeS, OP.i64LeS));
      }
    }
    case ADD: {
      const sum = () => compare(OP.i32Add, OP.i64Add);
      const overflow = () => {
        a();
        sum();
        op(OP.i32Xor, OP.i64Xor);
        b();
        sum();
        op(OP.i32Xor, OP.i64Xor);
        op(OP.i32And, OP.i64And);
        sign();
      };
      const carry = () => {
        sum();
        if (size < 4) return void code.i32(size === 1 ? 255 : 65535).op(OP.i32GtU);
        a();
        op(OP.i32LtU, OP.i64LtU);
      };
      const zero = () => {
        sum();
        isZero();
      };
      const less = () => {
        sum();
        sign();
        overflow();
        code.op(OP.i32Ne);
      };
      switch (cc) {
        case COND_O:
          return overflow();
        case COND_B:
          return carry();
        case COND_E:
          return zero();
        case COND_BE:
          carry();
          zero();
          return void code.op(OP.i32Or);
        case COND_S:
          sum();
          return sign();
        case COND_P:
          sum();
          return parity();
        case COND_L:
          return less();
        default:
          zero();
          less();
          return void code.op(OP.i32Or);
      }
    }
    case EXPLICIT: {
      const less = () => {
        bit(SF);
        bit(OF);
        code.op(OP.i32Ne);
      };
      switch (cc) {
        case COND_O:
          return bit(OF);
        case COND_B:
          return bit(CF);
        case COND_E:
          return bit(ZF);
        case COND_BE:
          return bit(CF | ZF);
        case COND_S:
          return bit(SF);
        case COND_P:
          return bit(PF);
        case COND_L:
          return less();
        default:
          bit(ZF);
          less();
          return void code.op(OP.i32Or);
      }
    }
    default: {
      const logic = (kind & ~3) === LOGIC;
      const carry = () => logic ? void code.i32(0) : bit(CF);
      const overflow = () => logic ? void code.i32(0) : bit(OF);
      const zero = () => {
        r();
        isZero();
      };
      const less = () => {
        r();
        sign();
        overflow();
        code.op(OP.i32Ne);
      };
      switch (cc) {
        case COND_O:
          return overflow();
        case COND_B:
          return carry();
        case COND_E:
          return zero();
        case COND_BE:
          carry();
          zero();
          return void code.op(OP.i32Or);
        case COND_S:
          r();
          return sign();
        case COND_P:
          r();
          return parity();
        case COND_L:
          return less();
        default:
          zero();
          less();
          return void code.op(OP.i32Or);
      }
    }
  }
}

/** Leaves flags of a kind; the operands have been put into FLAG_A and FLAG_B, or FLAG_R. */
export function leave(g: Generator, kind: number): void {
  g.setKind(kind);
}
