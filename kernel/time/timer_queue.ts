// Which moment comes next: a binary heap of timers by deadline. Blocked tasks, interval timers, POSIX timers and
// timerfds all wait here.

/** Something that happens at a moment. Armed and cancelled through a {@link TimerQueue}; may be used again. */
export class Timer {
  /** Of the monotonic clock, in ns. */
  deadlineNs = Infinity;
  /** Position in the heap, -1 when not armed. Kept by the queue. */
  index = -1;
  /** Called by TimerQueue.expire; the timer is disarmed by then and may be armed again. */
  readonly fire: (timer: Timer) => void;

  constructor(fire: (timer: Timer) => void) {
    this.fire = fire;
  }

  get armed(): boolean {
    return this.index >= 0;
  }
}

export class TimerQueue {
  readonly #heap: Timer[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest deadline; Infinity when nothing is armed. */
  get next(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].deadlineNs;
  }

  /** Arms or re-arms. A deadline of Infinity disarms. */
  arm(timer: Timer, deadlineNs: number): void {
    if (deadlineNs === Infinity) return this.cancel(timer);
    const earlier = deadlineNs < timer.deadlineNs;
    timer.deadlineNs = deadlineNs;
    if (timer.index < 0) {
      timer.index = this.#heap.length;
      this.#heap.push(timer);
      this.#up(timer);
    } else if (earlier) this.#up(timer);
    else this.#down(timer);
  }

  cancel(timer: Timer): void {
    const { index } = timer;
    if (index < 0) return;
    timer.index = -1;
    timer.deadlineNs = Infinity;
    const last = this.#heap.pop()!;
    if (last === timer) return;
    last.index = index;
    this.#heap[index] = last;
    this.#up(last);
    this.#down(last);
  }

  /** Fires all timers whose deadline is not after `nowNs`, earliest first. Returns how many. */
  expire(nowNs: number): number {
    let count = 0;
    while (this.#heap.length > 0 && this.#heap[0].deadlineNs <= nowNs) {
      const timer = this.#heap[0];
      this.cancel(timer);
      timer.fire(timer);
      count++;
    }
    return count;
  }

  #up(timer: Timer): void {
    const heap = this.#heap;
    let i = timer.index;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent].deadlineNs <= timer.deadlineNs) break;
      heap[i] = heap[parent];
      heap[i].index = i;
      i = parent;
    }
    heap[i] = timer;
    timer.index = i;
  }

  #down(timer: Timer): void {
    const heap = this.#heap, { length } = heap;
    let i = timer.index;
    while (true) {
      let child = 2 * i + 1;
      if (child >= length) break;
      if (child + 1 < length && heap[child + 1].deadlineNs < heap[child].deadlineNs) child++;
      if (heap[child].deadlineNs >= timer.deadlineNs) break;
      heap[i] = heap[child];
      heap[i].index = i;
      i = child;
    }
    heap[i] = timer;
    timer.index = i;
  }
}
