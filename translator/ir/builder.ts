// How lowerings write IR: a thin layer that knows operand sizes, temporaries and the address of the instruction.

import { FS_BASE, GS_BASE, TEMP_COUNT, TEMPS } from "../cpu.ts";
import type { Instruction, Operand } from "../decode/instruction.ts";
import { OPERAND_IMMEDIATE, OPERAND_MEMORY, OPERAND_REGISTER } from "../decode/instruction.ts";
import type { Link } from "../cache/block.ts";
import type { IrBlock } from "./block.ts";
import type { Arg, Const, Mem, Value } from "./op.ts";
import { OPS } from "./ops.ts";

/** A helper function called by generated code: CPU state index, then numbers. */
export type Helper = (c: number, ...args: number[]) => void;
export type RepeatHelper = (c: number, ...args: number[]) => boolean;

/** A constant of 32 bits, sign-extended to 64. */
export function constant(value: number): Const {
  return { lo: value | 0, hi: value < 0 ? -1 : 0 };
}
/** A guest address (a JavaScript number below 2^53) as a constant. */
export function addressConstant(address: number): Const {
  return { lo: address | 0, hi: Math.floor(address / 0x1_0000_0000) | 0 };
}
export function isConst(v: Value): v is Const {
  return typeof v === "object";
}

export class Builder {
  readonly block: IrBlock;
  /** The instruction being lowered. */
  instruction!: Instruction;
  #temps = 0;
  readonly #links: (target: number) => Link;

  constructor(address: number, links: (target: number) => Link) {
    this.block = { address, ops: [], end: address, instructions: 0, crossing: false };
    this.#links = links;
  }

  begin(instruction: Instruction): void {
    this.instruction = instruction;
    this.#temps = 0;
    this.block.instructions++;
    this.block.end = instruction.next;
  }

  /** A temporary slot, free again at the next instruction. Vectors take `slots` = 2 (even aligned). */
  temp(slots = 1): number {
    if (slots > 1) this.#temps = (this.#temps + 1) & ~1;
    const slot = TEMPS + this.#temps;
    this.#temps += slots;
    if (this.#temps > TEMP_COUNT) throw new Error("out of IR temporaries");
    return slot;
  }

  op(name: string, ...args: Arg[]): void {
    const def = OPS.get(name);
    if (def === undefined) throw new Error(`no IR operation ${name}`);
    this.block.ops.push({ def, args, ip: this.instruction.ip });
  }

  /** Whether the last operation ends the block. */
  get ended(): boolean {
    const ops = this.block.ops;
    return ops.length > 0 && ops[ops.length - 1]!.def.ends;
  }

  /** Where an operand of memory kind is. */
  mem(o: Operand): Mem {
    return o.mem!;
  }

  /** Value of a general-register, memory or immediate operand, zero-extended to 64 bits (32-bit registers: only the low half counts). */
  read(o: Operand): Value {
    switch (o.kind) {
      case OPERAND_REGISTER: {
        if (o.size >= 4) return o.slot;
        const t = this.temp();
        if (o.size === 1) this.op("ext8u", t, o.slot, o.high ? 1 : 0);
        else this.op("ext16u", t, o.slot);
        return t;
      }
      case OPERAND_MEMORY: {
        const t = this.temp();
        this.op(o.size === 1 ? "ld8u" : o.size === 2 ? "ld16u" : o.size === 4 ? "ld32" : "ld64", t, o.mem);
        return t;
      }
      case OPERAND_IMMEDIATE:
        return { lo: o.lo, hi: o.hi };
      default:
        throw new Error("operand cannot be read");
    }
  }

  /** read() of an operand that is written afterwards: a memory operand must be writable before flags or registers change. */
  readForUpdate(o: Operand): Value {
    if (o.kind !== OPERAND_MEMORY) return this.read(o);
    const t = this.temp();
    this.op(`ldu${8 * o.size}`, t, o.mem);
    return t;
  }

  /** An immediate cut to `size` bytes (zero-extended), other operands as read(). For 1- and 2-byte arithmetic. */
  readCut(o: Operand, size: number): Value {
    if (o.kind !== OPERAND_IMMEDIATE) return this.read(o);
    return size === 1
      ? { lo: o.lo & 255, hi: 0 }
      : size === 2
      ? { lo: o.lo & 65535, hi: 0 }
      : { lo: o.lo, hi: o.hi };
  }

  /** Writes a value to a register or memory operand with the operand's size (32-bit registers are zero-extended). */
  write(o: Operand, v: Value): void {
    if (o.kind === OPERAND_REGISTER) {
      switch (o.size) {
        case 1:
          return this.op("ins8", o.slot, v, o.high ? 1 : 0);
        case 2:
          return this.op("ins16", o.slot, v);
        case 4:
          return this.op("mov32", o.slot, v);
        default:
          return this.op("mov64", o.slot, v);
      }
    }
    this.op(o.size === 1 ? "st8" : o.size === 2 ? "st16" : o.size === 4 ? "st32" : "st64", o.mem, v);
  }

  /** The slot that a result of the operand's size may be computed into directly (32- and 64-bit registers), else a temporary to be written with write(). */
  target(o: Operand): number {
    return o.kind === OPERAND_REGISTER && o.size >= 4 ? o.slot : this.temp();
  }
  /** Writes what was computed into target(o), unless it is there already. */
  commit(o: Operand, slot: number): void {
    if (o.kind === OPERAND_REGISTER && o.size >= 4) return;
    this.write(o, slot);
  }

  /** The effective address (with segment base) in a temporary: for helpers, which take its slot number. */
  address(m: Mem): number {
    const t = this.temp();
    this.op("lea64", t, m);
    return t;
  }

  get ipConst(): Const {
    return addressConstant(this.instruction.ip);
  }
  get nextConst(): Const {
    return addressConstant(this.instruction.next);
  }

  /** Calls a helper that may raise or touch flags. */
  help(helper: Helper, ...numbers: number[]): void {
    this.op(`help${numbers.length}`, helper, this.ipConst, ...numbers);
  }
  /** Calls a helper that cannot raise and leaves flags alone. */
  quick(helper: Helper, ...numbers: number[]): void {
    this.op(`quick${numbers.length}`, helper, ...numbers);
  }
  /** Calls a helper that cannot raise but reads the flags. */
  quickFlags(helper: Helper, ...numbers: number[]): void {
    this.op(`look${numbers.length}`, helper, ...numbers);
  }
  /** Calls a helper that cannot raise and replaces all status flags. */
  setFlags(helper: Helper, ...numbers: number[]): void {
    this.op(`flag${numbers.length}`, helper, ...numbers);
  }
  /** Calls a helper that sets RIP (the block ends). */
  leave(helper: Helper, ...numbers: number[]): void {
    this.op(`leave${numbers.length}`, helper, this.ipConst, ...numbers);
  }
  /** Calls a helper again and again (with a look at the scheduler in between) until it returns true (the block ends). */
  repeat(helper: RepeatHelper, ...numbers: number[]): void {
    const link = this.link(this.instruction.next);
    this.op(`repeat${numbers.length}`, helper, this.ipConst, link, this.near(link), ...numbers);
  }

  link(target: number): Link {
    return this.#links(target);
  }
  near(link: Link): number {
    return Math.floor(link.address / 4096) === Math.floor(this.block.address / 4096) ? 1 : 0;
  }
  jump(target: number): void {
    const link = this.link(target);
    this.op("jump", link, this.near(link));
  }
  branch(cc: number, target: number): void {
    const taken = this.link(target), other = this.link(this.instruction.next);
    this.op(`branch${cc}`, taken, this.near(taken), other, this.near(other), -1);
  }
  /** Goes on, through the dispatcher if the trap flag is up (the block ends). */
  stepping(): void {
    const link = this.link(this.instruction.next);
    this.op("stepping", this.nextConst, link, this.near(link));
  }
  /** Stops the executor with RIP at `address` (EXIT_* reason). */
  exit(address: number, reason: number): void {
    this.op("exit", addressConstant(address), reason);
  }
}

/** A memory operand without segment: base + disp. */
export function memAt(base: number, disp = 0): Mem {
  return {
    base,
    index: -1,
    scale: 0,
    dispLo: disp | 0,
    dispHi: disp < 0 ? -1 : 0,
    segment: -1,
    address32: false,
  };
}
/** The same operand `bytes` further on. */
export function memPlus(m: Mem, bytes: number): Mem {
  const lo = (m.dispLo + bytes) | 0;
  return { ...m, dispLo: lo, dispHi: (m.dispHi + ((lo >>> 0) < (m.dispLo >>> 0) ? 1 : 0)) | 0 };
}
export const SEGMENT_SLOTS = [FS_BASE, GS_BASE] as const;
