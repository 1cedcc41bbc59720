// Which signals wait for a thread or a thread group: standard signals at most once each, real-time signals queued
// in the order of sending, lowest number first.

import type { SignalInfo } from "./info.ts";
import { maskBit, SIGRTMIN, SYNCHRONOUS } from "./numbers.ts";

/** How many queued signals a user has (RLIMIT_SIGPENDING counts by real uid); shared by all queues of that user. */
export interface SignalQuota {
  count: number;
}

export class PendingSignals {
  /** Bit n - 1: signal n is pending. */
  low = 0;
  high = 0;
  /** In the order of sending. A pending signal has no entry when its siginfo did not fit the quota. */
  #queue: { info: SignalInfo; quota: SignalQuota | undefined }[] = [];

  get empty(): boolean {
    return (this.low | this.high) === 0;
  }

  /** Number of queued entries (SigQ of /proc/PID/status). */
  get length(): number {
    return this.#queue.length;
  }

  has(signo: number): boolean {
    return ((signo > 32 ? this.high : this.low) & maskBit(signo)) !== 0;
  }

  /**
   * Queues a signal; false when a standard signal was pending already (nothing is added). `quota` undefined: always fits.
   */
  add(info: SignalInfo, quota?: SignalQuota): boolean {
    const { signo } = info;
    if (signo < SIGRTMIN && this.has(signo)) return false;
    this.mark(signo);
    if (quota !== undefined) quota.count++;
    this.#queue.push({ info, quota });
    return true;
  }

  /** Makes a signal pending without its siginfo (the quota is used up). */
  mark(signo: number): void {
    if (signo > 32) this.high |= maskBit(signo);
    else this.low |= maskBit(signo);
  }

  /** The next signal not in the mask: faults first, then by number. 0 when there is none. */
  next(maskLow: number, maskHigh: number): number {
    let low = this.low & ~maskLow;
    if (low !== 0) {
      if ((low & SYNCHRONOUS) !== 0) low &= SYNCHRONOUS;
      return 32 - Math.clz32(low & -low);
    }
    const high = this.high & ~maskHigh;
    return high === 0 ? 0 : 64 - Math.clz32(high & -high);
  }

  /** Takes the first queued `signo` off. A signal whose siginfo was lost comes as SI_USER by nobody, as in Linux. */
  take(signo: number): SignalInfo {
    let found = -1, more = false;
    for (let i = 0; i < this.#queue.length; i++) {
      if (this.#queue[i].info.signo !== signo) continue;
      if (found >= 0) {
        more = true;
        break;
      }
      found = i;
    }
    if (!more) this.#clear(signo);
    if (found < 0) return { signo, code: 0, pid: 0, uid: 0 };
    const [entry] = this.#queue.splice(found, 1);
    if (entry.quota !== undefined) entry.quota.count--;
    return entry.info;
  }

  /** The queued entry of a timer's signal, to count an overrun instead of queueing again. */
  findTimer(timerId: number): SignalInfo | undefined {
    return this.#queue.find((e) => e.info.timerId === timerId)?.info;
  }

  /** Drops a deleted timer's pending signal. */
  dropTimer(timerId: number): void {
    const info = this.findTimer(timerId);
    if (info === undefined) return;
    const rest = this.#queue.filter((e) => e.info !== info);
    this.#queue = rest;
    if (!rest.some((e) => e.info.signo === info.signo)) this.#clear(info.signo);
  }

  /** Forgets all signals of the set (a stop discards SIGCONT, ignoring discards what is ignored). */
  discard(low: number, high: number): void {
    if ((this.low & low) === 0 && (this.high & high) === 0) return;
    this.low &= ~low;
    this.high &= ~high;
    this.#queue = this.#queue.filter(({ info, quota }) => {
      const drop = ((info.signo > 32 ? high : low) & maskBit(info.signo)) !== 0;
      if (drop && quota !== undefined) quota.count--;
      return !drop;
    });
  }

  clear(): void {
    this.discard(-1, -1);
  }

  #clear(signo: number): void {
    if (signo > 32) this.high &= ~maskBit(signo);
    else this.low &= ~maskBit(signo);
  }
}
