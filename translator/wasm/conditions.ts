// Lazy flags in wasm: leaving them, and condition codes from flags of a known kind (see ir/flags.ts for the kinds).

import { CF, FLAG_A, FLAG_B, FLAG_C, FLAG_R, OF, PF, SF, ZF } from "../cpu.ts";
import {
  ADD,
  CARRY_SHIFT,
  CARRY_SIZE_SHIFT,
  COND_B,
  COND_BE,
  COND_E,
  COND_L,
  COND_O,
  COND_P,
  COND_S,
  COUNT_SHIFT,
  EXPLICIT,
  KEPT,
  LOGIC,
  MUL,
  RECORD,
  ROL,
  ROR,
  SAVED,
  SHL,
  SHR,
  SUB,
  UNKNOWN,
} from "../ir/flags.ts";
import { OP, pushHighProduct } from "./encoder.ts";
import { type Generator, X64, Y64, Z64 } from "./generator.ts";

/** Pushes condition `cc` (an i32, 0 or 1). */
export function condition(g: Generator, cc: number, kind: number): void {
  if (kind === UNKNOWN) return g.unknownCondition(cc);
  pushCondition(g, cc & ~1, withCarry(g, kind, recordFlags(g, kind & RECORD)));
  if (cc & 1) g.code.op(OP.i32Eqz);
}

/** What shifts and rotates, INC and DEC do to CF and OF (carryKind). */
function withCarry(g: Generator, kind: number, flags: Flags): Flags {
  const { code } = g;
  const from = kind >> CARRY_SHIFT & 7,
    bits = 8 << (kind >> CARRY_SIZE_SHIFT & 3),
    count = kind >> COUNT_SHIFT;
  const bit = (n: number) => () => {
    if (n < 0 || n > 63) return void code.i32(0);
    g.get64(FLAG_C);
    code.i64(n, 0).op(OP.i64ShrU, OP.i32WrapI64).i32(1).op(OP.i32And);
  };
  const differ = (x: () => void, y: () => void) => () => {
    x();
    y();
    code.op(OP.i32Xor);
  };
  const top = bit(bits - 1);
  switch (from) {
    case 0:
      return flags;
    case KEPT:
      return { ...flags, carry: bit(0), belowOrEqual: undefined };
    case SAVED:
      return { ...flags, carry: () => g.savedCarry(), belowOrEqual: undefined };
  }
  const { zero, sign, parity } = flags;
  switch (from) {
    case ROL:
      return { zero, sign, parity, carry: bit(0), overflow: differ(bit(0), top) };
    case ROR:
      return { zero, sign, parity, carry: top, overflow: differ(top, bit(bits - 2)) };
    case SHL:
      return {
        zero,
        sign,
        parity,
        carry: bit(bits - count),
        overflow: differ(bit(bits - count), bit(bits - 1 - count)),
      };
    case SHR:
      return { zero, sign, parity, carry: bit(count - 1), overflow: top };
    default:
      return { zero, sign, parity, carry: bit(count - 1), overflow: () => void code.i32(0) };
  }
}

function recordFlags(g: Generator, kind: number): Flags {
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
  /** Pushes whether both have their sign bits set. */
  const bothSigns = (first: () => void, second: () => void) => {
    first();
    second();
    op(OP.i32And, OP.i64And);
    sign();
  };
  const difference = () => compare(OP.i32Sub, OP.i64Sub), sum = () => compare(OP.i32Add, OP.i64Add);
  const changed = (x: () => void, y: () => void) => () => {
    x();
    y();
    op(OP.i32Xor, OP.i64Xor);
  };
  const parts = (result: () => void, carry: () => void, overflow: () => void): Flags => ({
    carry,
    overflow,
    zero: () => {
      result();
      isZero();
    },
    sign: () => {
      result();
      sign();
    },
    parity: () => {
      result();
      parity();
    },
  });
  switch (kind & ~3) {
    case SUB: {
      const signedCompare = (narrow: number, large: number) => () => {
        a();
        signed();
        b();
        signed();
        op(narrow, large);
      };
      return {
        ...parts(
          difference,
          () => compare(OP.i32LtU, OP.i64LtU),
          () => bothSigns(() => compare(OP.i32Xor, OP.i64Xor), changed(a, difference)),
        ),
        zero: () => compare(OP.i32Eq, OP.i64Eq),
        belowOrEqual: () => compare(OP.i32LeU, OP.i64LeU),
        less: signedCompare(OP.i32LtS, OP.i64LtS),
        lessOrEqual: signedCompare(OP.i32LeS, OP.i64LeS),
      };
    }
    case ADD: {
      const carry = () => {
        sum();
        if (size < 4) return void code.i32(size === 1 ? 255 : 65535).op(OP.i32GtU);
        a();
        op(OP.i32LtU, OP.i64LtU);
      };
      return parts(sum, carry, () => bothSigns(changed(a, sum), changed(b, sum)));
    }
    case MUL: {
      const clear = () => void code.i32(0);
      const overflow = () => {
        if (!wide) {
          g.get32(FLAG_A);
          code.op(OP.i64ExtendI32S);
          g.get32(FLAG_B);
          code.op(OP.i64ExtendI32S, OP.i64Mul).tee(X64).get(X64).op(OP.i64Extend32S, OP.i64Ne);
          return;
        }
        g.get64(FLAG_A);
        code.set(X64);
        g.get64(FLAG_B);
        code.set(Y64);
        pushHighProduct(code, X64, Y64, Z64, true);
        code.get(X64).get(Y64).op(OP.i64Mul).i64(63, 0).op(OP.i64ShrS, OP.i64Ne);
      };
      return { carry: overflow, overflow, zero: clear, sign: clear, parity: clear };
    }
    case EXPLICIT:
      return {
        carry: () => bit(CF),
        overflow: () => bit(OF),
        zero: () => bit(ZF),
        sign: () => bit(SF),
        parity: () => bit(PF),
        belowOrEqual: () => bit(CF | ZF),
      };
    default: {
      const logic = (kind & ~3) === LOGIC;
      const flag = (mask: number) => () => logic ? void code.i32(0) : bit(mask);
      return parts(r, flag(CF), flag(OF));
    }
  }
}

/** What pushes each flag, as 0 or 1; conditions made from several where there is a shorter way. */
interface Flags {
  readonly carry: () => void;
  readonly overflow: () => void;
  readonly zero: () => void;
  readonly sign: () => void;
  readonly parity: () => void;
  readonly belowOrEqual?: (() => void) | undefined;
  readonly less?: () => void;
  readonly lessOrEqual?: () => void;
}

function pushCondition(g: Generator, cc: number, flags: Flags): void {
  const either = (x: () => void, y: () => void) => {
    x();
    y();
    g.code.op(OP.i32Or);
  };
  const less = flags.less ?? (() => {
    flags.sign();
    flags.overflow();
    g.code.op(OP.i32Ne);
  });
  switch (cc) {
    case COND_O:
      return flags.overflow();
    case COND_B:
      return flags.carry();
    case COND_E:
      return flags.zero();
    case COND_BE:
      return flags.belowOrEqual === undefined ? either(flags.carry, flags.zero) : flags.belowOrEqual();
    case COND_S:
      return flags.sign();
    case COND_P:
      return flags.parity();
    case COND_L:
      return less();
    default:
      return flags.lessOrEqual === undefined ? either(flags.zero, less) : flags.lessOrEqual();
  }
}

/** Leaves flags of a kind; the operands have been put into FLAG_A and FLAG_B, or FLAG_R. */
export function leave(g: Generator, kind: number): void {
  g.setKind(kind);
}
