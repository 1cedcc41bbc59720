// The modules that make code, all together: see late.ts.

import { installStubs } from "./wasm/shared.ts";

export { emitBase, emitHandlers } from "./threaded/make.ts";
export { emitRegion } from "./wasm/region.ts";

// All functions that regions share have been declared now.
installStubs();
