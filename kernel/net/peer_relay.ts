// How do those who poll a datagram socket learn that the one it is connected to has room again? They wait on another queue
// than the one that is woken: this passes it on, once.

import type { Waiter, WaitQueue } from "../../fs/vfs/wait_queue.ts";

export class PeerRelay implements Waiter {
  #on: WaitQueue | undefined;

  constructor(readonly roomAgain: () => void) {}

  watch(queue: WaitQueue): void {
    if (this.#on === queue) return;
    this.leave();
    this.#on = queue;
    queue.add(this);
  }
  leave(): void {
    this.#on?.remove(this);
    this.#on = undefined;
  }
  wake(): void {
    this.leave();
    this.roomAgain();
  }
}
