// Every limit of the translator, each with its reason.

/** Guest instructions in a block. Longer straight-line code is split: a fault or a budget stop stays near, and closures of eight nest at most a few levels. */
export const MAX_BLOCK_INSTRUCTIONS = 48;
/** Guest bytes handed to the decoder for a block: MAX_BLOCK_INSTRUCTIONS of average length 4, with room. */
export const MAX_BLOCK_BYTES = 256;
/** Iterations of a block that loops to itself before its function returns to the dispatcher, which counts down the budget. */
export const LOOP_ITERATIONS = 256;
/** Blocks between two samples of which block is running: sampling costs nothing that can be measured. */
export const SAMPLE_BLOCKS = 64;
/** Samples that make a block hot (`--tier auto`): it gets a region. One that an earlier run found hot needs one sample. */
export const HOT_SAMPLES = 60;
/** Blocks and IR operations of a region at the most: TurboFan's time grows faster than the code. */
export const REGION_BLOCKS = 64, REGION_OPS = 2500;
/** Regions entered and loops gone round before wasm returns to the dispatcher, which counts down the budget: about 10 µs. */
export const CHAIN_LENGTH = 512;
