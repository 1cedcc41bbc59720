// How is the guest's user address space laid out? (There is no randomisation: equal programs get equal addresses.)

/** User addresses are below this one (Linux: TASK_SIZE_MAX, the last page of the lower half stays unused). */
export const TASK_SIZE = 0x7fff_ffff_f000;
/** sysctl vm.max_map_count. */
export const MAX_MAP_COUNT = 65530;
/** sysctl vm.mmap_min_addr. */
export const MMAP_MIN_ADDRESS = 0x10000;
/**
 * Where top-down allocation starts: 128 MiB below the end, room for the stack, as Linux does without randomisation; and 1 MiB more, so
 * that the first mappings do not share TLB entries (which repeat every 4 MiB) with the stack.
 */
export const MMAP_BASE = 0x7fff_f7ef_f000;
/** Position-independent programs go here (Linux: ELF_ET_DYN_BASE, two thirds of the address space). */
export const PIE_BASE = 0x5555_5555_4000;
/** The stack's upper end. */
export const STACK_TOP: number = TASK_SIZE;
