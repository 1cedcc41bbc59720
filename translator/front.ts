// The front half of the pipeline: bytes → instructions → IR → flags resolved. A warm start does without it (late.ts).

import {
  CodeReader,
  disassemble,
  type IcedPackage,
  levelOf,
  mnemonics,
  useIced,
  usesStackSegment,
} from "./decode/iced.ts";
import { type Link, makeLink } from "./cache/block.ts";
import { type Level, V3 } from "./cpuid.ts";
import type { Instruction } from "./decode/instruction.ts";
import { undefinedInstruction } from "./helpers/traps.ts";
import type { IrBlock } from "./ir/block.ts";
import { Builder } from "./ir/builder.ts";
import { type Lowering, Refused } from "./lower/lowering.ts";
import { needLevel, protectedInstruction } from "./lower/system.ts";
import { lowerings, lowerLevels } from "./lower/table.ts";
import { resolveFlags } from "./passes/flags.ts";
import { U8 } from "./ram.ts";
import { MAX_BLOCK_BYTES, MAX_BLOCK_INSTRUCTIONS } from "./tunables.ts";

/** What others want of it; it looks each time. */
export interface Wishes {
  /** See Translator. */
  readonly lowest: Level;
  readonly onRefused: ((address: number, bytes: Uint8Array, text: string) => void) | undefined;
}

export class Front {
  readonly #wishes: Wishes;
  readonly #lowerings: Lowering[];
  readonly #byLevel: ReadonlyMap<number, Lowering>;

  constructor(iced: IcedPackage, wishes: Wishes) {
    useIced(iced);
    this.#wishes = wishes;
    this.#byLevel = lowerLevels(mnemonics());
    this.#lowerings = lowerings(mnemonics());
  }

  /**
   * Whether the instruction reaches memory through SS: by its operand's base, or by being a stack operation; those that have a
   * memory operand as well when the stack is at fault (`badStack`). Undefined when the bytes end inside it.
   */
  usesStackSegment(bytes: Uint8Array, address: number, badStack: boolean): boolean | undefined {
    return usesStackSegment(bytes, address, badStack);
  }

  /** IR of the block at guest address `address`, whose page lies at physical address `page`. */
  lower(address: number, page: number, secondPage: () => number, single: boolean): IrBlock {
    const table = this.#lowerings;
    const start = page + address % 4096;
    const length = Math.min(MAX_BLOCK_BYTES, page + 4096 - start);
    const links = new Map<number, Link>();
    const b = new Builder(address, (target) => {
      let link = links.get(target);
      if (link === undefined) links.set(target, link = makeLink(target));
      return link;
    });
    const reader = new CodeReader(U8.slice(start, start + length), address);
    try {
      const limit = single ? 1 : MAX_BLOCK_INSTRUCTIONS;
      while (b.block.instructions < limit) {
        const i = reader.next();
        if (i === undefined) {
          if (b.block.instructions > 0) break; // its own block begins there
          this.#crossing(table, b, address, page, secondPage);
          break;
        }
        this.#instruction(table, b, i, U8.subarray(start, start + length));
        if (b.ended) break;
      }
    } finally {
      reader.free();
    }
    if (!b.ended) b.jump(b.block.end);
    resolveFlags(b.block);
    return b.block;
  }

  #crossing(
    table: readonly Lowering[],
    b: Builder,
    address: number,
    page: number,
    secondPage: () => number,
  ): void {
    const second = secondPage();
    const bytes = new Uint8Array(30);
    const first = 4096 - address % 4096;
    bytes.set(U8.subarray(page + address % 4096, page + 4096));
    bytes.set(U8.subarray(second, second + 30 - first), first);
    const reader = new CodeReader(bytes, address);
    b.block.crossing = true;
    const i = reader.next();
    reader.free();
    this.#instruction(table, b, i!, bytes);
  }

  #instruction(table: readonly Lowering[], b: Builder, i: Instruction, bytes: Uint8Array): void {
    b.begin(i);
    if (i.tooLong) return protectedInstruction(b);
    const lowering = i.valid ? table[i.mnemonic] : undefined;
    if (this.#wishes.lowest < V3 && i.valid && levelOf(i.code) > this.#wishes.lowest) {
      const byLevel = this.#byLevel.get(i.mnemonic);
      if (byLevel !== undefined) return byLevel(b, i);
      needLevel(b, levelOf(i.code));
    }
    const before = b.block.ops.length;
    if (lowering !== undefined) {
      try {
        return lowering(b, i);
      } catch (e) {
        if (!(e instanceof Refused)) throw e;
        b.block.ops.length = before;
      }
    }
    if (this.#wishes.onRefused !== undefined) {
      const at = i.ip - b.block.address;
      const code = bytes.slice(at, at + Math.max(i.next - i.ip, 1));
      const text = i.valid ? disassemble(code, i.ip) : "(bad)";
      this.#wishes.onRefused(i.ip, code, text);
    }
    b.leave(undefinedInstruction);
  }
}
