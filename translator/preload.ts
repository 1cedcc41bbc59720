// Starts loading the decoder, and what makes code, while the kernel's own modules load: both take time, and the first block needs it anyway.

import { loadIced } from "./decode/package.ts";
import { loadAll } from "./late.ts";

export const decoder: Promise<unknown> = Promise.all([loadIced(), loadAll()]);
