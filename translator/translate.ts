// The pipeline for one block: bytes → instructions → IR → flags resolved → code of tier 1.

import type { Block, BlockCode, Body } from "./cache/block.ts";
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
import { type Level, V3 } from "./cpuid.ts";
import type { IcedPackage } from "./decode/iced.ts";
import type { Front } from "./front.ts";
import "./helpers/names.ts";
import type { IrBlock } from "./ir/block.ts";
import { decodeOps } from "./ir/words.ts";
import { front } from "./late.ts";

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
  #made: Front | undefined;
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

  /** See front.ts. */
  usesStackSegment(bytes: Uint8Array, address: number, badStack: boolean): boolean | undefined {
    return this.#front.usesStackSegment(bytes, address, badStack);
  }

  /** What decodes. Throws NOT_LOADED. */
  get #front(): Front {
    if (this.#made !== undefined) return this.#made;
    const { Front } = front.get();
    return this.#made = new Front(this.#load(), this);
  }

  #lower(address: number, page: number, secondPage: () => number, single: boolean): IrBlock {
    const block = this.#front.lower(address, page, secondPage, single);
    this.blocks++;
    this.instructions += block.instructions;
    return block;
  }
}
