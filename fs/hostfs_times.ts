// Times of a host file finer than Deno tells them: it gives (and takes) milliseconds, and of ctime only seconds. What we
// changed ourselves we know exactly, and it holds as long as the host's answer agrees with it.

import { hostTime } from "./tmpfs.ts";
import type { AttributeChanges, Attributes, Time } from "./vfs/inode.ts";

/** The host's coarse clock, which stamps files, may be so much behind (a tick, with room). */
const BEHIND_NS = 20_000_000;

export class ExactTimes {
  #atime: Time | undefined;
  #mtime: Time | undefined;
  #ctime: Time | undefined;

  /** The file was changed now; `set` are times that were asked for. */
  changed(set?: AttributeChanges): void {
    this.#ctime = hostTime();
    if (set?.atime !== undefined) this.#atime = set.atime;
    if (set?.mtime !== undefined) this.#mtime = set.mtime;
  }

  /** `a` as the host tells it, with the times that it only rounds. */
  refine(a: Attributes): Attributes {
    const atime = finer(a.atime, this.#atime), mtime = finer(a.mtime, this.#mtime);
    let ctime = a.ctime;
    const own = this.#ctime;
    if (own !== undefined) {
      const same = own.sec === ctime.sec || own.sec === ctime.sec + 1 && own.nsec < BEHIND_NS;
      if (same) ctime = own;
      else this.#ctime = undefined;
    }
    return { ...a, atime, mtime, ctime };
  }
}

function finer(told: Time, known: Time | undefined): Time {
  if (known === undefined || known.sec !== told.sec) return told;
  return Math.floor(known.nsec / 1e6) === Math.floor(told.nsec / 1e6) ? known : told;
}
