// Every limit of the translator, each with its reason.

/** Guest instructions in a block. Longer straight-line code is split: a fault or a budget stop stays near, and closures of eight nest at most a few levels. */
export const MAX_BLOCK_INSTRUCTIONS = 48;
/** Guest bytes handed to the decoder for a block: MAX_BLOCK_INSTRUCTIONS of average length 4, with room. */
export const MAX_BLOCK_BYTES = 256;
/** Shapes of operations without a handler that JavaScript runs before handlers are made for them: a module costs as much as some twenty of them. */
export const NEW_SHAPES = 24;
/** Operations that JavaScript runs before handlers are made for fewer new shapes than that. */
export const NEW_RUNS = 1000;
/** Iterations of a block that loops to itself before its function returns to the dispatcher, which counts down the budget. */
export const LOOP_ITERATIONS = 256;
/** Blocks between two samples of which block is running: sampling costs nothing that can be measured. */
export const SAMPLE_BLOCKS = 256;
/** Samples that make a block hot (`--tier auto`): it gets a region. One that an earlier run found hot needs one sample. */
export const HOT_SAMPLES = 100;
/** What it adds to a block's heat when a region leaves to it: more than its share of the samples, since a region that ends there gains from going on. */
export const EXIT_HEAT = 1 / 32;
/** Blocks and IR operations of a region at the most: TurboFan's time grows faster than the code, and regions overlap. */
export const REGION_BLOCKS = 60, REGION_OPS = 400;
/** IR operations of a called function that becomes part of its caller's region at the most, and of all of them together. */
export const INLINE_OPS = 80, INLINE_TOTAL = 200;
/** Pages of a region at the most: each is looked for when the region is entered after executable pages have changed. */
export const REGION_PAGES = 8;
/**
 * Regions that are made before all translations are given up. Each takes some 20 KB and memory maps of the host's process, of which Linux allows 65,530, and nothing
 * tells when the last reference to one that was dropped is gone: a program that makes code for ever would use them up.
 */
export const MOST_REGIONS = 8000;
/** Words of kept regions that become a module together, more or less: linking half a megabyte takes up to ten milliseconds. */
export const TOGETHER_WORDS = 1 << 17;
/** Entries of a region at the most: where ways from several entries meet, nothing is known. */
export const REGION_ENTRIES = 12;
/** How far from a hot block the beginning of its function is looked for, and the part of HOT_SAMPLES that shows that it is run often. */
export const ENTRY_REACH = 2048, OFTEN = 1 / 8;
/** Samples that make a block within a region another entry of it: its code is compiled anew then, and slow for a while. */
export const ENTRY_SAMPLES = 200;
/** Return addresses that a return inside a region is compared with at the most. */
export const RETURN_SITES = 8;
/** Cases of an indirect jump inside a region at the most, and how far behind its last block they may begin. */
export const SWITCH_CASES = 64, SWITCH_REACH = 2048;
/** Regions entered, and times that loops go round in all of them, that count as much as the blocks between two samples. */
export const CHAIN_LENGTH = 512, LOOP_LENGTH = 4000;
/** So often that before wasm returns to the dispatcher, if the budget allows: it unwinds the host's stack, and with it what is known of returns. */
export const CHAINS = 16;
/** Blocks that running regions counts for: they run many, and the scheduler wants its turn within a few milliseconds. */
export const REGION_QUOTA = 8;
/** Calls of regions on the host's stack at the most, as a power of 2; deeper ones take the caller's place. V8's stack of about 1 MB holds some 3000 large frames. */
export const CALL_DEPTH_LOG2 = 9;
/** Misses of windows between two looks at them: about a millisecond of them. */
export const CROWDED_MISSES = 100_000;
/** Misses that a span counts for which does not lie in one place: the region leaves, and threaded code goes on. */
export const SPAN_MISSES = 64;
/** So many looks that follow each other within so many milliseconds say that windows harm; the first ones wait for extents to become fewer. */
export const CROWDED_ROUNDS = 4, CROWDED_MS = 20;
/** Regions made anew after a look at the most: each takes milliseconds. */
export const REMADE_AT_ONCE = 3;
