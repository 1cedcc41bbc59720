// Pages that accesses through the same registers have found earlier on the way to where the emitter is: structure fields, read-modify-write, stack
// frames. The next access there only compares its address with the page, whose address and addend are in locals that live no longer than this
// straight way through the region.

import type { Mem } from "../ir/op.ts";
import { formOf } from "./windows.ts";

/** Locals: guest address of a page or of the first of several (i64; of none when the access failed), addend (i32). */
export interface PageLocals {
  readonly page: number;
  readonly addend: number;
  /** Length less EXTENT_MARGIN (i64); -1: one page. */
  readonly length: number;
}
export interface KnownPage extends PageLocals {
  readonly writable: boolean;
  /** Registers of the addresses; -1: none. */
  readonly base: number;
  readonly index: number;
}

export class KnownPages {
  #byForm = new Map<string, KnownPage>();

  find(m: Mem, write: boolean): KnownPage | undefined {
    const known = this.#byForm.get(formOf(m));
    return known === undefined || write && !known.writable ? undefined : known;
  }
  /** The access at `m` puts its page into the locals that `make` makes; undefined when nobody will ask. */
  remember(m: Mem, writable: boolean, make: () => PageLocals): KnownPage | undefined {
    const form = formOf(m);
    if (form === "") return undefined;
    const known = { ...make(), writable, base: m.base, index: m.index };
    this.#byForm.set(form, known);
    return known;
  }
  /** Register `r` points somewhere else. */
  forget(r: number): void {
    for (const [form, { base, index }] of this.#byForm) {
      if (base === r || index === r) this.#byForm.delete(form);
    }
  }
  clear(): void {
    this.#byForm.clear();
  }

  /** What is known here, to be known again where other ways begin. */
  save(): ReadonlyMap<string, KnownPage> {
    return new Map(this.#byForm);
  }
  restore(saved: ReadonlyMap<string, KnownPage>): void {
    this.#byForm = new Map(saved);
  }
}
