// A translated block and the links between blocks.

/** Runs the block on CPU state `c`; returns the block to run next, or null when the executor must stop (see H.exit). */
export type BlockCode = (this: Block, c: number) => Block | null;

/** IR as words (ir/words.ts), for the code that executes it. */
export interface Body {
  readonly words: Int32Array;
  /** Index of the first operation. */
  readonly at: number;
  /** Of the operation that ends it, in order. */
  readonly links: readonly Link[];
}
export const NO_BODY: Body = { words: new Int32Array(), at: 0, links: [] };

export interface Block extends Body {
  /** Guest address: as a number, and its halves. */
  readonly address: number;
  lo: number;
  hi: number;
  code: BlockCode;
  /** Its code before it got a region; undefined: it has none. */
  plain: BlockCode | undefined;
  /** Addend of the exec TLB entry that this translation belongs to: equal addend and tag mean same frame. NaN when dead. */
  addend: number;
  /** Frame translated from. */
  readonly frame: number;
  /** Second frame of an instruction on two pages; such blocks are never linked to. 0 otherwise. */
  readonly frame2: number;
  readonly instructions: number;
  /** Index of its wasm function in the shared table; 0: none. */
  entry: number;
  /** Times that sampling found it (tier policy). */
  heat: number;
  /** What threaded code knows of it (threaded/node.ts); 0: nothing yet. */
  node: number;
}

/** An exit of a block to a fixed address. */
export interface Link {
  readonly address: number;
  readonly lo: number;
  readonly hi: number;
  /** Low word of the target's page: what the exec TLB tag must be. */
  readonly tag: number;
  block: Block | null;
}

export function makeLink(address: number): Link {
  const lo = address | 0;
  return { address, lo, hi: Math.floor(address / 0x1_0000_0000) | 0, tag: lo & -4096, block: null };
}
