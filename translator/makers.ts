// The modules that make code, all together: see late.ts.

export { emitBase, emitHandlers } from "./threaded/make.ts";
export { findRegion } from "./wasm/flow.ts";
export { naturalEntry } from "./wasm/natural_entry.ts";
export { emitRegion } from "./wasm/region.ts";
