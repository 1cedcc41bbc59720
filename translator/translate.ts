// The pipeline for one block: bytes → instructions → IR → flags resolved → code of tier 1.

import type { CodeReader as CodeReaderType } from "./decode/iced.ts";
import { type BlockCode, type Link, makeLink } from "./cache/block.ts";
import type { Instruction } from "./decode/instruction.ts";
import { Builder } from "./ir/builder.ts";
import type { IrBlock } from "./ir/block.ts";
import { type Lowering, Refused } from "./lower/lowering.ts";
import { undefinedInstruction } from "./lower/control.ts";
import { lowerings } from "./lower/table.ts";
import { resolveFlags } from "./passes/flags.ts";
import { U8 } from "./ram.ts";
import { MAX_BLOCK_BYTES, MAX_BLOCK_INSTRUCTIONS } from "./tunables.ts";

type Iced = {
  CodeReader: typeof CodeReaderType;
  Mnemonic: Record<string, number>;
  disassemble(bytes: Uint8Array, address: number): string;
  usesStackSegment(bytes: Uint8Array, address: number, badStack: boolean): boolean;
};

export interface Compiled {
  readonly code: BlockCode;
  /** Index in the table of wasm functions; 0: none. */
  readonly entry: number;
}

export interface CodeGenerator {
  /** `page`: physical address of the block's page, 0 when the block must stay alone. */
  compile(block: IrBlock, page: number): Compiled;
}

export class Translator {
  readonly #iced: Iced;
  readonly #lowerings: Lowering[];
  generator: CodeGenerator;
  /** Called with each block's final IR (dumps, tests). */
  onBlock: ((block: IrBlock) => void) | undefined;
  /** Called with what raises #UD because it is not implemented (or no instruction). */
  onRefused: ((address: number, bytes: Uint8Array, text: string) => void) | undefined;

  constructor(iced: Iced, generator: CodeGenerator) {
    this.#iced = iced;
    this.#lowerings = lowerings(iced.Mnemonic);
    this.generator = generator;
  }

  /** See cache/code_cache.ts `Translate`. */
  readonly translate = (address: number, page: number, secondPage: () => number, single: boolean) => {
    const block = this.lower(address, page, secondPage, single);
    this.onBlock?.(block);
    return {
      ...this.generator.compile(block, single || block.crossing ? 0 : page),
      crossing: block.crossing,
      instructions: block.instructions,
    };
  };

  /**
   * Whether the instruction reaches memory through SS: by its operand's base, or by being a stack operation; those that have a
   * memory operand as well when the stack is at fault (`badStack`).
   */
  usesStackSegment(bytes: Uint8Array, address: number, badStack: boolean): boolean {
    return this.#iced.usesStackSegment(bytes, address, badStack);
  }

  /** IR of the block at guest address `address`, whose page lies at physical address `page`. */
  lower(address: number, page: number, secondPage: () => number, single: boolean): IrBlock {
    const start = page + address % 4096;
    const length = Math.min(MAX_BLOCK_BYTES, page + 4096 - start);
    const links = new Map<number, Link>();
    const b = new Builder(address, (target) => {
      let link = links.get(target);
      if (link === undefined) links.set(target, link = makeLink(target));
      return link;
    });
    const reader = new this.#iced.CodeReader(U8.slice(start, start + length), address);
    try {
      const limit = single ? 1 : MAX_BLOCK_INSTRUCTIONS;
      while (b.block.instructions < limit) {
        const i = reader.next();
        if (i === undefined) {
          if (b.block.instructions > 0) break; // its own block begins there
          this.#crossing(b, address, page, secondPage);
          break;
        }
        this.#instruction(b, i, U8.subarray(start, start + length));
        if (b.ended) break;
      }
    } finally {
      reader.free();
    }
    if (!b.ended) b.jump(b.block.end);
    resolveFlags(b.block);
    return b.block;
  }

  #crossing(b: Builder, address: number, page: number, secondPage: () => number): void {
    const second = secondPage();
    const bytes = new Uint8Array(30);
    const first = 4096 - address % 4096;
    bytes.set(U8.subarray(page + address % 4096, page + 4096));
    bytes.set(U8.subarray(second, second + 30 - first), first);
    const reader = new this.#iced.CodeReader(bytes, address);
    b.block.crossing = true;
    const i = reader.next();
    reader.free();
    this.#instruction(b, i!, bytes);
  }

  #instruction(b: Builder, i: Instruction, bytes: Uint8Array): void {
    b.begin(i);
    const lowering = i.valid ? this.#lowerings[i.mnemonic] : undefined;
    const before = b.block.ops.length;
    if (lowering !== undefined) {
      try {
        return lowering(b, i);
      } catch (e) {
        if (!(e instanceof Refused)) throw e;
        b.block.ops.length = before;
      }
    }
    if (this.onRefused !== undefined) {
      const at = i.ip - b.block.address;
      const code = bytes.slice(at, at + Math.max(i.next - i.ip, 1));
      const text = i.valid ? this.#iced.disassemble(code, i.ip) : "(bad)";
      this.onRefused(i.ip, code, text);
    }
    b.leave(undefinedInstruction);
  }
}
