// Starts loading the decoder while the kernel's own modules load: both take time, and the first block needs it anyway.

export const decoder: Promise<unknown> = import("./decode/iced.ts");
