// Starts loading the decoder while the kernel's own modules load: both take time, and the first block needs it anyway.

import { loadIced } from "./decode/iced.ts";

export const decoder: Promise<unknown> = loadIced();
