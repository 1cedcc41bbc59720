// Which frames do neighbouring pages of private memory get, so that they are neighbours in physical memory, too?
//
// The upper part of physical memory is divided into blocks of 64 frames. The first page that is touched of a piece of an
// address space as large as that claims a block for the piece: the one that lies to a near piece's block as the pieces do, if it is free, else one
// with much room on both sides. A page of the piece then gets its own place in the block while that is free. Nothing
// depends on it but speed: translated code checks addresses against runs of pages that lie behind each other (extents.ts), and longer runs are fewer.

import { FRAME_COUNT, PAGE_SIZE, RESERVED_BYTES } from "../../translator/ram.ts";

export const BLOCK_FRAMES = 64;
const PIECE_BYTES = BLOCK_FRAMES * PAGE_SIZE;
/** Frames from here on lie in blocks. */
export const FIRST_BLOCK_FRAME: number = FRAME_COUNT / 4;
const BLOCKS = Math.floor((FRAME_COUNT - RESERVED_BYTES / PAGE_SIZE - FIRST_BLOCK_FRAME) / BLOCK_FRAMES);
/** Claims without a neighbour begin in the middle of so many blocks. */
const SLOT_BLOCKS = 32;
const SLOTS = Math.floor(BLOCKS / SLOT_BLOCKS);

function frameOf(block: number): number {
  return FIRST_BLOCK_FRAME + block * BLOCK_FRAMES;
}

/** The blocks that one address space has claimed. */
export class Claims {
  /** Block by number of the piece. */
  readonly byPiece: Map<number, number> = new Map();
  /** Looked up last. */
  #piece = -1;
  #first = 0;
  readonly #blocks: Blocks;

  constructor(blocks: Blocks) {
    this.#blocks = blocks;
  }

  /** The frame where the page of `va` belongs; 0 when there is none. */
  place(va: number): number {
    const piece = Math.floor(va / PIECE_BYTES);
    if (piece !== this.#piece) {
      const block = this.byPiece.get(piece) ?? this.#blocks.claim(this, piece);
      if (block < 0) return 0;
      this.#piece = piece;
      this.#first = frameOf(block);
    }
    return this.#first + ((va >>> 12) & (BLOCK_FRAMES - 1));
  }

  /** The block of `piece`, which has no frame in use, is somebody else's now. */
  drop(piece: number): void {
    this.byPiece.delete(piece);
    this.#piece = -1;
  }

  /** The address space is gone. */
  release(): void {
    for (const block of this.byPiece.values()) this.#blocks.abandon(block);
    this.byPiece.clear();
    this.#piece = -1;
  }
}

export class Blocks {
  /** Frames in use by block. */
  readonly #used = new Uint8Array(BLOCKS);
  readonly #owner: (Claims | undefined)[] = new Array(BLOCKS).fill(undefined);
  readonly #piece = new Float64Array(BLOCKS);
  /** Slots whose middle was free when it was put here. */
  readonly #slots: number[] = [];
  readonly #listed = new Uint8Array(SLOTS).fill(1);
  /** Claims that get no block until unused ones are looked for again. */
  #patience = 0;
  /** Where frames were found last that nobody had claimed. */
  #spare = 0;

  constructor() {
    // Reversed bits: the first claims lie far from each other.
    const bits = Math.ceil(Math.log2(SLOTS));
    for (let i = (1 << bits) - 1; i >= 0; i--) {
      let slot = 0;
      for (let b = 0; b < bits; b++) slot |= (i >> b & 1) << (bits - 1 - b);
      if (slot < SLOTS) this.#slots.push(slot);
    }
  }

  /** A block for `piece` of the address space of `claims`; -1 when none is free. */
  claim(claims: Claims, piece: number): number {
    let block = -1;
    if (claims.byPiece.size > 0) {
      for (let n = 1; n < SLOT_BLOCKS / 2 && !this.#isFree(block); n++) {
        block = this.#beside(claims, piece, -n);
        if (!this.#isFree(block)) block = this.#beside(claims, piece, n);
      }
    }
    if (!this.#isFree(block)) block = this.#middle();
    if (block < 0) return -1;
    this.#owner[block] = claims;
    this.#piece[block] = piece;
    claims.byPiece.set(piece, block);
    return block;
  }

  /** Where `piece` belongs by the block of the piece `n` pieces away; -1 when that has none. */
  #beside({ byPiece }: Claims, piece: number, n: number): number {
    const block = byPiece.get(piece + n);
    return block === undefined ? -1 : block - n;
  }

  #isFree(block: number): boolean {
    return block >= 0 && block < BLOCKS && this.#used[block] === 0 && this.#owner[block] === undefined;
  }

  #middle(): number {
    for (;;) {
      const slot = this.#slots.pop() ?? this.#takeBack();
      if (slot === undefined) return -1;
      this.#listed[slot] = 0;
      const block = slot * SLOT_BLOCKS + SLOT_BLOCKS / 2;
      if (this.#isFree(block)) return block;
    }
  }

  /** Takes blocks without a frame in use from who has claimed them, when none were given back for a while; returns a slot. */
  #takeBack(): number | undefined {
    if (--this.#patience > 0) return undefined;
    this.#patience = BLOCKS;
    for (let block = 0; block < BLOCKS; block++) {
      const owner = this.#owner[block];
      if (owner === undefined || this.#used[block] !== 0) continue;
      owner.drop(this.#piece[block]!);
      this.#free(block);
    }
    return this.#slots.pop();
  }

  /** Frame `frame` of a block gets used. */
  take(frame: number): void {
    this.#used[(frame - FIRST_BLOCK_FRAME) / BLOCK_FRAMES | 0]!++;
  }

  /** It is free again. */
  give(frame: number): void {
    const block = (frame - FIRST_BLOCK_FRAME) / BLOCK_FRAMES | 0;
    if (--this.#used[block]! === 0 && this.#owner[block] === undefined) this.#free(block);
  }

  /** Who claimed `block` is gone; others may still use frames of it. */
  abandon(block: number): void {
    if (this.#used[block] === 0) this.#free(block);
    else this.#owner[block] = undefined;
  }

  #free(block: number): void {
    this.#owner[block] = undefined;
    if (block % SLOT_BLOCKS !== SLOT_BLOCKS / 2) return;
    const slot = Math.floor(block / SLOT_BLOCKS);
    if (slot >= SLOTS || this.#listed[slot]) return;
    this.#listed[slot] = 1;
    this.#slots.push(slot);
  }

  /** Where `n` frames in a row are free, whoever has claimed the block; 0 when they are nowhere. `counts`: references by frame. */
  spare(n: number, counts: Int32Array): number {
    const end = frameOf(BLOCKS);
    let run = 0;
    for (let k = 0, frame = FIRST_BLOCK_FRAME + this.#spare; k < BLOCKS * BLOCK_FRAMES; k++, frame++) {
      if (frame === end) {
        frame = FIRST_BLOCK_FRAME;
        run = 0;
      }
      run = counts[frame] === 0 ? run + 1 : 0;
      if (run < n) continue;
      this.#spare = frame + 1 - FIRST_BLOCK_FRAME;
      if (this.#spare === BLOCKS * BLOCK_FRAMES) this.#spare = 0;
      return frame - n + 1;
    }
    return 0;
  }
}
