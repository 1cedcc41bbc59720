// The load averages: how many tasks wanted to run, averaged over 1, 5 and 15 minutes.
//
// As in Linux (kernel/sched/loadavg.c) a sample is taken every 5 seconds and folded into exponential averages. The
// scheduler reports how many tasks are runnable whenever it likes; samples that are due since the last report count as the
// number reported then, so that nobody needs a timer.

const SAMPLE_NS = 5_000_000_000;
/** exp(-5 s / 1, 5, 15 min). */
const DECAY = [Math.exp(-5 / 60), Math.exp(-5 / 300), Math.exp(-5 / 900)];

export class LoadAverage {
  readonly #averages: [number, number, number] = [0, 0, 0];
  #nextNs = -1;
  #active = 0;

  /** `active` tasks are runnable at `nowNs`. */
  report(nowNs: number, active: number): void {
    if (this.#nextNs < 0) this.#nextNs = nowNs + SAMPLE_NS;
    if (nowNs >= this.#nextNs) this.#sample(nowNs);
    this.#active = active;
  }

  values(nowNs: number): readonly [number, number, number] {
    if (this.#nextNs >= 0 && nowNs >= this.#nextNs) this.#sample(nowNs);
    return this.#averages;
  }

  #sample(nowNs: number): void {
    const count = Math.floor((nowNs - this.#nextNs) / SAMPLE_NS) + 1;
    this.#nextNs += count * SAMPLE_NS;
    for (let i = 0; i < 3; i++) {
      const kept = DECAY[i] ** count;
      this.#averages[i] = this.#averages[i] * kept + this.#active * (1 - kept);
    }
  }
}

const averages = new WeakMap<object, LoadAverage>();

/** The averages of an instance. */
export function loadAverageOf(instance: object): LoadAverage {
  let average = averages.get(instance);
  if (average === undefined) averages.set(instance, average = new LoadAverage());
  return average;
}
