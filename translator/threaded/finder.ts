// How threaded code gets from block to block without JavaScript, where the next one was translated by an earlier run: wasm looks it up in the image
// of its file (cache/image.ts), compares its bytes with the guest's, and makes the node (finder_code.ts). JavaScript hears of such a block when it
// has a use for it.
//
// Which image code comes from is said by a table of all frames, eight bytes each: image; first of the nodes made here for the frame's code,
// a list through NODE_NEXT. JavaScript enters a frame when it finds the first code in it.

import { lookup } from "../cache/image.ts";
import { FRAME_TABLE, I32 } from "../ram.ts";
import { NODES_FOUND } from "./arena.ts";
import { NODE_NEXT } from "./node.ts";

export const FRAME_IMAGE = 0, FRAME_NODES = 4;

/** Code in `frame` may be looked up in `image` from now on. */
export function enterFrame(frame: number, image: number): void {
  I32[(FRAME_TABLE + 8 * frame + FRAME_IMAGE) >> 2] = image;
}
/** Whether code in `frame` may be. */
export function isEntered(frame: number): boolean {
  return I32[(FRAME_TABLE + 8 * frame + FRAME_IMAGE) >> 2] !== 0;
}
/** The nodes made here for code in `frame`. */
export function* nodesOf(frame: number): Generator<number> {
  let node = I32[(FRAME_TABLE + 8 * frame + FRAME_NODES) >> 2]!;
  for (; node !== 0; node = I32[(node + NODE_NEXT) >> 2]!) yield node;
}
/** Nothing is known of code in `frame` any longer. */
export function leaveFrame(frame: number): void {
  I32.fill(0, (FRAME_TABLE + 8 * frame) >> 2, ((FRAME_TABLE + 8 * frame) >> 2) + 2);
}

/** Nodes made here so far. */
export function nodesFound(): number {
  return I32[NODES_FOUND >> 2]!;
}

/** Numbers of the imported functions. */
export const FIND_INDEX = 1, RECORD_INDEX = 2, ADOPT_INDEX = 3;
export function finderImports(): WebAssembly.ModuleImports {
  const { find, record, adopt } = lookup() as unknown as WebAssembly.ModuleImports;
  return { [FIND_INDEX]: find!, [RECORD_INDEX]: record!, [ADOPT_INDEX]: adopt! };
}
