// Who waits for a thing to happen: the one mechanism behind blocking reads, poll, wait4, futexes and timers.

/** Something that can be woken: a task, an epoll instance, an async waiter of the host side. */
export interface Waiter {
  /**
   * Called once for each wake-up of a queue it is on. Must not run guest code; it marks and returns. `bits`: see
   * WaitQueue.wake. An exclusive waiter tells whether it takes care of what happened.
   */
  wake(queue: WaitQueue, bits?: number): boolean | void;
  /** Of such waiters a wake-up goes to those before, and to, the first that takes care of it. */
  readonly exclusive?: boolean;
}

/** A set of waiters. A waiter stays on the queue until it removes itself. */
export class WaitQueue {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
  }

  remove(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }

  /**
   * Wakes all waiters (they look again whether what they wait for is there). `bits` are the POLL* bits that may have come
   * true, for waiters that care about edges (epoll); without it, any may have.
   */
  wake(bits: number = -1): void {
    if (this.#waiters.size === 0) return;
    if (this.#waiters.size > 1) {
      let taken = false;
      for (const waiter of [...this.#waiters]) {
        if (!waiter.exclusive) waiter.wake(this, bits);
        else if (!taken) taken = waiter.wake(this, bits) === true;
      }
      return;
    }
    // The usual case, without a copy: the one waiter may leave, and others may come.
    for (const waiter of this.#waiters) {
      waiter.wake(this, bits);
      return;
    }
  }
}
