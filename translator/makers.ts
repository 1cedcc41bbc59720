// The modules that make code, all together: see late.ts.

export { emitBase, emitHandlers } from "./threaded/make.ts";
export { emitRegion } from "./wasm/region.ts";
