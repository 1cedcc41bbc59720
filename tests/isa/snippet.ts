// How is one test case put together? A Snippet is a short run of instructions at a fixed address plus what its
// inputs must look like; groups add instructions to it. Registers are divided: a few hold addresses (the pool)
// and are never written by the snippet, the rest hold data. Flags left undefined are tracked, so that no later
// instruction reads them and the comparison ignores them.

import { AH, encode, type Encoding, le, type Mem, type Reg } from "./encode.ts";
import {
  EDGE,
  FS_DISTANCE,
  GS_DISTANCE,
  type Layout,
  MIDDLE,
  READ_ONLY,
  SCRATCH,
  WINDOW_B,
} from "./layout.ts";
import type { Rng } from "./rng.ts";
import { CF, type FlagEffect, FLAGS, NONE } from "./undefined_flags.ts";

export interface PlacedInstruction {
  offset: number;
  length: number;
  effect: FlagEffect;
}

/** Sets one register of an input: leaves the value in `rng.lo` and `rng.hi`. */
export type RegisterInput = (rng: Rng) => void;

/** Sizes of integer operands. */
export const SIZES = [1, 2, 4, 8] as const;
export const SIZES_NO_BYTE = [2, 4, 8] as const;

export class Snippet {
  readonly bytes: number[] = [];
  readonly instructions: PlacedInstruction[] = [];
  /** Registers whose inputs are not arbitrary. */
  readonly inputs: Map<number, RegisterInput> = new Map();
  /** Flags now undefined. */
  undefined = 0;
  /** Flags that were undefined somewhere: not compared when the case faults. */
  everUndefined = 0;
  /** Let inputs set DF. */
  randomDf = false;
  /** XMM inputs: what their lanes hold. */
  lanes: "int" | "f32" | "f64" = "int";
  /** MXCSR and x87 control word: other than the defaults in some inputs. */
  randomRounding = false;
  usesX87 = false;
  /** All x87 registers hold packed integers, empty ones too; status bits are random, exceptions may be pending. */
  usesMmx = false;
  readonly #bases: Reg[];
  readonly #indexes: Reg[];
  readonly #data: Reg[];
  #wild: Mem | undefined;

  constructor(
    readonly rng: Rng,
    readonly layout: Layout,
    readonly group: string,
    readonly address: number,
    /** Registers the group needs for itself: neither pool nor excluded from data. */
    reserved: readonly Reg[],
    align: boolean,
  ) {
    const candidates = [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15].filter((r) =>
      !reserved.includes(r)
    );
    const take = () => candidates.splice(rng.below(candidates.length), 1)[0];
    this.#bases = [take(), take()];
    this.#indexes = [take(), take()];
    this.#data = [...candidates, ...reserved.filter((r) => r !== 4)];
    if (rng.chance(align ? 100 : 25)) this.#makeWild(align ? 16 : 1);
    else this.#makeTame();
  }

  /** Address behind the last instruction. */
  get here(): number {
    return this.address + this.bytes.length;
  }

  add(encoding: Encoding, effect: FlagEffect = NONE): void {
    this.addBytes(encode(encoding, this.here), effect);
  }

  addBytes(bytes: number[], effect: FlagEffect = NONE): void {
    this.instructions.push({ offset: this.bytes.length, length: bytes.length, effect });
    this.bytes.push(...bytes);
    this.undefined = (this.undefined & ~effect.writes) | effect.undefined;
    this.everUndefined |= effect.undefined;
  }

  /** Makes the flags an instruction is about to read defined. */
  need(effect: FlagEffect): void {
    if (this.undefined & effect.reads) {
      // test/cmp on a data register; AF needs an arithmetic one.
      this.add({ opcode: [0x39], reg: this.data(), rm: this.data() }, FLAGS.arith);
    }
  }

  /** A register that may be read and written freely. */
  data(): Reg {
    return this.rng.pick(this.#data);
  }

  /** `r` is no data register from now on: a group keeps something in it. */
  withhold(r: Reg): void {
    this.#data.splice(this.#data.indexOf(r), 1);
  }

  /** A data register other than those given. */
  dataBut(...others: Reg[]): Reg {
    let r = this.data();
    while (others.includes(r)) r = this.data();
    return r;
  }

  /** A register operand of `size` bytes: AH–BH among the 8-bit ones. */
  reg(size: number): Reg {
    const r = this.data();
    return size === 1 && r < 4 && this.rng.chance(40) ? r + AH : r;
  }

  /** A source register: address registers and RSP too. */
  source(size: number): Reg {
    return this.rng.chance(10) ? this.rng.pick([...this.#bases, ...this.#indexes, 4]) : this.reg(size);
  }

  /** ModRM.rm: register or memory. */
  rm(size: number, memoryPercent = 45): Reg | Mem {
    return this.rng.chance(memoryPercent) ? this.mem() : this.reg(size);
  }

  /** A memory operand somewhere in the windows, in any addressing form. */
  mem(): Mem {
    if (this.#wild) return this.#wild;
    const rng = this.rng;
    const none = { base: -1, index: -1, scale: rng.below(4), disp: 0, segment: 0, addr32: false };
    const addr32 = !this.layout.high && rng.chance(10);
    const middle = this.layout.base + MIDDLE;
    switch (rng.below(this.layout.high ? 7 : 9)) {
      case 0:
        return { ...none, rip: true, disp: middle + rng.between(-100, 90), addr32 };
      case 1:
        return { ...none, base: 4, disp: rng.between(-40, 40), addr32 };
      case 2:
      case 3:
        return {
          ...none,
          base: rng.pick(this.#bases),
          disp: rng.between(-40, 40),
          wide: rng.chance(20),
          addr32,
        };
      case 4:
        return { ...none, base: rng.pick(this.#bases), disp: 0, addr32 };
      case 7: // absolute
        return { ...none, disp: middle + rng.between(-60, 60), addr32 };
      case 8: // index without base
        return { ...none, disp: middle + rng.between(-60, 60), index: rng.pick(this.#indexes), addr32 };
      default:
        return {
          ...none,
          base: rng.chance(80) ? rng.pick(this.#bases) : 4,
          index: rng.pick(this.#indexes),
          disp: rng.chance(30) ? 0 : rng.between(-40, 40),
          wide: rng.chance(20),
          addr32,
        };
    }
  }

  /** A memory operand off which a memory bit offset of up to ±2^20 bits may lead: only through a register near the middle. */
  memTame(): Mem {
    return this.#wild
      ? { ...this.#wild }
      : { base: this.#bases[0], index: -1, scale: 0, disp: 0, segment: 0, addr32: false };
  }

  pointer(r: Reg, spread: number, align = 1): void {
    this.inputs.set(r, (rng) => this.setAddress(rng, MIDDLE + rng.between(-spread, spread - 1), align));
  }

  setAddress(rng: Rng, offset: number, align = 1): void {
    const address = this.layout.base + offset;
    rng.lo = (address | 0) & -align;
    rng.hi = Math.floor(address / 0x1_0000_0000);
  }

  /** Bases near the middle of the windows, small indexes. */
  #makeTame(): void {
    for (const r of this.#bases) {
      this.inputs.set(r, (rng) => {
        if (rng.chance(96)) this.setAddress(rng, MIDDLE + rng.between(-12, 12));
        else {this.setAddress(
            rng,
            rng.pick([EDGE - 9 - rng.below(60), WINDOW_B + 120, READ_ONLY + 64 + rng.below(16)]),
          );}
      });
    }
    for (const r of this.#indexes) {
      this.inputs.set(r, (rng) => {
        rng.lo = rng.between(-4, 4);
        rng.hi = rng.lo >> 31;
      });
    }
    this.pointer(4, 12);
  }

  /** One address form for the whole snippet, with index registers of any value and the base solved for the target. */
  #makeWild(align: number): void {
    const rng = this.rng;
    const base = this.#bases[0];
    const index = rng.chance(70) ? this.#indexes[0] : -1;
    const scale = index < 0 ? 0 : rng.below(4);
    const addr32 = !this.layout.high && rng.chance(15);
    const segment = rng.chance(20)
      ? rng.pick([0x64, 0x65])
      : rng.chance(5)
      ? rng.pick([0x26, 0x2e, 0x36, 0x3e])
      : 0;
    const disp = rng.chance(30) ? 0 : rng.chance(50) ? rng.between(-128, 127) : rng.next();
    this.#wild = { base, index, scale, disp, segment, addr32, wide: rng.chance(10) };
    const segmentBase = segment === 0x64
      ? SCRATCH - FS_DISTANCE
      : segment === 0x65
      ? SCRATCH - GS_DISTANCE
      : 0;
    const fixed = BigInt(disp) +
      BigInt(segment === 0x64 || segment === 0x65 ? this.layout.base + segmentBase : 0);
    if (index >= 0) this.inputs.set(index, (r) => r.value64());
    this.inputs.set(base, () => {});
    this.#solve = (r, values) => {
      let target = MIDDLE + r.between(-110, 90);
      if (r.chance(3)) {
        target = r.pick([
          EDGE - r.between(1, 20),
          EDGE + 100,
          READ_ONLY + 64,
          SCRATCH - 5,
          SCRATCH - 8,
          -this.layout.base,
        ]);
      }
      if (!r.chance(3)) target = target - ((target % align) + align) % align;
      let t = BigInt(this.layout.base + target) - fixed;
      if (index >= 0) t -= values.getBigInt64(8 * index, true) << BigInt(scale);
      if (r.chance(1) && !addr32) t = BigInt(r.next()) << 32n; // mostly not canonical
      if (addr32) t = BigInt.asUintN(32, t) | BigInt(r.next()) << 32n;
      values.setBigInt64(8 * base, BigInt.asIntN(64, t), true);
    };
    this.pointer(4, 12, 16);
  }

  #solve: ((rng: Rng, registers: DataView) => void) | undefined;

  /** Fills the sixteen registers of one input. */
  fillRegisters(rng: Rng, registers: DataView): void {
    for (let r = 0; r < 16; r++) {
      const input = this.inputs.get(r);
      if (input) input(rng);
      else rng.value64();
      registers.setInt32(8 * r, rng.lo, true);
      registers.setInt32(8 * r + 4, rng.hi, true);
    }
    this.#solve?.(rng, registers);
  }

  /** A condition that holds in about half of all inputs, read safely. */
  prepareCarry(): void {
    this.need({ reads: CF, writes: 0, undefined: 0 });
  }
}

/** Immediate bytes of a random value for an operand of `size` bytes (at most four). */
export function immediate(rng: Rng, size: number): number[] {
  const bytes = Math.min(size, 4);
  return le(rng.immediate(bytes), bytes);
}

/** 0x66 for 16-bit operands. */
export function sizePrefix(size: number): number[] {
  return size === 2 ? [0x66] : [];
}

/** Opcode of a byte / larger pair: the low bit says "not byte". */
export function sized(opcode: number, size: number): number[] {
  return [size === 1 ? opcode & ~1 : opcode | 1];
}
