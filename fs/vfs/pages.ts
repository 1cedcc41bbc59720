// Physical page frames as file systems see them: file data lives in frames, so that a mapped file and read(2)
// and write(2) see the same bytes.

/** Given to file systems by the kernel (kernel/mm/frames.ts implements it). */
export interface PageSource {
  /** All of physical memory; frame f is bytes [f * 4096, f * 4096 + 4096). */
  readonly bytes: Uint8Array;
  /** A zeroed frame with one reference, or 0 when memory is used up. */
  allocate(): number;
  /** One more reference. */
  retain(frame: number): void;
  /** One reference less; the frame is freed at none. */
  release(frame: number): void;
  /** Copies bytes between places in `bytes`, as copyWithin() does, quicker. */
  copy(to: number, from: number, count: number): void;
  /** Makes bytes zero. */
  clear(at: number, count: number): void;
  /** Must be called before bytes of `frame` are changed by anyone but guest code (drops translated code). */
  touch(frame: number): void;
}

/** Those who hold frames that they could do without (clean cached pages): each gives up about `pages`, and says how many. */
export const reclaimers: Set<(pages: number) => number> = new Set();

/** Asks all of them; true when at least one page came free. For whoever finds no frame. */
export function reclaimPages(pages = 256): boolean {
  let freed = 0;
  for (const reclaim of reclaimers) if (freed < pages) freed += reclaim(pages - freed);
  return freed > 0;
}

/** What the kernel's memory management has to say about files; set by it. */
export const pageHooks: {
  /** The file got shorter: mappings of what is gone end (the next access is a SIGBUS). */
  truncated: (inode: object, size: number) => void;
  /** Some process runs this file: it cannot be opened for writing (ETXTBSY). */
  executing: (inode: object) => boolean;
} = { truncated: () => {}, executing: () => false };
