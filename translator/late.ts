// What a warm start does without, in two parts: what reads guest code (front.ts), and what makes code of our own (makers.ts). Each is loaded when it
// is needed first, or at once where nothing is kept from earlier runs.
//
// Only by import() of a name that Deno sees before denix runs: for others, and for require(), it clears the line on the terminal.

/** Thrown between two guest instructions, with RIP set: to be run again after loadMissing(). */
export const NOT_LOADED = { toString: () => "a part of the translator is not loaded yet" };

/** Parts that NOT_LOADED has been thrown for. */
const missing = new Set<Late<unknown>>();

class Late<T> {
  readonly #import: () => Promise<T>;
  #module: T | undefined;
  #loading: Promise<T> | undefined;

  constructor(load: () => Promise<T>) {
    this.#import = load;
  }

  load(): Promise<T> {
    return this.#loading ??= this.#import().then((module) => this.#module = module);
  }
  /** Whether it is there; if not, it soon will be. */
  get ready(): boolean {
    if (this.#module === undefined) void this.load();
    return this.#module !== undefined;
  }
  /** Throws NOT_LOADED. */
  get(): T {
    if (this.#module === undefined) {
      missing.add(this);
      throw NOT_LOADED;
    }
    return this.#module;
  }
}

export const front = new Late(() => import("./front.ts"));
export const makers = new Late(() => import("./makers.ts"));

export async function loadAll(): Promise<void> {
  await Promise.all([front.load(), makers.load()]);
}

export async function loadMissing(): Promise<void> {
  const parts = [...missing];
  missing.clear();
  await Promise.all(parts.map((part) => part.load()));
}
