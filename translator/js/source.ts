// Tier 1 as emitted JavaScript source: the same templates, concatenated into one function a block (`--tier js`, and hot blocks of `--tier auto`).
// A block that jumps to itself becomes a loop. Readable (`--dump js`), named in profiles, and a second opinion on every result.

import { type BlockCode, type Link, makeLink } from "../cache/block.ts";
import type { IrBlock } from "../ir/block.ts";
import type { Runtime } from "../runtime.ts";
import { LOOP_ITERATIONS } from "../tunables.ts";
import { globalValues } from "./closures.ts";
import { GLOBALS, sourceText } from "./template.ts";

/** The block's function as text; objects it refers to as K[i] are pushed to `objects`. */
export function blockSource(block: IrBlock, objects: unknown[], name = ""): string {
  const title = `function b_${name}${name && "_"}${block.address.toString(16)}(c)`;
  const steps = (self?: number) => block.ops.map((o) => `{${sourceText(o, objects, self)}}`).join("\n");
  const end = block.ops[block.ops.length - 1]!;
  if (!loops(block)) return `${title}{\n${steps()}\n}`;
  const back = objects.push(makeLink(block.address)) - 1;
  return `${title}{\nlet n=${LOOP_ITERATIONS};\nloop:for(;;){\n` +
    `if(--n<0)return H.follow(c,K[${back}]);\n${steps(end.def.ends ? block.address : undefined)}\n}\n}`;
}

/** Ends with a jump or branch to its own start. */
function loops(block: IrBlock): boolean {
  const end = block.ops[block.ops.length - 1]!;
  return end.def.name.startsWith("branch") &&
    end.args.some((a) => (a as Link | null)?.address === block.address);
}

export class Source {
  readonly #globals: unknown[];

  constructor(runtime: Runtime) {
    this.#globals = globalValues(runtime);
  }

  compile(block: IrBlock): { code: BlockCode; entry: number } {
    const objects: unknown[] = [];
    const text = blockSource(block, objects);
    return {
      code: new Function(`${GLOBALS},K`, `"use strict";return ${text}`)(
        ...this.#globals,
        objects,
      ) as BlockCode,
      entry: 0,
    };
  }
}
