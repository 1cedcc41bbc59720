// A decoded instruction as a plain record: everything the lowerings ask for, read from iced-x86 once.

import type { Mem } from "../ir/op.ts";

export const OPERAND_NONE = 0,
  OPERAND_REGISTER = 1,
  OPERAND_MEMORY = 2,
  OPERAND_IMMEDIATE = 3,
  OPERAND_BRANCH = 4;
/** Register classes. */
export const CLASS_GPR = 0, CLASS_XMM = 1, CLASS_MMX = 2, CLASS_ST = 3, CLASS_SEGMENT = 4, CLASS_OTHER = 5;
export const CLASS_YMM = 6;

export interface Operand {
  readonly kind: number;
  /** Bytes: of the register, of the memory access (0 where it has none), of the immediate as encoded. */
  readonly size: number;
  /**
   * Registers: class, number within the class, slot in the CPU state (GPR, XMM; else -1); AH CH DH BH are `high`. Memory operands of
   * gathers: class and slot of the vector of indices, which `mem` does not know.
   */
  readonly class: number;
  readonly number: number;
  readonly slot: number;
  readonly high: boolean;
  /** Immediates, sign-extended as the encoding says. */
  readonly lo: number;
  readonly hi: number;
  readonly mem: Mem | undefined;
  /** Branch target. */
  readonly target: number;
}

export interface Instruction {
  readonly ip: number;
  readonly next: number;
  /** iced-x86's Mnemonic and Code, and their names where asked for. */
  readonly mnemonic: number;
  readonly code: number;
  readonly ops: readonly Operand[];
  /** F3 and F2 prefixes where they mean REP(E) and REPNE. */
  readonly rep: boolean;
  readonly repne: boolean;
  readonly lock: boolean;
  /** Prefixes 66 and 67, for instructions with implicit operands. */
  readonly operand16: boolean;
  readonly address32: boolean;
  /** Bytes of the stack operation or of the operand size where no operand tells (PUSHF, ENTER …). */
  readonly stackIncrement: number;
  readonly valid: boolean;
  /** Would be one if it were not longer than instructions may be: #GP. */
  readonly tooLong: boolean;
}
