// Threaded code between runs: one module with all handlers, which shapes they are for, and the module of what is no handler.
//
//     words: magic | format | two sums | 0 | bytes of the names | bytes of the modules: of handlers | of the others     names, padded: JSON, [operation, key, 1 if it has a handler]
//     the modules, each padded: exports "0", "1", … in the order of the names that have one; those of emitBase()

import { isSealed, seal } from "../cache/code_file.ts";
import { OPS } from "../ir/ops.ts";
import { type Shape, shapeFor } from "../ir/words.ts";

const MAGIC = 0x646e6168, FORMAT = 1, HEAD = 8;
const H_MAGIC = 0, H_FORMAT = 1, H_NAMES = 5, H_MODULE = 6, H_BASE = 7;

export interface Handlers {
  /** Those with a handler, in the order of the module's exports. */
  readonly handled: readonly Shape[];
  /** Those that JavaScript must run. */
  readonly others: readonly Shape[];
  readonly module: Uint8Array<ArrayBuffer>;
}

export interface KeptHandlers extends Handlers {
  /** What is no handler. */
  readonly base: Uint8Array<ArrayBuffer>;
}

export function writeHandlers({ handled, others, module, base }: KeptHandlers): Uint8Array<ArrayBuffer> {
  const row = (has: number) => ({ def, key }: Shape) => [def.name, key, has];
  const names = new TextEncoder().encode(JSON.stringify([...handled.map(row(1)), ...others.map(row(0))]));
  const namesEnd = HEAD + (names.length + 3 >> 2);
  const moduleEnd = namesEnd + (module.length + 3 >> 2);
  const words = new Int32Array(moduleEnd + (base.length + 3 >> 2));
  words[H_MAGIC] = MAGIC;
  words[H_FORMAT] = FORMAT;
  words[H_NAMES] = names.length;
  words[H_MODULE] = module.length;
  words[H_BASE] = base.length;
  const bytes = new Uint8Array(words.buffer);
  bytes.set(names, 4 * HEAD);
  bytes.set(module, 4 * namesEnd);
  bytes.set(base, 4 * moduleEnd);
  seal(words);
  return bytes;
}

/** Undefined when `content` is no such file. */
export function readHandlers(content: Uint8Array<ArrayBuffer>): KeptHandlers | undefined {
  if (content.length < 4 * HEAD || content.length % 4 !== 0 || content.byteOffset % 4 !== 0) return undefined;
  const words = new Int32Array(content.buffer, content.byteOffset, content.length >> 2);
  if (words[H_MAGIC] !== MAGIC || words[H_FORMAT] !== FORMAT || !isSealed(words)) return undefined;
  const namesEnd = HEAD + (words[H_NAMES]! + 3 >> 2);
  const text = new TextDecoder().decode(content.subarray(4 * HEAD, 4 * HEAD + words[H_NAMES]!));
  const handled: Shape[] = [], others: Shape[] = [];
  for (const [name, key, has] of JSON.parse(text) as [string, number, number][]) {
    const def = OPS.get(name);
    if (def === undefined) return undefined;
    (has === 1 ? handled : others).push(shapeFor(def, key));
  }
  const moduleEnd = namesEnd + (words[H_MODULE]! + 3 >> 2);
  const bytes = (from: number, count: number) => content.subarray(4 * from, 4 * from + count);
  const module = bytes(namesEnd, words[H_MODULE]!), base = bytes(moduleEnd, words[H_BASE]!);
  return { handled, others, module, base };
}
