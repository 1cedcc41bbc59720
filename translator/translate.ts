// The pipeline for one block: bytes → instructions → IR → flags resolved → code of tier 1.

import {
  CodeReader,
  disassemble,
  type IcedPackage,
  levelOf,
  mnemonics,
  useIced,
  usesStackSegment,
} from "./decode/iced.ts";
import { type Block, type BlockCode, type Body, type Link, makeLink } from "./cache/block.ts";
import type { CodeFile } from "./cache/code_file.ts";
import {
  byteCount,
  firstOperation,
  instructionCount,
  isCrossing,
  isHot,
  type Place,
  recordLinks,
} from "./cache/record.ts";
import type { RegionParts } from "./cache/region_record.ts";
import type { Instruction } from "./decode/instruction.ts";
import { Builder } from "./ir/builder.ts";
import type { IrBlock } from "./ir/block.ts";
import { decodeOps } from "./ir/words.ts";
import { type Lowering, Refused } from "./lower/lowering.ts";
import { undefinedInstruction } from "./lower/control.ts";
import { needLevel, protectedInstruction } from "./lower/system.ts";
import { type Level, V3 } from "./cpuid.ts";
import { lowerings, lowerLevels } from "./lower/table.ts";
import { resolveFlags } from "./passes/flags.ts";
import { U8 } from "./ram.ts";
import { MAX_BLOCK_BYTES, MAX_BLOCK_INSTRUCTIONS } from "./tunables.ts";

export interface Compiled {
  readonly code: BlockCode;
  /** Index in the table of wasm functions; 0: none. */
  readonly entry: number;
  /** For code that executes IR. */
  readonly body?: Body;
}

export interface CodeGenerator {
  /** `page`: physical address of the block's page, 0 when the block must stay alone. `kept`: it is going to be run more than once. */
  compile(block: IrBlock, page: number, kept: boolean): Compiled;
  /** Code for IR that is there as words; a generator without it makes its code from IR each time. */
  run?(body: Body): Compiled;
}

export class Translator {
  readonly #load: () => IcedPackage;
  #lowerings: Lowering[] | undefined;
  #byLevel: ReadonlyMap<number, Lowering> = new Map();
  generator: CodeGenerator;
  /** Where translations of the code at an address are kept between runs, if they are. */
  codeFile: ((address: number) => CodeFile | undefined) | undefined;
  /** Blocks and regions that were found there; blocks and instructions translated. */
  found = 0;
  foundRegions = 0;
  blocks = 0;
  instructions = 0;
  /** The lowest level of x86-64 that one of those who run this code has: instructions above it ask when they run. */
  lowest: Level = V3;
  /** Called with each block's final IR (dumps, tests). */
  onBlock: ((block: IrBlock) => void) | undefined;
  /** Called with what raises #UD because it is not implemented (or no instruction). */
  onRefused: ((address: number, bytes: Uint8Array, text: string) => void) | undefined;

  /** `load` is called when the first instruction must be decoded. */
  constructor(load: () => IcedPackage, generator: CodeGenerator) {
    this.#load = load;
    this.generator = generator;
  }

  /** See cache/code_cache.ts `Translate`. */
  readonly translate = (address: number, page: number, secondPage: () => number, single: boolean) => {
    const { generator } = this;
    const file = single || generator.run === undefined ? undefined : this.codeFile?.(address);
    if (file === undefined) {
      const block = this.#lower(address, page, secondPage, single);
      this.onBlock?.(block);
      return {
        ...generator.compile(block, single || block.crossing ? 0 : page, !single),
        crossing: block.crossing,
        instructions: block.instructions,
      };
    }
    const place = file.find(address, page, secondPage);
    if (place !== undefined) this.found++;
    else return this.#translateAndKeep(file, address, page, secondPage);
    return this.#fromRecord(place);
  };

  #translateAndKeep(file: CodeFile, address: number, page: number, secondPage: () => number) {
    let second = 0;
    const block = this.#lower(address, page, () => second = secondPage(), false);
    this.onBlock?.(block);
    const place = file.add(block, page, second);
    if (place !== undefined) return this.#fromRecord(place);
    return {
      ...this.generator.compile(block, 0, true),
      crossing: block.crossing,
      instructions: block.instructions,
    };
  }

  #fromRecord(place: Place) {
    return {
      ...this.generator.run!({ words: place.words, at: firstOperation(place), links: recordLinks(place) }),
      crossing: isCrossing(place),
      instructions: instructionCount(place),
      hot: isHot(place),
    };
  }

  /** The block at `address` was found hot: in the next run it need not be found again. */
  keepHot(address: number): void {
    this.codeFile?.(address)?.markHot(address);
  }

  /** IR of the block at guest address `address`, whose page lies at physical address `page`: kept, or made. */
  lower(address: number, page: number, secondPage: () => number, single: boolean): IrBlock {
    const file = single ? undefined : this.codeFile?.(address);
    if (file === undefined) return this.#lower(address, page, secondPage, single);
    const place = file.find(address, page, secondPage);
    if (place === undefined) {
      let second = 0;
      const block = this.#lower(address, page, () => second = secondPage(), false);
      if (!block.crossing || second !== 0) file.add(block, page, second);
      return block;
    }
    return {
      address,
      ops: decodeOps(place.words, firstOperation(place), address - address % 4096, recordLinks(place)),
      end: address + byteCount(place),
      instructions: instructionCount(place),
      crossing: isCrossing(place),
    };
  }

  /** The IR that a block executes, if it does: nothing is decoded for it. */
  again({ address, words, at, links, instructions, frame2 }: Block): IrBlock | undefined {
    if (words.length === 0) return undefined;
    const ops = decodeOps(words, at, address - address % 4096, links);
    return { address, ops, end: NaN, instructions, crossing: frame2 !== 0 };
  }

  /** Keeps a region, if all of its code comes from one file. */
  keepRegion(parts: RegionParts): void {
    const file = this.codeFile?.(parts.blocks[0]!);
    if (file !== undefined && parts.pages.every((page) => this.codeFile!(page) === file)) {
      file.addRegion(parts);
    }
  }

  /** The kept region at `entry`; `physical` gives the physical address of a page, or 0. */
  keptRegion(entry: number, physical: (page: number) => number): RegionParts | undefined {
    const file = this.codeFile?.(entry);
    const parts = file?.findRegion(entry, (page) => {
      const at = physical(page);
      return at !== 0 && this.codeFile!(page) === file ? at : 0;
    });
    if (parts !== undefined) this.foundRegions++;
    return parts;
  }

  /** Makes the decoder ready. */
  #prepare(): Lowering[] {
    useIced(this.#load());
    this.#byLevel = lowerLevels(mnemonics());
    return this.#lowerings = lowerings(mnemonics());
  }

  /**
   * Whether the instruction reaches memory through SS: by its operand's base, or by being a stack operation; those that have a
   * memory operand as well when the stack is at fault (`badStack`). Undefined when the bytes end inside it.
   */
  usesStackSegment(bytes: Uint8Array, address: number, badStack: boolean): boolean | undefined {
    this.#lowerings ?? this.#prepare();
    return usesStackSegment(bytes, address, badStack);
  }

  #lower(address: number, page: number, secondPage: () => number, single: boolean): IrBlock {
    const table = this.#lowerings ?? this.#prepare();
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
    this.blocks++;
    this.instructions += b.block.instructions;
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
    if (this.lowest < V3 && i.valid && levelOf(i.code) > this.lowest) {
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
    if (this.onRefused !== undefined) {
      const at = i.ip - b.block.address;
      const code = bytes.slice(at, at + Math.max(i.next - i.ip, 1));
      const text = i.valid ? disassemble(code, i.ip) : "(bad)";
      this.onRefused(i.ip, code, text);
    }
    b.leave(undefinedInstruction);
  }
}
