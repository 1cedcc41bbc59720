// What time it is, for the guest: the monotonic clock (ns since the host booted, as far as the host tells) and the
// wall clock.

import type { Time } from "../../fs/vfs/inode.ts";
import { hostNowMs, hostOriginMs, hostUptimeSeconds, hostWallMs } from "../host/clock.ts";

export const SECOND = 1_000_000_000;

export class Clock {
  /** monotonic = hostNowMs() * 1e6 + this. */
  readonly #monotonicOffsetNs: number;
  /** wall = hostNowMs() + this, in ms, split so that no precision is lost: whole seconds, and ns below. */
  #wallSeconds: number;
  #wallNs: number;
  #checkedMs = -Infinity;

  constructor() {
    const nowMs = hostNowMs();
    // The uptime is in whole seconds; without it the guest's machine has booted when denix started.
    this.#monotonicOffsetNs = Math.max(0, Math.round((hostUptimeSeconds() ?? 0) * 1e9 - nowMs * 1e6));
    this.#wallSeconds = Math.floor(hostOriginMs / 1000);
    this.#wallNs = Math.round((hostOriginMs % 1000) * 1e6);
  }

  monotonicNs(): number {
    return this.monotonicAt(hostNowMs());
  }

  /** The monotonic clock when hostNowMs() was `ms`. */
  monotonicAt(ms: number): number {
    return Math.floor(ms * 1e6) + this.#monotonicOffsetNs;
  }

  /** Wall clock. Follows the host's clock when that is set or slewed. */
  realtime(): Time {
    const nowMs = hostNowMs();
    if (nowMs - this.#checkedMs > 500) this.#follow(nowMs);
    return this.#wallAt(nowMs);
  }

  /** Wall clock in ns minus the monotonic clock in ns, as seconds and ns (0 … 999,999,999). */
  realtimeOffset(): Time {
    const now = this.realtime(), monotonic = this.monotonicNs();
    const ns = now.nsec - monotonic % SECOND;
    const sec = now.sec - Math.floor(monotonic / SECOND);
    return ns < 0 ? { sec: sec - 1, nsec: ns + SECOND } : { sec, nsec: ns };
  }

  /** The monotonic deadline, in ns, of a moment of the wall clock. Far moments lose ns, which nobody can see. */
  monotonicOf(sec: number, nsec: number): number {
    const now = this.realtime();
    return this.monotonicNs() + (sec - now.sec) * SECOND + (nsec - now.nsec);
  }

  #wallAt(nowMs: number): Time {
    const ns = this.#wallNs + (nowMs % 1000) * 1e6;
    const sec = this.#wallSeconds + Math.floor(nowMs / 1000);
    const carry = Math.floor(ns / SECOND);
    return { sec: sec + carry, nsec: Math.floor(ns - carry * SECOND) };
  }

  #follow(nowMs: number): void {
    this.#checkedMs = nowMs;
    const wallMs = hostWallMs(), now = this.#wallAt(hostNowMs());
    // hostWallMs is truncated to ms, and some time passes between the two readings.
    const ours = now.sec * 1000 + now.nsec / 1e6;
    if (ours >= wallMs - 0.5 && ours <= wallMs + 2.5) return;
    const originMs = wallMs + 0.5 - hostNowMs();
    this.#wallSeconds = Math.floor(originMs / 1000);
    this.#wallNs = Math.round((originMs % 1000) * 1e6);
  }
}
