// A block as threaded code knows it: a node in physical memory, and a table that finds nodes by guest address for indirect jumps.
//
//     0: physical address of its first operation, or of PAUSE_AT     4: addend of its exec TLB entry     8: number of the block     12: its region, as an index of the function table     16: its page, as a double
//     24: stamp of the executable pages among which the region is in place (env.ts)
//     of those that finder.ts made: 28: its record     32: low word of its address     36: the next one of its frame
//     40 + 16 n, for each link: node it leads to (0: not known), low word of the target's address, then at + 8: its page, as a TLB tag
//
// The number of a block that JavaScript has not heard of is 0.
//
// As everywhere, a link or jump to another page is good where the exec TLB shows the frame that the target was translated from.

import type { Block } from "../cache/block.ts";
import { F64, I32 } from "../ram.ts";
import { JUMP_ENTRIES, JUMP_ENTRY_SHIFT, JUMP_TABLE } from "../wasm/jump_table.ts";
import { OFFSET_SHIFT, SHAPE_MASK } from "../ir/words.ts";
import { allotAligned, emptyArena, fixArena } from "./arena.ts";

export const NODE_CODE = 0,
  NODE_ADDEND = 4,
  NODE_BLOCK = 8,
  NODE_REGION = 12,
  NODE_PAGE = 16,
  NODE_STAMP = 24,
  NODE_RECORD = 28,
  NODE_LOW = 32,
  NODE_NEXT = 36,
  NODE_LINKS = 40;
export const LINK_BYTES = 16, LINK_LOW = 4, LINK_TAG = 8;
/** An addend that no page has. */
const DEAD = 1;

/** Entries of 16 bytes: guest address (8), node (4). */
export const NODE_TABLE: number = JUMP_TABLE + (JUMP_ENTRIES << JUMP_ENTRY_SHIFT);
const NODE_ENTRIES = 65536;
/** An address's entry is its low word times this, from the top (Fibonacci hashing: Knuth, vol. 3, section 6.4). */
export const NODE_FACTOR = 0x9e3779b1 | 0;
export const NODE_SHIFT: number = 32 - Math.log2(NODE_ENTRIES);
export const ENTRY_NODE = 8;

/** The shape of the one operation of blocks that have a region, that of no IR operation: enters it, or leaves at the node. */
export const PAUSE = SHAPE_MASK;
const PAUSE_AT = allotAligned(2);
fixArena();
I32[PAUSE_AT >> 2] = PAUSE | 1 << OFFSET_SHIFT;

/** By number, from 1 on. */
const blocks: (Block | undefined)[] = [undefined];

/** There are no blocks any longer. */
export function forgetNodes(): void {
  I32.fill(0, NODE_TABLE >> 2, (NODE_TABLE >> 2) + NODE_ENTRIES * 4);
  blocks.length = 1;
  emptyArena();
}

/** The block of a node; undefined: nobody has made it yet. */
export function knownBlockOf(node: number): Block | undefined {
  return blocks[I32[(node + NODE_BLOCK) >> 2]!];
}
/** `block` is that of `node`. */
export function setBlock(node: number, block: Block): void {
  I32[(node + NODE_BLOCK) >> 2] = blocks.push(block) - 1;
}

/** The node of a block; 0 when threaded code cannot run it. */
export function nodeOf(block: Block): number {
  return block.node !== 0 ? block.node : makeNode(block);
}

function makeNode(block: Block): number {
  const { links, addend } = block;
  if (block.words !== I32) return 0;
  const node = allotAligned(NODE_LINKS / 4 + links.length * LINK_BYTES / 4);
  if (node === 0) return 0;
  const at = node >> 2;
  I32[at + NODE_ADDEND / 4] = Number.isNaN(addend) ? DEAD : addend;
  setBlock(node, block);
  F64[(node + NODE_PAGE) >> 3] = block.address - block.address % 4096;
  for (let n = 0; n < links.length; n++) {
    const link = at + NODE_LINKS / 4 + n * LINK_BYTES / 4;
    I32[link] = 0;
    I32[link + LINK_LOW / 4] = links[n]!.lo;
    I32[link + LINK_TAG / 4] = links[n]!.tag;
    I32[link + LINK_TAG / 4 + 1] = links[n]!.hi;
  }
  block.node = node;
  nodeChanged(block);
  return node;
}

/** Link `n` of `node` leads to `target` from now on. */
export function connect(node: number, n: number, target: Block): void {
  if (target.frame2 === 0) I32[(node + NODE_LINKS + n * LINK_BYTES) >> 2] = nodeOf(target);
}

/** Indirect jumps to `target` find it from now on. */
export function enterNode(target: Block): void {
  if (target.frame2 !== 0) return;
  const at = (NODE_TABLE >> 2) + (Math.imul(target.lo, NODE_FACTOR) >>> NODE_SHIFT) * 4,
    node = nodeOf(target);
  if (node === 0) return;
  I32[at] = target.lo;
  I32[at + 1] = target.hi;
  I32[at + ENTRY_NODE / 4] = node;
}

/** The block got a region, or lost it. */
export function nodeChanged(block: Block): void {
  if (block.node === 0) return;
  I32[(block.node + NODE_CODE) >> 2] = block.plain === undefined ? 4 * block.at : PAUSE_AT;
  I32[(block.node + NODE_REGION) >> 2] = block.entry;
  nodeStamped(block, 0);
}

/** The block's region has been found in place. */
export function nodeStamped({ node }: Block, stamp: number): void {
  if (node !== 0) I32[(node + NODE_STAMP) >> 2] = stamp;
}

/** The block is dropped: no link from another page and no jump finds it. */
export function nodeDied(node: number): void {
  if (node === 0) return;
  I32[(node + NODE_ADDEND) >> 2] = DEAD;
  I32[(node + NODE_REGION) >> 2] = 0;
}
