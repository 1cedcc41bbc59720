// What threaded code returns to JavaScript (tier.ts). A positive number is the node to go on with.

/** Go on at RIP. */
export const INDIRECT = -1;
/** The operation at LEFT_AT of the node at QUOTA ends a block, and JavaScript runs it. */
export const END = -2;
/** EXIT_FIRST - n: leave the executor for reason n. */
export const EXIT_FIRST = -16;
/** LINK_FIRST - n: follow link n of the node at QUOTA. */
export const LINK_FIRST = -32;
