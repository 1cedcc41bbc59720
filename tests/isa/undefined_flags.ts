// Which status flags does an instruction read, write, and leave undefined (SDM vol. 1, appendix A, and the pages
// of vol. 2)? Undefined flags are neither compared nor allowed to be read by the next instruction of a case.

export const CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, DF = 0x400, OF = 0x800;
export const ALL = CF | PF | AF | ZF | SF | OF;

export interface FlagEffect {
  reads: number;
  /** Always written with a defined value. */
  writes: number;
  /** May be left undefined. */
  undefined: number;
}

function effect(reads: number, writes: number, undef = 0): FlagEffect {
  return { reads, writes, undefined: undef };
}

export const NONE: FlagEffect = effect(0, 0);
export const FLAGS: Record<string, FlagEffect> = {
  none: NONE,
  arith: effect(0, ALL),
  carry: effect(CF, ALL),
  incdec: effect(0, ALL & ~CF),
  logic: effect(0, ALL & ~AF, AF),
  // Counts of zero write nothing, so these never make an undefined flag defined again.
  shift1: effect(0, CF | PF | ZF | SF | OF, AF),
  shift: effect(0, 0, AF | OF),
  shiftCarryLost: effect(0, 0, AF | OF | CF),
  rotate1: effect(0, CF | OF),
  rotate: effect(0, 0, OF),
  rotateCarry1: effect(CF, CF | OF),
  rotateCarry: effect(CF, 0, OF),
  doubleShift1: effect(0, CF | PF | ZF | SF | OF, AF),
  doubleShift: effect(0, 0, AF | OF),
  mul: effect(0, CF | OF, SF | ZF | AF | PF),
  div: effect(0, 0, ALL),
  bitTest: effect(0, CF, OF | SF | AF | PF),
  bitScan: effect(0, ZF, CF | OF | SF | AF | PF),
  popcnt: effect(0, ALL),
  zero: effect(0, ZF),
  carryOnly: effect(0, CF),
  complement: effect(CF, CF),
  pushf: effect(ALL, 0),
  popf: effect(0, ALL),
  lahf: effect(ALL & ~OF, 0),
  sahf: effect(0, ALL & ~OF),
  // A REP count of zero leaves the flags alone.
  repCompare: effect(0, 0),
};

/** Flags read by condition code 0–15 (O NO B AE E NE BE A S NS P NP L GE LE G). */
export const CONDITION_READS = [OF, CF, ZF, CF | ZF, SF, PF, SF | OF, SF | OF | ZF];
export function conditionEffect(cc: number): FlagEffect {
  return { reads: CONDITION_READS[cc >> 1], writes: 0, undefined: 0 };
}
