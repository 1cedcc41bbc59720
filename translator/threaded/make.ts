// Makes the modules of threaded code: that of handlers for some shapes, and that of all other functions.

import type { Shape } from "../ir/words.ts";
import { RAM_BYTES } from "../ram.ts";
import { type FunctionBody, wasmModule } from "../wasm/module.ts";
import { IMPORTS } from "../wasm/imports.ts";
import { FINDER_IMPORTS, finderFunctions } from "./finder_code.ts";
import { BASE_TYPES, BY_JAVASCRIPT, emitGoOn, emitHandler, emitPause, emitStub, HANDLER } from "./handler.ts";
import type { Handlers } from "./kept.ts";

const PAGES = RAM_BYTES / 65536;

/** Handlers for those of the shapes that can have one. */
export function emitHandlers(list: readonly Shape[]): Handlers {
  const handled: Shape[] = [], others: Shape[] = [], functions: FunctionBody[] = [];
  for (const shape of list) {
    const body = emitHandler(shape, String(handled.length));
    (body === undefined ? others : handled).push(shape);
    if (body !== undefined) functions.push(body);
  }
  const imports = [...IMPORTS, BY_JAVASCRIPT];
  const module = wasmModule({ pages: PAGES, types: [HANDLER], imports, globals: 0, functions });
  return { handled, others, module };
}

/** The functions that are no handlers: the entrance, what leaves at a node, and the stub for shapes without a handler. */
export function emitBase(): Uint8Array<ArrayBuffer> {
  const stub = emitStub(), goOn = emitGoOn(), imports = [BY_JAVASCRIPT, ...FINDER_IMPORTS];
  const functions: FunctionBody[] = [
    ...finderFunctions(imports.length),
    { type: HANDLER, locals: [], code: emitPause(), name: "pause" },
    { type: HANDLER, locals: goOn.locals, code: goOn.code, name: "goOn" },
    { type: HANDLER, locals: stub.locals, code: stub.code, name: "stub" },
  ];
  return wasmModule({ pages: PAGES, types: BASE_TYPES, imports, handlers: true, globals: 0, functions });
}
