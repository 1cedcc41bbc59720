// The code cache: translations by frame and guest address, shared by all address spaces.
//
// A frame's contents decide what its code means, so a translation belongs to a frame (page-cache frames are the same in every
// process that maps the file) and to the guest address it was made for. Writing to the frame drops what was made of it.

import { type Block, type BlockCode, type Body, NO_BODY } from "./block.ts";
import { firstOperation, instructionCount, isHot, recordLinks } from "./record.ts";
import { TLB, XTLB_ADDEND, XTLB_ENTRIES, XTLB_ENTRY_WORDS } from "../cpu.ts";
import { type Env, EXEC } from "../env.ts";
import { F64, FRAME_CODE, frameFlags, I32, RUNNING_CPU } from "../ram.ts";
import { NOT_LOADED } from "../late.ts";
import { HOT_SAMPLES } from "../tunables.ts";
import { setRip } from "../runtime.ts";
import { enterFrame, isEntered, leaveFrame, nodesFound, nodesOf } from "../threaded/finder.ts";
import {
  knownBlockOf,
  NODE_ADDEND,
  NODE_LOW,
  NODE_PAGE,
  NODE_RECORD,
  nodeChanged,
  nodeDied,
  setBlock,
} from "../threaded/node.ts";
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

/** Where threaded code finds translations of earlier runs by itself (threaded/finder.ts). */
export interface KeptNodes {
  /** The image that code at `address` comes from, 0: there is none. */
  image(address: number): number;
  /** The node for the address of these halves, whose page lies at physical address `page`; 0: not found. */
  nodeAt(lo: number, hi: number, page: number): number;
  /** Code of their blocks. */
  readonly code: BlockCode;
}

/** What the cache must know of a region (wasm/compile.ts). */
interface RegionCode {
  readonly pages: readonly { readonly address: number; readonly addend: number }[];
  /** Physical address of the stamp of the executable pages among which other regions may enter it. */
  readonly stampAt: number;
  isDropped: boolean;
}

function framesOf({ pages }: RegionCode): number[] {
  return pages.map(({ address, addend }) => (address + addend | 0) >>> 12);
}

export class CodeCache {
  readonly #env: Env;
  readonly #translate: Translate;
  /** By frame: address → block. */
  readonly #frames = new Map<number, Map<number, Block>>();
  /** Blocks with regions that took code of another frame, by that frame. */
  readonly #guests = new Map<number, Set<Block>>();
  /** Regions by the frames that they took code of. */
  readonly #regions = new Map<number, Set<RegionCode>>();
  #kept: KeptNodes | undefined;
  blocks = 0;
  translated = 0;
  instructions = 0;
  invalidations = 0;

  constructor(env: Env, translate: Translate) {
    this.#env = env;
    this.#translate = translate;
  }

  /** Blocks that threaded code found among those of earlier runs. */
  get found(): number {
    return nodesFound();
  }

  /** From now on nodes are looked up here. */
  useKept(kept: KeptNodes): void {
    this.#kept = kept;
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
    return (c === RUNNING_CPU ? this.#findKept(address, page) : undefined) ??
      this.#make(c, address, page, false);
  }

  #findKept(address: number, page: number): Block | undefined {
    const kept = this.#kept, frame = page >>> 12;
    if (kept === undefined) return undefined;
    if (!isEntered(frame)) {
      const image = kept.image(address);
      if (image === 0) return undefined;
      this.#blocksOf(frame);
      enterFrame(frame, image);
    }
    const node = kept.nodeAt(address | 0, Math.floor(address / 0x1_0000_0000) | 0, page);
    return node === 0 ? undefined : this.blockOf(node);
  }

  /** The block of a node, which threaded code may have made. */
  blockOf(node: number): Block {
    return knownBlockOf(node) ?? this.#ofNode(node);
  }

  #ofNode(node: number): Block {
    const place = { words: I32, at: I32[(node + NODE_RECORD) >> 2]! >> 2 };
    const addend = I32[(node + NODE_ADDEND) >> 2]!, lo = I32[(node + NODE_LOW) >> 2]!;
    const address = F64[(node + NODE_PAGE) >> 3]! + (lo & 4095);
    const frame = (lo + addend) >>> 12;
    const known = this.#frames.get(frame)?.get(address);
    if (known !== undefined) {
      setBlock(node, known);
      return known;
    }
    const block: Block = {
      address,
      lo,
      hi: Math.floor(address / 0x1_0000_0000) | 0,
      code: this.#kept!.code,
      addend,
      frame,
      frame2: 0,
      instructions: instructionCount(place),
      heat: isHot(place) ? HOT_SAMPLES - 1 : 0,
      entry: 0,
      node,
      plain: undefined,
      words: I32,
      at: firstOperation(place),
      links: recordLinks(place),
    };
    setBlock(node, block);
    this.#register(frame, block);
    this.blocks++;
    return block;
  }

  /** Makes the blocks of all nodes of a frame. */
  #hearOf(frame: number): void {
    for (const node of nodesOf(frame)) this.blockOf(node);
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
    const secondPage = () => second = this.#page(c, address + 4096 - address % 4096, address);
    const { code, entry, body = NO_BODY, crossing, instructions, hot = false } = this.#translated(
      c,
      address,
      page,
      secondPage,
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

  #translated(c: number, ...[address, ...where]: Parameters<Translate>): ReturnType<Translate> {
    try {
      return this.#translate(address, ...where);
    } catch (e) {
      if (e === NOT_LOADED) setRip(c, address);
      throw e;
    }
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
    this.#hearOf(page >>> 12);
    return this.#frames.get(page >>> 12)?.get(address);
  }

  /** Addresses of the blocks made from the frame at physical address `physical` for guest page `page`. */
  addresses(page: number, physical: number): number[] {
    this.#hearOf(physical >>> 12);
    const blocks = this.#frames.get(physical >>> 12);
    if (blocks === undefined) return [];
    return [...blocks.keys()].filter((address) => address >= page && address < page + 4096);
  }

  /** The code of `block` is that of a region. */
  contains(block: Block, region: RegionCode): void {
    for (const frame of framesOf(region)) if (frame !== block.frame) this.#note(this.#guests, frame, block);
  }

  /** A region is dropped, too, when code of its pages is. */
  holds(region: RegionCode): void {
    for (const frame of framesOf(region)) this.#note(this.#regions, frame, region);
  }

  #note<T>(by: Map<number, Set<T>>, frame: number, what: T): void {
    this.#blocksOf(frame);
    const known = by.get(frame);
    if (known === undefined) by.set(frame, new Set([what]));
    else known.add(what);
  }

  /** Drops everything translated from `frame`. */
  invalidateFrame(frame: number): void {
    frameFlags[frame] &= ~FRAME_CODE;
    const blocks = this.#frames.get(frame);
    if (blocks === undefined) return;
    this.#frames.delete(frame);
    for (const node of nodesOf(frame)) nodeDied(node);
    leaveFrame(frame);
    this.invalidations++;
    for (const guest of this.#guests.get(frame) ?? []) demote(guest);
    this.#guests.delete(frame);
    for (const region of this.#regions.get(frame) ?? []) {
      region.isDropped = true;
      I32[region.stampAt >> 2] = 0;
    }
    this.#regions.delete(frame);
    for (const block of blocks.values()) {
      if (block.entry !== 0) removeJump(block);
      block.addend = NaN; // no link from another page matches any more
      nodeDied(block.node);
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
