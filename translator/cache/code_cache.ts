// The code cache: translations by frame and guest address, shared by all address spaces.
//
// A frame's contents decide what its code means, so a translation belongs to a frame (page-cache frames are the same in every
// process that maps the file) and to the guest address it was made for. Writing to the frame drops what was made of it.

import { type Block, type BlockCode, type Body, NO_BODY } from "./block.ts";
import { TLB, XTLB_ADDEND, XTLB_ENTRIES, XTLB_ENTRY_WORDS } from "../cpu.ts";
import { type Env, EXEC } from "../env.ts";
import { FRAME_CODE, frameFlags, I32 } from "../ram.ts";
import { HOT_SAMPLES } from "../tunables.ts";
import { setRip } from "../runtime.ts";
import { nodeChanged, nodeDied } from "../threaded/node.ts";
import { removeJump } from "../wasm/jump_table.ts";

/** Makes a block's code from guest bytes; `second` is the physical page behind the first when an instruction crosses, else 0. */
export interface Translate {
  (address: number, page: number, secondPage: () => number, single: boolean): {
    code: BlockCode;
    entry: number;
    body?: Body;
    crossing: boolean;
    instructions: number;
    /** An earlier run found it hot. */
    hot?: boolean;
  };
}

export class CodeCache {
  readonly #env: Env;
  readonly #translate: Translate;
  /** By frame: address → block. */
  readonly #frames = new Map<number, Map<number, Block>>();
  /** Blocks with regions that took code of another frame, by that frame. */
  readonly #guests = new Map<number, Set<Block>>();
  blocks = 0;
  translated = 0;
  instructions = 0;
  invalidations = 0;

  constructor(env: Env, translate: Translate) {
    this.#env = env;
    this.#translate = translate;
  }

  /** The block at `address` in the address space of `c`. Raises a page fault when the code cannot be fetched (RIP is then `address`). */
  find(c: number, address: number): Block {
    const page = this.#page(c, address);
    const frame = page >>> 12;
    const known = this.#frames.get(frame)?.get(address);
    if (known !== undefined) {
      if (
        known.frame2 === 0 || this.#page(c, address + 4096 - address % 4096, address) >>> 12 === known.frame2
      ) {
        return known;
      }
    }
    return this.#make(c, address, page, false);
  }

  /** Physical address of the code byte at `address`. */
  fetch(c: number, address: number): number {
    return this.#page(c, address) + address % 4096;
  }

  /** A block of the one instruction at `address`, kept nowhere: for stores that change code. */
  single(c: number, address: number): Block {
    return this.#make(c, address, this.#page(c, address), true);
  }

  #make(c: number, address: number, page: number, single: boolean): Block {
    let second = 0;
    const { code, entry, body = NO_BODY, crossing, instructions, hot = false } = this.#translate(
      address,
      page,
      () => {
        second = this.#page(c, address + 4096 - address % 4096, address);
        return second;
      },
      single,
    );
    const frame = page >>> 12;
    const block: Block = {
      address,
      lo: address | 0,
      hi: Math.floor(address / 0x1_0000_0000) | 0,
      code,
      addend: crossing ? NaN : (page - (address - address % 4096)) | 0,
      frame,
      frame2: crossing ? second >>> 12 : 0,
      instructions,
      heat: hot ? HOT_SAMPLES - 1 : 0,
      entry,
      node: 0,
      plain: undefined,
      words: body.words,
      at: body.at,
      links: body.links,
    };
    if (!single) {
      this.#register(frame, block);
      if (crossing) this.#register(block.frame2, block);
      this.blocks++;
      this.translated++;
      this.instructions += instructions;
    }
    return block;
  }

  #register(frame: number, block: Block): void {
    this.#blocksOf(frame).set(block.address, block);
  }

  /** The blocks of a frame, from now on watched for changes. */
  #blocksOf(frame: number): Map<number, Block> {
    let blocks = this.#frames.get(frame);
    if (blocks === undefined) {
      blocks = new Map();
      this.#frames.set(frame, blocks);
      frameFlags[frame] |= FRAME_CODE;
      this.#env.codeAdded(frame);
    }
    return blocks;
  }

  /** Physical page that the exec TLB of `c` knows for `address`; else 0. */
  present(c: number, address: number): number {
    const lo = address | 0, hi = Math.floor(address / 0x1_0000_0000) | 0;
    const x = I32[c + 2 * TLB + 1] + (lo >>> 12 & (XTLB_ENTRIES - 1)) * XTLB_ENTRY_WORDS;
    return I32[x] === (lo & -4096) && I32[x + 1] === hi ? ((lo & -4096) + I32[x + XTLB_ADDEND]) | 0 : 0;
  }

  /** The block at `address`, whose page lies at physical address `page`, if it has been translated. */
  known(address: number, page: number): Block | undefined {
    return this.#frames.get(page >>> 12)?.get(address);
  }

  /** Addresses of the blocks made from the frame at physical address `physical` for guest page `page`. */
  addresses(page: number, physical: number): number[] {
    const blocks = this.#frames.get(physical >>> 12);
    if (blocks === undefined) return [];
    return [...blocks.keys()].filter((address) => address >= page && address < page + 4096);
  }

  /** What stays the same as long as no code of the frame at physical address `page` is dropped; undefined: there is none. */
  generation(page: number): unknown {
    return this.#frames.get(page >>> 12);
  }

  /** The code of `block` contains code of these frames. */
  contains(block: Block, frames: Iterable<number>): void {
    for (const frame of frames) {
      if (frame === block.frame) continue;
      this.#blocksOf(frame);
      const guests = this.#guests.get(frame);
      if (guests === undefined) this.#guests.set(frame, new Set([block]));
      else guests.add(block);
    }
  }

  /** Drops everything translated from `frame`. */
  invalidateFrame(frame: number): void {
    frameFlags[frame] &= ~FRAME_CODE;
    const blocks = this.#frames.get(frame);
    if (blocks === undefined) return;
    this.#frames.delete(frame);
    this.invalidations++;
    for (const guest of this.#guests.get(frame) ?? []) demote(guest);
    this.#guests.delete(frame);
    for (const block of blocks.values()) {
      if (block.entry !== 0) removeJump(block);
      block.addend = NaN; // no link from another page matches any more
      nodeDied(block);
      this.blocks--;
      if (block.frame2 !== 0) {
        const other = block.frame === frame ? block.frame2 : block.frame;
        this.#frames.get(other)?.delete(block.address);
      }
    }
  }

  /** Drops everything. */
  clear(): void {
    for (const frame of [...this.#frames.keys()]) this.invalidateFrame(frame);
  }

  /** Physical page of `address` for fetching, through the exec TLB. */
  #page(c: number, address: number, rip = address): number {
    const page = this.present(c, address);
    if (page !== 0) return page;
    setRip(c, rip);
    return this.#env.page(c, address, EXEC);
  }
}

/** Takes its region away from a block. */
function demote(block: Block): void {
  if (block.plain === undefined) return;
  if (block.entry !== 0) removeJump(block);
  block.code = block.plain;
  block.plain = undefined;
  block.heat = 0;
  nodeChanged(block);
}
